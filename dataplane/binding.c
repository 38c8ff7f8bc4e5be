/* SPDX-License-Identifier: BSD-3-Clause */
#include "binding_table.h"

#include <string.h>

/* --- asking --- */

bool binding_listens(const struct binding_table *table, const struct ip_address *local_ip, uint16_t port)
{
	if (binding_table_find_endpoint(table, BINDING_ENDPOINT_EXACT, local_ip, port) != NULL ||
		binding_table_find_endpoint(table, BINDING_ENDPOINT_ANY, NULL, port) != NULL)
		return true;
	return !ip_address_is_v4(local_ip) &&
	       binding_table_find_endpoint(table, BINDING_ENDPOINT_ANY_V6, NULL, port) != NULL;
}

static bool listens_on(const struct config_binding *binding, const struct ip_address *local_ip)
{
	switch (binding->ip_kind) {
	case CONFIG_BIND_EXACT:
		return ip_address_equal(&binding->ip, local_ip);
	case CONFIG_BIND_ANY_V6:
		return !ip_address_is_v4(local_ip);
	case CONFIG_BIND_ANY:
		break;
	}
	return true;
}

/* Of several bindings of one host, the first that listens on the connection's address, else the first. */
static uint32_t prefer_local(const struct binding_table *table, uint32_t first, const struct ip_address *local_ip)
{
	for (uint32_t index = first; index != BINDING_TABLE_NONE; index = binding_table_next(table, index)) {
		if (listens_on(binding_table_get(table, index), local_ip))
			return index;
	}
	return first;
}

/* @return the binding of that class whose host is the name, or BINDING_TABLE_NONE. */
static uint32_t find_named(const struct binding_walk *walk, enum binding_host_class class,
	struct binding_endpoint_key endpoint, const struct host_name *name)
{
	uint32_t first = binding_table_find_host(walk->table, class, endpoint, name);
	return prefer_local(walk->table, first, &walk->query.local_ip);
}

/* @return the binding of that class whose host is the query's name or the wildcard over it, or BINDING_TABLE_NONE. */
static uint32_t find_covering(
	const struct binding_walk *walk, enum binding_host_class class, struct binding_endpoint_key endpoint)
{
	struct host_name wildcard;
	if (walk->query.name.len == 0)
		return BINDING_TABLE_NONE;
	uint32_t index = find_named(walk, class, endpoint, &walk->query.name);
	if (index == BINDING_TABLE_NONE && host_name_wildcard_of(&walk->query.name, &wildcard))
		index = find_named(walk, class, endpoint, &wildcard);
	return index;
}

static const struct binding_endpoint *find_local(const struct binding_walk *walk, enum binding_endpoint_kind kind)
{
	return binding_table_find_endpoint(walk->table, kind, &walk->query.local_ip, walk->query.local_port);
}

/* --- tiers: each writes *out and returns true if it has a record --- */

static void fill_fixed(const struct binding_walk *walk, enum binding_tier tier, uint32_t record, uint32_t chosen,
	struct binding_candidate *out)
{
	*out = (struct binding_candidate){.tier = tier,
		.certificate = binding_table_get(walk->table, record)->certificate,
		.binding = binding_table_get(walk->table, chosen)};
}

/* Tiers 1, 4 and 5: one record per address and port, shared by the bindings of flags 0 there. */
static bool try_endpoint(const struct binding_walk *walk, enum binding_tier tier, enum binding_endpoint_kind kind,
	struct binding_candidate *out)
{
	const struct binding_endpoint *endpoint = find_local(walk, kind);
	if (endpoint == NULL || endpoint->fixed == BINDING_TABLE_NONE)
		return false;
	uint32_t chosen = find_covering(walk, BINDING_HOST_FIXED, endpoint->key);
	fill_fixed(walk, tier, endpoint->fixed, chosen == BINDING_TABLE_NONE ? endpoint->fixed : chosen, out);
	return true;
}

/* Tier 2: step 0 is the exact name, step 1 the wildcard over it. */
static bool try_host(const struct binding_walk *walk, unsigned step, struct binding_candidate *out)
{
	struct host_name name = walk->query.name;
	struct binding_endpoint_key port =
		binding_table_endpoint_key(BINDING_ENDPOINT_PORT, NULL, walk->query.local_port);

	if (name.len == 0 || (step == 1 && !host_name_wildcard_of(&walk->query.name, &name)))
		return false;
	uint32_t index = find_named(walk, BINDING_HOST_SNI, port, &name);
	if (index == BINDING_TABLE_NONE)
		return false;
	fill_fixed(walk, BINDING_TIER_HOST, index, index, out);
	return true;
}

static void keep_first(uint32_t *first, const struct binding_endpoint *endpoint)
{
	if (endpoint != NULL && endpoint->without_name < *first)
		*first = endpoint->without_name;
}

/* @return of the flags-2 bindings on the connection's address and port the first, or BINDING_TABLE_NONE. */
static uint32_t find_without_name(const struct binding_walk *walk)
{
	uint32_t first = BINDING_TABLE_NONE;
	keep_first(&first, find_local(walk, BINDING_ENDPOINT_EXACT));
	keep_first(&first, find_local(walk, BINDING_ENDPOINT_ANY));
	if (!ip_address_is_v4(&walk->query.local_ip))
		keep_first(&first, find_local(walk, BINDING_ENDPOINT_ANY_V6));
	return first;
}

/* Tier 3: one record per port. A client's name may be any on the share, unless only_bound. */
static bool try_store(const struct binding_walk *walk, struct binding_candidate *out)
{
	const struct binding_endpoint *port = find_local(walk, BINDING_ENDPOINT_PORT);
	if (port == NULL || port->from_store == BINDING_TABLE_NONE)
		return false;

	bool has_name = walk->query.name.len != 0;
	uint32_t index = has_name ? find_covering(walk, BINDING_HOST_STORE, port->key) : find_without_name(walk);
	if (index == BINDING_TABLE_NONE && (!has_name || binding_table_config(walk->table)->store.only_bound))
		return false;
	if (index == BINDING_TABLE_NONE)
		index = port->from_store;
	const struct config_binding *binding = binding_table_get(walk->table, index);
	*out = (struct binding_candidate){.tier = BINDING_TIER_STORE,
		.from_store = true,
		.name = has_name ? walk->query.name : binding->host,
		.binding = binding};
	return true;
}

void binding_walk_start(const struct binding_table *table, const struct binding_query *query, struct binding_walk *out)
{
	*out = (struct binding_walk){.table = table, .query = *query, .next_tier = BINDING_TIER_ADDRESS};
}

/* Move past what is tried next. Only the host tier has two steps. */
static void step_on(struct binding_walk *walk)
{
	if (walk->next_tier == BINDING_TIER_HOST && walk->step == 0) {
		walk->step = 1;
		return;
	}
	walk->step = 0;
	walk->next_tier++;
}

static bool try_tier(
	const struct binding_walk *walk, enum binding_tier tier, unsigned step, struct binding_candidate *out)
{
	switch (tier) {
	case BINDING_TIER_ADDRESS:
		return try_endpoint(walk, tier, BINDING_ENDPOINT_EXACT, out);
	case BINDING_TIER_HOST:
		return try_host(walk, step, out);
	case BINDING_TIER_STORE:
		return try_store(walk, out);
	case BINDING_TIER_ANY_V6:
		return !ip_address_is_v4(&walk->query.local_ip) &&
		       try_endpoint(walk, tier, BINDING_ENDPOINT_ANY_V6, out);
	case BINDING_TIER_ANY:
		return try_endpoint(walk, tier, BINDING_ENDPOINT_ANY, out);
	case BINDING_TIER_NONE:
		break;
	}
	return false;
}

bool binding_walk_next(struct binding_walk *walk, struct binding_candidate *out)
{
	while (walk->next_tier <= BINDING_TIER_ANY) {
		enum binding_tier tier = walk->next_tier;
		unsigned step = walk->step;
		step_on(walk);
		if (try_tier(walk, tier, step, out))
			return true;
	}
	return false;
}

/* --- identity --- */

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

size_t binding_identity(const struct config_binding *binding, uint8_t out[BINDING_IDENTITY_MAX_BYTES])
{
	static const struct ip_address any;
	const uint32_t flags = binding->ssl_flags;
	const uint8_t head[] = {(uint8_t)binding->protocol, (uint8_t)binding->ip_kind, (uint8_t)(binding->port >> 8),
		(uint8_t)binding->port, (uint8_t)(flags >> 24), (uint8_t)(flags >> 16), (uint8_t)(flags >> 8),
		(uint8_t)flags, binding->host.len};
	const struct ip_address *ip = binding->ip_kind == CONFIG_BIND_EXACT ? &binding->ip : &any;
	const char *backend = binding->backend == NULL ? "" : binding->backend;
	uint8_t *at = put(out, head, sizeof(head));
	at = put(at, ip->octets, sizeof(ip->octets));
	at = put(at, binding->host.text, binding->host.len);
	at = put(at, backend, strnlen(backend, 64));
	return (size_t)(at - out);
}

/* --- words --- */

const char *binding_tier_name(enum binding_tier tier)
{
	static const char *const names[] = {
		[BINDING_TIER_NONE] = "none",
		[BINDING_TIER_ADDRESS] = "address",
		[BINDING_TIER_HOST] = "host",
		[BINDING_TIER_STORE] = "store",
		[BINDING_TIER_ANY_V6] = "any-v6",
		[BINDING_TIER_ANY] = "any",
	};
	return names[tier];
}

unsigned binding_tier_number(enum binding_tier tier)
{
	return (unsigned)tier;
}

const struct config_binding *binding_hidden_by(const struct binding_table *table, const struct config_binding *binding)
{
	uint32_t index = BINDING_TABLE_NONE;

	if (binding_table_is_address_record(binding))
		return NULL;
	if (binding->ip_kind == CONFIG_BIND_EXACT) {
		const struct binding_endpoint *own =
			binding_table_find_endpoint(table, BINDING_ENDPOINT_EXACT, &binding->ip, binding->port);
		index = own == NULL ? BINDING_TABLE_NONE : own->fixed;
	} else {
		const struct binding_endpoint *port =
			binding_table_find_endpoint(table, BINDING_ENDPOINT_PORT, NULL, binding->port);
		if (port != NULL)
			index = binding->ip_kind == CONFIG_BIND_ANY_V6 ? port->fixed_v6 : port->fixed;
	}
	return index == BINDING_TABLE_NONE ? NULL : binding_table_get(table, index);
}

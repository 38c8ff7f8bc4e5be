/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hash tables over the configuration's bindings, which stay where they are.
 *
 *   endpoints  what an address and port have: is there a listener, a fixed record, a name for clients without SNI. One
 *              more entry per port holds what HTTP.sys keeps per port: whether the central store answers there.
 *   hosts      (class of record, host, port) -> first binding with it; further ones are chained in configuration order.
 *
 * A slot is 8 bytes: 32 bits of the keyed hash, so that a miss seldom touches a binding, and an index.
 */
#include "binding_table.h"

#include "siphash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct host_key {
	const struct host_name *host;
	enum binding_host_class class;
	struct binding_endpoint_key endpoint; /* FIXED: the record's; else the port's, as in HTTP.sys */
};

struct slot {
	uint32_t tag;
	uint32_t index; /* BINDING_TABLE_NONE: empty */
};

struct hash {
	struct slot *slots;
	uint32_t mask;
};

struct binding_table {
	const struct config *config;
	uint8_t key[16];
	struct hash endpoints, hosts;
	struct binding_endpoint *all_endpoints;
	uint32_t n_endpoints;
	uint32_t *next; /* per binding: the next with the same host key, or BINDING_TABLE_NONE */
};

static bool is_from_store(const struct config_binding *binding)
{
	return (binding->ssl_flags & CONFIG_SSL_CENTRAL_STORE) != 0;
}

static bool needs_sni(const struct config_binding *binding)
{
	return (binding->ssl_flags & CONFIG_SSL_SNI) != 0;
}

/* --- keys --- */

static struct binding_endpoint_key endpoint_key_of_binding(const struct config_binding *binding)
{
	return binding_table_endpoint_key((enum binding_endpoint_kind)binding->ip_kind, &binding->ip, binding->port);
}

static struct host_key host_key_of(
	enum binding_host_class class, struct binding_endpoint_key endpoint, const struct host_name *host)
{
	if (class != BINDING_HOST_FIXED)
		endpoint = binding_table_endpoint_key(BINDING_ENDPOINT_PORT, NULL, endpoint.port);
	return (struct host_key){.host = host, .class = class, .endpoint = endpoint};
}

static struct host_key host_key_of_binding(const struct config_binding *binding)
{
	enum binding_host_class class = is_from_store(binding) ? BINDING_HOST_STORE
					: needs_sni(binding)   ? BINDING_HOST_SNI
							       : BINDING_HOST_FIXED;
	return host_key_of(class, endpoint_key_of_binding(binding), &binding->host);
}

static bool endpoint_key_equal(const struct binding_endpoint_key *a, const struct binding_endpoint_key *b)
{
	return a->port == b->port && a->kind == b->kind && ip_address_equal(&a->ip, &b->ip);
}

static bool host_key_equal(const struct host_key *a, const struct host_key *b)
{
	return a->class == b->class && endpoint_key_equal(&a->endpoint, &b->endpoint) &&
	       host_name_equal(a->host, b->host);
}

static uint64_t endpoint_key_hash(const struct binding_table *table, const struct binding_endpoint_key *key)
{
	static_assert(sizeof(*key) == 20, "hashed as it lies in memory: no padding");
	return siphash(key, sizeof(*key), table->key);
}

static uint64_t host_key_hash(const struct binding_table *table, const struct host_key *key)
{
	uint8_t octets[sizeof(key->endpoint) + 1 + HOST_NAME_MAX_LEN];

	memcpy(octets, &key->endpoint, sizeof(key->endpoint));
	octets[sizeof(key->endpoint)] = (uint8_t)key->class;
	memcpy(octets + sizeof(key->endpoint) + 1, key->host->text, key->host->len);
	return siphash(octets, sizeof(key->endpoint) + 1 + key->host->len, table->key);
}

/* --- hash tables: open addressing, at most half full, never changed after binding_table_create() --- */

static bool hash_allocate(struct hash *hash, size_t n_entries)
{
	size_t n_slots = 8;
	while (n_slots < 2 * n_entries)
		n_slots *= 2;
	hash->slots = malloc(n_slots * sizeof(*hash->slots));
	if (hash->slots == NULL)
		return false;
	/* All ones is an empty slot: its index is BINDING_TABLE_NONE. */
	memset(hash->slots, 0xff, n_slots * sizeof(*hash->slots));
	hash->mask = (uint32_t)(n_slots - 1);
	return true;
}

static struct slot *first_slot(const struct hash *hash, uint64_t value)
{
	return &hash->slots[(uint32_t)value & hash->mask];
}

static struct slot *next_slot(const struct hash *hash, const struct slot *slot)
{
	return &hash->slots[(uint32_t)(slot - hash->slots + 1) & hash->mask];
}

static uint32_t tag_of(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

/* @return the slot that holds the key, or the empty one where it belongs. */
static struct slot *find_endpoint_slot(
	const struct binding_table *table, const struct binding_endpoint_key *key, uint64_t value)
{
	struct slot *slot = first_slot(&table->endpoints, value);
	while (slot->index != BINDING_TABLE_NONE &&
		(slot->tag != tag_of(value) || !endpoint_key_equal(&table->all_endpoints[slot->index].key, key)))
		slot = next_slot(&table->endpoints, slot);
	return slot;
}

static struct slot *find_host_slot(const struct binding_table *table, const struct host_key *key, uint64_t value)
{
	struct slot *slot = first_slot(&table->hosts, value);
	while (slot->index != BINDING_TABLE_NONE) {
		if (slot->tag == tag_of(value)) {
			struct host_key found = host_key_of_binding(&table->config->bindings[slot->index]);
			if (host_key_equal(&found, key))
				break;
		}
		slot = next_slot(&table->hosts, slot);
	}
	return slot;
}

const struct binding_endpoint *binding_table_find_endpoint(
	const struct binding_table *table, enum binding_endpoint_kind kind, const struct ip_address *ip, uint16_t port)
{
	struct binding_endpoint_key key = binding_table_endpoint_key(kind, ip, port);
	uint32_t index = find_endpoint_slot(table, &key, endpoint_key_hash(table, &key))->index;
	return index == BINDING_TABLE_NONE ? NULL : &table->all_endpoints[index];
}

uint32_t binding_table_find_host(const struct binding_table *table, enum binding_host_class class,
	struct binding_endpoint_key endpoint, const struct host_name *host)
{
	struct host_key key = host_key_of(class, endpoint, host);
	return find_host_slot(table, &key, host_key_hash(table, &key))->index;
}

uint32_t binding_table_next(const struct binding_table *table, uint32_t index)
{
	return table->next[index];
}

const struct config_binding *binding_table_get(const struct binding_table *table, uint32_t index)
{
	return &table->config->bindings[index];
}

const struct config *binding_table_config(const struct binding_table *table)
{
	return table->config;
}

/* --- building: from the last binding to the first, so that the first of its sort is written last and stays --- */

static struct binding_endpoint *add_endpoint(struct binding_table *table, struct binding_endpoint_key key)
{
	uint64_t value = endpoint_key_hash(table, &key);
	struct slot *slot = find_endpoint_slot(table, &key, value);

	if (slot->index == BINDING_TABLE_NONE) {
		*slot = (struct slot){tag_of(value), table->n_endpoints};
		table->all_endpoints[table->n_endpoints++] = (struct binding_endpoint){.key = key,
			.fixed = BINDING_TABLE_NONE,
			.fixed_v6 = BINDING_TABLE_NONE,
			.without_name = BINDING_TABLE_NONE,
			.from_store = BINDING_TABLE_NONE};
	}
	return &table->all_endpoints[slot->index];
}

static void add_to_endpoints(struct binding_table *table, uint32_t index)
{
	const struct config_binding *binding = &table->config->bindings[index];
	struct binding_endpoint *own = add_endpoint(table, endpoint_key_of_binding(binding));
	if (binding_table_is_address_record(binding))
		own->fixed = index;
	if (is_from_store(binding) && !needs_sni(binding))
		own->without_name = index;

	struct binding_endpoint *port =
		add_endpoint(table, binding_table_endpoint_key(BINDING_ENDPOINT_PORT, NULL, binding->port));
	if (is_from_store(binding))
		port->from_store = index;
	if (!binding_table_is_address_record(binding) || binding->ip_kind != CONFIG_BIND_EXACT)
		return;
	port->fixed = index;
	if (!ip_address_is_v4(&binding->ip))
		port->fixed_v6 = index;
}

static void add_to_hosts(struct binding_table *table, uint32_t index)
{
	const struct config_binding *binding = &table->config->bindings[index];
	struct host_key key = host_key_of_binding(binding);
	uint64_t value = host_key_hash(table, &key);
	struct slot *slot = find_host_slot(table, &key, value);

	table->next[index] = slot->index;
	*slot = (struct slot){tag_of(value), index};
}

/*
 * A bound on the endpoints: runs of bindings with one address and port, each with its port's entry. A million bindings
 * on
 * "*:443" are one run.
 */
static size_t bound_endpoints(const struct config *config)
{
	size_t n_runs = 0;
	for (size_t i = 0; i < config->n_bindings; i++) {
		struct binding_endpoint_key key = endpoint_key_of_binding(&config->bindings[i]), before;
		if (i != 0)
			before = endpoint_key_of_binding(&config->bindings[i - 1]);
		if (i == 0 || !endpoint_key_equal(&key, &before))
			n_runs++;
	}
	return 2 * n_runs;
}

static bool allocate(struct binding_table *table, const struct config *config)
{
	size_t max_endpoints = bound_endpoints(config);
	/* One more than needed: malloc(0) may return NULL. */
	table->next = malloc((config->n_bindings + 1) * sizeof(*table->next));
	table->all_endpoints = malloc((max_endpoints + 1) * sizeof(*table->all_endpoints));
	return table->next != NULL && table->all_endpoints != NULL &&
	       hash_allocate(&table->hosts, config->n_bindings) && hash_allocate(&table->endpoints, max_endpoints);
}

struct binding_table *binding_table_create(const struct config *config, const uint8_t key[16])
{
	/* Indexes are 32 bits and BINDING_TABLE_NONE is one of them; 2^28 bindings are 80 GiB of configuration. */
	if (config->n_bindings > UINT32_C(1) << 28)
		return NULL;
	struct binding_table *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	table->config = config;
	memcpy(table->key, key, sizeof(table->key));
	if (!allocate(table, config)) {
		binding_table_destroy(table);
		return NULL;
	}
	for (size_t i = config->n_bindings; i-- > 0;) {
		add_to_endpoints(table, (uint32_t)i);
		add_to_hosts(table, (uint32_t)i);
	}
	return table;
}

void binding_table_destroy(struct binding_table *table)
{
	if (table == NULL)
		return;
	free(table->endpoints.slots);
	free(table->hosts.slots);
	free(table->all_endpoints);
	free(table->next);
	free(table);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_bindings.h"
#include "config_problems.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Which of the four meanings of ssl_flags, as a set. */
enum {
	ADDRESS_RECORDS = 1 << 0,
	HOST_RECORDS = 1 << CONFIG_SSL_SNI,
	STORE_RECORDS = 1 << CONFIG_SSL_CENTRAL_STORE,
	STORE_SNI_RECORDS = 1 << (CONFIG_SSL_CENTRAL_STORE | CONFIG_SSL_SNI),
	ALL_RECORDS = ADDRESS_RECORDS | HOST_RECORDS | STORE_RECORDS | STORE_SNI_RECORDS,
};

/* Some of the bindings, sorted. Sorting, not hashing: as good for a million, and no choice of names makes it slow. */
struct view {
	const struct config_binding **items;
	size_t n;
};

struct check {
	struct config *config;
	struct config_problems *problems;
	const struct config_certificate **by_name; /* certificates, sorted */
	size_t n_by_name;
};

static unsigned low_flags(const struct config_binding *binding)
{
	return binding->ssl_flags & (CONFIG_SSL_SNI | CONFIG_SSL_CENTRAL_STORE);
}

static size_t index_of(const struct check *check, const struct config_binding *binding)
{
	return (size_t)(binding - check->config->bindings);
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

/* The path of one key of a binding, and its place; the chain points into itself, so it stays where it is. */
struct spot {
	struct config_path record, key;
	struct config_place place;
};

static const struct config_place *spot_of(
	const struct check *check, const struct config_binding *binding, const char *key, struct spot *spot)
{
	spot->record = (struct config_path){NULL, "bindings", index_of(check, binding)};
	spot->key = (struct config_path){&spot->record, key, CONFIG_PATH_NO_INDEX};
	spot->place = (struct config_place){binding->source_file, binding->line, &spot->key};
	return &spot->place;
}

/* "192.0.2.1:443", "[2001:db8::1]:443", "[::]:443", "*:443". */
#define ENDPOINT_SIZE (IP_ADDRESS_TEXT_SIZE + 10)

static const char *endpoint(const struct config_binding *binding, char text[ENDPOINT_SIZE])
{
	char ip[IP_ADDRESS_TEXT_SIZE];
	if (binding->ip_kind == CONFIG_BIND_ANY)
		snprintf(text, ENDPOINT_SIZE, "*:%u", binding->port);
	else if (binding->ip_kind == CONFIG_BIND_ANY_V6)
		snprintf(text, ENDPOINT_SIZE, "[::]:%u", binding->port);
	else
		snprintf(text, ENDPOINT_SIZE, ip_address_is_v4(&binding->ip) ? "%s:%u" : "[%s]:%u",
			ip_address_format(&binding->ip, ip), binding->port);
	return text;
}

/* --- each by itself ----------------------------------------------------------------------------------------------- */

static int compare_certificates(const void *left, const void *right)
{
	const struct config_certificate *a = *(const struct config_certificate *const *)left;
	const struct config_certificate *b = *(const struct config_certificate *const *)right;
	int order = strcmp(a->name, b->name);
	return order != 0 ? order : (a > b) - (a < b);
}

static int compare_name(const void *name, const void *item)
{
	return strcmp(name, (*(const struct config_certificate *const *)item)->name);
}

static void check_certificate_names(struct check *check)
{
	for (size_t i = 1; i < check->n_by_name; i++) {
		const struct config_certificate *first = check->by_name[i - 1], *again = check->by_name[i];
		if (strcmp(first->name, again->name) != 0)
			continue;
		struct config_path record = {NULL, "certificates", (size_t)(again - check->config->certificates)};
		struct config_path key = {&record, "name", CONFIG_PATH_NO_INDEX};
		struct config_place place = {again->source_file, again->line, &key};
		config_problems_error(check->problems, &place,
			"expected each name once, found \"%s\" again, as at %s:%u", again->name, first->source_file,
			first->line);
	}
}

static int sort_certificates(struct check *check)
{
	const struct config *config = check->config;
	check->by_name = calloc(config->n_certificates + 1, sizeof(const struct config_certificate *));
	if (check->by_name == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_certificates; i++) {
		if (config->certificates[i].name != NULL)
			check->by_name[check->n_by_name++] = &config->certificates[i];
	}
	qsort(check->by_name, check->n_by_name, sizeof(*check->by_name), compare_certificates);
	check_certificate_names(check);
	return 0;
}

static void tie_certificate(struct check *check, struct config_binding *binding)
{
	struct spot spot;
	if (binding->certificate == NULL)
		return;
	const struct config_certificate **found =
		bsearch(binding->certificate, check->by_name, check->n_by_name, sizeof(*check->by_name), compare_name);
	if (found != NULL)
		binding->certificate_index = (size_t)(*found - check->config->certificates);
	else
		config_problems_error(check->problems, spot_of(check, binding, "certificate", &spot),
			"expected the name of an entry of \"certificates\", found \"%s\"", binding->certificate);
}

static void check_binding(struct check *check, const struct config_binding *binding)
{
	struct spot spot;
	unsigned low = low_flags(binding);
	bool from_store = (low & CONFIG_SSL_CENTRAL_STORE) != 0;
	if (!from_store && binding->certificate == NULL)
		config_problems_error(check->problems, spot_of(check, binding, "certificate", &spot),
			"expected a certificate's name with ssl_flags %u, found none", binding->ssl_flags);
	if (low != 0 && binding->host.len == 0)
		config_problems_error(check->problems, spot_of(check, binding, "host", &spot),
			"expected a host name with ssl_flags %u, found none", binding->ssl_flags);
	if (from_store && !check->config->store.enabled)
		config_problems_error(check->problems, spot_of(check, binding, "ssl_flags", &spot),
			"expected central_certificate_store.enabled = true with ssl_flags %u, found the store disabled",
			binding->ssl_flags);
	if (from_store && binding->certificate != NULL)
		config_problems_warn(check->problems, spot_of(check, binding, "certificate", &spot),
			"expected none with ssl_flags %u, found \"%s\", which is never used: the certificate comes "
			"from the store",
			binding->ssl_flags, binding->certificate);
}

/* --- sorted views ------------------------------------------------------------------------------------------------- */

static int compare_endpoints(const struct config_binding *a, const struct config_binding *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->ip_kind != b->ip_kind)
		return a->ip_kind < b->ip_kind ? -1 : 1;
	return a->ip_kind == CONFIG_BIND_EXACT ? memcmp(&a->ip, &b->ip, sizeof(a->ip)) : 0;
}

static int compare_hosts(const struct config_binding *a, const struct config_binding *b)
{
	if (a->host.len != b->host.len)
		return a->host.len < b->host.len ? -1 : 1;
	return memcmp(a->host.text, b->host.text, a->host.len);
}

static int configuration_order(const struct config_binding *a, const struct config_binding *b)
{
	return (a > b) - (a < b);
}

static int by_endpoint(const void *left, const void *right)
{
	const struct config_binding *a = *(const struct config_binding *const *)left;
	const struct config_binding *b = *(const struct config_binding *const *)right;
	int order = compare_endpoints(a, b);
	return order != 0 ? order : configuration_order(a, b);
}

/* Host records are keyed by name and port alone: the address only says where to listen. */
static int by_host_key(const void *left, const void *right)
{
	const struct config_binding *a = *(const struct config_binding *const *)left;
	const struct config_binding *b = *(const struct config_binding *const *)right;
	int order = a->port != b->port ? (a->port < b->port ? -1 : 1) : compare_hosts(a, b);
	return order != 0 ? order : configuration_order(a, b);
}

static int compare_records(const struct config_binding *a, const struct config_binding *b)
{
	int order = compare_endpoints(a, b);
	if (order == 0)
		order = compare_hosts(a, b);
	return order != 0 ? order : (int)low_flags(a) - (int)low_flags(b);
}

static int by_record(const void *left, const void *right)
{
	const struct config_binding *a = *(const struct config_binding *const *)left;
	const struct config_binding *b = *(const struct config_binding *const *)right;
	int order = compare_records(a, b);
	return order != 0 ? order : configuration_order(a, b);
}

static int create_view(
	const struct config *config, unsigned kinds, int (*compare)(const void *, const void *), struct view *out)
{
	*out = (struct view){.items = calloc(config->n_bindings + 1, sizeof(const struct config_binding *))};
	if (out->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_bindings; i++) {
		const struct config_binding *binding = &config->bindings[i];
		if (binding->port != 0 && (kinds & (1u << low_flags(binding))) != 0)
			out->items[out->n++] = binding;
	}
	qsort(out->items, out->n, sizeof(*out->items), compare);
	return 0;
}

/* --- one key, one certificate ------------------------------------------------------------------------------------- */

static bool same_certificate(const struct config_binding *a, const struct config_binding *b)
{
	return a->certificate == NULL || b->certificate == NULL || strcmp(a->certificate, b->certificate) == 0;
}

static void check_conflict(struct check *check, const struct config_binding *first, const struct config_binding *other)
{
	struct spot spot;
	char where[ENDPOINT_SIZE];
	if (same_certificate(first, other))
		return;
	const struct config_place *place = spot_of(check, other, "certificate", &spot);
	if (low_flags(other) == 0)
		config_problems_error(check->problems, place,
			"expected one certificate for %s, found \"%s\" here and \"%s\" in bindings[%zu] at %s:%u",
			endpoint(other, where), other->certificate, first->certificate, index_of(check, first),
			first->source_file, first->line);
	else
		config_problems_error(check->problems, place,
			"expected one certificate for %s on port %u, found \"%s\" here and \"%s\" in bindings[%zu] at "
			"%s:%u",
			other->host.text, other->port, other->certificate, first->certificate, index_of(check, first),
			first->source_file, first->line);
}

static int check_address_keys(struct check *check)
{
	struct view view;
	if (create_view(check->config, ADDRESS_RECORDS, by_endpoint, &view) != 0)
		return -ENOMEM;
	for (size_t i = 1, first = 0; i < view.n; i++) {
		if (compare_endpoints(view.items[first], view.items[i]) != 0)
			first = i;
		else
			check_conflict(check, view.items[first], view.items[i]);
	}
	free(view.items);
	return 0;
}

static int check_host_keys(struct check *check)
{
	struct view view;
	if (create_view(check->config, HOST_RECORDS, by_host_key, &view) != 0)
		return -ENOMEM;
	for (size_t i = 1, first = 0; i < view.n; i++) {
		if (view.items[first]->port != view.items[i]->port ||
			compare_hosts(view.items[first], view.items[i]) != 0)
			first = i;
		else
			check_conflict(check, view.items[first], view.items[i]);
	}
	free(view.items);
	return 0;
}

static int check_repeated(struct check *check)
{
	struct view view;
	struct spot spot;
	if (create_view(check->config, ALL_RECORDS, by_record, &view) != 0)
		return -ENOMEM;
	for (size_t i = 1, first = 0; i < view.n; i++) {
		const struct config_binding *a = view.items[first], *b = view.items[i];
		if (compare_records(a, b) != 0)
			first = i;
		else if (same_certificate(a, b))
			config_problems_warn(check->problems, spot_of(check, b, "host", &spot),
				"expected each binding once, found it again, as bindings[%zu] at %s:%u",
				index_of(check, a), a->source_file, a->line);
	}
	free(view.items);
	return 0;
}

/* --- warnings ----------------------------------------------------------------------------------------------------- */

/* Without SNI, tier 3 takes the host of the first flags-2 binding of that address and port: the others never get a
 * turn. */
static int warn_several_without_sni(struct check *check)
{
	struct view view;
	struct spot spot;
	char where[ENDPOINT_SIZE];
	if (create_view(check->config, STORE_RECORDS, by_endpoint, &view) != 0)
		return -ENOMEM;
	for (size_t first = 0, end = 0; first < view.n; first = end) {
		while (end < view.n && compare_endpoints(view.items[first], view.items[end]) == 0)
			end++;
		if (end - first < 2)
			continue;
		const struct config_binding *chosen = view.items[first], *second = view.items[first + 1];
		config_problems_warn(check->problems, spot_of(check, second, "ssl_flags", &spot),
			"expected one binding with ssl_flags 2 on %s, found %zu: a client without SNI gets \"%s\" of "
			"bindings[%zu] "
			"at %s:%u",
			endpoint(second, where), end - first, chosen->host.text, index_of(check, chosen),
			chosen->source_file, chosen->line);
	}
	free(view.items);
	return 0;
}

/* The first of the view that is not before the binding's endpoint, or (after) the first that is past it. */
static size_t bound(const struct view *view, const struct config_binding *probe, bool after)
{
	size_t low = 0, high = view->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_endpoints(view->items[middle], probe);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hidden {
	size_t n;
	const struct config_binding *first; /* in configuration order */
};

static void add_hidden(
	const struct view *sni, const struct config_binding *address, enum config_bind_ip kind, struct hidden *hidden)
{
	struct config_binding probe = *address;
	probe.ip_kind = kind;
	size_t begin = bound(sni, &probe, false), end = bound(sni, &probe, true);
	if (begin == end)
		return;
	hidden->n += end - begin;
	if (hidden->first == NULL || sni->items[begin] < hidden->first)
		hidden->first = sni->items[begin];
}

static void warn_hiding_record(struct check *check, const struct view *sni, const struct config_binding *address)
{
	struct spot spot;
	char where[ENDPOINT_SIZE];
	struct hidden hidden = {0, NULL};
	add_hidden(sni, address, CONFIG_BIND_EXACT, &hidden);
	add_hidden(sni, address, CONFIG_BIND_ANY, &hidden);
	if (!ip_address_is_v4(&address->ip))
		add_hidden(sni, address, CONFIG_BIND_ANY_V6, &hidden);
	if (hidden.n == 0)
		return;
	config_problems_warn(check->problems, spot_of(check, address, "ip", &spot),
		"expected no address record beside records by name, found that %s hides %zu on that address, the first "
		"of "
		"them \"%s\" of bindings[%zu] at %s:%u",
		endpoint(address, where), hidden.n, hidden.first->host.text, index_of(check, hidden.first),
		hidden.first->source_file, hidden.first->line);
}

/* Tier 1 wins over tiers 2 and 3 even where their name matches, as in HTTP.sys. */
static int warn_hidden(struct check *check)
{
	struct view addresses = {NULL, 0}, sni = {NULL, 0};
	int result = create_view(check->config, ADDRESS_RECORDS, by_endpoint, &addresses);
	if (result == 0)
		result = create_view(check->config, ALL_RECORDS & ~ADDRESS_RECORDS, by_endpoint, &sni);
	for (size_t i = 0; result == 0 && i < addresses.n; i++) {
		const struct config_binding *address = addresses.items[i];
		bool is_repeated = i > 0 && compare_endpoints(addresses.items[i - 1], address) == 0;
		if (address->ip_kind == CONFIG_BIND_EXACT && !is_repeated)
			warn_hiding_record(check, &sni, address);
	}
	free(addresses.items);
	free(sni.items);
	return result;
}

static int compare_ips(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct ip_address));
}

/* @return all ports' addresses, sorted, the caller's to free; NULL if memory is out. */
static struct ip_address *sorted_addresses(const struct config *config, size_t *out_n)
{
	size_t n = 0;
	for (size_t p = 0; p < config->n_ports; p++)
		n += config->ports[p].n_addresses;
	struct ip_address *ips = calloc(n + 1, sizeof(*ips));
	*out_n = 0;
	for (size_t p = 0; p < config->n_ports && ips != NULL; p++) {
		for (size_t i = 0; i < config->ports[p].n_addresses; i++)
			ips[(*out_n)++] = config->ports[p].addresses[i].ip;
	}
	if (ips != NULL)
		qsort(ips, *out_n, sizeof(*ips), compare_ips);
	return ips;
}

static int warn_foreign_addresses(struct check *check)
{
	struct view view;
	struct spot spot;
	char text[IP_ADDRESS_TEXT_SIZE];
	size_t n;
	struct ip_address *ips = sorted_addresses(check->config, &n);
	if (ips == NULL || create_view(check->config, ALL_RECORDS, by_endpoint, &view) != 0) {
		free(ips);
		return -ENOMEM;
	}
	for (size_t i = 0; i < view.n; i++) {
		const struct config_binding *binding = view.items[i];
		bool is_repeated = i > 0 && compare_endpoints(view.items[i - 1], binding) == 0;
		if (binding->ip_kind != CONFIG_BIND_EXACT || is_repeated ||
			bsearch(&binding->ip, ips, n, sizeof(*ips), compare_ips) != NULL)
			continue;
		config_problems_warn(check->problems, spot_of(check, binding, "ip", &spot),
			"expected an address of one of the ports, found %s: nobody can reach it",
			ip_address_format(&binding->ip, text));
	}
	free(view.items);
	free(ips);
	return 0;
}

int config_bindings_check(struct config *config, struct config_problems *problems)
{
	static int (*const checks[])(struct check *) = {
		check_address_keys,
		check_host_keys,
		check_repeated,
		warn_several_without_sni,
		warn_hidden,
		warn_foreign_addresses,
	};
	struct check check = {.config = config, .problems = problems};
	int result = sort_certificates(&check);
	for (size_t i = 0; result == 0 && i < config->n_bindings; i++) {
		if (config->bindings[i].port == 0)
			continue;
		check_binding(&check, &config->bindings[i]);
		tie_certificate(&check, &config->bindings[i]);
	}
	for (size_t i = 0; result == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
		result = checks[i](&check);
	free(check.by_name);
	return result;
}

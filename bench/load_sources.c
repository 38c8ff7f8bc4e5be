/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_MAX_BYTES 128

/* --- arithmetic on addresses: the last 32 bits are enough for a range --- */

static uint32_t low_bits(const struct ip_address *address)
{
	const uint8_t *last = address->octets + 12;
	return (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
}

static void set_low_bits(struct ip_address *address, uint32_t bits)
{
	for (unsigned i = 0; i < 4; i++)
		address->octets[12 + i] = (uint8_t)(bits >> (24 - 8 * i));
}

/* --- reading --- */

static bool read_prefix(const char *text, struct load_sources_range *out)
{
	unsigned len;
	if (ip_address_parse_prefix(text, &out->first, &len) != 0)
		return false;
	const bool is_v4 = ip_address_is_v4(&out->first);
	const unsigned host_bits = (is_v4 ? 32 : 128) - len;
	if (host_bits > 31) /* more than anybody can use, and than the arithmetic holds */
		return false;
	const uint32_t n = UINT32_C(1) << host_bits;
	const bool has_ends = is_v4 && host_bits > 1; /* network and broadcast; RFC 3021: a /31 has neither */
	set_low_bits(&out->first, (low_bits(&out->first) & ~(n - 1)) + has_ends);
	out->n = has_ends ? n - 2 : n;
	return true;
}

static bool read_from_to(const char *text, const char *dash, struct load_sources_range *out)
{
	char from[RANGE_MAX_BYTES];
	struct ip_address last;
	snprintf(from, sizeof(from), "%.*s", (int)(dash - text), text);
	if (ip_address_parse(from, &out->first) != 0 || ip_address_parse(dash + 1, &last) != 0 ||
		memcmp(out->first.octets, last.octets, 12) != 0 || low_bits(&last) < low_bits(&out->first))
		return false;
	out->n = low_bits(&last) - low_bits(&out->first) + 1;
	return out->n != 0;
}

static bool read_range(const char *text, struct load_sources_range *out)
{
	const char *dash = strchr(text, '-');
	if (strchr(text, '/'))
		return read_prefix(text, out);
	if (dash)
		return read_from_to(text, dash, out);
	out->n = 1;
	return ip_address_parse(text, &out->first) == 0;
}

static bool read_addresses(
	struct load_sources *sources, const char *text, const struct ip_address *target, struct load_error *error)
{
	for (size_t len; text; text = text[len] == ',' ? text + len + 1 : NULL) {
		char word[RANGE_MAX_BYTES];
		struct load_sources_range *range = &sources->ranges[sources->n_ranges];
		len = strcspn(text, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (sources->n_ranges == LOAD_SOURCES_MAX_RANGES)
			return load_error_set(
				error, "--source: expected at most %d ranges, found more", LOAD_SOURCES_MAX_RANGES);
		if (len >= sizeof(word) || !read_range(word, range))
			return load_error_set(error,
				"--source: expected an address, a range A-B or a prefix A/N, found \"%s\"", word);
		if (ip_address_is_v4(&range->first) != ip_address_is_v4(target))
			return load_error_set(error, "--source: expected the target's family, IPv%d, found \"%s\"",
				ip_address_is_v4(target) ? 4 : 6, word);
		sources->n_ranges++;
		sources->n_addresses += range->n;
	}
	return true;
}

static bool read_ports(struct load_sources *sources, const char *text, struct load_error *error)
{
	char *end;
	const unsigned long first = strtoul(text, &end, 10);
	const unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
	if (*end != '\0' || text[0] < '0' || text[0] > '9' || first == 0 || last > UINT16_MAX || last < first)
		return load_error_set(error, "--source-ports: expected a range such as 1024-65535, found \"%s\"", text);
	sources->first_port = (uint16_t)first;
	sources->last_port = (uint16_t)last;
	return true;
}

bool load_sources_read(struct load_sources *sources, const char *addresses, const char *ports,
	const struct ip_address *target, struct load_error *error)
{
	*sources = (struct load_sources){0};
	return (!addresses || read_addresses(sources, addresses, target, error)) &&
	       (!ports || read_ports(sources, ports, error));
}

/* --- using --- */

static uint32_t ports_given(const struct load_sources *sources)
{
	return (uint32_t)sources->last_port - sources->first_port + 1;
}

bool load_sources_suffice(
	const struct load_sources *sources, uint64_t connections, uint32_t ports_of_transport, struct load_error *error)
{
	const uint64_t addresses = sources->n_addresses ? sources->n_addresses : 1;
	const uint64_t ports = sources->first_port ? ports_given(sources) : ports_of_transport;
	return connections <= addresses * ports ||
	       load_error_set(error,
		       "expected at most as many connections as there are source ports, found %lu connections and %lu "
		       "address%s with %lu ports (--source, --source-ports)",
		       (unsigned long)connections, (unsigned long)addresses, addresses == 1 ? "" : "es",
		       (unsigned long)ports);
}

void load_sources_at(const struct load_sources *sources, uint64_t turn, struct load_endpoint *out)
{
	const uint64_t n = sources->n_addresses ? sources->n_addresses : 1;
	uint64_t address = turn % n;
	*out = (struct load_endpoint){0};
	if (sources->first_port)
		out->port = (uint16_t)(sources->first_port + turn / n % ports_given(sources));
	for (unsigned i = 0; i < sources->n_ranges; i++) {
		const struct load_sources_range *range = &sources->ranges[i];
		if (address < range->n) {
			out->address = range->first;
			set_low_bits(&out->address, low_bits(&range->first) + (uint32_t)address);
			return;
		}
		address -= range->n;
	}
}

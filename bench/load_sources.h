/* SPDX-License-Identifier: BSD-3-Clause */
/** Where connections come from: addresses and ports, used in turn. */
#ifndef HANDFAST_LOAD_SOURCES_H
#define HANDFAST_LOAD_SOURCES_H

#include "load_error.h"
#include "load_transport.h"

#define LOAD_SOURCES_MAX_RANGES 64

struct load_sources_range {
	struct ip_address first;
	uint32_t n; /**< addresses, at least 1 */
};

/** All zero: the transport chooses address and port. */
struct load_sources {
	struct load_sources_range ranges[LOAD_SOURCES_MAX_RANGES];
	unsigned n_ranges;
	uint64_t n_addresses;
	uint16_t first_port, last_port; /**< 0: the transport's choice */
};

/**
 * @param addresses  "192.0.2.1", "192.0.2.1-192.0.2.9", "192.0.2.0/24" (without network and broadcast address),
 *                   IPv6 alike, several separated by ","; NULL: any
 * @param ports      "1024-65535"; NULL: any
 * @param target     what they are to reach: of the same family.
 * @return false, and the error says what was expected. Threads: any.
 */
bool load_sources_read(struct load_sources *sources, const char *addresses, const char *ports,
	const struct ip_address *target, struct load_error *error);

/**
 * Are there source addresses and ports for so many connections at once?
 * @param ports_of_transport  of one address, if the user has given none.
 * @return false, and the error has the numbers.
 */
bool load_sources_suffice(const struct load_sources *sources, uint64_t connections, uint32_t ports_of_transport,
	struct load_error *error);

/** The source of the turn: first each address once, then each with its next port, and so on around. */
void load_sources_at(const struct load_sources *sources, uint64_t turn, struct load_endpoint *out);

#endif

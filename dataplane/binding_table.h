/* SPDX-License-Identifier: BSD-3-Clause */
/** The snapshot behind binding.h: where each binding is found, by address and port and by host name. */
#ifndef HANDFAST_BINDING_TABLE_H
#define HANDFAST_BINDING_TABLE_H

#include "binding.h"

/** An index that stands for no binding. */
#define BINDING_TABLE_NONE UINT32_MAX

/** An address and port as bindings name them (enum config_bind_ip), or a port by itself. */
enum binding_endpoint_kind {
	BINDING_ENDPOINT_EXACT = CONFIG_BIND_EXACT,
	BINDING_ENDPOINT_ANY_V6 = CONFIG_BIND_ANY_V6,
	BINDING_ENDPOINT_ANY = CONFIG_BIND_ANY,
	BINDING_ENDPOINT_PORT,
};

struct binding_endpoint_key {
	struct ip_address ip; /**< all zero unless EXACT */
	uint16_t port;
	uint16_t kind; /**< enum binding_endpoint_kind */
};

/** What is bound there: indexes of bindings, each the first of its sort in configuration order; or _NONE. */
struct binding_endpoint {
	struct binding_endpoint_key key;
	uint32_t fixed;        /**< flags 0; of a PORT: on exact addresses of either family */
	uint32_t fixed_v6;     /**< PORT only: flags 0 on an exact IPv6 address */
	uint32_t without_name; /**< flags 2: names the file for clients without SNI */
	uint32_t from_store;   /**< PORT only: flags 2 or 3 */
};

/** Records that are told apart by host name: flags 0, flags 1, flags 2 and 3. */
enum binding_host_class { BINDING_HOST_FIXED, BINDING_HOST_SNI, BINDING_HOST_STORE };

/** Flags 0: the record is the address and port. */
static inline bool binding_table_is_address_record(const struct config_binding *binding)
{
	return (binding->ssl_flags & (CONFIG_SSL_SNI | CONFIG_SSL_CENTRAL_STORE)) == 0;
}

/** @param ip  read for BINDING_ENDPOINT_EXACT only. */
static inline struct binding_endpoint_key binding_table_endpoint_key(
	enum binding_endpoint_kind kind, const struct ip_address *ip, uint16_t port)
{
	struct binding_endpoint_key key = {.port = port, .kind = (uint16_t)kind};
	if (kind == BINDING_ENDPOINT_EXACT)
		key.ip = *ip;
	return key;
}

/** @return the endpoint, or NULL if no binding is on it. Threads: any. */
const struct binding_endpoint *binding_table_find_endpoint(
	const struct binding_table *table, enum binding_endpoint_kind kind, const struct ip_address *ip, uint16_t port);

/**
 * @param endpoint  of a BINDING_HOST_FIXED record; of the others only its port counts.
 * @return the first binding, in configuration order, of that class with exactly that host, or BINDING_TABLE_NONE.
 * Threads: any.
 */
uint32_t binding_table_find_host(const struct binding_table *table, enum binding_host_class class,
	struct binding_endpoint_key endpoint, const struct host_name *host);

/** @return the next binding of the same class, endpoint and host, or BINDING_TABLE_NONE. Threads: any. */
uint32_t binding_table_next(const struct binding_table *table, uint32_t index);

/** @return the binding. Threads: any. */
const struct config_binding *binding_table_get(const struct binding_table *table, uint32_t index);

#endif

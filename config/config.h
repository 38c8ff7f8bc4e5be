/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The configuration as data: what a file says, checked and with defaults filled in. Immutable after config_load(); read
 * by any thread. Every scalar in it is one row of config_schema.def, from which help, defaults, bounds and
 * docs/config.md come.
 */
#ifndef HANDFAST_CONFIG_H
#define HANDFAST_CONFIG_H

#include "host_name.h"
#include "ip_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** What the daemon makes room for. */
#define CONFIG_MAX_PORTS   32
#define CONFIG_MAX_WORKERS 64

/** One address of a port. */
struct config_address {
	struct ip_address ip;
	unsigned prefix_len; /**< bits, in the address's own family */
	bool has_gateway;
	struct ip_address gateway; /**< same family, inside the prefix */
	uint16_t vlan;             /**< 802.1Q VLAN identifier 1 to 4094; 0 = untagged */
};

/** Checksums and segmentation: what the device does itself; nothing; also what only its driver does. */
enum config_offloads { CONFIG_OFFLOADS_AUTO, CONFIG_OFFLOADS_OFF, CONFIG_OFFLOADS_DRIVER };

/** A DPDK port: a NIC by PCI address or a virtual device by its name. */
struct config_port {
	const char *device; /**< "0000:03:00.0", or the vdev's name, "net_tap0" */
	unsigned mtu_bytes;
	unsigned rx_ring_pkts, tx_ring_pkts;
	enum config_offloads offloads;
	struct config_address *addresses;
	size_t n_addresses;
};

enum config_idle { CONFIG_IDLE_POLL, CONFIG_IDLE_ADAPTIVE };
enum config_vector_crypto { CONFIG_VECTOR_CRYPTO_AUTO, CONFIG_VECTOR_CRYPTO_OFF };
enum config_no_match { CONFIG_NO_MATCH_ALERT, CONFIG_NO_MATCH_RESET };
enum config_expired { CONFIG_EXPIRED_SERVE, CONFIG_EXPIRED_SKIP, CONFIG_EXPIRED_REJECT };
enum config_preload { CONFIG_PRELOAD_NONE, CONFIG_PRELOAD_BOUND, CONFIG_PRELOAD_ALL };
enum config_huge_pages { CONFIG_HUGE_PAGES_AUTO, CONFIG_HUGE_PAGES_OFF, CONFIG_HUGE_PAGES_REQUIRE };
enum config_log_level { CONFIG_LOG_ERROR, CONFIG_LOG_WARNING, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };

/** Workers and the EAL. */
struct config_worker {
	unsigned *lcores; /**< CPU numbers, one worker each */
	size_t n_lcores;
	enum config_idle idle;
	enum config_huge_pages huge_pages;
	enum config_vector_crypto vector_crypto;
	unsigned memory_mib;        /**< memory for DPDK (packet buffers, rings) */
	const char **eal_arguments; /**< passed on as they are: "--vdev=net_tap0,iface=hf0" */
	size_t n_eal_arguments;
};

/** The central certificate store, by its IIS names. */
struct config_store {
	bool enabled;
	const char *physical_path;        /**< a folder; never NULL when enabled */
	const char *user_name;            /**< NULL: none */
	const char *password;             /**< secret: never printed; NULL: none */
	const char *private_key_password; /**< secret: never printed; NULL: none */
	unsigned polling_interval_s;
	bool only_bound;
	bool require_name_match;
	enum config_expired expired;
	enum config_preload preload;
	unsigned answer_timeout_s; /**< the share has failed when it gives no sign of life for so long */
	unsigned max_loaded;       /**< certificates */
	unsigned max_loaded_mib;   /**< of memory for them */
	unsigned idle_unload_s;    /**< 0: never */
	unsigned loaders;          /**< loader processes */
};

/** A certificate file that bindings with ssl_flags 0 and 1 name. */
struct config_certificate {
	const char *name;
	const char *file;
	const char *password;    /**< secret; NULL: none */
	const char *source_file; /**< where it stands, for messages */
	unsigned line;
};

/** bindings.md section 1: the bits of ssl_flags. */
enum {
	CONFIG_SSL_SNI = 1,
	CONFIG_SSL_CENTRAL_STORE = 2,
	CONFIG_SSL_NO_HTTP2 = 4,
	CONFIG_SSL_NO_OCSP_STAPLING = 8,
	CONFIG_SSL_NO_QUIC = 16,
	CONFIG_SSL_NO_TLS13 = 32,
	CONFIG_SSL_NO_LEGACY_TLS = 64,
	CONFIG_SSL_ALL = 127,
};

enum config_protocol { CONFIG_PROTOCOL_HTTPS };
enum config_bind_ip { CONFIG_BIND_EXACT, CONFIG_BIND_ANY_V6 /* [::] */, CONFIG_BIND_ANY /* * or 0.0.0.0 */ };

struct config_binding {
	enum config_protocol protocol;
	enum config_bind_ip ip_kind;
	struct ip_address ip; /**< valid when ip_kind is CONFIG_BIND_EXACT */
	uint16_t port;
	struct host_name host; /**< len 0: none; may be a wildcard */
	uint32_t ssl_flags;
	const char *certificate;  /**< name of a config_certificate, or NULL */
	size_t certificate_index; /**< into certificates, when certificate is not NULL */
	const char *backend;      /**< "builtin:status" */
	const char *source_file;  /**< where it stands (@include is followed), for messages */
	unsigned line;
};

struct config_limits {
	unsigned connections;          /**< per worker */
	unsigned parked_handshakes;    /**< per worker: waiting for a certificate to be loaded */
	unsigned handshake_timeout_ms; /**< from the complete ClientHello (or the loaded certificate) to its end */
	unsigned hello_timeout_ms;     /**< from the first ACK to a complete ClientHello */
	unsigned load_timeout_ms;      /**< longest wait of a parked handshake */
	unsigned linger_timeout_ms;    /**< from our FIN until a client that does not close is let go */
	unsigned idle_timeout_ms;      /**< no byte either way */
	unsigned live_certificates;    /**< OpenSSL objects kept per worker */
	unsigned receive_buffer_bytes, send_buffer_bytes; /**< per connection */
	unsigned buffer_memory_mib;                       /**< per worker, all connections together */
	unsigned keepalive_requests;                      /**< built-in responder: requests per connection */
};

/** How TLS is answered. */
struct config_tls {
	bool strict; /**< a matching tier without a usable certificate ends the walk */
	enum config_no_match no_match;
	bool session_tickets;
	unsigned ticket_lifetime_s; /**< also the time between two rotations of ticket keys */
	unsigned tickets_tls13;     /**< sent after a full handshake */
};

struct config_control {
	const char *socket; /**< path of the control socket */
	enum config_log_level log_level;
};

struct config_arena;

struct config {
	const char *path; /**< the file it came from */
	struct config_worker worker;
	struct config_port *ports;
	size_t n_ports;
	struct config_store store;
	struct config_certificate *certificates;
	size_t n_certificates;
	struct config_binding *bindings;
	size_t n_bindings;
	struct config_limits limits;
	struct config_tls tls;
	struct config_control control;
	struct config_arena *arena; /**< owns all of the above; config_free() wipes it */
};

/** One thing wrong (or doubtful) with a configuration file. */
struct config_problem {
	bool is_warning;
	char *file; /**< where the setting stands (@include is followed) */
	unsigned line;
	char *key;     /**< "bindings[3].ssl_flags" */
	char *message; /**< "expected …, found …" */
};

struct config_problems {
	struct config_problem *items;
	size_t n;
	size_t n_errors; /**< items that are not warnings */
};

/**
 * Read and check a configuration file. All problems are found in one go, not only the first.
 *
 * @param problems     zeroed by the caller; filled with errors and warnings, in file order.
 * @param out_config   set to the configuration, or NULL if there was an error.
 * @return 0, or -EINVAL if there is at least one error (problems->n_errors > 0).
 * Owner:   the caller frees both, with config_free() and config_problems_free().
 * Threads: any but workers (allocates, reads files).
 */
int config_load(const char *path, struct config_problems *problems, struct config **out_config);

/** As config_load(), for a text in memory; `name` stands in messages, and @include is relative to its folder. */
int config_load_text(const char *text, const char *name, struct config_problems *problems, struct config **out_config);

/** Wipe the secrets in a configuration and free it. NULL is allowed. */
void config_free(struct config *config);

/** Free the list and its texts; the struct is empty afterwards. */
void config_problems_free(struct config_problems *problems);

/** Print one line per problem: "file:line: key: expected …, found …"; warnings say "warning: " after the key. */
void config_problems_print(const struct config_problems *problems, FILE *out);

/** Write docs/config.md: every option with type, unit, bounds, default and help, from the schema table. */
void config_write_reference(FILE *out);

#endif

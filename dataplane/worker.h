/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A worker: one lcore, one RX and TX queue on every port, its own TCP, TLS engine and counters, run to completion. What
 * control sees of the data plane is in this header.
 *
 * Shared with control and with nobody else: the certificate table and the binding snapshot (read here, under the
 * table's grace periods), a ring each way, the counters.
 */
#ifndef HANDFAST_WORKER_H
#define HANDFAST_WORKER_H

#include "binding.h"
#include "cert_table.h"
#include "config.h"
#include "stats.h"
#include "tls_tickets.h"

#include <stdatomic.h>
#include <stdbool.h>

struct worker;
struct port;

/** What all workers read and the control thread publishes. */
struct worker_shared {
	const struct config *config; /**< as started: of what a reload changes only what hangs on bindings counts */
	struct cert_table *certificates;
	/** Rotated by control, read by workers under the certificate table's grace periods. */
	struct tls_tickets *tickets;
	/** Release-stored by control, acquire-loaded once per connection; freed after cert_table_writer_synchronize().
	 */
	_Atomic(const struct binding_table *) bindings;
	/** Seconds of control's monotonic clock, written by control once in each; read relaxed where a use is noted. */
	_Atomic uint32_t now_s;
	/** Set by control (release) to end every worker_run(); read relaxed once per poll. */
	atomic_bool stop;
};

/** One row of `show connections`. */
struct worker_connection_row {
	struct ip_address local_ip, remote_ip;
	uint16_t local_port, remote_port;
	const char *tcp_state;            /**< constant */
	const char *phase;                /**< constant: "hello", "parked", "handshake", "open", "closing" */
	char name[HOST_NAME_MAX_LEN + 1]; /**< server name, "" if not known (yet) */
	char version[16], cipher[48];
	uint64_t age_us;
	uint32_t srtt_us;
};

/** A list of connections that control asks a worker for. Control's memory; the worker fills it in one poll. */
struct worker_snapshot {
	struct worker_connection_row *rows;
	size_t capacity;
	size_t n;         /**< rows filled */
	size_t total;     /**< connections there were */
	atomic_bool done; /**< release-stored by the worker when filled; acquire-loaded by control */
};

/**
 * Create the worker for one lcore.
 *
 * @param index   0 to n_workers - 1: its queue number on every port and its reader number in the certificate table.
 * @param lcore   the EAL's number, eal_worker_lcore(index); for messages.
 * @param ports   started ports (port.h), one entry per config->ports.
 * @param error   one line, on failure.
 * @return the worker, or NULL.
 * Owner:   the caller; worker_destroy() after worker_run() has returned.
 * Threads: the main thread, after the EAL is up.
 */
struct worker *worker_create(unsigned index, unsigned lcore, struct worker_shared *shared, struct port *const *ports,
	size_t n_ports, char *error, size_t error_size);
/** NULL is allowed. Threads: the main thread, after worker_run() has returned. */
void worker_destroy(struct worker *worker);

/** Tell a worker of its fellows, for the software hand-off of flows; before any of them runs. */
void worker_connect(struct worker *worker, struct worker *const *workers, size_t n_workers);

/** Poll until shared->stop. Signature of lcore_function_t. @return 0. Threads: the worker's own lcore. */
int worker_run(void *worker);

/** One pass over the stages; worker_run() calls it. @return how much work was done: 0 = an empty poll. */
unsigned worker_poll(struct worker *worker);

/** @return the counters. Threads: any. */
const struct stats *worker_stats_mt(const struct worker *worker);
/** @return the processor it is pinned to, as in worker.lcores. Threads: any. */
unsigned worker_lcore_mt(const struct worker *worker);
/** @return who computes X25519 with this configuration on this processor: "avx512ifma" or "openssl". Threads: any. */
const char *worker_x25519_mt(const struct config *config);
/** @return how many TSC cycles a second has: what turns STAT_BUSY_CYCLES into time. Threads: any. */
uint64_t worker_tsc_hz_mt(void);

/**
 * Take the next "load this certificate" request of a worker.
 * @return true and *out_key, or false if there is none.
 * Threads: control.
 */
bool worker_take_load_request(struct worker *worker, struct host_name *out_key);

/**
 * Tell a worker that a key it waited for was published, or is broken: it looks again.
 * @return false if its ring is full: try again later.
 * Threads: control.
 */
bool worker_notify_loaded(struct worker *worker, const struct host_name *key);

/** Ask for a list of connections; poll snapshot->done. @return false if the ring is full. Threads: control. */
bool worker_request_snapshot(struct worker *worker, struct worker_snapshot *snapshot);

#endif

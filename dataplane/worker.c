/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "clock.h"
#include "connection.h"
#include "crypto_x25519.h"
#include "fellow.h"
#include "local_address.h"
#include "neigh.h"
#include "port.h"
#include "rx.h"
#include "tcp_stack.h"
#include "tls_session.h"
#include "tx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

enum {
	/* Messages to and from control: ring sizes, powers of two. A full ring is tried again, nothing is lost. */
	LOAD_REQUESTS = 512,
	MESSAGES = 512,
	/* Messages taken in one poll: packets come first. */
	MESSAGES_PER_POLL = 16,
	/* Adaptive idle: how often to poll in vain, and how long to sleep then. The longest sleep is what a packet may
	 * have to wait, a fraction of an access line's delay. */
	EMPTY_POLLS = 64,
	MIN_SLEEP_US = 10,
	MAX_SLEEP_US = 500,
	/* Longest that a poll keeps back what is ready to be sent: about two handshakes. */
	SLICE_US = 250,
	/* At the end: for a client's FIN, or for one retransmission of ours. */
	LEAVE_US = 250000,
	/* How often packet buffers are counted: that looks at every lcore's cache. */
	GAUGE_INTERVAL_US = 100000,
	/* How long a key pair made ahead may wait to be used. */
	AGE_INTERVAL_US = 1000000,
	IPV4_TCP_HEADER_BYTES = 40,
	IPV6_TCP_HEADER_BYTES = 60,
};

enum message_kind { MESSAGE_LOADED, MESSAGE_SNAPSHOT };

/* From control, by value. */
struct message {
	enum message_kind kind;
	struct host_name key;
	struct worker_snapshot *snapshot;
};
_Static_assert(sizeof(struct message) % 4 == 0, "ring elements are counted in units of 4 octets");

/* To control, by value. */
struct load_request {
	uint32_t unused; /* makes the size a multiple of 4 */
	struct host_name key;
};
_Static_assert(sizeof(struct load_request) % 4 == 0, "ring elements are counted in units of 4 octets");

struct worker {
	unsigned index, lcore;
	struct worker_shared *shared;
	struct port *const *ports;
	size_t n_ports;
	struct clock clock;
	uint64_t slice_tsc; /* SLICE_US */
	uint64_t next_gauge_us, next_age_us;
	struct fellow fellow;
	struct rx rx;
	struct tx tx;
	struct local_address_table *addresses;
	struct neigh *neigh;
	struct tcp_stack *tcp;
	struct tls_session_engine *engine;
	struct connection_pool *connections;
	struct rte_ring *messages, *load_requests;
	struct stats stats;
};

/* --- what the stages ask of the worker --------------------------------------------------------------------------- */

static bool listens(void *context, const struct flow_key *key)
{
	const struct worker *worker = context;
	const struct binding_table *bindings =
		atomic_load_explicit(&worker->shared->bindings, memory_order_acquire); /* released by control */
	return bindings && binding_listens(bindings, &key->local_ip, key->local_port) &&
	       !atomic_load_explicit(&worker->shared->stop, memory_order_relaxed);
}

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct worker *worker = context;
	return tx_emit(&worker->tx, key, conn, segment);
}

static bool request_load(void *context, const struct host_name *key)
{
	struct worker *worker = context;
	struct load_request request;
	memset(&request, 0, sizeof(request)); /* the padding is copied too */
	request.key = *key;
	return rte_ring_sp_enqueue_elem(worker->load_requests, &request, sizeof(request)) == 0;
}

static void transmit(void *context, uint16_t port_id, struct bytes frame)
{
	struct worker *worker = context;
	tx_frame(&worker->tx, port_id, frame);
}

static void send_packet(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct worker *worker = context;
	tx_packet(&worker->tx, port_id, packet, mac);
}

static void drop_packet(void *context, void *packet)
{
	struct worker *worker = context;
	tx_drop(&worker->tx, packet);
}

static bool tell_neighbour(void *context, const struct neigh_news *news)
{
	struct worker *worker = context;
	struct fellow_message message = {.kind = FELLOW_NEIGHBOUR, .neighbour = *news};
	return fellow_tell(&worker->fellow, &message);
}

/* --- creation ---------------------------------------------------------------------------------------------------- */

/* Random numbers that the stages are seeded with. */
struct seeds {
	uint8_t tcp[32], neigh[16], fellow[16];
};

static int create_rings(struct worker *worker)
{
	char name[RTE_RING_NAMESIZE];
	snprintf(name, sizeof(name), "hf-control-%u", worker->index);
	worker->messages = rte_ring_create_elem(
		name, sizeof(struct message), MESSAGES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "hf-loads-%u", worker->index);
	worker->load_requests = rte_ring_create_elem(
		name, sizeof(struct load_request), LOAD_REQUESTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return worker->messages && worker->load_requests ? 0 : -ENOMEM;
}

static int create_neigh(struct worker *worker, const struct seeds *seeds)
{
	struct local_address_link *links = calloc(worker->n_ports, sizeof(*links));
	if (!links)
		return -ENOMEM;
	for (size_t i = 0; i < worker->n_ports; i++) {
		links[i].port_id = worker->ports[i]->id;
		links[i].config = worker->ports[i]->config;
		memcpy(links[i].mac, worker->ports[i]->mac, sizeof(links[i].mac));
	}
	worker->addresses = local_address_create(links, worker->n_ports);
	free(links);
	struct neigh_callbacks callbacks = {.context = worker,
		.transmit = transmit,
		.send = send_packet,
		.drop = drop_packet,
		.learned = tell_neighbour};
	if (worker->addresses)
		worker->neigh = neigh_create(worker->addresses, &callbacks, seeds->neigh, &worker->stats);
	return worker->neigh ? 0 : -ENOMEM;
}

/* The narrowest port's: one stack serves all ports. */
static unsigned smallest_mtu(const struct worker *worker)
{
	unsigned smallest = UINT16_MAX;
	for (size_t i = 0; i < worker->n_ports; i++)
		if (worker->ports[i]->config->mtu_bytes < smallest)
			smallest = worker->ports[i]->config->mtu_bytes;
	return smallest;
}

static int create_tcp(struct worker *worker, const struct seeds *seeds, uint64_t now_us)
{
	const struct config_limits *limits = &worker->shared->config->limits;
	struct tcp_stack_callbacks callbacks = {.context = worker, .emit = emit, .listens = listens};
	struct tcp_stack_settings settings;
	unsigned mtu = smallest_mtu(worker);
	tcp_stack_settings_default(&settings);
	settings.max_connections = limits->connections;
	settings.receive_buffer_bytes = limits->receive_buffer_bytes;
	settings.send_buffer_bytes = limits->send_buffer_bytes;
	settings.buffer_memory_bytes = (uint64_t)limits->buffer_memory_mib << 20;
	settings.train_segments = TX_TRAIN_SEGMENTS;
	settings.mss_v4 = (uint16_t)(mtu - IPV4_TCP_HEADER_BYTES);
	settings.mss_v6 = (uint16_t)(mtu - IPV6_TCP_HEADER_BYTES);
	worker->tcp = tcp_stack_create(&settings, &callbacks, seeds->tcp, &worker->stats, now_us);
	return worker->tcp ? 0 : -ENOMEM;
}

static int create_connections(struct worker *worker)
{
	struct connection_pool_params params = {.shared = worker->shared,
		.reader = worker->index,
		.stats = &worker->stats,
		.engine = worker->engine,
		.request_load = request_load,
		.context = worker};
	worker->connections = connection_pool_create(&params);
	return worker->connections ? 0 : -ENOMEM;
}

static int create_stages(struct worker *worker, const struct seeds *seeds, char *error, size_t error_size)
{
	uint64_t now_us = clock_us(&worker->clock, rte_get_tsc_cycles());
	struct tls_session_settings tls = {.live_certificates = worker->shared->config->limits.live_certificates,
		.lcore = worker->lcore,
		.allow_vectors = worker->shared->config->worker.vector_crypto == CONFIG_VECTOR_CRYPTO_AUTO,
		.tickets = worker->shared->tickets};
	if (fellow_init(&worker->fellow, worker->index, seeds->fellow) != 0 || create_rings(worker) != 0 ||
		tx_init(&worker->tx, worker->index, worker->ports, worker->n_ports, &worker->stats) != 0 ||
		create_neigh(worker, seeds) != 0 || create_tcp(worker, seeds, now_us) != 0) {
		snprintf(error, error_size, "worker %u: out of memory", worker->index);
		return -ENOMEM;
	}
	worker->engine = tls_session_engine_create(&tls, error, error_size);
	if (!worker->engine)
		return -EIO;
	if (create_connections(worker) != 0) {
		snprintf(error, error_size, "worker %u: out of memory", worker->index);
		return -ENOMEM;
	}
	worker->tx.neigh = worker->neigh;
	worker->rx = (struct rx){.ports = worker->ports,
		.n_ports = worker->n_ports,
		.addresses = worker->addresses,
		.fellow = &worker->fellow,
		.neigh = worker->neigh,
		.tcp = worker->tcp,
		.tx = &worker->tx,
		.stats = &worker->stats};
	return 0;
}

struct worker *worker_create(unsigned index, unsigned lcore, struct worker_shared *shared, struct port *const *ports,
	size_t n_ports, char *error, size_t error_size)
{
	struct seeds seeds;
	struct worker *worker = calloc(1, sizeof(*worker));
	if (!worker) {
		snprintf(error, error_size, "worker %u: out of memory", index);
		return NULL;
	}
	worker->index = index;
	worker->lcore = lcore;
	worker->shared = shared;
	worker->ports = ports;
	worker->n_ports = n_ports;
	clock_init(&worker->clock, rte_get_tsc_cycles(), rte_get_tsc_hz());
	worker->slice_tsc = SLICE_US * rte_get_tsc_hz() / 1000000;
	if (getrandom(&seeds, sizeof(seeds), 0) != sizeof(seeds)) {
		snprintf(error, error_size, "worker %u: no random numbers: %s", index, strerror(errno));
		worker_destroy(worker);
		return NULL;
	}
	int result = create_stages(worker, &seeds, error, error_size);
	explicit_bzero(&seeds, sizeof(seeds));
	if (result == 0)
		return worker;
	worker_destroy(worker);
	return NULL;
}

void worker_destroy(struct worker *worker)
{
	if (!worker)
		return;
	if (worker->connections)
		connection_pool_destroy(worker->connections);
	if (worker->engine)
		tls_session_engine_destroy(worker->engine);
	if (worker->tcp)
		tcp_stack_destroy(worker->tcp);
	neigh_destroy(worker->neigh);
	local_address_destroy(worker->addresses);
	tx_fini(&worker->tx);
	fellow_fini(&worker->fellow);
	rte_ring_free(worker->messages);
	rte_ring_free(worker->load_requests);
	explicit_bzero(worker, sizeof(*worker)); /* hash keys */
	free(worker);
}

void worker_connect(struct worker *worker, struct worker *const *workers, size_t n_workers)
{
	for (size_t i = 0; i < n_workers; i++)
		fellow_connect(&worker->fellow, &workers[i]->fellow);
}

/* --- one poll ---------------------------------------------------------------------------------------------------- */

static unsigned take_control_messages(struct worker *worker, uint64_t now_us)
{
	struct message message;
	unsigned n = 0;
	while (n < MESSAGES_PER_POLL && rte_ring_sc_dequeue_elem(worker->messages, &message, sizeof(message)) == 0) {
		n++;
		if (message.kind == MESSAGE_LOADED) {
			connection_certificate_loaded(worker->connections, &message.key, now_us);
			continue;
		}
		connection_fill_snapshot(worker->connections, message.snapshot, now_us);
		atomic_store_explicit(&message.snapshot->done, true, memory_order_release); /* acquired by control */
	}
	return n;
}

static unsigned take_fellows_messages(struct worker *worker, uint64_t now_us)
{
	struct fellow_message message;
	unsigned n = 0;
	while (n < MESSAGES_PER_POLL && fellow_take_message(&worker->fellow, &message)) {
		n++;
		if (message.kind == FELLOW_NEIGHBOUR)
			neigh_learn(worker->neigh, &message.neighbour, now_us);
		else
			(void)tcp_stack_packet_too_big(worker->tcp, &message.too_big.key, message.too_big.sequence,
				message.too_big.mtu_bytes, now_us);
	}
	return n;
}

static unsigned send(struct worker *worker, uint64_t now_us)
{
	tcp_stack_output(worker->tcp, now_us);
	return tx_flush(&worker->tx);
}

/* A burst may hold 32 ClientHellos, some milliseconds of work: what is ready leaves meanwhile, so that the first client
 * does not wait for the last one's handshake, nor do all of them answer at once while we wait. */
static unsigned serve_connections(struct worker *worker, uint64_t began_tsc, uint64_t now_us)
{
	uint64_t send_tsc = began_tsc + worker->slice_tsc;
	unsigned work = 0;
	for (struct tcp_conn *tcp; (tcp = tcp_stack_next_event(worker->tcp)); work++) {
		connection_serve(worker->connections, tcp, now_us);
		uint64_t now_tsc = rte_get_tsc_cycles();
		if (now_tsc < send_tsc)
			continue;
		work += send(worker, now_us);
		send_tsc = now_tsc + worker->slice_tsc;
	}
	connection_advance(worker->connections, now_us);
	return work;
}

static void age(struct worker *worker, uint64_t now_us)
{
	if (now_us < worker->next_age_us)
		return;
	worker->next_age_us = now_us + AGE_INTERVAL_US;
	tls_session_engine_age(worker->engine);
}

/* An empty poll reads no second clock: it is not worth counting, and it is what an idle worker does most. */
static void count_poll(struct worker *worker, unsigned work, uint64_t began_tsc, uint64_t now_us)
{
	stats_add(&worker->stats, STAT_POLLS, 1);
	if (work == 0)
		stats_add(&worker->stats, STAT_POLLS_EMPTY, 1);
	else
		stats_add(&worker->stats, STAT_BUSY_CYCLES, rte_get_tsc_cycles() - began_tsc);
	/* Pools are shared between workers: the first counts for all. */
	if (worker->index != 0 || now_us < worker->next_gauge_us)
		return;
	worker->next_gauge_us = now_us + GAUGE_INTERVAL_US;
	uint64_t mbufs = 0;
	for (size_t i = 0; i < worker->n_ports; i++)
		mbufs += port_mbufs_in_use_mt(worker->ports[i]);
	stats_set(&worker->stats, STAT_MBUFS_NOW, mbufs);
}

unsigned worker_poll(struct worker *worker)
{
	uint64_t began_tsc = rte_get_tsc_cycles(), now_us = clock_us(&worker->clock, began_tsc);
	unsigned work = 0;
	tx_begin(&worker->tx, now_us);
	work += rx_poll(&worker->rx, now_us);
	work += take_fellows_messages(worker, now_us);
	work += take_control_messages(worker, now_us);
	neigh_advance(worker->neigh, now_us);
	tcp_stack_advance(worker->tcp, now_us);
	work += serve_connections(worker, began_tsc, now_us);
	work += send(worker, now_us);
	age(worker, now_us);
	cert_table_quiescent(worker->shared->certificates, worker->index);
	count_poll(worker, work, began_tsc, now_us);
	return work;
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* Sleep a little longer after every empty poll, but not past the next timer. */
static void rest(struct worker *worker, unsigned empty_polls)
{
	uint64_t now_us = clock_us(&worker->clock, rte_get_tsc_cycles());
	uint64_t tcp_us = tcp_stack_next_timer_us(worker->tcp);
	uint64_t connection_us = connection_next_timer_us(worker->connections);
	uint64_t next_us = tcp_us < connection_us ? tcp_us : connection_us;
	uint64_t sleep_us = (uint64_t)MIN_SLEEP_US * (empty_polls - EMPTY_POLLS + 1);
	if (sleep_us > MAX_SLEEP_US)
		sleep_us = MAX_SLEEP_US;
	if (next_us <= now_us)
		return;
	if (sleep_us > next_us - now_us)
		sleep_us = next_us - now_us;
	/* Ends early by a driver's signal, such as net_tap's for a packet. */
	(void)nanosleep(&(struct timespec){.tv_nsec = (long)sleep_us * 1000}, NULL);
}

/* Clients are told, instead of left to find out by a time-out. New ones are reset meanwhile: listens(). */
static void take_leave(struct worker *worker)
{
	const uint64_t end_us = clock_us(&worker->clock, rte_get_tsc_cycles()) + LEAVE_US;
	uint64_t now_us;
	do {
		now_us = clock_us(&worker->clock, rte_get_tsc_cycles());
		(void)worker_poll(worker);
	} while (connection_pool_take_leave(worker->connections, now_us) > 0 && now_us < end_us);
	(void)worker_poll(worker); /* the last RST */
}

int worker_run(void *argument)
{
	struct worker *worker = argument;
	bool adaptive = worker->shared->config->worker.idle == CONFIG_IDLE_ADAPTIVE;
	unsigned empty_polls = 0;
	cert_table_register_reader(worker->shared->certificates, worker->index);
	if (worker->index == 0) /* once for all workers */
		neigh_announce(worker->neigh, clock_us(&worker->clock, rte_get_tsc_cycles()));
	while (!atomic_load_explicit(&worker->shared->stop, memory_order_relaxed)) {
		empty_polls = worker_poll(worker) > 0 ? 0 : empty_polls + 1;
		if (adaptive && empty_polls >= EMPTY_POLLS)
			rest(worker, empty_polls);
	}
	take_leave(worker);
	/* A paused session's fibre belongs to this thread: sessions end here, not in worker_destroy(). */
	connection_pool_destroy(worker->connections);
	worker->connections = NULL;
	tls_session_engine_leave(worker->engine);
	cert_table_unregister_reader(worker->shared->certificates, worker->index);
	return 0;
}

/* --- control's side ---------------------------------------------------------------------------------------------- */

const struct stats *worker_stats_mt(const struct worker *worker)
{
	return &worker->stats;
}

unsigned worker_lcore_mt(const struct worker *worker)
{
	return worker->shared->config->worker.lcores[worker->index];
}

const char *worker_x25519_mt(const struct config *config)
{
	const bool is_allowed = config->worker.vector_crypto == CONFIG_VECTOR_CRYPTO_AUTO;
	return is_allowed && crypto_x25519_is_supported() ? "avx512ifma" : "openssl";
}

uint64_t worker_tsc_hz_mt(void)
{
	return rte_get_tsc_hz();
}

bool worker_take_load_request(struct worker *worker, struct host_name *out_key)
{
	struct load_request request;
	if (rte_ring_sc_dequeue_elem(worker->load_requests, &request, sizeof(request)) != 0)
		return false;
	*out_key = request.key;
	return true;
}

bool worker_notify_loaded(struct worker *worker, const struct host_name *key)
{
	struct message message;
	memset(&message, 0, sizeof(message)); /* the padding is copied too */
	message.kind = MESSAGE_LOADED;
	message.key = *key;
	return rte_ring_sp_enqueue_elem(worker->messages, &message, sizeof(message)) == 0;
}

bool worker_request_snapshot(struct worker *worker, struct worker_snapshot *snapshot)
{
	struct message message;
	memset(&message, 0, sizeof(message)); /* the padding is copied too */
	message.kind = MESSAGE_SNAPSHOT;
	message.snapshot = snapshot;
	return rte_ring_sp_enqueue_elem(worker->messages, &message, sizeof(message)) == 0;
}

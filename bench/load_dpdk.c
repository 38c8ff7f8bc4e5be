/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_dpdk.h"

#include "clock.h"
#include "fellow.h"
#include "rx.h"
#include "tcp_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <rte_cycles.h>

enum {
	/* Ports tried for one connection: they are taken in turn, so one that is in use is a connection as old as a
	 * whole round of ports; this many in a row mean that the round is full. */
	PORTS_TRIED = 64,
	IPV4_TCP_HEADER_BYTES = 40,
	IPV6_TCP_HEADER_BYTES = 60,
	/* Octets of a connection's buffers together with all others': what is in flight of a handshake is a few kB. */
	BUFFER_BYTES_PER_SLOT = 16384,
	LEAST_BUFFER_BYTES = 64 << 20,
	LEAST_CONNECTIONS = 1024,
	/* After our FIN. Linux has 60 s; here ports come round slower than this, and a million of them must fit. */
	TIME_WAIT_US = 1000000,
	/* Streams served before what they have to say is sent: some hundred microseconds of TLS. */
	STREAMS_PER_SEND = 4,
	/* Polled on at the end for what TCP has still to say: some round trips. */
	SETTLE_US = 100000,
};

struct stream {
	struct tcp_conn *tcp; /* NULL: the slot is free */
	uint32_t generation;  /* counts the slot's streams and their ends */
	bool has_ended;       /* ended() was told */
};

struct load_dpdk {
	struct load_transport base;
	struct load_dpdk_link *link;
	struct clock clock;
	uint64_t ns_per_tsc_2_32;
	struct fellow fellow;
	struct rx rx;
	struct tcp_stack *tcp;
	struct stats stats;
	uint32_t max_connections;
	uint32_t n_slots;
	struct stream *streams;
	uint16_t *next_port; /* for each address of the link, less LOAD_DPDK_FIRST_PORT */
	size_t next_source;
	uint64_t polled_tsc; /* end of the last poll */
	uint64_t busy_tsc;
	bool was_used; /* connect, send, close or reset since then */
};

static struct load_dpdk *of(struct load_transport *transport)
{
	return (struct load_dpdk *)transport;
}

static uint64_t clock_now_us(const struct load_dpdk *dpdk)
{
	return clock_us(&dpdk->clock, rte_get_tsc_cycles());
}

/* A SYN to one of our addresses: we only call. */
static bool listens(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return false;
}

/* --- streams --- */

static bool source_fits(const struct config_address *own, const struct load_endpoint *destination)
{
	return ip_address_is_v4(&own->ip) == ip_address_is_v4(&destination->address);
}

static bool is_unset(const struct ip_address *address)
{
	static const struct ip_address none;
	return ip_address_equal(address, &none);
}

/* The address to come from, as an index into the link's: the one asked for, or the next in turn. */
static bool choose_source(struct load_dpdk *dpdk, const struct load_endpoint *source,
	const struct load_endpoint *destination, size_t *out_index)
{
	const struct config_port *port = &dpdk->link->port_config;
	for (size_t tried = 0; tried < port->n_addresses; tried++) {
		const size_t i = dpdk->next_source;
		dpdk->next_source = i + 1 < port->n_addresses ? i + 1 : 0;
		const bool wanted =
			is_unset(&source->address) || ip_address_equal(&source->address, &port->addresses[i].ip);
		if (!wanted || !source_fits(&port->addresses[i], destination))
			continue;
		*out_index = i;
		return true;
	}
	return false;
}

static struct tcp_conn *open_from(
	struct load_dpdk *dpdk, size_t source_index, uint16_t wanted_port, struct flow_key *key, uint64_t now_us)
{
	if (wanted_port != 0) {
		key->local_port = wanted_port;
		return tcp_stack_connect(dpdk->tcp, key, now_us);
	}
	for (unsigned tried = 0; tried < PORTS_TRIED; tried++) {
		uint16_t *next = &dpdk->next_port[source_index];
		key->local_port = (uint16_t)(LOAD_DPDK_FIRST_PORT + *next);
		*next = (uint16_t)((*next + 1U) % LOAD_DPDK_PORTS);
		struct tcp_conn *tcp = tcp_stack_connect(dpdk->tcp, key, now_us);
		if (tcp)
			return tcp;
	}
	return NULL;
}

static enum load_transport_open open_stream(struct load_transport *transport, uint32_t slot,
	const struct load_endpoint *source, const struct load_endpoint *destination)
{
	struct load_dpdk *dpdk = of(transport);
	struct local_address_hop hop;
	size_t i;
	dpdk->was_used = true;
	if (!choose_source(dpdk, source, destination, &i))
		return LOAD_TRANSPORT_NO_ROUTE;
	const struct config_address *own = &dpdk->link->port_config.addresses[i];
	const struct local_address local = {.ip = own->ip, .port_id = dpdk->link->port->id, .vlan = own->vlan};
	if (!local_address_next_hop(dpdk->link->addresses, &local, &destination->address, &hop))
		return LOAD_TRANSPORT_NO_ROUTE;
	struct flow_key key = {.local_ip = own->ip,
		.remote_ip = destination->address,
		.remote_port = destination->port,
		.port_id = local.port_id,
		.vlan = local.vlan};
	struct tcp_conn *tcp = open_from(dpdk, i, source->port, &key, clock_now_us(dpdk));
	if (!tcp)
		return stats_get_mt(&dpdk->stats, STAT_TCP_CONNECTIONS_NOW) >= dpdk->max_connections
			       ? LOAD_TRANSPORT_NO_RESOURCE
			       : LOAD_TRANSPORT_NO_PORT;
	struct stream *stream = &dpdk->streams[slot];
	*stream = (struct stream){.tcp = tcp, .generation = stream->generation + 1};
	tcp_conn_set_user(tcp, stream);
	return LOAD_TRANSPORT_STARTED;
}

static size_t send_bytes(struct load_transport *transport, uint32_t slot, struct bytes data)
{
	struct load_dpdk *dpdk = of(transport);
	struct tcp_conn *tcp = dpdk->streams[slot].tcp;
	dpdk->was_used = true;
	if (tcp_conn_get_state(tcp) == TCP_CLOSED)
		return data.len; /* ended() says so, or has said it */
	return tcp_conn_send(tcp, data);
}

/* The slot is free from here on; TCP has the rest of the connection to itself. */
static struct tcp_conn *let_go(struct load_transport *transport, uint32_t slot)
{
	struct load_dpdk *dpdk = of(transport);
	struct stream *stream = &dpdk->streams[slot];
	struct tcp_conn *tcp = stream->tcp;
	dpdk->was_used = true;
	*stream = (struct stream){.generation = stream->generation + 1};
	return tcp;
}

static void close_stream(struct load_transport *transport, uint32_t slot)
{
	tcp_conn_release(let_go(transport, slot));
}

static void reset_stream(struct load_transport *transport, uint32_t slot)
{
	struct tcp_conn *tcp = let_go(transport, slot);
	/* A RST takes back what has not left yet: our Finished, with which the handshake is complete for the server. */
	if (tcp_conn_unacked_bytes(tcp) > 0)
		tcp_stack_output(of(transport)->tcp, clock_now_us(of(transport)));
	tcp_conn_abort(tcp);
	tcp_conn_release(tcp);
}

/* --- events --- */

/* One stream while its events are told. The engine may end it in any of them, and even begin the slot's next. */
struct told {
	struct load_dpdk *dpdk;
	struct stream *stream;
	uint32_t slot, generation;
};

static bool goes_on(const struct told *told)
{
	return told->stream->generation == told->generation;
}

static void tell_received(const struct told *told)
{
	const struct load_transport_events *events = &told->dpdk->base.events;
	struct bytes part;
	while (goes_on(told) && (part = tcp_conn_peek(told->stream->tcp, 0)).len > 0) {
		events->received(events->context, told->slot, part);
		if (goes_on(told))
			tcp_conn_consume(told->stream->tcp, (uint32_t)part.len);
	}
}

static void tell_ended(const struct told *told, enum load_transport_end end)
{
	const struct load_transport_events *events = &told->dpdk->base.events;
	if (!goes_on(told) || told->stream->has_ended)
		return;
	told->stream->has_ended = true;
	events->ended(events->context, told->slot, end);
}

static enum load_transport_end end_of(enum tcp_conn_close_reason reason)
{
	switch (reason) {
	case TCP_CLOSE_REFUSED:
		return LOAD_TRANSPORT_REFUSED;
	case TCP_CLOSE_RESET:
		return LOAD_TRANSPORT_RESET;
	case TCP_CLOSE_TIMEOUT:
		return LOAD_TRANSPORT_GAVE_UP;
	case TCP_CLOSE_NONE:
	case TCP_CLOSE_NORMAL:
	case TCP_CLOSE_ABORTED:
		break;
	}
	return LOAD_TRANSPORT_FIN;
}

static void serve(struct load_dpdk *dpdk, struct tcp_conn *tcp)
{
	const struct load_transport_events *events = &dpdk->base.events;
	struct stream *stream = tcp_conn_user(tcp);
	const uint32_t happened = tcp_conn_take_events(tcp);
	if (!stream)
		return;
	const struct told told = {dpdk, stream, (uint32_t)(stream - dpdk->streams), stream->generation};
	if (happened & TCP_EVENT_CONNECTED)
		events->connected(events->context, told.slot);
	tell_received(&told);
	if ((happened & TCP_EVENT_WRITABLE) && goes_on(&told) && !stream->has_ended)
		events->writable(events->context, told.slot);
	if (happened & TCP_EVENT_EOF)
		tell_ended(&told, LOAD_TRANSPORT_FIN);
	if ((happened & TCP_EVENT_CLOSED) && goes_on(&told))
		tell_ended(&told, end_of(tcp_conn_close_reason(tcp)));
}

/* --- one poll --- */

static unsigned send_segments(struct load_dpdk *dpdk, uint64_t now_us)
{
	tcp_stack_output(dpdk->tcp, now_us);
	return tx_flush(&dpdk->link->tx);
}

/* As the worker does: what is ready leaves before a burst of other handshakes is done. */
static unsigned serve_streams(struct load_dpdk *dpdk, uint64_t now_us)
{
	unsigned work = 0, since = 0;
	for (struct tcp_conn *tcp; (tcp = tcp_stack_next_event(dpdk->tcp)); work++) {
		serve(dpdk, tcp);
		if (++since < STREAMS_PER_SEND)
			continue;
		work += send_segments(dpdk, now_us);
		since = 0;
	}
	return work;
}

/* All time since the last poll's end counts as work if this poll, or the engine in between, did something. */
static void count_time(struct load_dpdk *dpdk, unsigned work)
{
	const uint64_t now_tsc = rte_get_tsc_cycles();
	if (work > 0 || dpdk->was_used)
		dpdk->busy_tsc += now_tsc - dpdk->polled_tsc;
	dpdk->polled_tsc = now_tsc;
	dpdk->was_used = false;
}

static void poll_once(struct load_transport *transport, uint64_t until_ns)
{
	struct load_dpdk *dpdk = of(transport);
	const uint64_t now_us = clock_now_us(dpdk);
	unsigned work = 0;
	(void)until_ns; /* never sleeps */
	tx_begin(&dpdk->link->tx, now_us);
	work += rx_poll(&dpdk->rx, now_us);
	neigh_advance(dpdk->link->neigh, now_us);
	tcp_stack_advance(dpdk->tcp, now_us);
	work += serve_streams(dpdk, now_us);
	work += send_segments(dpdk, now_us);
	count_time(dpdk, work);
}

static uint64_t to_ns(const struct load_dpdk *dpdk, uint64_t tsc)
{
	return (uint64_t)((unsigned __int128)tsc * dpdk->ns_per_tsc_2_32 >> 32);
}

static uint64_t now_ns(struct load_transport *transport)
{
	return to_ns(of(transport), rte_get_tsc_cycles()) + 1;
}

static uint64_t busy_ns(struct load_transport *transport)
{
	return to_ns(of(transport), of(transport)->busy_tsc);
}

/* --- life --- */

struct seeds {
	uint8_t tcp[32], fellow[16], ports[16];
};

static bool create_tcp(struct load_dpdk *dpdk, const uint8_t seed[32])
{
	const struct tcp_stack_callbacks callbacks = {.context = &dpdk->link->tx, .emit = tx_emit, .listens = listens};
	const unsigned mtu = dpdk->link->port_config.mtu_bytes;
	const uint64_t buffers = (uint64_t)dpdk->n_slots * BUFFER_BYTES_PER_SLOT;
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = dpdk->max_connections;
	settings.buffer_memory_bytes = buffers > LEAST_BUFFER_BYTES ? buffers : LEAST_BUFFER_BYTES;
	settings.mss_v4 = (uint16_t)(mtu - IPV4_TCP_HEADER_BYTES);
	settings.mss_v6 = (uint16_t)(mtu - IPV6_TCP_HEADER_BYTES);
	settings.time_wait_us = TIME_WAIT_US;
	settings.keepalive_idle_us = 0;
	dpdk->tcp = tcp_stack_create(&settings, &callbacks, seed, &dpdk->stats, clock_now_us(dpdk));
	return dpdk->tcp != NULL;
}

/* Each address begins at another port: a run soon after another meets fewer of its connections. */
static bool create_streams(struct load_dpdk *dpdk, const uint8_t seed[16])
{
	const size_t n = dpdk->link->port_config.n_addresses;
	dpdk->streams = calloc(dpdk->n_slots, sizeof(*dpdk->streams));
	dpdk->next_port = calloc(n, sizeof(*dpdk->next_port));
	for (size_t i = 0; dpdk->next_port && i < n; i++)
		dpdk->next_port[i] = (uint16_t)((seed[i % 16] * 251U + seed[(i + 1) % 16]) % LOAD_DPDK_PORTS);
	return dpdk->streams && dpdk->next_port;
}

static bool create_stages(struct load_dpdk *dpdk, const struct seeds *seeds)
{
	if (fellow_init(&dpdk->fellow, 0, seeds->fellow) != 0 || !create_tcp(dpdk, seeds->tcp) ||
		!create_streams(dpdk, seeds->ports))
		return false;
	fellow_connect(&dpdk->fellow, &dpdk->fellow);
	dpdk->rx = (struct rx){.ports = &dpdk->link->port,
		.n_ports = 1,
		.addresses = dpdk->link->addresses,
		.fellow = &dpdk->fellow,
		.neigh = dpdk->link->neigh,
		.tcp = dpdk->tcp,
		.tx = &dpdk->link->tx,
		.stats = &dpdk->stats};
	return true;
}

static const struct load_transport_ops operations = {.connect = open_stream,
	.send = send_bytes,
	.close = close_stream,
	.reset = reset_stream,
	.poll = poll_once,
	.now_ns = now_ns,
	.busy_ns = busy_ns};

struct load_transport *load_dpdk_create(struct load_dpdk_link *link, uint32_t n_slots, struct load_error *error)
{
	struct seeds seeds;
	struct load_dpdk *dpdk = calloc(1, sizeof(*dpdk));
	if (!dpdk || getrandom(&seeds, sizeof(seeds), 0) != sizeof(seeds)) {
		load_error_set(error, "out of memory");
		free(dpdk);
		return NULL;
	}
	dpdk->base.ops = &operations;
	dpdk->link = link;
	dpdk->n_slots = n_slots;
	/* Twice the slots: what TCP has still to end, or to remember, has room beside what is open. */
	dpdk->max_connections = 2 * n_slots + LEAST_CONNECTIONS;
	clock_init(&dpdk->clock, rte_get_tsc_cycles(), rte_get_tsc_hz());
	dpdk->ns_per_tsc_2_32 = (uint64_t)(((unsigned __int128)1000000000 << 32) / rte_get_tsc_hz());
	dpdk->polled_tsc = rte_get_tsc_cycles();
	const bool ok = create_stages(dpdk, &seeds);
	explicit_bzero(&seeds, sizeof(seeds));
	if (ok)
		return &dpdk->base;
	load_error_set(error, "out of memory for %u connections", n_slots);
	load_dpdk_destroy(&dpdk->base);
	return NULL;
}

/* Our last segments (an acknowledgement, a RST) still leave, or the server keeps connections that nobody has. */
static void settle(struct load_dpdk *dpdk)
{
	const uint64_t until_us = clock_now_us(dpdk) + SETTLE_US;
	while (clock_now_us(dpdk) < until_us)
		poll_once(&dpdk->base, 0);
}

void load_dpdk_destroy(struct load_transport *transport)
{
	struct load_dpdk *dpdk = of(transport);
	if (!dpdk)
		return;
	if (dpdk->tcp && dpdk->streams)
		settle(dpdk);
	tcp_stack_destroy(dpdk->tcp);
	fellow_fini(&dpdk->fellow);
	free(dpdk->streams);
	free(dpdk->next_port);
	free(dpdk);
}

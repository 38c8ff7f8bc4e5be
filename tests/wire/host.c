/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include "bulk.h"
#include "checksum.h"
#include "local_address.h"
#include "neigh.h"
#include "packet.h"
#include "packet_build.h"
#include "tcp_scoreboard.h"
#include "tcp_stack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MTU = 1500,
	HOP_LIMIT = 64,
	PREFIX_LEN = 24,
	TCP_CHECKSUM_AT = 16,
	ETHERNET_BYTES = 14,
	IPV4_BYTES = 20,
	/* neigh ages its entries 10 times a second. */
	NEIGH_INTERVAL_US = 100000,
	/* RFC 6335 section 6: dynamic ports. */
	FIRST_LOCAL_PORT = 49152,
};

/* What neigh holds until the next hop's address is known. */
struct frame {
	size_t len;
	uint8_t octets[];
};

struct host {
	struct host_settings settings;
	struct config_address address;
	struct config_port port;
	struct local_address_table *addresses;
	struct neigh *neigh;
	struct tcp_stack *tcp;
	struct stats stats;
	uint64_t now_us, next_trace_us;

	struct tcp_conn *conn; /* the transfer's; NULL: none yet, or over */
	struct bulk bulk;
};

static const uint8_t MAC[PACKET_MAC_BYTES] = {0x02, 0x48, 0x46, 0, 0, 2};

/* --- frames out -------------------------------------------------------------------------------------------------- */

static void transmit(void *context, uint16_t port_id, struct bytes frame)
{
	(void)port_id;
	struct host *host = context;
	host->settings.transmit(host->settings.context, frame);
}

static void send_frame(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct frame *frame = packet;
	memcpy(frame->octets, mac, PACKET_MAC_BYTES);
	transmit(context, port_id, (struct bytes){frame->octets, frame->len});
	free(frame);
}

static void drop_frame(void *context, void *packet)
{
	(void)context;
	free(packet);
}

static bool tell_nobody(void *context, const struct neigh_news *news)
{
	(void)context;
	(void)news;
	return false;
}

static size_t write_tcp(
	uint8_t *tcp, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	size_t length = tcp_segment_write_header(segment, key->local_port, key->remote_port, tcp);
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, tcp + length);
	return length + segment->payload_len;
}

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct host *host = context;
	size_t most = ETHERNET_BYTES + IPV4_BYTES + TCP_SEGMENT_MAX_HEADER_BYTES + (size_t)segment->payload_len;
	struct frame *frame = malloc(sizeof(*frame) + most);
	if (frame == NULL)
		return false;
	struct packet_build_link link = {0}; /* the destination is filled in by send_frame() */
	memcpy(link.source_mac, MAC, sizeof(link.source_mac));
	uint8_t *ip_header = frame->octets + packet_build_ethernet(frame->octets, &link, PACKET_ETHERTYPE_IPV4);
	uint8_t *tcp = ip_header + IPV4_BYTES;
	struct packet_build_ip ip = {.source = key->local_ip,
		.destination = key->remote_ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = HOP_LIMIT,
		.payload_len = (uint16_t)write_tcp(tcp, key, conn, segment)};
	packet_build_ip(ip_header, &ip);
	uint64_t sum = checksum_add_pseudo(0, &ip.source, &ip.destination, PACKET_PROTOCOL_TCP, ip.payload_len);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, ip.payload_len}));
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
	frame->len = ETHERNET_BYTES + IPV4_BYTES + (size_t)ip.payload_len;
	struct local_address local = {.ip = key->local_ip};
	neigh_send(host->neigh, &local, &key->remote_ip, frame, host->now_us);
	return true;
}

static bool listens(void *context, const struct flow_key *key)
{
	const struct host *host = context;
	return key->local_port == host->settings.listen_port;
}

/* --- creation ---------------------------------------------------------------------------------------------------- */

static void derive_octets(uint64_t seed, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		out[i] = (uint8_t)(seed >> 56);
	}
}

static bool create_addresses(struct host *host)
{
	host->address = (struct config_address){.ip = ip_address_from_v4(host->settings.ip), .prefix_len = PREFIX_LEN};
	host->port =
		(struct config_port){.device = "wire", .mtu_bytes = MTU, .addresses = &host->address, .n_addresses = 1};
	struct local_address_link link = {.config = &host->port};
	memcpy(link.mac, MAC, sizeof(link.mac));
	host->addresses = local_address_create(&link, 1);
	return host->addresses != NULL;
}

static bool create_stack(struct host *host, uint64_t now_us)
{
	struct tcp_stack_settings settings;
	struct tcp_stack_callbacks callbacks = {.context = host, .emit = emit, .listens = listens};
	uint8_t seed[32];
	derive_octets(host->settings.seed, seed, sizeof(seed));
	tcp_stack_settings_default(&settings);
	settings.max_connections = 64;
	settings.receive_buffer_bytes = (uint32_t)host->settings.buffer_bytes;
	settings.send_buffer_bytes = (uint32_t)host->settings.buffer_bytes;
	settings.mss_v4 = MTU - 40;
	host->tcp = tcp_stack_create(&settings, &callbacks, seed, &host->stats, now_us);
	return host->tcp != NULL;
}

static bool create_parts(struct host *host, uint64_t now_us)
{
	struct neigh_callbacks callbacks = {
		.context = host, .transmit = transmit, .send = send_frame, .drop = drop_frame, .learned = tell_nobody};
	uint8_t key[16];
	derive_octets(host->settings.seed + 1, key, sizeof(key));
	if (!create_addresses(host))
		return false;
	host->neigh = neigh_create(host->addresses, &callbacks, key, &host->stats);
	return host->neigh != NULL && create_stack(host, now_us) &&
	       bulk_init(&host->bulk, host->settings.send_bytes, host->settings.seed);
}

struct host *host_create(const struct host_settings *settings, uint64_t now_us)
{
	struct host *host = calloc(1, sizeof(*host));
	if (host == NULL)
		return NULL;
	host->settings = *settings;
	host->now_us = now_us;
	if (!create_parts(host, now_us)) {
		host_destroy(host);
		return NULL;
	}
	if (settings->connect_port == 0)
		return host;
	struct flow_key key = {.local_ip = ip_address_from_v4(settings->ip),
		.remote_ip = ip_address_from_v4(settings->peer_ip),
		.local_port = (uint16_t)(FIRST_LOCAL_PORT + settings->seed % 16384),
		.remote_port = (uint16_t)settings->connect_port};
	host->conn = tcp_stack_connect(host->tcp, &key, now_us);
	return host;
}

void host_destroy(struct host *host)
{
	if (host == NULL)
		return;
	tcp_stack_destroy(host->tcp);
	neigh_destroy(host->neigh);
	local_address_destroy(host->addresses);
	bulk_fini(&host->bulk);
	free(host);
}

/* --- frames in --------------------------------------------------------------------------------------------------- */

static void input_tcp(struct host *host, const struct packet *packet)
{
	struct tcp_segment segment;
	struct flow_key key = {.local_ip = packet->destination_ip, .remote_ip = packet->source_ip};
	if (tcp_segment_parse(packet->payload, &segment, &key.remote_port, &key.local_port) == TCP_SEGMENT_OK)
		tcp_stack_input(host->tcp, &key, &segment, host->now_us);
	else
		stats_drop(&host->stats, DROP_TCP_HEADER);
}

void host_input(struct host *host, struct bytes frame, uint64_t now_us)
{
	struct packet packet;
	enum drop_reason reason;
	host->now_us = now_us;
	stats_add(&host->stats, STAT_RX_PKTS, 1);
	if (!packet_parse(frame, 0, &packet, &reason) || !local_address_accepts(host->addresses, 0, &packet, &reason)) {
		stats_drop(&host->stats, reason);
		return;
	}
	if (packet.kind == PACKET_TCP)
		input_tcp(host, &packet);
	else if (packet.kind == PACKET_ARP)
		neigh_input(host->neigh, 0, &packet, now_us);
	else
		stats_drop(&host->stats, DROP_ICMP_BAD);
}

/* --- the application --------------------------------------------------------------------------------------------- */

static void read_all(struct host *host, struct tcp_conn *conn)
{
	for (;;) {
		struct bytes data = tcp_conn_peek(conn, 0);
		if (data.len == 0)
			return;
		bulk_received(&host->bulk, data);
		tcp_conn_consume(conn, (uint32_t)data.len);
	}
}

static void write_all(struct host *host, struct tcp_conn *conn)
{
	for (;;) {
		struct bytes data = bulk_next(&host->bulk);
		if (data.len == 0) {
			tcp_conn_close(conn);
			return;
		}
		uint32_t taken = tcp_conn_send(conn, data);
		bulk_sent(&host->bulk, taken);
		if (taken < data.len)
			return;
	}
}

static const char *outcome_of(const struct tcp_conn *conn)
{
	static const char *const names[] = {
		[TCP_CLOSE_NONE] = "none",
		[TCP_CLOSE_NORMAL] = "ok",
		[TCP_CLOSE_RESET] = "reset",
		[TCP_CLOSE_REFUSED] = "refused",
		[TCP_CLOSE_TIMEOUT] = "timeout",
		[TCP_CLOSE_ABORTED] = "aborted",
	};
	return names[tcp_conn_close_reason(conn)];
}

static void serve(struct host *host, struct tcp_conn *conn)
{
	uint32_t events = tcp_conn_take_events(conn);
	if ((events & TCP_EVENT_ACCEPTED) != 0 && host->conn == NULL)
		host->conn = conn;
	if (conn != host->conn) { /* one transfer only */
		tcp_conn_abort(conn);
		tcp_conn_release(conn);
		return;
	}
	if ((events & (TCP_EVENT_ACCEPTED | TCP_EVENT_CONNECTED)) != 0)
		host->bulk.begin_us = host->now_us;
	read_all(host, conn);
	if ((events & TCP_EVENT_EOF) != 0)
		host->bulk.end_us = host->now_us;
	if ((events & (TCP_EVENT_ACCEPTED | TCP_EVENT_CONNECTED | TCP_EVENT_WRITABLE)) != 0)
		write_all(host, conn);
	if ((events & TCP_EVENT_CLOSED) != 0) {
		bulk_report(&host->bulk, "handfast", outcome_of(conn));
		tcp_conn_release(conn);
		host->conn = NULL;
	}
}

/* One line of the sender's state. Only here does a user look inside a connection. */
static void trace(struct host *host)
{
	const struct tcp_conn *conn = host->conn;
	if (host->settings.trace_ms == 0 || conn == NULL || host->now_us < host->next_trace_us)
		return;
	host->next_trace_us = host->now_us + host->settings.trace_ms * 1000;
	printf("trace %.3f una %u nxt %u end %u wnd %u cwnd %u ssthresh %u pipe %u sacked %u lost %u ranges %u "
	       "recovery %u "
	       "srtt %u rto %u minrtt %u reo %u limited %u retransmits %" PRIu64 " timer %u backoff %u\n",
		(double)host->now_us / 1e6, conn->snd_una - conn->iss, conn->snd_nxt - conn->iss,
		conn->snd_end - conn->iss, conn->snd_wnd, conn->cwnd, conn->ssthresh, tcp_scoreboard_pipe(conn),
		conn->sacked_bytes, conn->lost_bytes, conn->n_ranges, conn->recovery, conn->srtt_us, conn->rto_us,
		conn->min_rtt_us, conn->reo_wnd_mult, conn->cwnd_limited,
		stats_get_mt(&host->stats, STAT_TCP_RETRANSMITS), conn->timer_kind, conn->backoff);
}

void host_poll(struct host *host, uint64_t now_us)
{
	host->now_us = now_us;
	neigh_advance(host->neigh, now_us);
	tcp_stack_advance(host->tcp, now_us);
	for (struct tcp_conn *conn; (conn = tcp_stack_next_event(host->tcp)) != NULL;)
		serve(host, conn);
	tcp_stack_output(host->tcp, now_us);
	trace(host);
}

uint64_t host_next_us(const struct host *host)
{
	uint64_t tcp_us = tcp_stack_next_timer_us(host->tcp);
	uint64_t neigh_us = host->now_us + NEIGH_INTERVAL_US;
	return tcp_us < neigh_us ? tcp_us : neigh_us;
}

void host_print_stats(const struct host *host)
{
	for (unsigned i = 0; i < STATS; i++)
		if (stats_get_mt(&host->stats, (enum stat)i) != 0)
			printf("stat %s %" PRIu64 "\n", stats_name((enum stat)i),
				stats_get_mt(&host->stats, (enum stat)i));
	for (unsigned i = 0; i < DROP_REASONS; i++)
		if (stats_get_drop_mt(&host->stats, (enum drop_reason)i) != 0)
			printf("drop %s %" PRIu64 "\n", stats_drop_name((enum drop_reason)i),
				stats_get_drop_mt(&host->stats, (enum drop_reason)i));
}

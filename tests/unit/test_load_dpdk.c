/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport over a ring; at its other end a server of the same TCP, with a clock and an outbox of its own. */
#include "load_dpdk.h"
#include "frame.h"
#include "ring_wire.h"
#include "unit.h"

#define SLOTS      4
#define PORT       443
#define OUTBOX     64
#define PEER_TEXT  "192.0.2.10"
#define OWN_TEXT   "192.0.2.2"
#define OTHER_TEXT "192.0.2.3"

static struct load_dpdk_link *link;
static struct load_transport *transport;
static struct rte_ring *wire;

/* --- the peer --- */

static struct {
	struct tcp_stack *tcp;
	struct stats stats;
	uint64_t now_us;
	struct frame outbox[OUTBOX];
	unsigned n_out;
	struct tcp_conn *last; /* accepted */
	uint16_t last_port;
	bool echoes, saw_eof, saw_reset;
} peer;

static void peer_post(const struct frame *frame)
{
	CU_ASSERT_TRUE_FATAL(peer.n_out < OUTBOX);
	peer.outbox[peer.n_out] = *frame;
	memcpy(peer.outbox[peer.n_out++].data, link->port->mac, PACKET_MAC_BYTES);
}

static bool peer_emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint8_t tcp[2048];
	(void)context;
	size_t len = tcp_segment_write_header(segment, key->local_port, key->remote_port, tcp);
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, tcp + len);
	const struct packet_build_ip ip = {.source = key->local_ip,
		.destination = key->remote_ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = 64,
		.payload_len = (uint16_t)(len + segment->payload_len)};
	struct frame frame = frame_ip_packet(0, &ip, tcp);
	frame_sum(&frame, &ip, 16);
	peer_post(&frame);
	return true;
}

static bool peer_listens(void *context, const struct flow_key *key)
{
	(void)context;
	return key->local_port == PORT;
}

static void peer_take(const struct packet *packet)
{
	struct tcp_segment segment;
	struct flow_key key = {.local_ip = packet->destination_ip, .remote_ip = packet->source_ip};
	if (packet->kind == PACKET_ARP) {
		struct frame answer = frame_arp(false, PEER_TEXT, OWN_TEXT);
		memcpy(answer.data + answer.ip_at + 18, link->port->mac, PACKET_MAC_BYTES);
		peer_post(&answer);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(packet->kind, PACKET_TCP);
	CU_ASSERT_EQUAL_FATAL(
		tcp_segment_parse(packet->payload, &segment, &key.remote_port, &key.local_port), TCP_SEGMENT_OK);
	peer.saw_reset |= (segment.flags & TCP_RST) != 0;
	tcp_stack_input(peer.tcp, &key, &segment, peer.now_us);
}

static void peer_serve(struct tcp_conn *conn)
{
	const uint32_t events = tcp_conn_take_events(conn);
	struct bytes part;
	if (events & TCP_EVENT_ACCEPTED) {
		peer.last = conn;
		peer.last_port = tcp_conn_key(conn)->remote_port;
		tcp_conn_set_user(conn, &peer);
	}
	while ((part = tcp_conn_peek(conn, 0)).len > 0) {
		if (peer.echoes)
			CU_ASSERT_EQUAL(tcp_conn_send(conn, part), part.len);
		tcp_conn_consume(conn, (uint32_t)part.len);
	}
	peer.saw_eof |= (events & TCP_EVENT_EOF) != 0;
	if (events & TCP_EVENT_EOF)
		tcp_conn_close(conn);
	if (events & TCP_EVENT_CLOSED)
		tcp_conn_release(conn);
}

/* One poll of ours, one of the peer's. */
static void turn(void)
{
	struct packet packet;
	struct tcp_conn *conn;
	transport->ops->poll(transport, 0);
	while (ring_wire_get(wire, &packet))
		peer_take(&packet);
	peer.now_us += 100;
	tcp_stack_advance(peer.tcp, peer.now_us);
	while ((conn = tcp_stack_next_event(peer.tcp)))
		peer_serve(conn);
	tcp_stack_output(peer.tcp, peer.now_us);
	for (unsigned i = 0; i < peer.n_out; i++)
		ring_wire_put_mbuf(wire, ring_wire_make_mbuf(link->port, frame_bytes(&peer.outbox[i])));
	peer.n_out = 0;
}

static void turns(unsigned n)
{
	while (n-- > 0)
		turn();
}

/* --- the engine's side --- */

static struct seen {
	unsigned n_connected, n_received, n_ended;
	enum load_transport_end end;
	char text[16];
} seen[SLOTS];

static bool restarts; /* the engine ends a stream in received(), and begins the slot's next at once */

static enum load_transport_open open_from(uint32_t slot, const char *source, uint16_t source_port, uint16_t port)
{
	const struct load_endpoint to = {.address = frame_ip(PEER_TEXT), .port = port};
	struct load_endpoint from = {.port = source_port};
	if (source)
		from.address = frame_ip(source);
	return transport->ops->connect(transport, slot, &from, &to);
}

static void on_connected(void *context, uint32_t slot)
{
	(void)context;
	seen[slot].n_connected++;
}

static void on_received(void *context, uint32_t slot, struct bytes data)
{
	(void)context;
	seen[slot].n_received++;
	memcpy(seen[slot].text, data.data, data.len < 15 ? data.len : 15);
	if (!restarts)
		return;
	restarts = false;
	transport->ops->reset(transport, slot);
	memset(&seen[slot], 0, sizeof(seen[slot]));
	CU_ASSERT_EQUAL(open_from(slot, NULL, 0, PORT), LOAD_TRANSPORT_STARTED);
}

static void on_writable(void *context, uint32_t slot)
{
	(void)context;
	(void)slot;
}

static void on_ended(void *context, uint32_t slot, enum load_transport_end end)
{
	(void)context;
	seen[slot].n_ended++;
	seen[slot].end = end;
}

static void say(uint32_t slot, const char *text)
{
	const struct bytes data = {(const uint8_t *)text, strlen(text)};
	CU_ASSERT_EQUAL(transport->ops->send(transport, slot, data), data.len);
}

static void begin(void)
{
	struct load_error error;
	struct tcp_stack_settings settings;
	static const uint8_t seed[32] = {7};
	const struct tcp_stack_callbacks callbacks = {.emit = peer_emit, .listens = peer_listens};
	memset(&peer, 0, sizeof(peer));
	memset(seen, 0, sizeof(seen));
	peer.now_us = 1000000;
	tcp_stack_settings_default(&settings);
	settings.max_connections = 64;
	peer.tcp = tcp_stack_create(&settings, &callbacks, seed, &peer.stats, peer.now_us);
	transport = load_dpdk_create(link, SLOTS, &error);
	CU_ASSERT_TRUE_FATAL(peer.tcp && transport);
	transport->events = (struct load_transport_events){
		.connected = on_connected, .received = on_received, .writable = on_writable, .ended = on_ended};
}

static void end(void)
{
	load_dpdk_destroy(transport);
	ring_wire_empty(wire);
	tcp_stack_destroy(peer.tcp);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(link->port), 0);
}

static void connect_slot(uint32_t slot)
{
	CU_ASSERT_EQUAL_FATAL(open_from(slot, NULL, 0, PORT), LOAD_TRANSPORT_STARTED);
	turns(5);
	CU_ASSERT_EQUAL_FATAL(seen[slot].n_connected, 1);
}

/* --- tests --- */

static void test_a_stream(void)
{
	begin();
	peer.echoes = true;
	connect_slot(0);
	const uint16_t first_port = peer.last_port;
	say(0, "hello");
	turns(4);
	CU_ASSERT_STRING_EQUAL(seen[0].text, "hello");
	transport->ops->close(transport, 0);
	turns(5);
	CU_ASSERT_TRUE(peer.saw_eof && !peer.saw_reset);
	CU_ASSERT_EQUAL(seen[0].n_ended, 0);
	/* The slot again, from the next port: the first one rests. */
	memset(seen, 0, sizeof(seen));
	connect_slot(0);
	CU_ASSERT_NOT_EQUAL(peer.last_port, first_port);
	transport->ops->reset(transport, 0);
	turns(3);
	CU_ASSERT_TRUE(peer.saw_reset);
	end();
}

static void test_ends(void)
{
	begin();
	CU_ASSERT_EQUAL(open_from(0, NULL, 0, PORT + 1), LOAD_TRANSPORT_STARTED);
	turns(5);
	CU_ASSERT_TRUE(seen[0].n_ended == 1 && seen[0].end == LOAD_TRANSPORT_REFUSED);
	transport->ops->reset(transport, 0);

	connect_slot(1);
	tcp_conn_abort(peer.last);
	turns(4);
	CU_ASSERT_TRUE(seen[1].n_ended == 1 && seen[1].end == LOAD_TRANSPORT_RESET);
	say(1, "into the void: taken, and gone");
	transport->ops->close(transport, 1);

	connect_slot(2);
	CU_ASSERT_EQUAL(tcp_conn_send(peer.last, (struct bytes){(const uint8_t *)"bye", 3}), 3);
	tcp_conn_close(peer.last);
	turns(4);
	CU_ASSERT_STRING_EQUAL(seen[2].text, "bye");
	CU_ASSERT_TRUE(seen[2].n_ended == 1 && seen[2].end == LOAD_TRANSPORT_FIN);
	tcp_conn_abort(peer.last); /* one end is enough */
	turns(4);
	CU_ASSERT_EQUAL(seen[2].n_ended, 1);
	transport->ops->close(transport, 2);
	end();
}

/* What the old stream has still to tell, here the peer's FIN in the same poll, is not told of the slot's new one. */
static void test_a_slot_is_restarted_in_an_event(void)
{
	begin();
	connect_slot(3);
	restarts = true;
	say(3, "one");
	tcp_conn_send(peer.last, (struct bytes){(const uint8_t *)"two", 3});
	tcp_conn_close(peer.last);
	turns(8);
	CU_ASSERT_FALSE(restarts);
	CU_ASSERT_TRUE(peer.saw_reset);
	CU_ASSERT_TRUE(seen[3].n_connected == 1 && seen[3].n_received == 0 && seen[3].n_ended == 0);
	peer.echoes = true;
	say(3, "three");
	turns(4);
	CU_ASSERT_STRING_EQUAL(seen[3].text, "three");
	transport->ops->reset(transport, 3);
	end();
}

/* With a RST at its heels our last word still leaves: the handshake's Finished is one. */
static void test_a_reset_does_not_take_back(void)
{
	begin();
	connect_slot(0);
	say(0, "finished");
	const uint64_t before = stats_get_mt(&link->stats, STAT_TX_BYTES);
	transport->ops->reset(transport, 0);
	turn();
	CU_ASSERT_TRUE(stats_get_mt(&link->stats, STAT_TX_BYTES) - before > 2 * (14 + 20 + 20) + 7);
	turns(2);
	CU_ASSERT_TRUE(peer.saw_reset);
	end();
}

static void test_sources(void)
{
	const struct load_endpoint far = {.address = frame_ip("203.0.113.1"), .port = PORT}, any = {0};
	begin();
	CU_ASSERT_EQUAL(transport->ops->connect(transport, 0, &any, &far), LOAD_TRANSPORT_NO_ROUTE);
	CU_ASSERT_EQUAL(open_from(0, "192.0.2.99", 0, PORT), LOAD_TRANSPORT_NO_ROUTE);
	CU_ASSERT_EQUAL(open_from(0, OTHER_TEXT, 5000, PORT), LOAD_TRANSPORT_STARTED);
	CU_ASSERT_EQUAL(open_from(1, OTHER_TEXT, 5000, PORT), LOAD_TRANSPORT_NO_PORT);
	CU_ASSERT_EQUAL(open_from(1, OWN_TEXT, 5000, PORT), LOAD_TRANSPORT_STARTED);
	turns(5);
	CU_ASSERT_EQUAL(peer.last_port, 5000);
	CU_ASSERT_TRUE(seen[0].n_connected == 1 && seen[1].n_connected == 1);
	transport->ops->close(transport, 0);
	transport->ops->close(transport, 1);
	end();
}

static void test_busy_time(void)
{
	begin();
	turns(3);
	const uint64_t idle = transport->ops->busy_ns(transport);
	for (unsigned i = 0; i < 100; i++)
		transport->ops->poll(transport, 0);
	CU_ASSERT_EQUAL(transport->ops->busy_ns(transport), idle);
	connect_slot(0);
	CU_ASSERT_TRUE(transport->ops->busy_ns(transport) > idle);
	transport->ops->reset(transport, 0);
	end();
}

static bool start_link(void)
{
	static struct config_address addresses[2] = {{.prefix_len = 24}, {.prefix_len = 24}};
	struct load_error error = {""};
	addresses[0].ip = frame_ip(OWN_TEXT);
	addresses[1].ip = frame_ip(OTHER_TEXT);
	const struct load_dpdk_link_settings settings = {.device = "net_ring0",
		.addresses = addresses,
		.n_addresses = 2,
		.mtu_bytes = 1500,
		.memory_mib = 64,
		.huge_pages = CONFIG_HUGE_PAGES_OFF};
	link = load_dpdk_link_start(&settings, &error);
	if (!link)
		fprintf(stderr, "%s\n", error.text);
	wire = link ? ring_wire_open() : NULL;
	return wire != NULL;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"connect, send, receive, close; the slot again; reset", test_a_stream},
		{"refused, reset, closed by the server", test_ends},
		{"a slot that is ended and begun again in an event", test_a_slot_is_restarted_in_an_event},
		{"a reset does not take back what was sent before it", test_a_reset_does_not_take_back},
		{"no route, no such source, a port in use", test_sources},
		{"empty polls are no work", test_busy_time},
		CU_TEST_INFO_NULL,
	};
	if (!start_link())
		return 1;
	const int status = unit_run("load_dpdk", tests);
	load_dpdk_link_stop(link);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same exchange by the kernel's TCP and by ours: what a data segment received costs, and a connection from SYN to
 * FIN. The client is frames made by this program (bench_peer.h), the same for both; making them, and reading what comes
 * back, is not counted.
 *
 *   kernel  TSC cycles in write() of each frame to a TAP device, within which the kernel runs its whole receive path
 * (IP, TCP, and the acknowledgement down to the device's queue), and in accept4(), recv() and close() of the server. By
 * itself stands what write() costs for a frame of the same length that nobody wants: the device, the system call, the
 *           packet's memory. "Kernel" below is without it. No GRO: a TAP has none on this way.
 *   ours    TSC cycles from the receive burst to the transmit burst on a ring port: checks, TCP, reading and copying
 * what was received, acknowledgements built and sent.
 */
#include "bench.h"
#include "bench_peer.h"
#include "bench_tap.h"
#include "bench_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include <rte_mbuf.h>

enum {
	CONNECTIONS = 200, /* per round */
	BURSTS = 32,
	BURST = 32, /* data segments before the server reads */
	PAYLOAD = 1448,
	REQUEST = 300,
	PORT = 4433,
};

static uint8_t user_memory[1 << 16];

/* --- the kernel -------------------------------------------------------------------------------------------------- */

static struct {
	struct bench_tap tap;
	int listener, server;
	uint64_t cycles;
} kernel = {.tap = {.ip = {10, 66, 0, 1}, .peer_ip = {10, 66, 0, 2}, .fd = -1}, .listener = -1, .server = -1};

/* @return what failed, or NULL. Before any thread is started. */
static const char *start_kernel(void)
{
	struct sockaddr_in any = bench_tap_address(kernel.tap.ip, PORT);
	memcpy(kernel.tap.peer_mac, BENCH_WIRE_PEER_MAC, sizeof(kernel.tap.peer_mac));
	const char *failed = bench_tap_open(&kernel.tap);
	if (failed != NULL)
		return failed;
	kernel.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (kernel.listener < 0 || bind(kernel.listener, (struct sockaddr *)&any, sizeof(any)) != 0 ||
		listen(kernel.listener, 128) != 0)
		return "a listener";
	return NULL;
}

static struct bench_peer kernel_peer(uint16_t port)
{
	struct bench_peer peer = {.ip = ip_address_from_v4(kernel.tap.peer_ip),
		.target_ip = ip_address_from_v4(kernel.tap.ip),
		.port = port,
		.target_port = PORT,
		.seq = 1000};
	memcpy(peer.mac, BENCH_WIRE_PEER_MAC, sizeof(peer.mac));
	memcpy(peer.target_mac, kernel.tap.mac, sizeof(peer.target_mac));
	return peer;
}

static void kernel_write(const uint8_t *frame, size_t len)
{
	uint64_t start = __rdtsc();
	ssize_t written = write(kernel.tap.fd, frame, len);
	kernel.cycles += __rdtsc() - start;
	if (written != (ssize_t)len)
		bench_fail("bench_kernel: the TAP takes no frame");
}

static void kernel_hear(struct bench_peer *peer)
{
	uint8_t frame[2048];
	for (ssize_t len; (len = read(kernel.tap.fd, frame, sizeof(frame))) > 0;)
		bench_peer_hear(peer, (struct bytes){frame, (size_t)len}, (size_t)len);
}

static void kernel_send(struct bench_peer *peer, uint8_t flags, uint16_t payload_len)
{
	uint8_t frame[BENCH_PEER_MAX_FRAME];
	kernel_write(frame, bench_peer_send(peer, flags, payload_len, frame));
}

static void kernel_accept(void)
{
	uint64_t start = __rdtsc();
	kernel.server = accept4(kernel.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	kernel.cycles += __rdtsc() - start;
	if (kernel.server < 0)
		bench_fail("bench_kernel: the kernel has not accepted");
}

/* All there is, until the call would block or says the end. @return octets. */
static size_t kernel_read(void)
{
	size_t total = 0;
	uint64_t start = __rdtsc();
	for (ssize_t len; (len = recv(kernel.server, user_memory, sizeof(user_memory), 0)) > 0;)
		total += (size_t)len;
	kernel.cycles += __rdtsc() - start;
	return total;
}

static void kernel_close(void)
{
	uint64_t start = __rdtsc();
	close(kernel.server);
	kernel.cycles += __rdtsc() - start;
}

static void kernel_open(struct bench_peer *peer)
{
	kernel_send(peer, TCP_SYN, 0);
	kernel_hear(peer);
	kernel_send(peer, TCP_ACK, 0);
	kernel_accept();
}

static void kernel_connections(unsigned round)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct bench_peer peer = kernel_peer((uint16_t)(1024 + round * CONNECTIONS + i));
		kernel_open(&peer);
		kernel_send(&peer, TCP_ACK | TCP_PSH, REQUEST);
		if (kernel_read() != REQUEST)
			bench_fail("bench_kernel: the request is not there");
		kernel_send(&peer, TCP_ACK | TCP_FIN, 0);
		if (kernel_read() != 0)
			bench_fail("bench_kernel: no end");
		kernel_close();
		kernel_hear(&peer);
		kernel_send(&peer, TCP_ACK, 0);
	}
}

static void kernel_segments(struct bench_peer *peer)
{
	for (unsigned burst = 0; burst < BURSTS; burst++) {
		for (unsigned i = 0; i < BURST; i++)
			kernel_send(peer, TCP_ACK, PAYLOAD);
		if (kernel_read() != (size_t)BURST * PAYLOAD)
			bench_fail("bench_kernel: not all has arrived");
		kernel_hear(peer);
	}
}

/* @return cycles of write() for a frame whose EtherType (IEEE 802, local experiments) nobody wants. */
static double kernel_nothing(size_t len)
{
	uint8_t frame[BENCH_PEER_MAX_FRAME] = {0};
	memcpy(frame, kernel.tap.mac, PACKET_MAC_BYTES);
	memcpy(frame + 6, BENCH_WIRE_PEER_MAC, PACKET_MAC_BYTES);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	kernel.cycles = 0;
	for (unsigned i = 0; i < BURSTS * BURST; i++)
		kernel_write(frame, len);
	return (double)kernel.cycles / (BURSTS * BURST);
}

/* --- ours -------------------------------------------------------------------------------------------------------- */

static struct bench_wire wire;
static uint64_t our_cycles;
static size_t our_octets;
static bool our_end;

static struct bench_peer our_peer(uint16_t port)
{
	static const uint8_t somebody[4] = {203, 0, 113, 9};
	struct bench_peer peer = {
		.ip = ip_address_from_v4(somebody), .port = port, .target_port = BENCH_WIRE_PORT, .seq = 1000};
	memcpy(peer.mac, BENCH_WIRE_PEER_MAC, sizeof(peer.mac));
	bench_wire_target(&wire, peer.target_mac, &peer.target_ip);
	return peer;
}

static void read_all(struct tcp_conn *conn)
{
	for (struct bytes data; (data = tcp_conn_peek(conn, 0)).len > 0;) {
		memcpy(user_memory, data.data, data.len < sizeof(user_memory) ? data.len : sizeof(user_memory));
		tcp_conn_consume(conn, (uint32_t)data.len);
		our_octets += data.len;
	}
}

/* The server: as the kernel's reads and closes. */
static void serve_all(void)
{
	for (struct tcp_conn *conn; (conn = tcp_stack_next_event(wire.tcp)) != NULL;) {
		uint32_t events = tcp_conn_take_events(conn);
		read_all(conn);
		if ((events & TCP_EVENT_EOF) != 0) {
			our_end = true;
			tcp_conn_close(conn);
		}
		if ((events & TCP_EVENT_CLOSED) != 0)
			tcp_conn_release(conn);
	}
}

/* One poll, timed. */
static void our_poll(void)
{
	wire.now_us += 10;
	uint64_t start = __rdtsc();
	tx_begin(&wire.tx, wire.now_us);
	rx_poll(&wire.rx, wire.now_us);
	tcp_stack_advance(wire.tcp, wire.now_us);
	serve_all();
	tcp_stack_output(wire.tcp, wire.now_us);
	tx_flush(&wire.tx);
	our_cycles += __rdtsc() - start;
}

static void our_hear(struct bench_peer *peer)
{
	for (struct rte_mbuf *mbuf; (mbuf = bench_wire_take(&wire));) {
		struct bytes first = {rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf)};
		bench_peer_hear(peer, first, mbuf->pkt_len);
		rte_pktmbuf_free(mbuf);
	}
}

static void our_send(struct bench_peer *peer, uint8_t flags, uint16_t payload_len)
{
	uint8_t frame[BENCH_PEER_MAX_FRAME];
	bench_wire_put(&wire, (struct bytes){frame, bench_peer_send(peer, flags, payload_len, frame)});
}

/* One segment in, what follows out. */
static void our_exchange(struct bench_peer *peer, uint8_t flags, uint16_t payload_len)
{
	our_send(peer, flags, payload_len);
	our_poll();
	our_hear(peer);
}

static void our_connections(unsigned round)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct bench_peer peer = our_peer((uint16_t)(1024 + round * CONNECTIONS + i));
		our_octets = 0;
		our_end = false;
		our_exchange(&peer, TCP_SYN, 0);
		our_exchange(&peer, TCP_ACK, 0);
		our_exchange(&peer, TCP_ACK | TCP_PSH, REQUEST);
		our_exchange(&peer, TCP_ACK | TCP_FIN, 0);
		our_exchange(&peer, TCP_ACK, 0);
		if (our_octets != REQUEST || !our_end)
			bench_fail("bench_kernel: ours has not got the request");
	}
}

static void our_segments(struct bench_peer *peer)
{
	our_octets = 0;
	for (unsigned burst = 0; burst < BURSTS; burst++) {
		for (unsigned i = 0; i < BURST; i++)
			our_send(peer, TCP_ACK, PAYLOAD);
		our_poll();
		our_hear(peer);
	}
	if (our_octets != (size_t)BURSTS * BURST * PAYLOAD)
		bench_fail("bench_kernel: not all has arrived here");
}

/* --- side by side ------------------------------------------------------------------------------------------------ */

struct result {
	double device_short, device_long, kernel_connection, our_connection, kernel_segment, our_segment;
};

static double bench_device(const char *name, size_t len)
{
	double cycles[BENCH_ROUNDS];
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		cycles[round] = kernel_nothing(len);
	return bench_print(name, cycles);
}

static double bench_connections(const char *name, void (*run)(unsigned round), uint64_t *counter)
{
	double cycles[BENCH_ROUNDS];
	run(BENCH_ROUNDS);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		*counter = 0;
		run(round);
		cycles[round] = (double)*counter / CONNECTIONS;
	}
	return bench_print(name, cycles);
}

static double bench_segments(
	const char *name, void (*run)(struct bench_peer *), struct bench_peer *peer, uint64_t *counter)
{
	double cycles[BENCH_ROUNDS];
	run(peer);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		*counter = 0;
		run(peer);
		cycles[round] = (double)*counter / (BURSTS * BURST);
	}
	return bench_print(name, cycles);
}

static void bench_kernel(struct result *out)
{
	struct bench_peer peer = kernel_peer(1000);
	out->device_short = bench_device("kernel: write() of a frame nobody wants, 54 octets", BENCH_PEER_HEADER_BYTES);
	out->device_long = bench_device("kernel: the same, 1,502 octets", BENCH_PEER_HEADER_BYTES + PAYLOAD);
	out->kernel_connection =
		bench_connections("kernel: connection, SYN to FIN, 5 segments in", kernel_connections, &kernel.cycles);
	kernel_open(&peer);
	out->kernel_segment =
		bench_segments("kernel: 1,448 octets received and read", kernel_segments, &peer, &kernel.cycles);
}

static void bench_ours(struct result *out)
{
	struct bench_peer peer = our_peer(1000);
	out->our_connection =
		bench_connections("ours: connection, SYN to FIN, 5 segments in", our_connections, &our_cycles);
	our_exchange(&peer, TCP_SYN, 0);
	our_exchange(&peer, TCP_ACK, 0);
	out->our_segment = bench_segments("ours: 1,448 octets received and read", our_segments, &peer, &our_cycles);
}

int main(void)
{
	struct result result = {0};
	const char *failed = start_kernel();
	if (failed != NULL) {
		printf("the kernel's TCP beside ours: not measured here: %s: %s\n", failed, strerror(errno));
		return 0;
	}
	if (!bench_wire_start(&wire))
		bench_fail(wire.error);
	bench_print_header();
	bench_kernel(&result);
	bench_ours(&result);
	double connection = result.kernel_connection - 5 * result.device_short;
	double segment = result.kernel_segment - result.device_long;
	printf("without the device: kernel %.0f cycles a connection, ours %.0f: 1/%.1f; kernel %.0f a segment, ours "
	       "%.0f: "
	       "1/%.1f\n",
		connection, result.our_connection, connection / result.our_connection, segment, result.our_segment,
		segment / result.our_segment);
	bench_wire_stop(&wire);
	return 0;
}

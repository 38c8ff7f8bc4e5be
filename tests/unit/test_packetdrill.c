/* SPDX-License-Identifier: BSD-3-Clause */
/* tests/packetdrill as packetdrill uses it: the shared object, loaded, driven by IP packets, socket calls and its own
 * clock. */
#include "../packetdrill/interface.h"

#include "checksum.h"
#include "packet_build.h"
#include "tcp_segment.h"
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PORT = 8080,
	PEER_PORT = 40000,
	PEER_ISN = 5000,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_CHECKSUM_AT = 16,
};

struct rig {
	struct packetdrill_interface calls;
	struct ip_address local_ip, peer_ip;
	uint16_t local_port, peer_port;
	uint32_t our_isn;
};

/* The last packet that the stack sent. */
static struct {
	struct tcp_segment segment;
	uint8_t octets[4096];
	uint16_t source_port, destination_port;
	long long time_us;
} sent;

static void *load(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	path[len > 0 ? len : 0] = '\0';
	char *name = strstr(path, "/tests/unit/");
	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	strcpy(name, "/handfast_packetdrill.so");
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL)
		printf("%s\n", dlerror());
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	return object;
}

static void start(struct rig *rig, const char *flags)
{
	static const uint8_t local[4] = {192, 168, 0, 1}, peer[4] = {192, 0, 2, 1};
	void (*init)(const char *, struct packetdrill_interface *);
	*(void **)&init = dlsym(load(), "packetdrill_interface_init");
	CU_ASSERT_PTR_NOT_NULL_FATAL(init);
	*rig = (struct rig){.local_ip = ip_address_from_v4(local),
		.peer_ip = ip_address_from_v4(peer),
		.local_port = PORT,
		.peer_port = PEER_PORT};
	init(flags, &rig->calls);
}

static void stop(struct rig *rig)
{
	rig->calls.free(rig->calls.userdata);
}

/* --- packets ----------------------------------------------------------------------------------------------------- */

/* The peer sends; sequence numbers relative to both first ones. */
static void arrives(struct rig *rig, uint8_t flags, uint32_t seq, uint32_t ack, const char *payload)
{
	uint8_t packet[2048];
	struct tcp_segment segment = {
		.seq = PEER_ISN + seq, .ack = rig->our_isn + ack, .flags = flags, .window = 65535};
	if ((flags & TCP_SYN) != 0)
		segment.options = (struct tcp_segment_options){.has_mss = true, .mss = 1460, .sack_permitted = true};
	bool is_v4 = ip_address_is_v4(&rig->local_ip);
	uint8_t *tcp = packet + (is_v4 ? IPV4_BYTES : IPV6_BYTES);
	size_t len = tcp_segment_write_header(&segment, rig->peer_port, rig->local_port, tcp);
	memcpy(tcp + len, payload, strlen(payload));
	len += strlen(payload);
	struct packet_build_ip ip = {.source = rig->peer_ip,
		.destination = rig->local_ip,
		.protocol = 6,
		.hop_limit = 64,
		.payload_len = (uint16_t)len};
	packet_build_ip(packet, &ip);
	uint64_t sum = checksum_add_pseudo(0, &ip.source, &ip.destination, 6, ip.payload_len);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, len}));
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
	CU_ASSERT_EQUAL(rig->calls.netdev_send(rig->calls.userdata, packet, (size_t)(tcp - packet) + len), 0);
}

/* The stack must send this next. */
static void expect(struct rig *rig, uint8_t flags, uint32_t seq, uint32_t ack, const char *payload)
{
	size_t len = sizeof(sent.octets);
	CU_ASSERT_EQUAL(rig->calls.netdev_receive(rig->calls.userdata, sent.octets, &len, &sent.time_us), 0);
	CU_ASSERT_FATAL(len > 0);
	size_t header = (sent.octets[0] >> 4) == 4 ? IPV4_BYTES : IPV6_BYTES;
	CU_ASSERT_EQUAL_FATAL(tcp_segment_parse((struct bytes){sent.octets + header, len - header}, &sent.segment,
				      &sent.source_port, &sent.destination_port),
		TCP_SEGMENT_OK);
	uint64_t sum = checksum_add_pseudo(0, &rig->local_ip, &rig->peer_ip, 6, (uint32_t)(len - header));
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(sum, (struct bytes){sent.octets + header, len - header})), 0);
	const struct tcp_segment *segment = &sent.segment;
	if ((flags & TCP_SYN) != 0)
		rig->our_isn = segment->seq;
	CU_ASSERT_EQUAL(segment->flags, flags);
	CU_ASSERT_EQUAL(segment->seq - rig->our_isn, seq);
	if ((flags & TCP_ACK) != 0)
		CU_ASSERT_EQUAL(segment->ack, PEER_ISN + ack);
	CU_ASSERT_EQUAL(segment->payload.len, strlen(payload));
	CU_ASSERT_TRUE(segment->payload.len == strlen(payload) &&
		       memcmp(segment->payload.data, payload, strlen(payload)) == 0);
}

static void expect_nothing(struct rig *rig)
{
	size_t len = sizeof(sent.octets);
	CU_ASSERT_EQUAL(rig->calls.netdev_receive(rig->calls.userdata, sent.octets, &len, &sent.time_us), 0);
	CU_ASSERT_EQUAL(len, 0);
}

static long long now_us(struct rig *rig)
{
	struct timeval now;
	CU_ASSERT_EQUAL(rig->calls.gettimeofday(rig->calls.userdata, &now, NULL), 0);
	return now.tv_sec * 1000000LL + now.tv_usec;
}

/* --- sockets ----------------------------------------------------------------------------------------------------- */

static struct sockaddr_in v4(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(ip)}};
}

static int listen_on(struct rig *rig, int type)
{
	struct sockaddr_in any = v4(INADDR_ANY, PORT);
	int fd = rig->calls.socket(rig->calls.userdata, AF_INET, type, IPPROTO_TCP);
	CU_ASSERT_TRUE(fd >= 0);
	CU_ASSERT_EQUAL(rig->calls.bind(rig->calls.userdata, fd, (struct sockaddr *)&any, sizeof(any)), 0);
	CU_ASSERT_EQUAL(rig->calls.listen(rig->calls.userdata, fd, 1), 0);
	return fd;
}

static void handshake(struct rig *rig)
{
	arrives(rig, TCP_SYN, 0, 0, "");
	expect(rig, TCP_SYN | TCP_ACK, 0, 1, "");
	arrives(rig, TCP_ACK, 1, 1, "");
}

/* A connection accepted, the listener closed. */
static int open_passively(struct rig *rig)
{
	int listener = listen_on(rig, SOCK_STREAM);
	handshake(rig);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd = rig->calls.accept(rig->calls.userdata, listener, (struct sockaddr *)&peer, &len);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(ntohs(peer.sin_port), PEER_PORT);
	CU_ASSERT_EQUAL(ntohl(peer.sin_addr.s_addr), 0xc0000201u);
	CU_ASSERT_EQUAL(rig->calls.close(rig->calls.userdata, listener), 0);
	return fd;
}

static ssize_t put(struct rig *rig, int fd, const char *text)
{
	return rig->calls.write(rig->calls.userdata, fd, text, strlen(text));
}

static void check_read(struct rig *rig, int fd, const char *text)
{
	char data[100];
	ssize_t got = rig->calls.read(rig->calls.userdata, fd, data, sizeof(data));
	CU_ASSERT_EQUAL(got, (ssize_t)strlen(text));
	CU_ASSERT_TRUE(got < 0 || memcmp(data, text, (size_t)got) == 0);
}

static void test_passive_open_data_and_fin(void)
{
	struct rig rig;
	start(&rig, NULL);
	int fd = open_passively(&rig);
	arrives(&rig, TCP_ACK | TCP_PSH, 1, 1, "request");
	expect(&rig, TCP_ACK, 1, 8, "");
	check_read(&rig, fd, "request");
	CU_ASSERT_EQUAL(put(&rig, fd, "answer"), 6);
	expect(&rig, TCP_ACK | TCP_PSH, 1, 8, "answer");
	arrives(&rig, TCP_ACK | TCP_FIN, 8, 7, "");
	expect(&rig, TCP_ACK, 7, 9, "");
	check_read(&rig, fd, "");
	CU_ASSERT_EQUAL(rig.calls.close(rig.calls.userdata, fd), 0);
	expect(&rig, TCP_ACK | TCP_FIN, 7, 9, "");
	arrives(&rig, TCP_ACK, 9, 8, "");
	expect_nothing(&rig);
	stop(&rig);
}

static void test_active_open_and_half_close(void)
{
	struct rig rig;
	start(&rig, "local=192.168.0.7");
	rig.local_ip.octets[15] = 7;
	struct sockaddr_in peer = v4(0xc0000201, PEER_PORT);
	int fd = rig.calls.socket(rig.calls.userdata, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int result = rig.calls.connect(rig.calls.userdata, fd, (struct sockaddr *)&peer, sizeof(peer));
	CU_ASSERT_EQUAL(result, -1);
	CU_ASSERT_EQUAL(errno, EINPROGRESS);
	expect(&rig, TCP_SYN, 0, 0, "");
	rig.local_port = sent.source_port;
	CU_ASSERT_EQUAL(sent.destination_port, PEER_PORT);
	arrives(&rig, TCP_SYN | TCP_ACK, 0, 1, "");
	expect(&rig, TCP_ACK, 1, 1, "");
	int error = 1;
	socklen_t len = sizeof(error);
	CU_ASSERT_EQUAL(rig.calls.getsockopt(rig.calls.userdata, fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	CU_ASSERT_EQUAL(error, 0);
	struct iovec parts[2] = {{"one ", 4}, {"segment", 7}};
	CU_ASSERT_EQUAL(rig.calls.writev(rig.calls.userdata, fd, parts, 2), 11);
	expect(&rig, TCP_ACK | TCP_PSH, 1, 1, "one segment");
	CU_ASSERT_EQUAL(rig.calls.shutdown(rig.calls.userdata, fd, SHUT_WR), 0);
	expect(&rig, TCP_ACK | TCP_FIN, 12, 1, "");
	arrives(&rig, TCP_ACK, 1, 13, "still heard");
	expect(&rig, TCP_ACK, 13, 12, "");
	check_read(&rig, fd, "still heard");
	char data[1];
	CU_ASSERT_EQUAL(rig.calls.read(rig.calls.userdata, fd, data, 1), -1);
	CU_ASSERT_EQUAL(errno, EAGAIN);
	arrives(&rig, TCP_ACK | TCP_FIN, 12, 13, "");
	expect(&rig, TCP_ACK, 13, 13, "");
	check_read(&rig, fd, "");
	CU_ASSERT_EQUAL(rig.calls.close(rig.calls.userdata, fd), 0);
	stop(&rig);
}

static void test_refused(void)
{
	struct rig rig;
	start(&rig, "");
	struct sockaddr_in peer = v4(0xc0000201, PEER_PORT);
	int fd = rig.calls.socket(rig.calls.userdata, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_EQUAL(rig.calls.connect(rig.calls.userdata, fd, (struct sockaddr *)&peer, sizeof(peer)), -1);
	expect(&rig, TCP_SYN, 0, 0, "");
	rig.local_port = sent.source_port;
	arrives(&rig, TCP_RST | TCP_ACK, 0, 1, "");
	struct pollfd poll = {.fd = fd, .events = POLLOUT};
	CU_ASSERT_EQUAL(rig.calls.poll(rig.calls.userdata, &poll, 1, 0), 1);
	CU_ASSERT_EQUAL(poll.revents, POLLOUT | POLLERR | POLLHUP);
	int error = 0;
	socklen_t len = sizeof(error);
	CU_ASSERT_EQUAL(rig.calls.getsockopt(rig.calls.userdata, fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	CU_ASSERT_EQUAL(error, ECONNREFUSED);
	stop(&rig);
}

static void test_reset_from_the_peer_and_by_linger(void)
{
	struct rig rig;
	start(&rig, NULL);
	int fd = open_passively(&rig);
	arrives(&rig, TCP_RST | TCP_ACK, 1, 1, "");
	char data[10];
	CU_ASSERT_EQUAL(rig.calls.read(rig.calls.userdata, fd, data, sizeof(data)), -1);
	CU_ASSERT_EQUAL(errno, ECONNRESET);
	CU_ASSERT_EQUAL(rig.calls.close(rig.calls.userdata, fd), 0);
	rig.peer_port++;
	int listener = listen_on(&rig, SOCK_STREAM);
	handshake(&rig);
	fd = rig.calls.accept(rig.calls.userdata, listener, NULL, NULL);
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	CU_ASSERT_EQUAL(
		rig.calls.setsockopt(rig.calls.userdata, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	CU_ASSERT_EQUAL(rig.calls.close(rig.calls.userdata, fd), 0);
	expect(&rig, TCP_RST | TCP_ACK, 1, 1, "");
	stop(&rig);
}

/* Nothing waits in real time: the clock goes to where the timer is. */
static void test_retransmission_by_the_virtual_clock(void)
{
	struct rig rig;
	start(&rig, NULL);
	int fd = open_passively(&rig);
	CU_ASSERT_EQUAL(put(&rig, fd, "lost"), 4);
	expect(&rig, TCP_ACK | TCP_PSH, 1, 1, "lost");
	long long first_us = sent.time_us;
	expect(&rig, TCP_ACK | TCP_PSH, 1, 1, "lost");
	CU_ASSERT_TRUE(sent.time_us - first_us >= 1000000 && sent.time_us - first_us < 1001000);
	long long second_us = sent.time_us;
	expect(&rig, TCP_ACK | TCP_PSH, 1, 1, "lost");
	CU_ASSERT_TRUE(sent.time_us - second_us >= 2000000 && sent.time_us - second_us < 2001000);
	CU_ASSERT_TRUE(now_us(&rig) >= sent.time_us);
	arrives(&rig, TCP_ACK, 1, 5, "");
	expect_nothing(&rig);
	stop(&rig);
}

/* packetdrill sleeps until shortly before its moment, and looks at the clock until it has come. */
static void test_the_clock(void)
{
	struct rig rig;
	start(&rig, NULL);
	long long begin_us = now_us(&rig);
	CU_ASSERT_EQUAL(rig.calls.usleep(rig.calls.userdata, 99980), 0);
	CU_ASSERT_EQUAL(now_us(&rig), begin_us + 99981);
	unsigned looks = 0;
	while (now_us(&rig) < begin_us + 100000 && looks < 100)
		looks++;
	CU_ASSERT_TRUE(looks < 100);
	stop(&rig);
}

struct waiter {
	struct rig *rig;
	int listener, fd;
};

static void *accept_blocking(void *argument)
{
	struct waiter *waiter = argument;
	const struct packetdrill_interface *calls = &waiter->rig->calls;
	waiter->fd = calls->accept(calls->userdata, waiter->listener, NULL, NULL);
	return NULL;
}

/* packetdrill makes blocking calls in a thread of their own. */
static void test_blocking_calls(void)
{
	struct rig rig;
	start(&rig, NULL);
	struct waiter waiter = {.rig = &rig, .listener = listen_on(&rig, SOCK_STREAM), .fd = -1};
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, accept_blocking, &waiter), 0);
	handshake(&rig);
	pthread_join(thread, NULL);
	CU_ASSERT_TRUE_FATAL(waiter.fd >= 0);
	arrives(&rig, TCP_ACK | TCP_PSH, 1, 1, "hello");
	check_read(&rig, waiter.fd, "hello");
	stop(&rig);
}

static void test_ipv6(void)
{
	struct rig rig;
	start(&rig, "local=fd3d:fa7b:d17d::1");
	CU_ASSERT_EQUAL(ip_address_parse("fd3d:fa7b:d17d::1", &rig.local_ip), 0);
	CU_ASSERT_EQUAL(ip_address_parse("2001:db8::1", &rig.peer_ip), 0);
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int listener = rig.calls.socket(rig.calls.userdata, AF_INET6, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(rig.calls.bind(rig.calls.userdata, listener, (struct sockaddr *)&any, sizeof(any)), 0);
	CU_ASSERT_EQUAL(rig.calls.listen(rig.calls.userdata, listener, 1), 0);
	handshake(&rig);
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	int fd = rig.calls.accept(rig.calls.userdata, listener, (struct sockaddr *)&peer, &len);
	CU_ASSERT_TRUE(fd >= 0);
	CU_ASSERT_EQUAL(len, sizeof(peer));
	CU_ASSERT_TRUE(memcmp(&peer.sin6_addr, rig.peer_ip.octets, 16) == 0);
	CU_ASSERT_EQUAL(put(&rig, fd, "six"), 3);
	expect(&rig, TCP_ACK | TCP_PSH, 1, 1, "six");
	stop(&rig);
}

/* --- what is refused --------------------------------------------------------------------------------------------- */

static void test_wrong_calls(void)
{
	struct rig rig;
	start(&rig, NULL);
	char data[4];
	CU_ASSERT_EQUAL(rig.calls.read(rig.calls.userdata, 3, data, sizeof(data)), -1);
	CU_ASSERT_EQUAL(errno, EBADF);
	CU_ASSERT_EQUAL(rig.calls.socket(rig.calls.userdata, AF_INET, SOCK_DGRAM, 0), -1);
	CU_ASSERT_EQUAL(errno, EPROTONOSUPPORT);
	int fd = listen_on(&rig, SOCK_STREAM | SOCK_NONBLOCK);
	CU_ASSERT_EQUAL(rig.calls.accept(rig.calls.userdata, fd, NULL, NULL), -1);
	CU_ASSERT_EQUAL(errno, EAGAIN);
	CU_ASSERT_EQUAL(put(&rig, fd, "x"), -1);
	CU_ASSERT_EQUAL(errno, ENOTCONN);
	CU_ASSERT_EQUAL(rig.calls.pipe(rig.calls.userdata, (int[2]){0}), -1);
	CU_ASSERT_EQUAL(errno, ENOSYS);
	/* No packet at all, a broken one, one of another protocol: dropped, as on a wire. */
	static const uint8_t junk[60] = {0x45, 0, 0, 60};
	CU_ASSERT_EQUAL(rig.calls.netdev_send(rig.calls.userdata, junk, 0), 0);
	CU_ASSERT_EQUAL(rig.calls.netdev_send(rig.calls.userdata, junk, sizeof(junk)), 0);
	expect_nothing(&rig);
	stop(&rig);
}

static void test_wrong_flags_end_with_a_message(void)
{
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct rig rig;
		fclose(stderr);
		start(&rig, "mss=1000");
		_exit(0);
	}
	int status = 0;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"passive open, data both ways, FIN", test_passive_open_data_and_fin},
		{"active open, half-close", test_active_open_and_half_close},
		{"refused", test_refused},
		{"RST from the peer, and by SO_LINGER", test_reset_from_the_peer_and_by_linger},
		{"retransmission by the virtual clock", test_retransmission_by_the_virtual_clock},
		{"the clock", test_the_clock},
		{"blocking calls", test_blocking_calls},
		{"IPv6", test_ipv6},
		{"wrong calls", test_wrong_calls},
		{"wrong flags end with a message", test_wrong_flags_end_with_a_message},
		CU_TEST_INFO_NULL,
	};
	return unit_run("packetdrill", tests);
}

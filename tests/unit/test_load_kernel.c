/* SPDX-License-Identifier: BSD-3-Clause */
/** The transport over the kernel's sockets, against a listener of this thread on loopback. */
#include "load_kernel.h"
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOTS     4
#define LONG_NS   UINT64_C(2000000000) /* an event that does not come by then never will */
#define BIG_BYTES ((size_t)8 << 20)

/** What the transport has told. */
static struct told {
	unsigned connected, received, writable, ended;
	enum load_transport_end end;
	char data[64];
	size_t data_len, total;
	bool closes_in_event;
} told;

static struct load_transport *transport;
static struct load_endpoint server;
static const struct load_endpoint any;
static int listener;

static void on_connected(void *context, uint32_t slot)
{
	(void)context;
	(void)slot;
	told.connected++;
}

static void on_received(void *context, uint32_t slot, struct bytes data)
{
	(void)context;
	const size_t taken = data.len < sizeof(told.data) ? data.len : sizeof(told.data);
	memcpy(told.data, data.data, taken);
	told.data_len = taken;
	told.total += data.len;
	told.received++;
	if (told.closes_in_event)
		transport->ops->close(transport, slot);
}

static void on_writable(void *context, uint32_t slot)
{
	(void)context;
	(void)slot;
	told.writable++;
}

static void on_ended(void *context, uint32_t slot, enum load_transport_end end)
{
	(void)context;
	(void)slot;
	told.ended++;
	told.end = end;
}

static void set_up(void)
{
	struct load_error error;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	told = (struct told){0};
	listener = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_FATAL(
		listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 16) == 0);
	CU_ASSERT_FATAL(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("127.0.0.1", &server.address), 0);
	server.port = ntohs(address.sin_port);
	transport = load_kernel_create(SLOTS, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(transport);
	transport->events = (struct load_transport_events){
		.connected = on_connected, .received = on_received, .writable = on_writable, .ended = on_ended};
}

static void tear_down(void)
{
	load_kernel_destroy(transport);
	if (listener >= 0)
		close(listener);
}

/* Poll until a counter moves. @return false: it did not. */
static bool poll_for(const unsigned *counter)
{
	const uint64_t end = transport->ops->now_ns(transport) + LONG_NS;
	const unsigned before = *counter;
	while (*counter == before && transport->ops->now_ns(transport) < end)
		transport->ops->poll(transport, end);
	return *counter != before;
}

static int accept_slot(uint32_t slot)
{
	CU_ASSERT_EQUAL_FATAL(transport->ops->connect(transport, slot, &any, &server), LOAD_TRANSPORT_STARTED);
	CU_ASSERT_FATAL(poll_for(&told.connected));
	return accept(listener, NULL, NULL);
}

static void bytes_go_both_ways(void)
{
	char got[8] = "";
	const int peer = accept_slot(0);
	CU_ASSERT_EQUAL(transport->ops->send(transport, 0, (struct bytes){(const uint8_t *)"hello", 5}), 5);
	CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), 0), 5);
	CU_ASSERT_EQUAL(send(peer, "world!", 6, 0), 6);
	CU_ASSERT(poll_for(&told.received));
	CU_ASSERT_EQUAL(told.data_len, 6);
	CU_ASSERT_EQUAL(memcmp(told.data, "world!", 6), 0);
	transport->ops->close(transport, 0);
	CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), 0), 0); /* a FIN */
	close(peer);
}

static void a_refusal_is_told_by_a_poll(void)
{
	close(listener);
	listener = -1;
	CU_ASSERT_EQUAL(transport->ops->connect(transport, 1, &any, &server), LOAD_TRANSPORT_STARTED);
	CU_ASSERT_EQUAL(told.ended, 0);
	CU_ASSERT(poll_for(&told.ended));
	CU_ASSERT_EQUAL(told.end, LOAD_TRANSPORT_REFUSED);
	CU_ASSERT_EQUAL(told.connected, 0);
	transport->ops->reset(transport, 1);
}

static void what_was_sent_before_a_fin_comes_before_it(void)
{
	const int peer = accept_slot(0);
	CU_ASSERT_EQUAL(send(peer, "last", 4, 0), 4);
	close(peer);
	CU_ASSERT(poll_for(&told.ended));
	CU_ASSERT_EQUAL(told.total, 4);
	CU_ASSERT_EQUAL(told.end, LOAD_TRANSPORT_FIN);
	transport->ops->close(transport, 0);
}

static void a_reset_is_told_from_a_fin(void)
{
	static const struct linger at_once = {.l_onoff = 1};
	const int peer = accept_slot(0);
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(peer);
	CU_ASSERT(poll_for(&told.ended));
	CU_ASSERT_EQUAL(told.end, LOAD_TRANSPORT_RESET);
	transport->ops->reset(transport, 0);
}

static void our_reset_is_one(void)
{
	char got[8];
	const int peer = accept_slot(0);
	transport->ops->reset(transport, 0);
	CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), 0), -1);
	CU_ASSERT_EQUAL(errno, ECONNRESET);
	close(peer);
}

static void a_full_socket_tells_when_there_is_room(void)
{
	uint8_t *big = calloc(1, BIG_BYTES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	const int peer = accept_slot(0);
	size_t sent = 0, taken;
	while ((taken = transport->ops->send(transport, 0, (struct bytes){big, BIG_BYTES})) == BIG_BYTES)
		sent += taken;
	sent += taken;
	CU_ASSERT_EQUAL(told.writable, 0);
	for (size_t read = 0; read < sent;) {
		const ssize_t n = recv(peer, big, BIG_BYTES, 0);
		CU_ASSERT_FATAL(n > 0);
		read += (size_t)n;
	}
	CU_ASSERT(poll_for(&told.writable));
	transport->ops->close(transport, 0);
	close(peer);
	free(big);
}

/* More than one read's worth, and the stream is closed in the first event: no second one comes. */
static void a_stream_closed_in_its_event_is_not_told_of_again(void)
{
	uint8_t *big = calloc(1, 200000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	const int peer = accept_slot(2);
	told.closes_in_event = true;
	CU_ASSERT_EQUAL(send(peer, big, 200000, 0), 200000);
	CU_ASSERT(poll_for(&told.received));
	transport->ops->poll(transport, 0);
	CU_ASSERT_EQUAL(told.received, 1);
	CU_ASSERT_EQUAL(told.ended, 0);
	told.closes_in_event = false;
	close(peer);
	close(accept_slot(2)); /* the slot is free again */
	transport->ops->close(transport, 2);
	free(big);
}

static void a_source_is_bound(void)
{
	struct load_endpoint source = {.port = 0};
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("127.0.0.7", &source.address), 0);
	CU_ASSERT_EQUAL_FATAL(transport->ops->connect(transport, 0, &source, &server), LOAD_TRANSPORT_STARTED);
	CU_ASSERT_FATAL(poll_for(&told.connected));
	const int peer = accept(listener, (struct sockaddr *)&from, &size);
	CU_ASSERT_EQUAL(ntohl(from.sin_addr.s_addr), 0x7f000007);
	/* The same address and port again, to the same destination: taken. */
	source.port = ntohs(from.sin_port);
	CU_ASSERT_EQUAL(transport->ops->connect(transport, 1, &source, &server), LOAD_TRANSPORT_NO_PORT);
	transport->ops->close(transport, 0);
	close(peer);
	CU_ASSERT_EQUAL(ip_address_parse("192.0.2.77", &source.address), 0);
	CU_ASSERT_EQUAL(transport->ops->connect(transport, 0, &source, &server), LOAD_TRANSPORT_NO_ROUTE);
}

static void a_poll_sleeps_no_longer_than_told(void)
{
	const uint64_t until = transport->ops->now_ns(transport) + 3000000;
	transport->ops->poll(transport, until);
	CU_ASSERT(transport->ops->now_ns(transport) >= until);
	CU_ASSERT(transport->ops->busy_ns(transport) > 0);
}

static void too_many_descriptors_are_refused(void)
{
	struct load_error error;
	CU_ASSERT(load_kernel_allow_descriptors(10, &error));
	CU_ASSERT_FALSE(load_kernel_allow_descriptors(UINT64_C(1) << 40, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "descriptors, the limit is"));
	CU_ASSERT(load_kernel_ports() > 0);
}

int main(void)
{
	return unit_run_each("load_kernel",
		(CU_TestInfo[]){{"bytes go both ways", bytes_go_both_ways},
			{"a refusal is told by a poll", a_refusal_is_told_by_a_poll},
			{"what was sent before a FIN comes before it", what_was_sent_before_a_fin_comes_before_it},
			{"a reset is told from a FIN", a_reset_is_told_from_a_fin},
			{"our reset is one", our_reset_is_one},
			{"a full socket tells when there is room", a_full_socket_tells_when_there_is_room},
			{"a stream closed in its event is not told of again",
				a_stream_closed_in_its_event_is_not_told_of_again},
			{"a source is bound", a_source_is_bound},
			{"a poll sleeps no longer than told", a_poll_sleeps_no_longer_than_told},
			{"too many descriptors are refused", too_many_descriptors_are_refused}, CU_TEST_INFO_NULL},
		set_up, tear_down);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "channel.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct channel channel;
static int peer;

static void begin(void)
{
	int pair[2];
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	channel_init(&channel, pair[0]);
	peer = pair[1];
}

static void end(void)
{
	channel_fini(&channel);
	close(peer);
}

static struct bytes text(const char *string)
{
	return (struct bytes){(const uint8_t *)string, strlen(string)};
}

static void test_messages_both_ways(void)
{
	uint8_t received[16];
	size_t len;
	struct bytes message;
	begin();
	CU_ASSERT_EQUAL(channel_queue(&channel, text("hel"), text("lo")), 0);
	CU_ASSERT(channel_events(&channel) & POLLOUT);
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_FALSE(channel_events(&channel) & POLLOUT);
	CU_ASSERT_EQUAL(channel_receive(peer, received, sizeof(received), &len), 0);
	CU_ASSERT_EQUAL(len, 5);
	CU_ASSERT_EQUAL(memcmp(received, "hello", 5), 0);
	CU_ASSERT_EQUAL(channel_send(peer, text("a"), text("")), 0);
	CU_ASSERT_EQUAL(channel_send(peer, text(""), text("")), 0);
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_TRUE(channel_next(&channel, &message));
	CU_ASSERT(message.len == 1 && message.data[0] == 'a');
	CU_ASSERT_TRUE(channel_next(&channel, &message));
	CU_ASSERT_EQUAL(message.len, 0);
	CU_ASSERT_FALSE(channel_next(&channel, &message));
	end();
}

static void test_message_in_pieces(void)
{
	const uint8_t octets[] = {3, 0, 0, 0, 'a', 'b', 'c'};
	struct bytes message;
	begin();
	for (size_t i = 0; i < sizeof(octets); i++) {
		CU_ASSERT_FALSE(channel_next(&channel, &message));
		CU_ASSERT_EQUAL(write(peer, &octets[i], 1), 1);
		CU_ASSERT_EQUAL(channel_step(&channel), 0);
	}
	CU_ASSERT_TRUE(channel_next(&channel, &message));
	CU_ASSERT_EQUAL(message.len, 3);
	end();
}

static void test_peer_that_goes_away(void)
{
	struct bytes message;
	begin();
	CU_ASSERT_EQUAL(channel_send(peer, text("last words"), text("")), 0);
	close(peer);
	CU_ASSERT_EQUAL(channel_step(&channel), -EPIPE);
	CU_ASSERT_TRUE(channel_next(&channel, &message)); /* still heard */
	CU_ASSERT_FALSE(channel_next(&channel, &message));
	end();
	uint8_t received[4];
	size_t len;
	begin();
	channel_fini(&channel);
	CU_ASSERT_EQUAL(channel_receive(peer, received, sizeof(received), &len), -EPIPE);
	CU_ASSERT(channel_send(peer, text("a"), text("b")) < 0);
	close(peer);
}

/* Killed before it had read what we sent: the system says "connection reset", we say what it is. */
static void test_peer_that_dies_unread(void)
{
	uint8_t received[4];
	size_t len;
	begin();
	CU_ASSERT_EQUAL(channel_queue(&channel, text("unread"), text("")), 0);
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	close(peer);
	CU_ASSERT_EQUAL(channel_step(&channel), -EPIPE);
	channel_fini(&channel);
	begin();
	CU_ASSERT_EQUAL(channel_send(peer, text("unread"), text("")), 0);
	channel_fini(&channel);
	CU_ASSERT_EQUAL(channel_receive(peer, received, sizeof(received), &len), -EPIPE);
	close(peer);
}

static void test_bad_lengths(void)
{
	const uint32_t huge = 0xffffffff;
	uint8_t received[4];
	struct bytes message;
	size_t len;
	begin();
	CU_ASSERT_EQUAL(write(peer, &huge, sizeof(huge)), sizeof(huge));
	CU_ASSERT_EQUAL(channel_step(&channel), -EPROTO);
	CU_ASSERT_FALSE(channel_next(&channel, &message));
	CU_ASSERT_EQUAL(
		channel_queue(&channel, (struct bytes){received, CHANNEL_MESSAGE_MAX_BYTES}, text("x")), -EMSGSIZE);
	CU_ASSERT_EQUAL(channel_queue(&channel, text("longer than four"), text("")), 0);
	CU_ASSERT(channel_step(&channel) != 0);
	CU_ASSERT_EQUAL(channel_receive(peer, received, sizeof(received), &len), -EMSGSIZE);
	end();
}

/* More than fits into the socket: goes on when the peer has read. */
static void test_large_message(void)
{
	const size_t size = (size_t)2 << 20;
	uint8_t *data = calloc(1, size);
	size_t received = 0;
	begin();
	CU_ASSERT_EQUAL(channel_queue(&channel, (struct bytes){data, size}, text("")), 0);
	while (received < size + 4) {
		CU_ASSERT_EQUAL_FATAL(channel_step(&channel), 0);
		ssize_t n = recv(peer, data, size, MSG_DONTWAIT);
		received += n > 0 ? (size_t)n : 0;
	}
	CU_ASSERT_EQUAL(received, size + 4);
	free(data);
	end();
}

static bool holds(const uint8_t *octets, size_t n, const char *secret)
{
	return n > 0 && memmem(octets, n, secret, strlen(secret)) != NULL;
}

/* Passwords go out, private keys come in: neither stays in the buffers, whatever lies beside them there. */
static void test_what_is_done_with_is_wiped(void)
{
	uint8_t received[64];
	size_t len;
	struct bytes message;
	begin();
	CU_ASSERT_EQUAL(channel_queue(&channel, text("pass"), text("word")), 0);
	CU_ASSERT_TRUE(holds(channel.out, channel.out_capacity, "password"));
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_FALSE(holds(channel.out, channel.out_capacity, "word"));
	CU_ASSERT_EQUAL(channel_receive(peer, received, sizeof(received), &len), 0);
	CU_ASSERT_EQUAL(channel_send(peer, text("private"), text("key")), 0);
	CU_ASSERT_EQUAL(channel_send(peer, text("the"), text("next")), 0);
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_TRUE(channel_next(&channel, &message));
	CU_ASSERT_TRUE(holds(message.data, message.len, "privatekey"));
	/* The next one moves to where it was; a third, which is not whole, keeps it company. */
	CU_ASSERT_EQUAL(write(peer, "\x09", 1), 1);
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_FALSE(holds(channel.in, channel.in_capacity, "privatekey"));
	CU_ASSERT_TRUE(channel_next(&channel, &message));
	CU_ASSERT_TRUE(holds(message.data, message.len, "thenext"));
	CU_ASSERT_EQUAL(channel_step(&channel), 0);
	CU_ASSERT_FALSE(holds(channel.in, channel.in_capacity, "next"));
	end();
}

static size_t take_all(uint8_t *buffer, size_t size, size_t most)
{
	size_t taken = 0;
	while (taken < most) {
		size_t step = most - taken < size ? most - taken : size;
		CU_ASSERT_EQUAL_FATAL(channel_step(&channel), 0);
		ssize_t n = recv(peer, buffer, step, MSG_DONTWAIT);
		taken += n > 0 ? (size_t)n : 0;
	}
	return taken;
}

/* What moves to the front of the queue leaves no copy behind. */
static void test_what_moves_in_the_queue_is_wiped(void)
{
	const size_t size = (size_t)1 << 20, first = size / 8 * 5, next = size / 8 * 4;
	uint8_t *data = calloc(1, size);
	begin();
	CU_ASSERT_EQUAL(channel_queue(&channel, (struct bytes){data, size}, text("")), 0);
	CU_ASSERT_EQUAL(channel_queue(&channel, text("pass"), text("word")), 0);
	size_t taken = take_all(data, size, first), capacity = channel.out_capacity;
	CU_ASSERT_TRUE(holds(channel.out, capacity, "password"));
	CU_ASSERT_EQUAL(channel_queue(&channel, (struct bytes){data, next}, text("")), 0);
	CU_ASSERT_EQUAL(channel.out_capacity, capacity); /* there was room for it, and none was made */
	take_all(data, size, 4 + size + 4 + 8 + 4 + next - taken);
	CU_ASSERT_FALSE(holds(channel.out, channel.out_capacity, "password"));
	free(data);
	end();
}

/* Octets of the stream of equal messages, from a place in it on, are what they should be. */
static bool is_stream(const uint8_t *octets, size_t n, size_t at, uint32_t size)
{
	uint8_t length[sizeof(size)];
	memcpy(length, &size, sizeof(size));
	for (size_t i = 0; i < n; i++) {
		size_t place = (at + i) % (size + sizeof(size));
		if (octets[i] != (place < sizeof(size) ? length[place] : 'a'))
			return false;
	}
	return true;
}

/* A share full of large files: the next one is queued before the last one has been read to its end. */
static void test_queue_of_a_slow_reader_stays_small(void)
{
	const size_t size = (size_t)1 << 20;
	uint8_t *data = malloc(size), *received = malloc(2 * size);
	size_t queued = 0, taken = 0;
	begin();
	memset(data, 'a', size);
	for (unsigned round = 0; round < 32; round++) {
		CU_ASSERT_EQUAL_FATAL(channel_queue(&channel, (struct bytes){data, size}, text("")), 0);
		queued += size + 4;
		/* The peer always leaves the second half of the newest. */
		while (queued - taken > size / 2) {
			CU_ASSERT_EQUAL_FATAL(channel_step(&channel), 0);
			ssize_t n = recv(peer, received, queued - taken - size / 2, MSG_DONTWAIT);
			n = n > 0 ? n : 0;
			CU_ASSERT_FATAL(is_stream(received, (size_t)n, taken, (uint32_t)size));
			taken += (size_t)n;
		}
	}
	CU_ASSERT(channel.out_capacity < 4 * size);
	free(received);
	free(data);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"messages both ways", test_messages_both_ways},
		{"a message in pieces", test_message_in_pieces},
		{"a peer that goes away", test_peer_that_goes_away},
		{"a peer that dies with something unread", test_peer_that_dies_unread},
		{"lengths beyond the bound", test_bad_lengths},
		{"a message larger than the socket takes", test_large_message},
		{"what is done with is wiped", test_what_is_done_with_is_wiped},
		{"what moves in the queue is wiped", test_what_moves_in_the_queue_is_wiped},
		{"the queue of a slow reader stays small", test_queue_of_a_slow_reader_stays_small},
		CU_TEST_INFO_NULL,
	};
	return unit_run("channel", tests);
}

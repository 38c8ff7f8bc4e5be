/* SPDX-License-Identifier: BSD-3-Clause */
#include "echo.h"
#include "frame.h"
#include "unit.h"

static struct stats stats;
static uint8_t out[ECHO_MAX_FRAME_BYTES];

static unsigned answered(struct echo *echo, unsigned requests, uint64_t now_us)
{
	static const uint8_t message[12] = {8};
	struct packet packet;
	enum drop_reason reason;
	unsigned n = 0;
	struct frame frame = frame_icmp("192.0.2.1", "192.0.2.10", message, sizeof(message));
	CU_ASSERT_TRUE_FATAL(packet_parse(frame_bytes(&frame), 0, &packet, &reason));
	for (unsigned i = 0; i < requests; i++)
		n += echo_reply(echo, &packet, FRAME_OUR_MAC, &stats, now_us, out) > 0;
	return n;
}

static void test_rate(void)
{
	struct echo echo = {0};
	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_EQUAL(answered(&echo, 150, 5000000), ECHO_BURST);
	CU_ASSERT_EQUAL(answered(&echo, 1, 5000500), 0);
	CU_ASSERT_EQUAL(answered(&echo, 5, 5001000), 1); /* half a millisecond was not lost */
	CU_ASSERT_EQUAL(answered(&echo, 50, 5011000), 10);
	CU_ASSERT_EQUAL(answered(&echo, 1000, 60000000), ECHO_BURST); /* a long pause saves up no more */
	uint64_t delivered = stats_get_mt(&stats, STAT_RX_DELIVERED_PKTS);
	CU_ASSERT_EQUAL(delivered + stats_get_drop_mt(&stats, DROP_ICMP_RATE), 150 + 1 + 5 + 50 + 1000);
}

static void test_longer_than_a_frame(void)
{
	static uint8_t payload[UINT16_MAX];
	struct echo echo = {0};
	struct packet packet = {.kind = PACKET_ECHO_REQUEST,
		.source_ip = frame_ip("192.0.2.1"),
		.destination_ip = frame_ip("192.0.2.10"),
		.payload = {payload, ECHO_MAX_FRAME_BYTES - 34}};
	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_EQUAL(echo_reply(&echo, &packet, FRAME_OUR_MAC, &stats, 1000000, out), ECHO_MAX_FRAME_BYTES);
	packet.payload.len++;
	CU_ASSERT_EQUAL(echo_reply(&echo, &packet, FRAME_OUR_MAC, &stats, 1000000, out), 0);
	CU_ASSERT_EQUAL(stats_get_drop_mt(&stats, DROP_ICMP_BAD), 1);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"rate", test_rate},
		{"longer than a frame", test_longer_than_a_frame},
		CU_TEST_INFO_NULL,
	};
	return unit_run("echo", tests);
}

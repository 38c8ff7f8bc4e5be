/* SPDX-License-Identifier: BSD-3-Clause */
#include "syn_cookie.h"
#include "unit.h"

static const struct syn_cookie_secret secret = {"sixteen octets."};
static const struct flow_key key = {.local_port = 443, .remote_port = 50000};
#define ISN    1000u
#define NOW_US UINT64_C(600000000)
#define MINUTE UINT64_C(60000000)

static struct syn_cookie_options offer(uint16_t mss, bool timestamps, bool sack, int scale)
{
	return (struct syn_cookie_options){.mss = mss,
		.timestamps = timestamps,
		.sack = sack,
		.has_window_scale = scale >= 0,
		.window_scale = scale >= 0 ? (uint8_t)scale : 0};
}

static void test_options_survive(void)
{
	static const struct {
		uint16_t mss, kept_mss;
		bool sack;
		int scale, kept_scale;
	} rows[] = {
		{1460, 1460, true, 8, 8}, /* Windows */
		{1460, 1460, true, 7, 7}, /* Linux without timestamps */
		{1440, 1440, true, 6, 6},
		{1452, 1440, true, 0, 0},
		{88, 64, true, 14, -1}, /* not in the table: no scaling, rather than a wrong one */
		{536, 536, false, 7, -1},
		{9000, 8940, true, -1, -1},
		{0, 64, false, -1, -1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct syn_cookie_options options = offer(rows[i].mss, false, rows[i].sack, rows[i].scale), back;
		uint32_t cookie = syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
		CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN, cookie, NOW_US, &back), SYN_COOKIE_VALID);
		CU_ASSERT_EQUAL(back.mss, rows[i].kept_mss);
		CU_ASSERT_EQUAL(back.sack, rows[i].sack);
		CU_ASSERT_EQUAL(back.has_window_scale, rows[i].kept_scale >= 0);
		CU_ASSERT_EQUAL(back.window_scale, rows[i].kept_scale >= 0 ? rows[i].kept_scale : 0);
		CU_ASSERT_EQUAL(options.has_window_scale, back.has_window_scale);
		CU_ASSERT_FALSE(back.timestamps);
	}
}

static void test_timestamp_keeps_all_scales(void)
{
	for (int scale = -1; scale <= 14; scale++) {
		struct syn_cookie_options options = offer(1460, true, scale % 2 == 0, scale), back;
		uint32_t cookie = syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
		uint32_t now = 0x12345678, value = syn_cookie_to_timestamp(now, &options);
		CU_ASSERT_TRUE(now - value <= 31);
		CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN, cookie, NOW_US, &back), SYN_COOKIE_VALID);
		CU_ASSERT_TRUE(back.timestamps);
		syn_cookie_from_timestamp(value, &back);
		CU_ASSERT_EQUAL(back.sack, scale % 2 == 0);
		CU_ASSERT_EQUAL(back.has_window_scale, scale >= 0);
		CU_ASSERT_EQUAL(back.window_scale, scale >= 0 ? scale : 0);
	}
}

/* RFC 7323 section 2.3: a shift above 14 means 14. */
static void test_scale_above_14(void)
{
	struct syn_cookie_options options = offer(1460, true, true, 255);
	syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
	CU_ASSERT_EQUAL(options.window_scale, 14);
}

static void test_life(void)
{
	struct syn_cookie_options options = offer(1460, false, true, 7), back;
	uint32_t cookie = syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN, cookie, NOW_US + 2 * MINUTE - 1, &back), SYN_COOKIE_VALID);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN, cookie, NOW_US + 2 * MINUTE, &back), SYN_COOKIE_INVALID);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN, cookie, NOW_US + 20 * MINUTE, &back), SYN_COOKIE_INVALID);
}

static void test_bound_to_tuple_and_secret(void)
{
	struct syn_cookie_options options = offer(1460, false, true, 7), back;
	uint32_t cookie = syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
	struct flow_key other = key;
	other.remote_port++;
	struct syn_cookie_secret other_secret = {"other octets..."};
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &other, ISN, cookie, NOW_US, &back), SYN_COOKIE_INVALID);
	CU_ASSERT_EQUAL(syn_cookie_check(&other_secret, &key, ISN, cookie, NOW_US, &back), SYN_COOKIE_INVALID);
}

/* Every segment that can be in flight beside the first one is told from it, without luck. */
static void test_every_displacement_is_early(void)
{
	struct syn_cookie_options options = offer(1460, false, true, 7), back;
	uint32_t cookie = syn_cookie_make(&secret, &key, ISN, &options, NOW_US);
	unsigned wrong = 0;
	for (uint32_t behind = 1; behind < 65536; behind++)
		wrong += syn_cookie_check(&secret, &key, ISN + behind, cookie, NOW_US, &back) != SYN_COOKIE_EARLY;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN + 65536, cookie, NOW_US, &back), SYN_COOKIE_INVALID);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN - 1, cookie, NOW_US, &back), SYN_COOKIE_PROBE);
	CU_ASSERT_EQUAL(syn_cookie_check(&secret, &key, ISN - 2, cookie, NOW_US, &back), SYN_COOKIE_INVALID);
}

/* 2^6 cookies of 2^32 are good at any moment (8 x 8 classes): blind guesses succeed once in 2^26 or so. */
static void test_blind_guesses(void)
{
	struct syn_cookie_options back;
	uint64_t random = 1;
	unsigned accepted = 0;
	for (unsigned i = 0; i < 1000000; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		accepted += syn_cookie_check(&secret, &key, ISN, (uint32_t)(random >> 32), NOW_US, &back) ==
			    SYN_COOKIE_VALID;
	}
	CU_ASSERT_EQUAL(accepted, 0);
}

/* What a scanner looks for: successive sequence numbers have no common divisor and use all bits. */
static void test_sequence_numbers_look_random(void)
{
	uint32_t divisor = 0, ones = 0, zeros = 0, last = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		struct flow_key one = key;
		one.remote_port = (uint16_t)(50000 + i);
		struct syn_cookie_options options = offer(1460, false, true, 7);
		uint32_t cookie = syn_cookie_make(&secret, &one, ISN + i, &options, NOW_US + i * 100000);
		uint32_t a = cookie - last, b = divisor;
		while (b != 0) {
			uint32_t rest = a % b;
			a = b;
			b = rest;
		}
		divisor = i == 0 ? 0 : a;
		ones |= cookie;
		zeros |= ~cookie;
		last = cookie;
	}
	CU_ASSERT_EQUAL(divisor, 1);
	CU_ASSERT_EQUAL(ones & zeros, UINT32_MAX);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"options survive", test_options_survive},
		{"a timestamp keeps all scales", test_timestamp_keeps_all_scales},
		{"scale above 14", test_scale_above_14},
		{"life of two minutes", test_life},
		{"bound to tuple and secret", test_bound_to_tuple_and_secret},
		{"every displacement is early", test_every_displacement_is_early},
		{"a million blind guesses", test_blind_guesses},
		{"sequence numbers look random", test_sequence_numbers_look_random},
		CU_TEST_INFO_NULL,
	};
	return unit_run("syn_cookie", tests);
}

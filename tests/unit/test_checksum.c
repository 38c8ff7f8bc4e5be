/* SPDX-License-Identifier: BSD-3-Clause */
#include "checksum.h"
#include "unit.h"

#include <string.h>

/* RFC 1071 section 3: the sum of these eight octets is ddf2. */
static void test_rfc_1071_example(void)
{
	static const uint8_t octets[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t sum[] = {0xdd, 0xf2};
	uint16_t folded = checksum_fold(checksum_add(0, (struct bytes){octets, sizeof(octets)}));
	CU_ASSERT_EQUAL(memcmp(&folded, sum, sizeof(sum)), 0);
}

/* Word by word, as the RFC says it. */
static uint16_t slow_sum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)data[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void test_every_length_and_alignment(void)
{
	uint8_t data[300];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 197 + 255 - i / 3);
	for (size_t at = 0; at < 8; at++) {
		for (size_t len = 0; at + len <= sizeof(data); len++) {
			uint16_t expected = slow_sum(data + at, len);
			uint8_t wire[2] = {(uint8_t)(expected >> 8), (uint8_t)expected};
			uint16_t sum = checksum_fold(checksum_add(0, (struct bytes){data + at, len}));
			CU_ASSERT_EQUAL(memcmp(&sum, wire, sizeof(wire)), 0);
		}
	}
}

static void test_carries_do_not_get_lost(void)
{
	uint8_t ones[1600];
	memset(ones, 0xff, sizeof(ones));
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, (struct bytes){ones, sizeof(ones)})), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(UINT64_MAX, (struct bytes){ones, 8})), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(UINT64_MAX), 0xffff);
}

/* A packet from a capture: SYN of 192.168.0.1:1024 to 192.168.0.2:80, checksum a right one when the whole sums to zero.
 */
static void test_pseudo_header(void)
{
	uint8_t tcp[20] = {0x04, 0x00, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0x00};
	static const uint8_t pseudo[12] = {192, 168, 0, 1, 192, 168, 0, 2, 0, 6, 0, 20};
	uint8_t all[32];
	struct ip_address source = ip_address_from_v4((const uint8_t[]){192, 168, 0, 1});
	struct ip_address destination = ip_address_from_v4((const uint8_t[]){192, 168, 0, 2});
	memcpy(all, pseudo, sizeof(pseudo));
	memcpy(all + sizeof(pseudo), tcp, sizeof(tcp));
	uint16_t expected = checksum_finish(checksum_add(0, (struct bytes){all, sizeof(all)}));
	uint64_t sum = checksum_add_pseudo(0, &source, &destination, 6, sizeof(tcp));
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(sum, (struct bytes){tcp, sizeof(tcp)})), expected);
	memcpy(tcp + 16, &expected, sizeof(expected));
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(sum, (struct bytes){tcp, sizeof(tcp)})), 0);
	tcp[7] ^= 4;
	CU_ASSERT_NOT_EQUAL(checksum_finish(checksum_add(sum, (struct bytes){tcp, sizeof(tcp)})), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"the example of RFC 1071", test_rfc_1071_example},
		{"every length and alignment", test_every_length_and_alignment},
		{"carries do not get lost", test_carries_do_not_get_lost},
		{"pseudo header", test_pseudo_header},
		CU_TEST_INFO_NULL,
	};
	return unit_run("checksum", tests);
}

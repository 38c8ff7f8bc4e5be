/* SPDX-License-Identifier: BSD-3-Clause */
#include "checksum.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "puts a word together from its parts: a big-endian target needs the shifts the other way round"
#endif

/* One's complement addition: the carry out of the top comes back in at the bottom. */
static uint64_t add_carry(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static uint64_t load(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

enum { BLOCK_BYTES = 32 };

/* Four sums side by side: none has to wait for another's carry. */
static uint64_t add_blocks(uint64_t sum, const uint8_t *at, const uint8_t *end)
{
	uint64_t second = 0, third = 0, fourth = 0;
	for (; at < end; at += BLOCK_BYTES) {
		sum = add_carry(sum, load(at));
		second = add_carry(second, load(at + 8));
		third = add_carry(third, load(at + 16));
		fourth = add_carry(fourth, load(at + 24));
	}
	return add_carry(add_carry(sum, second), add_carry(third, fourth));
}

/* Fewer than 8 octets, padded with zero octets on the right (RFC 1071 section 1). */
static uint64_t load_rest(const uint8_t *at, size_t len)
{
	uint64_t word = 0;
	unsigned shift = 0;
	if (len & 4) {
		uint32_t four;
		memcpy(&four, at, sizeof(four));
		word = four;
		shift = 32;
		at += 4;
	}
	if (len & 2) {
		uint16_t two;
		memcpy(&two, at, sizeof(two));
		word |= (uint64_t)two << shift;
		shift += 16;
		at += 2;
	}
	return len & 1 ? word | (uint64_t)*at << shift : word;
}

uint64_t checksum_add(uint64_t sum, struct bytes data)
{
	const uint8_t *at = data.data, *end = at + data.len;
	if (data.len >= BLOCK_BYTES) {
		const uint8_t *blocks_end = at + data.len / BLOCK_BYTES * BLOCK_BYTES;
		sum = add_blocks(sum, at, blocks_end);
		at = blocks_end;
	}
	for (; end - at >= 8; at += 8)
		sum = add_carry(sum, load(at));
	return at == end ? sum : add_carry(sum, load_rest(at, (size_t)(end - at)));
}

uint64_t checksum_add_pseudo(uint64_t sum, const struct ip_address *source, const struct ip_address *destination,
	uint8_t protocol, uint32_t length)
{
	size_t skip = ip_address_is_v4(source) ? 12 : 0;
	/* IPv4 has 16 bits of length and one octet of protocol, IPv6 32 and 32: the sum is the same for both. */
	uint8_t tail[8] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, 0,
		0, 0, protocol};
	sum = checksum_add(sum, (struct bytes){&source->octets[skip], sizeof(source->octets) - skip});
	sum = checksum_add(sum, (struct bytes){&destination->octets[skip], sizeof(destination->octets) - skip});
	return checksum_add(sum, (struct bytes){tail, sizeof(tail)});
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	uint32_t half = (uint32_t)((sum & UINT16_MAX) + (sum >> 16));
	half = (half & UINT16_MAX) + (half >> 16);
	return (uint16_t)((half & UINT16_MAX) + (half >> 16));
}

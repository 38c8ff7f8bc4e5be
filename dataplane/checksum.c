/* SPDX-License-Identifier: BSD-3-Clause */
#include "checksum.h"

#include <string.h>

/* One's complement addition: the carry out of the top comes back in at the bottom. */
static uint64_t add_carry(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

uint64_t checksum_add(uint64_t sum, struct bytes data)
{
	const uint8_t *at = data.data;
	size_t left = data.len;
	uint64_t word;
	for (; left >= sizeof(word); at += sizeof(word), left -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum = add_carry(sum, word);
	}
	if (left == 0)
		return sum;
	word = 0; /* the rest is padded with zero octets on the right, RFC 1071 section 1 */
	memcpy(&word, at, left);
	return add_carry(sum, word);
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

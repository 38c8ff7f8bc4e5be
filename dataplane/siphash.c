/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"

#include <stdbool.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "reads words as little-endian: a big-endian target needs a swap in load_le64()"
#endif

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t load_le64(const uint8_t *octets)
{
	uint64_t word;
	memcpy(&word, octets, sizeof(word));
	return word;
}

/* Up to seven octets as the low end of a word, without a branch for each of them: overlapping loads. */
static uint64_t load_tail(const uint8_t *octets, size_t len)
{
	if (len >= 4) {
		uint32_t low, high;
		memcpy(&low, octets, sizeof(low));
		memcpy(&high, octets + len - 4, sizeof(high));
		return low | (uint64_t)high << (8 * (len - 4));
	}
	if (len == 0)
		return 0;
	return octets[0] | (uint64_t)octets[len / 2] << (8 * (len / 2)) | (uint64_t)octets[len - 1] << (8 * (len - 1));
}

static uint64_t rotate_left(uint64_t word, unsigned bits)
{
	return (word << bits) | (word >> (64 - bits));
}

static inline void round_once(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v2 = rotate_left(s->v2, 32);
}

/* The compiler makes a function of its own for each pair of constants. It does not unroll a loop over the rounds, so
 * there is none: that was 19 % more instructions for a flow key. */
static inline __attribute__((always_inline)) void absorb(struct state *s, uint64_t word, bool has_second_round)
{
	s->v3 ^= word;
	round_once(s);
	if (has_second_round)
		round_once(s);
	s->v0 ^= word;
}

static inline __attribute__((always_inline)) uint64_t hash(
	const uint8_t *octets, size_t len, const uint8_t key[16], bool is_2_4)
{
	uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
	struct state s = {
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = k1 ^ UINT64_C(0x7465646279746573),
	};

	size_t whole = len & ~(size_t)7;
	for (size_t i = 0; i < whole; i += 8)
		absorb(&s, load_le64(octets + i), is_2_4);
	absorb(&s, load_tail(octets + whole, len & 7) | (uint64_t)len << 56, is_2_4);

	s.v2 ^= 0xff;
	round_once(&s);
	round_once(&s);
	round_once(&s);
	if (is_2_4)
		round_once(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash(const void *data, size_t len, const uint8_t key[16])
{
	return hash(data, len, key, true);
}

uint64_t siphash_13(const void *data, size_t len, const uint8_t key[16])
{
	return hash(data, len, key, false);
}

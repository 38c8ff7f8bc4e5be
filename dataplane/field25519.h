/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Numbers modulo p = 2^255 - 19, eight at a time: one in each 64-bit lane of five AVX-512 registers, 51 bits in each
 * register. The multiplier is IFMA's VPMADD52: it reads the low 52 bits of a lane and adds either half of the 104-bit
 * product.
 *
 * A number is `loose` when every limb is below 2^51 + 2^13: all operations take loose numbers and give loose ones,
 * unless they say otherwise, so that no limb can run over the multiplier's 52 bits, whatever the numbers are. No branch
 * and no address depends on a number.
 *
 * Threads: pure functions. A caller has asked crypto_x25519_is_supported().
 *
 * Source: radix 2^51 after Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures" (2012) section
 * 4; the vector form after Gueron and Krasnov, "Accelerating big integer arithmetic using Intel IFMA extensions"
 * (2016).
 */
#ifndef HANDFAST_FIELD25519_H
#define HANDFAST_FIELD25519_H

#include <immintrin.h>
#include <stdint.h>

#define FIELD25519_LIMBS 5
#define FIELD25519_BITS  51
#define FIELD25519_MASK  ((UINT64_C(1) << FIELD25519_BITS) - 1)

/** Every function that handles vectors, ours and callers': the rest of the program must run without AVX-512. */
#define FIELD25519_TARGET __attribute__((target("avx512f,avx512ifma")))
#define FIELD25519_INLINE static inline __attribute__((always_inline)) FIELD25519_TARGET

struct field25519 {
	__m512i limb[FIELD25519_LIMBS];
};

/** Twice p, limb by limb: added before a subtraction so that no limb goes below zero. */
static const uint64_t field25519_2p[FIELD25519_LIMBS] = {
	(UINT64_C(1) << 52) - 38,
	(UINT64_C(1) << 52) - 2,
	(UINT64_C(1) << 52) - 2,
	(UINT64_C(1) << 52) - 2,
	(UINT64_C(1) << 52) - 2,
};

FIELD25519_INLINE __m512i field25519_all(uint64_t value)
{
	return _mm512_set1_epi64((long long)value);
}

/** Limbs below 2^59 become loose ones. All five carry at once: the carry that comes in is small enough to stay, at most
 * 19 * (2^8 - 1) < 2^13. */
FIELD25519_INLINE struct field25519 field25519_carry(struct field25519 a)
{
	const __m512i mask = field25519_all(FIELD25519_MASK);
	struct field25519 r;
	__m512i carry[FIELD25519_LIMBS];
	for (int i = 0; i < FIELD25519_LIMBS; i++) {
		carry[i] = _mm512_srli_epi64(a.limb[i], FIELD25519_BITS);
		r.limb[i] = _mm512_and_si512(a.limb[i], mask);
	}
	r.limb[0] = _mm512_madd52lo_epu64(r.limb[0], carry[4], field25519_all(19)); /* 2^255 = 19 */
	for (int i = 1; i < FIELD25519_LIMBS; i++)
		r.limb[i] = _mm512_add_epi64(r.limb[i], carry[i - 1]);
	return r;
}

FIELD25519_INLINE struct field25519 field25519_add(struct field25519 a, struct field25519 b)
{
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		a.limb[i] = _mm512_add_epi64(a.limb[i], b.limb[i]);
	return field25519_carry(a);
}

/** a - b in the lanes given, elsewhere a + b. */
FIELD25519_INLINE struct field25519 field25519_subtract_in(__mmask8 lanes, struct field25519 a, struct field25519 b)
{
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		a.limb[i] = _mm512_add_epi64(a.limb[i],
			_mm512_mask_sub_epi64(b.limb[i], lanes, field25519_all(field25519_2p[i]), b.limb[i]));
	return field25519_carry(a);
}

FIELD25519_INLINE struct field25519 field25519_subtract(struct field25519 a, struct field25519 b)
{
	return field25519_subtract_in(0xff, a, b);
}

/** In the lanes given b, elsewhere a. */
FIELD25519_INLINE struct field25519 field25519_select(__mmask8 lanes, struct field25519 a, struct field25519 b)
{
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		a.limb[i] = _mm512_mask_mov_epi64(a.limb[i], lanes, b.limb[i]);
	return a;
}

/** Sums of half products, by the power of 2^51 they belong to; the high halves to one more, and count twice (2^52). */
struct field25519_product {
	__m512i low[2 * FIELD25519_LIMBS - 1], high[2 * FIELD25519_LIMBS - 1];
};

FIELD25519_INLINE __m512i field25519_twice(__m512i a)
{
	return _mm512_add_epi64(a, a);
}

/** Times 19 for sums of more than 52 bits, which the multiplier would cut. */
FIELD25519_INLINE __m512i field25519_times19(__m512i a)
{
	return _mm512_add_epi64(_mm512_add_epi64(a, field25519_twice(a)), _mm512_slli_epi64(a, 4));
}

/**
 * Powers from 2^255 up come back as 19 times what they are. A low half is below 2^52, a high one of loose numbers just
 * above 2^50: the largest sum, limb 0 of a product, stays below 2^52 + 19 * (4 * 2^52 + 5 * 2 * (2^50 + 2^13)) < 2^59.
 */
FIELD25519_INLINE struct field25519 field25519_reduce(struct field25519_product p)
{
	struct field25519 r;
	for (int i = 0; i < FIELD25519_LIMBS; i++) {
		__m512i above = field25519_twice(p.high[i + 4]);
		if (i < 4)
			above = _mm512_add_epi64(above, p.low[i + 5]);
		__m512i sum = p.low[i];
		if (i > 0)
			sum = _mm512_add_epi64(sum, field25519_twice(p.high[i - 1]));
		r.limb[i] = _mm512_add_epi64(sum, field25519_times19(above));
	}
	return field25519_carry(r);
}

FIELD25519_INLINE void field25519_accumulate(struct field25519_product *p, int power, __m512i a, __m512i b)
{
	p->low[power] = _mm512_madd52lo_epu64(p->low[power], a, b);
	p->high[power] = _mm512_madd52hi_epu64(p->high[power], a, b);
}

FIELD25519_INLINE struct field25519_product field25519_nothing(void)
{
	struct field25519_product p;
	for (int i = 0; i < 2 * FIELD25519_LIMBS - 1; i++)
		p.low[i] = p.high[i] = _mm512_setzero_si512();
	return p;
}

FIELD25519_INLINE struct field25519 field25519_multiply(struct field25519 a, struct field25519 b)
{
	struct field25519_product p = field25519_nothing();
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		for (int j = 0; j < FIELD25519_LIMBS; j++)
			field25519_accumulate(&p, i + j, a.limb[i], b.limb[j]);
	return field25519_reduce(p);
}

/** What stands beside the diagonal is computed once and counts twice: 30 multiplications in place of 50. */
FIELD25519_INLINE struct field25519 field25519_square(struct field25519 a)
{
	struct field25519_product p = field25519_nothing();
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		for (int j = 0; j < i; j++)
			field25519_accumulate(&p, i + j, a.limb[i], a.limb[j]);
	for (int i = 0; i < 2 * FIELD25519_LIMBS - 1; i++) {
		p.low[i] = field25519_twice(p.low[i]);
		p.high[i] = field25519_twice(p.high[i]);
	}
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		field25519_accumulate(&p, 2 * i, a.limb[i], a.limb[i]);
	return field25519_reduce(p);
}

/** Times a number of at most 17 bits. */
FIELD25519_INLINE struct field25519 field25519_multiply_small(struct field25519 a, uint64_t small)
{
	struct field25519_product p = field25519_nothing();
	for (int i = 0; i < FIELD25519_LIMBS; i++)
		field25519_accumulate(&p, i, a.limb[i], field25519_all(small));
	return field25519_reduce(p);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto_x25519.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>

const struct crypto_x25519_batch crypto_x25519_base = {{{9}, {9}, {9}, {9}, {9}, {9}, {9}, {9}}};

#if defined(__x86_64__)
#include "field25519.h"

#define LANES CRYPTO_X25519_LANES
#define LIMBS FIELD25519_LIMBS
#define MASK  FIELD25519_MASK
#define A24   121665 /* (486662 - 2) / 4, section 4.1 */

bool crypto_x25519_is_supported(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma");
}

/* --- numbers in bytes and in limbs: memory that lanes are loaded from, [limb][lane] --- */

struct lanes {
	uint64_t limb[LIMBS][LANES];
};

static void put(struct lanes *lanes, int lane, const uint8_t bytes[CRYPTO_X25519_BYTES])
{
	uint64_t word[4];
	memcpy(word, bytes, sizeof(word)); /* little-endian, as the processor */
	lanes->limb[0][lane] = word[0] & MASK;
	lanes->limb[1][lane] = (word[0] >> 51 | word[1] << 13) & MASK;
	lanes->limb[2][lane] = (word[1] >> 38 | word[2] << 26) & MASK;
	lanes->limb[3][lane] = (word[2] >> 25 | word[3] << 39) & MASK;
	lanes->limb[4][lane] = (word[3] >> 12) & MASK; /* the top bit is not looked at, section 5 */
}

static uint64_t carry_through(uint64_t limb[LIMBS], uint64_t carry)
{
	for (int i = 0; i < LIMBS; i++) {
		limb[i] += carry;
		carry = limb[i] >> FIELD25519_BITS;
		limb[i] &= MASK;
	}
	return carry;
}

/* The one number below p that a loose one stands for. A loose one is below 2^255 + 2^218, so that taking its one carry
 * back gives a number below 2^255; that is p or above if adding 19 runs over. */
static void take(const struct lanes *lanes, int lane, uint8_t bytes[CRYPTO_X25519_BYTES])
{
	uint64_t limb[LIMBS];
	for (int i = 0; i < LIMBS; i++)
		limb[i] = lanes->limb[i][lane];
	const uint64_t carry = carry_through(limb, 0);
	limb[0] += 19 * carry;
	uint64_t over = 19;
	for (int i = 0; i < LIMBS; i++)
		over = (limb[i] + over) >> FIELD25519_BITS;
	carry_through(limb, 19 * over);
	const uint64_t word[4] = {limb[0] | limb[1] << 51, limb[1] >> 13 | limb[2] << 38, limb[2] >> 26 | limb[3] << 25,
		limb[3] >> 39 | limb[4] << 12};
	memcpy(bytes, word, sizeof(word));
}

FIELD25519_TARGET static struct field25519 load(const struct lanes *lanes)
{
	struct field25519 r;
	for (int i = 0; i < LIMBS; i++)
		r.limb[i] = _mm512_loadu_si512(lanes->limb[i]);
	return r;
}

FIELD25519_TARGET static void store(struct lanes *lanes, struct field25519 a)
{
	for (int i = 0; i < LIMBS; i++)
		_mm512_storeu_si512(lanes->limb[i], a.limb[i]);
}

static void clamp(uint64_t word[4], const uint8_t scalar[CRYPTO_X25519_BYTES])
{
	memcpy(word, scalar, CRYPTO_X25519_BYTES);
	word[0] &= ~UINT64_C(7);
	word[3] = (word[3] & ~(UINT64_C(1) << 63)) | UINT64_C(1) << 62;
}

/* --- division --- */

/* a^(2^n) * b */
FIELD25519_TARGET __attribute__((noinline)) static struct field25519 square_and_multiply(
	const struct field25519 *a, int n, const struct field25519 *b)
{
	struct field25519 r = *a;
	while (n-- > 0)
		r = field25519_square(r);
	return field25519_multiply(r, *b);
}

/* a / b, which is a * b^(p - 2), and 0 for b = 0. z_n is b^(2^n - 1). */
FIELD25519_TARGET static struct field25519 divide(const struct field25519 *a, const struct field25519 *b)
{
	const struct field25519 b2 = square_and_multiply(b, 0, b);
	const struct field25519 b9 = square_and_multiply(&b2, 2, b);
	const struct field25519 b11 = square_and_multiply(&b9, 0, &b2);
	const struct field25519 z5 = square_and_multiply(&b11, 1, &b9);
	const struct field25519 z10 = square_and_multiply(&z5, 5, &z5);
	const struct field25519 z20 = square_and_multiply(&z10, 10, &z10);
	const struct field25519 z40 = square_and_multiply(&z20, 20, &z20);
	const struct field25519 z50 = square_and_multiply(&z40, 10, &z10);
	const struct field25519 z100 = square_and_multiply(&z50, 50, &z50);
	const struct field25519 z200 = square_and_multiply(&z100, 100, &z100);
	const struct field25519 z250 = square_and_multiply(&z200, 50, &z50);
	const struct field25519 inverse = square_and_multiply(&z250, 5, &b11);
	return square_and_multiply(&inverse, 0, a);
}

/* --- what is left behind --- */

/* Deeper than the functions here go: 7 kB with gcc -O3, 12 with -O2, 13 with clang; without optimisation deeper. Half
 * of what a fibre of libssl's has for a stack, and no more. */
#define STACK_BYTES 16384

/* The function that has just returned left numbers on the stack, most of them at places that have no name in C because
 * the compiler put them there for want of registers. The quotient of two of them is the secret. */
__attribute__((noinline)) static void wipe_stack_below(void)
{
	uint8_t below[STACK_BYTES];
	secret_wipe(below, sizeof(below));
}

/* --- eight at a time: section 5's ladder, in its names --- */

struct ladder {
	struct field25519 x1, x2, z2, x3, z3;
};

FIELD25519_INLINE void swap(struct field25519 *a, struct field25519 *b, __mmask8 lanes)
{
	const struct field25519 old = *a;
	*a = field25519_select(lanes, *a, *b);
	*b = field25519_select(lanes, *b, old);
}

FIELD25519_INLINE void step(struct ladder *l)
{
	const struct field25519 a = field25519_add(l->x2, l->z2), b = field25519_subtract(l->x2, l->z2);
	const struct field25519 c = field25519_add(l->x3, l->z3), d = field25519_subtract(l->x3, l->z3);
	const struct field25519 aa = field25519_square(a), bb = field25519_square(b);
	const struct field25519 e = field25519_subtract(aa, bb);
	const struct field25519 da = field25519_multiply(d, a), cb = field25519_multiply(c, b);
	l->x3 = field25519_square(field25519_add(da, cb));
	l->z3 = field25519_multiply(l->x1, field25519_square(field25519_subtract(da, cb)));
	l->x2 = field25519_multiply(aa, bb);
	l->z2 = field25519_multiply(e, field25519_add(aa, field25519_multiply_small(e, A24)));
}

FIELD25519_TARGET static void climb(struct ladder *l, const uint64_t scalar[4][LANES])
{
	__mmask8 is_swapped = 0;
	for (int bit = 254; bit >= 0; bit--) {
		const __m512i words = _mm512_loadu_si512(scalar[bit / 64]);
		const __mmask8 is_set = _mm512_test_epi64_mask(words, field25519_all(UINT64_C(1) << (bit % 64)));
		const __mmask8 lanes = (__mmask8)(is_set ^ is_swapped);
		swap(&l->x2, &l->x3, lanes);
		swap(&l->z2, &l->z3, lanes);
		is_swapped = is_set;
		step(l);
	}
	/* Bit 0 of a clamped scalar is 0: nothing is swapped now. */
}

FIELD25519_TARGET __attribute__((noinline)) static void multiply(struct crypto_x25519_batch *out,
	const struct crypto_x25519_batch *scalar, const struct crypto_x25519_batch *point)
{
	uint64_t words[4][LANES], word[4];
	struct lanes u;
	struct ladder l;
	for (int lane = 0; lane < LANES; lane++) {
		clamp(word, scalar->lane[lane]);
		for (int i = 0; i < 4; i++)
			words[i][lane] = word[i];
		put(&u, lane, point->lane[lane]);
	}
	l.x1 = l.x3 = load(&u);
	for (int i = 0; i < LIMBS; i++) {
		l.z2.limb[i] = _mm512_setzero_si512();
		l.x2.limb[i] = l.z3.limb[i] = field25519_all(i == 0);
	}
	climb(&l, words);
	store(&u, divide(&l.x2, &l.z2));
	for (int lane = 0; lane < LANES; lane++)
		take(&u, lane, out->lane[lane]);
}

void crypto_x25519_multiply(struct crypto_x25519_batch *out, const struct crypto_x25519_batch *scalar,
	const struct crypto_x25519_batch *point)
{
	multiply(out, scalar, point);
	wipe_stack_below();
}

/*
 * --- one by itself ---
 *
 * A step of the ladder is three rounds of products, and those of a round do not depend on each other:
 *
 *   lane        0          1                2           3
 *   state      x2         z2               x3          z3
 *   round 1    A * A      B * B            C * B       D * A
 *   round 2    AA * BB    E * a24          (DA + CB)^2 (DA - CB)^2
 *   round 3    -          E * (AA + a24 E) -           x1 * (DA - CB)^2
 *   state      round 2    round 3          round 2     round 3
 *
 * After Hisil, Egrice, Yassi, "Fast 4 way vectorized ladder for the complete set of Montgomery curves" (2020). Lanes 4
 * to 7 follow lanes 0 to 3: no instruction used here costs more for being that wide.
 */

#define LANE_0            0x11
#define LANE_1            0x22
#define LANE_3            0x88
#define LANES_1_3         (LANE_1 | LANE_3)
#define SWAP_HALVES       0x4e /* lanes 2, 3, 0, 1 */
#define ORDER(a, b, c, d) ((a) | (b) << 2 | (c) << 4 | (d) << 6)

/* The lanes of a in another order; a macro, since the instruction takes a constant. */
#define MOVE(r, a, order)                                                                                              \
	for (int i_ = 0; i_ < LIMBS; i_++)                                                                             \
	(r).limb[i_] = _mm512_permutex_epi64((a).limb[i_], (order))

struct single {
	struct field25519 state, a24, x1;
};

FIELD25519_INLINE struct field25519 sums_and_differences(struct field25519 a)
{
	struct field25519 first, second;
	MOVE(first, a, ORDER(0, 0, 2, 2));
	MOVE(second, a, ORDER(1, 1, 3, 3));
	return field25519_subtract_in(LANES_1_3, first, second);
}

FIELD25519_INLINE void single_step(struct single *s)
{
	struct field25519 left, right, products, squares;
	left = sums_and_differences(s->state); /* A B C D */
	MOVE(right, left, ORDER(0, 1, 1, 0));
	products = field25519_multiply(left, right); /* AA BB CB DA */

	left = sums_and_differences(products); /* AA + BB, E, CB + DA, CB - DA */
	left = field25519_select(LANE_0, left, products);
	MOVE(right, products, ORDER(1, 1, 1, 1));
	right = field25519_select((__mmask8)~LANE_0, right, left);
	right = field25519_select(LANE_1, right, s->a24);
	squares = field25519_multiply(left, right); /* AA BB, a24 E, x3, (DA - CB)^2 */

	right = field25519_select(LANE_3, left, s->x1); /* -, E, -, x1 */
	MOVE(left, products, ORDER(0, 0, 0, 0));
	left = field25519_select(LANE_1, squares, field25519_add(left, squares));
	s->state = field25519_select(LANES_1_3, squares, field25519_multiply(left, right));
}

FIELD25519_TARGET static void single_climb(struct single *s, const uint64_t scalar[4])
{
	uint64_t is_swapped = 0;
	for (int bit = 254; bit >= 0; bit--) {
		const uint64_t is_set = scalar[bit / 64] >> (bit % 64) & 1;
		const __mmask8 lanes = (__mmask8)(0 - (is_set ^ is_swapped));
		is_swapped = is_set;
		for (int i = 0; i < LIMBS; i++)
			s->state.limb[i] =
				_mm512_mask_permutex_epi64(s->state.limb[i], lanes, s->state.limb[i], SWAP_HALVES);
		single_step(s);
	}
}

FIELD25519_TARGET __attribute__((noinline)) static void multiply_single(uint8_t out[CRYPTO_X25519_BYTES],
	const uint8_t private_key[CRYPTO_X25519_BYTES], const uint8_t peer[CRYPTO_X25519_BYTES])
{
	static const uint8_t one[CRYPTO_X25519_BYTES] = {1}, zero[CRYPTO_X25519_BYTES];
	uint64_t scalar[4];
	struct lanes lanes;
	struct single s;
	struct field25519 z;
	const uint8_t *const start[4] = {one, zero, peer, one};
	for (int lane = 0; lane < LANES; lane++)
		put(&lanes, lane, start[lane % 4]);
	s.state = load(&lanes);
	MOVE(s.x1, s.state, ORDER(2, 2, 2, 2));
	for (int i = 0; i < LIMBS; i++)
		s.a24.limb[i] = field25519_all(i == 0 ? A24 : 0);
	clamp(scalar, private_key);
	single_climb(&s, scalar);
	MOVE(z, s.state, ORDER(1, 1, 1, 1));
	store(&lanes, divide(&s.state, &z));
	take(&lanes, 0, out);
}

bool crypto_x25519_agree(uint8_t out[CRYPTO_X25519_BYTES], const uint8_t private_key[CRYPTO_X25519_BYTES],
	const uint8_t peer[CRYPTO_X25519_BYTES])
{
	multiply_single(out, private_key, peer);
	wipe_stack_below();
	uint8_t any = 0;
	for (int i = 0; i < CRYPTO_X25519_BYTES; i++)
		any |= out[i];
	return any != 0;
}

#else /* no other processor has these instructions: nobody gets past the first of these */

bool crypto_x25519_is_supported(void)
{
	return false;
}

void crypto_x25519_multiply(struct crypto_x25519_batch *out, const struct crypto_x25519_batch *scalar,
	const struct crypto_x25519_batch *point)
{
	(void)out;
	(void)scalar;
	(void)point;
	abort();
}

bool crypto_x25519_agree(uint8_t out[CRYPTO_X25519_BYTES], const uint8_t private_key[CRYPTO_X25519_BYTES],
	const uint8_t peer[CRYPTO_X25519_BYTES])
{
	(void)out;
	(void)private_key;
	(void)peer;
	abort();
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Each operation against OpenSSL's numbers, with limbs at the ends of what field25519.h allows: values that no key
 * leads to, and the ones where a lost carry or a 53rd bit shows. */
#include "crypto_x25519.h"
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <openssl/bn.h>

#if defined(__x86_64__)
#include "field25519.h"

enum { LIMBS = FIELD25519_LIMBS, LANES = CRYPTO_X25519_LANES };

#define LOOSE_END    ((UINT64_C(1) << 51) + (UINT64_C(1) << 13))
#define CARRY_END    (UINT64_C(1) << 59)
#define SMALL        UINT64_C(0x1ffff)
#define ODD_LANES    0xaa
#define RANDOM_TIMES 2000

struct numbers {
	uint64_t limb[LIMBS][LANES];
};

FIELD25519_TARGET static struct field25519 load(const struct numbers *numbers)
{
	struct field25519 r;
	for (int i = 0; i < LIMBS; i++)
		r.limb[i] = _mm512_loadu_si512(numbers->limb[i]);
	return r;
}

FIELD25519_TARGET static void store(struct numbers *numbers, struct field25519 a)
{
	for (int i = 0; i < LIMBS; i++)
		_mm512_storeu_si512(numbers->limb[i], a.limb[i]);
}

enum operation { CARRY, ADD, SUBTRACT, SUBTRACT_IN_ODD, SELECT_ODD, MULTIPLY, SQUARE, MULTIPLY_SMALL, OPERATIONS };

FIELD25519_TARGET static void compute(
	enum operation operation, const struct numbers *a_numbers, const struct numbers *b_numbers, struct numbers *out)
{
	const struct field25519 a = load(a_numbers), b = load(b_numbers);
	switch (operation) {
	case CARRY:
		store(out, field25519_carry(a));
		break;
	case ADD:
		store(out, field25519_add(a, b));
		break;
	case SUBTRACT:
		store(out, field25519_subtract(a, b));
		break;
	case SUBTRACT_IN_ODD:
		store(out, field25519_subtract_in(ODD_LANES, a, b));
		break;
	case SELECT_ODD:
		store(out, field25519_select(ODD_LANES, a, b));
		break;
	case MULTIPLY:
		store(out, field25519_multiply(a, b));
		break;
	case SQUARE:
		store(out, field25519_square(a));
		break;
	default:
		store(out, field25519_multiply_small(a, SMALL));
	}
}

/* --- what is right --- */

static BN_CTX *context;
static BIGNUM *prime, *left, *right, *expected, *found;

static void read_number(BIGNUM *out, const struct numbers *numbers, int lane)
{
	BN_zero(out);
	for (int i = LIMBS - 1; i >= 0; i--)
		CU_ASSERT_TRUE_FATAL(BN_lshift(out, out, FIELD25519_BITS) == 1 &&
				     BN_add_word(out, (BN_ULONG)numbers->limb[i][lane]) == 1);
}

static int expect(enum operation operation, int lane)
{
	const bool is_odd = (lane & 1) != 0;
	switch (operation) {
	case CARRY:
		return BN_nnmod(expected, left, prime, context);
	case ADD:
		return BN_mod_add(expected, left, right, prime, context);
	case SUBTRACT:
		return BN_mod_sub(expected, left, right, prime, context);
	case SUBTRACT_IN_ODD:
		return (is_odd ? BN_mod_sub : BN_mod_add)(expected, left, right, prime, context);
	case SELECT_ODD:
		return BN_nnmod(expected, is_odd ? right : left, prime, context);
	case MULTIPLY:
		return BN_mod_mul(expected, left, right, prime, context);
	case SQUARE:
		return BN_mod_sqr(expected, left, prime, context);
	default:
		return BN_set_word(right, SMALL) == 1 && BN_mod_mul(expected, left, right, prime, context);
	}
}

/* @return whether all lanes hold loose numbers, and the right ones. */
static bool is_right(enum operation operation, const struct numbers *a, const struct numbers *b)
{
	struct numbers out;
	bool ok = true;
	compute(operation, a, b, &out);
	for (int lane = 0; lane < LANES; lane++) {
		for (int i = 0; i < LIMBS; i++)
			ok &= out.limb[i][lane] < LOOSE_END;
		read_number(left, a, lane);
		read_number(right, b, lane);
		CU_ASSERT_EQUAL_FATAL(expect(operation, lane), 1);
		read_number(found, &out, lane);
		ok &= BN_nnmod(found, found, prime, context) == 1 && BN_cmp(found, expected) == 0;
	}
	return ok;
}

/* --- numbers at the ends --- */

static const uint64_t ends[] = {0, 1, FIELD25519_MASK - 18, FIELD25519_MASK, LOOSE_END - 1};
enum { ENDS = sizeof(ends) / sizeof(ends[0]), COMBINATIONS = 3125 }; /* ENDS to the power of LIMBS */

static void set_number(struct numbers *numbers, int lane, unsigned combination)
{
	for (int i = 0; i < LIMBS; i++, combination /= ENDS)
		numbers->limb[i][lane] = ends[combination % ENDS];
}

static uint64_t state = 1;

static unsigned draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((state >> 33) % below);
}

/* Every combination of ends as the first number, another in each lane, with any as the second. */
static void test_ends(void)
{
	for (int operation = CARRY; operation < OPERATIONS; operation++) {
		unsigned wrong = 0;
		for (unsigned first = 0; first < COMBINATIONS; first += LANES) {
			struct numbers a, b;
			for (int lane = 0; lane < LANES; lane++) {
				set_number(&a, lane, (first + (unsigned)lane) % COMBINATIONS);
				set_number(&b, lane, draw(COMBINATIONS));
			}
			wrong += !is_right((enum operation)operation, &a, &b);
		}
		CU_ASSERT_EQUAL(wrong, 0);
	}
}

/* All limbs of both at their largest: the sums are nowhere greater. */
static void test_largest(void)
{
	struct numbers a;
	for (int lane = 0; lane < LANES; lane++)
		set_number(&a, lane, COMBINATIONS - 1);
	for (int operation = CARRY; operation < OPERATIONS; operation++)
		CU_ASSERT_TRUE(is_right((enum operation)operation, &a, &a));
}

static void test_carry(void)
{
	struct numbers a = {0};
	for (int round = 0; round < RANDOM_TIMES; round++) {
		for (int i = 0; i < LIMBS; i++)
			for (int lane = 0; lane < LANES; lane++)
				a.limb[i][lane] = CARRY_END - 1 - (draw(2) ? draw(1u << 31) : 0);
		CU_ASSERT_TRUE(is_right(CARRY, &a, &a));
	}
}

static bool begin(void)
{
	context = BN_CTX_new();
	left = BN_new();
	right = BN_new();
	expected = BN_new();
	found = BN_new();
	BN_hex2bn(&prime, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
	return context && prime && left && right && expected && found;
}

static void end(void)
{
	BN_free(prime);
	BN_free(left);
	BN_free(right);
	BN_free(expected);
	BN_free(found);
	BN_CTX_free(context);
}

static int run(void)
{
	CU_TestInfo tests[] = {
		{"every combination of limbs at their ends", test_ends},
		{"all limbs at their largest", test_largest},
		{"carries from limbs of 59 bits", test_carry},
		CU_TEST_INFO_NULL,
	};
	if (!begin())
		return 2;
	const int status = unit_run("field25519", tests);
	end();
	return status;
}
#else
static int run(void)
{
	return 2; /* nobody comes here */
}
#endif

static void test_not_here(void)
{
	printf("SKIP: no AVX-512 IFMA: ");
	CU_ASSERT_FALSE(crypto_x25519_is_supported());
}

int main(void)
{
	CU_TestInfo nothing[] = {{"not on this processor", test_not_here}, CU_TEST_INFO_NULL};
	return crypto_x25519_is_supported() ? run() : unit_run("field25519", nothing);
}

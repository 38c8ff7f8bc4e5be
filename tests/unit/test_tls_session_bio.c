/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session_internal.h"
#include "unit.h"

#include <string.h>

#include <openssl/bio.h>

static struct tls_session_engine engine;
static struct tls_session session;
static BIO *bio;

static void setup(void)
{
	session = (struct tls_session){.engine = &engine};
	engine.bio_method = tls_session_bio_method_create();
	bio = tls_session_bio_create(&session);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
}

static void teardown(void)
{
	BIO_free(bio);
	BIO_meth_free(engine.bio_method);
	tls_session_bio_free_output(&session.output);
}

static void test_read_takes_from_the_input(void)
{
	setup();
	char got[8];
	CU_ASSERT_EQUAL(BIO_read(bio, got, sizeof(got)), -1);
	CU_ASSERT_TRUE(BIO_should_read(bio));
	session.input = (struct bytes){(const uint8_t *)"abcdef", 6};
	CU_ASSERT_EQUAL(BIO_read(bio, got, 0), 0); /* nothing asked, nothing taken, no reason to try again */
	CU_ASSERT_FALSE(BIO_should_retry(bio));
	CU_ASSERT_EQUAL(session.input.len, 6);
	CU_ASSERT_EQUAL(BIO_read(bio, got, 4), 4);
	CU_ASSERT_FALSE(BIO_should_retry(bio));
	CU_ASSERT_EQUAL(session.input.len, 2);
	CU_ASSERT_EQUAL(BIO_read(bio, got, sizeof(got)), 2);
	CU_ASSERT_EQUAL(memcmp(got, "ef", 2), 0);
	teardown();
}

static void test_no_input_over_budget(void)
{
	setup();
	char got[8];
	session.input = (struct bytes){(const uint8_t *)"abcdef", 6};
	session.idle_messages = -1;
	CU_ASSERT_EQUAL(BIO_read(bio, got, sizeof(got)), -1);
	CU_ASSERT_TRUE(BIO_should_read(bio));
	CU_ASSERT_EQUAL(session.input.len, 6);
	teardown();
}

/* Writes and takes of coprime sizes, a little less than is written: the output grows and moves, and comes out in order.
 */
static void test_output_comes_out_in_order(void)
{
	setup();
	uint8_t next_in = 0, next_out = 0;
	unsigned wrong = 0, moves = 0;
	size_t largest = 0;
	for (unsigned round = 0; round < 3000; round++) {
		uint8_t piece[97];
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = next_in++;
		size_t head = session.output.head;
		CU_ASSERT_EQUAL(BIO_write(bio, piece, sizeof(piece)), sizeof(piece));
		moves += session.output.head < head;
		largest = session.output.capacity > largest ? session.output.capacity : largest;
		size_t take = round % 5 == 0 ? 101 : 91;
		if (take > session.output.len)
			take = session.output.len;
		for (size_t i = 0; i < take; i++)
			wrong += session.output.data[session.output.head + i] != next_out++;
		tls_session_bio_consume(&session.output, take);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(largest > 8192);
	CU_ASSERT(moves > 2);
	tls_session_bio_consume(&session.output, session.output.len);
	CU_ASSERT_PTR_NULL(session.output.data); /* an idle session keeps no buffer */
	teardown();
}

static void test_output_is_bounded(void)
{
	setup();
	static uint8_t block[65536];
	size_t written = 0;
	int n;
	while ((n = BIO_write(bio, block, sizeof(block))) > 0)
		written += (size_t)n;
	CU_ASSERT_EQUAL(written, TLS_SESSION_FLIGHT_MAX_BYTES);
	CU_ASSERT_FALSE(BIO_should_retry(bio)); /* the session fails: retrying would not help */
	CU_ASSERT_EQUAL(BIO_flush(bio), 1);
	teardown();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"reads take from the input", test_read_takes_from_the_input},
		{"no input over budget", test_no_input_over_budget},
		{"output comes out in order", test_output_comes_out_in_order},
		{"output is bounded", test_output_is_bounded},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls_session_bio", tests);
}

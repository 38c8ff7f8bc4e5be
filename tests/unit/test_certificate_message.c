/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_message.h"
#include "made_certificate.h"
#include "unit.h"

/* Offsets in a message of made_message("m.pfx"). */
enum { AT_MAGIC = 0, AT_N_LEAVES = 4, AT_WARNINGS = 8, AT_FILE_LEN = 28, AT_FILE = 32, AT_SUBJECT_LEN = 37 };

static uint8_t *message;
static size_t message_len;

static bool parses(size_t len)
{
	struct certificate_message parsed;
	return certificate_message_parse((struct bytes){message, len}, &parsed);
}

static bool parses_with(size_t at, uint32_t value)
{
	uint32_t kept;
	memcpy(&kept, message + at, sizeof(kept));
	memcpy(message + at, &value, sizeof(value));
	bool result = parses(message_len);
	memcpy(message + at, &kept, sizeof(kept));
	return result;
}

static void test_names_are_walked(void)
{
	struct certificate_message parsed;
	CU_ASSERT_TRUE_FATAL(certificate_message_parse((struct bytes){message, message_len}, &parsed));
	CU_ASSERT_EQUAL(parsed.n_names, 2);
	CU_ASSERT_EQUAL(parsed.names_text_len, 9 + 11);
	struct bytes names = parsed.names;
	struct bytes name = certificate_message_next_name(&names);
	CU_ASSERT_EQUAL(name.len, 9);
	CU_ASSERT_EQUAL(memcmp(name.data, "a.example", 9), 0);
	name = certificate_message_next_name(&names);
	CU_ASSERT_EQUAL(name.len, 11);
}

static void test_numbers_out_of_bounds(void)
{
	CU_ASSERT_TRUE(parses(message_len));
	CU_ASSERT_FALSE(parses_with(AT_MAGIC, 0));
	CU_ASSERT_FALSE(parses_with(AT_N_LEAVES, 0));
	CU_ASSERT_FALSE(parses_with(AT_N_LEAVES, 2));
	CU_ASSERT_FALSE(parses_with(AT_N_LEAVES, 3));
	CU_ASSERT_TRUE(parses_with(AT_WARNINGS, CERTIFICATE_WARN_ALL));
	CU_ASSERT_FALSE(parses_with(AT_WARNINGS, CERTIFICATE_WARN_ALL + 1));
	CU_ASSERT_FALSE(parses_with(AT_FILE_LEN, CERTIFICATE_MAX_TEXT_LEN + 1));
	CU_ASSERT_FALSE(parses_with(AT_FILE_LEN, UINT32_MAX));
	CU_ASSERT_FALSE(parses_with(AT_SUBJECT_LEN, UINT32_MAX - 3));
}

static void test_no_zero_in_a_text(void)
{
	message[AT_FILE] = '\0';
	CU_ASSERT_FALSE(parses(message_len));
	message[AT_FILE] = 'm';
	CU_ASSERT_TRUE(parses(message_len));
}

/* A loader that names more than is kept: the message stays within its bounds, and parses. */
static void test_writer_cuts_to_the_bounds(void)
{
	enum { N = CERTIFICATE_MAX_NAMES + 10 };
	static const char *names[N];
	static char text[CERTIFICATE_MAX_TEXT_LEN + 100];
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned i = 0; i < N; i++)
		names[i] = i == 0 ? text : "n.example";
	uint8_t der[8];
	size_t der_len = made_der(der, 4, 1);
	struct certificate certificate = {
		.leaves = {{CERTIFICATE_KEY_RSA, {der, der_len}, {der, der_len}, NULL}},
		.n_leaves = 1,
		.subject = text,
		.names = names,
		.n_names = N,
	};
	struct bytes no_chain[CERTIFICATE_MAX_LEAVES] = {{NULL, 0}};
	size_t len;
	uint8_t *written = certificate_message_write(&certificate, no_chain, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(written);
	struct certificate_message parsed;
	CU_ASSERT_TRUE(certificate_message_parse((struct bytes){written, len}, &parsed));
	CU_ASSERT_EQUAL(parsed.n_names, CERTIFICATE_MAX_NAMES);
	CU_ASSERT_EQUAL(parsed.subject.len, CERTIFICATE_MAX_TEXT_LEN);
	free(written);
}

static void test_writer_refuses_what_is_too_large(void)
{
	size_t huge_len = CERTIFICATE_MAX_MESSAGE_BYTES;
	uint8_t *huge = calloc(1, huge_len);
	struct certificate certificate = {
		.leaves = {{CERTIFICATE_KEY_RSA, {huge, huge_len}, {huge, 1}, NULL}},
		.n_leaves = 1,
	};
	struct bytes no_chain[CERTIFICATE_MAX_LEAVES] = {{NULL, 0}};
	size_t len;
	CU_ASSERT_PTR_NULL(certificate_message_write(&certificate, no_chain, &len));
	free(huge);
}

int main(void)
{
	message = made_message("m.pfx", &message_len);
	CU_TestInfo tests[] = {
		{"names are walked", test_names_are_walked},
		{"numbers out of bounds", test_numbers_out_of_bounds},
		{"no zero in a text", test_no_zero_in_a_text},
		{"the writer cuts to the bounds", test_writer_cuts_to_the_bounds},
		{"the writer refuses what is too large", test_writer_refuses_what_is_too_large},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("certificate_message", tests);
	free(message);
	return result;
}

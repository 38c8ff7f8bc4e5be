/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate.h"
#include "made_certificate.h"
#include "unit.h"

#include <errno.h>

static struct certificate_chains *chains;

static int decode(const uint8_t *message, size_t len, struct certificate **out)
{
	/* A copy of exactly this length: AddressSanitizer then sees every read beyond it. */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, message, len);
	int result = certificate_decode((struct bytes){copy, len}, chains, out);
	free(copy);
	return result;
}

static void test_round_trip(void)
{
	size_t len;
	uint8_t *message = made_message("cawl.nau.edu.pfx", &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	struct certificate *certificate;
	CU_ASSERT_EQUAL_FATAL(decode(message, len, &certificate), 0);
	free(message);
	CU_ASSERT_EQUAL((uintptr_t)certificate % CERTIFICATE_ALIGNMENT, 0);
	CU_ASSERT_STRING_EQUAL(certificate->file, "cawl.nau.edu.pfx");
	CU_ASSERT_STRING_EQUAL(certificate->subject, "a.example");
	CU_ASSERT_STRING_EQUAL(certificate->issuer, "Example CA");
	CU_ASSERT_EQUAL_FATAL(certificate->n_names, 2);
	CU_ASSERT_STRING_EQUAL(certificate->names[0], "a.example");
	CU_ASSERT_STRING_EQUAL(certificate->names[1], "*.b.example");
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_CHAIN_INCOMPLETE);
	CU_ASSERT_EQUAL(certificate->not_before, 1000);
	CU_ASSERT_EQUAL(certificate->not_after, 2000);
	CU_ASSERT_EQUAL_FATAL(certificate->n_leaves, 1);
	const struct certificate_leaf *leaf = &certificate->leaves[0];
	CU_ASSERT_EQUAL(leaf->key_type, CERTIFICATE_KEY_EC_P256);
	CU_ASSERT_EQUAL(leaf->leaf_der.len, 304);
	CU_ASSERT_EQUAL(leaf->leaf_der.data[303], 1);
	CU_ASSERT_EQUAL(leaf->key_der.len, 137);
	CU_ASSERT_EQUAL(leaf->key_der.data[136], 2);
	CU_ASSERT_EQUAL_FATAL(certificate_chain_length(leaf->chain), 2);
	CU_ASSERT_EQUAL(certificate_chain_get(leaf->chain, 0).len, 304);
	CU_ASSERT_EQUAL(certificate_chain_get(leaf->chain, 1).len, 102);
	CU_ASSERT_EQUAL(certificate_chain_get(leaf->chain, 1).data[101], 4);
	CU_ASSERT(certificate_memory_bytes(certificate) < 1024);
	certificate_destroy(certificate);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0);
}

static void test_two_leaves_without_chain_or_names(void)
{
	uint8_t leaf[64], key[64];
	size_t leaf_len = made_der(leaf, 10, 1), key_len = made_der(key, 20, 2);
	struct certificate certificate = {
		.leaves = {{CERTIFICATE_KEY_RSA, {leaf, leaf_len}, {key, key_len}, NULL},
			{CERTIFICATE_KEY_ED25519, {leaf, leaf_len}, {key, key_len}, NULL}},
		.n_leaves = 2,
		.file = "x.pem",
	};
	struct bytes no_chains[CERTIFICATE_MAX_LEAVES] = {{NULL, 0}, {NULL, 0}};
	size_t len;
	uint8_t *message = certificate_encode(&certificate, no_chains, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	struct certificate *decoded;
	CU_ASSERT_EQUAL_FATAL(decode(message, len, &decoded), 0);
	free(message);
	CU_ASSERT_EQUAL(decoded->n_leaves, 2);
	CU_ASSERT_PTR_NULL(decoded->leaves[1].chain);
	CU_ASSERT_EQUAL(certificate_chain_length(decoded->leaves[1].chain), 0);
	CU_ASSERT_STRING_EQUAL(decoded->subject, "");
	CU_ASSERT_EQUAL(decoded->n_names, 0);
	certificate_destroy(decoded);
}

static void test_generations_differ(void)
{
	struct certificate *first = made_certificate(chains, "a"), *second = made_certificate(chains, "a");
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT_NOT_EQUAL(first->generation, second->generation);
	CU_ASSERT_NOT_EQUAL(first->generation, 0);
	certificate_destroy(first);
	certificate_destroy(second);
	certificate_destroy(NULL);
}

static void test_one_issuer_one_chain(void)
{
	struct certificate *first = made_certificate(chains, "a"), *second = made_certificate(chains, "b");
	CU_ASSERT_PTR_EQUAL(first->leaves[0].chain, second->leaves[0].chain);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 1);
	certificate_destroy(first);
	CU_ASSERT_EQUAL(certificate_chain_length(second->leaves[0].chain), 2);
	certificate_destroy(second);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0);
}

static void test_every_truncation_is_rejected(void)
{
	size_t len;
	uint8_t *message = made_message("cut.pfx", &len);
	for (size_t cut = 0; cut < len; cut++) {
		struct certificate *certificate = (struct certificate *)1;
		CU_ASSERT_EQUAL(decode(message, cut, &certificate), -EBADMSG);
		CU_ASSERT_PTR_NULL(certificate);
	}
	uint8_t *longer = realloc(message, len + 1);
	longer[len] = 0;
	struct certificate *certificate;
	CU_ASSERT_EQUAL(decode(longer, len + 1, &certificate), -EBADMSG);
	free(longer);
}

/* Any octet may be anything: an error or a certificate that can be walked and freed, never a crash. */
static void test_every_mutation_is_survived(void)
{
	size_t len;
	uint8_t *message = made_message("mutated.pfx", &len);
	unsigned accepted = 0, rejected = 0;
	for (size_t at = 0; at < len; at++) {
		uint8_t kept = message[at];
		for (unsigned value = 0; value<256; value += at> 200 ? 13 : 1) {
			message[at] = (uint8_t)value;
			struct certificate *certificate;
			if (decode(message, len, &certificate) != 0) {
				rejected++;
				continue;
			}
			accepted++;
			size_t text =
				strlen(certificate->file) + strlen(certificate->subject) + strlen(certificate->issuer);
			for (size_t i = 0; i < certificate->n_names; i++)
				text += strlen(certificate->names[i]);
			CU_ASSERT(text < len);
			certificate_destroy(certificate);
		}
		message[at] = kept;
	}
	CU_ASSERT(accepted > 0);
	CU_ASSERT(rejected > 0);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0);
	free(message);
}

static void test_texts(void)
{
	for (int fault = 0; fault < CERTIFICATE_FAULTS; fault++)
		CU_ASSERT_PTR_NOT_NULL(certificate_fault_text((enum certificate_fault)fault));
	CU_ASSERT_STRING_EQUAL(certificate_fault_text(CERTIFICATE_FAULT_WRONG_PASSWORD), "wrong password");
	CU_ASSERT_STRING_EQUAL(certificate_fault_text((enum certificate_fault)99), "unknown fault");
	CU_ASSERT_STRING_EQUAL(certificate_key_text(CERTIFICATE_KEY_EC_P256), "ECDSA P-256");
	CU_ASSERT_STRING_EQUAL(certificate_key_text((enum certificate_key)99), "unknown key type");
}

int main(void)
{
	chains = certificate_chains_create();
	CU_TestInfo tests[] = {
		{"what is encoded comes back", test_round_trip},
		{"two leaves, no chain, no names", test_two_leaves_without_chain_or_names},
		{"generations differ", test_generations_differ},
		{"certificates of one issuer share one chain", test_one_issuer_one_chain},
		{"every truncation is rejected", test_every_truncation_is_rejected},
		{"every mutation is survived", test_every_mutation_is_survived},
		{"texts", test_texts},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("certificate", tests);
	certificate_chains_destroy(chains);
	return result;
}

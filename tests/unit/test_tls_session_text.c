/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session_text.h"
#include "tls_alert.h"
#include "unit.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/ssl.h>

static void test_alerts(void)
{
	CU_ASSERT_STRING_EQUAL(tls_alert_name(48), "unknown_ca");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(112), "unrecognized_name");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(255), "unknown");
}

static void test_groups_and_signatures(void)
{
	CU_ASSERT_STRING_EQUAL(tls_session_text_group(NID_X25519), "X25519");
	CU_ASSERT_STRING_EQUAL(tls_session_text_group(NID_undef), "");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(EVP_PKEY_RSA_PSS, NID_sha512), "rsa_pss_rsae_sha512");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(EVP_PKEY_RSA, NID_sha256), "rsa_pkcs1_sha256");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(EVP_PKEY_EC, NID_sha384), "ecdsa_secp384r1_sha384");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(EVP_PKEY_ED25519, NID_undef), "ed25519");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(EVP_PKEY_EC, NID_sha1), "");
	CU_ASSERT_STRING_EQUAL(tls_session_text_signature(NID_undef, NID_undef), "");
}

static void test_failures(void)
{
	char text[80];
	tls_session_text_failure(48, -1, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "client sent alert 48 unknown_ca");
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	tls_session_text_failure(-1, 40, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "no shared cipher (sent alert 40 handshake_failure)");
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	tls_session_text_failure(-1, -1, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "no reason given by the TLS library");
	char little[8];
	tls_session_text_failure(48, -1, little, sizeof(little));
	CU_ASSERT_STRING_EQUAL(little, "client ");
}

int main(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
	CU_TestInfo tests[] = {
		{"alerts", test_alerts},
		{"groups and signature schemes", test_groups_and_signatures},
		{"failures", test_failures},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls_session_text", tests);
}

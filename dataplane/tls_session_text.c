/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session_text.h"

#include "tls_alert.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

struct row {
	int number;
	const char *text;
};

static const char *text_of(const struct row *rows, size_t n_rows, int number, const char *otherwise)
{
	for (size_t i = 0; i < n_rows; i++) {
		if (rows[i].number == number)
			return rows[i].text;
	}
	return otherwise;
}

const char *tls_session_text_group(int nid)
{
	static const struct row groups[] = {
		{NID_X25519, "X25519"},
		{NID_X9_62_prime256v1, "P-256"},
		{NID_secp384r1, "P-384"},
	};
	return text_of(groups, sizeof(groups) / sizeof(groups[0]), nid, "");
}

const char *tls_session_text_signature(int key_nid, int digest_nid)
{
	static const struct row ecdsa[] = {
		{NID_sha256, "ecdsa_secp256r1_sha256"},
		{NID_sha384, "ecdsa_secp384r1_sha384"},
		{NID_sha512, "ecdsa_secp521r1_sha512"},
	};
	static const struct row pss[] = {
		{NID_sha256, "rsa_pss_rsae_sha256"},
		{NID_sha384, "rsa_pss_rsae_sha384"},
		{NID_sha512, "rsa_pss_rsae_sha512"},
	};
	static const struct row pkcs1[] = {
		{NID_sha256, "rsa_pkcs1_sha256"},
		{NID_sha384, "rsa_pkcs1_sha384"},
		{NID_sha512, "rsa_pkcs1_sha512"},
	};
	switch (key_nid) {
	case EVP_PKEY_ED25519:
		return "ed25519";
	case EVP_PKEY_EC:
		return text_of(ecdsa, 3, digest_nid, "");
	case EVP_PKEY_RSA_PSS:
		return text_of(pss, 3, digest_nid, "");
	case EVP_PKEY_RSA:
		return text_of(pkcs1, 3, digest_nid, "");
	default:
		return "";
	}
}

void tls_session_text_failure(int alert_received, int alert_sent, char *out, size_t size)
{
	/* The oldest error is the cause; those after it tell only which function passed it on. */
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	if (reason == NULL)
		reason = "no reason given by the TLS library";
	if (alert_received >= 0)
		snprintf(out, size, "client sent alert %d %s", alert_received, tls_alert_name((uint8_t)alert_received));
	else if (alert_sent >= 0)
		snprintf(out, size, "%s (sent alert %d %s)", reason, alert_sent, tls_alert_name((uint8_t)alert_sent));
	else
		snprintf(out, size, "%s", reason);
	ERR_clear_error();
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls_words.h"
#include "load_words.h"
#include "tls_key_share.h"

#include <strings.h>

/* "X25519,P-256"; also separated by ":". */
#define SEPARATORS ":,"

static bool add(struct load_tls_words_list *list, uint16_t number)
{
	if (list->n == list->size)
		return false;
	list->numbers[list->n++] = number;
	return true;
}

static const struct {
	const char *name, *iana;
	uint16_t group;
} groups[] = {{"X25519", "x25519", TLS_KEY_SHARE_X25519}, {"P-256", "secp256r1", TLS_KEY_SHARE_P256},
	{"P-384", "secp384r1", TLS_KEY_SHARE_P384}};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

bool load_tls_words_groups(const char *text, struct load_tls_words_list *list, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	for (size_t at = 0; load_words_next(text, SEPARATORS, &at, word);) {
		size_t i = 0;
		while (i < N_GROUPS && strcasecmp(word, groups[i].name) != 0 && strcasecmp(word, groups[i].iana) != 0)
			i++;
		if (i == N_GROUPS || !add(list, groups[i].group))
			return load_error_set(error,
				"--groups: expected up to %zu of X25519, P-256 and P-384, found \"%s\"", N_GROUPS,
				word);
	}
	return true;
}

/* IANA's names (RFC 8446 section 4.2.3), as far as tls_verify.h knows them. */
static const struct {
	const char *name;
	uint16_t id;
	bool is_of_tls13;
} schemes[] = {{"ecdsa_secp256r1_sha256", 0x0403, true}, {"ecdsa_secp384r1_sha384", 0x0503, true},
	{"ed25519", 0x0807, true}, {"rsa_pss_rsae_sha256", 0x0804, true}, {"rsa_pss_rsae_sha384", 0x0805, true},
	{"rsa_pss_rsae_sha512", 0x0806, true}, {"rsa_pss_pss_sha256", 0x0809, true},
	{"rsa_pss_pss_sha384", 0x080a, true}, {"rsa_pss_pss_sha512", 0x080b, true},
	{"ecdsa_secp521r1_sha512", 0x0603, false}, {"rsa_pkcs1_sha256", 0x0401, false},
	{"rsa_pkcs1_sha384", 0x0501, false}, {"rsa_pkcs1_sha512", 0x0601, false}};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

bool load_tls_words_schemes(
	const char *text, bool with_pkcs1, struct load_tls_words_list *list, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	for (size_t at = 0; text && load_words_next(text, SEPARATORS, &at, word);) {
		size_t i = 0;
		while (i < N_SCHEMES &&
			(strcasecmp(schemes[i].name, word) != 0 || !(schemes[i].is_of_tls13 || with_pkcs1)))
			i++;
		if (i == N_SCHEMES || !add(list, schemes[i].id))
			return load_error_set(error,
				"--signatures: expected names such as ecdsa_secp256r1_sha256 or %s, found \"%s\"",
				with_pkcs1 ? "rsa_pkcs1_sha256" : "rsa_pss_rsae_sha256", word);
	}
	return true;
}

enum load_cause load_tls_words_cause(enum tls_client_cause cause)
{
	switch (cause) {
	case TLS_CLIENT_NO_FAULT:
		break;
	case TLS_CLIENT_PEER_ALERT:
		return LOAD_CAUSE_ALERT;
	case TLS_CLIENT_PROTOCOL:
		return LOAD_CAUSE_PROTOCOL;
	case TLS_CLIENT_BAD_CERTIFICATE:
		return LOAD_CAUSE_BAD_CERTIFICATE;
	case TLS_CLIENT_UNTRUSTED:
		return LOAD_CAUSE_UNTRUSTED;
	case TLS_CLIENT_BAD_SIGNATURE:
		return LOAD_CAUSE_BAD_SIGNATURE;
	case TLS_CLIENT_WRONG_NAME:
		return LOAD_CAUSE_WRONG_NAME;
	case TLS_CLIENT_NO_MEMORY:
		return LOAD_CAUSE_NO_MEMORY;
	}
	return LOAD_CAUSE_COUNT;
}

enum load_tls_result load_tls_words_result(enum tls_client_result result)
{
	switch (result) {
	case TLS_CLIENT_WANT_INPUT:
		return LOAD_TLS_WANT_INPUT;
	case TLS_CLIENT_DATA:
		return LOAD_TLS_DATA;
	case TLS_CLIENT_CLOSED:
		return LOAD_TLS_CLOSED;
	case TLS_CLIENT_FAILED:
		break;
	}
	return LOAD_TLS_FAILED;
}

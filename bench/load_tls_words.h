/* SPDX-License-Identifier: BSD-3-Clause */
/** What the kinds of load_tls.h that are clients of our own have in common: reading names, and telling how it went. */
#ifndef HANDFAST_LOAD_TLS_WORDS_H
#define HANDFAST_LOAD_TLS_WORDS_H

#include "load_tls.h"
#include "load_trust.h"
#include "tls_client.h"

/** A list that is read: numbers as on the wire, in order. */
struct load_tls_words_list {
	uint16_t *numbers;
	size_t n, size;
};

/** X25519, P-256 and P-384, for the option --groups. @return false, and the error says why. */
bool load_tls_words_groups(const char *text, struct load_tls_words_list *list, struct load_error *error);

/** IANA's names of signature schemes. @param with_pkcs1  those of TLS 1.2 too. @param text  NULL: none, the list stays.
 */
bool load_tls_words_schemes(
	const char *text, bool with_pkcs1, struct load_tls_words_list *list, struct load_error *error);

enum load_cause load_tls_words_cause(enum tls_client_cause cause);
enum load_tls_result load_tls_words_result(enum tls_client_result result);

#endif

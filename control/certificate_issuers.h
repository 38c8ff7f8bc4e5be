/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Issuers' certificates that a loader has parsed already: the files of a share were issued by a handful of
 * authorities, and parsing one of their certificates takes as long as everything else about a file.
 */
#ifndef HANDFAST_CERTIFICATE_ISSUERS_H
#define HANDFAST_CERTIFICATE_ISSUERS_H

#include "bytes.h"

#include <openssl/x509.h>

/** Kept at most; the oldest goes. */
#define CERTIFICATE_ISSUERS_MAX 32

struct certificate_issuers {
	struct {
		X509 *certificate; /* NULL: free */
		unsigned char *der;
		size_t len;
	} items[CERTIFICATE_ISSUERS_MAX];
	unsigned next; /* the place to be filled next */
};

/**
 * Parse a certificate, or take it from those that are known by exactly these octets. One that may issue others
 * (RFC 5280 section 4.2.1.9) is kept.
 *
 * @param issuers  zeroed before its first use; NULL: only parse.
 * @return the certificate, or NULL if der is none: OpenSSL's error queue tells why.
 * Owner:   the caller; X509_free().
 * Threads: one at a time.
 */
X509 *certificate_issuers_parse(struct certificate_issuers *issuers, struct bytes der);

/** Let go of all that is kept; the struct may be used again. */
void certificate_issuers_fini(struct certificate_issuers *issuers);

#endif

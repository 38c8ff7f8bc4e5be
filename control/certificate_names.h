/* SPDX-License-Identifier: BSD-3-Clause */
/** The host names of an X.509 certificate, and whether they cover a name. */
#ifndef HANDFAST_CERTIFICATE_NAMES_H
#define HANDFAST_CERTIFICATE_NAMES_H

#include "host_name.h"

#include <openssl/x509.h>

/** Names of one certificate; all owned. */
struct certificate_names {
	char **items;
	size_t n;
};

/**
 * The dNSNames of the subjectAltName in lower case, or the common name where there is none (RFC 6125 section 6.4.4).
 * Names with octets that no host name has are left out, as are those beyond CERTIFICATE_MAX_NAMES.
 * @return 0 or -ENOMEM. Owner: the caller; certificate_names_fini(). Threads: any.
 */
int certificate_names_read(const X509 *certificate, struct certificate_names *out);
/** Free what certificate_names_read() has given; n is 0 afterwards. */
void certificate_names_fini(struct certificate_names *names);

/**
 * @param pattern  "www.example.com" or "*.example.com", lower case.
 * @param name     a host name, or a wildcard, which only the same wildcard covers.
 * @return true if the pattern covers the name: equal, or its "*" stands for the left-most label (RFC 6125
 * section 6.4.3). Threads: any.
 */
bool certificate_names_match(const char *pattern, const char *name);

/** A name's text of an X.509 subject or issuer: the common name, else the whole on one line. Owner: the caller frees.
 */
char *certificate_names_of_entity(const X509_NAME *entity);

#endif

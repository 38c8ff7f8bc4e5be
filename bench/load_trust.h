/* SPDX-License-Identifier: BSD-3-Clause */
/** Whether a server's chain of certificates leads to one that is trusted: --ca-file. */
#ifndef HANDFAST_LOAD_TRUST_H
#define HANDFAST_LOAD_TRUST_H

#include "bytes.h"
#include "load_error.h"

struct load_trust;

/** @param path  certificates in PEM. @return NULL, and the error says why. Owner: the caller. Threads: one. */
struct load_trust *load_trust_create(const char *path, struct load_error *error);
/** NULL is allowed. */
void load_trust_destroy(struct load_trust *trust);

/**
 * Build the chain up to a trusted certificate, for a TLS server, today. The judgement of a chain is kept: a server that
 * shows the same one again costs a hash.
 * @param body      of a well-formed Certificate message.
 * @param is_tls13  of TLS 1.3 (RFC 8446 section 4.4.2), else of TLS 1.2, which has less in it.
 */
bool load_trust_judge(struct load_trust *trust, struct bytes body, bool is_tls13);

#endif

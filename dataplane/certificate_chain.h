/* SPDX-License-Identifier: BSD-3-Clause */
/** Interned chains, and what else certificates share. For certificate.c alone; the outside sees certificate.h. */
#ifndef HANDFAST_CERTIFICATE_CHAIN_H
#define HANDFAST_CERTIFICATE_CHAIN_H

#include "bytes.h"
#include "certificate.h"
#include "secret.h"

/** @return length of the DER SEQUENCE at the beginning of der, header included; 0 if there is none or it is cut short.
 */
size_t certificate_chain_der_length(struct bytes der);

/** @return how many DER SEQUENCEs der is made of, 0 to CERTIFICATE_MAX_CHAIN; -1 if it is anything else. */
int certificate_chain_count(struct bytes der);

/**
 * Find or add the chain with this content and take a reference.
 * @param der        a valid concatenation (certificate_chain_count() is not -1); len 0 gives a NULL chain.
 * @param out_chain  NULL on failure
 * @return 0 or -ENOMEM.
 */
int certificate_chain_intern(
	struct certificate_chains *chains, struct bytes der, const struct certificate_chain **out_chain);

/** Drop a reference; the last one frees. NULL is allowed. */
void certificate_chain_release(struct certificate_chains *chains, const struct certificate_chain *chain);

/** @return a generation never given before by this object, from 1. */
uint64_t certificate_chain_next_generation(struct certificate_chains *chains);

/** @return where keys are kept. */
struct secret_arena *certificate_chain_secrets(struct certificate_chains *chains);

#endif

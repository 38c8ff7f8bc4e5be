/* SPDX-License-Identifier: BSD-3-Clause */
/** The chain of a leaf, picked from a heap of certificates in any order. */
#ifndef HANDFAST_CERTIFICATE_CHAIN_ORDER_H
#define HANDFAST_CERTIFICATE_CHAIN_ORDER_H

#include "certificate_material.h"

struct certificate_chain_order {
	X509 *certificates[CERTIFICATE_MATERIAL_MAX_CERTIFICATES]; /**< borrowed: leaf's issuer first, no root */
	size_t n;
	bool complete; /**< nothing that the file could hold is known to be missing */
};

/**
 * Follow the issuers from a leaf; a self-signed end is left out, clients have it (RFC 8446 section 4.4.2). A file
 * rarely holds its root, so an end that is not self-signed is complete if it is at least one step from the leaf and no
 * certificate of the file is left over.
 *
 * @param leaves  which of the material's certificates are leaves: not part of a chain
 * Threads: any.
 */
void certificate_chain_order(const struct certificate_material *material, X509 *leaf,
	const bool leaves[CERTIFICATE_MATERIAL_MAX_CERTIFICATES], struct certificate_chain_order *out);

#endif

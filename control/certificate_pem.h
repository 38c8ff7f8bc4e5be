/* SPDX-License-Identifier: BSD-3-Clause */
/** PEM (RFC 7468) into material: certificates and keys in any order, keys perhaps encrypted (PKCS#8 or the OpenSSL
 * way). */
#ifndef HANDFAST_CERTIFICATE_PEM_H
#define HANDFAST_CERTIFICATE_PEM_H

#include "certificate_material.h"

/** @return true if there is a PEM boundary in the content. */
bool certificate_pem_is(struct bytes content);

/** As certificate_pkcs12_read(). */
enum certificate_fault certificate_pem_read(
	struct bytes content, const char *password, struct certificate_material *material);

#endif

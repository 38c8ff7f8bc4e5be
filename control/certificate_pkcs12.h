/* SPDX-License-Identifier: BSD-3-Clause */
/** PKCS#12 (RFC 7292) into material: every certificate and every private key, not only the first as PKCS12_parse()
 * gives. */
#ifndef HANDFAST_CERTIFICATE_PKCS12_H
#define HANDFAST_CERTIFICATE_PKCS12_H

#include "certificate_material.h"

/**
 * @param content   the file.
 * @param password  UTF-8, or NULL: none was configured.
 * @param material  initialised; filled, in part if there is a fault.
 * @return the fault, or NONE.
 * Threads: any but workers; made for the loader process.
 */
enum certificate_fault certificate_pkcs12_read(
	struct bytes content, const char *password, struct certificate_material *material);

#endif

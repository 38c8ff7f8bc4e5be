/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * From a certificate file's bytes to a certificate as the table takes it, or the reason why not. Runs in the sandboxed
 * loader process (loader_process.h): no files, no clock, nothing but memory.
 */
#ifndef HANDFAST_CERTIFICATE_FILE_H
#define HANDFAST_CERTIFICATE_FILE_H

#include "bytes.h"
#include "certificate.h"
#include "certificate_material.h"
#include "host_name.h"

#include <stdbool.h>

struct certificate_file_request {
	struct bytes content;
	const char *file;     /**< base name, for people */
	const char *password; /**< NULL: none */
	struct host_name
		name;        /**< what the file serves; len 0: a configured certificate, whose names are not checked */
	int64_t now_s;       /**< Unix time */
	bool refuse_expired; /**< option expired is not "serve" */
	bool require_name_match;
	struct certificate_issuers *issuers; /**< kept by the caller from file to file, or NULL */
};

/**
 * Parse PKCS#12 or PEM, by content; pair keys with their certificates and prove it; order the chain and drop its root.
 *
 * @param out_message  on success a certificate_encode() message; else NULL.
 * @return the fault, or NONE.
 * Owner:   the caller wipes and frees the message.
 * Threads: any but workers.
 */
enum certificate_fault certificate_file_parse(
	const struct certificate_file_request *request, uint8_t **out_message, size_t *out_len);

#endif

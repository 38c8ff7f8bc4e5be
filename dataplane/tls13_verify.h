/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Checking a server's CertificateVerify against its leaf certificate (RFC 8446 section 4.4.3), and the leaf's names. No
 * chain is built and no date is read: that is not a load generator's question.
 */
#ifndef HANDFAST_TLS13_VERIFY_H
#define HANDFAST_TLS13_VERIFY_H

#include "bytes.h"

enum tls13_verify_result {
	TLS13_VERIFY_OK,
	TLS13_VERIFY_BAD_CERTIFICATE, /**< not to be read, or its key does not fit the scheme */
	TLS13_VERIFY_BAD_SIGNATURE,
	TLS13_VERIFY_WRONG_NAME,
};

/**
 * @param leaf        DER
 * @param transcript  hash up to and with Certificate.
 * @param name        host name that the leaf must be for, len 0: any.
 * Threads: any.
 */
enum tls13_verify_result tls13_verify(
	struct bytes leaf, uint16_t scheme, struct bytes signature, struct bytes transcript, struct bytes name);

#endif

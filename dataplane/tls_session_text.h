/* SPDX-License-Identifier: BSD-3-Clause */
/** The RFCs' words for what was negotiated, and for why a session failed. For tls_session*.c alone. */
#ifndef HANDFAST_TLS_SESSION_TEXT_H
#define HANDFAST_TLS_SESSION_TEXT_H

#include <stddef.h>

/** @param nid  OpenSSL's number of a group. @return "X25519", "P-256", …; "" if not one of ours. */
const char *tls_session_text_group(int nid);

/** @return the SignatureScheme of RFC 8446 section 4.2.3 for OpenSSL's key type and digest numbers; "" if none. */
const char *tls_session_text_signature(int key_nid, int digest_nid);

/**
 * Write why the TLS library failed, from the alert that came or went and OpenSSL's error queue, which is emptied.
 *
 * @param alert_received, alert_sent  description, or -1
 */
void tls_session_text_failure(int alert_received, int alert_sent, char *out, size_t size);

#endif

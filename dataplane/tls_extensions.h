/* SPDX-License-Identifier: BSD-3-Clause */
/** A message's block of extensions (RFC 8446 section 4.2, RFC 5246 section 7.4.1.4), read strictly. */
#ifndef HANDFAST_TLS_EXTENSIONS_H
#define HANDFAST_TLS_EXTENSIONS_H

#include "bytes.h"
#include "tls_alert.h"

/** An attacker may send thousands of empty ones; no server has a use for more. */
#define TLS_EXTENSIONS_MAX 64

/** Take one extension. @return an alert, or NONE. */
typedef enum tls_alert tls_extensions_reader(void *out, uint16_t type, struct bytes body);

/**
 * Hand every extension of a block to a reader, in their order, until it gives an alert.
 * @param block  without its length.
 * @return the reader's alert; decode_error for what is cut or too many, illegal_parameter for one that came before.
 */
enum tls_alert tls_extensions_read(struct bytes block, tls_extensions_reader *read, void *out);

/** ALPN as a server answers it: exactly one name (RFC 7301 section 3.1). @param out  the name. */
enum tls_alert tls_extensions_protocol(struct bytes body, struct bytes *out);

#endif

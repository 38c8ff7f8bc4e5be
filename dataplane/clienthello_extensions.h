/* SPDX-License-Identifier: BSD-3-Clause */
/** The extensions of a ClientHello; a part of clienthello.h, apart for length. */
#ifndef HANDFAST_CLIENTHELLO_EXTENSIONS_H
#define HANDFAST_CLIENTHELLO_EXTENSIONS_H

#include "clienthello.h"
#include "tls_alert.h"

/**
 * Read the extensions that have a field in struct clienthello; the types of the others are still checked for
 * repetition.
 *
 * @param block  the extension block without its length; may be empty.
 * @param out    its extension fields are filled in, and hold anything after an alert.
 * @return TLS_ALERT_NONE, or the alert that the RFC asks for.
 * Threads: any. Cost: linear in block; 16 KiB of stack.
 */
enum tls_alert clienthello_extensions_read(struct bytes block, struct clienthello *out);

#endif

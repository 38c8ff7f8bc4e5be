/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * TLS 1.2 by libssl over memory BIOs as a kind of load_tls.h. libssl checks the signature of every full handshake, so
 * load_tls_start.verify decides on name and chain alone.
 */
#ifndef HANDFAST_LOAD_TLS12_H
#define HANDFAST_LOAD_TLS12_H

#include "load_tls.h"

extern const struct load_tls_ops load_tls12_ops;

#endif

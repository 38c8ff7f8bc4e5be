/* SPDX-License-Identifier: BSD-3-Clause */
/** Our lean TLS 1.2 client as a kind of load_tls.h. */
#ifndef HANDFAST_LOAD_TLS12_H
#define HANDFAST_LOAD_TLS12_H

#include "load_tls.h"

extern const struct load_tls_ops load_tls12_ops;

#endif

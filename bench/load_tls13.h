/* SPDX-License-Identifier: BSD-3-Clause */
/** The lean TLS 1.3 client of dataplane/tls13_client.h as a kind of load_tls.h. */
#ifndef HANDFAST_LOAD_TLS13_H
#define HANDFAST_LOAD_TLS13_H

#include "load_tls.h"

extern const struct load_tls_ops load_tls13_ops;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/** What libssl itself reads from a ClientHello, by its client_hello callback: what ours is compared with. */
#ifndef HANDFAST_OPENSSL_HELLO_H
#define HANDFAST_OPENSSL_HELLO_H

#include "bytes.h"

#include <stdbool.h>
#include <stdint.h>

/** Extensions that are compared, in the order of openssl_hello.extensions. */
enum openssl_hello_extension {
	OPENSSL_HELLO_SERVER_NAME,
	OPENSSL_HELLO_GROUPS,
	OPENSSL_HELLO_SCHEMES,
	OPENSSL_HELLO_ALPN,
	OPENSSL_HELLO_TICKET,
	OPENSSL_HELLO_PSK,
	OPENSSL_HELLO_EARLY_DATA,
	OPENSSL_HELLO_VERSIONS,
	OPENSSL_HELLO_KEY_SHARE,
	OPENSSL_HELLO_EXTENSIONS
};

/** Views point into memory of this module, until the next call. */
struct openssl_hello {
	bool reached; /**< the callback was called: libssl could take the message apart */
	unsigned legacy_version;
	struct bytes random, session_id, cipher_suites, compression;
	bool present[OPENSSL_HELLO_EXTENSIONS];
	struct bytes bodies[OPENSSL_HELLO_EXTENSIONS];
};

/** Give a stream to a libssl server up to its client_hello callback. Threads: one. */
void openssl_hello_read(struct bytes stream, struct openssl_hello *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/** What tests of TLS sessions share: an engine, one certificate of each key type, and a client wired to a session. */
#ifndef HANDFAST_TEST_TLS_FIXTURE_H
#define HANDFAST_TEST_TLS_FIXTURE_H

#include "memory_client.h"
#include "test_certificates.h"
#include "tls_session.h"

#define TLS_FIXTURE_NAME "cawl.nau.edu"

enum tls_fixture_kind {
	TLS_FIXTURE_P256,
	TLS_FIXTURE_P384,
	TLS_FIXTURE_RSA2048,
	TLS_FIXTURE_ED25519,
	TLS_FIXTURE_DUAL, /**< RSA-2048 and P-256 leaves in one */
	TLS_FIXTURE_KINDS
};

struct tls_fixture {
	struct test_certificates_ca ca;
	struct certificate_chains *chains;
	struct tls_session_engine *engine;
	struct test_certificates_pair pairs[TLS_FIXTURE_DUAL];
	struct certificate *certificates[TLS_FIXTURE_KINDS];
};

/** @return false, with a line on stderr, if it could not be made. */
bool tls_fixture_init(struct tls_fixture *fixture);
void tls_fixture_fini(struct tls_fixture *fixture);

/** @return a client that waits for its first turn, with its session; ends the program if it cannot. tls_fixture_part()
 * it. */
struct memory_client *tls_fixture_pair(
	struct tls_fixture *fixture, enum tls_fixture_kind kind, bool allow_tls13, bool allow_http2);
/** Destroy a client, and its session unless that is NULL. */
void tls_fixture_part(struct memory_client *client);

struct tls_session_info tls_fixture_info(const struct memory_client *client);

#endif

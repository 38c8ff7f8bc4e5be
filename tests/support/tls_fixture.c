/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

static bool make_certificates(struct tls_fixture *fixture)
{
	static const enum certificate_key types[TLS_FIXTURE_DUAL] = {
		CERTIFICATE_KEY_EC_P256, CERTIFICATE_KEY_EC_P384, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_ED25519};
	for (unsigned i = 0; i < TLS_FIXTURE_DUAL; i++) {
		struct test_certificates_pair *pair = &fixture->pairs[i];
		if (!test_certificates_issue(&fixture->ca, types[i], 2048, TLS_FIXTURE_NAME, 30, pair))
			return false;
		fixture->certificates[i] =
			test_certificates_pack(&fixture->ca, fixture->chains, pair, 1, TLS_FIXTURE_NAME ".pfx");
		if (fixture->certificates[i] == NULL)
			return false;
	}
	struct test_certificates_pair both[2] = {fixture->pairs[TLS_FIXTURE_RSA2048], fixture->pairs[TLS_FIXTURE_P256]};
	fixture->certificates[TLS_FIXTURE_DUAL] =
		test_certificates_pack(&fixture->ca, fixture->chains, both, 2, "dual.pfx");
	return fixture->certificates[TLS_FIXTURE_DUAL] != NULL;
}

bool tls_fixture_init(struct tls_fixture *fixture)
{
	const struct tls_session_settings settings = {.live_certificates = 4, .allow_vectors = true};
	char error[200] = "certificates";
	memset(fixture, 0, sizeof(*fixture));
	fixture->engine = tls_session_engine_create(&settings, error, sizeof(error));
	fixture->chains = certificate_chains_create();
	if (fixture->engine != NULL && fixture->chains != NULL && test_certificates_ca_init(&fixture->ca) &&
		make_certificates(fixture))
		return true;
	fprintf(stderr, "set-up failed: %s\n", error);
	return false;
}

void tls_fixture_fini(struct tls_fixture *fixture)
{
	for (unsigned i = 0; i < TLS_FIXTURE_KINDS; i++)
		certificate_destroy(fixture->certificates[i]);
	for (unsigned i = 0; i < TLS_FIXTURE_DUAL; i++)
		test_certificates_pair_fini(&fixture->pairs[i]);
	certificate_chains_destroy(fixture->chains);
	test_certificates_ca_fini(&fixture->ca);
	tls_session_engine_leave(fixture->engine);
	tls_session_engine_destroy(fixture->engine);
}

struct memory_client *tls_fixture_pair(
	struct tls_fixture *fixture, enum tls_fixture_kind kind, bool allow_tls13, bool allow_http2)
{
	struct tls_session_params params = {.allow_tls13 = allow_tls13, .allow_http2 = allow_http2};
	params.name.len = sizeof(TLS_FIXTURE_NAME) - 1;
	memcpy(params.name.text, TLS_FIXTURE_NAME, sizeof(TLS_FIXTURE_NAME));
	struct tls_session *session;
	/* On the heap: under a sanitizer, the client's buffer is guarded. */
	struct memory_client *client = malloc(sizeof(*client));
	if (client == NULL ||
		tls_session_start(fixture->engine, fixture->certificates[kind], &params, &session) != TLS_SESSION_OK ||
		!memory_client_init(client, fixture->ca.root, TLS_FIXTURE_NAME, session)) {
		fprintf(stderr, "no session or no client\n");
		abort();
	}
	return client;
}

void tls_fixture_part(struct memory_client *client)
{
	tls_session_destroy(client->session);
	memory_client_fini(client);
	free(client);
	ERR_clear_error();
}

struct tls_session_info tls_fixture_info(const struct memory_client *client)
{
	struct tls_session_info info;
	tls_session_get_info(client->session, &info);
	return info;
}

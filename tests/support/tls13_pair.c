/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_pair.h"
#include "tls_key_share.h"

#include <string.h>

struct tls13_client_settings tls13_pair_settings(void)
{
	return (struct tls13_client_settings){.suites = {0x1301, 0x1302, 0x1303},
		.n_suites = 3,
		.groups = {TLS_KEY_SHARE_X25519, TLS_KEY_SHARE_P256},
		.n_groups = 2,
		.n_shares = 1};
}

bool tls13_pair_init(
	struct tls13_pair *pair, enum certificate_key key_type, const struct tls13_client_settings *settings)
{
	struct test_certificates_ca ca;
	*pair = (struct tls13_pair){.piece = SIZE_MAX, .flip = SIZE_MAX};
	if (!test_certificates_ca_init(&ca))
		return false;
	bool ok = test_certificates_issue(&ca, key_type, 2048, "a.example", 10, &pair->certificate);
	test_certificates_ca_fini(&ca);
	pair->server_context = SSL_CTX_new(TLS_server_method());
	pair->context = tls13_client_context_create(settings);
	pair->client = pair->context ? tls13_client_create(pair->context) : NULL;
	ok = ok && pair->server_context && pair->client &&
	     SSL_CTX_use_certificate(pair->server_context, pair->certificate.leaf) == 1 &&
	     SSL_CTX_use_PrivateKey(pair->server_context, pair->certificate.key) == 1;
	if (pair->server_context)
		SSL_CTX_set_session_id_context(pair->server_context, (const unsigned char *)"test", 4);
	return ok;
}

void tls13_pair_fini(struct tls13_pair *pair)
{
	tls13_client_destroy(pair->client);
	tls13_client_context_destroy(pair->context);
	SSL_free(pair->server);
	SSL_CTX_free(pair->server_context);
	test_certificates_pair_fini(&pair->certificate);
}

bool tls13_pair_start(struct tls13_pair *pair, const char *name, bool verify, const struct tls13_ticket *ticket)
{
	struct tls13_client_params params = {.random = {1, 2, 3},
		.server_name = {(const uint8_t *)name, strlen(name)},
		.verify = verify,
		.ticket = ticket,
		.wants_ticket = true,
		.now_ms = 1000};
	SSL_free(pair->server);
	pair->server = SSL_new(pair->server_context);
	SSL_set_bio(pair->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(pair->server);
	pair->received = 0;
	pair->plain_len = 0;
	pair->result = TLS_CLIENT_WANT_INPUT;
	return tls13_client_start(pair->client, &params);
}

static void feed(struct tls13_pair *pair, struct bytes input)
{
	while (input.len > 0 && pair->result <= TLS_CLIENT_DATA) {
		struct bytes part = {input.data, input.len < pair->piece ? input.len : pair->piece};
		size_t used;
		pair->result = tls13_client_feed(pair->client, part, &used);
		input.data += used;
		input.len -= used;
		const struct bytes plain = tls13_client_plaintext(pair->client);
		if (pair->result != TLS_CLIENT_DATA)
			continue;
		pair->plain_len = plain.len < sizeof(pair->plain) ? plain.len : sizeof(pair->plain);
		memcpy(pair->plain, plain.data, pair->plain_len);
	}
}

static bool turn(struct tls13_pair *pair)
{
	uint8_t buffer[20000], plain[100];
	const struct bytes output = tls13_client_output(pair->client);
	const size_t sent = output.len;
	if (sent > 0)
		BIO_write(SSL_get_rbio(pair->server), output.data, (int)sent);
	tls13_client_output_consume(pair->client, sent);
	if (SSL_read(pair->server, plain, sizeof(plain)) > 0) /* echo */
		SSL_write(pair->server, plain, 5);
	const int n = BIO_read(SSL_get_wbio(pair->server), buffer, sizeof(buffer));
	if (n <= 0)
		return sent > 0;
	if (pair->flip >= pair->received && pair->flip < pair->received + (size_t)n)
		buffer[pair->flip - pair->received] ^= 1;
	pair->received += (size_t)n;
	feed(pair, (struct bytes){buffer, (size_t)n});
	return true;
}

void tls13_pair_run(struct tls13_pair *pair)
{
	while (turn(pair))
		continue;
}

bool tls13_pair_is_established(const struct tls13_pair *pair)
{
	return SSL_is_init_finished(pair->server) && tls13_client_established(pair->client);
}

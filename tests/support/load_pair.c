/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_pair.h"

#include <string.h>

bool load_pair_init(struct load_pair *pair, const struct load_tls_ops *ops)
{
	return load_pair_init_key(pair, ops, CERTIFICATE_KEY_EC_P256);
}

bool load_pair_init_key(struct load_pair *pair, const struct load_tls_ops *ops, enum certificate_key type)
{
	*pair = (struct load_pair){.ops = ops, .random = load_random_seeded(1), .piece = SIZE_MAX, .flip = SIZE_MAX};
	if (!test_certificates_ca_init(&pair->ca) ||
		!test_certificates_issue(&pair->ca, type, 2048, "a.example", 10, &pair->certificate))
		return false;
	pair->server_context = SSL_CTX_new(TLS_server_method());
	return pair->server_context && SSL_CTX_use_certificate(pair->server_context, pair->certificate.leaf) == 1 &&
	       SSL_CTX_use_PrivateKey(pair->server_context, pair->certificate.key) == 1 &&
	       SSL_CTX_add1_chain_cert(pair->server_context, pair->ca.intermediate) == 1 &&
	       SSL_CTX_set_session_id_context(pair->server_context, (const unsigned char *)"test", 4) == 1;
}

void load_pair_fini(struct load_pair *pair)
{
	if (pair->client)
		pair->ops->destroy(pair->client);
	if (pair->context)
		pair->ops->close(pair->context);
	SSL_free(pair->server);
	SSL_CTX_free(pair->server_context);
	test_certificates_pair_fini(&pair->certificate);
	test_certificates_ca_fini(&pair->ca);
}

bool load_pair_open(struct load_pair *pair, const struct load_tls_settings *settings, struct load_error *error)
{
	if (pair->client)
		pair->ops->destroy(pair->client);
	if (pair->context)
		pair->ops->close(pair->context);
	pair->client = NULL;
	pair->context = pair->ops->open(settings, error);
	if (pair->context)
		pair->client = pair->ops->create(pair->context);
	return pair->client != NULL;
}

/* Until the client wants input and has none. */
static void feed(struct load_pair *pair, struct bytes input)
{
	bool again = true;
	while (again && pair->result <= LOAD_TLS_DATA) {
		const struct bytes piece = {input.data, input.len < pair->piece ? input.len : pair->piece};
		size_t used;
		pair->result = pair->ops->feed(pair->client, piece, &used);
		input.data += used;
		input.len -= used;
		again = input.len > 0 || pair->result == LOAD_TLS_DATA;
		if (pair->result != LOAD_TLS_DATA)
			continue;
		const struct bytes plain = pair->ops->plaintext(pair->client);
		const size_t room = sizeof(pair->plain) - 1 - pair->plain_len;
		const size_t taken = plain.len < room ? plain.len : room;
		memcpy(pair->plain + pair->plain_len, plain.data, taken);
		pair->plain_len += taken;
	}
}

/* TLS 1.2: an octet of the ECDSA signature in ServerKeyExchange, 6 from its end. */
static void break_signature(uint8_t *data, size_t len)
{
	for (size_t at = 0; at + 9 < len; at += 5 + ((size_t)data[at + 3] << 8 | data[at + 4]))
		if (data[at] == 22 && data[at + 5] == 12)
			data[at + 5 + ((size_t)data[at + 3] << 8 | data[at + 4]) - 6] ^= 1;
}

static bool turn(struct load_pair *pair)
{
	uint8_t buffer[20000], plain[100];
	const struct bytes output = pair->ops->output(pair->client);
	const bool has_output = output.len > 0;
	if (has_output) {
		BIO_write(SSL_get_rbio(pair->server), output.data, (int)output.len);
		pair->ops->output_consume(pair->client, output.len);
	}
	if (!SSL_is_init_finished(pair->server))
		SSL_do_handshake(pair->server);
	else
		(void)SSL_read(pair->server, plain, sizeof(plain));
	const int n = BIO_read(SSL_get_wbio(pair->server), buffer, sizeof(buffer));
	if (n > 0 && pair->breaks_signatures)
		break_signature(buffer, (size_t)n);
	if (n <= 0)
		return has_output;
	if (pair->flip >= pair->received && pair->flip < pair->received + (size_t)n)
		buffer[pair->flip - pair->received] ^= 1;
	pair->received += (size_t)n;
	feed(pair, (struct bytes){buffer, (size_t)n});
	return true;
}

void load_pair_move(struct load_pair *pair)
{
	for (unsigned i = 0; i < 100 && turn(pair); i++)
		;
}

bool load_pair_run(struct load_pair *pair, const char *name, bool verify, const struct load_ticket *ticket)
{
	const struct load_tls_start start = {.random = &pair->random,
		.server_name = {(const uint8_t *)name, strlen(name)},
		.verify = verify,
		.ticket = ticket,
		.wants_ticket = true,
		.now_ms = 1000};
	/* libssl drops a session from its cache whose connection ends without a close. */
	if (pair->server && SSL_is_init_finished(pair->server))
		SSL_set_shutdown(pair->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(pair->server);
	pair->server = SSL_new(pair->server_context);
	SSL_set_bio(pair->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(pair->server);
	pair->result = LOAD_TLS_WANT_INPUT;
	pair->plain_len = pair->received = 0;
	memset(pair->plain, 0, sizeof(pair->plain));
	if (!pair->ops->start(pair->client, &start))
		return false;
	load_pair_move(pair);
	return pair->result != LOAD_TLS_FAILED && pair->ops->is_established(pair->client) &&
	       SSL_is_init_finished(pair->server);
}

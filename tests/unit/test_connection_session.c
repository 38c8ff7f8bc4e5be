/* SPDX-License-Identifier: BSD-3-Clause */
/* Resumption as a client of the whole path sees it: first the certificate is chosen, then a ticket may count. */
#include "client_world.h"
#include "connection.h"
#include "eal.h"
#include "test_certificates.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define HOST  "cawl.nau.edu"
#define OTHER "www.nau.edu"

static struct test_certificates_ca ca;
static struct test_certificates_pair first, newer;
static struct certificate_chains *chains;
static SSL_CTX *client_ctx;
static struct client_world *world;

static struct config_binding store_binding = {.ip_kind = CONFIG_BIND_ANY,
	.port = 443,
	.ssl_flags = CONFIG_SSL_SNI | CONFIG_SSL_CENTRAL_STORE,
	.backend = "builtin:status"};

static struct host_name name_of(const char *text)
{
	struct host_name name = {.len = (uint8_t)strlen(text)};
	memcpy(name.text, text, name.len);
	return name;
}

static void begin(void)
{
	store_binding.host = name_of(HOST);
	CU_ASSERT_TRUE_FATAL(client_world_init(world, &store_binding, 1));
}

static void end(void)
{
	client_world_pass(world, 5000000);
	CU_ASSERT_TRUE(client_world_is_empty(world));
	client_world_fini(world);
}

static void publish(const char *name, struct test_certificates_pair *pair)
{
	struct host_name key = name_of(name);
	struct certificate *certificate = test_certificates_pack(&ca, chains, pair, 1, HOST ".pfx");
	CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
	CU_ASSERT_EQUAL_FATAL(cert_table_writer_publish(world->shared.certificates, &key, certificate), 0);
}

static uint64_t stat(enum stat which)
{
	return stats_get_mt(&world->server.stats, which);
}

/* Connect and greet, with a ticket if there is one; client_world_settle() goes on. */
static void greet(struct client_world_peer *peer, const char *name, int version, SSL_SESSION *ticket)
{
	char hello[4096];
	client_world_connect(world, peer, NULL, NULL);
	SSL *ssl = SSL_new(client_ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	SSL_set_tlsext_host_name(ssl, name);
	SSL_set_max_proto_version(ssl, version);
	if (ticket != NULL) {
		SSL_SESSION *copy = SSL_SESSION_dup(ticket); /* a client ends the session that it replaces */
		SSL_set_session(ssl, copy);
		SSL_SESSION_free(copy);
	}
	CU_ASSERT_EQUAL(SSL_do_handshake(ssl), -1);
	int n = BIO_read(SSL_get_wbio(ssl), hello, sizeof(hello));
	peer->ssl = ssl;
	client_world_send(world, peer, hello, (size_t)n);
}

/* @return the ticket that came; the caller frees it. */
static SSL_SESSION *visit(const char *name, int version, SSL_SESSION *ticket)
{
	struct client_world_peer peer;
	greet(&peer, name, version, ticket);
	CU_ASSERT_TRUE_FATAL(peer.handshake_done);
	SSL_SESSION *session = SSL_get1_session(peer.ssl);
	SSL_set_shutdown(peer.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* or the session ends with it */
	client_world_part(world, &peer);
	return session;
}

/* @param counter  what the handshake adds 1 to. */
static void expect(const char *name, int version, SSL_SESSION *ticket, enum stat counter)
{
	uint64_t before = stat(counter), resumed = stat(STAT_HANDSHAKES_RESUMED);
	SSL_SESSION_free(visit(name, version, ticket));
	CU_ASSERT_EQUAL(stat(counter), before + 1);
	CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES_RESUMED), resumed + (counter == STAT_HANDSHAKES_RESUMED));
}

/* Resumed where the ticket was made; elsewhere, or with another certificate, a full handshake, counted by its cause. */
static void test_resumption_is_counted(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		begin();
		publish(HOST, &first);
		publish(OTHER, &first);
		SSL_SESSION *ticket = visit(HOST, version, NULL);
		CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES_RESUMED), 0);
		expect(HOST, version, ticket, STAT_HANDSHAKES_RESUMED);
		expect(OTHER, version, ticket, STAT_TICKETS_OTHER_NAME); /* the same certificate for another name */
		publish(HOST, &newer);
		expect(HOST, version, ticket, STAT_TICKETS_OTHER_CERTIFICATE);
		publish(HOST, &first);
		expect(HOST, version, ticket, STAT_HANDSHAKES_RESUMED);
		store_binding.ssl_flags ^= CONFIG_SSL_NO_HTTP2; /* the binding is another now */
		expect(HOST, version, ticket, STAT_TICKETS_OTHER_NAME);
		store_binding.ssl_flags ^= CONFIG_SSL_NO_HTTP2;
		CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES), 6);
		SSL_SESSION_free(ticket);
		end();
	}
}

static void test_option_turns_it_off(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		begin();
		publish(HOST, &first);
		SSL_SESSION *ticket = visit(HOST, version, NULL);
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(ticket), 1);
		world->config.tls.session_tickets = false;
		SSL_SESSION *none = visit(HOST, version, ticket);
		CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES), 2);
		CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES_RESUMED), 0);
		SSL_SESSION_free(none);
		none = visit(HOST, version, NULL);
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(none), 0);
		SSL_SESSION_free(none);
		SSL_SESSION_free(ticket);
		end();
	}
}

/* A name that has gone is refused, whatever ticket the client has. */
static void test_removed_name_is_not_resumed(void)
{
	const struct host_name key = name_of(HOST);
	struct client_world_peer peer;
	begin();
	publish(HOST, &first);
	SSL_SESSION *ticket = visit(HOST, TLS1_3_VERSION, NULL);
	CU_ASSERT_EQUAL(cert_table_writer_remove(world->shared.certificates, &key), 0);
	greet(&peer, HOST, TLS1_3_VERSION, ticket);
	CU_ASSERT_FALSE(peer.handshake_done);
	CU_ASSERT_EQUAL(stats_get_drop_mt(&world->server.stats, DROP_NO_BINDING_NAME), 1);
	CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES), 1);
	SSL_SESSION_free(ticket);
	client_world_part(world, &peer);
	end();
}

/* The daemon stops: who has its answer is told so in TLS, who waits for one, or shakes hands, by RST. */
static void test_taking_leave(void)
{
	struct client_world_peer open, greeting, silent;
	char hello[] = "\x16\x03\x01\x02";
	begin();
	publish(HOST, &first);
	greet(&open, HOST, TLS1_3_VERSION, NULL);
	CU_ASSERT_TRUE_FATAL(open.handshake_done);
	client_world_connect(world, &greeting, NULL, NULL);
	client_world_send(world, &greeting, hello, sizeof(hello) - 1);
	client_world_connect(world, &silent, NULL, NULL);
	CU_ASSERT_EQUAL(connection_pool_take_leave(world->pool, world->now_us), 1);
	client_world_settle(world);
	CU_ASSERT_EQUAL(SSL_get_shutdown(open.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	CU_ASSERT_TRUE(open.eof && !open.closed);
	CU_ASSERT_TRUE(greeting.closed && !greeting.eof);
	CU_ASSERT_TRUE(silent.closed && !silent.eof);
	client_world_part(world, &open);
	CU_ASSERT_EQUAL(connection_pool_take_leave(world->pool, world->now_us), 0);
	client_world_part(world, &greeting);
	client_world_part(world, &silent);
	end();
}

/* An answer that has not left whole must not look whole. */
static void test_taking_leave_in_an_answer(void)
{
	struct client_world_peer peer;
	char request[] = "GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n", data[4096];
	begin();
	publish(HOST, &first);
	world->config.limits.keepalive_requests = 10000;
	greet(&peer, HOST, TLS1_3_VERSION, NULL);
	CU_ASSERT_TRUE_FATAL(peer.handshake_done);
	/* Nothing is read at the other end: many requests fill TCP's buffers and stay in the server. */
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(SSL_write(peer.ssl, request, sizeof(request) - 1), sizeof(request) - 1);
	tcp_conn_set_user(peer.tcp, NULL);
	for (int n; (n = BIO_read(SSL_get_wbio(peer.ssl), data, sizeof(data))) > 0;)
		CU_ASSERT_EQUAL(tcp_conn_send(peer.tcp, (struct bytes){(const uint8_t *)data, (size_t)n}), n);
	client_world_settle(world);
	CU_ASSERT_TRUE(stat(STAT_REQUESTS) > 10 && stat(STAT_REQUESTS) < 1000);
	CU_ASSERT_EQUAL(connection_pool_take_leave(world->pool, world->now_us), 0); /* reset */
	client_world_settle(world);
	CU_ASSERT_EQUAL(tcp_conn_close_reason(peer.tcp), TCP_CLOSE_RESET);
	client_world_part(world, &peer);
	end();
}

static bool make_all(void)
{
	client_ctx = SSL_CTX_new(TLS_client_method());
	chains = certificate_chains_create();
	world = malloc(sizeof(*world));
	return client_ctx != NULL && chains != NULL && world != NULL && test_certificates_ca_init(&ca) &&
	       test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, HOST, 30, &first) &&
	       test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, HOST, 60, &newer);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"resumption is counted, and what is refused by its cause", test_resumption_is_counted},
		{"the option turns it off", test_option_turns_it_off},
		{"a name that has gone is not resumed", test_removed_name_is_not_resumed},
		{"taking leave", test_taking_leave},
		{"taking leave in the middle of an answer", test_taking_leave_in_an_answer},
		CU_TEST_INFO_NULL,
	};
	if (!eal_start(64, "0") || !make_all())
		return 1;
	int result = unit_run("connection_session", tests);
	free(world);
	test_certificates_pair_fini(&first);
	test_certificates_pair_fini(&newer);
	test_certificates_ca_fini(&ca);
	certificate_chains_destroy(chains);
	SSL_CTX_free(client_ctx);
	return result;
}

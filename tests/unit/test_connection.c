/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection.h"
#include "client_world.h"
#include "eal.h"
#include "test_certificates.h"
#include "tls_alert.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define HOST "cawl.nau.edu"

static struct test_certificates_ca ca;
static struct test_certificates_pair pair;
static struct certificate_chains *chains;
static SSL_CTX *client_ctx;
static struct client_world *world;
static struct client_world_peer *peers;
enum { MAX_PEERS = 2000 };

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

static void publish(const char *name)
{
	struct host_name key = name_of(name);
	struct certificate *certificate = test_certificates_pack(&ca, chains, &pair, 1, HOST ".pfx");
	CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
	CU_ASSERT_EQUAL_FATAL(cert_table_writer_publish(world->shared.certificates, &key, certificate), 0);
}

static void make_index(const char *name)
{
	struct host_name key = name_of(name);
	CU_ASSERT_EQUAL_FATAL(cert_table_writer_index(world->shared.certificates, &key), 0);
}

static uint64_t drops(enum drop_reason reason)
{
	return stats_get_drop_mt(&world->server.stats, reason);
}

static uint64_t stat(enum stat which)
{
	return stats_get_mt(&world->server.stats, which);
}

static bool got_alert(const struct client_world_peer *peer, uint8_t alert)
{
	const uint8_t record[] = {21, 3, 3, 0, 2, 2, alert};
	return peer->n_received == sizeof(record) && memcmp(peer->received, record, sizeof(record)) == 0;
}

/* A whole ClientHello record as OpenSSL sends it. */
static size_t make_hello(const char *name, uint8_t *hello, size_t size)
{
	SSL *ssl = SSL_new(client_ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	if (name)
		SSL_set_tlsext_host_name(ssl, name);
	CU_ASSERT_EQUAL(SSL_do_handshake(ssl), -1);
	int n = BIO_read(SSL_get_wbio(ssl), hello, (int)size);
	SSL_free(ssl);
	CU_ASSERT_FATAL(n > 0);
	return (size_t)n;
}

static void request(struct client_world_peer *peer, const char *text)
{
	char data[4096];
	int n;
	CU_ASSERT_EQUAL(SSL_write(peer->ssl, text, (int)strlen(text)), (int)strlen(text));
	while ((n = BIO_read(SSL_get_wbio(peer->ssl), data, sizeof(data))) > 0)
		client_world_send(world, peer, data, (size_t)n);
}

static bool page_says(struct client_world_peer *peer, const char *text)
{
	peer->received[peer->n_received < sizeof(peer->received) ? peer->n_received : sizeof(peer->received) - 1] = 0;
	return strstr((const char *)peer->received, text) != NULL;
}

static void test_request_is_answered(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		begin();
		publish(HOST);
		client_world_connect(world, peers, client_ctx, HOST);
		SSL_set_max_proto_version(peers->ssl, version);
		client_world_settle(world);
		CU_ASSERT_TRUE_FATAL(peers->handshake_done);
		CU_ASSERT_EQUAL(SSL_get_verify_result(peers->ssl), X509_V_OK);
		request(peers, "GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n");
		CU_ASSERT_TRUE(page_says(peers, "HTTP/1.1 200"));
		CU_ASSERT_TRUE(page_says(peers, HOST ".pfx"));
		CU_ASSERT_TRUE(page_says(peers, "3 (store)"));
		CU_ASSERT_FALSE(peers->eof);
		peers->n_received = 0;
		request(peers, "GET / HTTP/1.1\r\nHost: " HOST "\r\nConnection: close\r\n\r\n");
		CU_ASSERT_TRUE(page_says(peers, "HTTP/1.1 200"));
		CU_ASSERT_TRUE(peers->eof);
		CU_ASSERT_EQUAL(SSL_get_shutdown(peers->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
		CU_ASSERT_EQUAL(stat(STAT_HANDSHAKES), 1);
		CU_ASSERT_EQUAL(stat(STAT_REQUESTS), 2);
		client_world_part(world, peers);
		end();
	}
}

static void test_hello_one_byte_per_segment(void)
{
	uint8_t hello[1024];
	begin();
	publish(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	client_world_connect(world, peers, NULL, NULL);
	for (size_t i = 0; i + 1 < n; i++)
		client_world_send(world, peers, hello + i, 1);
	CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), 0); /* nothing of TLS before the last byte */
	CU_ASSERT_EQUAL(peers->n_received, 0);
	client_world_send(world, peers, hello + n - 1, 1);
	CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), 1);
	CU_ASSERT_FATAL(peers->n_received > 5);
	CU_ASSERT_EQUAL(peers->received[0], 22); /* ServerHello */
	client_world_part(world, peers);
	end();
}

static void test_refusals(void)
{
	static const struct {
		const char *what, *name;
		uint8_t alert;
		enum drop_reason reason;
	} rows[] = {
		{"a name that is not on the share", "other.example", TLS_ALERT_UNRECOGNIZED_NAME, DROP_NO_BINDING_NAME},
		{"no name", NULL, TLS_ALERT_HANDSHAKE_FAILURE, DROP_NO_BINDING_NO_NAME},
		{"not a host name", "a..example", TLS_ALERT_UNRECOGNIZED_NAME, DROP_NAME_INVALID},
		{"an address is no name", "192.0.2.10", TLS_ALERT_HANDSHAKE_FAILURE, DROP_NO_BINDING_NO_NAME},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t hello[1024];
		begin();
		publish(HOST);
		size_t n = make_hello(rows[i].name, hello, sizeof(hello));
		client_world_connect(world, peers, NULL, NULL);
		client_world_send(world, peers, hello, n);
		CU_ASSERT_TRUE(got_alert(peers, rows[i].alert));
		CU_ASSERT_TRUE(peers->eof);
		CU_ASSERT_EQUAL(drops(rows[i].reason), 1);
		CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), 0);
		client_world_part(world, peers);
		end();
	}
}

static void test_no_match_reset(void)
{
	uint8_t hello[1024];
	begin();
	world->config.tls.no_match = CONFIG_NO_MATCH_RESET;
	size_t n = make_hello("other.example", hello, sizeof(hello));
	client_world_connect(world, peers, NULL, NULL);
	client_world_send(world, peers, hello, n);
	CU_ASSERT_EQUAL(peers->n_received, 0);
	CU_ASSERT_TRUE(peers->closed);
	CU_ASSERT_EQUAL(peers->reason, TCP_CLOSE_RESET);
	client_world_part(world, peers);
	end();
}

static void test_garbage_makes_no_session(void)
{
	begin();
	client_world_connect(world, peers, NULL, NULL);
	client_world_send(world, peers, "GET / HTTP/1.1\r\n\r\n", 18);
	CU_ASSERT_EQUAL(peers->n_received, 0); /* not TLS: no alert that it could not read */
	CU_ASSERT_TRUE(peers->eof);
	CU_ASSERT_EQUAL(drops(DROP_HELLO_NOT_TLS), 1);
	client_world_part(world, peers);
	end();
}

static void test_parked_until_loaded(void)
{
	begin();
	make_index(HOST);
	client_world_connect(world, &peers[0], client_ctx, HOST);
	client_world_connect(world, &peers[1], client_ctx, HOST);
	CU_ASSERT_EQUAL(world->n_loads, 1); /* single flight */
	CU_ASSERT_STRING_EQUAL(world->loads[0].text, HOST);
	CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), 2);
	CU_ASSERT_FALSE(peers[0].handshake_done);
	publish(HOST);
	connection_certificate_loaded(world->pool, &world->loads[0], world->now_us);
	client_world_settle(world);
	CU_ASSERT_TRUE(peers[0].handshake_done);
	CU_ASSERT_TRUE(peers[1].handshake_done);
	CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), 0);
	client_world_part(world, &peers[0]);
	client_world_part(world, &peers[1]);
	end();
}

static void test_parked_file_is_broken(void)
{
	uint8_t hello[1024];
	begin();
	make_index(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	client_world_connect(world, peers, NULL, NULL);
	client_world_send(world, peers, hello, n);
	struct host_name key = name_of(HOST);
	CU_ASSERT_EQUAL(cert_table_writer_break(world->shared.certificates, &key, CERTIFICATE_FAULT_WRONG_PASSWORD), 0);
	connection_certificate_loaded(world->pool, &key, world->now_us);
	client_world_settle(world);
	CU_ASSERT_TRUE(got_alert(peers, TLS_ALERT_INTERNAL_ERROR));
	CU_ASSERT_EQUAL(drops(DROP_CERT_UNUSABLE), 1);
	client_world_part(world, peers);
	end();
}

static void test_parked_is_bounded_in_time_and_number(void)
{
	uint8_t hello[1024];
	begin();
	make_index(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	for (int i = 0; i < 5; i++) {
		client_world_connect(world, &peers[i], NULL, NULL);
		client_world_send(world, &peers[i], hello, n);
	}
	CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), 4);
	CU_ASSERT_EQUAL(drops(DROP_PARKED_FULL), 1);
	CU_ASSERT_TRUE(got_alert(&peers[4], TLS_ALERT_INTERNAL_ERROR));
	client_world_pass(world, 2900000);
	CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), 4);
	client_world_pass(world, 200000);
	CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), 0);
	CU_ASSERT_EQUAL(drops(DROP_CERT_LOAD_TIMEOUT), 4);
	CU_ASSERT_TRUE(got_alert(&peers[0], TLS_ALERT_INTERNAL_ERROR));
	for (int i = 0; i < 5; i++)
		client_world_part(world, &peers[i]);
	end();
}

static void test_full_ring_gives_the_claim_back(void)
{
	uint8_t hello[1024];
	begin();
	make_index(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	world->refuse_loads = true;
	client_world_connect(world, &peers[0], NULL, NULL);
	client_world_send(world, &peers[0], hello, n);
	CU_ASSERT_EQUAL(world->n_loads, 0);
	world->refuse_loads = false;
	client_world_connect(world, &peers[1], NULL, NULL);
	client_world_send(world, &peers[1], hello, n);
	CU_ASSERT_EQUAL(world->n_loads, 1);
	client_world_part(world, &peers[0]);
	client_world_part(world, &peers[1]);
	end();
}

static void test_half_sent_hellos_are_cheap_and_closed(void)
{
	uint8_t hello[1024];
	begin();
	publish(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	for (int i = 0; i < MAX_PEERS; i++) {
		client_world_connect(world, &peers[i], NULL, NULL);
		client_world_send(world, &peers[i], hello, n / 2);
	}
	CU_ASSERT_EQUAL(stat(STAT_CONNECTIONS_NOW), MAX_PEERS);
	CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), 0);
	CU_ASSERT(stat(STAT_TCP_BLOCKS_NOW) <= MAX_PEERS); /* one block of 2 KiB each */
	client_world_pass(world, 5100000);
	CU_ASSERT_EQUAL(stat(STAT_CONNECTIONS_NOW), 0);
	CU_ASSERT_EQUAL(drops(DROP_HELLO_TIMEOUT), MAX_PEERS);
	for (int i = 0; i < MAX_PEERS; i++)
		client_world_part(world, &peers[i]);
	end();
}

static void test_reset_in_every_phase(void)
{
	uint8_t hello[1024];
	for (int phase = 0; phase < 4; phase++) {
		begin();
		size_t n = make_hello(HOST, hello, sizeof(hello));
		if (phase == 1)
			make_index(HOST);
		else
			publish(HOST);
		client_world_connect(world, peers, phase == 3 ? client_ctx : NULL, HOST);
		if (phase < 3)
			client_world_send(world, peers, hello, phase == 0 ? n / 2 : n);
		CU_ASSERT_EQUAL(stat(STAT_CONNECTIONS_NOW), 1);
		CU_ASSERT_EQUAL(stat(STAT_PARKED_NOW), phase == 1);
		CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), phase >= 2);
		CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_ABANDONED), 0);
		tcp_conn_abort(peers->tcp);
		client_world_settle(world);
		CU_ASSERT_EQUAL(stat(STAT_CONNECTIONS_NOW), 0);
		CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_ABANDONED), phase < 3); /* in the last one it has ended */
		client_world_part(world, peers);
		end();
	}
}

/* What TLS itself refuses: counted apart where the reason is a setting of ours. */
/* By FIN: with half a ClientHello, and with all of it and nothing after. */
static void test_leaving_is_counted(void)
{
	uint8_t hello[1024];
	for (unsigned whole = 0; whole < 2; whole++) {
		begin();
		size_t n = make_hello(HOST, hello, sizeof(hello));
		publish(HOST);
		client_world_connect(world, peers, NULL, HOST);
		client_world_send(world, peers, hello, whole ? n : n / 2);
		tcp_conn_close(peers->tcp);
		client_world_settle(world);
		CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_ABANDONED), 1);
		CU_ASSERT_EQUAL(stat(STAT_SESSIONS_NOW), 0);
		client_world_part(world, peers);
		end();
	}
}

static void test_failed_handshakes(void)
{
	begin();
	publish(HOST);
	SSL_CTX_set_alpn_protos(client_ctx,
		(const unsigned char *)"\x03"
				       "ftp",
		4);
	client_world_connect(world, &peers[0], client_ctx, HOST);
	CU_ASSERT_FALSE(peers[0].handshake_done);
	CU_ASSERT_EQUAL(drops(DROP_ALPN_MISMATCH), 1);
	CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_FAILED), 0);
	SSL_CTX_set_alpn_protos(client_ctx, NULL, 0);
	SSL_CTX_set1_groups_list(client_ctx, "X448");
	client_world_connect(world, &peers[1], client_ctx, HOST);
	CU_ASSERT_FALSE(peers[1].handshake_done);
	CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_FAILED), 1);
	SSL_CTX_set1_groups_list(client_ctx, "X25519:P-256");
	CU_ASSERT_EQUAL(drops(DROP_ALPN_MISMATCH), 1);
	client_world_part(world, &peers[0]);
	client_world_part(world, &peers[1]);
	end();
}

static void test_handshake_and_idle_time_out(void)
{
	uint8_t hello[1024];
	begin();
	publish(HOST);
	size_t n = make_hello(HOST, hello, sizeof(hello));
	client_world_connect(world, &peers[0], NULL, NULL);
	client_world_send(world, &peers[0], hello, n); /* and never the client's Finished */
	client_world_connect(world, &peers[1], client_ctx, HOST);
	CU_ASSERT_TRUE(peers[1].handshake_done);
	client_world_pass(world, 10100000);
	CU_ASSERT_EQUAL(drops(DROP_HANDSHAKE_TIMEOUT), 1);
	CU_ASSERT_EQUAL(peers[0].reason, TCP_CLOSE_RESET);
	CU_ASSERT_FALSE(peers[1].eof);
	client_world_pass(world, 50000000);
	CU_ASSERT_EQUAL(drops(DROP_IDLE_TIMEOUT), 1);
	CU_ASSERT_TRUE(peers[1].eof);
	CU_ASSERT_EQUAL(SSL_get_shutdown(peers[1].ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	client_world_part(world, &peers[0]);
	client_world_part(world, &peers[1]);
	end();
}

static void test_broken_record_closes(void)
{
	begin();
	publish(HOST);
	client_world_connect(world, peers, client_ctx, HOST);
	CU_ASSERT_TRUE_FATAL(peers->handshake_done);
	client_world_send(world, peers,
		"\x17\x03\x03\x00\x20"
		"0123456789abcdef0123456789abcdef",
		37);
	CU_ASSERT_EQUAL(drops(DROP_RECORD_BAD), 1);
	CU_ASSERT_TRUE(peers->eof);
	client_world_part(world, peers);
	end();
}

static void test_snapshot(void)
{
	struct worker_connection_row rows[2];
	struct worker_snapshot snapshot = {.rows = rows, .capacity = 2};
	begin();
	publish(HOST);
	for (int i = 0; i < 3; i++)
		client_world_connect(world, &peers[i], i == 0 ? client_ctx : NULL, HOST);
	connection_fill_snapshot(world->pool, &snapshot, world->now_us);
	CU_ASSERT_EQUAL(snapshot.total, 3);
	CU_ASSERT_EQUAL_FATAL(snapshot.n, 2); /* no more than there is room for */
	CU_ASSERT_STRING_EQUAL(rows[0].phase, "hello");
	snapshot.capacity = 1;
	client_world_part(world, &peers[1]);
	client_world_part(world, &peers[2]);
	connection_fill_snapshot(world->pool, &snapshot, world->now_us);
	CU_ASSERT_EQUAL_FATAL(snapshot.n, 1);
	CU_ASSERT_STRING_EQUAL(rows[0].phase, "open");
	CU_ASSERT_STRING_EQUAL(rows[0].name, HOST);
	CU_ASSERT_STRING_EQUAL(rows[0].version, "TLSv1.3");
	CU_ASSERT_EQUAL(rows[0].local_port, 443);
	client_world_part(world, &peers[0]);
	end();
}

static bool make_all(void)
{
	world = malloc(sizeof(*world));
	peers = calloc(MAX_PEERS, sizeof(*peers));
	chains = certificate_chains_create();
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (!eal_start(256, "0") || !world || !peers || !chains || !client_ctx)
		return false;
	return test_certificates_ca_init(&ca) &&
	       test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, HOST, 90, &pair) &&
	       X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), ca.root) == 1;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a request is answered, kept alive, then closed as asked", test_request_is_answered},
		{"a ClientHello of one byte per segment", test_hello_one_byte_per_segment},
		{"names without a certificate get the right alert", test_refusals},
		{"no_match = reset", test_no_match_reset},
		{"garbage gets no session and no alert", test_garbage_makes_no_session},
		{"handshakes wait for a lazy load, asked for once", test_parked_until_loaded},
		{"the file waited for is broken", test_parked_file_is_broken},
		{"waiting is bounded in time and in number", test_parked_is_bounded_in_time_and_number},
		{"a full ring to control does not lose a name", test_full_ring_gives_the_claim_back},
		{"2,000 half-sent ClientHellos cost a block each and are closed",
			test_half_sent_hellos_are_cheap_and_closed},
		{"a reset in every phase leaves nothing behind", test_reset_in_every_phase},
		{"who leaves before the handshake ends is counted", test_leaving_is_counted},
		{"failed handshakes", test_failed_handshakes},
		{"handshake and idle time-outs", test_handshake_and_idle_time_out},
		{"a forged record closes the connection", test_broken_record_closes},
		{"show connections", test_snapshot},
		CU_TEST_INFO_NULL,
	};
	if (!make_all())
		return 2;
	int status = unit_run("connection", tests);
	test_certificates_pair_fini(&pair);
	test_certificates_ca_fini(&ca);
	certificate_chains_destroy(chains);
	SSL_CTX_free(client_ctx);
	free(peers);
	free(world);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many full TLS handshakes from one thread: handshake_load IP PORT NAME COUNT PARALLEL 1.2|1.3 [FLAVOUR]
 * Each connection: connect, handshake, close_notify, close. FLAVOUR "abrupt" leaves without a word after the handshake,
 * in turns by FIN and by RST; "request" asks for a page first. Prints one line: how many, how fast, and how long it
 * took from connect() to the end of the handshake. Exits 1 if a handshake failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A connection that makes no progress for this long has failed. */
#define STALL_MS 10000

enum flavour { FLAVOUR_CLEAN, FLAVOUR_ABRUPT, FLAVOUR_REQUEST };

struct load {
	struct sockaddr_storage server;
	socklen_t server_size;
	const char *name;
	enum flavour flavour;
	unsigned long wanted, started, completed, failed;
	double *took_ms; /* of each completed handshake */
	SSL_CTX *context;
	int epoll;
};

struct client {
	SSL *tls;
	int socket;
	bool has_handshake, has_asked;
	double began_s, took_ms;
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool parse_server(struct load *load, const char *ip, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&load->server;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&load->server;
	in_port_t port_be = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port_be;
		load->server_size = sizeof(*v4);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port_be;
	load->server_size = sizeof(*v6);
	return inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1;
}

static void start_client(struct load *load, struct client *client)
{
	*client = (struct client){
		.socket = socket(load->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), .began_s = now_s()};
	client->tls = SSL_new(load->context);
	load->started++;
	if (client->socket < 0 || !client->tls ||
		(connect(client->socket, (struct sockaddr *)&load->server, load->server_size) < 0 &&
			errno != EINPROGRESS)) {
		perror("handshake_load: connect");
		exit(2);
	}
	SSL_set_fd(client->tls, client->socket);
	SSL_set_tlsext_host_name(client->tls, load->name);
	SSL_set_connect_state(client->tls);
	struct epoll_event event = {.events = EPOLLOUT | EPOLLIN | EPOLLET, .data.ptr = client};
	epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->socket, &event);
}

static void end_client(struct load *load, struct client *client, bool ok)
{
	if (ok)
		load->took_ms[load->completed++] = client->took_ms;
	load->failed += !ok;
	if (!ok && load->failed <= 5)
		fprintf(stderr, "failed: %s\n", ERR_reason_error_string(ERR_peek_error()));
	ERR_clear_error();
	if (ok && load->flavour != FLAVOUR_ABRUPT)
		SSL_shutdown(client->tls);
	bool reset = load->flavour == FLAVOUR_ABRUPT && load->completed % 2 == 0;
	const struct linger abort_now = {.l_onoff = 1, .l_linger = 0};
	if (reset)
		setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &abort_now, sizeof(abort_now));
	SSL_free(client->tls);
	close(client->socket);
	client->tls = NULL;
	if (load->started < load->wanted)
		start_client(load, client);
}

static bool wants_more(struct client *client, int result)
{
	int reason = SSL_get_error(client->tls, result);
	return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

static void drive_client(struct load *load, struct client *client)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n";
	char page[4096];
	int result;
	if (!client->has_handshake) {
		result = SSL_do_handshake(client->tls);
		if (result != 1) {
			if (!wants_more(client, result))
				end_client(load, client, false);
			return;
		}
		client->has_handshake = true;
		client->took_ms = (now_s() - client->began_s) * 1e3;
	}
	if (load->flavour != FLAVOUR_REQUEST) {
		end_client(load, client, true);
		return;
	}
	if (!client->has_asked)
		client->has_asked = SSL_write(client->tls, request, sizeof(request) - 1) > 0;
	result = SSL_read(client->tls, page, sizeof(page));
	if (result > 0 || !wants_more(client, result))
		end_client(load, client, result > 12 && memcmp(page, "HTTP/1.1 200", 12) == 0);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_result(struct load *load, double took_s)
{
	unsigned long n = load->completed;
	qsort(load->took_ms, n, sizeof(load->took_ms[0]), by_value);
	printf("%lu handshakes, %lu failed, %.1f s, %.0f per second, ms: p50 %.2f p99 %.2f worst %.2f\n", n,
		load->failed, took_s, (double)n / took_s, n > 0 ? load->took_ms[n / 2] : 0,
		n > 0 ? load->took_ms[n * 99 / 100] : 0, n > 0 ? load->took_ms[n - 1] : 0);
}

static int run(struct load *load, unsigned long parallel)
{
	struct client *clients = calloc(parallel, sizeof(*clients));
	struct epoll_event events[256];
	double began = now_s();
	load->epoll = epoll_create1(0);
	load->took_ms = calloc(load->wanted + 1, sizeof(load->took_ms[0]));
	if (!clients || !load->took_ms || load->epoll < 0)
		return 2;
	for (unsigned long i = 0; i < parallel && i < load->wanted; i++)
		start_client(load, &clients[i]);
	while (load->completed + load->failed < load->wanted) {
		int n = epoll_wait(load->epoll, events, sizeof(events) / sizeof(events[0]), STALL_MS);
		if (n == 0) {
			fprintf(stderr, "nothing happened for %d ms\n", STALL_MS);
			load->failed = load->wanted - load->completed;
		}
		for (int i = 0; i < n; i++)
			drive_client(load, events[i].data.ptr);
	}
	print_result(load, now_s() - began);
	free(load->took_ms);
	free(clients);
	return load->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct load load = {0};
	if (argc < 7 || !parse_server(&load, argv[1], argv[2])) {
		fprintf(stderr, "usage: handshake_load IP PORT NAME COUNT PARALLEL 1.2|1.3 [abrupt|request]\n");
		return 2;
	}
	load.name = argv[3];
	load.wanted = strtoul(argv[4], NULL, 10);
	load.flavour = argc < 8 ? FLAVOUR_CLEAN : strcmp(argv[7], "abrupt") == 0 ? FLAVOUR_ABRUPT : FLAVOUR_REQUEST;
	int version = strcmp(argv[6], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	load.context = SSL_CTX_new(TLS_client_method());
	if (!load.context || !SSL_CTX_set_min_proto_version(load.context, version) ||
		!SSL_CTX_set_max_proto_version(load.context, version))
		return 2;
	SSL_CTX_set_session_cache_mode(load.context, SSL_SESS_CACHE_OFF);
	int status = run(&load, strtoul(argv[5], NULL, 10));
	SSL_CTX_free(load.context);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many full TLS handshakes from one thread: handshake_load [OPTIONS] IP PORT NAME COUNT PARALLEL 1.2|1.3 [FLAVOUR]
 * Each connection: connect, handshake, close_notify, close. COUNT 0: until SIGTERM. NAME @FILE: the names of its lines
 * in turn; NAME "random": another one each time, under random.test. FLAVOUR "abrupt" leaves without a word after the
 * handshake, in turns by FIN and by RST; "request" asks for a page first; "refused" wants each handshake refused by
 * alert 112.
 *
 *   --rate N        start N handshakes a second, however long they take; else each as soon as another has ended
 *   --serial N      count those that are served a certificate with another serial number than N
 *
 * Prints how many, how many failed, the rate, and how long it took from connect() (with --rate: from when it was due)
 * to the end of the handshake. Exits 1 if one failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A connection that makes no progress for this long has failed. */
#define STALL_MS 10000
/* Times are kept in steps of 0.01 ms up to 10 s. */
#define TIME_STEPS     1000000
#define TIME_STEP_S    0.00001
#define HOST_NAME_SIZE 254
#define ALERT_REASON   (SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME)

enum flavour { FLAVOUR_CLEAN, FLAVOUR_ABRUPT, FLAVOUR_REQUEST, FLAVOUR_REFUSED };

struct client {
	SSL *tls;
	int socket;
	double due_s, took_s;
	bool has_handshake, has_asked;
};

struct load {
	struct sockaddr_storage server;
	socklen_t server_size;
	const char *name;
	char **names;
	size_t n_names;
	enum flavour flavour;
	double rate, began_s;
	long serial;
	unsigned long wanted, parallel, started, completed, failed, stale;
	uint32_t times[TIME_STEPS];
	struct client *clients;
	SSL_CTX *context;
	int epoll;
};

static atomic_bool is_stopped; /* without a lock: a handler sets it */

static void stop(int number)
{
	(void)number;
	atomic_store_explicit(&is_stopped, true, memory_order_relaxed);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- arguments ------------------------------------------------------------------------------------------------------
 */

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

static bool read_names(struct load *load, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	while (file != NULL && getline(&line, &size, file) > 0) {
		char **names = realloc(load->names, (load->n_names + 1) * sizeof(*names));
		if (names == NULL)
			return false;
		load->names = names;
		line[strcspn(line, "\n")] = '\0';
		load->names[load->n_names++] = strdup(line);
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return load->n_names > 0;
}

static enum flavour parse_flavour(const char *text)
{
	static const char *const texts[] = {
		[FLAVOUR_ABRUPT] = "abrupt", [FLAVOUR_REQUEST] = "request", [FLAVOUR_REFUSED] = "refused"};
	for (size_t i = 1; text != NULL && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(text, texts[i]) == 0)
			return (enum flavour)i;
	return FLAVOUR_CLEAN;
}

static bool parse_options(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{"rate", required_argument, NULL, 'r'}, {"serial", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	load->serial = -1;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (option == 'r')
			load->rate = strtod(optarg, NULL);
		else if (option == 's')
			load->serial = strtol(optarg, NULL, 10);
		else
			return false;
	}
	return argc - optind >= 6;
}

static bool parse_arguments(struct load *load, int argc, char **argv)
{
	if (!parse_options(load, argc, argv) || !parse_server(load, argv[optind], argv[optind + 1]))
		return false;
	char **words = argv + optind;
	load->name = words[2];
	load->wanted = strtoul(words[3], NULL, 10);
	load->wanted = load->wanted == 0 ? ULONG_MAX : load->wanted;
	load->parallel = strtoul(words[4], NULL, 10);
	load->flavour = parse_flavour(words[6]);
	int version = strcmp(words[5], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	load->context = SSL_CTX_new(TLS_client_method());
	load->clients = calloc(load->parallel, sizeof(*load->clients));
	if (load->context == NULL || load->clients == NULL || !SSL_CTX_set_min_proto_version(load->context, version) ||
		!SSL_CTX_set_max_proto_version(load->context, version))
		return false;
	SSL_CTX_set_session_cache_mode(load->context, SSL_SESS_CACHE_OFF);
	return load->name[0] != '@' || read_names(load, load->name + 1);
}

/* --- one connection -------------------------------------------------------------------------------------------------
 */

static void set_name(const struct load *load, const struct client *client)
{
	char name[HOST_NAME_SIZE];
	if (load->n_names > 0)
		snprintf(name, sizeof(name), "%s", load->names[load->started % load->n_names]);
	else if (strcmp(load->name, "random") == 0)
		snprintf(name, sizeof(name), "%08lx-%lu.random.test", (unsigned long)random(), load->started);
	else
		snprintf(name, sizeof(name), "%s", load->name);
	SSL_set_tlsext_host_name(client->tls, name);
}

static void start_client(struct load *load, struct client *client, double due_s)
{
	*client = (struct client){
		.socket = socket(load->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), .due_s = due_s};
	client->tls = SSL_new(load->context);
	if (client->socket < 0 || !client->tls ||
		(connect(client->socket, (struct sockaddr *)&load->server, load->server_size) < 0 &&
			errno != EINPROGRESS)) {
		perror("handshake_load: connect");
		exit(2);
	}
	SSL_set_fd(client->tls, client->socket);
	set_name(load, client);
	load->started++;
	SSL_set_connect_state(client->tls);
	struct epoll_event event = {.events = EPOLLOUT | EPOLLIN | EPOLLET, .data.ptr = client};
	epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->socket, &event);
}

static void note_time(struct load *load, const struct client *client)
{
	size_t step = (size_t)(client->took_s / TIME_STEP_S);
	load->times[step < TIME_STEPS ? step : TIME_STEPS - 1]++;
}

static bool is_stale(const struct load *load, const struct client *client)
{
	X509 *leaf = load->serial >= 0 ? SSL_get0_peer_certificate(client->tls) : NULL;
	return leaf != NULL && ASN1_INTEGER_get(X509_get0_serialNumber(leaf)) != load->serial;
}

static void tell_failure(const struct load *load, const struct client *client)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	if (load->failed <= 5)
		fprintf(stderr, "failed: %s: %s\n", SSL_get_servername(client->tls, TLSEXT_NAMETYPE_host_name),
			reason != NULL ? reason : strerror(errno));
}

static void end_client(struct load *load, struct client *client, bool ok)
{
	load->completed += ok;
	load->failed += !ok;
	if (ok) {
		note_time(load, client);
		load->stale += is_stale(load, client);
	} else {
		tell_failure(load, client);
	}
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
}

static bool wants_more(struct client *client, int result)
{
	int reason = SSL_get_error(client->tls, result);
	return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

static void drive_request(struct load *load, struct client *client)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n";
	char page[4096];
	if (!client->has_asked)
		client->has_asked = SSL_write(client->tls, request, sizeof(request) - 1) > 0;
	int result = SSL_read(client->tls, page, sizeof(page));
	if (result > 0 || !wants_more(client, result))
		end_client(load, client, result > 12 && memcmp(page, "HTTP/1.1 200", 12) == 0);
}

static void drive_client(struct load *load, struct client *client)
{
	if (!client->has_handshake) {
		int result = SSL_do_handshake(client->tls);
		if (result != 1 && wants_more(client, result))
			return;
		bool was_refused = result != 1 && ERR_GET_REASON(ERR_peek_error()) == ALERT_REASON;
		client->has_handshake = result == 1;
		client->took_s = now_s() - client->due_s;
		if (result != 1 || load->flavour == FLAVOUR_REFUSED) {
			end_client(load, client, load->flavour == FLAVOUR_REFUSED && was_refused);
			return;
		}
	}
	if (load->flavour == FLAVOUR_REQUEST)
		drive_request(load, client);
	else
		end_client(load, client, true);
}

/* --- all of them ----------------------------------------------------------------------------------------------------
 */

static bool is_over(const struct load *load)
{
	return atomic_load_explicit(&is_stopped, memory_order_relaxed) || load->started >= load->wanted;
}

/* With a rate: what is due, as long as there are clients that rest. Without: every client that rests. */
static void start_due(struct load *load)
{
	for (unsigned long i = 0; i < load->parallel && !is_over(load); i++) {
		double due_s = load->rate > 0 ? load->began_s + (double)load->started / load->rate : now_s();
		if (due_s > now_s())
			return;
		if (load->clients[i].tls == NULL)
			start_client(load, &load->clients[i], due_s);
	}
}

static unsigned long count_open(const struct load *load)
{
	return load->started - load->completed - load->failed;
}

static void run(struct load *load)
{
	struct epoll_event events[256];
	double last_event_s = now_s();
	load->epoll = epoll_create1(0);
	load->began_s = now_s();
	while (count_open(load) > 0 || !is_over(load)) {
		start_due(load);
		int n = epoll_wait(load->epoll, events, sizeof(events) / sizeof(events[0]), load->rate > 0 ? 1 : 100);
		if (n > 0)
			last_event_s = now_s();
		if (count_open(load) > 0 && now_s() - last_event_s > STALL_MS / 1000.0) {
			fprintf(stderr, "nothing happened for %d ms\n", STALL_MS);
			load->failed += count_open(load);
			return;
		}
		for (int i = 0; i < n; i++)
			drive_client(load, events[i].data.ptr);
	}
}

/* The time that this share of the handshakes did not exceed, in ms. */
static double percentile_ms(const struct load *load, double share)
{
	double wanted = share * (double)load->completed, sum = 0;
	size_t step = 0;
	while (step < TIME_STEPS - 1 && sum + load->times[step] < wanted)
		sum += load->times[step++];
	return (double)(step + 1) * TIME_STEP_S * 1000;
}

static void report(const struct load *load)
{
	double took = now_s() - load->began_s;
	printf("%lu handshakes, %lu failed, %.1f s, %.0f per second, ms: p50 %.2f p99 %.2f worst %.2f\n",
		load->completed, load->failed, took, (double)load->completed / took, percentile_ms(load, 0.5),
		percentile_ms(load, 0.99), percentile_ms(load, 1));
	if (load->serial >= 0)
		printf("%lu stale\n", load->stale);
}

static void release(struct load *load)
{
	for (size_t i = 0; i < load->n_names; i++)
		free(load->names[i]);
	free(load->names);
	free(load->clients);
	SSL_CTX_free(load->context);
}

int main(int argc, char **argv)
{
	static struct load load;
	if (!parse_arguments(&load, argc, argv)) {
		fprintf(stderr,
			"usage: handshake_load [--rate N] [--serial N] IP PORT NAME|@FILE|random COUNT PARALLEL "
			"1.2|1.3 [abrupt|request|refused]\n");
		return 2;
	}
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	srandom((unsigned)getpid());
	run(&load);
	report(&load);
	int status = load.failed == 0 && load.stale == 0 ? 0 : 1;
	release(&load);
	return status;
}

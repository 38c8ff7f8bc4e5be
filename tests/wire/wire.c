/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire between two hosts, as bad as wanted: a TAP device in one network namespace, a TAP device in another, or in its
 * place a host of our own in this process. Runs until SIGTERM or SIGINT, then prints what happened to the frames.
 *
 *   wire a=NETNS b=NETNS|handfast [loss_ppm=1000] [delay_us=10000] [rate_kbit=100000] [queue_bytes=500000] ...
 *
 * Impairments hold for both directions, each with a generator of its own. a is 10.66.0.1, b is 10.66.0.2.
 */
#include "host.h"
#include "impair.h"
#include "tap.h"
#include "words.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
	/* Frames read from one TAP before the other end has its turn. */
	BURST = 64,
	/* Not longer asleep than this. */
	MAX_SLEEP_US = 100000,
};

static const uint8_t IP_A[4] = {10, 66, 0, 1}, IP_B[4] = {10, 66, 0, 2};

struct end {
	int tap; /* -1: the host */
	uint64_t tap_drops;
	struct impair *towards;
};

struct wire {
	struct end end[2];
	struct host *host; /* end 1, or NULL */
	int signals;
	uint64_t now_us;
};

static uint64_t clock_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- frames ------------------------------------------------------------------------------------------------------ */

static void take_from_host(void *context, struct bytes frame)
{
	struct wire *wire = context;
	impair_push(wire->end[0].towards, frame, wire->now_us);
}

static void take_from_tap(struct wire *wire, unsigned from)
{
	uint8_t frame[IMPAIR_MAX_FRAME_BYTES];
	for (unsigned i = 0; i < BURST; i++) {
		ssize_t len = read(wire->end[from].tap, frame, sizeof(frame));
		if (len <= 0)
			return;
		impair_push(wire->end[1 - from].towards, (struct bytes){frame, (size_t)len}, wire->now_us);
	}
}

static void deliver(struct wire *wire, unsigned to)
{
	uint8_t frame[IMPAIR_MAX_FRAME_BYTES];
	struct end *end = &wire->end[to];
	size_t len;
	while ((len = impair_pop(end->towards, wire->now_us, frame)) > 0) {
		if (end->tap < 0)
			host_input(wire->host, (struct bytes){frame, len}, wire->now_us);
		else if (write(end->tap, frame, len) != (ssize_t)len)
			end->tap_drops++;
	}
}

static uint64_t next_us(const struct wire *wire)
{
	uint64_t next = wire->now_us + MAX_SLEEP_US;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t due = impair_next_us(wire->end[i].towards);
		next = due < next ? due : next;
	}
	uint64_t host = wire->host != NULL ? host_next_us(wire->host) : UINT64_MAX;
	return host < next ? host : next;
}

/* @return true if a signal asks for the end. */
static bool rest(const struct wire *wire)
{
	struct pollfd fds[3] = {
		{.fd = wire->end[0].tap, .events = POLLIN},
		{.fd = wire->end[1].tap, .events = POLLIN},
		{.fd = wire->signals, .events = POLLIN},
	};
	uint64_t next = next_us(wire), now = clock_now_us();
	uint64_t sleep_us = next > now ? next - now : 0;
	struct timespec timeout = {.tv_nsec = (long)sleep_us * 1000};
	return ppoll(fds, 3, &timeout, NULL) > 0 && (fds[2].revents & POLLIN) != 0;
}

static void run(struct wire *wire)
{
	bool stopped = false;
	while (!stopped) {
		wire->now_us = clock_now_us();
		for (unsigned i = 0; i < 2; i++)
			if (wire->end[i].tap >= 0)
				take_from_tap(wire, i);
		for (unsigned i = 0; i < 2; i++)
			deliver(wire, i);
		if (wire->host != NULL)
			host_poll(wire->host, wire->now_us);
		stopped = rest(wire);
	}
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static void print_counts(const char *direction, const struct end *end)
{
	const struct impair_counts *counts = impair_get_counts(end->towards);
	printf("wire %s frames %" PRIu64 " bytes %" PRIu64 " delivered %" PRIu64 " lost %" PRIu64 " queue_full %" PRIu64
	       " cut %" PRIu64 " duplicated %" PRIu64 " reordered %" PRIu64 " corrupted %" PRIu64 " tap_drops %" PRIu64
	       "\n",
		direction, counts->frames, counts->bytes, counts->delivered, counts->lost, counts->queue_full,
		counts->cut, counts->duplicated, counts->reordered, counts->corrupted, end->tap_drops);
}

static void destroy(struct wire *wire)
{
	host_destroy(wire->host);
	for (unsigned i = 0; i < 2; i++) {
		impair_destroy(wire->end[i].towards);
		if (wire->end[i].tap >= 0)
			close(wire->end[i].tap);
	}
}

/* --- the beginning ----------------------------------------------------------------------------------------------- */

struct arguments {
	const char *a, *b;
	struct impair_settings impair;
	struct host_settings host;
};

static bool read_arguments(struct arguments *arguments, int argc, char **argv)
{
	struct impair_settings *impair = &arguments->impair;
	struct host_settings *host = &arguments->host;
	const struct words_row rows[] = {
		{"a", NULL, &arguments->a},
		{"b", NULL, &arguments->b},
		{"seed", &impair->seed, NULL},
		{"loss_ppm", &impair->loss_ppm, NULL},
		{"duplicate_ppm", &impair->duplicate_ppm, NULL},
		{"reorder_ppm", &impair->reorder_ppm, NULL},
		{"reorder_us", &impair->reorder_us, NULL},
		{"corrupt_ppm", &impair->corrupt_ppm, NULL},
		{"delay_us", &impair->delay_us, NULL},
		{"rate_kbit", &impair->rate_kbit, NULL},
		{"queue_bytes", &impair->queue_bytes, NULL},
		{"cut_from_ms", &impair->cut_from_ms, NULL},
		{"cut_to_ms", &impair->cut_to_ms, NULL},
		{"listen", &host->listen_port, NULL},
		{"connect", &host->connect_port, NULL},
		{"send", &host->send_bytes, NULL},
		{"buffer_bytes", &host->buffer_bytes, NULL},
		{"trace_ms", &host->trace_ms, NULL},
		{NULL, NULL, NULL},
	};
	if (!words_read(rows, argc, argv))
		return false;
	host->seed = impair->seed;
	if (arguments->a != NULL && arguments->b != NULL)
		return true;
	fprintf(stderr, "%s: a= and b= are needed\n", argv[0]);
	return false;
}

static bool create_impairments(struct wire *wire, struct impair_settings settings)
{
	for (unsigned to = 0; to < 2; to++) {
		wire->end[to].towards = impair_create(&settings, wire->now_us);
		if (wire->end[to].towards == NULL)
			return false;
		settings.seed = ~settings.seed; /* the ways there and back have bad luck of their own */
	}
	return true;
}

static bool create_host(struct wire *wire, struct host_settings settings)
{
	memcpy(settings.ip, IP_B, sizeof(settings.ip));
	memcpy(settings.peer_ip, IP_A, sizeof(settings.peer_ip));
	settings.transmit = take_from_host;
	settings.context = wire;
	wire->host = host_create(&settings, wire->now_us);
	return wire->host != NULL;
}

static bool create(struct wire *wire, const struct arguments *arguments)
{
	wire->now_us = clock_now_us();
	if (!create_impairments(wire, arguments->impair))
		return false;
	wire->end[0].tap = tap_open(arguments->a, IP_A);
	if (wire->end[0].tap < 0)
		return false;
	if (strcmp(arguments->b, "handfast") == 0)
		return create_host(wire, arguments->host);
	wire->end[1].tap = tap_open(arguments->b, IP_B);
	return wire->end[1].tap >= 0;
}

/* SIGTERM and SIGINT become readable: they end a wait as a frame does. */
static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.host.buffer_bytes = 4 << 20, .impair.queue_bytes = UINT64_MAX};
	struct wire wire = {.end = {{.tap = -1}, {.tap = -1}}};
	if (!read_arguments(&arguments, argc, argv))
		return 2;
	wire.signals = open_signals();
	prctl(PR_SET_TIMERSLACK, 1); /* nanoseconds: delays are to be what was asked for */
	if (wire.signals < 0 || !create(&wire, &arguments)) {
		fprintf(stderr, "%s: cannot start\n", argv[0]);
		destroy(&wire);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	run(&wire);
	print_counts("a-b", &wire.end[1]);
	print_counts("b-a", &wire.end[0]);
	if (wire.host != NULL)
		host_print_stats(wire.host);
	destroy(&wire);
	return 0;
}

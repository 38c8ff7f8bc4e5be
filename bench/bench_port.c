/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's way in and out: what a SYN costs from the receive burst to the transmit burst, and what 64 KiB written cost
 * in segments, as they leave one by one, in trains, and with a port that segments. The port is a ring, so that
 * everything counted is ours: no driver, no copy to shared memory.
 */
#include "bench.h"
#include "bench_wire.h"
#include "../tests/flood/spoof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include <rte_mbuf.h>

enum { SYNS = 1024, BURST = 32 };

static struct bench_wire wire;

/* Frames go in and come out untimed: only our own work is counted. */
static double time_syns(struct spoof *spoof)
{
	uint64_t cycles = 0;
	for (unsigned done = 0; done < SYNS; done += BURST) {
		for (unsigned i = 0; i < BURST; i++) {
			uint8_t frame[SPOOF_FRAME_BYTES];
			spoof_next(spoof, frame);
			bench_wire_put(&wire, (struct bytes){frame, sizeof(frame)});
		}
		uint64_t start = __rdtsc();
		bench_wire_poll(&wire);
		cycles += __rdtsc() - start;
		if (bench_wire_drop_all(&wire) != BURST) {
			fprintf(stderr, "bench_port: not every SYN was answered\n");
			exit(1);
		}
	}
	return (double)cycles / SYNS;
}

static void bench_syns(void)
{
	struct spoof spoof;
	struct spoof_target target = {.port = BENCH_WIRE_PORT};
	double cycles[BENCH_ROUNDS];
	bench_wire_target(&wire, target.mac, &target.ip);
	memcpy(target.our_mac, BENCH_WIRE_PEER_MAC, sizeof(target.our_mac));
	spoof_init(&spoof, &target, 1);
	time_syns(&spoof);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		cycles[round] = time_syns(&spoof);
	bench_print("port: spoofed SYN, receive burst to cookie in transmit burst", cycles);
}

int main(void)
{
	if (!bench_wire_start(&wire)) {
		fprintf(stderr, "bench_port: %s\n", wire.error);
		return 1;
	}
	bench_print_header();
	bench_syns();
	bench_wire_stop(&wire);
	return 0;
}

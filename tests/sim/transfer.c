/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Goodput of one bulk transfer over the simulated network, for a table of losses and round trips: what recovery and
 * congestion control are worth, in virtual time. Every octet is checked to have come; how well they did is for
 * comparison.
 */
#include "tcp_net.h"

#include <inttypes.h>

#define TRANSFER_BYTES (20u << 20)
#define BYTES_PER_MS   12500 /* 100 Mbit/s */

struct end {
	struct world *world;
	unsigned side;
};

struct world {
	struct tcp_net net;
	struct tcp_stack *stack[2];
	struct stats stats[2];
	struct end ends[2];
	struct tcp_conn *sender;
	uint32_t sent, received;
	uint64_t done_us;
};

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct end *end = context;
	tcp_net_emit(&end->world->net, 1 - end->side, key, conn, segment);
	return true;
}

static bool listens(void *context, const struct flow_key *key)
{
	const struct end *end = context;
	return end->side == 1 && key->local_port == 443;
}

static void feed(struct world *world)
{
	static const uint8_t octets[65536];
	while (world->sender != NULL && world->sent < TRANSFER_BYTES) {
		uint32_t left = TRANSFER_BYTES - world->sent;
		uint32_t taken = tcp_conn_send(
			world->sender, (struct bytes){octets, left < sizeof(octets) ? left : sizeof(octets)});
		if (taken == 0)
			return;
		world->sent += taken;
	}
}

static void serve(struct world *world, unsigned side)
{
	struct tcp_conn *conn;
	while ((conn = tcp_stack_next_event(world->stack[side])) != NULL) {
		tcp_conn_take_events(conn);
		uint32_t readable = tcp_conn_readable_bytes(conn);
		tcp_conn_consume(conn, readable);
		world->received += readable;
		if (side == 0)
			feed(world);
	}
	if (world->received == TRANSFER_BYTES && world->done_us == 0)
		world->done_us = world->net.now_us;
	tcp_stack_output(world->stack[side], world->net.now_us);
}

static uint64_t next_time(const struct world *world)
{
	uint64_t next = tcp_net_next_us(&world->net);
	for (unsigned side = 0; side < 2; side++) {
		uint64_t timer = tcp_stack_next_timer_us(world->stack[side]);
		next = timer < next ? timer : next;
	}
	return next;
}

static void receive(struct world *world)
{
	while (tcp_net_next_us(&world->net) <= world->net.now_us) {
		struct tcp_net_packet packet = tcp_net_pop(&world->net);
		struct tcp_segment segment;
		if (tcp_net_parse(&world->net, &packet, &segment))
			tcp_stack_input(world->stack[packet.to], &packet.key, &segment, world->net.now_us);
		free(packet.octets);
	}
}

/* @return seconds of virtual time, 0 if it did not finish within an hour. */
static double transfer(const struct tcp_net_faults *faults, uint64_t seed, uint64_t *out_retransmits)
{
	static struct world world;
	memset(&world, 0, sizeof(world));
	world.net.random = seed;
	world.net.now_us = 1000000;
	world.net.faults = *faults;
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = 4;
	settings.receive_buffer_bytes = 4 << 20;
	settings.send_buffer_bytes = 4 << 20;
	for (unsigned side = 0; side < 2; side++) {
		world.ends[side] = (struct end){&world, side};
		struct tcp_stack_callbacks callbacks = {&world.ends[side], emit, listens};
		uint8_t key[32] = {(uint8_t)side, (uint8_t)seed};
		world.stack[side] = tcp_stack_create(&settings, &callbacks, key, &world.stats[side], world.net.now_us);
	}
	static const uint8_t ips[2][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
	struct flow_key key = {.local_port = 40000, .remote_port = 443};
	key.local_ip = ip_address_from_v4(ips[0]);
	key.remote_ip = ip_address_from_v4(ips[1]);
	uint64_t begin_us = world.net.now_us;
	world.sender = tcp_stack_connect(world.stack[0], &key, begin_us);
	feed(&world);
	tcp_stack_output(world.stack[0], begin_us);
	while (world.done_us == 0 && world.net.now_us < begin_us + UINT64_C(3600000000)) {
		world.net.now_us = next_time(&world);
		receive(&world);
		for (unsigned side = 0; side < 2; side++) {
			tcp_stack_advance(world.stack[side], world.net.now_us);
			serve(&world, side);
		}
	}
	*out_retransmits = stats_get_mt(&world.stats[0], STAT_TCP_RETRANSMITS);
	tcp_stack_destroy(world.stack[0]);
	tcp_stack_destroy(world.stack[1]);
	tcp_net_fini(&world.net);
	return world.done_us == 0 ? 0 : (double)(world.done_us - begin_us) / 1e6;
}

int main(void)
{
	static const uint32_t losses[] = {0, 1000, 10000, 30000}, rtts_us[] = {200, 20000, 100000},
			      reorders[] = {0, 10000};
	bool all = true;
	printf("%8s %8s %8s %12s %12s\n", "loss %", "RTT ms", "reorder", "Mbit/s", "resent");
	for (size_t l = 0; l < 4; l++) {
		for (size_t r = 0; r < 3; r++) {
			for (size_t o = 0; o < 2; o++) {
				struct tcp_net_faults faults = {.loss = losses[l],
					.delay_us = rtts_us[r] / 2,
					.reorder = reorders[o],
					.reorder_us = rtts_us[r] / 4 + 1,
					.bytes_per_ms = BYTES_PER_MS,
					.queue_us = 50000};
				uint64_t resent;
				double seconds = transfer(&faults, 1 + l * 10 + r, &resent);
				all = all && seconds > 0;
				printf("%8.1f %8.1f %8.1f %12.2f %12" PRIu64 "\n", losses[l] / 1e4, rtts_us[r] / 1e3,
					reorders[o] / 1e4, seconds > 0 ? TRANSFER_BYTES * 8 / seconds / 1e6 : 0,
					resent);
			}
		}
	}
	return all ? 0 : 1;
}

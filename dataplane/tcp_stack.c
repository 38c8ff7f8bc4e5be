/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_stack.h"

#include "tcp_input.h"
#include "tcp_lifecycle.h"
#include "tcp_listen.h"
#include "tcp_output.h"
#include "tcp_path_mtu.h"
#include "tcp_timer.h"

#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void tcp_stack_settings_default(struct tcp_stack_settings *out)
{
	*out = (struct tcp_stack_settings){
		.max_connections = 65536,
		.receive_buffer_bytes = 128 * 1024,
		.send_buffer_bytes = 128 * 1024,
		.buffer_memory_bytes = UINT64_C(256) * 1024 * 1024,
		.mss_v4 = 1460,
		.mss_v6 = 1440,
		.min_rto_us = 200000,
		.max_rto_us = 120000000,
		.initial_rto_us = 1000000,
		.time_wait_us = 10000000,
		.keepalive_idle_us = 0,
		.keepalive_interval_us = 75000000,
		.keepalive_probes = 9,
		.retries = 15,
		.train_segments = 1,
	};
}

/* RFC 7323 section 2.3: the smallest shift with which the whole buffer can be announced. */
static uint8_t scale_for(uint32_t buffer_bytes)
{
	uint8_t scale = 0;
	while (scale < 14 && (UINT32_C(65535) << scale) < buffer_bytes)
		scale++;
	return scale;
}

static size_t slab_bytes(const struct tcp_stack *stack)
{
	return (size_t)stack->settings.max_connections * sizeof(struct tcp_conn);
}

/* Address space only: a connection's page is committed when it is first used. */
static struct tcp_conn *map_slab(const struct tcp_stack *stack)
{
	void *area = mmap(
		NULL, slab_bytes(stack), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return area == MAP_FAILED ? NULL : area;
}

static void init_lists(struct tcp_stack *stack)
{
	TAILQ_INIT(&stack->free_list);
	TAILQ_INIT(&stack->pending);
	TAILQ_INIT(&stack->events);
	TAILQ_INIT(&stack->serving);
	TAILQ_INIT(&stack->time_wait);
}

/* One seed, three keys: what one of them gives away must not help with the others. */
static void derive_keys(struct tcp_stack *stack, const uint8_t seed[32], uint8_t hash_key[16])
{
	uint8_t *keys[3] = {hash_key, stack->cookie_secret.key, stack->sequence_key};
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t input[17];
		memcpy(input, seed + 16, 16);
		input[16] = i;
		uint64_t word = siphash(input, sizeof(input), seed);
		memcpy(keys[i / 2] + 8 * (i % 2), &word, sizeof(word));
	}
}

struct tcp_stack *tcp_stack_create(const struct tcp_stack_settings *settings,
	const struct tcp_stack_callbacks *callbacks, const uint8_t seed[32], struct stats *stats, uint64_t now_us)
{
	struct tcp_stack *stack = calloc(1, sizeof(*stack));
	if (stack == NULL)
		return NULL;
	stack->settings = *settings;
	stack->callbacks = *callbacks;
	stack->stats = stats;
	stack->now_us = now_us;
	stack->wscale = scale_for(settings->receive_buffer_bytes);
	init_lists(stack);
	timer_wheel_init(&stack->wheel, now_us);
	uint8_t hash_key[16];
	derive_keys(stack, seed, hash_key);
	stack->blocks = block_pool_create(settings->buffer_memory_bytes);
	stack->flows = flow_table_create(settings->max_connections, hash_key);
	stack->slab = map_slab(stack);
	if (stack->blocks == NULL || stack->flows == NULL || stack->slab == NULL) {
		tcp_stack_destroy(stack);
		return NULL;
	}
	return stack;
}

void tcp_stack_destroy(struct tcp_stack *stack)
{
	if (stack == NULL)
		return;
	if (stack->slab != NULL) {
		for (uint32_t i = 0; i < stack->touched; i++)
			if (stack->slab[i].in_use)
				tcp_lifecycle_destroy(&stack->slab[i]);
		munmap(stack->slab, slab_bytes(stack));
	}
	block_pool_destroy(stack->blocks);
	flow_table_destroy(stack->flows);
	free(stack);
}

static struct tcp_conn *find(const struct tcp_stack *stack, const struct flow_key *key)
{
	/* The key is the connection's first member. */
	return (struct tcp_conn *)(void *)flow_table_find(stack->flows, key);
}

void tcp_stack_input(
	struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment, uint64_t now_us)
{
	stack->now_us = now_us;
	struct tcp_conn *conn = find(stack, key);
	int verdict = conn != NULL ? tcp_input_segment(conn, segment) : tcp_listen_input(stack, key, segment);
	if (verdict == TCP_DELIVERED)
		stats_add(stack->stats, STAT_RX_DELIVERED_PKTS, 1);
	else
		stats_drop(stack->stats, (enum drop_reason)verdict);
	if (conn != NULL)
		tcp_lifecycle_reap(conn);
}

bool tcp_stack_packet_too_big(
	struct tcp_stack *stack, const struct flow_key *key, uint32_t sequence, uint32_t mtu_bytes, uint64_t now_us)
{
	stack->now_us = now_us;
	struct tcp_conn *conn = find(stack, key);
	return conn != NULL && tcp_path_mtu_reduce(conn, sequence, mtu_bytes);
}

void tcp_stack_advance(struct tcp_stack *stack, uint64_t now_us)
{
	stack->now_us = now_us;
	for (;;) {
		struct timer_wheel_node *node = timer_wheel_take_due(&stack->wheel, now_us);
		if (node == NULL)
			return;
		struct tcp_conn *conn = (struct tcp_conn *)(void *)((char *)node - offsetof(struct tcp_conn, timer));
		tcp_timer_expired(conn);
		tcp_lifecycle_reap(conn);
	}
}

uint64_t tcp_stack_next_timer_us(const struct tcp_stack *stack)
{
	if (!TAILQ_EMPTY(&stack->pending) || !TAILQ_EMPTY(&stack->events))
		return stack->now_us;
	return timer_wheel_next_us(&stack->wheel);
}

/* What is raised while connections are served waits for the next sequence: a poll ends. */
static void begin_sequence(struct tcp_stack *stack)
{
	stack->in_sequence = true;
	struct tcp_conn *conn;
	TAILQ_FOREACH(conn, &stack->events, event_link)
	conn->in_serving = true;
	TAILQ_CONCAT(&stack->serving, &stack->events, event_link);
}

struct tcp_conn *tcp_stack_next_event(struct tcp_stack *stack)
{
	if (!stack->in_sequence)
		begin_sequence(stack);
	struct tcp_conn *conn;
	while ((conn = TAILQ_FIRST(&stack->serving)) != NULL) {
		TAILQ_REMOVE(&stack->serving, conn, event_link);
		conn->in_events = false;
		conn->in_serving = false;
		if (!conn->released && conn->events != 0)
			return conn;
	}
	stack->in_sequence = false;
	return NULL;
}

void tcp_stack_output(struct tcp_stack *stack, uint64_t now_us)
{
	stack->now_us = now_us;
	struct tcp_conn *last = TAILQ_LAST(&stack->pending, tcp_conn_list);
	struct tcp_conn *conn = NULL;
	while (conn != last) {
		conn = TAILQ_FIRST(&stack->pending);
		TAILQ_REMOVE(&stack->pending, conn, pending_link);
		conn->in_pending = false;
		if (!tcp_output_run(conn)) {
			/* No packet buffer for this one: none for the others either. It goes first next time. */
			conn->in_pending = true;
			TAILQ_INSERT_HEAD(&stack->pending, conn, pending_link);
			return;
		}
		tcp_lifecycle_reap(conn);
	}
}

/* RFC 6528 section 3: ISN = M + F(four-tuple, secret), M a clock of 4 µs. */
static uint32_t initial_sequence(const struct tcp_stack *stack, const struct flow_key *key)
{
	return (uint32_t)(stack->now_us / 4) + (uint32_t)siphash(key, sizeof(*key), stack->sequence_key);
}

struct tcp_conn *tcp_stack_connect(struct tcp_stack *stack, const struct flow_key *key, uint64_t now_us)
{
	stack->now_us = now_us;
	if (find(stack, key) != NULL)
		return NULL;
	struct tcp_conn *conn = tcp_lifecycle_create(stack, key);
	if (conn == NULL)
		return NULL;
	conn->state = TCP_SYN_SENT;
	conn->iss = initial_sequence(stack, key);
	conn->snd_una = conn->iss;
	conn->snd_nxt = conn->iss + 1;
	conn->snd_end = conn->iss + 1;
	conn->send_syn = true;
	conn->rack_sent_us = (uint32_t)now_us;
	tcp_timer_start_connect(conn);
	tcp_lifecycle_schedule(conn);
	return conn;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "impair.h"

#include "tcp_net.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	ETHERNET_BYTES = 14,
	/* Preamble, frame check sequence and gap: what a frame takes on Ethernet beside its octets. */
	ETHERNET_OVERHEAD_BYTES = 24,
};

struct frame {
	uint64_t due_us, order;
	uint32_t len;
	uint8_t *octets;
};

struct impair {
	struct impair_settings settings;
	struct impair_counts counts;
	uint64_t start_us, random, order;
	uint64_t busy_until_ns; /* the bottleneck */
	struct frame *heap;
	size_t count, capacity;
};

/* What the generator says of a frame. */
struct fate {
	bool lost, duplicated, reordered, corrupted;
	uint64_t held_us;
	uint64_t bit;
};

struct impair *impair_create(const struct impair_settings *settings, uint64_t start_us)
{
	struct impair *impair = calloc(1, sizeof(*impair));
	if (impair == NULL)
		return NULL;
	impair->settings = *settings;
	impair->start_us = start_us;
	impair->random = settings->seed;
	return impair;
}

void impair_destroy(struct impair *impair)
{
	if (impair == NULL)
		return;
	for (size_t i = 0; i < impair->count; i++)
		free(impair->heap[i].octets);
	free(impair->heap);
	free(impair);
}

static bool earlier(const struct frame *a, const struct frame *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static bool grow(struct impair *impair)
{
	size_t capacity = impair->capacity == 0 ? 256 : impair->capacity * 2;
	struct frame *heap = realloc(impair->heap, capacity * sizeof(*heap));
	if (heap == NULL)
		return false;
	impair->heap = heap;
	impair->capacity = capacity;
	return true;
}

static void insert(struct impair *impair, struct frame frame)
{
	size_t i = impair->count++;
	while (i > 0 && earlier(&frame, &impair->heap[(i - 1) / 2])) {
		impair->heap[i] = impair->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	impair->heap[i] = frame;
}

static struct frame take_first(struct impair *impair)
{
	struct frame *heap = impair->heap;
	struct frame first = heap[0], last = heap[--impair->count];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= impair->count)
			break;
		if (child + 1 < impair->count && earlier(&heap[child + 1], &heap[child]))
			child++;
		if (!earlier(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

static bool chance(uint64_t *random, uint64_t ppm)
{
	return tcp_net_random(random) % 1000000 < ppm;
}

static struct fate draw(struct impair *impair)
{
	const struct impair_settings *settings = &impair->settings;
	struct fate fate = {0};
	fate.lost = chance(&impair->random, settings->loss_ppm);
	fate.duplicated = chance(&impair->random, settings->duplicate_ppm);
	fate.reordered = chance(&impair->random, settings->reorder_ppm);
	fate.corrupted = chance(&impair->random, settings->corrupt_ppm);
	fate.held_us = tcp_net_random(&impair->random) % (settings->reorder_us + 1);
	fate.bit = tcp_net_random(&impair->random);
	return fate;
}

static void deliver_later(struct impair *impair, struct bytes data, uint64_t due_us, const uint64_t *flipped_bit)
{
	if (impair->count == impair->capacity && !grow(impair))
		return;
	struct frame frame = {due_us, impair->order++, (uint32_t)data.len, malloc(data.len)};
	if (frame.octets == NULL)
		return;
	memcpy(frame.octets, data.data, data.len);
	if (flipped_bit != NULL) {
		uint64_t bit = *flipped_bit % (8 * (data.len - ETHERNET_BYTES));
		frame.octets[ETHERNET_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	insert(impair, frame);
}

/* @return when the frame has passed the bottleneck, 0: its queue is full. */
static uint64_t pass_bottleneck(struct impair *impair, size_t len, uint64_t now_us)
{
	const struct impair_settings *settings = &impair->settings;
	if (settings->rate_kbit == 0)
		return now_us;
	uint64_t now_ns = now_us * 1000;
	if (impair->busy_until_ns < now_ns)
		impair->busy_until_ns = now_ns;
	uint64_t queued_bytes = (impair->busy_until_ns - now_ns) * settings->rate_kbit / 8000000;
	if (queued_bytes + len > settings->queue_bytes)
		return 0;
	impair->busy_until_ns += (len + ETHERNET_OVERHEAD_BYTES) * 8000000 / settings->rate_kbit;
	return impair->busy_until_ns / 1000;
}

static bool is_ip(struct bytes frame)
{
	return (frame.data[12] == 0x08 && frame.data[13] == 0x00) || (frame.data[12] == 0x86 && frame.data[13] == 0xdd);
}

static bool is_cut(const struct impair *impair, uint64_t now_us)
{
	uint64_t at_ms = (now_us - impair->start_us) / 1000;
	return at_ms >= impair->settings.cut_from_ms && at_ms < impair->settings.cut_to_ms;
}

static void push_ip(struct impair *impair, struct bytes frame, uint64_t now_us)
{
	struct fate fate = draw(impair);
	if (is_cut(impair, now_us)) {
		impair->counts.cut++;
		return;
	}
	uint64_t passed_us = pass_bottleneck(impair, frame.len, now_us);
	if (passed_us == 0) {
		impair->counts.queue_full++;
		return;
	}
	if (fate.lost) {
		impair->counts.lost++;
		return;
	}
	uint64_t due_us = passed_us + impair->settings.delay_us;
	if (fate.duplicated) {
		impair->counts.duplicated++;
		deliver_later(impair, frame, due_us, NULL);
	}
	if (fate.reordered) {
		impair->counts.reordered++;
		due_us += fate.held_us;
	}
	impair->counts.corrupted += fate.corrupted;
	deliver_later(impair, frame, due_us, fate.corrupted ? &fate.bit : NULL);
}

void impair_push(struct impair *impair, struct bytes frame, uint64_t now_us)
{
	if (frame.len <= ETHERNET_BYTES || frame.len > IMPAIR_MAX_FRAME_BYTES)
		return;
	impair->counts.frames++;
	impair->counts.bytes += frame.len;
	if (is_ip(frame))
		push_ip(impair, frame, now_us);
	else
		deliver_later(impair, frame, now_us + impair->settings.delay_us, NULL);
}

size_t impair_pop(struct impair *impair, uint64_t now_us, uint8_t out[IMPAIR_MAX_FRAME_BYTES])
{
	if (impair_next_us(impair) > now_us)
		return 0;
	struct frame frame = take_first(impair);
	memcpy(out, frame.octets, frame.len);
	free(frame.octets);
	impair->counts.delivered++;
	return frame.len;
}

uint64_t impair_next_us(const struct impair *impair)
{
	return impair->count > 0 ? impair->heap[0].due_us : UINT64_MAX;
}

const struct impair_counts *impair_get_counts(const struct impair *impair)
{
	return &impair->counts;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * One direction of a bad link: a bottleneck with a bounded queue, then loss, duplication, corruption, delay and
 * reordering by a seeded generator. Pure: the clock is an argument.
 *
 * Each frame draws the same number of random numbers whatever the settings are: the fate of the n-th frame depends on
 * the seed alone, so two runs, or two stacks, meet the same network. Frames that carry no IP (ARP) are only delayed: a
 * lost question to a neighbour costs a second and says nothing about TCP.
 */
#ifndef HANDFAST_WIRE_IMPAIR_H
#define HANDFAST_WIRE_IMPAIR_H

#include "bytes.h"

#include <stdint.h>

#define IMPAIR_MAX_FRAME_BYTES 2048

/** Chances are per million frames. */
struct impair_settings {
	uint64_t seed;
	uint64_t loss_ppm, duplicate_ppm, reorder_ppm, corrupt_ppm;
	uint64_t reorder_us;             /**< a reordered frame is held back by up to this */
	uint64_t delay_us;               /**< one way */
	uint64_t rate_kbit;              /**< per second; 0: no bottleneck */
	uint64_t queue_bytes;            /**< of the bottleneck */
	uint64_t cut_from_ms, cut_to_ms; /**< since the start: nothing passes */
};

struct impair_counts {
	uint64_t frames, bytes, delivered;
	uint64_t lost, queue_full, cut, duplicated, reordered, corrupted;
};

struct impair;

/** @return NULL if memory is out. Owner: the caller; impair_destroy(). Threads: one. */
struct impair *impair_create(const struct impair_settings *settings, uint64_t start_us);
void impair_destroy(struct impair *impair);

/** A frame enters; it is copied. @param frame  at most IMPAIR_MAX_FRAME_BYTES. */
void impair_push(struct impair *impair, struct bytes frame, uint64_t now_us);

/** The next frame that has arrived by now. @return its length, 0: none. */
size_t impair_pop(struct impair *impair, uint64_t now_us, uint8_t out[IMPAIR_MAX_FRAME_BYTES]);

/** @return when the next frame arrives, or UINT64_MAX. */
uint64_t impair_next_us(const struct impair *impair);

const struct impair_counts *impair_get_counts(const struct impair *impair);

#endif

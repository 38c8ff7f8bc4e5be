/* SPDX-License-Identifier: BSD-3-Clause */
/** What a run has measured: counters, errors by cause, durations by phase. One per thread; added up at the end. */
#ifndef HANDFAST_LOAD_RESULT_H
#define HANDFAST_LOAD_RESULT_H

#include "load_histogram.h"

#include <stddef.h>

enum load_cause {
#define LOAD_CAUSE(name, key, words) LOAD_CAUSE_##name,
#include "load_cause.def"
#undef LOAD_CAUSE
	LOAD_CAUSE_COUNT,
};

/** Durations, each of what came to its end. */
enum load_phase {
	LOAD_PHASE_CONNECT,   /**< intended start → TCP connected: holds what a start was late */
	LOAD_PHASE_HANDSHAKE, /**< TCP connected → TLS established */
	LOAD_PHASE_RESPONSE,  /**< a request written → its response's first byte */
	LOAD_PHASE_WHOLE, /**< intended start → first response's first byte; without requests: → TLS established */
	LOAD_PHASE_COUNT,
};

/** All zero is empty. What is counted belongs to connections whose intended start lies in the measured time. */
struct load_result {
	uint64_t started, connected;
	uint64_t handshakes; /**< completed, resumed ones included */
	uint64_t resumed, retried;
	uint64_t resumption_refused; /**< a ticket was offered, a full handshake came */
	uint64_t without_ticket;     /**< was to be resumed, but there was no ticket for the name */
	uint64_t verified;           /**< signatures checked */
	uint64_t responses, response_bytes;
	uint64_t late_starts; /**< open loop: by more than 1 ms, or no slot was free */
	uint64_t causes[LOAD_CAUSE_COUNT];
	uint64_t alerts[256];          /**< sent by the server, within causes[LOAD_CAUSE_ALERT] */
	uint64_t handshakes_in_window; /**< completed within the measured time, whenever started: for the rate */
	uint64_t handshakes_in_all;    /**< the same, in warm-up and grace too: what the server has worked for */
	uint64_t window_ns;            /**< the measured time; of threads, the longest */
	uint64_t paused_ns;            /**< closed loop: nothing was started after a failure; of threads, the sum */
	uint64_t busy_ns;              /**< processor time in the window; of threads, the sum */
	uint64_t busiest_ns;           /**< the most of one thread */
	struct load_histogram phases[LOAD_PHASE_COUNT];
};

/** Add a thread's result. */
void load_result_add(struct load_result *result, const struct load_result *other);

/** @return all failed connections. */
uint64_t load_result_errors(const struct load_result *result);

/** @return handshakes per second in the measured time; 0 if there was none. */
double load_result_rate(const struct load_result *result);

/** @return processor time per handshake in the measured time, in microseconds; 0 if there was none. */
double load_result_cpu_us(const struct load_result *result);

/** @return share of the measured time that the busiest thread has worked, 0 to 1. */
double load_result_busy(const struct load_result *result);

/** A thread that has worked for more than this share of the time had no room for more load. */
#define LOAD_RESULT_SATURATED 0.95

/** What is told of every phase. */
#define LOAD_RESULT_PERCENTILES 5
extern const struct load_result_percentile {
	const char *name;
	double fraction;
} load_result_percentiles[LOAD_RESULT_PERCENTILES];

/** @return "refused" and so on; words: "connection refused". Owner: static. Threads: any. */
const char *load_result_cause_key(enum load_cause cause);
const char *load_result_cause_words(enum load_cause cause);
const char *load_result_phase_name(enum load_phase phase);

#endif

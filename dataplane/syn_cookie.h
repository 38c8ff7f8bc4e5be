/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * SYN cookies (RFC 4987 section 3.6): the initial sequence number carries, under a keyed MAC, all that a connection
 * needs, so a SYN costs no memory. docs/decisions/syn-cookies.md has the layout and the odds of a blind guess.
 */
#ifndef HANDFAST_SYN_COOKIE_H
#define HANDFAST_SYN_COOKIE_H

#include "flow_table.h"

#include <stdbool.h>
#include <stdint.h>

struct syn_cookie_secret {
	uint8_t key[16];
};

/** What the client's SYN offered, as far as the cookie can keep it. */
struct syn_cookie_options {
	uint16_t mss; /**< rounded down to one of eight values */
	bool timestamps, sack, has_window_scale;
	uint8_t window_scale; /**< the client's */
};

enum syn_cookie_result {
	SYN_COOKIE_VALID,
	/** Valid, but of a segment one octet too low: a keepalive of a client whose final ACK was lost. */
	SYN_COOKIE_PROBE,
	/** Made by us for this four-tuple, but the segment does not begin at the client's first octet (it was
	 * reordered, or the one before it lost): nothing to reset. */
	SYN_COOKIE_EARLY,
	SYN_COOKIE_INVALID, /**< forged, or older than two minutes */
};

/** A cookie's life, at most; a timestamp echoed beside one may not be older either. */
#define SYN_COOKIE_LIFE_US UINT64_C(120000000)

/**
 * Make the initial sequence number of a SYN-ACK.
 * @param client_isn  SEG.SEQ of the SYN
 * @param options     in: the SYN's; out: what the cookie can keep, and the SYN-ACK may therefore promise.
 */
uint32_t syn_cookie_make(const struct syn_cookie_secret *secret, const struct flow_key *key, uint32_t client_isn,
	struct syn_cookie_options *options, uint64_t now_us);

/**
 * Check the acknowledgement of a SYN-ACK.
 * @param client_isn  SEG.SEQ - 1
 * @param cookie      SEG.ACK - 1
 * @param out         set if VALID or PROBE. With timestamps, the rest is in the timestamp: see
 * syn_cookie_from_timestamp().
 */
enum syn_cookie_result syn_cookie_check(const struct syn_cookie_secret *secret, const struct flow_key *key,
	uint32_t client_isn, uint32_t cookie, uint64_t now_us, struct syn_cookie_options *out);

/** @return ts_now, moved back at most 31 ticks so that its low five bits keep SACK and window scale. */
uint32_t syn_cookie_to_timestamp(uint32_t ts_now, const struct syn_cookie_options *options);

/** Read them back from the timestamp that the client echoes. */
void syn_cookie_from_timestamp(uint32_t ts_echo, struct syn_cookie_options *options);

#endif

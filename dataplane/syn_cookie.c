/* SPDX-License-Identifier: BSD-3-Clause */
#include "syn_cookie.h"

#include "siphash.h"

#include <stddef.h>
#include <string.h>

/*
 * Bits of a cookie:  31..7  MAC over four-tuple, minute and classes, plus the client's sequence number (25)
 *                    6..0   minute's parity, option class (3), MSS class (3), encrypted: in clear they would show a
 *                           scanner a common divisor in our sequence numbers
 *
 * The client's number is added, not hashed: a segment that lies d octets behind the first one then misses by exactly d.
 * With a hash it would pass by luck, one in 2^25, and a reordered connection would begin in the middle of its data.
 */
#define INFO_BITS  7
#define INFO_MASK  ((1u << INFO_BITS) - 1)
#define VALUE_MASK ((1u << (32 - INFO_BITS)) - 1)
/* How far behind the first octet a client can send before it hears from us: the window of a SYN-ACK. */
#define EARLY_BYTES    65536
#define PERIOD_US      (SYN_COOKIE_LIFE_US / 2)
#define NO_SCALE       15
#define SCALE_MAX      14 /* RFC 7323 section 2.3 */
#define TIMESTAMP_BITS 5

static const uint16_t mss_classes[8] = {64, 536, 1220, 1360, 1400, 1440, 1460, 8940};

/* Clients without timestamps: the window scales that are seen there (Windows 8, Linux 7, macOS 6 and 5, none 0). */
enum option_class {
	CLASS_TIMESTAMPS, /* SACK and scale are in the timestamp */
	CLASS_PLAIN,
	CLASS_SACK,
	CLASS_SACK_SCALE_0,
	CLASS_SACK_SCALE_8,
	CLASS_SACK_SCALE_7,
	CLASS_SACK_SCALE_6,
	CLASS_SACK_SCALE_2,
};
static const uint8_t class_scales[8] = {NO_SCALE, NO_SCALE, NO_SCALE, 0, 8, 7, 6, 2};

static uint32_t class_of(const struct syn_cookie_options *options)
{
	if (options->timestamps)
		return CLASS_TIMESTAMPS;
	if (!options->sack)
		return CLASS_PLAIN;
	for (uint32_t i = CLASS_SACK_SCALE_0; i < 8; i++) {
		if (options->has_window_scale && class_scales[i] == options->window_scale)
			return i;
	}
	return CLASS_SACK;
}

static uint32_t mss_class_of(uint16_t mss)
{
	uint32_t i = 7;
	while (i > 0 && mss_classes[i] > mss)
		i--;
	return i;
}

static void options_of_info(uint32_t info, struct syn_cookie_options *out)
{
	uint32_t class = (info >> 3) & 7;
	*out = (struct syn_cookie_options){
		.mss = mss_classes[info & 7],
		.timestamps = class == CLASS_TIMESTAMPS,
		.sack = class >= CLASS_SACK,
		.has_window_scale = class_scales[class] != NO_SCALE,
		.window_scale = class_scales[class] != NO_SCALE ? class_scales[class] : 0,
	};
}

/* The four-tuple is hashed once; what follows from it is a short hash each. */
struct derived {
	uint64_t tuple, minute;
	uint32_t what, purpose;
};

static uint32_t derive(const struct syn_cookie_secret *secret, const struct derived *input)
{
	return (uint32_t)siphash(input, sizeof(*input), secret->key);
}

static uint32_t mac(const struct syn_cookie_secret *secret, uint64_t tuple, uint64_t minute, uint32_t info)
{
	return derive(secret, &(struct derived){tuple, minute, info, 1}) & VALUE_MASK;
}

static uint32_t info_mask(const struct syn_cookie_secret *secret, uint64_t tuple, uint32_t value)
{
	return derive(secret, &(struct derived){tuple, 0, value, 2}) & INFO_MASK;
}

uint32_t syn_cookie_make(const struct syn_cookie_secret *secret, const struct flow_key *key, uint32_t client_isn,
	struct syn_cookie_options *options, uint64_t now_us)
{
	uint64_t minute = now_us / PERIOD_US;
	uint64_t tuple = siphash(key, sizeof(*key), secret->key);
	uint32_t info = (uint32_t)(minute & 1) << 6 | class_of(options) << 3 | mss_class_of(options->mss);
	struct syn_cookie_options kept;
	options_of_info(info, &kept);
	if (kept.timestamps) {
		kept.sack = options->sack;
		kept.has_window_scale = options->has_window_scale;
		kept.window_scale = options->window_scale < SCALE_MAX ? options->window_scale : SCALE_MAX;
	}
	*options = kept;
	uint32_t value = (mac(secret, tuple, minute, info) + client_isn) & VALUE_MASK;
	return value << INFO_BITS | (info ^ info_mask(secret, tuple, value));
}

enum syn_cookie_result syn_cookie_check(const struct syn_cookie_secret *secret, const struct flow_key *key,
	uint32_t client_isn, uint32_t cookie, uint64_t now_us, struct syn_cookie_options *out)
{
	uint64_t minute = now_us / PERIOD_US;
	uint64_t tuple = siphash(key, sizeof(*key), secret->key);
	uint32_t value = cookie >> INFO_BITS;
	uint32_t info = (cookie & INFO_MASK) ^ info_mask(secret, tuple, value);
	if ((minute & 1) != info >> 6)
		minute--;
	uint32_t behind = (client_isn - (value - mac(secret, tuple, minute, info))) & VALUE_MASK;
	if (behind != 0 && behind != VALUE_MASK)
		return behind < EARLY_BYTES ? SYN_COOKIE_EARLY : SYN_COOKIE_INVALID;
	options_of_info(info, out);
	return behind == 0 ? SYN_COOKIE_VALID : SYN_COOKIE_PROBE;
}

uint32_t syn_cookie_to_timestamp(uint32_t ts_now, const struct syn_cookie_options *options)
{
	const uint32_t mask = (1u << TIMESTAMP_BITS) - 1;
	uint32_t bits = (options->sack ? 1u << 4 : 0) | (options->has_window_scale ? options->window_scale : NO_SCALE);
	uint32_t value = (ts_now & ~mask) | bits;
	/* Later segments must not carry an earlier timestamp than this one. */
	return (int32_t)(value - ts_now) > 0 ? value - mask - 1 : value;
}

void syn_cookie_from_timestamp(uint32_t ts_echo, struct syn_cookie_options *options)
{
	uint32_t scale = ts_echo & 15;
	options->sack = (ts_echo >> 4 & 1) != 0;
	options->has_window_scale = scale != NO_SCALE;
	options->window_scale = scale != NO_SCALE ? (uint8_t)scale : 0;
}

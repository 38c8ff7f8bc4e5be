/* SPDX-License-Identifier: BSD-3-Clause */
/** Reading what a user writes behind an option: lists, numbers, durations. */
#ifndef HANDFAST_LOAD_WORDS_H
#define HANDFAST_LOAD_WORDS_H

#include "load_error.h"

#include <stddef.h>
#include <stdint.h>

#define LOAD_WORDS_MAX_BYTES 64

/**
 * The next word of a list; one that is too long is cut.
 * @param at   where to go on: 0 at first; SIZE_MAX after the last word.
 * @param word LOAD_WORDS_MAX_BYTES
 * @return false: there was no more. "a,,b" has three words, "" has one.
 */
bool load_words_next(const char *text, const char *separators, size_t *at, char *word);

/** Protocol names separated by "," as ALPN has them on the wire. @param text  NULL: none. @param out  size octets. */
bool load_words_protocols(const char *text, uint8_t *out, size_t size, size_t *out_len, struct load_error *error);

/** "5000", "5k", "2.5M": a number with k, M or G for thousands. @return false: it is none, or below 0. */
bool load_words_number(const char *text, double *out);

/** A whole number, k, M and G allowed. */
bool load_words_count(const char *text, uint64_t *out);

/** "250us", "10ms", "2.5s", "1m", "1h"; a number alone is seconds. @return false: it is none. */
bool load_words_duration(const char *text, uint64_t *out_ns);

#endif

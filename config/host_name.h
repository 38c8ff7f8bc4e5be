/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Host names as keys. One form everywhere: lower-case ASCII (A-labels), no trailing dot, at most 253 octets; a
 * one-label wildcard is written "*.rest". Rules: docs/bindings.md, "Names".
 */
#ifndef HANDFAST_HOST_NAME_H
#define HANDFAST_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 as text. */
#define HOST_NAME_MAX_LEN 253

/** A normalised name, owned by value: copied freely, no pointer inside. */
struct host_name {
	uint8_t len; /**< octets in text, 0 = no name */
	char text[HOST_NAME_MAX_LEN + 1];
};

enum host_name_result {
	HOST_NAME_OK,
	HOST_NAME_INVALID,    /**< a character outside a-z 0-9 - _ . , an empty or over-long label or name */
	HOST_NAME_IP_LITERAL, /**< "192.0.2.1" or an IPv6 literal: counts as no SNI (RFC 6066 section 3) */
};

/**
 * Normalise a name as a client sends it: ASCII only, lower-cased, one trailing dot stripped, never a wildcard.
 *
 * @param name  octets, not terminated; may hold anything.
 * @return      HOST_NAME_OK, and only then *out is written.
 * Threads: any. Cost: one pass, no allocation.
 */
enum host_name_result host_name_from_sni(const uint8_t *name, size_t len, struct host_name *out);

/**
 * Normalise a name as a person writes it in the configuration: UTF-8 is allowed and turned into A-labels (IDNA 2008,
 * libidn2), a leading "*." is kept as the one-label wildcard.
 *
 * @return HOST_NAME_OK, and only then *out is written.
 * Threads: any but workers (allocates).
 */
enum host_name_result host_name_from_text(const char *text, struct host_name *out);

/**
 * The wildcard that covers a name: its left-most label replaced by "*". "a.b.c" gives "*.b.c"; a name of one label and
 * a wildcard give none.
 *
 * @return true if *out was written.
 * Threads: any.
 */
bool host_name_wildcard_of(const struct host_name *name, struct host_name *out);

/** @return true if the texts are equal. */
bool host_name_equal(const struct host_name *a, const struct host_name *b);

#endif

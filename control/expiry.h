/* SPDX-License-Identifier: BSD-3-Clause */
/** The groups of IIS Manager's certificate view: how soon a certificate expires. */
#ifndef HANDFAST_EXPIRY_H
#define HANDFAST_EXPIRY_H

#include <stdint.h>

enum expiry_group {
	EXPIRY_EXPIRED,
	EXPIRY_TOMORROW,   /**< within 1 day */
	EXPIRY_THIS_WEEK,  /**< within 7 days */
	EXPIRY_NEXT_WEEK,  /**< within 14 days */
	EXPIRY_NEXT_MONTH, /**< within 31 days */
	EXPIRY_LATER,
	EXPIRY_GROUPS,
};

/** @param not_after, now_s Unix time. Threads: any. */
enum expiry_group expiry_group(int64_t not_after, int64_t now_s);

/** @return "this-week"; a constant. */
const char *expiry_group_name(enum expiry_group group);

/** @return the group, or -1 if there is none of that name. */
int expiry_group_from_name(const char *name);

/** Warnings before a certificate expires: 30, 14, 7 and 1 days, and when it has. */
#define EXPIRY_WARNINGS 5

/**
 * @return how many of these warnings are due: 0 more than 30 days before, EXPIRY_WARNINGS once expired. Whoever
 *         keeps the number tells of each warning once.
 * Threads: any.
 */
unsigned expiry_warnings_due(int64_t not_after, int64_t now_s);

#endif

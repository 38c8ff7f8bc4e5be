/* SPDX-License-Identifier: BSD-3-Clause */
#include "expiry.h"

#include <stddef.h>
#include <string.h>

#define DAY_S ((int64_t)24 * 60 * 60)

static const struct {
	const char *name;
	int64_t within_days;
} groups[EXPIRY_GROUPS] = {
	[EXPIRY_EXPIRED] = {"expired", 0},
	[EXPIRY_TOMORROW] = {"tomorrow", 1},
	[EXPIRY_THIS_WEEK] = {"this-week", 7},
	[EXPIRY_NEXT_WEEK] = {"next-week", 14},
	[EXPIRY_NEXT_MONTH] = {"next-month", 31},
	[EXPIRY_LATER] = {"later", INT32_MAX},
};

enum expiry_group expiry_group(int64_t not_after, int64_t now_s)
{
	/* RFC 5280 section 4.1.2.5: valid up to and including that second. */
	if (not_after < now_s)
		return EXPIRY_EXPIRED;
	for (int i = EXPIRY_TOMORROW; i < EXPIRY_LATER; i++)
		if (not_after <= now_s + groups[i].within_days * DAY_S)
			return (enum expiry_group)i;
	return EXPIRY_LATER;
}

const char *expiry_group_name(enum expiry_group group)
{
	return groups[group].name;
}

int expiry_group_from_name(const char *name)
{
	for (int i = 0; i < EXPIRY_GROUPS; i++)
		if (strcmp(groups[i].name, name) == 0)
			return i;
	return -1;
}

unsigned expiry_warnings_due(int64_t not_after, int64_t now_s)
{
	static const int64_t days_before[EXPIRY_WARNINGS - 1] = {30, 14, 7, 1};
	if (not_after < now_s)
		return EXPIRY_WARNINGS;
	unsigned due = 0;
	while (due < EXPIRY_WARNINGS - 1 && not_after <= now_s + days_before[due] * DAY_S)
		due++;
	return due;
}

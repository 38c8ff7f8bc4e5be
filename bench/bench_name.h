/* SPDX-License-Identifier: BSD-3-Clause */
/** Host names by number, for tables of a million of them. */
#ifndef HANDFAST_BENCH_NAME_H
#define HANDFAST_BENCH_NAME_H

#include "host_name.h"

#include <stdio.h>

/** @return "host1.customer1.example.com" for 1: always the same for the same number, different for others. */
static inline struct host_name bench_name(unsigned number)
{
	struct host_name name = {0};
	int len = snprintf(name.text, sizeof(name.text), "host%u.customer%u.example.com", number, number % 977);
	name.len = (uint8_t)len;
	return name;
}

#endif

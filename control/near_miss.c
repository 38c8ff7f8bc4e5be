/* SPDX-License-Identifier: BSD-3-Clause */
#include "near_miss.h"

#include <stdlib.h>
#include <string.h>

#define BEYOND (NEAR_MISS_MAX_DISTANCE + 1)
/* A host name; longer texts are compared with nothing. */
#define MAX_LEN 255
#define BAND    (2 * NEAR_MISS_MAX_DISTANCE + 1)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Cell (i, j) of the matrix lives in column j - i + NEAR_MISS_MAX_DISTANCE of row i: only cells that near to the
 * diagonal can be worth NEAR_MISS_MAX_DISTANCE or less. A column outside of the band is BEYOND.
 */
static unsigned cell(const unsigned row[BAND], long column)
{
	return column < 0 || column >= BAND ? BEYOND : row[column];
}

static unsigned compute(const char *a, const char *b, size_t i, size_t j, const unsigned rows[3][BAND], long column)
{
	if (i == 0 || j == 0)
		return (unsigned)least((unsigned)(i + j), BEYOND);
	unsigned edits = cell(rows[1], column) + (a[i - 1] != b[j - 1]);
	edits = least(edits, cell(rows[1], column + 1) + 1);
	edits = least(edits, cell(rows[0], column - 1) + 1);
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		edits = least(edits, cell(rows[2], column) + 1);
	return least(edits, BEYOND);
}

unsigned near_miss_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > MAX_LEN || b_len > MAX_LEN || labs((long)a_len - (long)b_len) > NEAR_MISS_MAX_DISTANCE)
		return BEYOND;
	/* This row, the one before, the one before that. */
	unsigned rows[3][BAND] = {0};
	for (size_t i = 0; i <= a_len; i++) {
		memmove(rows[1], rows[0], 2 * sizeof(rows[0]));
		unsigned best = BEYOND;
		for (long column = 0; column < BAND; column++) {
			long j = (long)i + column - NEAR_MISS_MAX_DISTANCE;
			rows[0][column] = j < 0 || j > (long)b_len ? BEYOND : compute(a, b, i, (size_t)j, rows, column);
			best = least(best, rows[0][column]);
		}
		if (best == BEYOND)
			return BEYOND;
	}
	return cell(rows[0], (long)b_len - (long)a_len + NEAR_MISS_MAX_DISTANCE);
}

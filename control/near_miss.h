/* SPDX-License-Identifier: BSD-3-Clause */
/** How far two names are apart: for finding the misspelt file. */
#ifndef HANDFAST_NEAR_MISS_H
#define HANDFAST_NEAR_MISS_H

/** More edits than this are another name, not a misspelling. */
#define NEAR_MISS_MAX_DISTANCE 2

/**
 * Edits that make one name of the other: a character inserted, left out, replaced, or swapped with its neighbour
 * (Damerau-Levenshtein, optimal string alignment).
 *
 * @return 0 to NEAR_MISS_MAX_DISTANCE, or NEAR_MISS_MAX_DISTANCE + 1 for anything beyond.
 * Threads: any. Cost: O(length); only a band of the matrix is computed.
 */
unsigned near_miss_distance(const char *a, const char *b);

#endif

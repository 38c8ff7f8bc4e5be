/* SPDX-License-Identifier: BSD-3-Clause */
#include "near_miss.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void test_story(void)
{
	CU_ASSERT_EQUAL(near_miss_distance("cawl.nau.ed", "cawl.nau.edu"), 1);
	CU_ASSERT_EQUAL(near_miss_distance("cawl.nau.edu", "cawl.nau.ed"), 1);
}

static void test_each_edit_counts_one(void)
{
	CU_ASSERT_EQUAL(near_miss_distance("www.example.com", "www.example.com"), 0);
	CU_ASSERT_EQUAL(near_miss_distance("ww.example.com", "www.example.com"), 1);
	CU_ASSERT_EQUAL(near_miss_distance("wwww.example.com", "www.example.com"), 1);
	CU_ASSERT_EQUAL(near_miss_distance("wvw.example.com", "www.example.com"), 1);
	CU_ASSERT_EQUAL(near_miss_distance("www.exmaple.com", "www.example.com"), 1);
	CU_ASSERT_EQUAL(near_miss_distance("ww.exmaple.com", "www.example.com"), 2);
}

static void test_beyond(void)
{
	CU_ASSERT(near_miss_distance("mail.example.com", "www.example.com") > NEAR_MISS_MAX_DISTANCE);
	CU_ASSERT(near_miss_distance("a", "abcdefgh") > NEAR_MISS_MAX_DISTANCE);
	CU_ASSERT_EQUAL(near_miss_distance("", "ab"), 2);
	CU_ASSERT_EQUAL(near_miss_distance("", ""), 0);
}

/* The whole matrix, as in the textbook. */
static unsigned reference(const char *a, const char *b)
{
	static unsigned d[64][64];
	size_t n = strlen(a), m = strlen(b);
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m] < NEAR_MISS_MAX_DISTANCE + 1 ? d[n][m] : NEAR_MISS_MAX_DISTANCE + 1;
}

static void test_band_agrees_with_whole_matrix(void)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char a[16] = "", b[16] = "";
		for (int i = rand() % 10; i > 0; i--)
			a[i - 1] = (char)('a' + rand() % 3);
		for (int i = rand() % 10; i > 0; i--)
			b[i - 1] = (char)('a' + rand() % 3);
		if (near_miss_distance(a, b) != reference(a, b)) {
			printf("'%s' '%s'\n", a, b);
			CU_FAIL("band and matrix differ");
			return;
		}
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"cawl.nau.ed is one edit from cawl.nau.edu", test_story},
		{"each edit counts one", test_each_edit_counts_one},
		{"what is beyond is beyond", test_beyond},
		{"the band agrees with the whole matrix", test_band_agrees_with_whole_matrix},
		CU_TEST_INFO_NULL,
	};
	return unit_run("near_miss", tests);
}

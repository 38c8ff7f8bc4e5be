/* SPDX-License-Identifier: BSD-3-Clause */
/** Test vectors of Project Wycheproof, which lie beside the project where they are. */
#ifndef HANDFAST_TEST_VECTORS_H
#define HANDFAST_TEST_VECTORS_H

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** @return the file, or NULL after saying SKIP. Owner: the caller, json_decref(). */
static inline json_t *vectors_load(const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "../shared/vectors/%s", name);
	json_t *root = json_load_file(path, 0, NULL);
	if (!root)
		printf("SKIP: %s is not there\n", path);
	return root;
}

static inline const char *vectors_text(const json_t *test, const char *field)
{
	return json_string_value(json_object_get(test, field));
}

/** @return true if the vector says "valid" (or "acceptable"). */
static inline bool vectors_valid(const json_t *test)
{
	return strcmp(vectors_text(test, "result"), "invalid") != 0;
}

/** Assert that a property holds for each test of a file, and that all of them were there. */
static inline void vectors_check(const char *name, bool (*holds)(const json_t *test))
{
	json_t *root = vectors_load(name), *group, *test;
	size_t i, j, done = 0;
	json_array_foreach (json_object_get(root, "testGroups"), i, group)
		json_array_foreach (json_object_get(group, "tests"), j, test) {
			CU_ASSERT_TRUE(holds(test));
			done++;
		}
	CU_ASSERT(!root || done == (size_t)json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
}

#endif

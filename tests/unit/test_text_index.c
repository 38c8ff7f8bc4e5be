/* SPDX-License-Identifier: BSD-3-Clause */
#include "text_index.h"
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_OBJECTS 5000 /* the first slots are 1,024: it grows three times */

struct object {
	bool is_in;
	unsigned n_visits;
	char text[24];
};

static struct object objects[N_OBJECTS];

static void setup(struct text_index *index)
{
	static const uint8_t key[16] = {5};
	CU_ASSERT_EQUAL_FATAL(text_index_init(index, offsetof(struct object, text), key), 0);
	for (unsigned i = 0; i < N_OBJECTS; i++) {
		objects[i].is_in = false;
		snprintf(objects[i].text, sizeof(objects[i].text), "host-%u.example", i);
	}
}

static void check_all(const struct text_index *index)
{
	size_t n = 0;
	for (unsigned i = 0; i < N_OBJECTS; i++) {
		n += objects[i].is_in;
		CU_ASSERT_PTR_EQUAL(text_index_find(index, objects[i].text), objects[i].is_in ? &objects[i] : NULL);
	}
	CU_ASSERT_EQUAL(text_index_count(index), n);
	CU_ASSERT_PTR_NULL(text_index_find(index, "host-.example"));
	CU_ASSERT_PTR_NULL(text_index_find(index, ""));
}

static void put_in(struct text_index *index, struct object *object)
{
	CU_ASSERT_EQUAL_FATAL(text_index_add(index, object), 0);
	object->is_in = true;
}

/* Against a plain list, through changes in a seeded order. */
static void test_as_a_plain_list(void)
{
	struct text_index index;
	uint32_t state = 1;
	setup(&index);
	check_all(&index);
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < N_OBJECTS; i++) {
			state = state * 1664525 + 1013904223;
			struct object *object = &objects[(state >> 8) % N_OBJECTS];
			if (!object->is_in) {
				put_in(&index, object);
				continue;
			}
			text_index_remove(&index, object);
			object->is_in = false;
		}
		check_all(&index);
	}
	text_index_fini(&index);
}

static void test_walk_meets_each_once(void)
{
	struct text_index index;
	setup(&index);
	for (unsigned i = 0; i < N_OBJECTS; i++) {
		objects[i].n_visits = 0;
		put_in(&index, &objects[i]);
	}
	size_t at = 0;
	for (struct object *object; (object = text_index_next(&index, &at)) != NULL;)
		object->n_visits++;
	CU_ASSERT_PTR_NULL(text_index_next(&index, &at));
	for (unsigned i = 0; i < N_OBJECTS; i++)
		CU_ASSERT_EQUAL(objects[i].n_visits, 1);
	text_index_fini(&index);
}

/* Removing closes gaps: what moves into one is not left out. */
static void test_removal_during_a_walk(void)
{
	struct text_index index;
	setup(&index);
	for (unsigned i = 0; i < N_OBJECTS; i++)
		put_in(&index, &objects[i]);
	size_t at = 0;
	for (struct object *object; (object = text_index_next(&index, &at)) != NULL;) {
		if ((object - objects) % 3 == 0)
			continue;
		text_index_remove(&index, object);
		object->is_in = false;
		at--;
	}
	for (unsigned i = 0; i < N_OBJECTS; i++)
		CU_ASSERT_EQUAL(objects[i].is_in, i % 3 == 0);
	check_all(&index);
	text_index_fini(&index);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"finds what a plain list finds", test_as_a_plain_list},
		{"a walk meets each object once", test_walk_meets_each_once},
		{"removal during a walk leaves none out", test_removal_during_a_walk},
		CU_TEST_INFO_NULL,
	};
	return unit_run("text_index", tests);
}

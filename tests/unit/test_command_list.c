/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_list.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* The parts of a list in their order, as their client sees them. */
static char line[4096];
static size_t line_len;

static void take(enum command_step step, enum command_step wanted, struct command_part part)
{
	CU_ASSERT_EQUAL(step, wanted);
	CU_ASSERT_PTR_NOT_NULL_FATAL(part.text);
	CU_ASSERT_TRUE_FATAL(line_len + part.len < sizeof(line));
	memcpy(line + line_len, part.text, part.len);
	line_len += part.len;
	line[line_len] = '\0';
	free(part.text);
}

static void test_rows_in_parts(void)
{
	struct command_list list = {0};
	struct command_part part;
	line_len = 0;
	CU_ASSERT_TRUE(command_list_open(&list, "rows"));
	command_list_add(&list, json_pack("{s:i}", "a", 1));
	command_list_add(&list, NULL); /* what has vanished */
	take(command_list_take(&list, &part), COMMAND_PART, part);
	CU_ASSERT_STRING_EQUAL(line, "{\"rows\":[{\"a\":1}");
	command_list_add(&list, json_pack("[i]", 2));
	take(command_list_take(&list, &part), COMMAND_PART, part);
	take(command_list_take(&list, &part), COMMAND_PART, part); /* none since then */
	CU_ASSERT_TRUE(command_list_open(&list, "others"));
	command_list_add(&list, json_pack("{s:s}", "b", "\""));
	take(command_list_close(&list, json_pack("{s:i, s:b}", "total", 3, "ok", 1), &part), COMMAND_ANSWERED, part);
	CU_ASSERT_STRING_EQUAL(
		line, "{\"rows\":[{\"a\":1},[2]],\"others\":[{\"b\":\"\\\"\"}],\"total\":3,\"ok\":true}\n");
	command_list_fini(&list);
}

static void test_no_rows(void)
{
	struct command_list list = {0};
	struct command_part part;
	line_len = 0;
	CU_ASSERT_TRUE(command_list_open(&list, "rows"));
	take(command_list_close(&list, json_pack("{s:b}", "ok", 0), &part), COMMAND_ANSWERED, part);
	CU_ASSERT_STRING_EQUAL(line, "{\"rows\":[],\"ok\":false}\n");
	command_list_fini(&list);
}

/* Opened, written, not taken: freed all the same (told by ASan). */
static void test_forgotten(void)
{
	struct command_list list = {0};
	command_list_fini(&list);
	CU_ASSERT_TRUE(command_list_open(&list, "rows"));
	command_list_add(&list, json_integer(1));
	command_list_fini(&list);
	CU_ASSERT_PTR_NULL(list.out);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"rows in parts, and two lists", test_rows_in_parts},
		{"no rows", test_no_rows},
		{"forgotten in the middle", test_forgotten},
		CU_TEST_INFO_NULL,
	};
	return unit_run("command_list", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"
#include "config_schema.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static char *reference(void)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	config_write_reference(out);
	fclose(out);
	return text;
}

static void test_every_option_is_in_it(void)
{
	char *text = reference();
	size_t n;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++) {
		char row[80];
		snprintf(row, sizeof(row), "| `%s`", options[i].key);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, row));
		CU_ASSERT_TRUE(strlen(options[i].help) > 10);
	}
	const struct config_schema_section *sections = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, sections[i].help));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "## `ports[].addresses[]`\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "| `polling_interval_s` | a whole number from 5 to 86400 | seconds | `300` |"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "| `device` | a text of 1 to 63 octets without control characters |  | **required** |"));
	free(text);
}

static size_t count_bars(const char *line, size_t len)
{
	size_t bars = 0;
	for (size_t i = 0; i < len; i++)
		bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
	return bars;
}

static void test_every_row_has_its_five_cells(void)
{
	char *text = reference();
	size_t rows = 0;
	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		if (line[0] == '|') {
			CU_ASSERT_EQUAL(count_bars(line, len), 6);
			rows++;
		}
		line += len + (line[len] == '\n');
	}
	CU_ASSERT_TRUE(rows > 60);
	free(text);
}

static char *read_whole(const char *path)
{
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return NULL;
	char *text = calloc(1, 100000);
	size_t len = fread(text, 1, 99999, in);
	text[len] = '\0';
	fclose(in);
	return text;
}

/* The tests are run from the project's folder. */
static void test_the_document_is_fresh(void)
{
	char *fresh = reference(), *document = read_whole("docs/config.md");
	bool is_same = document != NULL && strcmp(document, fresh) == 0;
	CU_ASSERT_TRUE(is_same);
	if (!is_same)
		printf("\ndocs/config.md is stale: refresh it with `make docs`\n");
	free(fresh);
	free(document);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"every option is in it", test_every_option_is_in_it},
		{"every row has its five cells", test_every_row_has_its_five_cells},
		{"the document is fresh", test_the_document_is_fresh},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_write_reference", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_csv.h"
#include "load_sample.h"
#include "unit.h"

#include <string.h>

/* The value below a column's name; NULL: there is no such column. Both lines are cut up by it. */
static const char *value_below(char *header, char *values, const char *name)
{
	char *column;
	while ((column = strsep(&header, ",\n")) != NULL) {
		const char *value = strsep(&values, ",\n");
		if (strcmp(column, name) == 0)
			return value;
	}
	return NULL;
}

static void value_is(const char *name, const char *expected)
{
	struct load_sample sample;
	char *text = NULL;
	size_t size;
	LOAD_SAMPLE_INIT(&sample, "--rate", "500", "192.0.2.1:443");
	FILE *out = open_memstream(&text, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT(load_csv_write_header(out) && load_csv_write(out, &sample.plan, sample.result));
	fclose(out);
	char *values = strchr(text, '\n');
	CU_ASSERT_PTR_NOT_NULL_FATAL(values);
	*values++ = '\0';
	const char *value = value_below(text, values, name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	CU_ASSERT_STRING_EQUAL(value, expected);
	free(text);
	load_sample_fini(&sample);
}

static void values_stand_below_their_names(void)
{
	value_is("rate_asked", "500");
	value_is("handshakes", "1000");
	value_is("handshakes_per_second", "500.000");
	value_is("errors", "8");
	value_is("refused", "3");
	value_is("unfinished", "0");
	value_is("connect_count", "1000");
	value_is("whole_max_us", "1000.000"); /* the last column */
}

int main(void)
{
	return unit_run("load_csv",
		(CU_TestInfo[]){{"values stand below their names", values_stand_below_their_names}, CU_TEST_INFO_NULL});
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_plot.h"
#include "load_sample.h"
#include "scratch_folder.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void a_name_must_say_what_picture(void)
{
	struct load_error error;
	CU_ASSERT_FALSE(load_plot_check("plot.pdf", &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "ends in .svg or .png, found \"plot.pdf\""));
	CU_ASSERT_FALSE(load_plot_check("plot", &error));
	CU_ASSERT_FALSE(load_plot_check("a'b.svg", &error)); /* gnuplot would read it as the end of its string */
	CU_ASSERT(load_plot_check("plot.svg", &error));
}

static void a_picture_is_drawn(void)
{
	struct load_sample sample;
	struct load_error error;
	struct scratch_folder folder;
	char start[64] = "";
	CU_ASSERT_FATAL(scratch_folder_init(&folder));
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	const char *path = scratch_folder_path(&folder, "plot.svg");
	CU_ASSERT(load_plot_write(path, sample.result, &error));
	FILE *file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_PTR_NOT_NULL(fgets(start, sizeof(start), file));
	fclose(file);
	CU_ASSERT_PTR_NOT_NULL(strstr(start, "<?xml"));
	CU_ASSERT_FALSE(load_plot_write("/nonexistent/plot.svg", sample.result, &error));
	load_sample_fini(&sample);
	scratch_folder_fini(&folder);
}

static void nothing_is_not_drawn(void)
{
	struct load_sample sample;
	struct load_error error;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	*sample.result = (struct load_result){0};
	CU_ASSERT_FALSE(load_plot_write("plot.svg", sample.result, &error));
	CU_ASSERT_STRING_EQUAL(error.text, "--plot: there is nothing to draw");
	load_sample_fini(&sample);
}

int main(void)
{
	return unit_run("load_plot", (CU_TestInfo[]){{"a name must say what picture", a_name_must_say_what_picture},
					     {"a picture is drawn", a_picture_is_drawn},
					     {"nothing is not drawn", nothing_is_not_drawn}, CU_TEST_INFO_NULL});
}

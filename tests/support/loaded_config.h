/* SPDX-License-Identifier: BSD-3-Clause */
/** A configuration loaded from a text, with its problems as one printed text: what config tests look at. */
#ifndef HANDFAST_LOADED_CONFIG_H
#define HANDFAST_LOADED_CONFIG_H

#include "config.h"
#include "libconfig_leak.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

struct loaded_config {
	struct config *config; /**< NULL if there were errors */
	struct config_problems problems;
	char *printed; /**< one line per problem, "test.cfg:3: key: …" */
	int result;
};

static inline void loaded_config_print(struct loaded_config *loaded)
{
	size_t size;
	FILE *out = open_memstream(&loaded->printed, &size);
	config_problems_print(&loaded->problems, out);
	fclose(out);
}

static inline struct loaded_config loaded_config_of(const char *text)
{
	struct loaded_config loaded = {0};
	loaded.result = config_load_text(text, "test.cfg", &loaded.problems, &loaded.config);
	loaded_config_print(&loaded);
	CU_ASSERT_EQUAL(loaded.config == NULL, loaded.result != 0);
	CU_ASSERT_EQUAL(loaded.problems.n_errors > 0, loaded.result != 0);
	return loaded;
}

static inline void loaded_config_release(struct loaded_config *loaded)
{
	config_free(loaded->config);
	config_problems_free(&loaded->problems);
	free(loaded->printed);
}

/** The text loads, and gives exactly these lines (warnings), "" for none. */
static inline void loaded_config_accept(const char *text, const char *lines)
{
	struct loaded_config loaded = loaded_config_of(text);
	CU_ASSERT_EQUAL(loaded.result, 0);
	CU_ASSERT_STRING_EQUAL(loaded.printed, lines);
	if (loaded.result != 0 || strcmp(loaded.printed, lines) != 0)
		printf("\n--- text\n%s\n--- problems\n%s--- expected\n%s", text, loaded.printed, lines);
	loaded_config_release(&loaded);
}

/** The text does not load, and gives exactly these lines. */
static inline void loaded_config_reject(const char *text, const char *lines)
{
	struct loaded_config loaded = loaded_config_of(text);
	CU_ASSERT_NOT_EQUAL(loaded.result, 0);
	CU_ASSERT_STRING_EQUAL(loaded.printed, lines);
	if (strcmp(loaded.printed, lines) != 0)
		printf("\n--- text\n%s\n--- problems\n%s--- expected\n%s", text, loaded.printed, lines);
	loaded_config_release(&loaded);
}

#endif

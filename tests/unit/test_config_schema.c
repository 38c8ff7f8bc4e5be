/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_schema.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static bool default_is_valid(const struct config_schema_option *option)
{
	const char *text = option->default_text;
	if (text == NULL || text[0] == '\0')
		return true;
	long long number = strtoll(text, NULL, 10);
	switch (option->type) {
	case CONFIG_SCHEMA_FLAG:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
	case CONFIG_SCHEMA_NUMBER_SET:
		return number >= option->min && number <= option->max;
	case CONFIG_SCHEMA_ENUM:
	case CONFIG_SCHEMA_NAME:
		return config_schema_name_index(option->names, text) >= 0;
	case CONFIG_SCHEMA_TEXT:
		return (long long)strlen(text) >= option->min && (long long)strlen(text) <= option->max;
	case CONFIG_SCHEMA_BIND_IP:
		return strcmp(text, "*") == 0;
	default:
		return false;
	}
}

static bool has_names(const struct config_schema_option *option)
{
	return option->type == CONFIG_SCHEMA_ENUM || option->type == CONFIG_SCHEMA_NAME;
}

static void test_rows_are_consistent(void)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_TRUE(default_is_valid(&options[i]));
		CU_ASSERT_TRUE(options[i].min <= options[i].max);
		CU_ASSERT_EQUAL(options[i].names != NULL, has_names(&options[i]));
		/* The last words of a bounded quantity's key are its unit. */
		CU_ASSERT_TRUE(options[i].type != CONFIG_SCHEMA_NUMBER16 || options[i].max <= 65535);
		CU_ASSERT_TRUE(options[i].type != CONFIG_SCHEMA_NUMBER || options[i].max <= 2147483647);
		CU_ASSERT_TRUE(options[i].type != CONFIG_SCHEMA_NUMBER || options[i].min >= 0);
	}
}

static void test_rows_of_a_section_stand_together(void)
{
	size_t n_sections, n_all, counted = 0;
	const struct config_schema_section *sections = config_schema_sections(&n_sections);
	config_schema_options(&n_all);
	for (size_t i = 0; i < n_sections; i++) {
		size_t n;
		const struct config_schema_option *options = config_schema_options_of(sections[i].id, &n);
		/* A mask of 32 bits says which were seen. */
		CU_ASSERT_TRUE(n > 0 && n <= 32);
		for (size_t j = 0; j < n; j++)
			CU_ASSERT_EQUAL(options[j].section, sections[i].id);
		counted += n;
	}
	CU_ASSERT_EQUAL(counted, n_all);
	CU_ASSERT_TRUE(CONFIG_SCHEMA_COUNT <= 32);
	size_t none;
	config_schema_options_of(CONFIG_SCHEMA_root, &none);
	CU_ASSERT_EQUAL(none, 0);
}

static void test_finding(void)
{
	bool is_file;
	CU_ASSERT_PTR_NOT_NULL(config_schema_find_section(CONFIG_SCHEMA_root, "ports"));
	CU_ASSERT_PTR_NOT_NULL(config_schema_find_section(CONFIG_SCHEMA_port, "addresses"));
	CU_ASSERT_PTR_NULL(config_schema_find_section(CONFIG_SCHEMA_root, "addresses"));
	CU_ASSERT_PTR_NULL(config_schema_find_section(CONFIG_SCHEMA_root, "port"));
	CU_ASSERT_PTR_NOT_NULL(config_schema_find_option(CONFIG_SCHEMA_store, "password", &is_file));
	CU_ASSERT_FALSE(is_file);
	CU_ASSERT_PTR_NOT_NULL(config_schema_find_option(CONFIG_SCHEMA_store, "password_file", &is_file));
	CU_ASSERT_TRUE(is_file);
	CU_ASSERT_PTR_NULL(config_schema_find_option(CONFIG_SCHEMA_store, "user_name_file", &is_file));
	CU_ASSERT_PTR_NULL(config_schema_find_option(CONFIG_SCHEMA_store, "passwor", &is_file));
	CU_ASSERT_PTR_NULL(config_schema_find_option(CONFIG_SCHEMA_tls, "password", &is_file));
}

static void test_names(void)
{
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "a"), 0);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "bc"), 1);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "d"), 2);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "b"), -1);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "bcd"), -1);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", "a|bc"), -1);
	CU_ASSERT_EQUAL(config_schema_name_index("a|bc|d", ""), -1);
	CU_ASSERT_EQUAL(config_schema_name_index(NULL, "a"), -1);
}

static void test_nearest_key(void)
{
	CU_ASSERT_STRING_EQUAL(config_schema_nearest_key(CONFIG_SCHEMA_root, "binding"), "bindings");
	CU_ASSERT_STRING_EQUAL(config_schema_nearest_key(CONFIG_SCHEMA_store, "physicalpath"), "physical_path");
	CU_ASSERT_STRING_EQUAL(
		config_schema_nearest_key(CONFIG_SCHEMA_store, "polling_interval"), "polling_interval_s");
	CU_ASSERT_STRING_EQUAL(config_schema_nearest_key(CONFIG_SCHEMA_port, "adresses"), "addresses");
	CU_ASSERT_PTR_NULL(config_schema_nearest_key(CONFIG_SCHEMA_store, "zzzzzz"));
	CU_ASSERT_PTR_NULL(config_schema_nearest_key(
		CONFIG_SCHEMA_store, "a_key_that_is_longer_than_any_other_and_is_not_compared_at_all"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"rows are consistent", test_rows_are_consistent},
		{"rows of a section stand together", test_rows_of_a_section_stand_together},
		{"finding", test_finding},
		{"names", test_names},
		{"the nearest key", test_nearest_key},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_schema", tests);
}

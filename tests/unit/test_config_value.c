/* SPDX-License-Identifier: BSD-3-Clause */
/* For every row of config_schema.def what is accepted and what is refused, made from the row itself. */
#include "config_value.h"
#include "loaded_config.h"
#include "unit.h"

/* --- texts made from the schema ----------------------------------------------------------------------------------- */

/* What a section holds unless the option under test says otherwise: enough for a configuration without problems. */
static const struct {
	enum config_schema_id section;
	const char *key, *value;
} base_values[] = {
	{CONFIG_SCHEMA_port, "device", "\"net_ring0\""},
	{CONFIG_SCHEMA_address, "ip", "\"192.0.2.10/24\""},
	{CONFIG_SCHEMA_store, "enabled", "true"},
	{CONFIG_SCHEMA_store, "physical_path", "\"/srv/certs\""},
	{CONFIG_SCHEMA_certificate, "name", "\"main\""},
	{CONFIG_SCHEMA_certificate, "file", "\"main.pfx\""},
	{CONFIG_SCHEMA_binding, "host", "\"www.example.com\""},
	{CONFIG_SCHEMA_binding, "certificate", "\"main\""},
};

struct override {
	enum config_schema_id section;
	const char *key, *value; /* value NULL: the key is left out */
};

static void write_group(FILE *out, enum config_schema_id id, const struct override *override);

static void write_members(FILE *out, enum config_schema_id id, const struct override *override)
{
	for (size_t i = 0; i < sizeof(base_values) / sizeof(base_values[0]); i++) {
		bool overridden = override->section == id && strcmp(base_values[i].key, override->key) == 0;
		if (base_values[i].section == id && !overridden)
			fprintf(out, "%s = %s; ", base_values[i].key, base_values[i].value);
	}
	if (override->section == id && override->value != NULL)
		fprintf(out, "%s = %s; ", override->key, override->value);
	size_t n;
	const struct config_schema_section *sections = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++) {
		if (sections[i].parent != id)
			continue;
		fprintf(out, "%s = %s", sections[i].key, sections[i].shape == CONFIG_SCHEMA_LIST ? "( " : "");
		write_group(out, sections[i].id, override);
		fprintf(out, "%s;\n", sections[i].shape == CONFIG_SCHEMA_LIST ? " )" : "");
	}
}

static void write_group(FILE *out, enum config_schema_id id, const struct override *override)
{
	fputs("{ ", out);
	write_members(out, id, override);
	fputs("}", out);
}

/* @return a configuration of every section in which one key has that value; the caller's to free. */
static char *text_with(enum config_schema_id section, const char *key, const char *value)
{
	size_t size;
	char *text;
	struct override override = {section, key, value};
	FILE *out = open_memstream(&text, &size);
	write_members(out, CONFIG_SCHEMA_root, &override);
	fclose(out);
	return text;
}

/* "ports[0].addresses[0].": the path of a section in such a text, with the dot. @return octets written. */
static size_t write_section_path(enum config_schema_id id, char *out, size_t size)
{
	size_t n;
	const struct config_schema_section *sections = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++) {
		if (sections[i].id != id)
			continue;
		size_t used = write_section_path(sections[i].parent, out, size);
		const char *element = sections[i].shape == CONFIG_SCHEMA_LIST ? "[0]" : "";
		return used + (size_t)snprintf(out + used, size - used, "%s%s.", sections[i].key, element);
	}
	return 0;
}

static void path_of(enum config_schema_id section, const char *key, char *out, size_t size)
{
	size_t used = write_section_path(section, out, size);
	snprintf(out + used, size - used, "%s", key);
}

/* --- every row accepts -------------------------------------------------------------------------------------------- */

static void expect_value_accepted(const struct config_schema_option *option, const char *value)
{
	char *text = text_with(option->section, option->key, value);
	struct loaded_config loaded = loaded_config_of(text);
	CU_ASSERT_EQUAL(loaded.result, 0);
	if (loaded.result != 0)
		printf("\n%s = %s: %s", option->key, value, loaded.printed);
	loaded_config_release(&loaded);
	free(text);
}

static void expect_number_accepted(const struct config_schema_option *option, long long number)
{
	char value[32];
	snprintf(value, sizeof(value), "%lld", number);
	expect_value_accepted(option, value);
	snprintf(value, sizeof(value), "0x%llx", (unsigned long long)number);
	expect_value_accepted(option, value);
	snprintf(value, sizeof(value), "%lldL", number);
	expect_value_accepted(option, value);
}

/* A quoted text of that many octets; the caller's to free. */
static char *text_of(size_t len)
{
	char *text = malloc(len + 3);
	memset(text, 'x', len + 2);
	text[0] = text[len + 1] = '"';
	text[len + 2] = '\0';
	return text;
}

static void expect_length_accepted(const struct config_schema_option *option, size_t len)
{
	char *value = text_of(len);
	/* The one text that must also name something. */
	if (strcmp(option->key, "certificate") != 0 && strcmp(option->key, "name") != 0)
		expect_value_accepted(option, value);
	free(value);
}

static void expect_names_accepted(const struct config_schema_option *option)
{
	char names[200], *rest = names, *name;
	snprintf(names, sizeof(names), "%s", option->names);
	while ((name = strsep(&rest, "|")) != NULL) {
		char value[40];
		snprintf(value, sizeof(value), "\"%s\"", name);
		expect_value_accepted(option, value);
	}
}

static void expect_row_accepts(const struct config_schema_option *option)
{
	switch (option->type) {
	case CONFIG_SCHEMA_FLAG:
		expect_value_accepted(option, "true");
		expect_value_accepted(option, "false");
		break;
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
		expect_number_accepted(option, option->min);
		expect_number_accepted(option, option->max);
		break;
	case CONFIG_SCHEMA_ENUM:
	case CONFIG_SCHEMA_NAME:
		expect_names_accepted(option);
		break;
	case CONFIG_SCHEMA_TEXT:
	case CONFIG_SCHEMA_SECRET:
		expect_length_accepted(option, (size_t)option->min);
		expect_length_accepted(option, (size_t)option->max);
		break;
	case CONFIG_SCHEMA_NUMBER_SET:
		expect_value_accepted(option, "[ 1023, 0, 5 ]");
		expect_value_accepted(option, "( 7 )");
		break;
	case CONFIG_SCHEMA_TEXT_LIST:
		expect_value_accepted(option, "[ ]");
		expect_value_accepted(option, "[ \"--no-huge\", \"-v\" ]");
		break;
	case CONFIG_SCHEMA_IP_PREFIX:
		expect_value_accepted(option, "\"2001:db8::10/64\"");
		break;
	case CONFIG_SCHEMA_GATEWAY:
		expect_value_accepted(option, "\"192.0.2.1\"");
		expect_value_accepted(option, "\"\"");
		break;
	case CONFIG_SCHEMA_BIND_IP:
		expect_value_accepted(option, "\"*\"");
		expect_value_accepted(option, "\"[::]\"");
		expect_value_accepted(option, "\"[2001:db8::1]\"");
		break;
	case CONFIG_SCHEMA_HOST:
		expect_value_accepted(option, "\"*.Example.com.\"");
		break;
	}
}

static void test_every_row_accepts_what_it_says(void)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++)
		expect_row_accepts(&options[i]);
}

/* --- every row refuses -------------------------------------------------------------------------------------------- */

static void expect_value_rejected(const struct config_schema_option *option, const char *value)
{
	char path[200];
	char *text = text_with(option->section, option->key, value);
	struct loaded_config loaded = loaded_config_of(text);
	path_of(option->section, option->key, path, sizeof(path));
	bool found = false;
	for (size_t i = 0; i < loaded.problems.n; i++) {
		const struct config_problem *item = &loaded.problems.items[i];
		found |= !item->is_warning && item->line > 0 && strncmp(item->key, path, strlen(path)) == 0 &&
			 strncmp(item->message, "expected ", 9) == 0 && strstr(item->message, ", found ") != NULL;
	}
	CU_ASSERT_TRUE(found);
	if (!found)
		printf("\n%s = %.80s: %s\n", path, value, loaded.printed);
	loaded_config_release(&loaded);
	free(text);
}

static void expect_all_rejected(const struct config_schema_option *option, const char *const *values)
{
	for (; *values != NULL; values++)
		expect_value_rejected(option, *values);
}

static void expect_numbers_rejected(const struct config_schema_option *option)
{
	static const char *const values[] = {
		"\"5\"", "true", "1.5", "[ 1 ]", "( )", "{ }", "-1", "4294967296L", "9223372036854775807L", NULL};
	char value[32];
	expect_all_rejected(option, values);
	snprintf(value, sizeof(value), "%lld", option->min - 1);
	expect_value_rejected(option, value);
	snprintf(value, sizeof(value), "%lld", option->max + 1);
	expect_value_rejected(option, value);
}

static void expect_names_rejected(const struct config_schema_option *option)
{
	static const char *const values[] = {"\"nonsense\"", "\"\"", "\"|\"", "1", "true", "[ ]", NULL};
	char value[100];
	expect_all_rejected(option, values);
	snprintf(value, sizeof(value), "\"%s|\"", option->names);
	expect_value_rejected(option, value);
	snprintf(value, sizeof(value), "\"%.*s\"", (int)strcspn(option->names, "|") - 1, option->names);
	expect_value_rejected(option, value);
}

static void expect_texts_rejected(const struct config_schema_option *option)
{
	static const char *const values[] = {"5", "true", "[ \"x\" ]", "{ }", NULL};
	char *longer = text_of((size_t)option->max + 1);
	expect_all_rejected(option, values);
	expect_value_rejected(option, longer);
	free(longer);
	if (option->type == CONFIG_SCHEMA_TEXT)
		expect_value_rejected(option, "\"a\\x1bb\"");
	if (option->default_text == NULL || option->default_text[0] != '\0')
		expect_value_rejected(option, "\"\"");
}

static void expect_lists_rejected(const struct config_schema_option *option)
{
	static const char *const sets[] = {
		"5", "\"0\"", "[ ]", "( )", "[ 0, 0 ]", "[ -1 ]", "[ 1024 ]", "[ \"0\" ]", "( 0, ( ) )", "{ }", NULL};
	static const char *const lists[] = {"\"x\"", "[ 5 ]", "[ \"\" ]", "[ \"a\\nb\" ]", "( \"a\", 5 )", "{ }", NULL};
	expect_all_rejected(option, option->type == CONFIG_SCHEMA_NUMBER_SET ? sets : lists);
	if (option->type != CONFIG_SCHEMA_TEXT_LIST)
		return;
	char many[600] = "[ \"x\"";
	for (long long i = 0; i < option->max; i++)
		strcat(many, ", \"x\"");
	expect_value_rejected(option, strcat(many, " ]"));
}

static void expect_row_rejects(const struct config_schema_option *option)
{
	static const char *const flags[] = {"1", "\"true\"", "{ }", "[ true ]", NULL};
	static const char *const prefixes[] = {"\"192.0.2.1\"", "\"192.0.2.1/33\"", "\"\"", "24", "\"0.0.0.0/0\"",
		"\"224.0.0.1/24\"", "\"ff02::1/64\"", "\"255.255.255.255/32\"", NULL};
	static const char *const gateways[] = {
		"\"192.0.2.1/24\"", "\"192.0.3.1\"", "\"192.0.2.10\"", "\"2001:db8::1\"", "\"*\"", "1", NULL};
	static const char *const bind_ips[] = {
		"\"\"", "\"any\"", "\"192.0.2\"", "\"[192.0.2.1]\"", "\"192.0.2.1/24\"", "0", NULL};
	static const char *const hosts[] = {
		"\"a..b\"", "\"a b\"", "\"www.*.com\"", "\"192.0.2.1\"", "\"[2001:db8::1]\"", "1", "[ \"a\" ]", NULL};
	switch (option->type) {
	case CONFIG_SCHEMA_FLAG:
		expect_all_rejected(option, flags);
		break;
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
		expect_numbers_rejected(option);
		break;
	case CONFIG_SCHEMA_ENUM:
	case CONFIG_SCHEMA_NAME:
		expect_names_rejected(option);
		break;
	case CONFIG_SCHEMA_TEXT:
	case CONFIG_SCHEMA_SECRET:
		expect_texts_rejected(option);
		break;
	case CONFIG_SCHEMA_NUMBER_SET:
	case CONFIG_SCHEMA_TEXT_LIST:
		expect_lists_rejected(option);
		break;
	case CONFIG_SCHEMA_IP_PREFIX:
		expect_all_rejected(option, prefixes);
		break;
	case CONFIG_SCHEMA_GATEWAY:
		expect_all_rejected(option, gateways);
		break;
	case CONFIG_SCHEMA_BIND_IP:
		expect_all_rejected(option, bind_ips);
		break;
	case CONFIG_SCHEMA_HOST:
		expect_all_rejected(option, hosts);
		break;
	}
}

static void test_every_row_refuses_what_it_must(void)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++)
		expect_row_rejects(&options[i]);
}

static void test_every_required_row_must_be_there(void)
{
	size_t n, required = 0;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++) {
		if (options[i].default_text == NULL) {
			expect_value_rejected(&options[i], NULL);
			required++;
		}
	}
	CU_ASSERT_EQUAL(required, 4);
}

/* Every key with its last letter missing: refused, and the key itself is suggested. */
static void test_every_misspelt_key_is_told_the_right_one(void)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options(&n);
	for (size_t i = 0; i < n; i++) {
		char misspelt[64], path[200], line[400];
		snprintf(misspelt, sizeof(misspelt), "%.*s", (int)strlen(options[i].key) - 1, options[i].key);
		char *text = text_with(options[i].section, misspelt, "1");
		struct loaded_config loaded = loaded_config_of(text);
		path_of(options[i].section, misspelt, path, sizeof(path));
		snprintf(line, sizeof(line), "%s: expected a known key, found this one: did you mean \"%s\"?\n", path,
			options[i].key);
		CU_ASSERT_PTR_NOT_NULL(strstr(loaded.printed, line));
		if (strstr(loaded.printed, line) == NULL)
			printf("\nexpected %sfound %s", line, loaded.printed);
		loaded_config_release(&loaded);
		free(text);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"every row accepts what it says", test_every_row_accepts_what_it_says},
		{"every row refuses what it must", test_every_row_refuses_what_it_must},
		{"every required row must be there", test_every_required_row_must_be_there},
		{"every misspelt key is told the right one", test_every_misspelt_key_is_told_the_right_one},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_value", tests);
}

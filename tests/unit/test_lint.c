/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "store_world.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct store_world world;
static struct worker_shared shared;
static struct command_context context;
static json_t *answer; /* to "lint" */

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static json_t *ask(const char *line)
{
	struct command *command = command_begin(&context, line, strlen(line), now_ms());
	struct command_part reply;
	if (command == NULL)
		return NULL;
	while (command_poll(command, now_ms(), &reply) != COMMAND_ANSWERED)
		store_world_step(&world);
	command_end(command);
	json_t *object = json_loadb(reply.text, reply.len, 0, NULL);
	free(reply.text);
	return object;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

/* @return the n-th finding of that kind about that file, or NULL. */
static const char *finding_of(const char *kind, const char *file, unsigned n)
{
	const json_t *findings = json_object_get(answer, "findings");
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *finding = json_array_get(findings, i);
		if (strcmp(text_of(finding, "kind"), kind) == 0 && strcmp(text_of(finding, "file"), file) == 0 &&
			n-- == 0)
			return text_of(finding, "text");
	}
	return NULL;
}

static void ends_with(const char *text, const char *ending)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	size_t len = strlen(text), n = strlen(ending);
	CU_ASSERT_TRUE_FATAL(len >= n);
	CU_ASSERT_STRING_EQUAL(text + len - n, ending);
}

/* What is advised is a name that serves the host, with the ending that the file has. */
static void test_misspelt_files_are_to_be_renamed(void)
{
	ends_with(finding_of("near-miss", "cawl.nau.ed.pfx", 0), ": rename it to cawl.nau.edu.pfx");
	ends_with(finding_of("near-miss", "_.wild.tets.pfx", 0), ": rename it to _.wild.test.pfx");
	ends_with(finding_of("near-miss", "odd.tset.pem", 0), ": rename it to odd.test.pem");
}

/* Its certificate is for the name that it has: renamed, it would serve neither. */
static void test_files_that_are_right_stay(void)
{
	CU_ASSERT_PTR_NULL(finding_of("near-miss", "www.example.com.pfx", 0));
	CU_ASSERT_PTR_NULL(finding_of("name-mismatch", "www.example.com.pfx", 0));
	ends_with(finding_of("file-missing", "", 0),
		"no file serves www.exampla.com, which the binding in line 8 takes from the store");
	CU_ASSERT_PTR_NULL(finding_of("file-missing", "", 1));
}

static void test_certificates_for_other_names(void)
{
	ends_with(finding_of("name-mismatch", "cawl.nau.ed.pfx", 0), ": should be called cawl.nau.edu.pfx");
	ends_with(finding_of("copy-missing", "cawl.nau.ed.pfx", 0), ": copy it to cawl.nau.edu.pfx");
	ends_with(finding_of("name-mismatch", "_.wild.tets.pfx", 0), ": should be called _.wild.test.pfx");
}

static void test_files_that_serve_nothing(void)
{
	ends_with(finding_of("unusable", "odd.tset.pem", 0), "malformed");
	ends_with(finding_of("useless", "two words.pfx", 0), "serves nothing");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "files_not_examined")), 0);
}

static void test_hidden_bindings(void)
{
	ends_with(finding_of("hidden-binding", "", 0), "in line 10 is hidden by the address record in line 9");
	CU_ASSERT_PTR_NULL(finding_of("hidden-binding", "", 1));
}

static bool fill(void)
{
	return store_world_add(&world, "www.example.com.pfx", "www.example.com") &&
	       store_world_add(&world, "cawl.nau.ed.pfx", "cawl.nau.edu") &&
	       store_world_add(&world, "_.wild.tets.pfx", "*.wild.test") &&
	       scratch_folder_write(&world.folder, "odd.tset.pem", "garbage", 7) &&
	       scratch_folder_write(&world.folder, "two words.pfx", "", 0);
}

static bool open_world(void)
{
	static const char *const hosts[] = {
		"cawl.nau.edu", "*.wild.test", "odd.test", "www.exampla.com", "", "www.example.com"};
	static struct config_binding bindings[6];
	const uint8_t key[16] = {1};
	if (!store_world_init(&world) || !fill())
		return false;
	store_world_age(&world, "odd.tset.pem");
	for (size_t i = 0; i < 6; i++) {
		bindings[i] = (struct config_binding){
			.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3, .line = (unsigned)(5 + i)};
		if (hosts[i][0] != '\0')
			host_name_from_text(hosts[i], &bindings[i].host);
	}
	/* An address record, and a host record on the same address and port, which it hides. */
	for (size_t i = 4; i < 6; i++) {
		bindings[i].ip_kind = CONFIG_BIND_EXACT;
		bindings[i].port = 8443;
		ip_address_parse("192.0.2.1", &bindings[i].ip);
	}
	bindings[4].ssl_flags = 0;
	bindings[4].certificate = "fixed";
	world.config.bindings = bindings;
	world.config.n_bindings = 6;
	if (!store_world_open(&world))
		return false;
	shared.config = &world.config;
	atomic_init(&shared.bindings, binding_table_create(&world.config, key));
	context = (struct command_context){.config = &world.config,
		.shared = &shared,
		.table = world.table,
		.control_reader = 1,
		.publish = world.publish,
		.scanner = world.scanner};
	return true;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"misspelt files are to be renamed", test_misspelt_files_are_to_be_renamed},
		{"files that are right stay", test_files_that_are_right_stay},
		{"certificates for other names", test_certificates_for_other_names},
		{"files that serve nothing", test_files_that_serve_nothing},
		{"hidden bindings", test_hidden_bindings},
		CU_TEST_INFO_NULL,
	};
	if (!open_world())
		return 2;
	answer = ask("{\"command\": \"lint\"}");
	int code = answer != NULL ? unit_run("lint", tests) : 2;
	json_decref(answer);
	command_context_fini(&context);
	binding_table_destroy((struct binding_table *)(uintptr_t)atomic_load(&shared.bindings));
	store_world_close(&world);
	store_world_fini(&world);
	return code;
}

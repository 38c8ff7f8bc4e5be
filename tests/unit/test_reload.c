/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include "command.h"
#include "config_problems.h"
#include "store_world.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORTS "ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; }); });\n"

static struct store_world world;
static struct worker_shared shared;
static struct command_context context;
static struct config *first;
static char path[512];

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Write the configuration's file: what follows the ports, with the store's settings of this world. */
static void write_config(const char *store, const char *rest)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		abort(); /* also before the first test */
	fprintf(file,
		PORTS
		"central_certificate_store = { enabled = true; physical_path = \"%s\"; polling_interval_s = 3600; "
		"private_key_password = \"" STORE_WORLD_PASSWORD "\"; %s };\n%s",
		world.folder.path, store, rest);
	fclose(file);
}

static const struct config *current(void)
{
	return binding_table_config(atomic_load(&shared.bindings));
}

static struct reload_state wait_until(uint64_t ended)
{
	uint64_t limit = now_ms() + 30000;
	while (reload_get_state(context.reload).ended < ended && now_ms() < limit) {
		store_world_step(&world);
		reload_step(context.reload, now_ms());
	}
	CU_ASSERT_EQUAL(reload_get_state(context.reload).ended, ended);
	return reload_get_state(context.reload);
}

static struct reload_state reload(void)
{
	uint64_t wanted = reload_get_state(context.reload).started + 1;
	reload_request(context.reload, now_ms());
	return wait_until(wanted);
}

static bool mentions(const struct config_problems *problems, const char *key, const char *words)
{
	for (size_t i = 0; i < problems->n; i++)
		if (strstr(problems->items[i].key, key) != NULL && strstr(problems->items[i].message, words) != NULL)
			return true;
	return false;
}

static bool listens(uint16_t port)
{
	const struct ip_address ip = {.octets = {[15] = 1}};
	return binding_listens(atomic_load(&shared.bindings), &ip, port);
}

static void adopted(void *unused, const struct config *config)
{
	(void)unused;
	context.config = config;
}

#define A_BINDING "{ port = 443; host = \"www.example.com\"; ssl_flags = 3; }"

static void test_bindings_come_and_go(void)
{
	CU_ASSERT_FALSE(listens(8443));
	write_config("", "bindings = (" A_BINDING ", { port = 8443; host = \"www.example.com\"; ssl_flags = 3; });\n");
	CU_ASSERT_FALSE(reload().refused);
	CU_ASSERT_EQUAL(context.config->n_bindings, 2);
	CU_ASSERT_TRUE(listens(8443));
	write_config("", "bindings = (" A_BINDING ");\n");
	CU_ASSERT_FALSE(reload().refused);
	CU_ASSERT_FALSE(listens(8443));
	CU_ASSERT_TRUE(listens(443));
}

static void test_a_faulty_file_changes_nothing(void)
{
	const struct binding_table *before = atomic_load(&shared.bindings);
	write_config("", "bindings = (" A_BINDING ",\n { port = 444; host = \"x.test\"; ssl_flags = 128; });\n");
	struct reload_state state = reload();
	CU_ASSERT_TRUE(state.refused);
	CU_ASSERT_TRUE(mentions(state.problems, "bindings[1].ssl_flags", "expected"));
	CU_ASSERT_EQUAL(state.problems->items[0].line, 4);
	write_config("", "bindings = (");
	CU_ASSERT_TRUE(reload().refused);
	remove(path);
	CU_ASSERT_TRUE(reload().refused);
	CU_ASSERT_PTR_EQUAL(atomic_load(&shared.bindings), before);
	CU_ASSERT_PTR_EQUAL(context.config, current());
}

static const char *fixed(const char *name, const char *file)
{
	static char text[1024];
	snprintf(text, sizeof(text),
		"certificates = ({ name = \"%s\"; file = \"%s\"; });\n"
		"bindings = (" A_BINDING ", { port = 444; certificate = \"%s\"; });\n",
		name, file, name);
	return text;
}

static void test_certificates_come_change_and_go(void)
{
	char pem[512], other[512];
	CU_ASSERT_TRUE(store_world_add(&world, "one.example.com.pem", "one.example.com"));
	CU_ASSERT_TRUE(store_world_add(&world, "two.example.com.pem", "two.example.com"));
	snprintf(pem, sizeof(pem), "%s/one.example.com.pem", world.folder.path);
	snprintf(other, sizeof(other), "%s/two.example.com.pem", world.folder.path);
	write_config("", fixed("c", pem));
	CU_ASSERT_FALSE(reload().refused);
	/* Loaded before any binding led to it. */
	CU_ASSERT_EQUAL(store_world_get(&world, "=c").state, CERT_TABLE_READY);
	CU_ASSERT_STRING_EQUAL(store_world_get(&world, "=c").certificate->subject, "one.example.com");
	uint64_t generation = store_world_get(&world, "=c").certificate->generation;

	CU_ASSERT_FALSE(reload().refused); /* unchanged: not loaded again */
	CU_ASSERT_EQUAL(store_world_get(&world, "=c").certificate->generation, generation);

	write_config("", fixed("c", other)); /* another file: the old one serves until it is loaded */
	CU_ASSERT_FALSE(reload().refused);
	CU_ASSERT_EQUAL(store_world_get(&world, "=c").state, CERT_TABLE_READY);
	while (!publish_is_settled(world.publish, "=c"))
		store_world_step(&world);
	CU_ASSERT_STRING_EQUAL(store_world_get(&world, "=c").certificate->subject, "two.example.com");

	write_config("", "bindings = (" A_BINDING ");\n");
	CU_ASSERT_FALSE(reload().refused);
	CU_ASSERT_EQUAL(store_world_get(&world, "=c").state, CERT_TABLE_MISS);
}

static void test_a_new_certificate_that_cannot_be_loaded_refuses(void)
{
	write_config("", fixed("bad", "/nonexistent.pem"));
	struct reload_state state = reload();
	CU_ASSERT_TRUE(state.refused);
	CU_ASSERT_TRUE(mentions(state.problems, "certificates[0].file", "unreadable"));
	CU_ASSERT_EQUAL(state.problems->items[0].line, 3);
	CU_ASSERT_FALSE(listens(444));
	CU_ASSERT_EQUAL(store_world_get(&world, "=bad").state, CERT_TABLE_MISS);
	CU_ASSERT_PTR_NULL(publish_name_find(publish_get_names(world.publish), "=bad"));
}

static void test_what_needs_a_restart_is_told(void)
{
	write_config("loaders = 7;", "limits = { connections = 12; };\nbindings = (" A_BINDING ");\n");
	struct reload_state state = reload();
	CU_ASSERT_FALSE(state.refused);
	CU_ASSERT_TRUE(mentions(state.problems, "limits.connections", "needs a restart"));
	CU_ASSERT_TRUE(mentions(state.problems, "central_certificate_store.loaders", "needs a restart"));
	CU_ASSERT_EQUAL(current()->limits.connections, first->limits.connections);
}

static void test_the_files_password_is_taken_up(void)
{
	struct test_certificates_pair pair;
	CU_ASSERT_FATAL(test_certificates_issue(&world.ca, CERTIFICATE_KEY_EC_P256, 0, "new.example.com", 9, &pair));
	CU_ASSERT_TRUE(test_certificates_write_pfx(
		&world.ca, &pair, scratch_folder_path(&world.folder, "new.example.com.pfx"), "renewed"));
	store_world_age(&world, "new.example.com.pfx");
	test_certificates_pair_fini(&pair);
	CU_ASSERT_TRUE(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_load(&world, "new.example.com").fault, CERTIFICATE_FAULT_WRONG_PASSWORD);
	FILE *file = fopen(path, "w");
	fprintf(file,
		PORTS
		"central_certificate_store = { enabled = true; physical_path = \"%s\"; polling_interval_s = 3600; "
		"private_key_password = \"renewed\"; };\nbindings = (" A_BINDING ");\n",
		world.folder.path);
	fclose(file);
	CU_ASSERT_FALSE(reload().refused);
	while (!publish_is_settled(world.publish, "new.example.com"))
		store_world_step(&world);
	CU_ASSERT_EQUAL(store_world_get(&world, "new.example.com").state, CERT_TABLE_READY);
}

static void test_preload_is_taken_up(void)
{
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_INDEXED);
	CU_ASSERT_EQUAL(store_world_get(&world, "shop.example.net").state, CERT_TABLE_INDEXED);
	write_config("preload = \"bound\";", "bindings = (" A_BINDING ");\n");
	CU_ASSERT_FALSE(reload().refused);
	while (publish_pending(world.publish) > 0)
		store_world_step(&world);
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(store_world_get(&world, "shop.example.net").state, CERT_TABLE_INDEXED);
}

/* A second request while the first is under way is served by a reading that begins after it. */
static void test_requests_are_not_lost(void)
{
	uint64_t started = reload_get_state(context.reload).started;
	write_config("", "bindings = (" A_BINDING ");\n");
	reload_request(context.reload, now_ms());
	while (reload_get_state(context.reload).started == started) /* the last one's bindings are being freed */
		reload_step(context.reload, now_ms());
	write_config("", "bindings = (" A_BINDING ", { port = 9443; host = \"www.example.com\"; ssl_flags = 3; });\n");
	reload_request(context.reload, now_ms());
	CU_ASSERT_EQUAL(reload_get_state(context.reload).started, started + 1);
	wait_until(started + 2);
	CU_ASSERT_TRUE(listens(9443));
}

static json_t *ask(const char *line)
{
	struct command *command = command_begin(&context, line, strlen(line), now_ms());
	struct command_part reply;
	while (command_poll(command, now_ms(), &reply) != COMMAND_ANSWERED) {
		store_world_step(&world);
		reload_step(context.reload, now_ms());
	}
	command_end(command);
	json_t *answer = json_loadb(reply.text, reply.len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	free(reply.text);
	return answer;
}

static void test_the_command(void)
{
	write_config("loaders = 9;", "bindings = (" A_BINDING ");\n");
	json_t *answer = ask("{\"command\": \"reload\"}");
	CU_ASSERT_TRUE(json_is_true(json_object_get(answer, "ok")));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "bindings")), 1);
	json_t *problem = json_array_get(json_object_get(answer, "problems"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(problem, "key")), "central_certificate_store.loaders");
	CU_ASSERT_TRUE(json_is_true(json_object_get(problem, "warning")));
	json_decref(answer);

	write_config("", "bindings = (" A_BINDING ", { ssl_flags = 0; });\n");
	answer = ask("{\"command\": \"reload\"}");
	CU_ASSERT_TRUE(json_is_false(json_object_get(answer, "ok")));
	CU_ASSERT_PTR_NOT_NULL(strstr(json_string_value(json_object_get(answer, "error")), "refused"));
	problem = json_array_get(json_object_get(answer, "problems"), 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(problem, "line")), 3);
	CU_ASSERT_TRUE(json_is_false(json_object_get(problem, "warning")));
	json_decref(answer);
}

static bool open_world(void)
{
	struct config_problems problems = {0};
	const uint8_t key[16] = {1};
	if (!store_world_init(&world) || !store_world_add(&world, "www.example.com.pfx", "www.example.com") ||
		!store_world_add(&world, "shop.example.net.pem", "shop.example.net"))
		return false;
	snprintf(path, sizeof(path), "%s/.conf", world.folder.path);
	write_config("", "bindings = (" A_BINDING ");\n");
	if (config_load(path, &problems, &first) != 0)
		return false;
	config_problems_free(&problems);
	world.config = *first;
	if (!store_world_open(&world))
		return false;
	shared.config = first;
	shared.certificates = world.table;
	atomic_init(&shared.bindings, binding_table_create(first, key));
	context = (struct command_context){.config = first,
		.shared = &shared,
		.table = world.table,
		.control_reader = 1,
		.publish = world.publish,
		.scanner = world.scanner};
	context.reload = reload_create(&(struct reload_params){.shared = &shared,
		.first = first,
		.publish = world.publish,
		.scanner = world.scanner,
		.zygote = world.zygote,
		.adopted = adopted});
	return context.reload != NULL;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"preload is taken up", test_preload_is_taken_up},
		{"bindings come and go", test_bindings_come_and_go},
		{"a faulty file changes nothing", test_a_faulty_file_changes_nothing},
		{"certificates come, change and go", test_certificates_come_change_and_go},
		{"a new certificate that cannot be loaded refuses",
			test_a_new_certificate_that_cannot_be_loaded_refuses},
		{"what needs a restart is told", test_what_needs_a_restart_is_told},
		{"the files' password is taken up", test_the_files_password_is_taken_up},
		{"requests are not lost", test_requests_are_not_lost},
		{"the command", test_the_command},
		CU_TEST_INFO_NULL,
	};
	if (!open_world())
		return 2;
	int code = unit_run("reload", tests);
	store_world_step(&world);
	cert_table_writer_destroy(world.table);
	reload_destroy(context.reload);
	scanner_destroy(world.scanner);
	publish_destroy(world.publish);
	reload_free_bindings(atomic_load(&shared.bindings), first);
	config_free(first);
	store_world_fini(&world);
	return code;
}

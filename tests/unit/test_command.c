/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "command_list.h"
#include "store_world.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct store_world world;
static struct worker_shared shared;
static struct command_context context;

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* An answer as its client gets it, and in how many parts it came. */
struct reply {
	char *text;
	size_t len, n_parts, longest_part;
};

static void append(struct reply *reply, struct command_part part)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(part.text);
	reply->text = realloc(reply->text, reply->len + part.len);
	memcpy(reply->text + reply->len, part.text, part.len);
	reply->len += part.len;
	reply->n_parts++;
	reply->longest_part = part.len > reply->longest_part ? part.len : reply->longest_part;
	free(part.text);
}

static struct command *begin(const char *line, size_t len)
{
	struct command *command = command_begin(&context, line, len, now_ms());
	CU_ASSERT_PTR_NOT_NULL_FATAL(command);
	return command;
}

/* Until it is answered, as the control thread does; ends the command. */
static struct reply wait_for_reply(struct command *command)
{
	struct reply reply = {0};
	struct command_part part;
	enum command_step step;
	do {
		step = command_poll(command, now_ms(), &part);
		if (step == COMMAND_PART || step == COMMAND_ANSWERED)
			append(&reply, part);
		else if (step == COMMAND_WAITS)
			store_world_step(&world);
	} while (step != COMMAND_ANSWERED);
	command_end(command);
	return reply;
}

/* One line, one object. */
static json_t *parse(struct reply *reply)
{
	CU_ASSERT_PTR_EQUAL(memchr(reply->text, '\n', reply->len), reply->text + reply->len - 1);
	json_t *answer = json_loadb(reply->text, reply->len, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	free(reply->text);
	return answer;
}

static json_t *ask_octets(const char *line, size_t len)
{
	struct reply reply = wait_for_reply(begin(line, len));
	return parse(&reply);
}

static json_t *ask(const char *line)
{
	return ask_octets(line, strlen(line));
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static bool is_ok(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "ok"));
}

static json_t *item(const json_t *object, const char *list, size_t i)
{
	json_t *found = json_array_get(json_object_get(object, list), i);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	return found;
}

/* The request is refused, with these words. */
static void refuse(const char *line, const char *words)
{
	json_t *answer = ask(line);
	CU_ASSERT_FALSE(is_ok(answer));
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(answer, "error"), words));
	json_decref(answer);
}

static void test_malformed_requests(void)
{
	refuse("", "no JSON object");
	refuse("{", "no JSON object");
	refuse("[]", "no JSON object");
	refuse("\"stats\"", "no JSON object");
	refuse("null", "no JSON object");
	refuse("{}", "unknown command");
	refuse("{\"command\": 7}", "unknown command");
	refuse("{\"command\": \"fly\\u0000\"}", "no JSON object");
	refuse("{\"command\": \"fly\"}", "unknown command \"fly\"");
	refuse("{\"command\": \"stats\", \"command\": \"stats\"}", "no JSON object");
	refuse("{\"command\": \"stats\"} {}", "no JSON object");
	json_decref(ask_octets("\0\xff\xfe", 3));
	char deep[4000];
	memset(deep, '[', sizeof(deep));
	json_decref(ask_octets(deep, sizeof(deep)));
}

static void test_wrong_arguments(void)
{
	refuse("{\"command\": \"explain\"}", "not an IP address");
	refuse("{\"command\": \"explain\", \"ip\": \"1.2.3\", \"port\": 443}", "not an IP address");
	refuse("{\"command\": \"explain\", \"ip\": 7, \"port\": 443}", "not an IP address");
	refuse("{\"command\": \"explain\", \"ip\": \"192.0.2.1\"}", "port");
	refuse("{\"command\": \"explain\", \"ip\": \"192.0.2.1\", \"port\": 65536}", "port");
	refuse("{\"command\": \"explain\", \"ip\": \"192.0.2.1\", \"port\": \"443\"}", "port");
	refuse("{\"command\": \"explain\", \"ip\": \"192.0.2.1\", \"port\": 443, \"name\": \"a b\"}",
		"not a host name");
	refuse("{\"command\": \"explain\", \"ip\": \"192.0.2.1\", \"port\": 443, \"name\": \"*.x\"}",
		"not a host name");
	refuse("{\"command\": \"refresh\", \"name\": \"a b\"}", "not a host name");
	refuse("{\"command\": \"show certs\", \"group\": \"yesterday\"}", "unknown group");
	refuse("{\"command\": \"show certs\", \"limit\": -1}", "limit");
}

static json_t *explain(const char *name, int port)
{
	char line[512];
	snprintf(line, sizeof(line),
		"{\"command\": \"explain\", \"ip\": \"192.0.2.1\", \"port\": %d, \"name\": \"%s\"}", port, name);
	return ask(line);
}

static void test_explain_found(void)
{
	json_t *answer = explain("WWW.Example.COM", 443);
	CU_ASSERT_TRUE(is_ok(answer));
	CU_ASSERT_TRUE(json_is_true(json_object_get(answer, "found")));
	CU_ASSERT_STRING_EQUAL(text_of(answer, "tier_name"), "store");
	CU_ASSERT_STRING_EQUAL(text_of(json_object_get(answer, "certificate"), "file"), "www.example.com.pfx");
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "walk", 0), "tried"), "www.example.com.pfx");
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "walk", 0), "outcome"), "taken");
	json_decref(answer);
}

static void test_explain_wildcard(void)
{
	json_t *answer = explain("shop.example.net", 443);
	CU_ASSERT_TRUE(json_is_true(json_object_get(item(answer, "walk", 0), "wildcard")));
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "walk", 0), "file"), "_.example.net.pfx");
	json_decref(answer);
}

/* The story: a file that lacks one letter. */
/* A binding of any address matches an address that no port has; nobody answers there, and the walk alone hides it. */
static void test_explain_an_address_that_is_not_ours(void)
{
	static struct config_address address;
	static struct config_port port = {.addresses = &address, .n_addresses = 1};
	static const char line[] = "{\"command\": \"explain\", \"ip\": \"%s\", \"port\": %d}";
	static const struct {
		const char *ip;
		int port;
		bool is_told;
	} rows[] = {
		{"192.0.2.1", 443, false}, {"192.0.2.2", 443, true}, {"192.0.2.2", 4, true}, {"fe80::1", 443, false}};
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("192.0.2.1", &address.ip), 0);
	world.config.ports = &port;
	world.config.n_ports = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char request[256];
		snprintf(request, sizeof(request), line, rows[i].ip, rows[i].port);
		json_t *answer = ask(request);
		const char *note = text_of(json_object_get(answer, "query"), "ip_note");
		CU_ASSERT_EQUAL(strstr(note, "no port has this address") != NULL, rows[i].is_told);
		json_decref(answer);
	}
	world.config.ports = NULL;
	world.config.n_ports = 0;
}

static void test_explain_near_miss(void)
{
	json_t *answer = explain("cawl.nau.edu", 443);
	CU_ASSERT_TRUE(json_is_false(json_object_get(answer, "found")));
	CU_ASSERT_STRING_EQUAL(text_of(answer, "alert"), "unrecognized_name");
	json_t *near = item(answer, "near", 0);
	CU_ASSERT_STRING_EQUAL(text_of(near, "file"), "cawl.nau.ed.pfx");
	CU_ASSERT_STRING_EQUAL(text_of(near, "rename_to"), "cawl.nau.edu.pfx");
	CU_ASSERT_TRUE(json_is_true(json_object_get(near, "certificate_covers_name")));
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(near, "text"), ": rename it to 'cawl.nau.edu.pfx'"));
	json_decref(answer);
}

/* Here it is the question that is misspelt: the file is right, and must stay what it is. */
static void test_explain_near_miss_of_the_question(void)
{
	json_t *answer = explain("www.exampel.com", 443);
	json_t *near = item(answer, "near", 0);
	CU_ASSERT_STRING_EQUAL(text_of(near, "file"), "www.example.com.pfx");
	CU_ASSERT_TRUE(json_is_false(json_object_get(near, "certificate_covers_name")));
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(near, "text"), "its certificate is not for that name"));
	CU_ASSERT_PTR_NULL(strstr(text_of(near, "text"), "rename"));
	json_decref(answer);
}

static void test_explain_miss(void)
{
	json_t *answer = explain("nobody.test", 443);
	CU_ASSERT_STRING_EQUAL(text_of(answer, "verdict"), "none");
	CU_ASSERT_STRING_EQUAL(text_of(answer, "counter"), "no_binding_name");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "near")), 0);
	json_decref(answer);
	answer = explain("nobody.test", 444);
	CU_ASSERT_TRUE(json_is_false(json_object_get(answer, "listening")));
	json_decref(answer);
	answer = explain("192.0.2.7", 443); /* counts as no name */
	CU_ASSERT_STRING_EQUAL(text_of(answer, "alert"), "handshake_failure");
	json_decref(answer);
}

static void test_explain_broken(void)
{
	json_t *answer = explain("broken.example.com", 443);
	CU_ASSERT_STRING_EQUAL(text_of(answer, "alert"), "internal_error");
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "walk", 0), "reason"), "malformed");
	json_decref(answer);
}

static void test_show_certs(void)
{
	json_decref(explain("www.example.com", 443));
	json_t *answer = ask("{\"command\": \"show certs\", \"host\": \"*.example.com\"}");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "total")), 2);
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "certs", 0), "name"), "broken.example.com");
	json_t *row = item(answer, "certs", 1);
	CU_ASSERT_STRING_EQUAL(text_of(row, "state"), "ready");
	CU_ASSERT_STRING_EQUAL(text_of(row, "group"), "later");
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "useless", 0), "file"), "two words.pfx");
	json_decref(answer);
	answer = ask("{\"command\": \"show certs\", \"group\": \"expired\"}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "certs")), 0);
	json_decref(answer);
	answer = ask("{\"command\": \"show certs\", \"limit\": 1}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "certs")), 1);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "total")), 4);
	json_decref(answer);
}

/* The first by name, whatever the order of the walk; and how many there are. */
static void test_show_certs_is_sorted(void)
{
	static const char *const names[] = {"*.example.net", "broken.example.com", "cawl.nau.ed", "www.example.com"};
	for (int limit = 0; limit <= 5; limit++) {
		char line[80];
		snprintf(line, sizeof(line), "{\"command\": \"show certs\", \"limit\": %d}", limit);
		json_t *answer = ask(line);
		size_t n = json_array_size(json_object_get(answer, "certs"));
		CU_ASSERT_EQUAL(n, limit < 4 ? (size_t)limit : 4);
		for (size_t i = 0; i < n; i++)
			CU_ASSERT_STRING_EQUAL(text_of(item(answer, "certs", i), "name"), names[i]);
		CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "total")), 4);
		json_decref(answer);
	}
}

static void test_show_tells_of_use_and_memory(void)
{
	json_decref(explain("www.example.com", 443));
	json_t *answer = ask("{\"command\": \"show certs\", \"host\": \"www.*\"}");
	CU_ASSERT_EQUAL(strncmp(text_of(item(answer, "certs", 0), "last_used"), "20", 2), 0);
	json_int_t bytes = json_integer_value(json_object_get(item(answer, "certs", 0), "bytes"));
	CU_ASSERT_TRUE(bytes > 500);
	json_decref(answer);
	answer = ask("{\"command\": \"show share\"}");
	CU_ASSERT_TRUE(json_integer_value(json_object_get(answer, "loaded_bytes")) >= bytes);
	json_decref(answer);
}

static void test_show_bindings_has_a_limit(void)
{
	json_t *answer = ask("{\"command\": \"show bindings\", \"limit\": 2}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "bindings")), 2);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "total")), 3);
	json_decref(answer);
	refuse("{\"command\": \"show bindings\", \"limit\": -1}", "limit");
}

static void test_other_shows(void)
{
	json_t *answer = ask("{\"command\": \"show bindings\"}");
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "bindings", 0), "flags"), "sni,store");
	json_decref(answer);
	answer = ask("{\"command\": \"show connections\"}");
	CU_ASSERT_TRUE(is_ok(answer));
	json_decref(answer);
	answer = ask("{\"command\": \"stats\"}");
	CU_ASSERT_PTR_NOT_NULL(json_object_get(json_object_get(answer, "drops"), "no_binding_name"));
	json_decref(answer);
	answer = ask("{\"command\": \"show share\"}");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "files")), 5);
	CU_ASSERT_TRUE(json_is_null(json_object_get(answer, "error")));
	json_decref(answer);
}

static void test_no_secret_is_told(void)
{
	const char *const lines[] = {"{\"command\": \"show share\"}", "{\"command\": \"show certs\"}",
		"{\"command\": \"show bindings\"}", "{\"command\": \"lint\"}"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *answer = ask(lines[i]);
		char *text = json_dumps(answer, 0);
		CU_ASSERT_PTR_NULL(strstr(text, "\"" STORE_WORLD_PASSWORD "\""));
		free(text);
		json_decref(answer);
	}
}

static void test_refresh(void)
{
	json_t *answer = ask("{\"command\": \"refresh\"}");
	CU_ASSERT_TRUE(is_ok(answer));
	json_decref(answer);
	answer = ask("{\"command\": \"refresh\", \"name\": \"www.example.com\"}");
	CU_ASSERT_TRUE(is_ok(answer));
	CU_ASSERT_STRING_EQUAL(text_of(answer, "state"), "ready");
	json_decref(answer);
	refuse("{\"command\": \"refresh\", \"name\": \"nobody.test\"}", "no file on the share");
	refuse("{\"command\": \"refresh\", \"name\": \"broken.example.com\"}", "malformed");
}

static bool has_finding(const json_t *answer, const char *kind, const char *file)
{
	const json_t *findings = json_object_get(answer, "findings");
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *finding = json_array_get(findings, i);
		if (strcmp(text_of(finding, "kind"), kind) == 0 && strcmp(text_of(finding, "file"), file) == 0)
			return true;
	}
	return false;
}

static void test_lint(void)
{
	json_t *answer = ask("{\"command\": \"lint\"}");
	CU_ASSERT_TRUE(has_finding(answer, "name-mismatch", "cawl.nau.ed.pfx"));
	CU_ASSERT_TRUE(has_finding(answer, "copy-missing", "cawl.nau.ed.pfx"));
	CU_ASSERT_TRUE(has_finding(answer, "near-miss", "cawl.nau.ed.pfx"));
	CU_ASSERT_TRUE(has_finding(answer, "file-missing", ""));
	CU_ASSERT_TRUE(has_finding(answer, "unusable", "broken.example.com.pfx"));
	CU_ASSERT_TRUE(has_finding(answer, "useless", "two words.pfx"));
	CU_ASSERT_FALSE(has_finding(answer, "name-mismatch", "www.example.com.pfx"));
	json_decref(answer);
}

static bool fill(void)
{
	return store_world_add(&world, "www.example.com.pfx", "www.example.com") &&
	       store_world_add(&world, "_.example.net.pfx", "*.example.net") &&
	       store_world_add(&world, "cawl.nau.ed.pfx", "cawl.nau.edu") &&
	       scratch_folder_write(&world.folder, "two words.pfx", "", 0) &&
	       scratch_folder_write(&world.folder, "broken.example.com.pfx", "garbage", 7);
}

/* More names than a part has rows: a part at a time, none of them long, together one answer. */
static void test_show_certs_comes_in_parts(void)
{
	const char *line = "{\"command\": \"show certs\", \"limit\": 1000}";
	for (unsigned i = 0; i < 600; i++) {
		char file[64];
		snprintf(file, sizeof(file), "many-%03u.example.org%s", i, i < 300 ? ".pem" : " x.pem");
		CU_ASSERT_TRUE_FATAL(scratch_folder_write(&world.folder, file, "x", 1));
	}
	CU_ASSERT_TRUE_FATAL(store_world_look(&world));
	struct reply reply = wait_for_reply(begin(line, strlen(line)));
	CU_ASSERT_TRUE(reply.n_parts >= 4); /* two with names, two with files that serve nothing */
	CU_ASSERT_TRUE(reply.longest_part < (size_t)COMMAND_LIST_ROWS * 1024);
	json_t *answer = parse(&reply);
	CU_ASSERT_TRUE(is_ok(answer));
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "certs")), 304);
	CU_ASSERT_STRING_EQUAL(text_of(item(answer, "certs", 302), "name"), "many-299.example.org");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "total")), 304);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "useless")), 301);
	json_decref(answer);
}

/* A client that goes away in the middle: nothing is left (told by ASan). */
static void test_a_list_that_is_not_read_to_its_end(void)
{
	const char *line = "{\"command\": \"show certs\", \"limit\": 1000}";
	struct command_part part;
	struct command *command = begin(line, strlen(line));
	CU_ASSERT_EQUAL(command_poll(command, now_ms(), &part), COMMAND_WORKS);
	command_end(command);
	command = begin(line, strlen(line));
	while (command_poll(command, now_ms(), &part) != COMMAND_PART)
		;
	free(part.text);
	command_end(command);
}

/* Rows of the old bindings are sent already: the answer says that it is none. */
static void test_show_bindings_while_they_are_reloaded(void)
{
	static struct config_binding bindings[600];
	static struct config many;
	const uint8_t key[16] = {2};
	many = world.config;
	many.bindings = bindings;
	many.n_bindings = 600;
	for (unsigned i = 0; i < 600; i++) {
		char host[32];
		bindings[i] = world.config.bindings[0];
		snprintf(host, sizeof(host), "b%u.example.org", i);
		host_name_from_text(host, &bindings[i].host);
	}
	const struct binding_table *few = atomic_load(&shared.bindings);
	struct binding_table *table = binding_table_create(&many, key);
	atomic_store(&shared.bindings, table);
	const char *line = "{\"command\": \"show bindings\"}";
	struct reply reply = wait_for_reply(begin(line, strlen(line)));
	CU_ASSERT_EQUAL(reply.n_parts, 3);
	json_t *answer = parse(&reply);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(answer, "bindings")), 600);
	json_decref(answer);

	struct command_part part;
	struct command *command = begin(line, strlen(line));
	CU_ASSERT_EQUAL(command_poll(command, now_ms(), &part), COMMAND_PART);
	atomic_store(&shared.bindings, few);
	struct reply rest = wait_for_reply(command);
	struct reply whole = {0};
	append(&whole, part);
	append(&whole, (struct command_part){rest.text, rest.len});
	answer = parse(&whole);
	CU_ASSERT_FALSE(is_ok(answer));
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(answer, "error"), "reloaded"));
	json_decref(answer);
	binding_table_destroy(table);
}

static bool open_world(void)
{
	static struct config_binding bindings[] = {
		{.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3, .backend = "builtin:status", .line = 5},
		{.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3, .backend = "builtin:status", .line = 6},
		{.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3, .backend = "builtin:status", .line = 7},
	};
	const uint8_t key[16] = {1};
	if (!store_world_init(&world) || !fill())
		return false;
	store_world_age(&world, "broken.example.com.pfx");
	host_name_from_text("www.example.com", &bindings[0].host);
	host_name_from_text("cawl.nau.edu", &bindings[1].host);
	host_name_from_text("nowhere.test", &bindings[2].host);
	world.config.bindings = bindings;
	world.config.n_bindings = 3;
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
		{"malformed requests are answered", test_malformed_requests},
		{"wrong arguments are told", test_wrong_arguments},
		{"explain: an address that is not ours", test_explain_an_address_that_is_not_ours},
		{"explain: found", test_explain_found},
		{"explain: wildcard", test_explain_wildcard},
		{"explain: the misnamed file and its right name", test_explain_near_miss},
		{"explain: a misspelt question", test_explain_near_miss_of_the_question},
		{"explain: misses", test_explain_miss},
		{"explain: broken", test_explain_broken},
		{"show certs", test_show_certs},
		{"show certs: in order of names", test_show_certs_is_sorted},
		{"show certs and share: use and memory", test_show_tells_of_use_and_memory},
		{"show bindings: a limit", test_show_bindings_has_a_limit},
		{"show bindings, connections, share; stats", test_other_shows},
		{"no secret is told", test_no_secret_is_told},
		{"refresh", test_refresh},
		{"lint", test_lint},
		{"show certs: more than a part", test_show_certs_comes_in_parts},
		{"show certs: its client goes away", test_a_list_that_is_not_read_to_its_end},
		{"show bindings: reloaded meanwhile", test_show_bindings_while_they_are_reloaded},
		CU_TEST_INFO_NULL,
	};
	if (!open_world())
		return 2;
	int code = unit_run("command", tests);
	command_context_fini(&context);
	binding_table_destroy((struct binding_table *)(uintptr_t)atomic_load(&shared.bindings));
	store_world_close(&world);
	store_world_fini(&world);
	return code;
}

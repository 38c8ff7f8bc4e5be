/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_changes.h"
#include "config_schema.h"
#include "loaded_config.h"
#include "unit.h"

#define PORTS                                                                                                          \
	"ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; gateway = \"192.0.2.1\"; }); });\n"
#define REST  "bindings = ({ host = \"a.test\"; ssl_flags = 3; });\n"
#define STORE "central_certificate_store = { enabled = true; physical_path = \"/srv\"; "

static const char first_text[] = "worker = { lcores = [1, 2]; eal_arguments = [\"--x\", \"--y\"]; };\n" PORTS STORE
				 "loaders = 3; password = \"old\"; };\n" REST;

/* @return the warnings of going over from the first text to another; checks what became of it. */
static char *warnings(const char *text, void (*check)(const struct config *running, const struct config *config))
{
	struct loaded_config running = loaded_config_of(first_text), wanted = loaded_config_of(text);
	struct config_problems problems = {0};
	size_t size;
	char *printed;
	CU_ASSERT_PTR_NOT_NULL_FATAL(running.config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(wanted.config);
	config_changes_keep(running.config, wanted.config, &problems);
	CU_ASSERT_EQUAL(problems.n_errors, 0);
	FILE *out = open_memstream(&printed, &size);
	config_problems_print(&problems, out);
	fclose(out);
	if (check != NULL)
		check(running.config, wanted.config);
	config_problems_free(&problems);
	loaded_config_release(&wanted);
	loaded_config_release(&running);
	return printed;
}

static void expect(const char *text, const char *keys)
{
	char expected[1024] = "", *found = warnings(text, NULL);
	for (const char *key = keys; *key != '\0'; key += strcspn(key, " ") + (key[strcspn(key, " ")] == ' '))
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			"test.cfg: %.*s: warning: changed: needs a restart, until then the old value holds\n",
			(int)strcspn(key, " "), key);
	CU_ASSERT_STRING_EQUAL(found, expected);
	free(found);
}

static void test_nothing_changed(void)
{
	expect(first_text, "");
}

static void check_taken_up(const struct config *running, const struct config *config)
{
	CU_ASSERT_STRING_EQUAL(config->store.password, "new");
	CU_ASSERT_TRUE(config->tls.strict);
	CU_ASSERT_EQUAL(config->n_bindings, 2);
	CU_ASSERT_EQUAL(config->n_certificates, 1);
	CU_ASSERT_EQUAL(config->store.polling_interval_s, 7);
	CU_ASSERT_FALSE(config_changes_same_credentials(&running->store, &config->store));
}

static void test_what_reloads_is_left_alone(void)
{
	char *found = warnings("worker = { lcores = [1, 2]; eal_arguments = [\"--x\", \"--y\"]; };\n" PORTS STORE
			       "loaders = 3; password = \"new\"; polling_interval_s = 7; preload = \"all\"; };\n"
			       "certificates = ({ name = \"c\"; file = \"c.pem\"; });\n"
			       "tls = { strict = true; }; control = { log_level = \"debug\"; };\n"
			       "bindings = ({ host = \"b.test\"; ssl_flags = 3; }, { certificate = \"c\"; });\n",
		check_taken_up);
	CU_ASSERT_STRING_EQUAL(found, "");
	free(found);
}

static void check_kept(const struct config *running, const struct config *config)
{
	CU_ASSERT_EQUAL(config->worker.n_lcores, 2);
	CU_ASSERT_PTR_EQUAL(config->worker.lcores, running->worker.lcores);
	CU_ASSERT_PTR_EQUAL(config->ports, running->ports);
	CU_ASSERT_EQUAL(config->n_ports, 1);
	CU_ASSERT_STRING_EQUAL(config->store.physical_path, "/srv");
	CU_ASSERT_EQUAL(config->store.loaders, 3);
	CU_ASSERT_EQUAL(config->limits.connections, running->limits.connections);
	CU_ASSERT_STRING_EQUAL(config->control.socket, running->control.socket);
}

static void test_what_cannot_change_is_told_and_kept(void)
{
	char *found = warnings(
		"worker = { lcores = [1]; idle = \"adaptive\"; eal_arguments = [\"--x\"]; };\n"
		"ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; }); });\n"
		"central_certificate_store = { enabled = true; physical_path = \"/other\"; password = \"old\"; };\n"
		"limits = { connections = 7; }; control = { socket = \"/tmp/x\"; };\n" REST,
		check_kept);
	static const char *const keys[] = {"worker.lcores", "worker.idle", "worker.eal_arguments", "ports",
		"central_certificate_store.physical_path", "central_certificate_store.loaders", "limits.connections",
		"control.socket"};
	size_t lines = 0;
	for (const char *at = found; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	CU_ASSERT_EQUAL(lines, sizeof(keys) / sizeof(keys[0]));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char line[128];
		snprintf(line, sizeof(line), "test.cfg: %s: warning: changed: needs a restart", keys[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(found, line));
	}
	free(found);
}

/* Deep inside lists: each of the ways to differ. */
static void test_ports_are_compared_to_the_last_address(void)
{
#define WITH(ports)                                                                                                    \
	"worker = { lcores = [1, 2]; eal_arguments = [\"--x\", \"--y\"]; };\n" ports STORE                             \
	"loaders = 3; password = \"old\"; };\n" REST
	expect(WITH("ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; gateway = \"192.0.2.1\"; "
		    "}, "
		    "{ ip = \"192.0.2.11/24\"; }); });\n"),
		"ports");
	expect(WITH("ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/25\"; gateway = \"192.0.2.1\"; "
		    "}); });\n"),
		"ports");
	expect(WITH("ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; gateway = \"192.0.2.2\"; "
		    "}); });\n"),
		"ports");
	expect(WITH("ports = ({ device = \"net_tap0\"; mtu_bytes = 1400; addresses = ({ ip = \"192.0.2.10/24\"; "
		    "gateway = "
		    "\"192.0.2.1\"; }); });\n"),
		"ports");
	expect(WITH("ports = ({ device = \"net_tap1\"; addresses = ({ ip = \"192.0.2.10/24\"; gateway = \"192.0.2.1\"; "
		    "}); });\n"),
		"ports");
#undef WITH
}

static void test_texts(void)
{
	CU_ASSERT_TRUE(config_changes_same_text(NULL, NULL));
	CU_ASSERT_TRUE(config_changes_same_text("a", "a"));
	CU_ASSERT_FALSE(config_changes_same_text("a", "b"));
	CU_ASSERT_FALSE(config_changes_same_text(NULL, "a"));
	CU_ASSERT_FALSE(config_changes_same_text("a", NULL));
	const struct config_store a = {.user_name = "u", .password = "p"}, b = {.user_name = "v", .password = "p"};
	CU_ASSERT_TRUE(config_changes_same_credentials(&a, &a));
	CU_ASSERT_FALSE(config_changes_same_credentials(&a, &b));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"nothing changed", test_nothing_changed},
		{"what reloads is left alone", test_what_reloads_is_left_alone},
		{"what cannot change is told and kept", test_what_cannot_change_is_told_and_kept},
		{"ports are compared to the last address", test_ports_are_compared_to_the_last_address},
		{"texts and credentials", test_texts},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_changes", tests);
}

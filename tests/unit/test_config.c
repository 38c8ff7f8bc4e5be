/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole configurations: what is accepted, what is refused and how it is told. */
#include "config.h"
#include "loaded_config.h"
#include "unit.h"

#include <unistd.h>

#define ADDRESSES   "addresses = ( { ip = \"192.0.2.10/24\"; } );"
#define MINIMAL     "ports = ( { device = \"d\"; " ADDRESSES " } );\n"
#define NO_BINDINGS "test.cfg: bindings: warning: expected at least one binding, found none: no port is listened on\n"

/* --- defaults ----------------------------------------------------------------------------------------------------- */

static void test_defaults(void)
{
	struct loaded_config loaded = loaded_config_of(MINIMAL "bindings = ( { } );");
	loaded_config_release(&loaded);
	loaded = loaded_config_of(MINIMAL);
	CU_ASSERT_STRING_EQUAL(loaded.printed, NO_BINDINGS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(loaded.config);
	const struct config *config = loaded.config;
	CU_ASSERT_STRING_EQUAL(config->path, "test.cfg");
	CU_ASSERT_EQUAL(config->worker.n_lcores, 1);
	CU_ASSERT_EQUAL(config->worker.lcores[0], 0);
	CU_ASSERT_EQUAL(config->worker.idle, CONFIG_IDLE_POLL);
	CU_ASSERT_EQUAL(config->worker.huge_pages, CONFIG_HUGE_PAGES_AUTO);
	CU_ASSERT_EQUAL(config->worker.memory_mib, 512);
	CU_ASSERT_EQUAL(config->worker.n_eal_arguments, 0);
	CU_ASSERT_EQUAL(config->n_ports, 1);
	CU_ASSERT_EQUAL(config->ports[0].mtu_bytes, 1500);
	CU_ASSERT_EQUAL(config->ports[0].rx_ring_pkts, 1024);
	CU_ASSERT_EQUAL(config->ports[0].n_addresses, 1);
	CU_ASSERT_FALSE(config->ports[0].addresses[0].has_gateway);
	CU_ASSERT_EQUAL(config->ports[0].addresses[0].vlan, 0);
	CU_ASSERT_FALSE(config->store.enabled);
	CU_ASSERT_PTR_NULL(config->store.physical_path);
	CU_ASSERT_PTR_NULL(config->store.user_name);
	CU_ASSERT_PTR_NULL(config->store.private_key_password);
	CU_ASSERT_EQUAL(config->store.polling_interval_s, 300);
	CU_ASSERT_EQUAL(config->store.expired, CONFIG_EXPIRED_SERVE);
	CU_ASSERT_EQUAL(config->store.preload, CONFIG_PRELOAD_NONE);
	CU_ASSERT_EQUAL(config->store.loaders, 2);
	CU_ASSERT_EQUAL(config->n_certificates, 0);
	CU_ASSERT_EQUAL(config->n_bindings, 0);
	CU_ASSERT_EQUAL(config->limits.connections, 65536);
	CU_ASSERT_EQUAL(config->limits.handshake_timeout_ms, 10000);
	CU_ASSERT_EQUAL(config->limits.keepalive_requests, 100);
	CU_ASSERT_FALSE(config->tls.strict);
	CU_ASSERT_EQUAL(config->tls.no_match, CONFIG_NO_MATCH_ALERT);
	CU_ASSERT_STRING_EQUAL(config->control.socket, "/run/handfast/control.sock");
	CU_ASSERT_EQUAL(config->control.log_level, CONFIG_LOG_INFO);
	loaded_config_release(&loaded);
}

static void test_every_value_arrives(void)
{
	struct loaded_config loaded = loaded_config_of(
		"worker = { lcores = [ 3, 1 ]; idle = \"adaptive\"; huge_pages = \"require\"; eal_arguments = [ "
		"\"-v\", \"x\" ]; };\n"
		"ports = ( { device = \"net_ring0\"; mtu_bytes = 9000; rx_ring_pkts = 64; tx_ring_pkts = 128; "
		"addresses "
		"= (\n"
		"  { ip = \"192.0.2.10/24\"; gateway = \"192.0.2.1\"; vlan = 7; }, { ip = \"2001:db8::10/64\"; } ); } "
		");\n"
		"central_certificate_store = { enabled = true; physical_path = \"/srv/certs\"; user_name = "
		"\"D\\\\u\";\n"
		"  password = \"p\"; private_key_password = \"q\"; polling_interval_s = 5; only_bound = true;\n"
		"  require_name_match = true; expired = \"reject\"; preload = \"all\"; loaders = 4; };\n"
		"certificates = ( { name = \"main\"; file = \"main.pfx\"; password = \"r\"; } );\n"
		"bindings = ( { ip = \"192.0.2.10\"; port = 8443; host = \"WWW.example.com\"; ssl_flags = 4; "
		"certificate = \"main\"; } );\n"
		"limits = { send_buffer_bytes = 8192; }; tls = { strict = true; no_match = \"reset\"; };\n"
		"control = { socket = \"/tmp/s\"; log_level = \"debug\"; };\n");
	CU_ASSERT_STRING_EQUAL(loaded.printed, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(loaded.config);
	const struct config *config = loaded.config;
	char text[IP_ADDRESS_TEXT_SIZE];
	CU_ASSERT_EQUAL(config->worker.n_lcores, 2);
	CU_ASSERT_EQUAL(config->worker.lcores[0], 3);
	CU_ASSERT_EQUAL(config->worker.idle, CONFIG_IDLE_ADAPTIVE);
	CU_ASSERT_EQUAL(config->worker.huge_pages, CONFIG_HUGE_PAGES_REQUIRE);
	CU_ASSERT_EQUAL(config->worker.n_eal_arguments, 2);
	CU_ASSERT_STRING_EQUAL(config->worker.eal_arguments[1], "x");
	CU_ASSERT_STRING_EQUAL(config->ports[0].device, "net_ring0");
	CU_ASSERT_EQUAL(config->ports[0].tx_ring_pkts, 128);
	CU_ASSERT_EQUAL(config->ports[0].n_addresses, 2);
	CU_ASSERT_TRUE(config->ports[0].addresses[0].has_gateway);
	CU_ASSERT_STRING_EQUAL(ip_address_format(&config->ports[0].addresses[0].gateway, text), "192.0.2.1");
	CU_ASSERT_EQUAL(config->ports[0].addresses[0].vlan, 7);
	CU_ASSERT_EQUAL(config->ports[0].addresses[1].prefix_len, 64);
	CU_ASSERT_TRUE(config->store.enabled && config->store.only_bound && config->store.require_name_match);
	CU_ASSERT_STRING_EQUAL(config->store.user_name, "D\\u");
	CU_ASSERT_STRING_EQUAL(config->store.password, "p");
	CU_ASSERT_STRING_EQUAL(config->store.private_key_password, "q");
	CU_ASSERT_EQUAL(config->store.expired, CONFIG_EXPIRED_REJECT);
	CU_ASSERT_EQUAL(config->store.preload, CONFIG_PRELOAD_ALL);
	CU_ASSERT_STRING_EQUAL(config->certificates[0].password, "r");
	CU_ASSERT_EQUAL(config->certificates[0].line, 7);
	CU_ASSERT_EQUAL(config->bindings[0].ip_kind, CONFIG_BIND_EXACT);
	CU_ASSERT_EQUAL(config->bindings[0].port, 8443);
	CU_ASSERT_STRING_EQUAL(config->bindings[0].host.text, "www.example.com");
	CU_ASSERT_EQUAL(config->bindings[0].ssl_flags, CONFIG_SSL_NO_HTTP2);
	CU_ASSERT_STRING_EQUAL(config->bindings[0].backend, "builtin:status");
	CU_ASSERT_EQUAL(config->limits.send_buffer_bytes, 8192);
	CU_ASSERT_TRUE(config->tls.strict);
	CU_ASSERT_EQUAL(config->tls.no_match, CONFIG_NO_MATCH_RESET);
	CU_ASSERT_EQUAL(config->control.log_level, CONFIG_LOG_DEBUG);
	loaded_config_release(&loaded);
}

/* --- between options ---------------------------------------------------------------------------------------------- */

static void test_ports_must_be_there(void)
{
	loaded_config_reject(
		"", "test.cfg: ports: expected a list of groups ( { }, { } ), found nothing\n" NO_BINDINGS);
}

static void test_shapes(void)
{
	loaded_config_reject("ports = ( );\n", NO_BINDINGS "test.cfg:1: ports: expected 1 to 32 elements, found 0\n");
	loaded_config_reject("ports = { };\nbindings = ( 5 );\nlimits = ( );\n",
		"test.cfg:1: ports: expected a list of groups ( { }, { } ), found a group { }\n"
		"test.cfg:2: bindings[0]: expected a group { }, found a whole number\n"
		"test.cfg:3: limits: expected a group { }, found a list ( )\n");
	loaded_config_reject("ports = ( { device = \"d\"; } );\n",
		NO_BINDINGS "test.cfg:1: ports[0].addresses: expected a list of groups ( { }, { } ), found nothing\n");
}

static void test_store_needs_its_folder(void)
{
	loaded_config_reject(MINIMAL "central_certificate_store = {\n enabled = true; };\n", NO_BINDINGS
		"test.cfg:2: central_certificate_store.physical_path: expected the folder of the store, which is "
		"enabled, found nothing\n");
	loaded_config_accept(MINIMAL "central_certificate_store = { enabled = false; };\n", NO_BINDINGS);
}

#define SHARE_ON(settings) MINIMAL "central_certificate_store = { enabled = true;\n " settings " };\n"

static void test_share_on_a_file_server(void)
{
	loaded_config_accept(
		SHARE_ON("physical_path = \"smb://files.example/certs/edge\"; user_name = \"EXAMPLE\\\\reader\"; "
			 "password = \"secret\";"),
		NO_BINDINGS);
	loaded_config_reject(SHARE_ON("physical_path = \"smb://files.example\";"),
		NO_BINDINGS "test.cfg:3: central_certificate_store.physical_path: expected a share behind the server: "
			    "smb://server/share/folder\n");
	loaded_config_reject(SHARE_ON("physical_path = \"nfs://files.example/certs\";"),
		NO_BINDINGS "test.cfg:3: central_certificate_store.physical_path: expected a folder or "
			    "smb://server/share/folder\n");
	loaded_config_reject(SHARE_ON("physical_path = \"smb://files.example/certs\"; user_name = \"EXAMPLE\\\\\";"),
		NO_BINDINGS "test.cfg:3: central_certificate_store.user_name: expected user or DOMAIN\\user, found "
			    "\"EXAMPLE\\\"\n");
}

static void test_gateway_is_inside_the_prefix(void)
{
	loaded_config_reject("ports = ( { device = \"d\"; addresses = (\n { ip = \"192.0.2.10/24\";\n gateway = "
			     "\"192.0.3.1\"; } ); } );\n",
		NO_BINDINGS
		"test.cfg:3: ports[0].addresses[0].gateway: expected an address inside 192.0.2.10/24, found "
		"192.0.3.1\n");
}

static void test_ports_are_unique(void)
{
	loaded_config_reject("ports = ( { device = \"d\"; " ADDRESSES " },\n{ device = \"d\"; " ADDRESSES " } );\n",
		NO_BINDINGS
		"test.cfg:2: ports[1].device: expected each device once, found \"d\" again, as of ports[0]\n"
		"test.cfg:2: ports[1].addresses[0].ip: expected each address once, found 192.0.2.10 again, as of "
		"ports[0].addresses[0]\n");
}

static void test_ipv6_needs_its_mtu(void)
{
	loaded_config_reject(
		"ports = ( { device = \"d\"; mtu_bytes = 1279; addresses = ( { ip = \"2001:db8::1/64\"; } ); } );\n",
		NO_BINDINGS
		"test.cfg:1: ports[0].mtu_bytes: expected at least 1280 on a port with an IPv6 address, found 1279\n");
	loaded_config_accept(
		"ports = ( { device = \"d\"; mtu_bytes = 1280; addresses = ( { ip = \"2001:db8::1/64\"; } ); } );\n",
		NO_BINDINGS);
	loaded_config_accept("ports = ( { device = \"d\"; mtu_bytes = 576; " ADDRESSES " } );\n", NO_BINDINGS);
	/* What the daemon would refuse at start is refused here. */
	loaded_config_accept("ports = ( { device = \"net_tap0\"; mtu_bytes = 1500; " ADDRESSES " } );\n", NO_BINDINGS);
	loaded_config_reject("ports = ( { device = \"net_tap0\"; mtu_bytes = 1501; " ADDRESSES " } );\n",
		NO_BINDINGS "test.cfg:1: ports[0].mtu_bytes: expected at most 1500 with net_tap, found 1501\n");
}

static void test_workers_are_bounded(void)
{
	char text[1024] = "worker = { lcores = [0";
	for (unsigned lcore = 1; lcore < CONFIG_MAX_WORKERS; lcore++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %u", lcore);
	size_t len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "]; };\nports = ( { device = \"d\"; " ADDRESSES " } );\n");
	loaded_config_accept(text, NO_BINDINGS);
	snprintf(text + len, sizeof(text) - len, ", 99]; };\nports = ( { device = \"d\"; " ADDRESSES " } );\n");
	loaded_config_reject(text, NO_BINDINGS "test.cfg:1: worker.lcores: expected at most 64 numbers, found 65\n");
}

/* --- the text ----------------------------------------------------------------------------------------------------- */

static void test_all_problems_at_once_in_file_order(void)
{
	loaded_config_reject("limits = { connections = 0;\n idle_timeout_ms = \"x\"; };\n" MINIMAL
			     "tls = {\n strickt = true; };\n",
		NO_BINDINGS
		"test.cfg:1: limits.connections: expected a whole number from 1 to 4194304, found 0\n"
		"test.cfg:2: limits.idle_timeout_ms: expected a whole number from 100 to 86400000, found \"x\"\n"
		"test.cfg:5: tls.strickt: expected a known key, found this one: did you mean \"strict\"?\n");
}

#define SYNTAX "expected name = value; with brackets and quotes in pairs, found here or just before: syntax error\n"

static void test_syntax_errors(void)
{
	loaded_config_reject("ports = (\n{ device = \"d\"\n addresses = 5 } );;;\n", "test.cfg:3: " SYNTAX);
	loaded_config_reject("tls = { };\ntls = { };\n", "test.cfg:2: expected each name once in its group, found here "
							 "or just before: duplicate setting name\n");
	loaded_config_reject("x = \"abc\n", "test.cfg:2: " SYNTAX);
}

/* libconfig reads 4294967739 as 443 without a word. */
static void test_long_numbers_are_not_cut(void)
{
	loaded_config_reject(MINIMAL "limits = { connections = 4294967739; };\n",
		NO_BINDINGS "test.cfg:2: expected a whole number from -2147483648 to 2147483647, found a longer one\n");
}

static void test_control_octets_in_messages_are_escaped(void)
{
	loaded_config_reject(MINIMAL "worker = { idle = \"a\\x1b[2J\\nb\"; };\n",
		NO_BINDINGS "test.cfg:2: worker.idle: expected \"poll\" or \"adaptive\", found \"a\\x1b[2J\\x0ab\"\n");
}

static void test_missing_file(void)
{
	struct loaded_config loaded = {0};
	loaded.result = config_load("build/no-such-file.cfg", &loaded.problems, &loaded.config);
	loaded_config_print(&loaded);
	CU_ASSERT_EQUAL(loaded.result, -22);
	CU_ASSERT_PTR_NULL(loaded.config);
	CU_ASSERT_STRING_EQUAL(loaded.printed,
		"build/no-such-file.cfg: expected a configuration file, found: No such file or directory\n");
	loaded_config_release(&loaded);
}

static void test_free_of_nothing(void)
{
	config_free(NULL);
	struct config_problems none = {0};
	config_problems_free(&none);
	CU_ASSERT_EQUAL(none.n, 0);
}

/* --- secrets ------------------------------------------------------------------------------------------------------ */

/* A file in a folder of its own; the path is valid until the next call. */
static const char *secret_file(const char *content, size_t len)
{
	static char path[64];
	snprintf(path, sizeof(path), "/tmp/handfast-test-%ld", (long)getpid());
	FILE *out = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fwrite(content, 1, len, out);
	fclose(out);
	return path;
}

static void expect_secret(const char *content, size_t len, const char *secret)
{
	char text[400];
	const char *path = secret_file(content, len);
	snprintf(text, sizeof(text), MINIMAL "central_certificate_store = { private_key_password_file = \"%s\"; };\n",
		path);
	struct loaded_config loaded = loaded_config_of(text);
	CU_ASSERT_EQUAL(loaded.config != NULL, secret != NULL);
	if (loaded.config != NULL && secret[0] == '\0')
		CU_ASSERT_PTR_NULL(loaded.config->store.private_key_password);
	if (loaded.config != NULL && secret[0] != '\0')
		CU_ASSERT_STRING_EQUAL(loaded.config->store.private_key_password, secret);
	if (loaded.config == NULL)
		CU_ASSERT_PTR_NOT_NULL(strstr(loaded.printed, path));
	CU_ASSERT_PTR_NULL(strstr(loaded.printed, "sesame"));
	loaded_config_release(&loaded);
	unlink(path);
}

static void test_secrets_from_files(void)
{
	expect_secret("sesame", 6, "sesame");
	expect_secret("sesame\n", 7, "sesame");
	expect_secret("sesame\r\n", 8, "sesame");
	expect_secret("sesame\n\n", 8, "sesame\n");
	expect_secret(" sesame ", 8, " sesame ");
	expect_secret("", 0, "");
	expect_secret("\n", 1, "");
	expect_secret("ses\0ame", 7, NULL);
	char longest[1025];
	memset(longest, 'x', sizeof(longest));
	expect_secret(longest, 1024, NULL);
	longest[1023] = '\n';
	char expected[1024];
	memset(expected, 'x', 1023);
	expected[1023] = '\0';
	expect_secret(longest, 1024, expected);
}

static void test_unreadable_secret_file(void)
{
	loaded_config_reject(MINIMAL "central_certificate_store = { password_file = \"/no/such/file\"; };\n",
		NO_BINDINGS
		"test.cfg:2: central_certificate_store.password_file: expected a readable file of at most 1023 "
		"octets, found \"/no/such/file\": No such file or directory\n");
	loaded_config_reject(MINIMAL "central_certificate_store = { password_file = \"/\"; };\n", NO_BINDINGS
		"test.cfg:2: central_certificate_store.password_file: expected a readable file of at most 1023 "
		"octets, found \"/\": Is a directory\n");
	loaded_config_reject(MINIMAL "central_certificate_store = { password_file = 5; };\n", NO_BINDINGS
		"test.cfg:2: central_certificate_store.password_file: expected the path of a file, found 5\n");
}

static void test_both_forms_of_a_secret(void)
{
	loaded_config_reject(MINIMAL "certificates = ( { name = \"a\"; file = \"b\"; password = \"sesame\";\n"
				     " password_file = \"/no/such/file\"; } );\n",
		NO_BINDINGS
		"test.cfg:3: certificates[0].password_file: expected one of \"password\" and \"password_file\", found "
		"both\n");
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

static void test_secrets_are_in_no_message(void)
{
	char text[3000], *secret = text_of(1100);
	memcpy(secret + 1, "sesame", 6);
	snprintf(
		text, sizeof(text), MINIMAL "central_certificate_store = { password = %s; user_name = 5; };\n", secret);
	struct loaded_config loaded = loaded_config_of(text);
	CU_ASSERT_EQUAL(loaded.problems.n_errors, 2);
	CU_ASSERT_PTR_NULL(strstr(loaded.printed, "sesame"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(loaded.printed, "password: expected a text of 1 to 1023 octets, found another text\n"));
	loaded_config_release(&loaded);
	free(secret);
	loaded_config_reject(MINIMAL "central_certificate_store = { pasword = \"sesame\"; password = 4711; };\n",
		NO_BINDINGS
		"test.cfg:2: central_certificate_store.pasword: expected a known key, found this one: did you mean "
		"\"password\"?\n"
		"test.cfg:2: central_certificate_store.password: expected a text of 1 to 1023 octets, found a whole "
		"number\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"defaults", test_defaults},
		{"every value arrives", test_every_value_arrives},
		{"ports must be there", test_ports_must_be_there},
		{"shapes", test_shapes},
		{"the store needs its folder", test_store_needs_its_folder},
		{"a share on a file server", test_share_on_a_file_server},
		{"the gateway is inside the prefix", test_gateway_is_inside_the_prefix},
		{"ports are unique", test_ports_are_unique},
		{"a port needs its MTU", test_ipv6_needs_its_mtu},
		{"workers are bounded", test_workers_are_bounded},
		{"all problems at once, in file order", test_all_problems_at_once_in_file_order},
		{"syntax errors", test_syntax_errors},
		{"long numbers are not cut", test_long_numbers_are_not_cut},
		{"control octets in messages are escaped", test_control_octets_in_messages_are_escaped},
		{"a missing file", test_missing_file},
		{"free of nothing", test_free_of_nothing},
		{"secrets from files", test_secrets_from_files},
		{"unreadable secret file", test_unreadable_secret_file},
		{"both forms of a secret", test_both_forms_of_a_secret},
		{"secrets are in no message", test_secrets_are_in_no_message},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole configurations: what is accepted, and for every row of config_schema.def what is refused, made from the row. */
#include "config.h"
#include "config_schema.h"
#include "loaded_config.h"
#include "unit.h"

#include <unistd.h>

#define ADDRESSES   "addresses = ( { ip = \"192.0.2.10/24\"; } );"
#define MINIMAL     "ports = ( { device = \"d\"; " ADDRESSES " } );\n"
#define NO_BINDINGS "test.cfg: bindings: warning: expected at least one binding, found none: no port is listened on\n"

/* --- texts made from the schema
 * --------------------------------------------------------------------------------------- */

/* What a section holds unless the option under test says otherwise: enough for a configuration without problems. */
static const struct {
	enum config_schema_id section;
	const char *key, *value;
} base_values[] = {
	{CONFIG_SCHEMA_port, "device", "\"net_tap0\""},
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

/* --- every row accepts
 * ------------------------------------------------------------------------------------------------ */

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

/* --- every row refuses
 * ------------------------------------------------------------------------------------------------ */

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

/* --- defaults
 * --------------------------------------------------------------------------------------------------------- */

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
		"ports = ( { device = \"net_tap0\"; mtu_bytes = 9000; rx_ring_pkts = 64; tx_ring_pkts = 128; addresses "
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
	CU_ASSERT_STRING_EQUAL(config->ports[0].device, "net_tap0");
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

/* --- between options
 * -------------------------------------------------------------------------------------------------- */

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
}

/* --- the text
 * --------------------------------------------------------------------------------------------------------- */

static void test_all_problems_at_once_in_file_order(void)
{
	loaded_config_reject("limits = { connections = 0;\n idle_timeout_ms = \"x\"; };\n" MINIMAL
			     "tls = {\n strickt = true; };\n",
		NO_BINDINGS
		"test.cfg:1: limits.connections: expected a whole number from 1 to 4194304, found 0\n"
		"test.cfg:2: limits.idle_timeout_ms: expected a whole number from 100 to 86400000, found \"x\"\n"
		"test.cfg:5: tls.strickt: expected a known key, found this one: did you mean \"strict\"?\n");
}

static void test_syntax_errors(void)
{
	loaded_config_reject("ports = (\n{ device = \"d\"\n addresses = 5 } );;;\n", "test.cfg:3: syntax error\n");
	loaded_config_reject("tls = { };\ntls = { };\n", "test.cfg:2: duplicate setting name\n");
	loaded_config_reject("x = \"abc\n", "test.cfg:2: syntax error\n");
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

/* --- secrets
 * ---------------------------------------------------------------------------------------------------------- */

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
		{"every row accepts what it says", test_every_row_accepts_what_it_says},
		{"every row refuses what it must", test_every_row_refuses_what_it_must},
		{"every required row must be there", test_every_required_row_must_be_there},
		{"every misspelt key is told the right one", test_every_misspelt_key_is_told_the_right_one},
		{"defaults", test_defaults},
		{"every value arrives", test_every_value_arrives},
		{"ports must be there", test_ports_must_be_there},
		{"shapes", test_shapes},
		{"the store needs its folder", test_store_needs_its_folder},
		{"the gateway is inside the prefix", test_gateway_is_inside_the_prefix},
		{"ports are unique", test_ports_are_unique},
		{"IPv6 needs its MTU", test_ipv6_needs_its_mtu},
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

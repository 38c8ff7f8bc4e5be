/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl_print.h"

#include "ctl_explain.h"
#include "ctl_table.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void add_number(struct ctl_table *table, json_int_t number)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld", (long long)number);
	ctl_table_add(table, text);
}

/* The day is enough for a table. */
static void add_day(struct ctl_table *table, const char *time)
{
	char day[11] = "";
	if (time != NULL)
		snprintf(day, sizeof(day), "%.10s", time);
	ctl_table_add(table, day);
}

/* Reason of a fault with its detail, or the certificate's warnings. */
static void add_remark(struct ctl_table *table, const json_t *row, const json_t *certificate)
{
	char text[512];
	const char *reason = text_of(row, "reason"), *detail = text_of(row, "detail");
	const json_t *warnings = json_object_get(certificate, "warnings");
	size_t len = 0;
	text[0] = '\0';
	if (reason != NULL)
		len += (size_t)snprintf(text, sizeof(text), "%s%s%s%s", reason, detail != NULL ? " (" : "",
			detail != NULL ? detail : "", detail != NULL ? ")" : "");
	for (size_t i = 0; i < json_array_size(warnings) && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? "; " : "",
			json_string_value(json_array_get(warnings, i)));
	ctl_table_add(table, text);
}

static void print_certs(const json_t *answer, bool all, FILE *out)
{
	static const char *const headings[] = {"NAME", "FILE", "STATE", "EXPIRES", "GROUP", "KEY", "GEN", "LAST USED",
		"SUBJECT", "ISSUER", "REMARK", NULL};
	struct ctl_table table;
	const json_t *rows = json_object_get(answer, "certs");
	(void)all;
	ctl_table_init(&table, headings);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const json_t *certificate = json_object_get(row, "certificate");
		ctl_table_add(&table, text_of(row, "name"));
		ctl_table_add(&table, text_of(row, "file"));
		ctl_table_add(&table, text_of(row, "state"));
		add_day(&table, text_of(certificate, "not_after"));
		ctl_table_add(&table, text_of(row, "group"));
		ctl_table_add(&table, json_string_value(json_array_get(json_object_get(certificate, "keys"), 0)));
		add_number(&table, number_of(certificate, "generation"));
		ctl_table_add(&table, text_of(row, "last_used"));
		ctl_table_add(&table, text_of(certificate, "subject"));
		ctl_table_add(&table, text_of(certificate, "issuer"));
		add_remark(&table, row, certificate);
	}
	ctl_table_print(&table, out);
	json_int_t total = number_of(answer, "total"), shown = (json_int_t)json_array_size(rows);
	if (total > shown)
		fprintf(out, "%lld more: narrow with --host GLOB, or raise --limit\n", (long long)(total - shown));
	const json_t *useless = json_object_get(answer, "useless");
	for (size_t i = 0; i < json_array_size(useless); i++) {
		const json_t *row = json_array_get(useless, i);
		fputs("serves nothing: ", out);
		ctl_table_print_text(text_of(row, "file"), out);
		fprintf(out, ": %s\n", text_of(row, "reason"));
	}
}

static void print_bindings(const json_t *answer, bool all, FILE *out)
{
	static const char *const headings[] = {
		"IP", "PORT", "HOST", "SSL_FLAGS", "MEANING", "CERTIFICATE", "BACKEND", "LINE", "REMARK", NULL};
	struct ctl_table table;
	const json_t *rows = json_object_get(answer, "bindings");
	(void)all;
	ctl_table_init(&table, headings);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const json_t *hider = json_object_get(row, "hidden_by");
		char text[128] = "";
		if (json_is_object(hider))
			snprintf(text, sizeof(text), "hidden by %s:%lld, line %lld", text_of(hider, "ip"),
				(long long)number_of(hider, "port"), (long long)number_of(hider, "line"));
		ctl_table_add(&table, text_of(row, "ip"));
		add_number(&table, number_of(row, "port"));
		ctl_table_add(&table, text_of(row, "host"));
		add_number(&table, number_of(row, "ssl_flags"));
		ctl_table_add(&table, text_of(row, "flags"));
		ctl_table_add(&table, text_of(row, "certificate"));
		ctl_table_add(&table, text_of(row, "backend"));
		add_number(&table, number_of(row, "line"));
		ctl_table_add(&table, text);
	}
	ctl_table_print(&table, out);
	json_int_t total = number_of(answer, "total"), shown = (json_int_t)json_array_size(rows);
	if (total > shown)
		fprintf(out, "%lld more: raise --limit\n", (long long)(total - shown));
}

static void print_connections(const json_t *answer, bool all, FILE *out)
{
	static const char *const headings[] = {
		"WORKER", "REMOTE", "LOCAL", "TCP", "PHASE", "NAME", "VERSION", "CIPHER", "AGE_MS", "SRTT_US", NULL};
	struct ctl_table table;
	const json_t *rows = json_object_get(answer, "connections");
	(void)all;
	ctl_table_init(&table, headings);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		char remote[64], local[64];
		snprintf(remote, sizeof(remote), "%s %lld", text_of(row, "remote_ip"),
			(long long)number_of(row, "remote_port"));
		snprintf(local, sizeof(local), "%s %lld", text_of(row, "local_ip"),
			(long long)number_of(row, "local_port"));
		add_number(&table, number_of(row, "worker"));
		ctl_table_add(&table, remote);
		ctl_table_add(&table, local);
		ctl_table_add(&table, text_of(row, "tcp"));
		ctl_table_add(&table, text_of(row, "phase"));
		ctl_table_add(&table, text_of(row, "name"));
		ctl_table_add(&table, text_of(row, "version"));
		ctl_table_add(&table, text_of(row, "cipher"));
		add_number(&table, number_of(row, "age_us") / 1000);
		add_number(&table, number_of(row, "srtt_us"));
	}
	ctl_table_print(&table, out);
	fprintf(out, "%zu of %lld connections\n", json_array_size(rows), (long long)number_of(answer, "total"));
}

static void print_counters(const json_t *counters, const json_t *texts, bool all, FILE *out)
{
	static const char *const headings[] = {"COUNTER", "VALUE", "MEANING", NULL};
	struct ctl_table table;
	void *at = json_object_iter((json_t *)counters);
	ctl_table_init(&table, headings);
	for (; at != NULL; at = json_object_iter_next((json_t *)counters, at)) {
		json_int_t value = json_integer_value(json_object_iter_value(at));
		if (!all && value == 0)
			continue;
		ctl_table_add(&table, json_object_iter_key(at));
		add_number(&table, value);
		ctl_table_add(&table, text_of(texts, json_object_iter_key(at)));
	}
	ctl_table_print(&table, out);
}

static void print_worker(const json_t *worker, size_t number, FILE *out)
{
	const json_t *stats = json_object_get(worker, "stats");
	double busy_s = (double)number_of(stats, "busy_cycles") / (double)number_of(worker, "tsc_hz");
	fprintf(out, "worker %zu: lcore %lld, %lld handshakes, %lld connections now, busy for %.3f s\n", number,
		(long long)number_of(worker, "lcore"), (long long)number_of(stats, "handshakes"),
		(long long)number_of(stats, "connections_now"), busy_s);
}

static void print_stats(const json_t *answer, bool all, FILE *out)
{
	const json_t *texts = json_object_get(answer, "texts");
	print_counters(json_object_get(answer, "stats"), texts, all, out);
	fputs("\ndropped, rejected, answered with an alert:\n", out);
	print_counters(json_object_get(answer, "drops"), texts, all, out);
	const json_t *workers = json_object_get(answer, "workers");
	for (size_t i = 0; i < json_array_size(workers); i++)
		print_worker(json_array_get(workers, i), i, out);
}

/* One line per member, in the order of the answer. */
static void print_members(const json_t *answer, bool all, FILE *out)
{
	const char *key;
	const json_t *value;
	void *iterator = json_object_iter((json_t *)answer);
	(void)all;
	for (; iterator != NULL; iterator = json_object_iter_next((json_t *)answer, iterator)) {
		key = json_object_iter_key(iterator);
		value = json_object_iter_value(iterator);
		if (strcmp(key, "ok") == 0 || json_is_object(value) || json_is_array(value))
			continue;
		fprintf(out, "%-16s ", key);
		if (json_is_string(value))
			ctl_table_print_text(json_string_value(value), out);
		else if (json_is_integer(value))
			fprintf(out, "%lld", (long long)json_integer_value(value));
		else
			fputs(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-", out);
		fputc('\n', out);
	}
}

static void print_findings(const json_t *answer, bool all, FILE *out)
{
	static const char *const headings[] = {"FINDING", "FILE", "WHAT", NULL};
	struct ctl_table table;
	const json_t *rows = json_object_get(answer, "findings");
	(void)all;
	ctl_table_init(&table, headings);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		ctl_table_add(&table, text_of(row, "kind"));
		ctl_table_add(&table, text_of(row, "file"));
		ctl_table_add(&table, text_of(row, "text"));
	}
	ctl_table_print(&table, out);
	fprintf(out, "%lld findings, %lld files not looked into\n", (long long)number_of(answer, "total"),
		(long long)number_of(answer, "files_not_examined"));
}

/* As handfastd --check prints them. */
void ctl_print_problems(const json_t *answer, FILE *out)
{
	const json_t *rows = json_object_get(answer, "problems");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *key = text_of(row, "key");
		ctl_table_print_text(text_of(row, "file"), out);
		if (number_of(row, "line") > 0)
			fprintf(out, ":%lld", (long long)number_of(row, "line"));
		fputs(": ", out);
		if (key != NULL && key[0] != '\0') {
			ctl_table_print_text(key, out);
			fputs(": ", out);
		}
		fputs(json_is_true(json_object_get(row, "warning")) ? "warning: " : "", out);
		ctl_table_print_text(text_of(row, "message"), out);
		fputc('\n', out);
	}
	long long more = (long long)number_of(answer, "n_problems") - (long long)json_array_size(rows);
	if (more > 0)
		fprintf(out, "%lld more\n", more);
}

static void print_reload(const json_t *answer, bool all, FILE *out)
{
	(void)all;
	ctl_print_problems(answer, out);
	fprintf(out, "reloaded: %lld bindings, %lld certificates, in %lld ms\n",
		(long long)number_of(answer, "bindings"), (long long)number_of(answer, "certificates"),
		(long long)number_of(answer, "took_ms"));
}

void ctl_print_answer(const char *command, const json_t *answer, bool all, FILE *out)
{
	static const struct {
		const char *command;
		void (*print)(const json_t *answer, bool all, FILE *out);
	} printers[] = {
		{"show certs", print_certs},
		{"show bindings", print_bindings},
		{"show connections", print_connections},
		{"show share", print_members},
		{"stats", print_stats},
		{"explain", ctl_explain_print},
		{"refresh", print_members},
		{"reload", print_reload},
		{"lint", print_findings},
	};
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (strcmp(printers[i].command, command) == 0)
			printers[i].print(answer, all, out);
}

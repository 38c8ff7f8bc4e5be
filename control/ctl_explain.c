/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl_explain.h"

#include "ctl_table.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Parts of a line come from files' names and certificates: each is printed without control characters. */
static void print(FILE *out, const char *before, const char *text, const char *after)
{
	fputs(before, out);
	if (text[0] != '\0')
		ctl_table_print_text(text, out);
	fputs(after, out);
}

static void print_query(const json_t *query, FILE *out)
{
	const char *name = text_of(query, "name");
	fprintf(out, "%s port %lld, ", text_of(query, "ip"), (long long)number_of(query, "port"));
	if (name[0] != '\0')
		print(out, "server name ", name, "\n");
	else
		fputs("no server name\n", out);
	if (text_of(query, "ip_note")[0] != '\0')
		print(out, "  ", text_of(query, "ip_note"), "\n");
	if (text_of(query, "note")[0] != '\0')
		print(out, "  ", text_of(query, "note"), "\n");
}

static void print_binding(const json_t *binding, FILE *out)
{
	fprintf(out, "%s:%lld ", text_of(binding, "ip"), (long long)number_of(binding, "port"));
	if (text_of(binding, "host")[0] != '\0')
		print(out, "host ", text_of(binding, "host"), " ");
	fprintf(out, "ssl_flags %lld (line %lld)", (long long)number_of(binding, "ssl_flags"),
		(long long)number_of(binding, "line"));
}

static void print_step(const json_t *step, FILE *out)
{
	fprintf(out, "  tier %lld (%s): ", (long long)number_of(step, "tier"), text_of(step, "tier_name"));
	print_binding(json_object_get(step, "binding"), out);
	print(out, "\n    tried ", text_of(step, "tried"), "");
	const char *file = text_of(step, "file");
	if (file[0] != '\0' && strcmp(file, text_of(step, "tried")) != 0)
		print(out, ", file ", file, "");
	print(out, ": ", text_of(step, "outcome"), "");
	if (text_of(step, "reason")[0] != '\0')
		print(out, ": ", text_of(step, "reason"), "");
	if (text_of(step, "detail")[0] != '\0')
		print(out, " (", text_of(step, "detail"), ")");
	fputc('\n', out);
}

static void print_list(const char *before, const json_t *list, FILE *out)
{
	if (json_array_size(list) == 0)
		return;
	fputs(before, out);
	for (size_t i = 0; i < json_array_size(list); i++)
		print(out, i > 0 ? ", " : "", json_string_value(json_array_get(list, i)), "");
	fputc('\n', out);
}

static void print_found(const json_t *answer, FILE *out)
{
	const json_t *certificate = json_object_get(answer, "certificate");
	const json_t *hidden = json_object_get(answer, "hides");
	print(out, "served: ", text_of(certificate, "file"), "");
	fprintf(out, " by tier %lld (%s)\n", (long long)number_of(answer, "tier"), text_of(answer, "tier_name"));
	print(out, "  subject ", text_of(certificate, "subject"), "");
	print(out, ", issuer ", text_of(certificate, "issuer"), "");
	fprintf(out, ", expires %s\n", text_of(certificate, "not_after"));
	print_list("  names ", json_object_get(certificate, "names"), out);
	print_list("  key ", json_object_get(certificate, "keys"), out);
	print_list("  warning: ", json_object_get(certificate, "warnings"), out);
	if (json_is_object(hidden)) {
		fputs("  this address record hides the binding ", out);
		print_binding(hidden, out);
		fputc('\n', out);
	}
}

static void print_none(const json_t *answer, FILE *out)
{
	const json_t *near = json_object_get(answer, "near");
	print(out, "no certificate: ", text_of(answer, "why"), "\n");
	if (text_of(answer, "alert")[0] != '\0')
		fprintf(out, "  the client gets: %s\n", text_of(answer, "alert"));
	for (size_t i = 0; i < json_array_size(near); i++)
		print(out, "  ", text_of(json_array_get(near, i), "text"), "\n");
}

void ctl_explain_print(const json_t *answer, bool all, FILE *out)
{
	const json_t *steps = json_object_get(answer, "walk");
	(void)all;
	print_query(json_object_get(answer, "query"), out);
	for (size_t i = 0; i < json_array_size(steps); i++)
		print_step(json_array_get(steps, i), out);
	if (json_is_true(json_object_get(answer, "found")))
		print_found(answer, out);
	else if (strcmp(text_of(answer, "verdict"), "none") == 0)
		print_none(answer, out);
	else
		print(out, "undecided: ", text_of(answer, "verdict"), "\n");
}

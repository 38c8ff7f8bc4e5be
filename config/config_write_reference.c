/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"
#include "config_message.h"
#include "config_schema.h"

#include <string.h>

static const char introduction[] =
	"<!-- Written by config_write_reference() from config/config_schema.def: do not edit. -->\n"
	"# Configuration\n"
	"\n"
	"One file in the syntax of libconfig: `key = value;`, groups `{ }`, lists `( )`, arrays `[ ]`, comments `#`, "
	"`//` and\n"
	"`/* */`. `@include \"file\"` alone on a line takes in another file; a relative name is looked for beside the "
	"file that\n"
	"asks. `handfastd --check -c FILE` tells everything that is wrong at once, as `file:line: key: expected …, "
	"found …`.\n"
	"\n"
	"Every option has the type, bounds and default below; one without a default must be given. An unknown key is "
	"an error.\n"
	"An empty text is the same as none. Whole numbers have 32 bits.\n"
	"\n"
	"A secret may stand in a file of its own: `password_file = \"/etc/handfast/password\";` instead of `password = "
	"\"…\";`. One\n"
	"newline at its end is dropped. Giving both is an error. Prefer the file: it can have its own owner and mode, "
	"and the\n"
	"secret then never passes through the buffers of the configuration's parser. Secrets are in no message, log or "
	"output.\n"
	"\n"
	"`handfastctl reload`, or SIGHUP, reads the file again. What cannot change at run time is told, and keeps its "
	"old "
	"value.\n";

/* A '|' would end the cell. */
static void write_cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static const char *default_cell(const struct config_schema_option *option)
{
	if (option->default_text == NULL)
		return "**required**";
	return option->default_text[0] == '\0' ? "none" : option->default_text;
}

static void write_option(FILE *out, const struct config_schema_option *option)
{
	char expected[CONFIG_MESSAGE_SIZE];
	fprintf(out, "| `%s`%s | ", option->key, option->type == CONFIG_SCHEMA_SECRET ? " (or `…_file`)" : "");
	write_cell(out, config_message_expected(option, expected));
	fprintf(out, " | %s | ", option->unit);
	bool is_word = option->default_text == NULL || option->default_text[0] == '\0';
	fprintf(out, is_word ? "%s" : "`%s`", default_cell(option));
	fputs(" | ", out);
	write_cell(out, option->help);
	fputs(" |\n", out);
}

/* "ports[].addresses[]". */
static void write_section_name(FILE *out, const struct config_schema_section *section)
{
	size_t n;
	const struct config_schema_section *all = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++) {
		if (all[i].id != section->parent)
			continue;
		write_section_name(out, &all[i]);
		fputc('.', out);
	}
	fprintf(out, "%s%s", section->key, section->shape == CONFIG_SCHEMA_LIST ? "[]" : "");
}

/* " A reload takes up all of it." or the keys, or nothing. */
static void write_reloaded(FILE *out, const struct config_schema_option *options, size_t n)
{
	size_t n_reloaded = 0;
	for (size_t i = 0; i < n; i++)
		n_reloaded += config_schema_is_reloaded(options[i].section, options[i].key);
	if (n_reloaded == n) {
		fputs(" A reload takes up all changes.", out);
		return;
	}
	fputs(n_reloaded == 0 ? " Changes need a restart." : " A reload takes up changes of", out);
	for (size_t i = 0, told = 0; i < n && n_reloaded > 0; i++)
		if (config_schema_is_reloaded(options[i].section, options[i].key))
			fprintf(out, "%s `%s`", told++ > 0 ? "," : "", options[i].key);
	fputs(n_reloaded == 0 ? "" : "; others need a restart.", out);
}

static void write_section(FILE *out, const struct config_schema_section *section)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options_of(section->id, &n);
	fputs("\n## `", out);
	write_section_name(out, section);
	fprintf(out, "`\n\n%s", section->help);
	if (section->shape == CONFIG_SCHEMA_LIST)
		fprintf(out, " A list of %zu to %zu groups.", section->min, section->max);
	write_reloaded(out, options, n);
	fputs("\n\n| key | value | unit | default | meaning |\n|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < n; i++)
		write_option(out, &options[i]);
}

void config_write_reference(FILE *out)
{
	size_t n;
	const struct config_schema_section *sections = config_schema_sections(&n);
	fputs(introduction, out);
	for (size_t i = 0; i < n; i++)
		write_section(out, &sections[i]);
}

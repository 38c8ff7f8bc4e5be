/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl_table.h"

#include <stdlib.h>
#include <string.h>

static char *plain_copy(const char *text)
{
	char *copy = strdup(text != NULL && text[0] != '\0' ? text : "-");
	if (copy == NULL)
		abort();
	for (unsigned char *at = (unsigned char *)copy; *at != '\0'; at++) {
		/* C1 controls are two octets in UTF-8, 0xc2 0x80 to 0x9f: the second alone commands an 8-bit terminal.
		 */
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
		else if (*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	return copy;
}

void ctl_table_init(struct ctl_table *table, const char *const *headings)
{
	*table = (struct ctl_table){0};
	while (headings[table->n_columns] != NULL)
		table->n_columns++;
	for (size_t i = 0; i < table->n_columns; i++)
		ctl_table_add(table, headings[i]);
}

void ctl_table_add(struct ctl_table *table, const char *text)
{
	if (table->n_cells == table->capacity) {
		table->capacity = table->capacity * 2 + 64;
		table->cells = realloc(table->cells, table->capacity * sizeof(*table->cells));
		/* A tool for people that is out of memory has nothing to save. */
		if (table->cells == NULL)
			abort();
	}
	table->cells[table->n_cells++] = plain_copy(text);
}

/* Characters, not octets: names may be in any script. */
static size_t width_of(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void print_cell(const struct ctl_table *table, size_t cell, const size_t *widths, FILE *out)
{
	size_t column = cell % table->n_columns;
	fputs(table->cells[cell], out);
	if (column + 1 == table->n_columns) {
		fputc('\n', out);
		return;
	}
	for (size_t n = width_of(table->cells[cell]); n < widths[column] + 2; n++)
		fputc(' ', out);
}

void ctl_table_print(struct ctl_table *table, FILE *out)
{
	size_t widths[CTL_TABLE_MAX_COLUMNS] = {0};
	for (size_t i = 0; i < table->n_cells; i++) {
		size_t width = width_of(table->cells[i]), column = i % table->n_columns;
		widths[column] = width > widths[column] ? width : widths[column];
	}
	for (size_t i = 0; i < table->n_cells; i++) {
		print_cell(table, i, widths, out);
		free(table->cells[i]);
	}
	free(table->cells);
	*table = (struct ctl_table){0};
}

void ctl_table_print_text(const char *text, FILE *out)
{
	char *copy = plain_copy(text);
	fputs(copy, out);
	free(copy);
}

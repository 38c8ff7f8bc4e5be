/* SPDX-License-Identifier: BSD-3-Clause */
/** Tables for people: columns as wide as their widest cell, the last one free. */
#ifndef HANDFAST_CTL_TABLE_H
#define HANDFAST_CTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define CTL_TABLE_MAX_COLUMNS 12

struct ctl_table {
	size_t n_columns, n_cells, capacity;
	char **cells; /**< row by row; the first row is the heading */
};

/** Begin a table with its heading. @param headings ended by NULL. Threads: one. */
void ctl_table_init(struct ctl_table *table, const char *const *headings);

/** Add the next cell; NULL and "" are shown as "-". Control characters are replaced: they could command a terminal. */
void ctl_table_add(struct ctl_table *table, const char *text);

/** Print and free. */
void ctl_table_print(struct ctl_table *table, FILE *out);

/** Print one text with control characters replaced. */
void ctl_table_print_text(const char *text, FILE *out);

#endif

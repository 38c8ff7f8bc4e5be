/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any chain of keys that the schema knows; an unknown key is cut here. */
#define KEY_TEXT_SIZE 160

static size_t format_path(const struct config_path *path, char *text, size_t size)
{
	if (path == NULL)
		return 0;
	size_t used = format_path(path->parent, text, size);
	if (used + 1 >= size)
		return used;
	int written =
		path->index == CONFIG_PATH_NO_INDEX
			? snprintf(text + used, size - used, "%s%s", used > 0 ? "." : "", path->key)
			: snprintf(text + used, size - used, "%s%s[%zu]", used > 0 ? "." : "", path->key, path->index);
	if (written < 0)
		return used;
	return used + (size_t)written < size ? used + (size_t)written : size - 1;
}

/* A value out of the file may hold what a terminal would obey. @return a new text, control bytes as \xNN; or NULL. */
static char *escape_control_bytes(const char *text)
{
	char *escaped = malloc(4 * strlen(text) + 1);
	char *out = escaped;
	if (escaped == NULL)
		return NULL;
	for (; *text != '\0'; text++) {
		unsigned char octet = (unsigned char)*text;
		if (octet < 0x20 || octet == 0x7f)
			out += sprintf(out, "\\x%02x", octet);
		else
			*out++ = (char)octet;
	}
	*out = '\0';
	return escaped;
}

/* Room doubles at each power of two, so that no capacity has to be kept in the public struct. */
static struct config_problem *append(struct config_problems *problems)
{
	size_t n = problems->n;
	if ((n & (n - 1)) == 0) {
		struct config_problem *items = realloc(problems->items, (n == 0 ? 1 : 2 * n) * sizeof(*items));
		if (items == NULL)
			return NULL;
		problems->items = items;
	}
	problems->n++;
	return &problems->items[n];
}

static void free_texts(struct config_problem *item)
{
	free(item->file);
	free(item->key);
	free(item->message);
}

static void add(struct config_problems *problems, bool is_warning, const struct config_place *place, const char *format,
	va_list arguments)
{
	char key[KEY_TEXT_SIZE] = "";
	char *message = NULL;
	if (!is_warning)
		problems->n_errors++;
	format_path(place->path, key, sizeof(key));
	if (vasprintf(&message, format, arguments) < 0)
		return;

	struct config_problem item = {
		.is_warning = is_warning,
		.file = escape_control_bytes(place->file),
		.line = place->line,
		.key = strdup(key),
		.message = escape_control_bytes(message),
	};
	free(message);
	struct config_problem *slot = NULL;
	if (item.file != NULL && item.key != NULL && item.message != NULL)
		slot = append(problems);
	if (slot == NULL) {
		free_texts(&item);
		return;
	}
	*slot = item;
}

void config_problems_error(struct config_problems *problems, const struct config_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(problems, false, place, format, arguments);
	va_end(arguments);
}

void config_problems_warn(struct config_problems *problems, const struct config_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(problems, true, place, format, arguments);
	va_end(arguments);
}

struct rank {
	size_t file, position;
	unsigned line;
};

struct ranked {
	struct rank rank;
	struct config_problem item;
};

static int compare_ranks(const void *left, const void *right)
{
	const struct rank *a = &((const struct ranked *)left)->rank, *b = &((const struct ranked *)right)->rank;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->position < b->position ? -1 : a->position > b->position;
}

static size_t file_rank(const char *file, const char *const *files, size_t n_files)
{
	for (size_t i = 0; i < n_files; i++) {
		if (strcmp(file, files[i]) == 0)
			return i;
	}
	return n_files;
}

void config_problems_sort(struct config_problems *problems, const char *const *files, size_t n_files)
{
	struct ranked *ranked = problems->n < 2 ? NULL : calloc(problems->n, sizeof(*ranked));
	if (ranked == NULL)
		return;
	for (size_t i = 0; i < problems->n; i++) {
		ranked[i].item = problems->items[i];
		ranked[i].rank = (struct rank){
			.file = file_rank(problems->items[i].file, files, n_files),
			.line = problems->items[i].line,
			.position = i,
		};
	}
	qsort(ranked, problems->n, sizeof(*ranked), compare_ranks);
	for (size_t i = 0; i < problems->n; i++)
		problems->items[i] = ranked[i].item;
	free(ranked);
}

void config_problems_free(struct config_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++)
		free_texts(&problems->items[i]);
	free(problems->items);
	memset(problems, 0, sizeof(*problems));
}

void config_problems_print(const struct config_problems *problems, FILE *out)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct config_problem *item = &problems->items[i];
		fputs(item->file, out);
		if (item->line > 0)
			fprintf(out, ":%u", item->line);
		if (item->key[0] != '\0')
			fprintf(out, ": %s", item->key);
		fprintf(out, ": %s%s\n", item->is_warning ? "warning: " : "", item->message);
	}
}

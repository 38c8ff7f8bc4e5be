/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_list.h"

#include <stdlib.h>

bool command_list_open(struct command_list *list, const char *key)
{
	list->n_rows = 0;
	list->out = open_memstream(&list->text, &list->size);
	if (list->out == NULL)
		return false;
	fprintf(list->out, "{\"ok\":true,\"%s\":[", key);
	return true;
}

void command_list_add(struct command_list *list, json_t *row)
{
	if (row == NULL)
		return;
	if (list->n_rows++ > 0)
		fputc(',', list->out);
	json_dumpf(row, list->out, JSON_COMPACT);
	json_decref(row);
}

static void put_member(FILE *out, const char *key, const json_t *value)
{
	json_t *name = json_string(key);
	fputc(',', out);
	json_dumpf(name, out, JSON_ENCODE_ANY);
	fputc(':', out);
	json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(name);
}

char *command_list_close(struct command_list *list, json_t *rest)
{
	const char *key;
	json_t *value;
	fputc(']', list->out);
	json_object_foreach (rest, key, value) {
		put_member(list->out, key, value);
	}
	fputs("}\n", list->out);
	json_decref(rest);
	bool failed = ferror(list->out) != 0;
	failed |= fclose(list->out) != 0;
	list->out = NULL;
	char *text = list->text;
	list->text = NULL;
	if (failed) {
		free(text);
		return NULL;
	}
	return text;
}

void command_list_fini(struct command_list *list)
{
	if (list->out != NULL)
		fclose(list->out);
	free(list->text);
	*list = (struct command_list){0};
}

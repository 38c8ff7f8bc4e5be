/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_list.h"

#include <stdlib.h>

static bool begin_part(struct command_list *list)
{
	if (list->out == NULL)
		list->out = open_memstream(&list->text, &list->size);
	return list->out != NULL;
}

/* @return false if memory is out, or was while the part was written. */
static bool end_part(struct command_list *list, struct command_part *out)
{
	*out = (struct command_part){NULL, 0};
	if (!begin_part(list))
		return false;
	bool failed = ferror(list->out) != 0;
	failed |= fclose(list->out) != 0;
	list->out = NULL;
	char *text = list->text;
	list->text = NULL;
	if (failed) {
		free(text);
		return false;
	}
	*out = (struct command_part){text, list->size};
	return true;
}

bool command_list_open(struct command_list *list, const char *key)
{
	if (!begin_part(list))
		return false;
	fprintf(list->out, "%s\"%s\":[", list->has_lists ? "]," : "{", key);
	list->has_lists = true;
	list->has_rows = false;
	return true;
}

void command_list_add(struct command_list *list, json_t *row)
{
	/* Without memory for a part, its end tells. */
	if (row == NULL || !begin_part(list)) {
		json_decref(row);
		return;
	}
	if (list->has_rows)
		fputc(',', list->out);
	list->has_rows = true;
	json_dumpf(row, list->out, JSON_COMPACT);
	json_decref(row);
}

enum command_step command_list_take(struct command_list *list, struct command_part *out)
{
	return end_part(list, out) ? COMMAND_PART : COMMAND_ANSWERED;
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

enum command_step command_list_close(struct command_list *list, json_t *rest, struct command_part *out)
{
	const char *key;
	json_t *value;
	if (begin_part(list)) {
		fputc(']', list->out);
		json_object_foreach (rest, key, value) {
			put_member(list->out, key, value);
		}
		fputs("}\n", list->out);
	}
	json_decref(rest);
	(void)end_part(list, out);
	return COMMAND_ANSWERED;
}

void command_list_fini(struct command_list *list)
{
	if (list->out != NULL)
		fclose(list->out);
	free(list->text);
	*list = (struct command_list){0};
}

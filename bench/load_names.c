/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_names.h"
#include "host_name.h"
#include "load_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACES          " \t\r\n"
#define FOUND_MAX_BYTES 100 /**< of a wrong line, in the error */
#define MAX_NAMES       UINT32_MAX
#define THRESHOLD_ONE   4294967296.0 /**< 2^32 */

/* What grows while a file is read. */
struct reading {
	struct load_names *names;
	size_t text_len, text_room, room;
};

/* --- adding --- */

static bool grow(void *array, size_t item, size_t *room)
{
	const size_t wanted = *room ? *room * 2 : 64;
	void *bigger = realloc(*(void **)array, wanted * item);
	if (!bigger)
		return false;
	*(void **)array = bigger;
	*room = wanted;
	return true;
}

/* begins has one place more than there are names. */
static bool make_room(struct reading *reading, size_t len)
{
	struct load_names *names = reading->names;
	while (reading->text_room - reading->text_len < len)
		if (!grow(&names->text, 1, &reading->text_room))
			return false;
	size_t room = reading->room;
	if (names->n + 1U < reading->room)
		return true;
	return grow(&names->begins, sizeof(*names->begins), &room) &&
	       grow(&names->weights, sizeof(*names->weights), &reading->room);
}

static bool add(struct reading *reading, const char *name, size_t len, double weight)
{
	struct load_names *names = reading->names;
	if (names->n == MAX_NAMES || !make_room(reading, len))
		return false;
	if (len > 0) /* without a name there may be no text yet */
		memcpy(names->text + reading->text_len, name, len);
	names->begins[names->n] = reading->text_len;
	names->weights[names->n++] = weight;
	reading->text_len += len;
	names->begins[names->n] = reading->text_len;
	return true;
}

/* --- choosing: Walker's alias method, tables by Vose (1991) --- */

static bool weights_differ(const struct load_names *names)
{
	for (uint32_t i = 1; i < names->n; i++)
		if (names->weights[i] != names->weights[0])
			return true;
	return false;
}

/* Each place keeps as much of its own weight as fits, and is filled up by one that has more than fits. */
static void fill_aliases(struct load_names *names, uint32_t *stack)
{
	double sum = 0;
	uint32_t n_small = 0, n_large = 0; /* small ones stand at the stack's beginning, large ones at its end */
	for (uint32_t i = 0; i < names->n; i++)
		sum += names->weights[i];
	for (uint32_t i = 0; i < names->n; i++) {
		names->weights[i] *= names->n / sum;
		names->aliases[i] = i;
		names->thresholds[i] = UINT32_MAX;
		if (names->weights[i] < 1)
			stack[n_small++] = i;
		else
			stack[names->n - ++n_large] = i;
	}
	while (n_small > 0 && n_large > 0) {
		const uint32_t small = stack[--n_small];
		const uint32_t large = stack[names->n - n_large];
		names->thresholds[small] = (uint32_t)(names->weights[small] * THRESHOLD_ONE);
		names->aliases[small] = large;
		names->weights[large] -= 1 - names->weights[small];
		if (names->weights[large] >= 1)
			continue;
		n_large--;
		stack[n_small++] = large;
	}
}

static bool prepare_choice(struct load_names *names)
{
	if (names->n < 2 || !weights_differ(names))
		return true;
	uint32_t *stack = calloc(names->n, sizeof(*stack));
	names->thresholds = calloc(names->n, sizeof(*names->thresholds));
	names->aliases = calloc(names->n, sizeof(*names->aliases));
	const bool ok = stack && names->thresholds && names->aliases;
	if (ok)
		fill_aliases(names, stack);
	free(stack);
	return ok;
}

uint32_t load_names_pick(const struct load_names *names, struct load_random *random)
{
	if (names->n == 1)
		return 0;
	const uint32_t place = (uint32_t)load_random_below(random, names->n);
	if (!names->thresholds || (uint32_t)load_random_next(random) < names->thresholds[place])
		return place;
	return names->aliases[place];
}

/* --- reading --- */

static bool read_line(struct reading *reading, char *line, bool *out_is_bad)
{
	struct host_name name;
	double weight = 1;
	char *rest = line + strspn(line, SPACES);
	char *word = strsep(&rest, SPACES);
	if (*word == '\0' || *word == '#')
		return true;
	if (rest)
		rest += strspn(rest, SPACES);
	const char *number = rest && *rest ? strsep(&rest, SPACES) : NULL;
	const bool has_more = rest && rest[strspn(rest, SPACES)] != '\0';
	*out_is_bad = host_name_from_text(word, &name) != HOST_NAME_OK || name.text[0] == '*' || has_more ||
		      (number && (!load_words_number(number, &weight) || weight <= 0));
	return *out_is_bad || add(reading, name.text, name.len, weight);
}

static bool refuse_line(const char *path, size_t number, char *line, struct load_error *error)
{
	line[strcspn(line, "\r\n")] = '\0';
	return load_error_set(error,
		"%s:%zu: expected a host name and, if it is not 1, a weight above 0, found \"%.*s\"", path, number,
		FOUND_MAX_BYTES, line);
}

static bool read_lines(struct reading *reading, FILE *file, const char *path, struct load_error *error)
{
	char *line = NULL, *copy = NULL;
	size_t size = 0, number = 0;
	bool ok = true;
	while (ok && getline(&line, &size, file) >= 0) {
		bool is_bad = false;
		free(copy);
		copy = strdup(line);
		number++;
		ok = copy && read_line(reading, line, &is_bad);
		if (!ok)
			load_error_set(error, "%s:%zu: out of memory", path, number);
		else if (is_bad)
			ok = refuse_line(path, number, copy, error);
	}
	if (ok && ferror(file))
		ok = load_error_set(error, "%s: %s", path, strerror(errno));
	free(line);
	free(copy);
	return ok;
}

bool load_names_read(struct load_names *names, const char *path, struct load_error *error)
{
	*names = (struct load_names){0};
	struct reading reading = {.names = names};
	FILE *file = fopen(path, "re");
	if (!file)
		return load_error_set(error, "%s: %s", path, strerror(errno));
	bool ok = read_lines(&reading, file, path, error);
	fclose(file);
	if (ok && names->n == 0)
		ok = load_error_set(error, "%s: expected at least one host name, found none", path);
	if (ok && !prepare_choice(names))
		ok = load_error_set(error, "%s: out of memory", path);
	free(names->weights);
	names->weights = NULL;
	if (!ok)
		load_names_fini(names);
	return ok;
}

bool load_names_set(struct load_names *names, const char *text, struct load_error *error)
{
	struct host_name name = {0};
	*names = (struct load_names){0};
	struct reading reading = {.names = names};
	if (*text != '\0' && (host_name_from_text(text, &name) != HOST_NAME_OK || name.text[0] == '*'))
		return load_error_set(error, "--sni: expected a host name, found \"%s\"", text);
	bool ok = add(&reading, name.text, name.len, 1) || load_error_set(error, "out of memory");
	free(names->weights);
	names->weights = NULL;
	if (!ok)
		load_names_fini(names);
	return ok;
}

void load_names_fini(struct load_names *names)
{
	free(names->text);
	free(names->begins);
	free(names->weights);
	free(names->thresholds);
	free(names->aliases);
	*names = (struct load_names){0};
}

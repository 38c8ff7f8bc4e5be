/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_source.h"
#include "config_file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* From this line of the whole text on, lines are those of file, beginning at line. */
struct piece {
	unsigned first_line;
	const char *file;
	unsigned line;
};

/* What the lexer would be in at the start of a line: @include means something only in plain text. */
enum lexer_state { IN_PLAIN, IN_STRING, IN_COMMENT };

struct config_source {
	char *text;
	size_t len, size;
	unsigned lines; /* complete ones in text */
	struct piece *pieces;
	size_t n_pieces;
	char **files;
	size_t n_files;
	enum lexer_state state;
	unsigned depth;
	bool out_of_memory;
	struct config_problems *problems;
};

/* The file that is being read, and how far. */
struct cursor {
	const char *file;
	unsigned line;
};

static void expand(struct config_source *source, const char *file, const char *text, size_t len);

static void fault(struct config_source *source, const struct cursor *cursor, const char *what, const char *detail)
{
	struct config_place place = {.file = cursor->file, .line = cursor->line};
	config_problems_error(source->problems, &place, "%s%s", what, detail);
}

/* By hand instead of realloc(): the text may hold a secret, and realloc() leaves the old copy behind. */
static bool reserve(struct config_source *source, size_t more)
{
	if (source->size - source->len > more)
		return true;
	size_t size = 2 * source->len + more + 1;
	char *text = malloc(size);
	if (text == NULL) {
		source->out_of_memory = true;
		return false;
	}
	if (source->text != NULL) {
		memcpy(text, source->text, source->len);
		explicit_bzero(source->text, source->len);
		free(source->text);
	}
	source->text = text;
	source->size = size;
	return true;
}

static void append_line(struct config_source *source, const char *line, size_t len)
{
	if (!reserve(source, len + 2))
		return;
	memcpy(source->text + source->len, line, len);
	source->len += len;
	source->text[source->len++] = '\n';
	source->text[source->len] = '\0';
	source->lines++;
}

static void start_piece(struct config_source *source, const struct cursor *cursor)
{
	struct piece *pieces = realloc(source->pieces, (source->n_pieces + 1) * sizeof(*pieces));
	if (pieces == NULL) {
		source->out_of_memory = true;
		return;
	}
	source->pieces = pieces;
	pieces[source->n_pieces++] = (struct piece){source->lines + 1, cursor->file, cursor->line};
}

/* @return the source's own copy of a file's name, or NULL if memory is out. */
static const char *add_file(struct config_source *source, const char *name)
{
	for (size_t i = 0; i < source->n_files; i++) {
		if (strcmp(source->files[i], name) == 0)
			return source->files[i];
	}
	char **files = realloc(source->files, (source->n_files + 1) * sizeof(*files));
	char *copy = strdup(name);
	if (files != NULL)
		source->files = files;
	if (files == NULL || copy == NULL) {
		free(copy);
		source->out_of_memory = true;
		return NULL;
	}
	files[source->n_files++] = copy;
	return copy;
}

/* --- whole numbers ------------------------------------------------------------------------------------------------ */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

/* @return false if libconfig 1.5 would cut the number: it takes 32 bits, 64 with an L, and drops the rest in silence.
 */
static bool number_fits(const char *digits, size_t len)
{
	char copy[32];
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, digits, len);
	copy[len] = '\0';
	bool is_hex = strncasecmp(copy, "0x", 2) == 0;
	char *end;
	errno = 0;
	long long value = strtoll(copy, &end, is_hex ? 16 : 10);
	if (errno != 0)
		return false;
	return *end == 'L' || (value >= INT_MIN && value <= INT_MAX);
}

/* text[0] is a digit or a sign. @return octets of the number (or word) that begins there. */
static size_t scan_number(struct config_source *source, const struct cursor *cursor, const char *text, size_t len)
{
	size_t end = 1;
	bool is_whole = true;
	while (end < len && (isalnum((unsigned char)text[end]) || text[end] == '.')) {
		if (text[end] == '.')
			is_whole = false;
		end++;
	}
	bool has_digit = isdigit((unsigned char)text[end > 1 ? 1 : 0]) || isdigit((unsigned char)text[0]);
	if (is_whole && has_digit && !number_fits(text, end))
		fault(source, cursor, "expected a whole number from -2147483648 to 2147483647, found a longer one", "");
	return end;
}

/* --- one line ----------------------------------------------------------------------------------------------------- */

static size_t skip_word(const char *line, size_t len)
{
	size_t end = 0;
	while (end < len && is_word(line[end]))
		end++;
	return end;
}

/* Inside a string or a comment. @return octets up to and with its end, or all that is left of the line. */
static size_t skip_enclosed(struct config_source *source, const char *line, size_t len)
{
	size_t i = 0;
	while (i < len) {
		if (source->state == IN_STRING && line[i] == '\\') {
			i += 2;
			continue;
		}
		if (source->state == IN_STRING && line[i] == '"') {
			source->state = IN_PLAIN;
			return i + 1;
		}
		if (source->state == IN_COMMENT && line[i] == '*' && i + 1 < len && line[i + 1] == '/') {
			source->state = IN_PLAIN;
			return i + 2;
		}
		i++;
	}
	return len;
}

/* Plain text. @return octets taken: one token, or the rest of the line for a comment. */
static size_t skip_plain(struct config_source *source, const struct cursor *cursor, const char *line, size_t len)
{
	char c = line[0], next = len > 1 ? line[1] : '\0';
	if (c == '#' || (c == '/' && next == '/'))
		return len;
	if (c == '/' && next == '*') {
		source->state = IN_COMMENT;
		return 2;
	}
	if (c == '"') {
		source->state = IN_STRING;
		return 1;
	}
	if (isdigit((unsigned char)c) || c == '-' || c == '+')
		return scan_number(source, cursor, line, len);
	return is_word(c) ? skip_word(line, len) : 1;
}

static void scan_line(struct config_source *source, const struct cursor *cursor, const char *line, size_t len)
{
	size_t at = 0;
	while (at < len) {
		size_t taken = source->state == IN_PLAIN ? skip_plain(source, cursor, line + at, len - at)
							 : skip_enclosed(source, line + at, len - at);
		at += taken;
	}
}

/* --- @include ----------------------------------------------------------------------------------------------------- */

static size_t skip_blanks(const char *line, size_t len, size_t at)
{
	while (at < len && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
		at++;
	return at;
}

/* @return true for a line that begins with @include, as libconfig has it. */
static bool is_include(const char *line, size_t len)
{
	size_t at = skip_blanks(line, len, 0);
	return len - at >= 8 && memcmp(line + at, "@include", 8) == 0;
}

/* @return the name between the quotes with the including file's folder before it, the caller's to free; NULL if
 * malformed. */
static char *include_path(const char *including, const char *line, size_t len)
{
	size_t at = skip_blanks(line, len, skip_blanks(line, len, 0) + 8);
	if (at >= len || line[at] != '"')
		return NULL;
	const char *name = line + at + 1;
	const char *quote = memchr(name, '"', len - at - 1);
	if (quote == NULL || quote == name || memchr(name, '\\', (size_t)(quote - name)) != NULL)
		return NULL;
	size_t rest = skip_blanks(line, len, (size_t)(quote - line) + 1);
	if (rest < len && line[rest] != '#' && line[rest] != '/')
		return NULL;

	const char *slash = name[0] == '/' ? NULL : strrchr(including, '/');
	int folder_len = slash == NULL ? 0 : (int)(slash + 1 - including);
	char *path = NULL;
	if (asprintf(&path, "%.*s%.*s", folder_len, including, (int)(quote - name), name) < 0)
		return NULL;
	return path;
}

static void include(struct config_source *source, const struct cursor *cursor, const char *line, size_t len)
{
	char *path = include_path(cursor->file, line, len);
	if (path == NULL) {
		fault(source, cursor, "expected @include \"file\" alone on its line, found something else", "");
		return;
	}
	struct config_file file = {0};
	int result = -ELOOP;
	size_t left = source->len < CONFIG_SOURCE_MAX_BYTES ? CONFIG_SOURCE_MAX_BYTES - source->len : 0;
	if (source->depth < CONFIG_SOURCE_MAX_DEPTH)
		result = config_file_read(path, left, &file);
	if (result == -ELOOP) {
		fault(source, cursor,
			"expected files that include each other at most 10 deep, found a deeper one: ", path);
	} else if (result != 0) {
		struct config_place place = {.file = cursor->file, .line = cursor->line};
		config_problems_error(source->problems, &place, "expected a file to include, found \"%s\": %s", path,
			strerror(-result));
	} else {
		source->depth++;
		expand(source, path, file.text, file.len);
		source->depth--;
	}
	config_file_release(&file);
	free(path);
}

/* --- a file ------------------------------------------------------------------------------------------------------- */

static void expand(struct config_source *source, const char *file, const char *text, size_t len)
{
	struct cursor cursor = {.file = add_file(source, file), .line = 1};
	if (cursor.file == NULL)
		return;
	start_piece(source, &cursor);
	for (size_t at = 0; at < len && !source->out_of_memory; cursor.line++) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end == NULL ? len - at : (size_t)(end - line);
		at += line_len + 1;
		if (memchr(line, '\0', line_len) != NULL) {
			fault(source, &cursor, "expected text, found an octet of value zero", "");
			line_len = strlen(line);
		}
		if (source->state != IN_PLAIN || !is_include(line, line_len)) {
			scan_line(source, &cursor, line, line_len);
			append_line(source, line, line_len);
			continue;
		}
		include(source, &cursor, line, line_len);
		start_piece(source, &(struct cursor){cursor.file, cursor.line + 1});
	}
}

static struct config_source *create(struct config_problems *problems)
{
	struct config_source *source = calloc(1, sizeof(*source));
	if (source == NULL)
		return NULL;
	source->problems = problems;
	if (!reserve(source, 0)) {
		free(source);
		return NULL;
	}
	source->text[0] = '\0';
	return source;
}

struct config_source *config_source_read_text(const char *text, const char *name, struct config_problems *problems)
{
	struct config_source *source = create(problems);
	if (source == NULL)
		return NULL;
	expand(source, name, text, strlen(text));
	if (!source->out_of_memory)
		return source;
	config_source_destroy(source);
	return NULL;
}

struct config_source *config_source_read_file(const char *path, struct config_problems *problems)
{
	struct config_file file;
	int result = config_file_read(path, CONFIG_SOURCE_MAX_BYTES, &file);
	if (result != 0) {
		struct config_place place = {.file = path};
		config_problems_error(problems, &place, "expected a configuration file, found: %s", strerror(-result));
		return NULL;
	}
	struct config_source *source = create(problems);
	if (source != NULL)
		expand(source, path, file.text, file.len);
	config_file_release(&file);
	if (source == NULL || !source->out_of_memory)
		return source;
	config_source_destroy(source);
	return NULL;
}

void config_source_destroy(struct config_source *source)
{
	if (source == NULL)
		return;
	explicit_bzero(source->text, source->len);
	free(source->text);
	free(source->pieces);
	for (size_t i = 0; i < source->n_files; i++)
		free(source->files[i]);
	free(source->files);
	free(source);
}

const char *config_source_text(const struct config_source *source)
{
	return source->text;
}

const char *config_source_find(const struct config_source *source, unsigned line, unsigned *out_line)
{
	/* The last piece that begins at or before the line; of two that begin there, the later one holds it. */
	size_t low = 0, high = source->n_pieces;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (source->pieces[middle].first_line <= line)
			low = middle;
		else
			high = middle;
	}
	*out_line = source->pieces[low].line + (line - source->pieces[low].first_line);
	return source->pieces[low].file;
}

const char *const *config_source_files(const struct config_source *source, size_t *out_n)
{
	*out_n = source->n_files;
	return (const char *const *)source->files;
}

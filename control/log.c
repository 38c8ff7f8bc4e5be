/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic(enum config_log_level) threshold = CONFIG_LOG_INFO;

void log_set_level(enum config_log_level level)
{
	atomic_store_explicit(&threshold, level, memory_order_relaxed);
}

const char *log_number(char text[LOG_NUMBER_SIZE], int64_t number)
{
	snprintf(text, LOG_NUMBER_SIZE, "%lld", (long long)number);
	return text;
}

/* Length of the valid UTF-8 sequence at text (RFC 3629 section 4), 0 if there is none or if it is one of the C1
 * controls. */
static size_t utf8_length(const unsigned char *text)
{
	if (text[0] >= 0x20 && text[0] < 0x7f)
		return 1;
	size_t n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
	bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
	bool beyond = text[0] == 0xf4 && text[1] >= 0x90;
	bool control = text[0] == 0xc2 && text[1] < 0xa0;
	return overlong || surrogate || beyond || control ? 0 : n;
}

static bool is_plain(const char *value)
{
	if (value[0] == '\0')
		return false;
	for (const unsigned char *at = (const unsigned char *)value; *at != '\0';) {
		size_t n = utf8_length(at);
		if (n == 0 || *at == ' ' || *at == '"' || *at == '\\' || *at == '=')
			return false;
		at += n;
	}
	return true;
}

/* One character of a quoted value into piece; returns how many bytes of the value it took. */
static size_t escape_one(const unsigned char *at, char piece[8])
{
	size_t n = utf8_length(at);
	if (n == 0) {
		snprintf(piece, 8, "\\x%02x", *at);
		return 1;
	}
	if (*at == '"' || *at == '\\') {
		snprintf(piece, 8, "\\%c", *at);
		return 1;
	}
	memcpy(piece, at, n);
	piece[n] = '\0';
	return n;
}

/* What still fits is appended; a piece is never cut in two. */
static bool append(char *out, size_t size, size_t *len, const char *piece)
{
	size_t n = strlen(piece);
	if (*len + n >= size)
		return false;
	memcpy(out + *len, piece, n + 1);
	*len += n;
	return true;
}

size_t log_escape(char *out, size_t size, const char *value)
{
	size_t len = 0;
	out[0] = '\0';
	bool quoted = !is_plain(value);
	if (quoted)
		append(out, size, &len, "\"");
	char piece[8];
	for (const unsigned char *at = (const unsigned char *)value; *at != '\0';) {
		at += escape_one(at, piece);
		/* One byte stays free for the closing quote. */
		if (!append(out, size - (quoted && size > 1 ? 1 : 0), &len, piece))
			break;
	}
	if (quoted)
		append(out, size, &len, "\"");
	return len;
}

static void append_time(char *line, size_t *len)
{
	struct timespec now;
	struct tm tm;
	char text[40];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", now.tv_nsec / 1000000);
	append(line, LOG_LINE_SIZE, len, text);
}

void log_write(enum config_log_level level, const char *event, ...)
{
	static const char *const words[] = {[CONFIG_LOG_ERROR] = " error ",
		[CONFIG_LOG_WARNING] = " warning ",
		[CONFIG_LOG_INFO] = " info ",
		[CONFIG_LOG_DEBUG] = " debug "};
	if (level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	char line[LOG_LINE_SIZE + 1] = "";
	size_t len = 0;
	append_time(line, &len);
	append(line, LOG_LINE_SIZE, &len, words[level]);
	append(line, LOG_LINE_SIZE, &len, event);

	va_list pairs;
	va_start(pairs, event);
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		append(line, LOG_LINE_SIZE, &len, " ");
		append(line, LOG_LINE_SIZE, &len, key);
		append(line, LOG_LINE_SIZE, &len, "=");
		len += log_escape(line + len, LOG_LINE_SIZE - len, value);
	}
	va_end(pairs);
	line[len] = '\n';
	/* A log that cannot be written must not stop the service. */
	ssize_t ignored = write(STDERR_FILENO, line, len + 1);
	(void)ignored;
}

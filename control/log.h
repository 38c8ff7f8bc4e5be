/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The log: one line per event on stderr, "time level event words key=value …". Values may hold anything: bytes that
 * could forge or break a line are escaped. Secrets are never passed here.
 */
#ifndef HANDFAST_LOG_H
#define HANDFAST_LOG_H

#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Longest line; the rest of a longer one is cut. Below PIPE_BUF, so a line is written whole. */
#define LOG_LINE_SIZE 2048

/** Room for the text of a number, see LOG_NUMBER. */
#define LOG_NUMBER_SIZE 24

/** A number as a value of log_event(); lives to the end of the enclosing block. */
#define LOG_NUMBER(number) log_number((char[LOG_NUMBER_SIZE]){0}, (int64_t)(number))

/** Leave out events of lesser weight. Threads: main thread, before others log. */
void log_set_level(enum config_log_level level);

/**
 * Write one event: log_event(level, event, key, value, …).
 *
 * @param event  constant words, "certificate loaded".
 * @param ...    pairs of key and value, both strings; a pair whose value is NULL is left out.
 * Threads: any but workers (makes a system call).
 */
#define log_event(level, ...) log_write(level, __VA_ARGS__, (const char *)NULL)
void log_write(enum config_log_level level, const char *event, ...) __attribute__((sentinel));

/**
 * Write a value as it stands in a line: as it is where it is plain, in quotes with \xNN escapes where it holds blanks,
 * quotes, backslashes, '=' or control bytes. UTF-8 that is valid stays readable; other bytes are escaped.
 *
 * @param size  of out, at least 1; a longer text is cut, between escapes.
 * @return      length written, without the terminating zero.
 * Threads: any.
 */
size_t log_escape(char *out, size_t size, const char *value);

/** Write a number as text. @return text. Threads: any. */
const char *log_number(char text[LOG_NUMBER_SIZE], int64_t number);

#endif

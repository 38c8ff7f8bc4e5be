/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The text of a configuration with its @include lines replaced by what they name, and the way back from a line of that
 * text to file and line. libconfig can include by itself, but ends the process when the name is a folder's, reads
 * without a bound, and cannot include relative to the file that asks.
 */
#ifndef HANDFAST_CONFIG_SOURCE_H
#define HANDFAST_CONFIG_SOURCE_H

#include "config_problems.h"

/** Files within files; more is taken for a cycle. */
#define CONFIG_SOURCE_MAX_DEPTH 10
/** All files together: a million bindings are about 150 MB. */
#define CONFIG_SOURCE_MAX_BYTES ((size_t)1 << 30)

struct config_source;

/**
 * Read a file and all that it includes. A relative @include is looked for beside the file that holds it. Whole numbers
 * that libconfig 1.5 would cut to 32 bits without a word are errors here.
 *
 * @param problems  what could not be read or included is noted there.
 * @return the source (with whatever could be read), or NULL if memory is out or the file itself could not be read.
 * Owner: the caller; config_source_destroy(). Threads: any but workers.
 */
struct config_source *config_source_read_file(const char *path, struct config_problems *problems);

/** As config_source_read_file(), for a text in memory; name stands in messages, and @include is relative to its folder.
 */
struct config_source *config_source_read_text(const char *text, const char *name, struct config_problems *problems);

/** Wipe the text and free it. NULL is allowed. */
void config_source_destroy(struct config_source *source);

/** @return the whole text, terminated; valid as long as the source. */
const char *config_source_text(const struct config_source *source);

/**
 * @param line      of the whole text, from 1.
 * @param out_line  line within the file.
 * @return the file's name; valid as long as the source.
 * Cost: a binary search over the included pieces.
 */
const char *config_source_find(const struct config_source *source, unsigned line, unsigned *out_line);

/** @return the names of the files, in the order read; valid as long as the source. */
const char *const *config_source_files(const struct config_source *source, size_t *out_n);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/** The server names of a load, with weights: one from the command line, or a file of them. */
#ifndef HANDFAST_LOAD_NAMES_H
#define HANDFAST_LOAD_NAMES_H

#include "bytes.h"
#include "load_error.h"
#include "load_random.h"

/** All zero holds no name. */
struct load_names {
	char *text;     /**< all names, one after the other */
	size_t *begins; /**< n + 1 places in text */
	uint32_t n;
	double *weights;                /**< while reading */
	uint32_t *thresholds, *aliases; /**< how to choose; NULL: all weigh the same */
};

/**
 * One name. @param name  "": connections carry no name.
 * @return false: it is no host name; the error says so. Owner: the caller, load_names_fini(). Threads: any.
 */
bool load_names_set(struct load_names *names, const char *name, struct load_error *error);

/**
 * A file: a line has a name and, if it is not 1, a weight; empty lines and lines that begin with # say nothing.
 * @return false: the error says file, line, what was expected and what was found; there is then nothing to free.
 */
bool load_names_read(struct load_names *names, const char *path, struct load_error *error);

void load_names_fini(struct load_names *names);

/** @return a name's number, each as often as its weight says. Threads: any, with a random of its own. */
uint32_t load_names_pick(const struct load_names *names, struct load_random *random);

/** @return len 0: no name. Owner: names. */
static inline struct bytes load_names_at(const struct load_names *names, uint32_t number)
{
	const size_t begin = names->begins[number];
	return (struct bytes){(const uint8_t *)names->text + begin, names->begins[number + 1] - begin};
}

#endif

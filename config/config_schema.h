/* SPDX-License-Identifier: BSD-3-Clause */
/** The table of config_schema.def as data: which sections and options there are, of what type, and where their values
 * go. */
#ifndef HANDFAST_CONFIG_SCHEMA_H
#define HANDFAST_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

/** What an option holds; "second" is its second member. */
enum config_schema_type {
	CONFIG_SCHEMA_FLAG,       /**< bool */
	CONFIG_SCHEMA_NUMBER,     /**< unsigned */
	CONFIG_SCHEMA_NUMBER16,   /**< uint16_t */
	CONFIG_SCHEMA_ENUM,       /**< a C enum, by name */
	CONFIG_SCHEMA_NAME,       /**< const char *, one of names */
	CONFIG_SCHEMA_TEXT,       /**< const char *, NULL if empty or absent; no control bytes */
	CONFIG_SCHEMA_SECRET,     /**< const char *, NULL if empty or absent; never shown; also as <key>_file */
	CONFIG_SCHEMA_NUMBER_SET, /**< unsigned *, second its count: distinct numbers, at least one */
	CONFIG_SCHEMA_TEXT_LIST,  /**< const char **, second its count */
	CONFIG_SCHEMA_IP_PREFIX,  /**< struct ip_address, second unsigned prefix length */
	CONFIG_SCHEMA_GATEWAY,    /**< struct ip_address, second bool: present */
	CONFIG_SCHEMA_BIND_IP,    /**< struct ip_address, second enum config_bind_ip */
	CONFIG_SCHEMA_HOST,       /**< struct host_name */
};

/** Sections; lower case, because each is the <id> of its struct config_<id>. */
enum config_schema_id {
	CONFIG_SCHEMA_root,
#define CONFIG_SECTION(id, ...) CONFIG_SCHEMA_##id,
#define CONFIG_OPTION(...)
#define CONFIG_OPTION2(...)
#include "config_schema.def"
#undef CONFIG_SECTION
#undef CONFIG_OPTION
#undef CONFIG_OPTION2
	CONFIG_SCHEMA_COUNT,
};

enum config_schema_shape { CONFIG_SCHEMA_GROUP, CONFIG_SCHEMA_LIST };

struct config_schema_section {
	enum config_schema_id id, parent;
	const char *key;
	enum config_schema_shape shape;
	size_t element_bytes; /**< of its struct */
	size_t offset,
		count_offset; /**< in the parent's struct: of the struct (GROUP), or of pointer and count (LIST) */
	size_t min, max;      /**< elements of a LIST */
	const char *help;
};

struct config_schema_option {
	enum config_schema_id section;
	const char *key;
	enum config_schema_type type;
	size_t offset, second_offset;
	const char *unit;
	long long min, max;
	const char *default_text; /**< NULL: the option must be given */
	const char *names;        /**< "a|b|c", or NULL */
	const char *help;
};

/** Longest name in any option's `names`, with its terminating zero. */
#define CONFIG_SCHEMA_NAME_SIZE 32

/** @return all sections in file order, without the root; *out_n of them. Threads: any. */
const struct config_schema_section *config_schema_sections(size_t *out_n);

/** @return all options, section by section; *out_n of them. Threads: any. */
const struct config_schema_option *config_schema_options(size_t *out_n);

/** @return the first of a section's options, which stand together; *out_n of them, 0 for none. Threads: any. */
const struct config_schema_option *config_schema_options_of(enum config_schema_id section, size_t *out_n);

/** @return the section of that key below parent, or NULL. Threads: any. */
const struct config_schema_section *config_schema_find_section(enum config_schema_id parent, const char *key);

/**
 * @param out_is_file  set to true if the key is a SECRET's <key>_file.
 * @return the option of that key, or NULL. Threads: any.
 */
const struct config_schema_option *config_schema_find_option(
	enum config_schema_id section, const char *key, bool *out_is_file);

/**
 * @param key  an option of that section; NULL: the whole section.
 * @return true if a change of it is taken up by a reload, false if it needs a restart. Threads: any.
 */
bool config_schema_is_reloaded(enum config_schema_id section, const char *key);

/** @return the position of a name in "a|b|c", or -1. Threads: any. */
int config_schema_name_index(const char *names, const char *name);

/** @return the known key of that section which is spelt most alike, or NULL if none is near. Threads: any. */
const char *config_schema_nearest_key(enum config_schema_id section, const char *key);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_value.h"
#include "config_file.h"
#include "config_message.h"

#include <stdlib.h>
#include <string.h>

/* C leaves the width of an enum open; ours are written through an int. */
_Static_assert(sizeof(enum config_idle) == sizeof(int), "enums are as wide as int");

/* One value on its way: what to fill, from what, and where it stands. */
struct target {
	struct config_reader *reader;
	const struct config_schema_option *option;
	const config_setting_t *setting;
	const struct config_path *path;
	unsigned char *base;
};

static void put(const struct target *target, const void *value, size_t size)
{
	memcpy(target->base + target->option->offset, value, size);
}

static void put_second(const struct target *target, const void *value, size_t size)
{
	memcpy(target->base + target->option->second_offset, value, size);
}

static bool is_secret(const struct config_schema_option *option)
{
	return option->type == CONFIG_SCHEMA_SECRET;
}

static void mismatch(const struct target *target)
{
	char expected[CONFIG_MESSAGE_SIZE], found[CONFIG_MESSAGE_SIZE];
	struct config_place place = config_reader_place(target->reader, target->setting, target->path);
	config_problems_error(target->reader->problems, &place, "expected %s, found %s",
		config_message_expected(target->option, expected),
		config_message_found(target->setting, is_secret(target->option), found));
}

/* --- scalars ------------------------------------------------------------------------------------------------------ */

static bool whole_number(const config_setting_t *setting, const struct config_schema_option *option, long long *out)
{
	int type = config_setting_type(setting);
	if (type == CONFIG_TYPE_INT)
		*out = config_setting_get_int(setting);
	else if (type == CONFIG_TYPE_INT64)
		*out = config_setting_get_int64(setting);
	else
		return false;
	return *out >= option->min && *out <= option->max;
}

static void put_number(const struct target *target, long long number)
{
	uint16_t narrow = (uint16_t)number;
	unsigned wide = (unsigned)number;
	if (target->option->type == CONFIG_SCHEMA_NUMBER16)
		put(target, &narrow, sizeof(narrow));
	else
		put(target, &wide, sizeof(wide));
}

static bool read_number(const struct target *target)
{
	long long number;
	if (!whole_number(target->setting, target->option, &number))
		return false;
	put_number(target, number);
	return true;
}

static bool read_flag(const struct target *target)
{
	if (config_setting_type(target->setting) != CONFIG_TYPE_BOOL)
		return false;
	bool flag = config_setting_get_bool(target->setting) != 0;
	put(target, &flag, sizeof(flag));
	return true;
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

static bool has_control_octet(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

/* @return false if it does not fit; an empty text of an option that may be absent counts as absent. */
static bool put_text(const struct target *target, const char *text, size_t len)
{
	const struct config_schema_option *option = target->option;
	const char *copy = NULL;
	bool may_be_absent = option->default_text != NULL && option->default_text[0] == '\0';
	if (len == 0 && may_be_absent) {
		put(target, &copy, sizeof(copy));
		return true;
	}
	if ((long long)len < option->min || (long long)len > option->max)
		return false;
	copy = config_arena_text(target->reader->arena, text, len);
	if (copy == NULL)
		target->reader->out_of_memory = true;
	put(target, &copy, sizeof(copy));
	return true;
}

static bool read_text(const struct target *target)
{
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL || has_control_octet(text))
		return false;
	return put_text(target, text, strlen(text));
}

static bool read_secret(const struct target *target)
{
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL)
		return false;
	size_t len = strlen(text);
	bool fits = put_text(target, text, len);
	/* libconfig frees its copy unwiped; this is the one place where we know which of its texts is a secret. */
	explicit_bzero(target->setting->value.sval, len);
	return fits;
}

static bool read_enum(const struct target *target)
{
	const char *text = config_setting_get_string(target->setting);
	int index = text == NULL ? -1 : config_schema_name_index(target->option->names, text);
	if (index < 0)
		return false;
	put(target, &index, sizeof(index));
	return true;
}

static bool read_name(const struct target *target)
{
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL || config_schema_name_index(target->option->names, text) < 0)
		return false;
	if (strcmp(text, target->option->default_text) == 0) {
		put(target, &target->option->default_text, sizeof(text));
		return true;
	}
	const char *copy = config_arena_text(target->reader->arena, text, strlen(text));
	target->reader->out_of_memory |= copy == NULL;
	put(target, &copy, sizeof(copy));
	return true;
}

/* --- addresses and names ------------------------------------------------------------------------------------------ */

static bool read_ip_prefix(const struct target *target)
{
	struct ip_address ip;
	unsigned prefix_len;
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL || ip_address_parse_prefix(text, &ip, &prefix_len) != 0)
		return false;
	put(target, &ip, sizeof(ip));
	put_second(target, &prefix_len, sizeof(prefix_len));
	return true;
}

static bool read_gateway(const struct target *target)
{
	struct ip_address ip = {{0}};
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL || (text[0] != '\0' && ip_address_parse(text, &ip) != 0))
		return false;
	bool present = text[0] != '\0';
	put(target, &ip, sizeof(ip));
	put_second(target, &present, sizeof(present));
	return true;
}

static bool parse_bind_ip(const char *text, struct ip_address *out_ip, enum config_bind_ip *out_kind)
{
	memset(out_ip, 0, sizeof(*out_ip));
	*out_kind = CONFIG_BIND_ANY;
	if (strcmp(text, "*") == 0 || strcmp(text, "0.0.0.0") == 0)
		return true;
	*out_kind = CONFIG_BIND_ANY_V6;
	if (strcmp(text, "[::]") == 0 || strcmp(text, "::") == 0)
		return true;
	*out_kind = CONFIG_BIND_EXACT;
	return ip_address_parse(text, out_ip) == 0;
}

static bool put_bind_ip(const struct target *target, const char *text)
{
	struct ip_address ip;
	enum config_bind_ip kind;
	if (text == NULL || !parse_bind_ip(text, &ip, &kind))
		return false;
	put(target, &ip, sizeof(ip));
	put_second(target, &kind, sizeof(kind));
	return true;
}

static bool read_host(const struct target *target)
{
	struct host_name host;
	memset(&host, 0, sizeof(host));
	const char *text = config_setting_get_string(target->setting);
	if (text == NULL || (text[0] != '\0' && host_name_from_text(text, &host) != HOST_NAME_OK))
		return false;
	put(target, &host, sizeof(host));
	return true;
}

/* --- lists -------------------------------------------------------------------------------------------------------- */

static bool is_list(const config_setting_t *setting)
{
	int type = config_setting_type(setting);
	return type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
}

/* One element does not fit: that one is named, with its own line. */
static void mismatch_element(const struct target *target, size_t index, const char *remark)
{
	char expected[CONFIG_MESSAGE_SIZE], found[CONFIG_MESSAGE_SIZE];
	const config_setting_t *element = config_setting_get_elem(target->setting, (unsigned)index);
	struct config_path path = *target->path;
	path.index = index;
	struct config_place place = config_reader_place(target->reader, element, &path);
	config_problems_error(target->reader->problems, &place, "expected %s, found %s%s",
		config_message_expected(target->option, expected), config_message_found(element, false, found), remark);
}

static bool contains(const unsigned *numbers, size_t n, unsigned number)
{
	for (size_t i = 0; i < n; i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

static bool read_number_set(const struct target *target)
{
	const config_setting_t *setting = target->setting;
	const struct config_schema_option *option = target->option;
	size_t n = is_list(setting) ? (size_t)config_setting_length(setting) : 0;
	if (n == 0 || n > (size_t)(option->max - option->min + 1))
		return false;
	unsigned *numbers = config_arena_alloc(target->reader->arena, n, sizeof(*numbers));
	if (numbers == NULL) {
		target->reader->out_of_memory = true;
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		long long number;
		const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
		bool fits = whole_number(element, option, &number);
		if (!fits || contains(numbers, i, (unsigned)number)) {
			mismatch_element(target, i, fits ? " again" : "");
			return true;
		}
		numbers[i] = (unsigned)number;
	}
	put(target, &numbers, sizeof(numbers));
	put_second(target, &n, sizeof(n));
	return true;
}

static void put_single_number(const struct target *target, long long number)
{
	size_t n = 1;
	unsigned *numbers = config_arena_alloc(target->reader->arena, n, sizeof(*numbers));
	if (numbers == NULL) {
		target->reader->out_of_memory = true;
		return;
	}
	numbers[0] = (unsigned)number;
	put(target, &numbers, sizeof(numbers));
	put_second(target, &n, sizeof(n));
}

static bool read_text_list(const struct target *target)
{
	const config_setting_t *setting = target->setting;
	size_t n = is_list(setting) ? (size_t)config_setting_length(setting) : 0;
	if (!is_list(setting) || n > (size_t)target->option->max)
		return false;
	const char **texts = config_arena_alloc(target->reader->arena, n, sizeof(*texts));
	for (size_t i = 0; i < n && texts != NULL; i++) {
		const char *text = config_setting_get_string_elem(setting, (int)i);
		if (text == NULL || text[0] == '\0' || has_control_octet(text)) {
			mismatch_element(target, i, "");
			return true;
		}
		texts[i] = config_arena_text(target->reader->arena, text, strlen(text));
		target->reader->out_of_memory |= texts[i] == NULL;
	}
	target->reader->out_of_memory |= texts == NULL;
	put(target, &texts, sizeof(texts));
	put_second(target, &n, sizeof(n));
	return true;
}

/* --- by type ------------------------------------------------------------------------------------------------------ */

static bool read_value(const struct target *target)
{
	switch (target->option->type) {
	case CONFIG_SCHEMA_FLAG:
		return read_flag(target);
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
		return read_number(target);
	case CONFIG_SCHEMA_ENUM:
		return read_enum(target);
	case CONFIG_SCHEMA_NAME:
		return read_name(target);
	case CONFIG_SCHEMA_TEXT:
		return read_text(target);
	case CONFIG_SCHEMA_SECRET:
		return read_secret(target);
	case CONFIG_SCHEMA_NUMBER_SET:
		return read_number_set(target);
	case CONFIG_SCHEMA_TEXT_LIST:
		return read_text_list(target);
	case CONFIG_SCHEMA_IP_PREFIX:
		return read_ip_prefix(target);
	case CONFIG_SCHEMA_GATEWAY:
		return read_gateway(target);
	case CONFIG_SCHEMA_BIND_IP:
		return put_bind_ip(target, config_setting_get_string(target->setting));
	case CONFIG_SCHEMA_HOST:
		return read_host(target);
	}
	return false;
}

void config_value_read(struct config_reader *reader, const struct config_schema_option *option,
	config_setting_t *setting, const struct config_path *path, void *base)
{
	struct target target = {reader, option, setting, path, base};
	if (!read_value(&target))
		mismatch(&target);
}

/* The members begin as zeros, so that "none" of most types needs nothing here; tests hold every default to its own
 * bounds. */
void config_value_default(struct config_reader *reader, const struct config_schema_option *option, void *base)
{
	const char *text = option->default_text;
	struct target target = {.reader = reader, .option = option, .base = base};
	if (text == NULL || text[0] == '\0')
		return;
	bool flag = strcmp(text, "true") == 0;
	int index = config_schema_name_index(option->names, text);
	switch (option->type) {
	case CONFIG_SCHEMA_FLAG:
		put(&target, &flag, sizeof(flag));
		break;
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
		put_number(&target, strtoll(text, NULL, 10));
		break;
	case CONFIG_SCHEMA_ENUM:
		put(&target, &index, sizeof(index));
		break;
	case CONFIG_SCHEMA_NAME:
	case CONFIG_SCHEMA_TEXT:
		put(&target, &text, sizeof(text));
		break;
	case CONFIG_SCHEMA_BIND_IP:
		put_bind_ip(&target, text);
		break;
	case CONFIG_SCHEMA_NUMBER_SET:
		put_single_number(&target, strtoll(text, NULL, 10));
		break;
	default:
		break;
	}
}

/* --- secrets in files --------------------------------------------------------------------------------------------- */

static size_t without_newline(const struct config_file *file)
{
	size_t len = file->len;
	if (len > 0 && file->text[len - 1] == '\n')
		len--;
	if (len < file->len && len > 0 && file->text[len - 1] == '\r')
		len--;
	return len;
}

void config_value_read_secret_file(struct config_reader *reader, const struct config_schema_option *option,
	config_setting_t *setting, const struct config_path *path, void *base)
{
	struct target target = {reader, option, setting, path, base};
	struct config_place place = config_reader_place(reader, setting, path);
	const char *name = config_setting_get_string(setting);
	if (name == NULL || name[0] == '\0') {
		char found[CONFIG_MESSAGE_SIZE];
		config_problems_error(reader->problems, &place, "expected the path of a file, found %s",
			config_message_found(setting, false, found));
		return;
	}
	struct config_file file;
	/* Two octets more than the secret may have: the newline. */
	int result = config_file_read(name, (size_t)option->max + 2, &file);
	if (result != 0) {
		config_problems_error(reader->problems, &place,
			"expected a readable file of at most %lld octets, found \"%s\": %s", option->max, name,
			strerror(-result));
		return;
	}
	size_t len = without_newline(&file);
	if (memchr(file.text, '\0', len) != NULL || !put_text(&target, file.text, len))
		config_problems_error(reader->problems, &place,
			"expected text of %lld to %lld octets in \"%s\", found something else", option->min,
			option->max, name);
	config_file_release(&file);
}

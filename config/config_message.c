/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_message.h"

#include <stdio.h>
#include <string.h>

static const char *list_names(const char *names, char text[CONFIG_MESSAGE_SIZE])
{
	size_t used = 0;
	while (names != NULL && used < CONFIG_MESSAGE_SIZE) {
		size_t len = strcspn(names, "|");
		bool is_last = names[len] == '\0';
		const char *glue = used == 0 ? "" : is_last ? " or " : ", ";
		int written = snprintf(text + used, CONFIG_MESSAGE_SIZE - used, "%s\"%.*s\"", glue, (int)len, names);
		used += written > 0 ? (size_t)written : 0;
		names = is_last ? NULL : names + len + 1;
	}
	return text;
}

static const char *fixed_phrase(enum config_schema_type type)
{
	switch (type) {
	case CONFIG_SCHEMA_FLAG:
		return "true or false";
	case CONFIG_SCHEMA_IP_PREFIX:
		return "an IP address with its prefix length";
	case CONFIG_SCHEMA_GATEWAY:
		return "an IP address";
	case CONFIG_SCHEMA_BIND_IP:
		return "\"*\", \"[::]\" or an IP address";
	case CONFIG_SCHEMA_HOST:
		return "a host name";
	default:
		return NULL;
	}
}

const char *config_message_expected(const struct config_schema_option *option, char text[CONFIG_MESSAGE_SIZE])
{
	long long min = option->min, max = option->max;
	switch (option->type) {
	case CONFIG_SCHEMA_ENUM:
	case CONFIG_SCHEMA_NAME:
		return list_names(option->names, text);
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_NUMBER16:
		snprintf(text, CONFIG_MESSAGE_SIZE, "a whole number from %lld to %lld", min, max);
		return text;
	case CONFIG_SCHEMA_TEXT:
		snprintf(text, CONFIG_MESSAGE_SIZE, "a text of %lld to %lld octets without control characters", min,
			max);
		return text;
	case CONFIG_SCHEMA_SECRET:
		snprintf(text, CONFIG_MESSAGE_SIZE, "a text of %lld to %lld octets", min, max);
		return text;
	case CONFIG_SCHEMA_NUMBER_SET:
		snprintf(text, CONFIG_MESSAGE_SIZE, "a list of distinct whole numbers from %lld to %lld", min, max);
		return text;
	case CONFIG_SCHEMA_TEXT_LIST:
		snprintf(text, CONFIG_MESSAGE_SIZE, "a list of %lld to %lld texts", min, max);
		return text;
	default:
		return fixed_phrase(option->type);
	}
}

static const char *type_phrase(int type)
{
	switch (type) {
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	case CONFIG_TYPE_LIST:
		return "a list ( )";
	case CONFIG_TYPE_STRING:
		return "another text";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	default:
		return "a whole number";
	}
}

const char *config_message_found(const config_setting_t *setting, bool secret, char text[CONFIG_MESSAGE_SIZE])
{
	int type = config_setting_type(setting);
	if (secret)
		return type_phrase(type);
	if (type == CONFIG_TYPE_INT)
		snprintf(text, CONFIG_MESSAGE_SIZE, "%d", config_setting_get_int(setting));
	else if (type == CONFIG_TYPE_INT64)
		snprintf(text, CONFIG_MESSAGE_SIZE, "%lld", config_setting_get_int64(setting));
	else if (type == CONFIG_TYPE_BOOL)
		snprintf(text, CONFIG_MESSAGE_SIZE, "%s", config_setting_get_bool(setting) ? "true" : "false");
	else if (type == CONFIG_TYPE_STRING)
		snprintf(text, CONFIG_MESSAGE_SIZE, "\"%.80s\"", config_setting_get_string(setting));
	else
		return type_phrase(type);
	return text;
}

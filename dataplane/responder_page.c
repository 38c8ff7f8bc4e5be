/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder_page.h"

#include <stdlib.h>
#include <string.h>

/* The strings of a page, for copying: one row per member. */
static const size_t text_offsets[] = {
	offsetof(struct responder_page, server_name),
	offsetof(struct responder_page, tier_name),
	offsetof(struct responder_page, file),
	offsetof(struct responder_page, subject),
	offsetof(struct responder_page, version),
	offsetof(struct responder_page, cipher),
	offsetof(struct responder_page, group),
	offsetof(struct responder_page, protocol),
	offsetof(struct responder_page, client),
	offsetof(struct responder_page, local),
};

#define N_TEXTS (sizeof(text_offsets) / sizeof(text_offsets[0]))

static const char *text_at(const struct responder_page *page, size_t index)
{
	const char *text;
	memcpy(&text, (const char *)page + text_offsets[index], sizeof(text));
	return text == NULL ? "" : text;
}

struct responder_page *responder_page_copy(const struct responder_page *page)
{
	size_t size = sizeof(*page);
	for (size_t i = 0; i < N_TEXTS; i++)
		size += strlen(text_at(page, i)) + 1;
	struct responder_page *copy = malloc(size);
	if (copy == NULL)
		return NULL;
	*copy = *page;
	char *end = (char *)(copy + 1);
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *start = end;
		end = stpcpy(end, text_at(page, i)) + 1;
		memcpy((char *)copy + text_offsets[i], &start, sizeof(start));
	}
	return copy;
}

/* --- escaping ----------------------------------------------------------------------------------------------------- */

/* @return octets of the well-formed UTF-8 sequence (RFC 3629 section 4) that text begins with; 0 if it does not. */
static size_t utf8_length(const uint8_t *text)
{
	uint8_t first = text[0], second = text[0] == '\0' ? 0 : text[1];
	if (first < 0x80)
		return 1;
	size_t len = first >= 0xc2 && first <= 0xdf   ? 2
		     : (first & 0xf0) == 0xe0         ? 3
		     : first >= 0xf0 && first <= 0xf4 ? 4
						      : 0;
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
		(first == 0xf4 && second > 0x8f))
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* A file's name or a certificate's subject may hold what a terminal would obey. C1 controls are U+0080 to U+009F. */
static bool is_control(const uint8_t *text)
{
	return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
}

static void write_plain(struct responder_buffer *out, const char *text)
{
	for (const uint8_t *at = (const uint8_t *)text; *at != '\0';) {
		size_t len = utf8_length(at);
		if (len == 0 || is_control(at)) {
			responder_buffer_text(out, "\\x%02x", *at);
			at++;
			continue;
		}
		responder_buffer_append(out, (struct bytes){at, len});
		at += len;
	}
}

/* RFC 8259 section 7; an octet that is no UTF-8 becomes U+FFFD. */
static void write_json(struct responder_buffer *out, const char *text)
{
	responder_buffer_text(out, "\"");
	for (const uint8_t *at = (const uint8_t *)text; *at != '\0';) {
		size_t len = utf8_length(at);
		if (len == 0)
			responder_buffer_text(out, "\\ufffd");
		else if (*at < 0x20 || *at == 0x7f)
			responder_buffer_text(out, "\\u%04x", *at);
		else if (*at == '"' || *at == '\\')
			responder_buffer_text(out, "\\%c", *at);
		else
			responder_buffer_append(out, (struct bytes){at, len});
		at += len == 0 ? 1 : len;
	}
	responder_buffer_text(out, "\"");
}

/* --- the pages ---------------------------------------------------------------------------------------------------- */

static void plain_line(struct responder_buffer *out, const char *name, const char *value)
{
	responder_buffer_text(out, "%-13s", name);
	write_plain(out, value[0] == '\0' ? "(none)" : value);
	responder_buffer_text(out, "\n");
}

static void write_plain_page(const struct responder_page *page, struct responder_buffer *out)
{
	responder_buffer_text(out, "Handfast\n\n");
	plain_line(out, "server name:", page->server_name);
	responder_buffer_text(out, "%-13s%u (", "tier:", page->tier);
	write_plain(out, page->tier_name);
	responder_buffer_text(out, ")\n");
	plain_line(out, "file:", page->file);
	plain_line(out, "certificate:", page->subject);
	plain_line(out, "version:", page->version);
	plain_line(out, "cipher:", page->cipher);
	plain_line(out, "group:", page->group);
	plain_line(out, "protocol:", page->protocol);
	plain_line(out, "client:", page->client);
	plain_line(out, "local:", page->local);
}

static void json_member(struct responder_buffer *out, const char *name, const char *value)
{
	responder_buffer_text(out, ", \"%s\": ", name);
	write_json(out, value);
}

static void write_json_page(const struct responder_page *page, struct responder_buffer *out)
{
	responder_buffer_text(out, "{\"server_name\": ");
	write_json(out, page->server_name);
	responder_buffer_text(out, ", \"tier\": %u", page->tier);
	json_member(out, "tier_name", page->tier_name);
	json_member(out, "file", page->file);
	json_member(out, "certificate", page->subject);
	json_member(out, "version", page->version);
	json_member(out, "cipher", page->cipher);
	json_member(out, "group", page->group);
	json_member(out, "protocol", page->protocol);
	json_member(out, "client", page->client);
	json_member(out, "local", page->local);
	responder_buffer_text(out, "}\n");
}

/* --- decision ----------------------------------------------------------------------------------------------------- */

static bool equals(struct bytes view, const char *text)
{
	return view.len == strlen(text) && memcmp(view.data, text, view.len) == 0;
}

bool responder_page_is_head(struct bytes method)
{
	return equals(method, "HEAD");
}

static struct bytes without_query(struct bytes path)
{
	const uint8_t *query = path.len == 0 ? NULL : memchr(path.data, '?', path.len);
	return query == NULL ? path : (struct bytes){path.data, (size_t)(query - path.data)};
}

struct responder_page_answer responder_page_write(const struct responder_page *page,
	const struct responder_page_request *request, struct responder_buffer *out_body)
{
	static const char plain[] = "text/plain; charset=utf-8";
	struct bytes path = without_query(request->path);
	if (!equals(request->method, "GET") && !responder_page_is_head(request->method)) {
		responder_buffer_text(out_body, "405 Method Not Allowed\n");
		return (struct responder_page_answer){405, plain, "GET, HEAD"};
	}
	if (equals(path, "/")) {
		write_plain_page(page, out_body);
		return (struct responder_page_answer){200, plain, NULL};
	}
	if (equals(path, "/json")) {
		write_json_page(page, out_body);
		return (struct responder_page_answer){200, "application/json", NULL};
	}
	responder_buffer_text(out_body, "404 Not Found\n");
	return (struct responder_page_answer){404, plain, NULL};
}

const char *responder_page_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {400, "Bad Request"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{413, "Content Too Large"}, {417, "Expectation Failed"}, {431, "Request Header Fields Too Large"},
		{501, "Not Implemented"}, {505, "HTTP Version Not Supported"}};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

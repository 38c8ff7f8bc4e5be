/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder_http1_head.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 section 5.6.2: tchar. */
static bool is_token_octet(uint8_t octet)
{
	if ((octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9'))
		return true;
	return octet != '\0' && strchr("!#$%&'*+-.^_`|~", octet) != NULL;
}

static bool is_token(struct bytes view)
{
	for (size_t i = 0; i < view.len; i++) {
		if (!is_token_octet(view.data[i]))
			return false;
	}
	return view.len > 0;
}

static bool equals_ignoring_case(struct bytes view, const char *text)
{
	return view.len == strlen(text) && strncasecmp((const char *)view.data, text, view.len) == 0;
}

static bool begins_ignoring_case(struct bytes view, const char *text)
{
	return view.len >= strlen(text) && strncasecmp((const char *)view.data, text, strlen(text)) == 0;
}

/* @return what is before the separator, with *rest set to what follows; all, and *rest empty, if there is none. */
static struct bytes take_until(struct bytes *rest, uint8_t separator)
{
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
	struct bytes taken = {rest->data, len};
	size_t skipped = end == NULL ? len : len + 1;
	*rest = (struct bytes){rest->data + skipped, rest->len - skipped};
	return taken;
}

static struct bytes trim_blanks(struct bytes view)
{
	while (view.len > 0 && (view.data[0] == ' ' || view.data[0] == '\t'))
		view = (struct bytes){view.data + 1, view.len - 1};
	while (view.len > 0 && (view.data[view.len - 1] == ' ' || view.data[view.len - 1] == '\t'))
		view.len--;
	return view;
}

/* --- request line (RFC 9112 section 3) ---------------------------------------------------------------------------- */

static bool is_visible(struct bytes view)
{
	for (size_t i = 0; i < view.len; i++) {
		if (view.data[i] <= 0x20 || view.data[i] >= 0x7f)
			return false;
	}
	return view.len > 0;
}

/* "http://host/path" gives "/path"; a server must take the absolute form (RFC 9112 section 3.2.2). */
static bool find_path(struct bytes target, struct bytes *out)
{
	static const uint8_t slash[] = "/";
	size_t scheme = begins_ignoring_case(target, "https://") ? 8 : begins_ignoring_case(target, "http://") ? 7 : 0;
	if (target.data[0] == '/' || (target.len == 1 && target.data[0] == '*')) {
		*out = target;
		return true;
	}
	if (scheme == 0 || target.len == scheme)
		return false;
	const uint8_t *path = memchr(target.data + scheme, '/', target.len - scheme);
	if (path == target.data + scheme)
		return false;
	*out = path == NULL ? (struct bytes){slash, 1}
			    : (struct bytes){path, target.len - (size_t)(path - target.data)};
	return true;
}

static bool is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static unsigned parse_version(struct bytes version, struct responder_http1_head *out)
{
	if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0 || !is_digit(version.data[5]) ||
		version.data[6] != '.' || !is_digit(version.data[7]))
		return 400;
	if (version.data[5] != '1')
		return 505;
	/* A higher minor version is answered as 1.1 (RFC 9110 section 2.5). */
	out->minor = version.data[7] == '0' ? 0 : 1;
	return 0;
}

static unsigned parse_request_line(struct bytes line, struct responder_http1_head *out)
{
	out->method = take_until(&line, ' ');
	struct bytes target = take_until(&line, ' ');
	if (!is_token(out->method) || !is_visible(target) || !find_path(target, &out->path))
		return 400;
	return parse_version(line, out);
}

/* --- header fields (RFC 9112 section 5) --------------------------------------------------------------------------- */

static unsigned parse_length(struct bytes value, struct responder_http1_head *out)
{
	uint64_t length = 0;
	/* 18 digits cannot overflow; a list of equal lengths (RFC 9110 section 8.6) is refused like any other list. */
	if (value.len == 0 || value.len > 18)
		return 400;
	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.data[i]))
			return 400;
		length = length * 10 + (uint64_t)(value.data[i] - '0');
	}
	if (out->has_length)
		return 400;
	out->has_length = true;
	out->length = length;
	return 0;
}

static unsigned parse_transfer_encoding(struct bytes value, struct responder_http1_head *out)
{
	if (out->is_chunked)
		return 400;
	if (!equals_ignoring_case(value, "chunked"))
		return 501;
	out->is_chunked = true;
	return 0;
}

static unsigned parse_host(struct bytes value, struct responder_http1_head *out)
{
	if (out->has_host || (value.len > 0 && !is_visible(value)))
		return 400;
	out->has_host = true;
	return 0;
}

static unsigned parse_connection(struct bytes value, struct responder_http1_head *out)
{
	while (value.len > 0) {
		struct bytes option = trim_blanks(take_until(&value, ','));
		if (option.len > 0 && !is_token(option))
			return 400;
		out->close |= equals_ignoring_case(option, "close");
		out->keep_alive |= equals_ignoring_case(option, "keep-alive");
	}
	return 0;
}

static unsigned parse_expect(struct bytes value, struct responder_http1_head *out)
{
	out->has_expect = true;
	return equals_ignoring_case(value, "100-continue") ? 0 : 417;
}

static bool is_field_value(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		if ((value.data[i] < 0x20 && value.data[i] != '\t') || value.data[i] == 0x7f)
			return false;
	}
	return true;
}

static unsigned parse_field(struct bytes line, struct responder_http1_head *out)
{
	static const struct {
		const char *name;
		unsigned (*parse)(struct bytes value, struct responder_http1_head *out);
	} fields[] = {{"Host", parse_host}, {"Content-Length", parse_length},
		{"Transfer-Encoding", parse_transfer_encoding}, {"Connection", parse_connection},
		{"Expect", parse_expect}};
	/* A blank before the colon or at the line's start (obs-fold) makes the name no token: refused
	 * (sections 5.1, 5.2). */
	const uint8_t *colon = memchr(line.data, ':', line.len);
	if (colon == NULL)
		return 400;
	struct bytes name = take_until(&line, ':'), value = trim_blanks(line);
	if (!is_token(name) || !is_field_value(value))
		return 400;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (equals_ignoring_case(name, fields[i].name))
			return fields[i].parse(value, out);
	}
	return 0;
}

/* What the fields must be to each other. */
static unsigned check_framing(const struct responder_http1_head *head)
{
	if (head->minor >= 1 && !head->has_host)
		return 400; /* RFC 9112 section 3.2 */
	if (head->is_chunked && (head->has_length || head->minor == 0))
		return 400; /* section 6.1: two lengths are an attack, and HTTP/1.0 has no chunks */
	return 0;
}

/* The caller's lines end CRLF and hold no other CR or LF. */
static struct bytes take_line(struct bytes *rest)
{
	struct bytes line = take_until(rest, '\n');
	if (line.len > 0)
		line.len--;
	return line;
}

unsigned responder_http1_head_parse(struct bytes text, struct responder_http1_head *out)
{
	memset(out, 0, sizeof(*out));
	unsigned status = parse_request_line(take_line(&text), out);
	while (status == 0 && text.len > 0)
		status = parse_field(take_line(&text), out);
	return status != 0 ? status : check_framing(out);
}

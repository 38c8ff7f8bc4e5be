/* SPDX-License-Identifier: BSD-3-Clause */
#include "host_name.h"
#include "ip_address.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1035 section 2.3.4. */
#define LABEL_MAX_LEN 63

/* A character outside this set is refused. '_' is none of a host name's (RFC 952), yet such names are served. */
static int normalise_octet(uint8_t octet)
{
	if (octet >= 'A' && octet <= 'Z')
		return octet - 'A' + 'a';
	if ((octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' || octet == '_' ||
		octet == '.')
		return octet;
	return -1;
}

static bool is_v4_literal(const char *text)
{
	uint8_t octets[4];
	return inet_pton(AF_INET, text, octets) == 1;
}

/* "2001:db8::1", with or without brackets. ':' is in no host name, so only names with one come here. */
static bool is_v6_literal(const uint8_t *name, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t octets[16];
	if (len >= 2 && name[0] == '[' && name[len - 1] == ']') {
		name++;
		len -= 2;
	}
	if (len >= sizeof(text) || memchr(name, ':', len) == NULL || memchr(name, '\0', len) != NULL)
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, octets) == 1;
}

enum host_name_result host_name_from_sni(const uint8_t *name, size_t len, struct host_name *out)
{
	if (len > 0 && is_v6_literal(name, len))
		return HOST_NAME_IP_LITERAL;
	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > HOST_NAME_MAX_LEN)
		return HOST_NAME_INVALID;

	struct host_name result;
	memset(&result, 0, sizeof(result));
	size_t label_len = 0;
	for (size_t i = 0; i < len; i++) {
		int octet = normalise_octet(name[i]);
		if (octet < 0 || (octet == '.' && label_len == 0))
			return HOST_NAME_INVALID;
		label_len = octet == '.' ? 0 : label_len + 1;
		if (label_len > LABEL_MAX_LEN)
			return HOST_NAME_INVALID;
		result.text[i] = (char)octet;
	}
	if (label_len == 0)
		return HOST_NAME_INVALID;
	if (is_v4_literal(result.text))
		return HOST_NAME_IP_LITERAL;
	result.len = (uint8_t)len;
	*out = result;
	return HOST_NAME_OK;
}

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((uint8_t)text[i] >= 0x80)
			return false;
	}
	return true;
}

/*
 * One label to its A-label. Labels go to libidn2 one by one and only when they are not ASCII: IDNA 2008 is strict about
 * what a label may be, and names such as "_dmarc" or "a--b" beside a Unicode label are in use and must not be refused.
 */
static bool append_label(const char *label, size_t len, char *out, size_t out_size)
{
	char input[4 * LABEL_MAX_LEN + 1];
	size_t used = strlen(out);
	if (is_ascii(label, len)) {
		if (used + len >= out_size)
			return false;
		memcpy(out + used, label, len);
		out[used + len] = '\0';
		return true;
	}
	if (len >= sizeof(input))
		return false;
	memcpy(input, label, len);
	input[len] = '\0';

	uint8_t *a_label = NULL;
	/* Non-transitional: upper case is mapped to lower case, and "ß" stays itself (UTS #46 section 4). */
	if (idn2_lookup_u8((const uint8_t *)input, &a_label, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	size_t a_len = strlen((char *)a_label);
	bool fits = used + a_len < out_size;
	if (fits)
		memcpy(out + used, a_label, a_len + 1);
	idn2_free(a_label);
	return fits;
}

static bool to_a_labels(const char *text, char *out, size_t out_size)
{
	out[0] = '\0';
	for (;;) {
		size_t len = strcspn(text, ".");
		if (!append_label(text, len, out, out_size))
			return false;
		if (text[len] == '\0')
			return true;
		if (!append_label(".", 1, out, out_size))
			return false;
		text += len + 1;
	}
}

enum host_name_result host_name_from_text(const char *text, struct host_name *out)
{
	bool wildcard = strncmp(text, "*.", 2) == 0;
	const char *rest = wildcard ? text + 2 : text;
	char ascii[HOST_NAME_MAX_LEN + 2]; /* one octet more: the trailing dot */
	struct host_name result;

	if (!to_a_labels(rest, ascii, sizeof(ascii)))
		return HOST_NAME_INVALID;
	enum host_name_result outcome = host_name_from_sni((const uint8_t *)ascii, strlen(ascii), &result);
	if (outcome != HOST_NAME_OK || !wildcard) {
		if (outcome == HOST_NAME_OK)
			*out = result;
		return outcome;
	}
	if (result.len + 2 > HOST_NAME_MAX_LEN)
		return HOST_NAME_INVALID;
	memset(out, 0, sizeof(*out));
	memcpy(out->text, "*.", 2);
	memcpy(out->text + 2, result.text, result.len);
	out->len = (uint8_t)(result.len + 2);
	return HOST_NAME_OK;
}

bool host_name_wildcard_of(const struct host_name *name, struct host_name *out)
{
	const char *dot = memchr(name->text, '.', name->len);
	if (dot == NULL || name->text[0] == '*')
		return false;
	/* From the dot on, so that a one-octet label grows by nothing and the name can never become too long. */
	struct host_name result;
	size_t rest_len = name->len - (size_t)(dot - name->text);
	memset(&result, 0, sizeof(result));
	result.text[0] = '*';
	memcpy(result.text + 1, dot, rest_len);
	result.len = (uint8_t)(rest_len + 1);
	*out = result;
	return true;
}

bool host_name_equal(const struct host_name *a, const struct host_name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

static int parse_v4(const char *text, struct ip_address *out)
{
	uint8_t octets[4];
	if (inet_pton(AF_INET, text, octets) != 1)
		return -EINVAL;
	*out = ip_address_from_v4(octets);
	return 0;
}

/* "::ffff:192.0.2.1" is refused: it would be held like the IPv4 address it is not (RFC 4291 section 2.5.5.2). */
static int parse_v6(const char *text, struct ip_address *out)
{
	struct ip_address address;
	if (inet_pton(AF_INET6, text, address.octets) != 1 || ip_address_is_v4(&address))
		return -EINVAL;
	*out = address;
	return 0;
}

static int parse_bracketed(const char *text, struct ip_address *out)
{
	char inner[IP_ADDRESS_TEXT_SIZE];
	size_t len = strlen(text);
	if (len < 2 || text[len - 1] != ']' || len - 2 >= sizeof(inner))
		return -EINVAL;
	memcpy(inner, text + 1, len - 2);
	inner[len - 2] = '\0';
	return parse_v6(inner, out);
}

int ip_address_parse(const char *text, struct ip_address *out)
{
	if (text[0] == '[')
		return parse_bracketed(text, out);
	return strchr(text, ':') != NULL ? parse_v6(text, out) : parse_v4(text, out);
}

/* Decimal digits only, no sign, no leading zero: what strtoul() would let pass is refused. */
static int parse_length(const char *text, unsigned max, unsigned *out)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return -EINVAL;
	unsigned value = 0;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (value > max)
		return -EINVAL;
	*out = value;
	return 0;
}

int ip_address_parse_prefix(const char *text, struct ip_address *out, unsigned *out_prefix_len)
{
	char address_text[IP_ADDRESS_TEXT_SIZE + 2];
	const char *slash = strchr(text, '/');
	if (slash == NULL || (size_t)(slash - text) >= sizeof(address_text))
		return -EINVAL;
	memcpy(address_text, text, (size_t)(slash - text));
	address_text[slash - text] = '\0';

	struct ip_address address;
	unsigned prefix_len;
	if (ip_address_parse(address_text, &address) != 0 ||
		parse_length(slash + 1, ip_address_is_v4(&address) ? 32 : 128, &prefix_len) != 0)
		return -EINVAL;
	*out = address;
	*out_prefix_len = prefix_len;
	return 0;
}

const char *ip_address_format(const struct ip_address *address, char text[IP_ADDRESS_TEXT_SIZE])
{
	if (ip_address_is_v4(address))
		inet_ntop(AF_INET, &address->octets[12], text, IP_ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, address->octets, text, IP_ADDRESS_TEXT_SIZE);
	return text;
}

bool ip_address_same_prefix(const struct ip_address *a, const struct ip_address *b, unsigned prefix_len)
{
	if (ip_address_is_v4(a) != ip_address_is_v4(b))
		return false;
	unsigned bits = ip_address_is_v4(a) ? 96 + prefix_len : prefix_len;
	if (memcmp(a->octets, b->octets, bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	uint8_t mask = (uint8_t)(0xff00u >> (bits % 8));
	return ((a->octets[bits / 8] ^ b->octets[bits / 8]) & mask) == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/** IP addresses of both families in one shape: IPv4 is held as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
#ifndef HANDFAST_IP_ADDRESS_H
#define HANDFAST_IP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** 16 octets in wire order. All zero is "any" (written "*" or "[::]"; the text decides the family). */
struct ip_address {
	uint8_t octets[16];
};

/** Longest text of an address with its terminating zero: INET6_ADDRSTRLEN. */
#define IP_ADDRESS_TEXT_SIZE 46

/** @return true for ::ffff:a.b.c.d. */
static inline bool ip_address_is_v4(const struct ip_address *address)
{
	static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	return memcmp(address->octets, prefix, sizeof(prefix)) == 0;
}

/** @return the address for four octets in wire order. */
static inline struct ip_address ip_address_from_v4(const uint8_t octets[4])
{
	struct ip_address address = {.octets = {[10] = 0xff, [11] = 0xff}};
	memcpy(&address.octets[12], octets, 4);
	return address;
}

static inline bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/**
 * Read "192.0.2.1", "2001:db8::1" or "[2001:db8::1]".
 *
 * @return 0, or -EINVAL if the text is none of these; *out is then unchanged.
 * Threads: any.
 */
int ip_address_parse(const char *text, struct ip_address *out);

/**
 * Read an address with a prefix length, "192.0.2.1/24" or "2001:db8::1/64".
 *
 * @param out_prefix_len  bits counted in the address's own family: 0 to 32 or 0 to 128.
 * @return 0, or -EINVAL; outputs are then unchanged.
 * Threads: any.
 */
int ip_address_parse_prefix(const char *text, struct ip_address *out, unsigned *out_prefix_len);

/**
 * Write the address as text (RFC 5952 for IPv6, without brackets).
 *
 * @param text  IP_ADDRESS_TEXT_SIZE bytes.
 * @return text, for use in a call to printf.
 * Threads: any.
 */
const char *ip_address_format(const struct ip_address *address, char text[IP_ADDRESS_TEXT_SIZE]);

/** @return true if both addresses are of one family and agree in the first prefix_len bits (of that family). */
bool ip_address_same_prefix(const struct ip_address *a, const struct ip_address *b, unsigned prefix_len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Reading a view from its front, in the presentation language of RFC 8446 section 3. Each function checks that the
 * octets are there, then moves the view past them; on false the view may have moved past a length, and *out is not to
 * be read.
 */
#ifndef HANDFAST_BYTES_TAKE_H
#define HANDFAST_BYTES_TAKE_H

#include "bytes.h"

#include <stdbool.h>

/** Take len octets. */
static inline bool bytes_take(struct bytes *from, size_t len, struct bytes *out)
{
	if (from->len < len)
		return false;
	*out = (struct bytes){from->data, len};
	if (len != 0)
		from->data += len;
	from->len -= len;
	return true;
}

/** uint8 */
static inline bool bytes_take_number8(struct bytes *from, uint8_t *out)
{
	struct bytes octets;
	if (!bytes_take(from, 1, &octets))
		return false;
	*out = octets.data[0];
	return true;
}

/** uint16, in wire order */
static inline bool bytes_take_number16(struct bytes *from, uint16_t *out)
{
	struct bytes octets;
	if (!bytes_take(from, 2, &octets))
		return false;
	*out = (uint16_t)(octets.data[0] << 8 | octets.data[1]);
	return true;
}

/** opaque<0..2^8-1> */
static inline bool bytes_take_vector8(struct bytes *from, struct bytes *out)
{
	uint8_t len;
	return bytes_take_number8(from, &len) && bytes_take(from, len, out);
}

/** opaque<0..2^16-1> */
static inline bool bytes_take_vector16(struct bytes *from, struct bytes *out)
{
	uint16_t len;
	return bytes_take_number16(from, &len) && bytes_take(from, len, out);
}

#endif

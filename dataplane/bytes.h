/* SPDX-License-Identifier: BSD-3-Clause */
/** A view of bytes that somebody else owns: what every parser takes and returns. */
#ifndef HANDFAST_BYTES_H
#define HANDFAST_BYTES_H

#include <stddef.h>
#include <stdint.h>

/** Never owned, never freed; valid as long as the memory behind it, which the function that returns one names. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/** SipHash (Aumasson and Bernstein, 2012): the keyed hash of every table whose keys a peer chooses. */
#ifndef HANDFAST_SIPHASH_H
#define HANDFAST_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/**
 * SipHash-2-4: as strong as its authors ask for, also where the result itself leaves the machine (SYN cookies).
 *
 * @param key  16 octets, random and kept secret.
 * @return the 64-bit tag, as the reference's octets read little-endian.
 * Threads: any. Cost: about 1.5 cycles per octet.
 */
uint64_t siphash(const void *data, size_t len, const uint8_t key[16]);

/**
 * SipHash-1-3: for tables alone, where nobody outside sees the result, only whether a slot is crowded. Its authors
 * offer it for that; Rust's and Python's dictionaries use it. Threads: any. Cost: about 60 % of siphash().
 */
uint64_t siphash_13(const void *data, size_t len, const uint8_t key[16]);

#endif

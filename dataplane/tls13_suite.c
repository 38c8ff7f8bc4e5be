/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_suite.h"

#include <string.h>

/* AES-GCM: 2^24.5 full records keep the attacker's advantage at 2^-57; 2^24 is below it. ChaCha20-Poly1305's bound is
 * beyond the sequence number. */
static const struct tls13_suite suites[TLS13_SUITE_COUNT] = {
	{0x1301, TLS_HASH_SHA256, TLS_AEAD_AES_128_GCM, 24, "TLS_AES_128_GCM_SHA256"},
	{0x1302, TLS_HASH_SHA384, TLS_AEAD_AES_256_GCM, 24, "TLS_AES_256_GCM_SHA384"},
	{0x1303, TLS_HASH_SHA256, TLS_AEAD_CHACHA20_POLY1305, 64, "TLS_CHACHA20_POLY1305_SHA256"},
};

const struct tls13_suite *tls13_suite_find(uint16_t id)
{
	for (unsigned i = 0; i < TLS13_SUITE_COUNT; i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

const struct tls13_suite *tls13_suite_by_name(const char *name)
{
	for (unsigned i = 0; i < TLS13_SUITE_COUNT; i++)
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

const struct tls13_suite *tls13_suite_at(unsigned index)
{
	return &suites[index];
}

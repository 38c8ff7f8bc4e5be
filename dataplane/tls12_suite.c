/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_suite.h"

#include <string.h>

static const struct tls12_suite suites[TLS12_SUITE_COUNT] = {
	{0xc02b, TLS_HASH_SHA256, TLS_AEAD_AES_128_GCM, true, "ECDHE-ECDSA-AES128-GCM-SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
	{0xc02f, TLS_HASH_SHA256, TLS_AEAD_AES_128_GCM, false, "ECDHE-RSA-AES128-GCM-SHA256",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
	{0xc02c, TLS_HASH_SHA384, TLS_AEAD_AES_256_GCM, true, "ECDHE-ECDSA-AES256-GCM-SHA384",
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
	{0xc030, TLS_HASH_SHA384, TLS_AEAD_AES_256_GCM, false, "ECDHE-RSA-AES256-GCM-SHA384",
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
	{0xcca9, TLS_HASH_SHA256, TLS_AEAD_CHACHA20_POLY1305, true, "ECDHE-ECDSA-CHACHA20-POLY1305",
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
	{0xcca8, TLS_HASH_SHA256, TLS_AEAD_CHACHA20_POLY1305, false, "ECDHE-RSA-CHACHA20-POLY1305",
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
};

const struct tls12_suite *tls12_suite_find(uint16_t id)
{
	for (unsigned i = 0; i < TLS12_SUITE_COUNT; i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

const struct tls12_suite *tls12_suite_by_name(const char *name)
{
	for (unsigned i = 0; i < TLS12_SUITE_COUNT; i++)
		if (strcmp(suites[i].name, name) == 0 || strcmp(suites[i].iana, name) == 0)
			return &suites[i];
	return NULL;
}

const struct tls12_suite *tls12_suite_at(unsigned index)
{
	return &suites[index];
}

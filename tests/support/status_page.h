/* SPDX-License-Identifier: BSD-3-Clause */
/** What the responder's tests have it say. */
#ifndef HANDFAST_STATUS_PAGE_H
#define HANDFAST_STATUS_PAGE_H

#include "responder.h"

#include <string.h>

static const struct responder_page page = {
	.server_name = "www.example.com",
	.tier = 3,
	.tier_name = "store",
	.file = "_.example.com.pfx",
	.subject = "CN=*.example.com",
	.version = "TLSv1.3",
	.cipher = "TLS_AES_256_GCM_SHA384",
	.group = "X25519",
	.protocol = "http/1.1",
	.client = "192.0.2.1:4711",
	.local = "[2001:db8::10]:443",
};

static inline struct bytes view(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

#endif

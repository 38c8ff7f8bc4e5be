/* SPDX-License-Identifier: BSD-3-Clause */
#include "bulk.h"

#include "tcp_net.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_TEXT_BYTES (2 * EVP_MAX_MD_SIZE + 1)

static EVP_MD_CTX *create_digest(void)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	if (digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1)
		return digest;
	EVP_MD_CTX_free(digest);
	return NULL;
}

bool bulk_init(struct bulk *bulk, uint64_t to_send, uint64_t seed)
{
	memset(bulk, 0, sizeof(*bulk));
	bulk->to_send = to_send;
	bulk->random = seed;
	bulk->sent_digest = create_digest();
	bulk->received_digest = create_digest();
	return bulk->sent_digest != NULL && bulk->received_digest != NULL;
}

void bulk_fini(struct bulk *bulk)
{
	EVP_MD_CTX_free(bulk->sent_digest);
	EVP_MD_CTX_free(bulk->received_digest);
}

static void fill_chunk(struct bulk *bulk)
{
	uint64_t left = bulk->to_send - bulk->sent;
	bulk->chunk_at = 0;
	bulk->chunk_len = left < BULK_CHUNK_BYTES ? (size_t)left : BULK_CHUNK_BYTES;
	for (size_t i = 0; i < bulk->chunk_len; i += sizeof(uint64_t)) {
		uint64_t word = tcp_net_random(&bulk->random);
		memcpy(bulk->chunk + i, &word, sizeof(word)); /* the chunk's size is a multiple of a word's */
	}
	EVP_DigestUpdate(bulk->sent_digest, bulk->chunk, bulk->chunk_len);
}

struct bytes bulk_next(struct bulk *bulk)
{
	if (bulk->chunk_at == bulk->chunk_len && bulk->sent < bulk->to_send)
		fill_chunk(bulk);
	return (struct bytes){bulk->chunk + bulk->chunk_at, bulk->chunk_len - bulk->chunk_at};
}

void bulk_sent(struct bulk *bulk, size_t n)
{
	bulk->chunk_at += n;
	bulk->sent += n;
}

void bulk_received(struct bulk *bulk, struct bytes data)
{
	bulk->received += data.len;
	EVP_DigestUpdate(bulk->received_digest, data.data, data.len);
}

static const char *finish_digest(EVP_MD_CTX *digest, char text[DIGEST_TEXT_BYTES])
{
	uint8_t octets[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_DigestFinal_ex(digest, octets, &len);
	text[0] = '\0';
	for (unsigned i = 0; i < len; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", octets[i]);
	return text;
}

void bulk_report(struct bulk *bulk, const char *name, const char *outcome)
{
	char received[DIGEST_TEXT_BYTES], sent[DIGEST_TEXT_BYTES];
	printf("%s %s received %" PRIu64 " %s sent %" PRIu64 " %s seconds %.6f\n", name, outcome, bulk->received,
		finish_digest(bulk->received_digest, received), bulk->sent, finish_digest(bulk->sent_digest, sent),
		(double)(bulk->end_us - bulk->begin_us) / 1e6);
	fflush(stdout);
}

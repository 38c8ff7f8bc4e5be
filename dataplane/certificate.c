/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate.h"
#include "certificate_chain.h"
#include "certificate_message.h"
#include "secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One allocation: this, then the pointers to the names, then leaves' DER, then texts. Keys and chains lie elsewhere. */
struct stored {
	struct certificate certificate; /* first: a certificate's address is its allocation's */
	struct certificate_chains *chains;
	size_t bytes;
	const char *names[];
};

static_assert(offsetof(struct stored, certificate) == 0, "cast between the two");

static const struct stored *stored_of(const struct certificate *certificate)
{
	return (const struct stored *)(const void *)certificate;
}

const char *certificate_fault_text(enum certificate_fault fault)
{
	static const char *const texts[CERTIFICATE_FAULTS] = {
		[CERTIFICATE_FAULT_NONE] = "no fault",
		[CERTIFICATE_FAULT_UNREADABLE] = "unreadable",
		[CERTIFICATE_FAULT_TOO_LARGE] = "too large",
		[CERTIFICATE_FAULT_MALFORMED] = "malformed",
		[CERTIFICATE_FAULT_WRONG_PASSWORD] = "wrong password",
		[CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM] = "unsupported algorithm",
		[CERTIFICATE_FAULT_TOO_MANY_ITERATIONS] = "too many iterations",
		[CERTIFICATE_FAULT_NO_KEY] = "no key",
		[CERTIFICATE_FAULT_KEY_MISMATCH] = "key does not match",
		[CERTIFICATE_FAULT_NO_CERTIFICATE] = "no certificate",
		[CERTIFICATE_FAULT_UNSUPPORTED_KEY] = "unsupported key type",
		[CERTIFICATE_FAULT_EXPIRED] = "expired",
		[CERTIFICATE_FAULT_NAME_MISMATCH] = "name does not match the file's",
		[CERTIFICATE_FAULT_LOADER_DIED] = "loader died",
	};
	return (unsigned)fault < CERTIFICATE_FAULTS ? texts[fault] : "unknown fault";
}

const char *certificate_key_text(enum certificate_key key)
{
	static const char *const texts[] = {
		[CERTIFICATE_KEY_RSA] = "RSA",
		[CERTIFICATE_KEY_EC_P256] = "ECDSA P-256",
		[CERTIFICATE_KEY_EC_P384] = "ECDSA P-384",
		[CERTIFICATE_KEY_ED25519] = "Ed25519",
	};
	return (unsigned)key < sizeof(texts) / sizeof(texts[0]) ? texts[key] : "unknown key type";
}

uint8_t *certificate_encode(
	const struct certificate *certificate, const struct bytes chain_der[CERTIFICATE_MAX_LEAVES], size_t *out_len)
{
	return certificate_message_write(certificate, chain_der, out_len);
}

void certificate_note_use(const struct certificate *certificate, uint32_t now_s)
{
	/* Only to those who must not change the rest it is const. Relaxed: the number stands for itself. */
	_Atomic uint32_t *used_s = &((struct certificate *)(uintptr_t)certificate)->used_s;
	if (atomic_load_explicit(used_s, memory_order_relaxed) != now_s)
		atomic_store_explicit(used_s, now_s, memory_order_relaxed);
}

uint32_t certificate_used_s(const struct certificate *certificate)
{
	return atomic_load_explicit(&certificate->used_s, memory_order_relaxed);
}

static size_t stored_bytes(const struct certificate_message *message)
{
	size_t bytes = sizeof(struct stored) + message->n_names * sizeof(char *);
	for (uint32_t i = 0; i < message->n_leaves; i++)
		bytes += message->leaves[i].leaf_der.len;
	bytes += message->file.len + message->subject.len + message->issuer.len + 3;
	bytes += message->names_text_len + message->n_names;
	/* aligned_alloc() wants a multiple of the alignment. */
	return (bytes + CERTIFICATE_ALIGNMENT - 1) & ~(size_t)(CERTIFICATE_ALIGNMENT - 1);
}

/* Copy octets to *at and move it on. */
static const uint8_t *append(uint8_t **at, struct bytes from)
{
	uint8_t *to = *at;
	if (from.len > 0)
		memcpy(to, from.data, from.len);
	*at += from.len;
	return to;
}

static const char *append_text(uint8_t **at, struct bytes from)
{
	const char *text = (const char *)append(at, from);
	*(*at)++ = '\0';
	return text;
}

/* What needs no further allocation: everything but keys and chains. */
static void fill(struct stored *stored, const struct certificate_message *message)
{
	struct certificate *certificate = &stored->certificate;
	uint8_t *at = (uint8_t *)(stored->names + message->n_names);
	certificate->warnings = message->warnings;
	certificate->not_before = message->not_before;
	certificate->not_after = message->not_after;
	for (uint32_t i = 0; i < message->n_leaves; i++) {
		struct bytes der = message->leaves[i].leaf_der;
		certificate->leaves[i].key_type = message->leaves[i].key_type;
		certificate->leaves[i].leaf_der = (struct bytes){append(&at, der), der.len};
	}
	certificate->file = append_text(&at, message->file);
	certificate->subject = append_text(&at, message->subject);
	certificate->issuer = append_text(&at, message->issuer);
	struct bytes names = message->names;
	for (size_t i = 0; i < message->n_names; i++)
		stored->names[i] = append_text(&at, certificate_message_next_name(&names));
	certificate->names = stored->names;
	certificate->n_names = message->n_names;
	assert(at <= (uint8_t *)stored + stored->bytes);
}

static int fill_leaf_secrets(struct stored *stored, const struct certificate_message_leaf *from)
{
	struct certificate_leaf *leaf = &stored->certificate.leaves[stored->certificate.n_leaves];
	uint8_t *key = secret_alloc(certificate_chain_secrets(stored->chains), from->key_der.len);
	if (key == NULL)
		return -ENOMEM;
	memcpy(key, from->key_der.data, from->key_der.len);
	leaf->key_der = (struct bytes){key, from->key_der.len};
	stored->certificate.n_leaves++; /* from here on certificate_destroy() frees what the leaf has */
	return certificate_chain_intern(stored->chains, from->chain_der, &leaf->chain);
}

int certificate_decode(struct bytes message, struct certificate_chains *chains, struct certificate **out_certificate)
{
	*out_certificate = NULL;
	struct certificate_message parsed;
	if (!certificate_message_parse(message, &parsed))
		return -EBADMSG;

	size_t bytes = stored_bytes(&parsed);
	struct stored *stored = aligned_alloc(CERTIFICATE_ALIGNMENT, bytes);
	if (stored == NULL)
		return -ENOMEM;
	memset(stored, 0, sizeof(*stored));
	stored->chains = chains;
	stored->bytes = bytes;
	stored->certificate.generation = certificate_chain_next_generation(chains);
	fill(stored, &parsed);
	for (uint32_t i = 0; i < parsed.n_leaves; i++) {
		int error = fill_leaf_secrets(stored, &parsed.leaves[i]);
		if (error != 0) {
			certificate_destroy(&stored->certificate);
			return error;
		}
	}
	*out_certificate = &stored->certificate;
	return 0;
}

void certificate_destroy(struct certificate *certificate)
{
	if (certificate == NULL)
		return;
	struct certificate_chains *chains = stored_of(certificate)->chains;
	for (uint32_t i = 0; i < certificate->n_leaves; i++) {
		struct certificate_leaf *leaf = &certificate->leaves[i];
		/* The arena gave it as writable memory; a certificate shows it to readers as const. */
		secret_free(
			certificate_chain_secrets(chains), (uint8_t *)(uintptr_t)leaf->key_der.data, leaf->key_der.len);
		certificate_chain_release(chains, leaf->chain);
	}
	free(certificate);
}

size_t certificate_memory_bytes(const struct certificate *certificate)
{
	size_t bytes = stored_of(certificate)->bytes;
	for (uint32_t i = 0; i < certificate->n_leaves; i++)
		bytes += certificate->leaves[i].key_der.len;
	return bytes;
}

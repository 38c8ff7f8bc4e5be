/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The flat message from a loader process to control, as views. Little-endian, no padding:
 *
 *   u32 magic; u32 n_leaves; u32 warnings; i64 not_before; i64 not_after; text file; text subject; text issuer;
 *   u32 n_names; text name × n_names;  (u32 key_type; der leaf; der key; der chain) × n_leaves
 *
 * where text and der are a u32 length and that many octets. Nothing may follow. For certificate.c alone.
 */
#ifndef HANDFAST_CERTIFICATE_MESSAGE_H
#define HANDFAST_CERTIFICATE_MESSAGE_H

#include "certificate.h"

struct certificate_message_leaf {
	enum certificate_key key_type;
	struct bytes leaf_der, key_der, chain_der;
};

struct certificate_message {
	uint32_t n_leaves; /**< 1 to CERTIFICATE_MAX_LEAVES */
	uint32_t warnings;
	int64_t not_before, not_after;
	struct bytes file, subject, issuer;
	uint32_t n_names;
	struct bytes names;    /**< n_names texts, each checked: walk with certificate_message_next_name() */
	size_t names_text_len; /**< octets of all names together, lengths not counted */
	struct certificate_message_leaf leaves[CERTIFICATE_MAX_LEAVES];
};

/** certificate_encode(), which see. */
uint8_t *certificate_message_write(
	const struct certificate *certificate, const struct bytes *chain_der, size_t *out_len);

/**
 * Check a message from an untrusted sender.
 * @return true and *out, whose views point into message; false if anything is malformed or out of bounds.
 */
bool certificate_message_parse(struct bytes message, struct certificate_message *out);

/** Take the next name from the front of message->names. Only as often as there are names. */
struct bytes certificate_message_next_name(struct bytes *names);

#endif

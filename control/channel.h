/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Framed messages between the control thread and its helper processes, over a stream socket: a 32-bit length, then that
 * many bytes. The control thread's end never blocks; a helper's end always does. What has been consumed is wiped:
 * messages hold passwords and private keys.
 */
#ifndef HANDFAST_CHANNEL_H
#define HANDFAST_CHANNEL_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest message: a certificate message of two leaves with their chains (CERTIFICATE_MAX_MESSAGE_BYTES) and its head.
 */
#define CHANNEL_MESSAGE_MAX_BYTES ((size_t)5 << 20)

/** The control thread's end. */
struct channel {
	int fd;
	uint8_t *in; /**< received, not yet taken: in[in_start, in_len) */
	size_t in_start, in_len, in_capacity;
	uint8_t *out; /**< queued, not yet sent: out[out_start, out_len) */
	size_t out_start, out_len, out_capacity;
};

/** Take over a connected stream socket and make it non-blocking. Owner: the channel closes it in channel_fini(). */
void channel_init(struct channel *channel, int fd);

/** Close and wipe. The channel may be initialised again. */
void channel_fini(struct channel *channel);

/** Queue one message of two parts (either may be empty). @return 0, -EMSGSIZE or -ENOMEM: nothing is queued then. */
int channel_queue(struct channel *channel, struct bytes head, struct bytes body);

/** @return the poll(2) events that channel_step() waits for. */
short channel_events(const struct channel *channel);

/** Send and receive what is possible now. @return 0, or -errno: the peer is gone (-EPIPE) or talks nonsense (-EPROTO).
 */
int channel_step(struct channel *channel);

/** Take the next complete message. @return true and *out, a view valid until the next call on this channel. */
bool channel_next(struct channel *channel, struct bytes *out);

/** Helper's end: receive one message, waiting. @return 0 and its length, -EPIPE when the peer has closed, or -EMSGSIZE.
 */
int channel_receive(int fd, uint8_t *message, size_t capacity, size_t *out_len);

/** Helper's end: send one message of two parts, waiting. @return 0 or -errno. */
int channel_send(int fd, struct bytes head, struct bytes body);

#endif

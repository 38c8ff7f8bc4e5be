/* SPDX-License-Identifier: BSD-3-Clause */
/** What our lean clients of TLS 1.2 (tls12_client.h) and TLS 1.3 (tls13_client.h) tell their user in the same words. */
#ifndef HANDFAST_TLS_CLIENT_H
#define HANDFAST_TLS_CLIENT_H

#include <stdint.h>

enum tls_client_result {
	TLS_CLIENT_WANT_INPUT, /**< all was taken */
	TLS_CLIENT_DATA,       /**< plaintext is there; feed the rest after taking it */
	TLS_CLIENT_CLOSED,     /**< the peer sent close_notify */
	TLS_CLIENT_FAILED,     /**< there is a fault; an alert may wait in the output */
};

enum tls_client_cause {
	TLS_CLIENT_NO_FAULT,
	TLS_CLIENT_PEER_ALERT,      /**< the server sent a fatal alert */
	TLS_CLIENT_PROTOCOL,        /**< the server broke the protocol; the alert is ours */
	TLS_CLIENT_BAD_CERTIFICATE, /**< see tls_verify.h */
	TLS_CLIENT_UNTRUSTED,       /**< judge_chain() said so */
	TLS_CLIENT_BAD_SIGNATURE,
	TLS_CLIENT_WRONG_NAME,
	TLS_CLIENT_NO_MEMORY,
};

struct tls_client_fault {
	enum tls_client_cause cause;
	uint8_t alert; /**< sent or received */
};

#endif

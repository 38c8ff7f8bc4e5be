/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Every reason for which we refuse a ClientHello that libssl hands to its client_hello callback, each with the sentence
 * of an RFC behind it and a check of its own that does not use our parser.
 */
#ifndef HANDFAST_HELLO_REASONS_H
#define HANDFAST_HELLO_REASONS_H

#include "clienthello.h"
#include "openssl_hello.h"

struct hello_reason {
	const char *text;
	enum clienthello_fault fault;
	uint8_t alert;
	/** @param message  joined by hello_bytes_from_records(); len 0 where that failed. */
	bool (*holds)(const struct openssl_hello *theirs, struct bytes stream, struct bytes message);
};

/** @return the first reason that has this fault and alert and holds, or NULL: a difference that nothing excuses. */
const struct hello_reason *hello_reasons_find(enum clienthello_fault fault, uint8_t alert,
	const struct openssl_hello *theirs, struct bytes stream, struct bytes message);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_ticket.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>

bool tls13_ticket_take(struct tls13_ticket *ticket, const struct tls13_suite *suite,
	const struct tls13_keys_secret *resumption_master, const struct tls13_message_ticket *message, uint64_t now_ms)
{
	tls13_ticket_fini(ticket);
	if (message->ticket.len > TLS13_TICKET_MAX_BYTES)
		return false;
	uint8_t *octets = malloc(message->ticket.len);
	if (!octets)
		return false;
	memcpy(octets, message->ticket.data, message->ticket.len);
	*ticket = (struct tls13_ticket){.suite = suite,
		.ticket = octets,
		.len = message->ticket.len,
		.lifetime_s = message->lifetime_s,
		.age_add = message->age_add,
		.received_ms = now_ms};
	tls13_keys_ticket(suite->hash, resumption_master, message->nonce, &ticket->psk);
	return true;
}

void tls13_ticket_fini(struct tls13_ticket *ticket)
{
	free(ticket->ticket);
	secret_wipe(ticket, sizeof(*ticket));
}

bool tls13_ticket_is_fresh(const struct tls13_ticket *ticket, uint64_t now_ms)
{
	return ticket->suite && now_ms - ticket->received_ms < (uint64_t)ticket->lifetime_s * 1000;
}

uint32_t tls13_ticket_obfuscated_age(const struct tls13_ticket *ticket, uint64_t now_ms)
{
	return (uint32_t)(now_ms - ticket->received_ms) + ticket->age_add; /* modulo 2^32, by the RFC */
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_session.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>

bool tls12_session_set_ticket(struct tls12_session *session, struct bytes ticket)
{
	free(session->ticket);
	session->ticket = ticket.len > TLS12_SESSION_TICKET_MAX_BYTES ? NULL : malloc(ticket.len);
	session->ticket_len = session->ticket ? ticket.len : 0;
	if (session->ticket)
		memcpy(session->ticket, ticket.data, ticket.len);
	return session->ticket != NULL;
}

void tls12_session_fini(struct tls12_session *session)
{
	free(session->ticket);
	secret_wipe(session, sizeof(*session));
}

bool tls12_session_is_fresh(const struct tls12_session *session, uint64_t now_ms)
{
	const uint64_t lifetime_s = session->lifetime_s > 0 ? session->lifetime_s : TLS12_SESSION_LIFETIME_S;
	return session->suite && now_ms - session->received_ms < lifetime_s * 1000;
}

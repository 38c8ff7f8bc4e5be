/* SPDX-License-Identifier: BSD-3-Clause */
#include "ticket_keys.h"

#include "log.h"
#include "secret.h"

#include <stdbool.h>
#include <sys/random.h>

/* Without random numbers the old key stays: tried again so much later. */
#define RETRY_MS 1000

static bool draw(uint8_t random[TLS_TICKETS_KEY_BYTES])
{
	return getrandom(random, TLS_TICKETS_KEY_BYTES, 0) == (ssize_t)TLS_TICKETS_KEY_BYTES;
}

struct tls_tickets *ticket_keys_create(void)
{
	uint8_t random[TLS_TICKETS_KEY_BYTES];
	struct tls_tickets *tickets = draw(random) ? tls_tickets_create(random) : NULL;
	secret_wipe(random, sizeof(random));
	return tickets;
}

void ticket_keys_step(struct ticket_keys *keys, unsigned lifetime_s, uint64_t now_ms)
{
	uint8_t random[TLS_TICKETS_KEY_BYTES];
	const uint64_t period_ms = (uint64_t)lifetime_s * 1000;
	if (now_ms - keys->made_ms < period_ms)
		return;
	if (!draw(random)) {
		log_event(CONFIG_LOG_ERROR, "no random numbers for a ticket key, the old one stays");
		keys->made_ms = now_ms + RETRY_MS - period_ms;
		return;
	}
	tls_tickets_rotate_writer(keys->tickets, random);
	secret_wipe(random, sizeof(random));
	cert_table_writer_synchronize(keys->table);
	tls_tickets_wipe_writer(keys->tickets);
	keys->made_ms = now_ms;
	keys->rotations++;
	log_event(CONFIG_LOG_DEBUG, "ticket key replaced", "rotations", LOG_NUMBER(keys->rotations));
}

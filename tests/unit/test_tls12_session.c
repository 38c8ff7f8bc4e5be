/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_session.h"
#include "unit.h"

#include <string.h>

static void a_ticket_is_copied_and_replaced(void)
{
	struct tls12_session session = {.suite = tls12_suite_at(0)};
	uint8_t octets[4] = {1, 2, 3, 4};
	CU_ASSERT(tls12_session_set_ticket(&session, (struct bytes){octets, 4}));
	octets[0] = 9;
	CU_ASSERT(session.ticket_len == 4 && session.ticket[0] == 1);
	CU_ASSERT(tls12_session_set_ticket(&session, (struct bytes){octets, 2}));
	CU_ASSERT(session.ticket_len == 2 && session.ticket[0] == 9);
	tls12_session_fini(&session);
	CU_ASSERT_PTR_NULL(session.suite);
	CU_ASSERT_PTR_NULL(session.ticket);
}

static void a_ticket_that_is_too_long_is_none(void)
{
	static uint8_t octets[TLS12_SESSION_TICKET_MAX_BYTES + 1];
	struct tls12_session session = {.suite = tls12_suite_at(0)};
	CU_ASSERT_FALSE(tls12_session_set_ticket(&session, (struct bytes){octets, sizeof(octets)}));
	CU_ASSERT(session.ticket == NULL && session.ticket_len == 0);
	CU_ASSERT(tls12_session_set_ticket(&session, (struct bytes){octets, sizeof(octets) - 1}));
	tls12_session_fini(&session);
}

static void a_session_ages(void)
{
	struct tls12_session session = {.suite = tls12_suite_at(0), .lifetime_s = 10, .received_ms = 5000};
	CU_ASSERT(tls12_session_is_fresh(&session, 14999));
	CU_ASSERT_FALSE(tls12_session_is_fresh(&session, 15000));
	session.lifetime_s = 0; /* the server has not said */
	CU_ASSERT(tls12_session_is_fresh(&session, 5000 + UINT64_C(86399999)));
	CU_ASSERT_FALSE(tls12_session_is_fresh(&session, 5000 + UINT64_C(86400000)));
	tls12_session_fini(&session);
	CU_ASSERT_FALSE(tls12_session_is_fresh(&session, 5000));
}

int main(void)
{
	CU_TestInfo tests[] = {{"a ticket is copied, and replaced", a_ticket_is_copied_and_replaced},
		{"a ticket that is too long is none", a_ticket_that_is_too_long_is_none},
		{"a session ages", a_session_ages}, CU_TEST_INFO_NULL};
	return unit_run("tls12_session", tests);
}

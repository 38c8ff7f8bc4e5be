/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_tickets.h"
#include "unit.h"

#include <string.h>

static const uint8_t *random_of(uint8_t octet)
{
	static uint8_t random[TLS_TICKETS_KEY_BYTES];
	memset(random, octet, sizeof(random));
	return random;
}

static void test_first_key_seals_and_opens(void)
{
	struct tls_tickets *tickets = tls_tickets_create(random_of(1));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tickets);
	const struct tls_tickets_set *set = tls_tickets_get(tickets);
	CU_ASSERT_EQUAL(memcmp(&set->current, random_of(1), TLS_TICKETS_KEY_BYTES), 0);
	CU_ASSERT_PTR_EQUAL(tls_tickets_find(set, random_of(1)), &set->current);
	CU_ASSERT_PTR_NULL(tls_tickets_find(set, random_of(2)));
	CU_ASSERT_PTR_NULL(tls_tickets_find(set, random_of(0))); /* no key is the key of zeroes */
	tls_tickets_destroy(tickets);
	tls_tickets_destroy(NULL);
}

static void test_one_key_before_the_current_opens(void)
{
	struct tls_tickets *tickets = tls_tickets_create(random_of(1));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tickets);
	for (uint8_t i = 2; i < 9; i++) {
		tls_tickets_rotate_writer(tickets, random_of(i));
		const struct tls_tickets_set *set = tls_tickets_get(tickets);
		CU_ASSERT_EQUAL(memcmp(&set->current, random_of(i), TLS_TICKETS_KEY_BYTES), 0);
		CU_ASSERT_EQUAL(memcmp(&set->previous, random_of((uint8_t)(i - 1)), TLS_TICKETS_KEY_BYTES), 0);
		CU_ASSERT_PTR_EQUAL(tls_tickets_find(set, random_of(i)), &set->current);
		CU_ASSERT_PTR_EQUAL(tls_tickets_find(set, random_of((uint8_t)(i - 1))), &set->previous);
		CU_ASSERT_PTR_NULL(tls_tickets_find(set, random_of((uint8_t)(i - 2))));
		tls_tickets_wipe_writer(tickets);
	}
	tls_tickets_destroy(tickets);
}

/* A reader that got its set before the rotation may go on with it until it comes to rest; then nothing is left of it.
 */
static void test_old_set_stands_until_it_is_wiped(void)
{
	static const struct tls_tickets_set nothing;
	struct tls_tickets *tickets = tls_tickets_create(random_of(7));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tickets);
	const struct tls_tickets_set *old = tls_tickets_get(tickets);
	tls_tickets_rotate_writer(tickets, random_of(8));
	CU_ASSERT_PTR_NOT_EQUAL(tls_tickets_get(tickets), old);
	CU_ASSERT_EQUAL(memcmp(&old->current, random_of(7), TLS_TICKETS_KEY_BYTES), 0);
	tls_tickets_wipe_writer(tickets);
	CU_ASSERT_EQUAL(memcmp(old, &nothing, sizeof(nothing)), 0);
	CU_ASSERT_EQUAL(memcmp(&tls_tickets_get(tickets)->previous, random_of(7), TLS_TICKETS_KEY_BYTES), 0);
	tls_tickets_destroy(tickets);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"the first key seals and opens", test_first_key_seals_and_opens},
		{"the current key and the one before it open, an older one does not",
			test_one_key_before_the_current_opens},
		{"a set stands until it is wiped", test_old_set_stands_until_it_is_wiped},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls_tickets", tests);
}

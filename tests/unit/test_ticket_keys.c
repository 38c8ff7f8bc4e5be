/* SPDX-License-Identifier: BSD-3-Clause */
#include "ticket_keys.h"
#include "eal.h"
#include "unit.h"

#include <string.h>

static struct cert_table *table;

static struct ticket_keys begin(uint64_t now_ms)
{
	struct ticket_keys keys = {.tickets = ticket_keys_create(), .table = table, .made_ms = now_ms};
	CU_ASSERT_PTR_NOT_NULL_FATAL(keys.tickets);
	return keys;
}

static void test_keys_are_random(void)
{
	struct ticket_keys a = begin(0), b = begin(0);
	const struct tls_tickets_key *one = &tls_tickets_get(a.tickets)->current;
	const struct tls_tickets_key *other = &tls_tickets_get(b.tickets)->current;
	CU_ASSERT_NOT_EQUAL(memcmp(one->name, other->name, sizeof(one->name)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(one->cipher, other->cipher, sizeof(one->cipher)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(one->mac, other->mac, sizeof(one->mac)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(one->cipher, one->mac, sizeof(one->mac)), 0);
	tls_tickets_destroy(a.tickets);
	tls_tickets_destroy(b.tickets);
}

static void test_replaced_when_it_is_time(void)
{
	struct ticket_keys keys = begin(5000);
	const struct tls_tickets_key first = tls_tickets_get(keys.tickets)->current;
	ticket_keys_step(&keys, 60, 5000);
	ticket_keys_step(&keys, 60, 64999);
	CU_ASSERT_EQUAL(keys.rotations, 0);
	ticket_keys_step(&keys, 60, 65000);
	CU_ASSERT_EQUAL(keys.rotations, 1);
	const struct tls_tickets_set *set = tls_tickets_get(keys.tickets);
	CU_ASSERT_PTR_EQUAL(tls_tickets_find(set, first.name), &set->previous);
	CU_ASSERT_NOT_EQUAL(memcmp(set->current.cipher, first.cipher, sizeof(first.cipher)), 0);
	ticket_keys_step(&keys, 60, 124999);
	CU_ASSERT_EQUAL(keys.rotations, 1);
	ticket_keys_step(&keys, 60, 125000);
	CU_ASSERT_EQUAL(keys.rotations, 2);
	CU_ASSERT_PTR_NULL(tls_tickets_find(tls_tickets_get(keys.tickets), first.name));
	tls_tickets_destroy(keys.tickets);
}

/* After a reload the new lifetime counts, from when the key was made. */
static void test_another_lifetime(void)
{
	struct ticket_keys keys = begin(0);
	ticket_keys_step(&keys, 7200, 100000);
	CU_ASSERT_EQUAL(keys.rotations, 0);
	ticket_keys_step(&keys, 60, 100000);
	CU_ASSERT_EQUAL(keys.rotations, 1);
	ticket_keys_step(&keys, 7200, 100000 + 7199999);
	CU_ASSERT_EQUAL(keys.rotations, 1);
	tls_tickets_destroy(keys.tickets);
}

int main(void)
{
	static const uint8_t key[16] = {1};
	if (!eal_start(64, "0"))
		return 1;
	table = cert_table_writer_create(4, 1, key);
	if (table == NULL)
		return 1;
	CU_TestInfo tests[] = {
		{"keys are random", test_keys_are_random},
		{"a key is replaced when it is time", test_replaced_when_it_is_time},
		{"another lifetime", test_another_lifetime},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("ticket_keys", tests);
	cert_table_writer_destroy(table);
	return result;
}

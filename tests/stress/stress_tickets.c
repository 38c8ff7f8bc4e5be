/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ticket keys under rotation: readers take the set in force, seal with its current key and open by its name, while the
 * writer replaces it as control does, with a grace period before the old one is wiped. Built with ThreadSanitizer (make
 * stress-tsan). Argument: seconds to run.
 *
 * Each key is one octet all through, so that a key that is wiped or changed while it is read is seen.
 */
#include "cert_table_writer.h"
#include "eal.h"
#include "tls_tickets.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_READERS     3
#define USES_PER_POLL 16

struct reader {
	pthread_t thread;
	unsigned number;
	uint64_t uses, torn;
};

static struct cert_table *table;
static struct tls_tickets *tickets;
static atomic_bool stop;

/* @return false if octets of two keys are in it, or none. */
static bool is_whole(const struct tls_tickets_key *key)
{
	uint8_t octets[TLS_TICKETS_KEY_BYTES];
	memcpy(octets, key, sizeof(octets));
	return octets[0] != 0 && memcmp(octets, octets + 1, sizeof(octets) - 1) == 0;
}

static void use(struct reader *reader)
{
	const struct tls_tickets_set *set = tls_tickets_get(tickets);
	uint8_t name[TLS_TICKETS_NAME_BYTES];
	memcpy(name, set->current.name, sizeof(name));
	const struct tls_tickets_key *found = tls_tickets_find(set, name);
	reader->torn +=
		found == NULL || !is_whole(&set->current) || !is_whole(&set->previous) || found->mac[0] != name[0];
	reader->uses++;
}

static void *read_all_the_time(void *argument)
{
	struct reader *reader = argument;
	cert_table_register_reader(table, reader->number);
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		for (unsigned i = 0; i < USES_PER_POLL; i++)
			use(reader);
		cert_table_quiescent(table, reader->number);
	}
	cert_table_unregister_reader(table, reader->number);
	return NULL;
}

static uint64_t rotate_for(long seconds)
{
	uint8_t random[TLS_TICKETS_KEY_BYTES];
	struct timespec now, end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	uint64_t rotations = 0;
	do {
		memset(random, 2 + (int)(rotations++ % 250), sizeof(random));
		tls_tickets_rotate_writer(tickets, random);
		cert_table_writer_synchronize(table);
		tls_tickets_wipe_writer(tickets);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return rotations;
}

int main(int argc, char **argv)
{
	static const uint8_t key[16] = {1};
	uint8_t first[TLS_TICKETS_KEY_BYTES];
	struct reader readers[N_READERS] = {0};
	memset(first, 1, sizeof(first));
	if (!eal_start(64, "0") || (table = cert_table_writer_create(0, N_READERS, key)) == NULL ||
		(tickets = tls_tickets_create(first)) == NULL)
		return 2;
	for (unsigned i = 0; i < N_READERS; i++) {
		readers[i].number = i;
		if (pthread_create(&readers[i].thread, NULL, read_all_the_time, &readers[i]) != 0)
			return 2;
	}
	uint64_t rotations = rotate_for(argc > 1 ? atol(argv[1]) : 2), uses = 0, torn = 0;
	atomic_store(&stop, true);
	for (unsigned i = 0; i < N_READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		uses += readers[i].uses;
		torn += readers[i].torn;
	}
	tls_tickets_destroy(tickets);
	cert_table_writer_destroy(table);
	printf("stress_tickets: %lu uses, %lu rotations; %lu torn\n", uses, rotations, torn);
	return torn == 0 && rotations > 0 && uses > 0 ? 0 : 1;
}

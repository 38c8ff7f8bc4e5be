/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The certificate table under load: readers look up and claim while the writer publishes, breaks, unloads, removes and
 * makes the index grow. Built with ThreadSanitizer (make stress-tsan). Argument: seconds to run.
 *
 * One name in sixteen is a wildcard, which covers the fifteen names before it and is gone now and then like any other,
 * so that exact names and wildcards give way to each other all the time.
 *
 * Checked at each look-up: the key found is the name asked for or the wildcard that covers it; a certificate is the one
 * of that key, whole, not freed. At the end: no name was claimed more often than it could be, and everything was
 * reclaimed.
 */
#include "cert_table_writer.h"
#include "eal.h"
#include "made_certificate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_READERS        3
#define N_NAMES          3008 /* a first index takes 1,024: it grows twice, again and again */
#define LOOKUPS_PER_POLL 16
#define PER_WILDCARD     16 /* the last of so many names in a row is the wildcard of the others */

struct reader {
	pthread_t thread;
	unsigned number;
	uint64_t lookups, hits, by_wildcard, torn;
};

static struct cert_table *table;
static atomic_bool stop;
static atomic_uint claimable[N_NAMES], claimed[N_NAMES];

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static bool is_wildcard(uint32_t number)
{
	return number % PER_WILDCARD == PER_WILDCARD - 1;
}

static uint32_t wildcard_of(uint32_t number)
{
	return number | (PER_WILDCARD - 1);
}

/* "host-17.g1.example"; the last of its group: "*.g1.example". */
static struct host_name numbered(uint32_t number)
{
	struct host_name name;
	uint32_t group = number / PER_WILDCARD;
	int len = is_wildcard(number) ? snprintf(name.text, sizeof(name.text), "*.g%u.example", group)
				      : snprintf(name.text, sizeof(name.text), "host-%u.g%u.example", number, group);
	name.len = (uint8_t)len;
	return name;
}

static bool is_whole(const struct cert_table_result *result, const struct host_name *key)
{
	if (result->state == CERT_TABLE_MISS)
		return result->key.len == 0;
	if (!host_name_equal(&result->key, key))
		return false;
	if (result->state != CERT_TABLE_READY)
		return result->certificate == NULL && (result->state == CERT_TABLE_BROKEN) == (result->fault != 0);
	const struct certificate *certificate = result->certificate;
	return strcmp(certificate->file, key->text) == 0 && certificate->n_leaves == 1 &&
	       certificate->leaves[0].key_der.data[136] == 2 &&
	       certificate_chain_get(certificate->leaves[0].chain, 1).data[101] == 4;
}

static void look_up(struct reader *reader, uint32_t number)
{
	struct host_name name = numbered(number);
	struct cert_table_result result;
	cert_table_lookup(table, reader->number, &name, false, &result);
	uint32_t found = result.wildcard ? wildcard_of(number) : number;
	struct host_name key = numbered(found);
	reader->lookups++;
	reader->hits += result.state == CERT_TABLE_READY;
	reader->by_wildcard += result.state == CERT_TABLE_READY && result.wildcard;
	/* A wildcard stands in for names, not for itself; nor for one that could be loaded. */
	reader->torn += !is_whole(&result, &key) || (result.wildcard && is_wildcard(number));
	if (result.state == CERT_TABLE_INDEXED && cert_table_claim_load(table, reader->number, &key))
		atomic_fetch_add_explicit(&claimed[found], 1, memory_order_relaxed);
}

static void *read_all_the_time(void *argument)
{
	struct reader *reader = argument;
	uint32_t state = reader->number + 1;
	cert_table_register_reader(table, reader->number);
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		for (unsigned i = 0; i < LOOKUPS_PER_POLL; i++)
			look_up(reader, next_random(&state) % N_NAMES);
		cert_table_quiescent(table, reader->number);
	}
	cert_table_unregister_reader(table, reader->number);
	return NULL;
}

static void change(struct certificate_chains *chains, uint32_t number, uint32_t what)
{
	struct host_name name = numbered(number);
	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		if (cert_table_writer_publish(table, &name, made_certificate(chains, name.text)) != 0)
			abort();
		break;
	case 3:
		(void)cert_table_writer_break(table, &name, CERTIFICATE_FAULT_MALFORMED);
		break;
	case 4:
	case 5:
		atomic_fetch_add_explicit(&claimable[number], 1, memory_order_relaxed);
		(void)cert_table_writer_index(table, &name);
		break;
	case 6:
		atomic_fetch_add_explicit(&claimable[number], 1, memory_order_relaxed);
		(void)cert_table_writer_unload(table, &name);
		break;
	default:
		(void)cert_table_writer_remove(table, &name);
		break;
	}
}

static uint64_t write_for(struct certificate_chains *chains, long seconds)
{
	struct timespec now, end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	uint64_t changes = 0;
	uint32_t state = 99;
	do {
		for (unsigned i = 0; i < 100; i++) {
			change(chains, next_random(&state) % N_NAMES, next_random(&state));
			changes++;
		}
		cert_table_writer_reclaim(table);
		if (changes % 10000 == 0)
			cert_table_writer_synchronize(table);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return changes;
}

static unsigned excess_claims(void)
{
	unsigned excess = 0;
	for (unsigned i = 0; i < N_NAMES; i++)
		excess += atomic_load(&claimed[i]) > atomic_load(&claimable[i]);
	return excess;
}

int main(int argc, char **argv)
{
	static const uint8_t key[16] = {1};
	long seconds = argc > 1 ? atol(argv[1]) : 10;
	struct certificate_chains *chains = certificate_chains_create();
	if (!eal_start(128, "0") || chains == NULL || (table = cert_table_writer_create(0, N_READERS, key)) == NULL)
		return 2;

	struct reader readers[N_READERS] = {0};
	for (unsigned i = 0; i < N_READERS; i++) {
		readers[i].number = i;
		if (pthread_create(&readers[i].thread, NULL, read_all_the_time, &readers[i]) != 0)
			return 2;
	}
	uint64_t changes = write_for(chains, seconds), lookups = 0, hits = 0, by_wildcard = 0, torn = 0;
	atomic_store(&stop, true);
	for (unsigned i = 0; i < N_READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		lookups += readers[i].lookups;
		hits += readers[i].hits;
		by_wildcard += readers[i].by_wildcard;
		torn += readers[i].torn;
	}
	cert_table_writer_reclaim(table);
	size_t left = cert_table_writer_retired(table);
	cert_table_writer_destroy(table);
	size_t leaked = certificate_chains_count(chains);
	certificate_chains_destroy(chains);
	unsigned excess = excess_claims();
	printf("stress_cert_table: %lu look-ups, %lu hits, %lu of them by a wildcard, %lu changes; %lu torn, %u excess "
	       "claims, %zu not reclaimed, %zu leaked\n",
		lookups, hits, by_wildcard, changes, torn, excess, left, leaked);
	return torn + excess + left + leaked == 0 && hits > by_wildcard && by_wildcard > 0 ? 0 : 1;
}

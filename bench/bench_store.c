/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups in a certificate table of a million names, each at random, so that every one is cold. Argument: names.
 *
 * Two ways to tell a look-up's time, because they are not the same: back to back (a processor begins the next one while
 * memory still answers to this one), and alone (it waits for everything before and after, as in a worker that does
 * other things in between). What it takes to read the clock is taken off the second. In a share of a million names
 * there are 1,000 wildcards: so misses look twice, as they would there.
 */
#include "bench.h"
#include "cert_table_writer.h"
#include "made_certificate.h"
#include "pages.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCH         256 /* their names stay in the first-level cache */
#define BATCHES       2000
#define ROUNDS        9
#define N_WILDCARDS   1000
#define N_REPUBLISHED 10000
#define MAX_READERS   3

static struct cert_table *table;
static uint32_t n_names;
static double ns_per_cycle;

/* --- names -----------------------------------------------------------------------------------------------------------
 */

enum kind { HIT, MISS, MIXED, WILDCARD, N_KINDS };
static const char *const kind_names[] = {"hits", "misses", "hits and misses", "wildcard hits"};

/* "host-0123456.example.com": 24 octets, as names of sites go. */
static struct host_name numbered(const char *label, uint32_t number, const char *rest)
{
	struct host_name name;
	name.len = (uint8_t)snprintf(name.text, sizeof(name.text), "%s%07u%s", label, number, rest);
	return name;
}

static struct host_name drawn(enum kind kind, uint64_t *random)
{
	uint32_t number = (uint32_t)(bench_random(random) >> 32);
	if (kind == MIXED)
		kind = (number >> 30 & 1) != 0 ? HIT : MISS;
	if (kind == WILDCARD)
		return numbered("www.w", number % N_WILDCARDS, ".example.org");
	return numbered(kind == HIT ? "host-" : "nost-", number % n_names, ".example.com");
}

static void draw_batch(enum kind kind, uint64_t *random, struct host_name names[BATCH])
{
	for (unsigned i = 0; i < BATCH; i++)
		names[i] = drawn(kind, random);
}

/* --- figures ---------------------------------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(size_t)(q * (double)(n - 1))];
}

static double nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void calibrate(void)
{
	double begin = nanoseconds();
	uint64_t cycles = __rdtsc();
	while (nanoseconds() < begin + 5e7)
		;
	ns_per_cycle = (nanoseconds() - begin) / (double)(__rdtsc() - cycles);
}

/* Memory of this process, from the kernel. */
static size_t resident_bytes(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file != NULL && fscanf(file, "%*u %zu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- memory itself ---------------------------------------------------------------------------------------------------
 */

/* One load after the other, each told by the one before: what a look-up's figures are to be seen beside. */
static double answer_ns(size_t bytes)
{
	enum { N_LOADS = 500000, LINE_BYTES = 64 };
	uint32_t n = (uint32_t)(bytes / LINE_BYTES);
	uint8_t *memory = pages_map(bytes);
	if (memory == NULL)
		return 0;
	/* A full cycle (Hull and Dobell): an odd step, and a factor that is one more than a multiple of four. */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t next = (i * 1664525 + 1013904223) % n;
		memcpy(memory + (size_t)i * LINE_BYTES, &next, sizeof(next));
	}
	uint32_t at = 0;
	double begin = nanoseconds();
	for (unsigned i = 0; i < N_LOADS; i++)
		memcpy(&at, memory + (size_t)at * LINE_BYTES, sizeof(at));
	double took = nanoseconds() - begin;
	bench_keep(at);
	pages_unmap(memory, bytes);
	return took / N_LOADS;
}

static void measure_memory(void)
{
	printf("memory answers in ns: of 8 MB %.0f, of 64 MB %.0f, of 512 MB %.0f\n", answer_ns((size_t)8 << 20),
		answer_ns((size_t)64 << 20), answer_ns((size_t)512 << 20));
}

/* --- entering names --------------------------------------------------------------------------------------------------
 */

static void add(const struct host_name *name, double *slowest)
{
	double begin = nanoseconds();
	if (cert_table_writer_index(table, name) != 0) {
		fprintf(stderr, "bench_store: out of memory\n");
		exit(1);
	}
	cert_table_writer_reclaim(table);
	double took = nanoseconds() - begin;
	*slowest = took > *slowest ? took : *slowest;
}

static void measure_entering(void)
{
	double slowest = 0, begin = nanoseconds();
	size_t before = resident_bytes();
	for (uint32_t i = 0; i < n_names; i++) {
		struct host_name name = numbered("host-", i, ".example.com");
		add(&name, &slowest);
	}
	printf("%u names of 24 octets: %zu bytes each in the table, %.0f ns to enter one, %.0f ms the slowest "
	       "(growth)\n",
		n_names, (resident_bytes() - before) / n_names, (nanoseconds() - begin) / n_names, slowest / 1e6);
	for (uint32_t i = 0; i < N_WILDCARDS; i++) {
		struct host_name name = numbered("*.w", i, ".example.org");
		add(&name, &slowest);
	}
}

/* --- one reader ------------------------------------------------------------------------------------------------------
 */

static uint64_t look(unsigned reader, const struct host_name *name)
{
	struct cert_table_result result;
	cert_table_lookup(table, reader, name, false, &result);
	bench_keep(result.key.len);
	return result.state != CERT_TABLE_MISS;
}

/* @return median of batches, ns for each look-up. */
static double back_to_back(unsigned reader, enum kind kind, uint64_t seed)
{
	static _Thread_local double samples[BATCHES];
	static _Thread_local struct host_name names[BATCH];
	uint64_t random = seed, found = 0;
	for (unsigned b = 0; b < BATCHES; b++) {
		draw_batch(kind, &random, names);
		uint64_t begin = __rdtsc();
		for (unsigned i = 0; i < BATCH; i++)
			found += look(reader, &names[i]);
		samples[b] = (double)(__rdtsc() - begin) * ns_per_cycle / BATCH;
		cert_table_quiescent(table, reader);
	}
	bench_keep(found);
	return quantile(samples, BATCHES, 0.5);
}

static uint64_t timed(unsigned reader, const struct host_name *name)
{
	unsigned processor;
	_mm_lfence();
	uint64_t begin = __rdtsc();
	_mm_lfence();
	if (name != NULL)
		bench_keep(look(reader, name));
	uint64_t end = __rdtscp(&processor);
	_mm_lfence();
	return end - begin;
}

struct alone {
	double median, p99;
};

static struct alone alone(unsigned reader, enum kind kind, uint64_t seed)
{
	static _Thread_local double samples[BATCHES * BATCH];
	static _Thread_local struct host_name names[BATCH];
	uint64_t random = seed;
	for (unsigned i = 0; i < BATCH; i++)
		samples[i] = (double)timed(reader, NULL);
	double clock = quantile(samples, BATCH, 0.5);
	for (unsigned b = 0; b < BATCHES; b++) {
		draw_batch(kind, &random, names);
		for (unsigned i = 0; i < BATCH; i++)
			samples[b * BATCH + i] = ((double)timed(reader, &names[i]) - clock) * ns_per_cycle;
		cert_table_quiescent(table, reader);
	}
	size_t n = (size_t)BATCHES * BATCH;
	return (struct alone){.median = quantile(samples, n, 0.5), .p99 = quantile(samples, n, 0.99)};
}

static void measure_one(void)
{
	cert_table_register_reader(table, 0);
	printf("%-28s %14s %14s %14s\n", "ns per look-up, one core", "back to back", "alone", "alone, p99");
	for (enum kind kind = 0; kind < N_KINDS; kind++) {
		double medians[ROUNDS];
		struct alone one = {0};
		for (unsigned round = 0; round < ROUNDS; round++)
			medians[round] = back_to_back(0, kind, round + 1);
		one = alone(0, kind, 1);
		printf("%-28s %14.0f %14.0f %14.0f\n", kind_names[kind], quantile(medians, ROUNDS, 0.5), one.median,
			one.p99);
	}
	cert_table_unregister_reader(table, 0);
}

/* --- several readers -------------------------------------------------------------------------------------------------
 */

struct reader {
	pthread_t thread;
	unsigned number;
	double ns;
};

static atomic_uint n_ready;
static unsigned n_readers;

static void *read_at_once(void *argument)
{
	struct reader *reader = argument;
	cert_table_register_reader(table, reader->number);
	atomic_fetch_add(&n_ready, 1);
	while (atomic_load(&n_ready) < n_readers)
		;
	reader->ns = back_to_back(reader->number, MIXED, reader->number + 1);
	cert_table_unregister_reader(table, reader->number);
	return NULL;
}

static double rate_of(unsigned n)
{
	struct reader readers[MAX_READERS];
	double rate = 0;
	n_readers = n;
	atomic_store(&n_ready, 0);
	for (unsigned i = 0; i < n; i++) {
		readers[i] = (struct reader){.number = i};
		if (pthread_create(&readers[i].thread, NULL, read_at_once, &readers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(readers[i].thread, NULL);
		rate += 1e3 / readers[i].ns;
	}
	return rate;
}

static void measure_readers(void)
{
	double one[ROUNDS], two[ROUNDS], ratio[ROUNDS];
	for (unsigned round = 0; round < ROUNDS; round++) {
		one[round] = rate_of(1);
		two[round] = rate_of(2);
		ratio[round] = two[round] / one[round];
	}
	printf("million look-ups/s, hits and misses: 1 reader %.1f, 2 readers %.1f, ratio %.2f\n",
		quantile(one, ROUNDS, 0.5), quantile(two, ROUNDS, 0.5), quantile(ratio, ROUNDS, 0.5));
}

/* --- while names are published again ---------------------------------------------------------------------------------
 */

static atomic_bool stop;
static struct certificate_chains *chains;

/* 10,000 names at the pace at which a full set of loaders would deliver them, over and over. */
static void *republish(void *argument)
{
	size_t *n = argument;
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		struct host_name name = numbered("host-", (uint32_t)(*n % N_REPUBLISHED), ".example.com");
		struct certificate *certificate = made_certificate(chains, name.text);
		if (certificate == NULL || cert_table_writer_publish(table, &name, certificate) != 0)
			abort();
		cert_table_writer_reclaim(table);
		++*n;
		usleep(50);
	}
	return NULL;
}

static void measure_republishing(void)
{
	double idle[ROUNDS], busy[ROUNDS], ratio[ROUNDS];
	size_t n = 0;
	cert_table_register_reader(table, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		pthread_t writer;
		idle[round] = alone(0, MIXED, round + 1).p99;
		atomic_store(&stop, false);
		if (pthread_create(&writer, NULL, republish, &n) != 0)
			abort();
		busy[round] = alone(0, MIXED, round + 1).p99;
		atomic_store(&stop, true);
		pthread_join(writer, NULL);
		ratio[round] = busy[round] / idle[round];
	}
	cert_table_unregister_reader(table, 0);
	printf("p99 alone, ns: idle %.0f, while %zu entries are published again %.0f, ratio %.2f\n",
		quantile(idle, ROUNDS, 0.5), n, quantile(busy, ROUNDS, 0.5), quantile(ratio, ROUNDS, 0.5));
}

int main(int argc, char **argv)
{
	static const uint8_t key[16] = {1};
	n_names = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	if (n_names < N_REPUBLISHED || n_names > 9999999) {
		fprintf(stderr, "bench_store: names: 10000 to 9999999 expected, found %s\n", argc > 1 ? argv[1] : "");
		return 2;
	}
	calibrate();
	chains = certificate_chains_create();
	table = cert_table_writer_create(0, MAX_READERS, key);
	if (chains == NULL || table == NULL) {
		fprintf(stderr, "bench_store: out of memory\n");
		return 1;
	}
	measure_memory();
	measure_entering();
	measure_one();
	measure_memory();
	measure_readers();
	measure_republishing();
	cert_table_writer_destroy(table);
	certificate_chains_destroy(chains);
	return 0;
}

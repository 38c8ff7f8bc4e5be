/* SPDX-License-Identifier: BSD-3-Clause */
/* A million bindings: reading and checking them, making their table, finding one, letting them go. */
#include "bench.h"
#include "binding.h"
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <x86intrin.h>

#define N_BINDINGS 1000000
/* One round finds so many; each round others, so that what one brings into the caches does not serve the next. */
#define LOOKUPS 4096

static const char head[] =
	"ports = ({ device = \"net_null0\"; addresses = ({ ip = \"192.0.2.10/24\"; }); });\n"
	"central_certificate_store = { enabled = true; physical_path = \"/srv\"; only_bound = true; };\n"
	"bindings = (\n";

struct lookups {
	const struct binding_table *table;
	struct binding_query *queries; /* LOOKUPS for each round */
};

static char *make_text(unsigned n)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		bench_fail("out of memory");
	fputs(head, out);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "    { port = 443; host = \"site%07u.example.com\"; ssl_flags = 3; }%s\n", i,
			i + 1 < n ? "," : "");
	fputs(");\n", out);
	fclose(out);
	return text;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 heap = mallinfo2();
	return heap.uordblks + heap.hblkhd;
}

static size_t peak_mib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (size_t)usage.ru_maxrss / 1024;
}

/* Done once, too long for rounds: every round is this one. */
static void print_once(const char *name, uint64_t cycles, unsigned operations)
{
	double rounds[BENCH_ROUNDS];
	for (unsigned i = 0; i < BENCH_ROUNDS; i++)
		rounds[i] = (double)cycles / operations;
	bench_print(name, rounds);
}

static void find(void *context, unsigned round)
{
	const struct lookups *lookups = context;
	const struct binding_query *queries = lookups->queries + (size_t)round * LOOKUPS;
	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct binding_walk walk;
		struct binding_candidate candidate;
		binding_walk_start(lookups->table, &queries[i], &walk);
		bench_keep(binding_walk_next(&walk, &candidate));
	}
}

static void bench_lookups(const struct binding_table *table, unsigned n, const char *label, const char *name)
{
	const struct ip_address ip = {.octets = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 10}};
	struct lookups lookups = {table, calloc((size_t)BENCH_ROUNDS * LOOKUPS, sizeof(*lookups.queries))};
	uint64_t seed = 1;
	if (lookups.queries == NULL)
		bench_fail("out of memory");
	for (size_t i = 0; i < (size_t)BENCH_ROUNDS * LOOKUPS; i++) {
		struct binding_query *query = &lookups.queries[i];
		query->local_ip = ip;
		query->local_port = 443;
		query->name.len = (uint8_t)snprintf(query->name.text, sizeof(query->name.text), "%s%07u.example.com",
			label, (unsigned)(bench_random(&seed) % n));
	}
	struct bench bench = {name, LOOKUPS, find, &lookups};
	bench_run(&bench);
	free(lookups.queries);
}

int main(void)
{
	unsigned n = bench_is_counting() ? N_BINDINGS / 1000 : N_BINDINGS;
	struct config_problems problems = {0};
	struct config *config;
	char *text = make_text(n);
	bench_print_header();

	size_t before = heap_bytes();
	uint64_t began = __rdtsc();
	if (config_load_text(text, "bench", &problems, &config) != 0)
		bench_fail("the configuration is refused");
	print_once("bindings: read and check one of a million", __rdtsc() - began, n);
	size_t config_bytes = heap_bytes() - before;
	began = __rdtsc();
	struct binding_table *table = binding_table_create(config, bench_hash_key);
	if (table == NULL)
		bench_fail("out of memory");
	print_once("bindings: enter one of a million into the table", __rdtsc() - began, n);
	size_t table_bytes = heap_bytes() - before - config_bytes;

	bench_lookups(table, n, "site", "bindings: find one of a million");
	bench_lookups(table, n, "miss", "bindings: find that a name has none");
	began = __rdtsc();
	binding_table_destroy(table);
	config_free(config);
	print_once("bindings: wipe and free one of a million", __rdtsc() - began, n);
	printf("bytes for each: %zu kept of the file, %zu of the table; peak %zu MiB\n", config_bytes / n,
		table_bytes / n, peak_mib());
	config_problems_free(&problems);
	free(text);
	return 0;
}

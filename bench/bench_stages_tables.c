/* SPDX-License-Identifier: BSD-3-Clause */
/* make bench: from a server name to its certificate: the table by itself, and the whole choice over bindings and table.
 */
#include "bench.h"
#include "bench_name.h"
#include "cert_select.h"
#include "cert_table_writer.h"
#include "eal.h"
#include "made_certificate.h"

#include <stdlib.h>

enum {
	PER_ROUND = 20000,
	READER = 0,
	LOADED_ONE_IN = 100,
	MEMORY_MIB = 1024,
};

struct names {
	struct cert_table *table;
	struct binding_table *bindings;
	struct binding_query query;
	unsigned size;
	unsigned first; /* of the names asked for; size: none of them is there */
	uint64_t random;
};

static struct host_name next_name(struct names *names)
{
	return bench_name(names->first + (unsigned)(bench_random(&names->random) % names->size));
}

static void run_name(void *context, unsigned round)
{
	struct names *names = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(next_name(names).len);
}

static void run_lookup(void *context, unsigned round)
{
	struct names *names = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct host_name name = next_name(names);
		struct cert_table_result result;
		cert_table_lookup(names->table, READER, &name, false, &result);
		bench_keep(result.state);
	}
	cert_table_quiescent(names->table, READER);
}

static void look_up(void *context, const struct host_name *key, bool strict, struct cert_table_result *out)
{
	const struct names *names = context;
	cert_table_lookup(names->table, READER, key, strict, out);
}

static void run_select(void *context, unsigned round)
{
	struct names *names = context;
	const struct cert_select_source source = {.context = names, .lookup = look_up};
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct cert_select_result result;
		names->query.name = next_name(names);
		cert_select(names->bindings, &names->query, false, &source, &result);
		if (result.verdict == CERT_SELECT_PENDING)
			bench_fail("a certificate is not loaded");
		bench_keep(result.verdict);
	}
	cert_table_quiescent(names->table, READER);
}

/* Every name is there; one in a hundred has its certificate: for all it would take gigabytes. */
static void fill(struct names *names, struct certificate_chains *chains)
{
	names->table = cert_table_writer_create(names->size, 1, bench_hash_key);
	if (!names->table)
		bench_fail("no memory for the certificate table");
	for (unsigned i = 0; i < names->size; i++) {
		struct host_name name = bench_name(i);
		if (cert_table_writer_index(names->table, &name) < 0)
			bench_fail("no memory for a name");
		if (i < names->size / LOADED_ONE_IN &&
			cert_table_writer_publish(names->table, &name, made_certificate(chains, "x.pfx")) < 0)
			bench_fail("no memory for a certificate");
	}
	cert_table_register_reader(names->table, READER);
}

static void bench_lookups(struct names *names)
{
	struct bench bench = {"(making a random name, part of the lines below)", PER_ROUND, run_name, names};
	bench_run(&bench);
	bench = (struct bench){"cert_table: hit among 1,000,000 names", PER_ROUND, run_lookup, names};
	bench_run(&bench);
	names->first = names->size;
	bench.name = "cert_table: miss (exact, then wildcard)";
	bench_run(&bench);
	names->first = 0;
}

/* A hosting edge: one binding, and the central store behind it. */
static void bench_select(struct names *names)
{
	struct config_binding binding = {
		.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = CONFIG_SSL_SNI | CONFIG_SSL_CENTRAL_STORE};
	struct config config = {.bindings = &binding, .n_bindings = 1, .store = {.enabled = true}};
	unsigned all = names->size;
	binding.host = bench_name(0);
	names->bindings = binding_table_create(&config, bench_hash_key);
	names->query.local_port = 443;
	if (!names->bindings || ip_address_parse("192.0.2.1", &names->query.local_ip) < 0)
		bench_fail("no memory for the binding table");
	names->size = all / LOADED_ONE_IN; /* the loaded ones */
	struct bench bench = {"cert_select: a name on the central store", PER_ROUND, run_select, names};
	bench_run(&bench);
	names->size = all;
	names->first = all;
	bench.name = "cert_select: a name that nothing serves";
	bench_run(&bench);
	binding_table_destroy(names->bindings);
}

int main(void)
{
	struct names names = {.random = 1, .size = bench_is_counting() ? 10000 : 1000000};
	struct certificate_chains *chains = certificate_chains_create();
	if (!chains || !eal_start(MEMORY_MIB, "0"))
		bench_fail("the EAL did not start");
	bench_print_header();
	fill(&names, chains);
	bench_lookups(&names);
	bench_select(&names);
	cert_table_unregister_reader(names.table, READER);
	cert_table_writer_destroy(names.table);
	certificate_chains_destroy(chains);
	return 0;
}

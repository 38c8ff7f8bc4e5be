/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reloads under load: readers resolve names by the bindings in force, as workers do, while the configuration is read
 * again and again by its thread, adopted, or refused, and the old one freed by a thread. Built with ThreadSanitizer
 * (make stress-tsan). Argument: seconds to run.
 *
 * Each version of the file has bindings on one port of its own. Checked with each use: whatever the port is, all
 * bindings have it, every host is found there, and nobody listens on another. At the end: each reload was adopted or
 * refused as its file deserves.
 */
#include "reload.h"
#include "store_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define N_READERS  2
#define N_BINDINGS 200
#define FIRST_PORT 10000
#define N_PORTS    1000

struct reader {
	pthread_t thread;
	unsigned number;
	uint64_t uses, changes, torn;
};

static struct store_world world;
static struct worker_shared shared;
static struct config *first;
static char path[512];
static atomic_bool stop;

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool write_config(unsigned version)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return false;
	fprintf(file,
		"ports = ({ device = \"net_tap0\"; addresses = ({ ip = \"192.0.2.10/24\"; }); });\n"
		"control = { log_level = \"error\"; };\n"
		"central_certificate_store = { enabled = true; physical_path = \"%s\"; polling_interval_s = 3600; };\n"
		"bindings = (",
		world.folder.path);
	for (unsigned i = 0; i < N_BINDINGS; i++)
		fprintf(file, "%s{ port = %u; host = \"host-%u.example\"; ssl_flags = 3; }", i > 0 ? ",\n" : "",
			FIRST_PORT + version % N_PORTS, i);
	fprintf(file, ");\n");
	return fclose(file) == 0;
}

/* @return false if anything in it belongs to another version. */
static bool is_whole(const struct binding_table *bindings, unsigned number)
{
	const struct config *config = binding_table_config(bindings);
	uint16_t port = config->bindings[0].port;
	struct binding_query query = {.local_ip = {.octets = {[15] = 1}}, .local_port = port};
	struct binding_candidate candidate;
	struct binding_walk walk;
	query.name.len = (uint8_t)snprintf(query.name.text, sizeof(query.name.text), "host-%u.example", number);
	binding_walk_start(bindings, &query, &walk);
	return config->n_bindings == N_BINDINGS && config->bindings[number].port == port &&
	       binding_walk_next(&walk, &candidate) && candidate.binding == &config->bindings[number] &&
	       binding_listens(bindings, &query.local_ip, port) &&
	       !binding_listens(bindings, &query.local_ip, (uint16_t)(port + 1));
}

static void *read_all_the_time(void *argument)
{
	struct reader *reader = argument;
	const struct binding_table *last = NULL;
	cert_table_register_reader(world.table, reader->number);
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		/* As a worker with each ClientHello; pairs with the exchange in reload.c. */
		const struct binding_table *bindings = atomic_load_explicit(&shared.bindings, memory_order_acquire);
		reader->changes += bindings != last;
		reader->torn += !is_whole(bindings, (unsigned)(reader->uses++ % N_BINDINGS));
		last = bindings;
		cert_table_quiescent(world.table, reader->number);
	}
	cert_table_unregister_reader(world.table, reader->number);
	return NULL;
}

static void adopted(void *context, const struct config *config)
{
	(void)context;
	(void)config;
}

static bool open_world(struct reload **out)
{
	struct config_problems problems = {0};
	const uint8_t key[16] = {1};
	if (!store_world_init(&world))
		return false;
	snprintf(path, sizeof(path), "%s/.conf", world.folder.path);
	if (!write_config(0) || config_load(path, &problems, &first) != 0)
		return false;
	config_problems_free(&problems);
	world.config = *first;
	if (!store_world_open(&world))
		return false;
	shared.config = first;
	shared.certificates = world.table;
	atomic_init(&shared.bindings, binding_table_create(first, key));
	*out = reload_create(&(struct reload_params){.shared = &shared,
		.first = first,
		.publish = world.publish,
		.scanner = world.scanner,
		.zygote = world.zygote,
		.adopted = adopted});
	return *out != NULL;
}

/* @return true if it was adopted. */
static bool reload_once(struct reload *reload)
{
	uint64_t wanted = reload_get_state(reload).started + 1;
	reload_request(reload, now_ms());
	while (reload_get_state(reload).ended < wanted)
		reload_step(reload, now_ms());
	return !reload_get_state(reload).refused;
}

/* One file in eight is broken off. @return how many reloads did not end as they should. */
static unsigned reload_for(struct reload *reload, long seconds, unsigned *n)
{
	uint64_t end = now_ms() + (uint64_t)seconds * 1000;
	unsigned wrong = 0;
	for (*n = 0; now_ms() < end; ++*n) {
		bool is_good = *n % 8 != 7;
		if (!write_config(*n) || (!is_good && truncate(path, 300) != 0))
			abort();
		wrong += reload_once(reload) != is_good;
		cert_table_writer_reclaim(world.table);
	}
	return wrong;
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? atol(argv[1]) : 10;
	struct reload *reload;
	if (!open_world(&reload))
		return 2;
	struct reader readers[N_READERS] = {0};
	for (unsigned i = 0; i < N_READERS; i++) {
		readers[i].number = i;
		if (pthread_create(&readers[i].thread, NULL, read_all_the_time, &readers[i]) != 0)
			return 2;
	}
	unsigned n, wrong = reload_for(reload, seconds, &n);
	uint64_t uses = 0, changes = 0, torn = 0;
	atomic_store(&stop, true);
	for (unsigned i = 0; i < N_READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		uses += readers[i].uses;
		changes += readers[i].changes;
		torn += readers[i].torn;
	}
	cert_table_writer_destroy(world.table);
	reload_destroy(reload);
	scanner_destroy(world.scanner);
	publish_destroy(world.publish);
	reload_free_bindings(atomic_load(&shared.bindings), first);
	config_free(first);
	store_world_fini(&world);
	printf("stress_reload: %u reloads, %u ended wrong; %lu uses of %lu bindings seen, %lu torn\n", n, wrong, uses,
		changes, torn);
	return wrong + torn == 0 && n > 0 && changes > N_READERS ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_world.h"

#include "eal.h"
#include "loader_process.h"
#include "share_process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { ROLE_LOADER, ROLE_SHARE, ROLES };

#define TIMEOUT_MS 20000

static struct zygote_role roles[ROLES];

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool store_world_init(struct store_world *world)
{
	memset(world, 0, sizeof(*world));
	if (!scratch_folder_init(&world->folder) || !test_certificates_ca_init(&world->ca))
		return false;
	world->config.store = (struct config_store){
		.enabled = true,
		.physical_path = world->folder.path,
		.private_key_password = STORE_WORLD_PASSWORD,
		.polling_interval_s = 3600,
		.max_loaded = 1000,
		.max_loaded_mib = 16,
		.answer_timeout_s = 30,
		.loaders = 2,
	};
	roles[ROLE_LOADER] = (struct zygote_role){.name = "loader", .run = loader_process_run};
	roles[ROLE_SHARE] = (struct zygote_role){.name = "share", .run = share_process_run, .context = &world->config};
	world->zygote = zygote_start(roles, ROLES);
	return world->zygote != NULL && eal_start(64, "0");
}

void store_world_fini(struct store_world *world)
{
	zygote_stop(world->zygote);
	test_certificates_ca_fini(&world->ca);
	scratch_folder_fini(&world->folder);
}

static bool notify(void *context, unsigned worker, const struct host_name *key)
{
	struct store_world *world = context;
	(void)worker;
	world->n_told++;
	world->last_told = *key;
	return true;
}

bool store_world_open(struct store_world *world)
{
	const uint8_t key[16] = {3};
	world->table = cert_table_writer_create(64, 2, key);
	struct publish_params params = {
		.config = &world->config,
		.table = world->table,
		.zygote = world->zygote,
		.share_role = ROLE_SHARE,
		.loader_role = ROLE_LOADER,
		.n_workers = 1,
		.notify = notify,
		.context = world,
	};
	world->publish = world->table != NULL ? publish_create(&params) : NULL;
	if (world->publish == NULL)
		return false;
	struct scan_listener listener = publish_scan_listener(world->publish);
	world->scanner = scanner_create(&world->config, world->zygote, ROLE_SHARE, &listener, key, now_ms());
	return world->scanner != NULL && store_world_look(world);
}

void store_world_close(struct store_world *world)
{
	cert_table_writer_destroy(world->table);
	scanner_destroy(world->scanner);
	publish_destroy(world->publish);
}

void store_world_step(struct store_world *world)
{
	struct pollfd fds[LOADER_MAX_PROCESSES + 3];
	size_t n = publish_poll_fds(world->publish, fds);
	n += scanner_poll_fds(world->scanner, fds + n);
	poll(fds, n, 5);
	if (scanner_step(world->scanner, now_ms()))
		publish_scan_ended(world->publish, now_ms());
	publish_step(world->publish, now_ms());
	cert_table_writer_reclaim(world->table);
}

bool store_world_look(struct store_world *world)
{
	uint64_t wanted = scanner_get_state(world->scanner).started + 1, end = now_ms() + TIMEOUT_MS;
	scanner_look_now(world->scanner, now_ms());
	while (scanner_get_state(world->scanner).ended < wanted || publish_pending(world->publish) > 0) {
		if (now_ms() > end)
			return false;
		store_world_step(world);
	}
	return true;
}

struct cert_table_result store_world_get(const struct store_world *world, const char *name)
{
	struct host_name key = {.len = (uint8_t)strlen(name)};
	struct cert_table_result result;
	memcpy(key.text, name, key.len);
	cert_table_writer_get(world->table, &key, &result);
	return result;
}

struct cert_table_result store_world_load(struct store_world *world, const char *name)
{
	struct host_name key = {.len = (uint8_t)strlen(name)};
	uint64_t end = now_ms() + TIMEOUT_MS;
	memcpy(key.text, name, key.len);
	publish_request(world->publish, &key);
	do
		store_world_step(world);
	while (!publish_is_settled(world->publish, name) && now_ms() < end);
	return store_world_get(world, name);
}

void store_world_age(const struct store_world *world, const char *file)
{
	static time_t last;
	time_t hour_ago = time(NULL) - 3600;
	last = last == 0 ? hour_ago : last + 1;
	const struct timespec times[2] = {{.tv_sec = last}, {.tv_sec = last}};
	utimensat(AT_FDCWD, scratch_folder_path(&world->folder, file), times, AT_SYMLINK_NOFOLLOW);
}

bool store_world_add(struct store_world *world, const char *file, const char *dns_name)
{
	struct test_certificates_pair pair;
	const char *path = scratch_folder_path(&world->folder, file);
	if (!test_certificates_issue(&world->ca, CERTIFICATE_KEY_EC_P256, 0, dns_name, 90, &pair))
		return false;
	bool is_pem = strstr(file, ".pem") != NULL;
	bool written = is_pem ? test_certificates_write_pem(&world->ca, &pair, path)
			      : test_certificates_write_pfx(&world->ca, &pair, path, STORE_WORLD_PASSWORD);
	test_certificates_pair_fini(&pair);
	store_world_age(world, file);
	return written;
}

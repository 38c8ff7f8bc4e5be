/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_world.h"
#include "unit.h"

#include <string.h>
#include <time.h>

static struct store_world world;

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t now_s(void)
{
	return (uint32_t)(now_ms() / 1000);
}

/* Once what was just loaded has been left alone for long enough. */
static void settle(void)
{
	publish_step(world.publish, now_ms() + 30000);
}

static const char *const names[] = {"a.example.com", "b.example.com", "c.example.com"};

static void open_with(unsigned max_loaded, unsigned idle_unload_s, enum config_preload preload)
{
	world.config.store.max_loaded = max_loaded;
	world.config.store.idle_unload_s = idle_unload_s;
	world.config.store.preload = preload;
	CU_ASSERT_FATAL(store_world_open(&world));
}

static enum cert_table_state state_of(unsigned i)
{
	return store_world_get(&world, names[i]).state;
}

static void load(unsigned i)
{
	CU_ASSERT_EQUAL(store_world_load(&world, names[i]).state, CERT_TABLE_READY);
}

/* As a worker does with a handshake, so many seconds from now. */
static void use(unsigned i, uint32_t later_s)
{
	certificate_note_use(store_world_get(&world, names[i]).certificate, now_s() + later_s);
}

static void test_used_longest_ago_goes_first(void)
{
	open_with(2, 0, CONFIG_PRELOAD_NONE);
	load(0);
	load(1);
	use(0, 5);
	load(2);
	CU_ASSERT_EQUAL(state_of(1), CERT_TABLE_READY); /* for those who waited */
	use(2, 1);
	settle();
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY);
	CU_ASSERT_EQUAL(state_of(1), CERT_TABLE_INDEXED);
	CU_ASSERT_EQUAL(state_of(2), CERT_TABLE_READY);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 2);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).unloaded_for_room, 1);
	CU_ASSERT_TRUE(publish_get_counts(world.publish).loaded_bytes > 500);
	/* It is as if it had never been asked for: a client has it loaded again. */
	CU_ASSERT_FALSE(publish_name_is_tried(publish_name_find(publish_get_names(world.publish), names[1])));
	load(1);
	use(1, 29);
	settle();
	CU_ASSERT_EQUAL(state_of(1), CERT_TABLE_READY);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 2);
	store_world_close(&world);
}

static void test_memory_is_bounded(void)
{
	open_with(1000, 0, CONFIG_PRELOAD_NONE);
	load(0);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 1);
	world.config.store.max_loaded_mib = 0;
	settle();
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_INDEXED);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 0);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded_bytes, 0);
	world.config.store.max_loaded_mib = 16;
	store_world_close(&world);
}

static void test_idle_ones_go(void)
{
	open_with(1000, 10, CONFIG_PRELOAD_NONE);
	load(0);
	load(1);
	uint64_t began_ms = now_ms();
	publish_step(world.publish, began_ms + 8000);
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY);
	use(0, 8);
	publish_step(world.publish, began_ms + 12000);
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY); /* four seconds */
	CU_ASSERT_EQUAL(state_of(1), CERT_TABLE_INDEXED);
	publish_step(world.publish, began_ms + 20000);
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_INDEXED);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).unloaded_idle, 2);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).unloaded_for_room, 0);
	store_world_close(&world);
}

/* Its file is broken now: nothing could bring it back. */
static void test_a_last_good_one_stays(void)
{
	open_with(1, 1, CONFIG_PRELOAD_NONE);
	load(0);
	CU_ASSERT_TRUE(scratch_folder_write(&world.folder, "a.example.com.pem", "garbage", 7));
	store_world_age(&world, "a.example.com.pem");
	CU_ASSERT_TRUE(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, names[0]).fault, CERTIFICATE_FAULT_MALFORMED);
	load(1);
	publish_step(world.publish, now_ms() + 5000);
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY);
	CU_ASSERT_EQUAL(state_of(1), CERT_TABLE_INDEXED);
	CU_ASSERT_TRUE(store_world_add(&world, "a.example.com.pem", names[0]));
	store_world_close(&world);
}

static void test_preload_stops_at_the_bound(void)
{
	open_with(2, 1, CONFIG_PRELOAD_ALL);
	unsigned n_ready = 0;
	for (unsigned i = 0; i < 3; i++)
		n_ready += state_of(i) == CERT_TABLE_READY;
	CU_ASSERT_EQUAL(n_ready, 2);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).put_off, 1);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).unloaded_for_room, 0);
	publish_step(world.publish, now_ms() + 60000); /* what is to be preloaded is not idle */
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 2);
	for (unsigned i = 0; i < 3; i++)
		load(i); /* the bound holds all the same */
	settle();
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 2);
	store_world_close(&world);
}

static void test_what_is_bound_goes_last(void)
{
	static struct config_binding binding = {.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3};
	host_name_from_text(names[0], &binding.host);
	world.config.bindings = &binding;
	world.config.n_bindings = 1;
	open_with(2, 0, CONFIG_PRELOAD_BOUND);
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY);
	load(1);
	use(1, 9);
	load(2);
	settle();
	CU_ASSERT_EQUAL(state_of(0), CERT_TABLE_READY); /* though it was never used */
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).loaded, 2);
	world.config.n_bindings = 0;
	store_world_close(&world);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"what was used longest ago goes first", test_used_longest_ago_goes_first},
		{"memory is bounded", test_memory_is_bounded},
		{"idle ones go", test_idle_ones_go},
		{"a last good one stays", test_a_last_good_one_stays},
		{"preload stops at the bound", test_preload_stops_at_the_bound},
		{"what is bound goes last", test_what_is_bound_goes_last},
		CU_TEST_INFO_NULL,
	};
	bool ready = store_world_init(&world);
	for (unsigned i = 0; ready && i < 3; i++) {
		char file[64];
		snprintf(file, sizeof(file), "%s.pem", names[i]);
		ready = store_world_add(&world, file, names[i]);
	}
	int code = ready ? unit_run("publish_bounds", tests) : 2;
	store_world_fini(&world);
	return code;
}

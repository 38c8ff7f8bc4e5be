/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_world.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct store_world world;

static void add(const char *file, const char *dns_name)
{
	CU_ASSERT_FATAL(store_world_add(&world, file, dns_name));
}

static void write_garbage(const char *file)
{
	CU_ASSERT_FATAL(scratch_folder_write(&world.folder, file, "garbage", 7));
	store_world_age(&world, file);
}

static void remove_file(const char *file)
{
	CU_ASSERT_EQUAL(unlink(scratch_folder_path(&world.folder, file)), 0);
}

static const char *file_of(const struct cert_table_result *result)
{
	return result->certificate != NULL ? result->certificate->file : "";
}

static const struct publish_name *name_of(const char *key)
{
	const struct publish_name *name = publish_name_find(publish_get_names(world.publish), key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	return name;
}

/* What each test leaves on the share is taken away by the next one's beginning. */
static void begin(void)
{
	scratch_folder_fini(&world.folder);
	CU_ASSERT_EQUAL(mkdir(world.folder.path, 0700), 0);
	world.n_told = 0;
}

static void test_lazy_load(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_INDEXED);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).reads, 0);
	struct cert_table_result result = store_world_load(&world, "www.example.com");
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_STRING_EQUAL(file_of(&result), "www.example.com.pfx");
	CU_ASSERT_EQUAL(world.n_told, 1);
	CU_ASSERT_STRING_EQUAL(world.last_told.text, "www.example.com");
	store_world_close(&world);
}

static void test_a_second_request_reads_nothing(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	store_world_load(&world, "www.example.com");
	store_world_load(&world, "www.example.com");
	store_world_load(&world, "nobody.example.com");
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).reads, 1);
	CU_ASSERT_EQUAL(world.n_told, 3); /* who asked is told all the same */
	store_world_close(&world);
}

static void test_renewed_file_is_published(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	uint64_t before = store_world_load(&world, "www.example.com").certificate->generation;
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT(store_world_look(&world));
	struct cert_table_result result = store_world_get(&world, "www.example.com");
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT(result.certificate->generation > before);
	store_world_close(&world);
}

static void test_broken_file_keeps_the_last_good_one(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	uint64_t before = store_world_load(&world, "www.example.com").certificate->generation;
	write_garbage("www.example.com.pfx");
	CU_ASSERT(store_world_look(&world));
	struct cert_table_result result = store_world_get(&world, "www.example.com");
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_MALFORMED);
	CU_ASSERT_EQUAL(result.certificate->generation, before);
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").fault, CERTIFICATE_FAULT_NONE);
	store_world_close(&world);
}

static void test_broken_file_and_nothing_before(void)
{
	begin();
	write_garbage("www.example.com.pfx");
	CU_ASSERT(scratch_folder_write(&world.folder, "empty.example.com.pfx", "", 0));
	store_world_age(&world, "empty.example.com.pfx");
	CU_ASSERT(scratch_folder_write(&world.folder, "huge.example.com.pfx", "", 0));
	CU_ASSERT_EQUAL(truncate(scratch_folder_path(&world.folder, "huge.example.com.pfx"), (off_t)2 << 30), 0);
	CU_ASSERT_FATAL(store_world_open(&world));
	struct cert_table_result result = store_world_load(&world, "www.example.com");
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_BROKEN);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_MALFORMED);
	CU_ASSERT_EQUAL(store_world_load(&world, "empty.example.com").fault, CERTIFICATE_FAULT_MALFORMED);
	CU_ASSERT_STRING_EQUAL(publish_name_note(name_of("empty.example.com")), "file is empty");
	CU_ASSERT_EQUAL(store_world_load(&world, "huge.example.com").fault, CERTIFICATE_FAULT_TOO_LARGE);
	store_world_close(&world);
}

/* Its time says that it has just been written: it is tried again until its other half is there. */
static void test_half_written_file(void)
{
	begin();
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT(scratch_folder_write(&world.folder, "www.example.com.pfx", "gar", 3));
	CU_ASSERT(store_world_look(&world));
	struct host_name key;
	CU_ASSERT_EQUAL(host_name_from_text("www.example.com", &key), HOST_NAME_OK);
	publish_request(world.publish, &key);
	for (int i = 0; i < 100 && name_of("www.example.com")->load->n_retries == 0; i++)
		store_world_step(&world);
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT(store_world_look(&world));
	struct cert_table_result result = store_world_get(&world, "www.example.com");
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).faults, 0);
	store_world_close(&world);
}

static void test_removed_file(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	add("other.example.com.pfx", "other.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	store_world_load(&world, "www.example.com");
	remove_file("www.example.com.pfx");
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(store_world_get(&world, "other.example.com").state, CERT_TABLE_INDEXED);
	store_world_close(&world);
}

static void test_emptied_share_keeps_serving(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	store_world_load(&world, "www.example.com");
	remove_file("www.example.com.pfx");
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(rmdir(world.folder.path), 0); /* and now it cannot be listed at all */
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(scanner_get_state(world.scanner).error, -ENOENT);
	CU_ASSERT_EQUAL(mkdir(world.folder.path, 0700), 0);
	CU_ASSERT(store_world_look(&world)); /* confirmed */
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_MISS);
	store_world_close(&world);
}

static void test_pfx_before_pem(void)
{
	begin();
	add("www.example.com.pem", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	struct cert_table_result result = store_world_load(&world, "www.example.com");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "www.example.com.pem");
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT(store_world_look(&world));
	result = store_world_get(&world, "www.example.com");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "www.example.com.pfx");
	remove_file("www.example.com.pfx"); /* back to the other */
	CU_ASSERT(store_world_look(&world));
	result = store_world_get(&world, "www.example.com");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "www.example.com.pem");
	store_world_close(&world);
}

static void test_newest_of_case_twins(void)
{
	begin();
	add("WWW.example.com.pfx", "www.example.com");
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	struct cert_table_result result = store_world_load(&world, "www.example.com");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "www.example.com.pfx");
	store_world_age(&world, "WWW.example.com.pfx"); /* a second later than the other */
	CU_ASSERT(store_world_look(&world));
	result = store_world_get(&world, "www.example.com");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "WWW.example.com.pfx");
	store_world_close(&world);
}

static void test_unicode_before_punycode(void)
{
	begin();
	add("bücher.example.pfx", "xn--bcher-kva.example");
	add("xn--bcher-kva.example.pfx", "xn--bcher-kva.example");
	CU_ASSERT_FATAL(store_world_open(&world));
	struct cert_table_result result = store_world_load(&world, "xn--bcher-kva.example");
	CU_ASSERT_STRING_EQUAL(file_of(&result), "bücher.example.pfx");
	store_world_close(&world);
}

static void test_what_is_no_file(void)
{
	begin();
	CU_ASSERT_EQUAL(mkdir(scratch_folder_path(&world.folder, "folder.example.com.pfx"), 0700), 0);
	CU_ASSERT_EQUAL(symlink("/etc/passwd", scratch_folder_path(&world.folder, "link.example.com.pfx")), 0);
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "folder.example.com").state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(store_world_get(&world, "link.example.com").state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(scan_count(scanner_get_scan(world.scanner)), 2); /* told, not lost */
	CU_ASSERT_EQUAL(rmdir(scratch_folder_path(&world.folder, "folder.example.com.pfx")), 0);
	add("folder.example.com.pfx", "folder.example.com");
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "folder.example.com").state, CERT_TABLE_INDEXED);
	store_world_close(&world);
}

static void test_preload(void)
{
	static struct config_binding binding = {.port = 443, .ssl_flags = CONFIG_SSL_CENTRAL_STORE | CONFIG_SSL_SNI};
	begin();
	add("www.example.com.pfx", "www.example.com");
	add("other.example.com.pfx", "other.example.com");
	add("_.example.net.pfx", "*.example.net");
	CU_ASSERT_EQUAL(host_name_from_text("www.example.net", &binding.host), HOST_NAME_OK);
	world.config.bindings = &binding;
	world.config.n_bindings = 1;
	world.config.store.preload = CONFIG_PRELOAD_BOUND;
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "*.example.net").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_INDEXED);
	store_world_close(&world);
	world.config.store.preload = CONFIG_PRELOAD_ALL;
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(store_world_get(&world, "other.example.com").state, CERT_TABLE_READY);
	store_world_close(&world);
	world.config.store.preload = CONFIG_PRELOAD_NONE;
	world.config.n_bindings = 0;
}

static void test_configured_certificates(void)
{
	static struct config_certificate certificates[2];
	static char path[256];
	begin();
	add("fixed.txt.pem", "www.example.com");
	snprintf(path, sizeof(path), "%s", scratch_folder_path(&world.folder, "fixed.txt.pem"));
	certificates[0] = (struct config_certificate){.name = "good", .file = path};
	certificates[1] = (struct config_certificate){.name = "bad", .file = "/no/such/file.pem"};
	world.config.certificates = certificates;
	world.config.n_certificates = 2;
	CU_ASSERT_FATAL(store_world_open(&world));
	struct cert_table_result result = store_world_get(&world, "=good");
	CU_ASSERT_EQUAL_FATAL(result.state, CERT_TABLE_READY);
	uint64_t before = result.certificate->generation;
	CU_ASSERT_EQUAL(store_world_get(&world, "=bad").fault, CERTIFICATE_FAULT_UNREADABLE);
	add("fixed.txt.pem", "www.example.com"); /* renewed: the next look sees it */
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT(store_world_get(&world, "=good").certificate->generation > before);
	store_world_close(&world);
	world.config.n_certificates = 0;
}

static void move_file(const char *from, const char *to)
{
	char source[256];
	snprintf(source, sizeof(source), "%s", scratch_folder_path(&world.folder, from));
	CU_ASSERT_EQUAL(rename(source, scratch_folder_path(&world.folder, to)), 0);
}

/* What could not be read is tried with each scan, though nothing about the file has changed, until it can be or is
 * gone; nothing else is. */
static void test_unreadable_files_are_tried_again(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	add("lost.example.com.pfx", "lost.example.com");
	add("other.example.com.pfx", "other.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_load(&world, "other.example.com").state, CERT_TABLE_READY);
	move_file("www.example.com.pfx", ".away"); /* root reads whatever the mode says */
	remove_file("lost.example.com.pfx");
	CU_ASSERT_EQUAL(store_world_load(&world, "www.example.com").fault, CERTIFICATE_FAULT_UNREADABLE);
	CU_ASSERT_EQUAL(store_world_load(&world, "lost.example.com").fault, CERTIFICATE_FAULT_UNREADABLE);

	move_file(".away", "www.example.com.pfx");
	uint64_t reads = publish_get_counts(world.publish).reads;
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(store_world_get(&world, "lost.example.com").state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).reads, reads + 1);
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).reads, reads + 1);
	store_world_close(&world);
}

static bool add_that_ends(const char *file, const char *dns_name, int days)
{
	struct test_certificates_pair pair;
	if (!test_certificates_issue(&world.ca, CERTIFICATE_KEY_EC_P256, 0, dns_name, days, &pair))
		return false;
	bool written = test_certificates_write_pfx(
		&world.ca, &pair, scratch_folder_path(&world.folder, file), STORE_WORLD_PASSWORD);
	test_certificates_pair_fini(&pair);
	store_world_age(&world, file);
	return written;
}

/* A clock that goes on by a day is not to be had: certificates that have run out are loaded while that does not matter,
 * and are looked at when it does. */
static void test_what_expires_after_it_was_loaded(void)
{
	begin();
	CU_ASSERT_TRUE_FATAL(add_that_ends("old.example.com.pfx", "old.example.com", -1));
	CU_ASSERT_TRUE_FATAL(add_that_ends("new.example.com.pfx", "new.example.com", 9));
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_EQUAL(store_world_load(&world, "old.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(store_world_load(&world, "new.example.com").state, CERT_TABLE_READY);
	world.config.store.expired = CONFIG_EXPIRED_SKIP;
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "old.example.com").state, CERT_TABLE_BROKEN);
	CU_ASSERT_EQUAL(store_world_get(&world, "old.example.com").fault, CERTIFICATE_FAULT_EXPIRED);
	CU_ASSERT_EQUAL(store_world_get(&world, "new.example.com").state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).expired_unloaded, 1);
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(publish_get_counts(world.publish).expired_unloaded, 1);
	store_world_close(&world);
	world.config.store.expired = CONFIG_EXPIRED_SERVE;
}

static void test_refresh(void)
{
	begin();
	add("www.example.com.pfx", "www.example.com");
	CU_ASSERT_FATAL(store_world_open(&world));
	CU_ASSERT_FALSE(publish_refresh(world.publish, "nobody.example.com"));
	CU_ASSERT(publish_refresh(world.publish, "www.example.com"));
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT_EQUAL(store_world_get(&world, "www.example.com").state, CERT_TABLE_READY);
	uint64_t before = store_world_get(&world, "www.example.com").certificate->generation;
	CU_ASSERT(publish_refresh(world.publish, "www.example.com"));
	CU_ASSERT(store_world_look(&world));
	CU_ASSERT(store_world_get(&world, "www.example.com").certificate->generation > before);
	store_world_close(&world);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a file is loaded when it is asked for", test_lazy_load},
		{"known and unknown names do not reach the share", test_a_second_request_reads_nothing},
		{"a renewed file is published", test_renewed_file_is_published},
		{"a broken file keeps the last good certificate", test_broken_file_keeps_the_last_good_one},
		{"a broken file and nothing before it", test_broken_file_and_nothing_before},
		{"a half-written file is tried again", test_half_written_file},
		{"a removed file", test_removed_file},
		{"an emptied share keeps being served", test_emptied_share_keeps_serving},
		{".pfx before .pem", test_pfx_before_pem},
		{"newest of case twins", test_newest_of_case_twins},
		{"U-labels before A-labels", test_unicode_before_punycode},
		{"folders and links serve nothing", test_what_is_no_file},
		{"preload", test_preload},
		{"configured certificates", test_configured_certificates},
		{"unreadable files are tried again", test_unreadable_files_are_tried_again},
		{"what expires after it was loaded", test_what_expires_after_it_was_loaded},
		{"refresh", test_refresh},
		CU_TEST_INFO_NULL,
	};
	int code = store_world_init(&world) ? unit_run("publish", tests) : 2;
	store_world_fini(&world);
	return code;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the listener was told since the last check: "+a.pfx ~b.pfx -c.pfx". */
static char told[4096];

static void tell(char sign, const char *name)
{
	size_t len = strlen(told);
	snprintf(told + len, sizeof(told) - len, "%s%c%s", len > 0 ? " " : "", sign, name);
}

static void appeared(void *context, struct scan_file *file, const struct host_name *key)
{
	(void)context;
	tell(key != NULL ? '+' : '?', file->name);
}

static void changed(void *context, struct scan_file *file)
{
	(void)context;
	tell('~', file->name);
}

static void vanished(void *context, struct scan_file *file)
{
	(void)context;
	tell('-', file->name);
}

static struct scan *create(void)
{
	const struct scan_listener listener = {.appeared = appeared, .changed = changed, .vanished = vanished};
	const uint8_t key[16] = {1};
	told[0] = '\0';
	struct scan *scan = scan_create(&listener, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(scan);
	return scan;
}

/* What the listing passed over is not there, but for the one name that is: "" none. */
static void look_for_missing(struct scan *scan, const char *there)
{
	for (const char *name; (name = scan_next_passed_over(scan)) != NULL;)
		if (strcmp(name, there) == 0)
			scan_entry(scan, &(struct share_entry){.name = name, .kind = SHARE_UNKNOWN});
		else
			scan_missing(scan, name);
}

/* A listing: names separated by blanks; "name=7" has modification time 7, others 1; "name=?" cannot be looked at. */
static struct scan_result look(struct scan *scan, const char *listing, int error)
{
	char text[4096], *rest = text;
	struct scan_result result;
	snprintf(text, sizeof(text), "%s", listing);
	told[0] = '\0';
	scan_begin(scan);
	for (char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
		struct share_entry entry = {.name = name, .kind = SHARE_REGULAR, .stamp = {.mtime_ns = 1}};
		char *equals = strchr(name, '=');
		if (equals != NULL) {
			*equals = '\0';
			entry.stamp.mtime_ns = equals[1] - '0';
			entry.kind = equals[1] == '?' ? SHARE_UNKNOWN : SHARE_REGULAR;
		}
		scan_entry(scan, &entry);
	}
	if (error == 0)
		look_for_missing(scan, "");
	scan_end(scan, error, &result);
	return result;
}

static void test_differences(void)
{
	struct scan *scan = create();
	struct scan_result result = look(scan, "a.pfx b.pem c.test.pfx .hidden.pfx readme.txt", 0);
	CU_ASSERT_STRING_EQUAL(told, "+a.pfx +b.pem +c.test.pfx");
	CU_ASSERT_EQUAL(result.added, 3);
	CU_ASSERT_EQUAL(result.n_files, 3);
	look(scan, "a.pfx b.pem c.test.pfx", 0);
	CU_ASSERT_STRING_EQUAL(told, "");
	result = look(scan, "a.pfx b.pem=2 d.pfx", 0);
	CU_ASSERT_STRING_EQUAL(told, "~b.pem +d.pfx -c.test.pfx");
	CU_ASSERT_EQUAL(result.changed, 1);
	CU_ASSERT_EQUAL(result.removed, 1);
	scan_destroy(scan);
}

static void test_each_part_of_the_stamp_counts(void)
{
	struct scan *scan = create();
	struct scan_result result;
	struct share_entry entry = {.name = "a.pfx", .kind = SHARE_REGULAR, .stamp = {1, 1, 1}};
	const struct share_stamp stamps[] = {{1, 1, 1}, {2, 1, 1}, {2, 2, 1}, {2, 2, 2}};
	for (size_t i = 0; i < 4; i++) {
		entry.stamp = stamps[i];
		scan_begin(scan);
		scan_entry(scan, &entry);
		scan_end(scan, 0, &result);
		CU_ASSERT_EQUAL(result.changed, i > 0);
	}
	entry.kind = SHARE_LINK; /* a file replaced by a link */
	scan_begin(scan);
	scan_entry(scan, &entry);
	scan_end(scan, 0, &result);
	CU_ASSERT_EQUAL(result.changed, 0);
	CU_ASSERT_EQUAL(result.added, 1);
	CU_ASSERT_EQUAL(scan_count(scan), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told, "-a.pfx +a.pfx"));
	scan_destroy(scan);
}

static void test_names_that_are_no_hosts(void)
{
	struct scan *scan = create();
	look(scan, "192.0.2.1.pfx a.pfx", 0);
	CU_ASSERT_STRING_EQUAL(told, "?192.0.2.1.pfx +a.pfx");
	scan_destroy(scan);
}

static void test_failed_listing_removes_nothing(void)
{
	struct scan *scan = create();
	look(scan, "a.pfx b.pfx c.pfx", 0);
	struct scan_result result = look(scan, "a.pfx=2", -EIO);
	CU_ASSERT_STRING_EQUAL(told, "~a.pfx");
	CU_ASSERT_EQUAL(result.n_files, 3);
	look(scan, "", -ESTALE);
	look(scan, "", -ESTALE);
	CU_ASSERT_STRING_EQUAL(told, "");
	look(scan, "a.pfx=2 b.pfx c.pfx", 0);
	CU_ASSERT_STRING_EQUAL(told, "");
	scan_destroy(scan);
}

static void test_what_cannot_be_looked_at_stays_what_it_was(void)
{
	struct scan *scan = create();
	look(scan, "a.pfx b.pfx c.pfx=?", 0);
	CU_ASSERT_STRING_EQUAL(told, "+a.pfx +b.pfx +c.pfx"); /* c.pfx as useless, see scan_useless() */
	struct scan_result result = look(scan, "a.pfx=? b.pfx c.pfx=?", 0);
	CU_ASSERT_STRING_EQUAL(told, "");
	CU_ASSERT_EQUAL(result.n_files, 3);
	look(scan, "a.pfx=2 b.pfx c.pfx", 0);
	CU_ASSERT_STRING_EQUAL(told, "~a.pfx -c.pfx +c.pfx");
	scan_destroy(scan);
}

/* Renamed over while the folder was listed: names that have been there all the while were taken for removed. */
static void test_what_a_listing_passes_over_is_looked_for(void)
{
	struct scan *scan = create();
	struct scan_result result;
	look(scan, "a.pfx b.pfx c.pfx d.pfx", 0);
	told[0] = '\0';
	scan_begin(scan);
	scan_entry(scan, &(struct share_entry){.name = "a.pfx", .kind = SHARE_REGULAR, .stamp = {.mtime_ns = 1}});
	look_for_missing(scan, "c.pfx");
	scan_end(scan, 0, &result);
	CU_ASSERT_EQUAL(result.removed, 2);
	CU_ASSERT_EQUAL(result.n_files, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(told, "-b.pfx"));
	CU_ASSERT_PTR_NOT_NULL(strstr(told, "-d.pfx"));
	CU_ASSERT_PTR_NULL(strstr(told, "c.pfx"));
	/* Nobody has looked for it: it stays. */
	scan_begin(scan);
	scan_entry(scan, &(struct share_entry){.name = "a.pfx", .kind = SHARE_REGULAR, .stamp = {.mtime_ns = 1}});
	scan_end(scan, 0, &result);
	CU_ASSERT_EQUAL(result.n_files, 2);
	scan_destroy(scan);
}

static void test_an_emptied_share_must_be_confirmed(void)
{
	struct scan *scan = create();
	look(scan, "a.pfx b.pfx c.pfx", 0);
	struct scan_result result = look(scan, "", 0);
	CU_ASSERT_STRING_EQUAL(told, "");
	CU_ASSERT_EQUAL(result.held_back, 3);
	look(scan, "a.pfx b.pfx c.pfx", 0); /* it was an error: nothing happened */
	CU_ASSERT_STRING_EQUAL(told, "");
	look(scan, "", 0);
	CU_ASSERT_STRING_EQUAL(told, "");
	look(scan, "", -EIO); /* proves nothing */
	CU_ASSERT_STRING_EQUAL(told, "");
	result = look(scan, "", 0);
	CU_ASSERT_EQUAL(result.removed, 3);
	CU_ASSERT_EQUAL(scan_count(scan), 0);
	scan_destroy(scan);
}

/* n files, then some of them. */
static struct scan_result delete_some(struct scan *scan, unsigned n, unsigned remaining)
{
	struct scan_result result = {0};
	const unsigned counts[] = {n, remaining};
	for (unsigned round = 0; round < 2; round++) {
		scan_begin(scan);
		for (unsigned i = 0; i < counts[round]; i++) {
			char name[32];
			snprintf(name, sizeof(name), "host%u.test.pfx", i);
			scan_entry(scan, &(struct share_entry){.name = name, .kind = SHARE_REGULAR});
		}
		look_for_missing(scan, "");
		scan_end(scan, 0, &result);
	}
	return result;
}

static void test_mass_deletion_bounds(void)
{
	struct scan *scan = create();
	CU_ASSERT_EQUAL(delete_some(scan, 40, 20).removed, 20); /* half */
	scan_destroy(scan);
	scan = create();
	CU_ASSERT_EQUAL(delete_some(scan, 40, 19).held_back, 21); /* more than half */
	scan_destroy(scan);
	scan = create();
	CU_ASSERT_EQUAL(delete_some(scan, 11, 1).removed, 10); /* few */
	scan_destroy(scan);
	scan = create();
	CU_ASSERT_EQUAL(delete_some(scan, 12, 1).held_back, 11);
	scan_destroy(scan);
}

static void test_many_files(void)
{
	struct scan *scan = create();
	struct scan_result result = delete_some(scan, 20000, 19999);
	CU_ASSERT_EQUAL(result.removed, 1);
	CU_ASSERT_EQUAL(scan_count(scan), 19999);
	scan_destroy(scan);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"added, changed, removed", test_differences},
		{"size, time, inode and kind", test_each_part_of_the_stamp_counts},
		{"names that are no hosts are told", test_names_that_are_no_hosts},
		{"a failed listing removes nothing", test_failed_listing_removes_nothing},
		{"what cannot be looked at stays what it was", test_what_cannot_be_looked_at_stays_what_it_was},
		{"what a listing passes over is looked for by its name", test_what_a_listing_passes_over_is_looked_for},
		{"an emptied share must be confirmed", test_an_emptied_share_must_be_confirmed},
		{"what a mass deletion is", test_mass_deletion_bounds},
		{"many files", test_many_files},
		CU_TEST_INFO_NULL,
	};
	return unit_run("scan", tests);
}

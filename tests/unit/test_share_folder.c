/* SPDX-License-Identifier: BSD-3-Clause */
#include "scratch_folder.h"
#include "share.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scratch_folder folder;

static struct share *open_share(const char *path)
{
	char error[256];
	const struct config_store store = {.enabled = true, .physical_path = path};
	struct share *share = share_open(&store, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(share);
	return share;
}

struct listing {
	unsigned n;
	enum share_kind kinds[16];
	char names[16][64];
};

static void visit(void *context, const struct share_entry *entry)
{
	struct listing *listing = context;
	snprintf(listing->names[listing->n], sizeof(listing->names[0]), "%s", entry->name);
	listing->kinds[listing->n++] = entry->kind;
}

static int kind_in(const struct listing *listing, const char *name)
{
	for (unsigned i = 0; i < listing->n; i++)
		if (strcmp(listing->names[i], name) == 0)
			return (int)listing->kinds[i];
	return -1;
}

static int read_name(const char *name, size_t *out_len)
{
	struct share *share = open_share(folder.path);
	struct share_content content = {0};
	int error = share_read(share, name, &content);
	*out_len = content.len;
	if (error == 0)
		free(content.data);
	share_close(share);
	return error;
}

static void test_listing(void)
{
	struct share *share = open_share(folder.path);
	struct listing listing = {0};
	CU_ASSERT_EQUAL(share_list(share, visit, &listing), 0);
	CU_ASSERT_EQUAL(listing.n, 6);
	CU_ASSERT_EQUAL(kind_in(&listing, "a.pfx"), SHARE_REGULAR);
	CU_ASSERT_EQUAL(kind_in(&listing, "folder.pfx"), SHARE_DIRECTORY);
	CU_ASSERT_EQUAL(kind_in(&listing, "link.pfx"), SHARE_LINK);
	CU_ASSERT_EQUAL(kind_in(&listing, "fifo.pfx"), SHARE_OTHER);
	CU_ASSERT_EQUAL(kind_in(&listing, "folder.pfx/inner.pfx"), -1);
	share_close(share);
}

static void test_listing_errors(void)
{
	struct listing listing = {0};
	struct share *share = open_share("/no/such/folder");
	CU_ASSERT_EQUAL(share_list(share, visit, &listing), -ENOENT);
	share_close(share);
	share = open_share(scratch_folder_path(&folder, "a.pfx"));
	CU_ASSERT_EQUAL(share_list(share, visit, &listing), -ENOTDIR);
	share_close(share);
	CU_ASSERT_EQUAL(listing.n, 0);
}

static void test_paths_that_are_refused(void)
{
	char error[256];
	const char *const paths[] = {"", NULL, "smb://server/share"};
	for (size_t i = 0; i < 3; i++) {
		const struct config_store store = {.enabled = true, .physical_path = paths[i]};
		error[0] = '\0';
		CU_ASSERT_PTR_NULL(share_open(&store, error, sizeof(error)));
		CU_ASSERT(strlen(error) > 0);
	}
}

static void test_reading(void)
{
	size_t len;
	CU_ASSERT_EQUAL(read_name("a.pfx", &len), 0);
	CU_ASSERT_EQUAL(len, 5);
	CU_ASSERT_EQUAL(read_name("empty.pfx", &len), 0);
	CU_ASSERT_EQUAL(len, 0);
}

static void test_what_is_not_read(void)
{
	size_t len;
	CU_ASSERT_EQUAL(read_name("none.pfx", &len), -ENOENT);
	CU_ASSERT_EQUAL(read_name("folder.pfx", &len), -EISDIR);
	CU_ASSERT_EQUAL(read_name("link.pfx", &len), -ELOOP);
	CU_ASSERT_EQUAL(read_name("fifo.pfx", &len), -EINVAL);
	CU_ASSERT_EQUAL(read_name("huge.pfx", &len), -EFBIG);
	CU_ASSERT_EQUAL(read_name("folder.pfx/inner.pfx", &len), -EINVAL);
	CU_ASSERT_EQUAL(read_name("../a.pfx", &len), -EINVAL);
	CU_ASSERT_EQUAL(read_name("..", &len), -EINVAL);
	CU_ASSERT_EQUAL(read_name("", &len), -EINVAL);
}

static bool fill(void)
{
	return scratch_folder_init(&folder) && scratch_folder_write(&folder, "a.pfx", "hello", 5) &&
	       scratch_folder_write(&folder, "empty.pfx", "", 0) && scratch_folder_write(&folder, "huge.pfx", "", 0) &&
	       truncate(scratch_folder_path(&folder, "huge.pfx"), (off_t)2 << 30) == 0 &&
	       mkdir(scratch_folder_path(&folder, "folder.pfx"), 0700) == 0 &&
	       scratch_folder_write(&folder, "folder.pfx/inner.pfx", "x", 1) &&
	       symlink("a.pfx", scratch_folder_path(&folder, "link.pfx")) == 0 &&
	       mkfifo(scratch_folder_path(&folder, "fifo.pfx"), 0600) == 0;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"top folder with what each entry is", test_listing},
		{"no folder", test_listing_errors},
		{"paths that are refused", test_paths_that_are_refused},
		{"reading", test_reading},
		{"links, folders, FIFOs, 2 GiB, paths", test_what_is_not_read},
		CU_TEST_INFO_NULL,
	};
	int code = fill() ? unit_run("share_folder", tests) : 2;
	scratch_folder_fini(&folder);
	return code;
}

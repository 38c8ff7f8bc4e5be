/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_file.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void make_file(size_t len)
{
	snprintf(path, sizeof(path), "/tmp/handfast-test-XXXXXX");
	int fd = mkstemp(path);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	char *content = malloc(len + 1);
	memset(content, 'x', len);
	CU_ASSERT_EQUAL(write(fd, content, len), (ssize_t)len);
	free(content);
	close(fd);
}

static void test_files_are_read_whole(void)
{
	static const size_t lengths[] = {0, 1, 16382, 16383, 16384, 16385, 100000};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct config_file file;
		make_file(lengths[i]);
		CU_ASSERT_EQUAL(config_file_read(path, 100000, &file), 0);
		CU_ASSERT_EQUAL(file.len, lengths[i]);
		CU_ASSERT_EQUAL(strlen(file.text), lengths[i]);
		config_file_release(&file);
		CU_ASSERT_PTR_NULL(file.text);
		unlink(path);
	}
}

static void test_the_bound_holds(void)
{
	struct config_file file;
	make_file(1001);
	CU_ASSERT_EQUAL(config_file_read(path, 1000, &file), -EFBIG);
	CU_ASSERT_PTR_NULL(file.text);
	CU_ASSERT_EQUAL(config_file_read(path, 1001, &file), 0);
	config_file_release(&file);
	unlink(path);
}

static void test_what_is_no_file(void)
{
	struct config_file file;
	CU_ASSERT_EQUAL(config_file_read("/no/such/file", 1000, &file), -ENOENT);
	CU_ASSERT_EQUAL(config_file_read("/", 1000, &file), -EISDIR);
	CU_ASSERT_EQUAL(config_file_read("/dev/zero", 1000, &file), -EINVAL);
	CU_ASSERT_PTR_NULL(file.text);
	config_file_release(&file);
}

/* A secret that a shell hands over: <(pass show handfast). */
static void test_a_pipe_is_read(void)
{
	int ends[2];
	struct config_file file;
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	CU_ASSERT_EQUAL(write(ends[1], "sesame\n", 7), 7);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	CU_ASSERT_EQUAL(config_file_read(path, 1000, &file), 0);
	CU_ASSERT_STRING_EQUAL(file.text, "sesame\n");
	config_file_release(&file);
	close(ends[0]);
}

/* handfastd --check -c FIFO hung. */
static void test_a_fifo_without_writer_is_empty(void)
{
	struct config_file file;
	snprintf(path, sizeof(path), "/tmp/handfast-fifo-%d", (int)getpid());
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(config_file_read(path, 1000, &file), 0);
	CU_ASSERT_EQUAL(file.len, 0);
	config_file_release(&file);
	unlink(path);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"files are read whole", test_files_are_read_whole},
		{"the bound holds", test_the_bound_holds},
		{"what is no file", test_what_is_no_file},
		{"a pipe is read", test_a_pipe_is_read},
		{"a FIFO without writer is empty", test_a_fifo_without_writer_is_empty},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_file", tests);
}

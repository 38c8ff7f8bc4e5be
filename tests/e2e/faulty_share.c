/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A share that fails on demand: faulty_share FOLDER MOUNT-POINT RULES COUNTS
 * Passes FOLDER through, read-only and with nothing cached, by FUSE. Before each operation it reads the file RULES:
 * lines of OPERATION NAME FAULT, where the first that fits decides; NAME "*" is every file. After each it writes how
 * many there were so far to the file COUNTS.
 *
 *   list, stat, open, read    hang (until the rule is gone), slow (20 ms), EIO, ESTALE, EACCES, ENOTCONN
 *   list                      empty (without an error), cut (half, then EIO), long (one more file, of 300 octets)
 *   read                      short (half, then the end), torn (zeroes in the second half)
 *   stat (the walk along a path too)  moving (its time changes with each look)
 */
#define FUSE_USE_VERSION 31

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOW_US       20000
#define LONG_NAME_LEN 300

enum operation { LIST, STAT, OPEN, READ, OPERATIONS };

static const char *const operation_names[OPERATIONS] = {"list", "stat", "open", "read"};
static const char *source, *rules_path, *counts_path;
static pthread_mutex_t counts_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long counts[OPERATIONS], looks;

/* --- rules and counts -----------------------------------------------------------------------------------------------
 */

static void count(enum operation operation)
{
	pthread_mutex_lock(&counts_lock);
	counts[operation]++;
	FILE *file = fopen(counts_path, "w");
	for (int i = 0; file != NULL && i < OPERATIONS; i++)
		fprintf(file, "%s %lu\n", operation_names[i], counts[i]);
	if (file != NULL)
		fclose(file);
	pthread_mutex_unlock(&counts_lock);
}

/* The fault that the rules have for this, "" if none. */
static void find_fault(enum operation operation, const char *path, char fault[16])
{
	char rule_operation[16], rule_name[256];
	FILE *file = fopen(rules_path, "r");
	fault[0] = '\0';
	while (file != NULL && fscanf(file, "%15s %255s %15s", rule_operation, rule_name, fault) == 3) {
		bool fits = strcmp(rule_operation, operation_names[operation]) == 0 &&
			    (strcmp(rule_name, "*") == 0 || strcmp(rule_name, path + 1) == 0);
		if (fits)
			break;
		fault[0] = '\0';
	}
	if (file != NULL)
		fclose(file);
}

static int error_of(const char *fault)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {{"EIO", EIO}, {"ESTALE", ESTALE}, {"EACCES", EACCES}, {"ENOTCONN", ENOTCONN}};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(fault, errors[i].name) == 0)
			return -errors[i].error;
	return 0;
}

/* Counts, hangs, waits; returns the error that the operation has to give. */
static int suffer(enum operation operation, const char *path, char fault[16])
{
	count(operation);
	find_fault(operation, path, fault);
	while (strcmp(fault, "hang") == 0) {
		usleep(SLOW_US);
		find_fault(operation, path, fault);
	}
	if (strcmp(fault, "slow") == 0)
		usleep(SLOW_US);
	return error_of(fault);
}

/* --- operations -----------------------------------------------------------------------------------------------------
 */

static void in_source(const char *path, char out[4096])
{
	snprintf(out, 4096, "%s%s", source, path);
}

static int get_attributes(const char *path, struct stat *out, struct fuse_file_info *info)
{
	char real[4096], fault[16];
	(void)info;
	int error = suffer(STAT, path, fault);
	if (error != 0)
		return error;
	memset(out, 0, sizeof(*out));
	in_source(path, real);
	if (strlen(path) > LONG_NAME_LEN) {
		out->st_mode = S_IFREG | 0600;
		out->st_nlink = 1;
		return 0;
	}
	if (lstat(real, out) != 0)
		return -errno;
	if (strcmp(fault, "moving") == 0)
		out->st_mtim.tv_sec += (time_t)++looks;
	return 0;
}

static int list(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
	enum fuse_readdir_flags flags)
{
	char real[4096], fault[16], long_name[LONG_NAME_LEN + 1];
	(void)info;
	(void)flags;
	int error = suffer(LIST, path, fault);
	if (error != 0 || strcmp(fault, "empty") == 0)
		return error;
	in_source(path, real);
	struct dirent **items;
	int n = scandir(real, &items, NULL, alphasort);
	if (n < 0)
		return -errno;
	int end = strcmp(fault, "cut") == 0 ? n / 2 : n;
	bool full = false;
	for (int i = 0; i < n; i++) {
		if (i >= offset && i < end && !full)
			full = fill(buffer, items[i]->d_name, NULL, i + 1, 0) != 0;
		free(items[i]);
	}
	free(items);
	if (strcmp(fault, "cut") == 0 && offset >= end)
		return -EIO;
	memset(long_name, 'a', LONG_NAME_LEN);
	snprintf(long_name + LONG_NAME_LEN - 4, 5, ".pfx");
	if (strcmp(fault, "long") == 0 && offset <= n && !full)
		fill(buffer, long_name, NULL, n + 1, 0);
	return 0;
}

static int open_file(const char *path, struct fuse_file_info *info)
{
	char real[4096], fault[16];
	int error = suffer(OPEN, path, fault);
	if (error != 0)
		return error;
	in_source(path, real);
	int fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	info->fh = (uint64_t)fd;
	info->direct_io = 1;
	return 0;
}

static int release_file(const char *path, struct fuse_file_info *info)
{
	(void)path;
	close((int)info->fh);
	return 0;
}

static int read_file(const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *info)
{
	char fault[16];
	struct stat status;
	int error = suffer(READ, path, fault);
	if (error != 0)
		return error;
	if (fstat((int)info->fh, &status) != 0)
		return -errno;
	off_t half = status.st_size / 2;
	if (strcmp(fault, "short") == 0)
		size = offset >= half ? 0 : size < (size_t)(half - offset) ? size : (size_t)(half - offset);
	ssize_t n = pread((int)info->fh, data, size, offset);
	for (ssize_t i = 0; i < n && strcmp(fault, "torn") == 0; i++)
		if (offset + i >= half)
			data[i] = 0;
	return n < 0 ? -errno : (int)n;
}

static int read_link(const char *path, char *out, size_t size)
{
	char real[4096];
	in_source(path, real);
	ssize_t n = readlink(real, out, size - 1);
	if (n < 0)
		return -errno;
	out[n] = '\0';
	return 0;
}

/* Nothing is kept by the kernel: each operation gets here and is counted. */
static void *configure(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->use_ino = 1;
	config->entry_timeout = 0;
	config->attr_timeout = 0;
	config->negative_timeout = 0;
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct fuse_operations operations = {
		.init = configure,
		.getattr = get_attributes,
		.readdir = list,
		.open = open_file,
		.release = release_file,
		.read = read_file,
		.readlink = read_link,
	};
	if (argc != 5) {
		fprintf(stderr, "usage: faulty_share FOLDER MOUNT-POINT RULES COUNTS\n");
		return 2;
	}
	source = argv[1];
	rules_path = argv[3];
	counts_path = argv[4];
	char *fuse_arguments[] = {argv[0], "-f", argv[2], NULL};
	return fuse_main(3, fuse_arguments, &operations, NULL);
}

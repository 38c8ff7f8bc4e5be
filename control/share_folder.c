/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_folder.h"

#include "share_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	struct share share;
	int hints; /* -1: not asked for */
	char path[];
};

static struct share_stamp stamp_of(const struct stat *status)
{
	return (struct share_stamp){
		.size_bytes = (uint64_t)status->st_size,
		.mtime_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
		.inode = status->st_ino,
	};
}

static enum share_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return SHARE_REGULAR;
	if (S_ISDIR(mode))
		return SHARE_DIRECTORY;
	return S_ISLNK(mode) ? SHARE_LINK : SHARE_OTHER;
}

struct listing {
	void (*visit)(void *context, const struct share_entry *entry);
	void *context;
	int error; /* of the first file that could not be looked at */
	bool any_known;
};

/* One file that cannot be looked at must not hide the others. */
static void visit_one(struct listing *listing, int folder, const char *name)
{
	struct stat status = {0};
	struct share_entry entry = {.name = name, .kind = SHARE_UNKNOWN};
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		entry.kind = kind_of(status.st_mode);
		entry.stamp = stamp_of(&status);
		listing->any_known = true;
	} else if (errno == ENOENT) {
		return; /* removed since readdir(): it is simply not on the share */
	} else if (listing->error == 0) {
		listing->error = -errno;
	}
	listing->visit(listing->context, &entry);
}

static int list(struct share *share, void (*visit)(void *, const struct share_entry *), void *context)
{
	const struct folder *folder = (const struct folder *)share;
	struct listing listing = {.visit = visit, .context = context};
	DIR *stream = opendir(folder->path);
	if (stream == NULL)
		return -errno;
	const struct dirent *item;
	while (errno = 0, (item = readdir(stream)) != NULL)
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			visit_one(&listing, dirfd(stream), item->d_name);
	int error = -errno;
	closedir(stream);
	/* None could be: it is the share that fails. */
	return error == 0 && !listing.any_known ? listing.error : error;
}

static int read_to_end(int fd, uint8_t *data, size_t size, size_t *out_len)
{
	size_t len = 0;
	while (len < size) {
		ssize_t n = read(fd, data + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*out_len = len;
	return 0;
}

static int read_open_file(int fd, struct share_content *out_content)
{
	struct stat before, after;
	if (fstat(fd, &before) != 0)
		return -errno;
	if (!S_ISREG(before.st_mode))
		return S_ISDIR(before.st_mode) ? -EISDIR : -EINVAL;
	if ((uint64_t)before.st_size > SHARE_MAX_FILE_BYTES)
		return -EFBIG;
	/* One byte more than its size, to see a file that grows. */
	size_t size = (size_t)before.st_size + 1;
	uint8_t *data = malloc(size);
	if (data == NULL)
		return -ENOMEM;
	int error = read_to_end(fd, data, size, &out_content->len);
	if (error == 0 && fstat(fd, &after) != 0)
		error = -errno;
	if (error == 0) {
		struct share_stamp old = stamp_of(&before);
		out_content->stamp = stamp_of(&after);
		if (!share_stamp_equal(&old, &out_content->stamp) || out_content->len != out_content->stamp.size_bytes)
			error = -EAGAIN;
	}
	if (error != 0) {
		explicit_bzero(data, size);
		free(data);
		return error;
	}
	out_content->data = data;
	return 0;
}

int share_folder_read_file(int folder, const char *name, bool follow_links, struct share_content *out_content)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not hold us. */
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow_links ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return -errno;
	int error = read_open_file(fd, out_content);
	close(fd);
	return error;
}

int share_folder_stamp(const char *path, struct share_stamp *out_stamp)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return -errno;
	*out_stamp = stamp_of(&status);
	return 0;
}

/* The folder, by its path, for a name that is looked up in it. Returns a descriptor or -errno. */
static int open_folder_for(const struct folder *folder, const char *name)
{
	if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	int fd = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_entry(struct share *share, const char *name, struct share_content *out_content)
{
	int fd = open_folder_for((const struct folder *)share, name);
	if (fd < 0)
		return fd;
	int error = share_folder_read_file(fd, name, false, out_content);
	close(fd);
	return error;
}

static int find(struct share *share, const char *name)
{
	struct stat status;
	int fd = open_folder_for((const struct folder *)share, name);
	/* Without the folder nothing is known of its files. */
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	int error = fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
	close(fd);
	return error;
}

static int watch(struct share *share)
{
	struct folder *folder = (struct folder *)share;
	folder->hints = share_watch_renew(folder->hints, folder->path);
	return folder->hints;
}

static void close_folder(struct share *share)
{
	const struct folder *folder = (const struct folder *)share;
	if (folder->hints >= 0)
		close(folder->hints);
	free(share);
}

struct share *share_folder_open(const char *path, char *error, size_t error_size)
{
	static const struct share_operations operations = {
		.list = list, .read = read_entry, .find = find, .watch = watch, .close = close_folder};
	size_t size = strlen(path) + 1;
	struct folder *folder = malloc(sizeof(*folder) + size);
	if (folder == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	folder->share.operations = &operations;
	folder->hints = -1;
	memcpy(folder->path, path, size);
	return &folder->share;
}

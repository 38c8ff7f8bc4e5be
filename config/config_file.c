/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES ((size_t)16 * 1024)

void config_file_release(struct config_file *file)
{
	if (file->text != NULL)
		explicit_bzero(file->text, file->len);
	free(file->text);
	memset(file, 0, sizeof(*file));
}

/* By hand instead of realloc(), which would leave the old copy unwiped. */
static int grow(struct config_file *file)
{
	size_t size = file->size == 0 ? FIRST_BYTES : 2 * file->size;
	char *text = malloc(size);
	if (text == NULL)
		return -ENOMEM;
	if (file->text != NULL) {
		memcpy(text, file->text, file->len);
		explicit_bzero(file->text, file->len);
		free(file->text);
	}
	file->text = text;
	file->size = size;
	return 0;
}

static int check_kind(int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	/* A pipe is how a shell or a service manager hands over a secret; a device could go on for ever. */
	return S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) ? 0 : -EINVAL;
}

/* @return octets read, 0 at the end, or -errno; the last octet of the buffer stays free for the terminating zero. */
static ssize_t read_some(int fd, struct config_file *file)
{
	if (file->size - file->len < 2) {
		int result = grow(file);
		if (result != 0)
			return result;
	}
	ssize_t got;
	do {
		got = read(fd, file->text + file->len, file->size - file->len - 1);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static int read_all(int fd, size_t max_bytes, struct config_file *file)
{
	int result = check_kind(fd);
	if (result != 0)
		return result;
	for (;;) {
		ssize_t got = read_some(fd, file);
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		file->len += (size_t)got;
		if (file->len > max_bytes)
			return -EFBIG;
	}
	file->text[file->len] = '\0';
	return 0;
}

int config_file_read(const char *path, size_t max_bytes, struct config_file *out)
{
	memset(out, 0, sizeof(*out));
	/* A FIFO that nobody writes to must not stop us for ever at open(); one with a writer is waited for, in read().
	 */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	int result = fcntl(fd, F_SETFL, 0) == 0 ? read_all(fd, max_bytes, out) : -errno;
	close(fd);
	if (result != 0)
		config_file_release(out);
	return result;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_process.h"

#include "channel.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A batch holds some 500 entries: one system call for all of them. */
#define BATCH_BYTES ((size_t)64 << 10)

struct batch {
	int socket;
	int error;
	size_t len;
	uint8_t data[BATCH_BYTES];
};

static int answer(int socket, struct share_process_answer head, struct bytes body)
{
	return channel_send(socket, (struct bytes){(const uint8_t *)&head, sizeof(head)}, body);
}

static void send_batch(struct batch *batch)
{
	if (batch->len > 0 && batch->error == 0)
		batch->error = answer(batch->socket, (struct share_process_answer){.kind = SHARE_PROCESS_ENTRIES},
			(struct bytes){batch->data, batch->len});
	batch->len = 0;
}

static void add_entry(void *context, const struct share_entry *entry)
{
	struct batch *batch = context;
	size_t len = strlen(entry->name), name_len = len > NAME_MAX ? NAME_MAX : len;
	enum share_kind kind = len > NAME_MAX ? SHARE_LONG_NAME : entry->kind;
	struct share_process_entry packed = {
		.stamp = entry->stamp, .kind = (uint16_t)kind, .name_len = (uint16_t)name_len};
	if (batch->len + sizeof(packed) + name_len > sizeof(batch->data))
		send_batch(batch);
	memcpy(batch->data + batch->len, &packed, sizeof(packed));
	/* Of a name that is too long the end, which says what it was to be. */
	memcpy(batch->data + batch->len + sizeof(packed), entry->name + len - name_len, name_len);
	batch->len += sizeof(packed) + name_len;
}

static int list(struct share *share, int socket)
{
	struct batch batch = {.socket = socket};
	int error = share_list(share, add_entry, &batch);
	send_batch(&batch);
	if (batch.error != 0)
		return batch.error;
	return answer(socket, (struct share_process_answer){.kind = SHARE_PROCESS_LISTED, .error = error},
		(struct bytes){NULL, 0});
}

static int read_file(struct share *share, int socket, const char *name)
{
	struct share_content content = {0};
	int error = share_read(share, name, &content);
	struct share_process_answer head = {.kind = SHARE_PROCESS_CONTENT, .error = error, .stamp = content.stamp};
	int sent = answer(socket, head, (struct bytes){content.data, error == 0 ? content.len : 0});
	if (error == 0) {
		explicit_bzero(content.data, content.len);
		free(content.data);
	}
	return sent;
}

/* What is asked while there is no share. */
static int refuse(int socket, uint32_t operation)
{
	bool is_list = operation == SHARE_PROCESS_LIST;
	struct share_process_answer head = {
		.kind = is_list ? SHARE_PROCESS_LISTED : SHARE_PROCESS_CONTENT, .error = -ELIBACC};
	return answer(socket, head, (struct bytes){NULL, 0});
}

/* Until something is asked. A hint is given once: whoever wants another has to list again. */
static int wait_for_request(int socket, int *hints)
{
	struct pollfd fds[] = {{.fd = socket, .events = POLLIN}, {.fd = *hints, .events = POLLIN}};
	while (fds[0].revents == 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents == 0)
			continue;
		int error = answer(
			socket, (struct share_process_answer){.kind = SHARE_PROCESS_HINT}, (struct bytes){NULL, 0});
		if (error != 0)
			return error;
		*hints = fds[1].fd = -1;
		fds[1].revents = 0;
	}
	return 0;
}

static int serve(struct share *share, int socket, int *hints)
{
	struct {
		struct share_process_request head;
		char name[NAME_MAX + 1];
	} message;
	size_t len;
	int error = channel_receive(socket, (uint8_t *)&message, sizeof(message) - 1, &len);
	if (error != 0)
		return error;
	if (len < sizeof(message.head))
		return -EBADMSG;
	if (share == NULL)
		return refuse(socket, message.head.operation);
	if (message.head.operation == SHARE_PROCESS_LIST) {
		*hints = share_watch(share);
		return list(share, socket);
	}
	message.name[len - sizeof(message.head)] = '\0';
	return read_file(share, socket, message.name);
}

/* Libraries that print must not disturb whoever reads the daemon's output. */
static void silence_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	close(null);
}

int share_process_run(int socket, const void *context)
{
	const struct config *config = context;
	char text[256];
	silence_output();
	struct share *share = share_open(&config->store, text, sizeof(text));
	/* It stays, and says so to all who ask: ending would only have it started again. */
	if (share == NULL)
		log_event(CONFIG_LOG_ERROR, "share cannot be opened", "reason", text);
	int error = 0, hints = -1;
	while (error == 0) {
		error = wait_for_request(socket, &hints);
		if (error == 0)
			error = serve(share, socket, &hints);
	}
	share_close(share);
	return error == -EPIPE ? 0 : 1;
}

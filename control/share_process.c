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

struct share_process {
	int socket, hints; /* hints: a descriptor that tells of changes, -1: none */
	const struct config *config;
	struct share *share; /* NULL: could not be opened */
};

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

static int find(struct share *share, int socket, const char *name)
{
	struct share_process_answer head = {.kind = SHARE_PROCESS_FOUND, .error = share_find(share, name)};
	return answer(socket, head, (struct bytes){NULL, 0});
}

/* What is asked while there is no share. */
static int refuse(int socket, uint32_t operation)
{
	static const uint32_t kinds[] = {[SHARE_PROCESS_LIST] = SHARE_PROCESS_LISTED,
		[SHARE_PROCESS_READ] = SHARE_PROCESS_CONTENT,
		[SHARE_PROCESS_FIND] = SHARE_PROCESS_FOUND};
	struct share_process_answer head = {.kind = kinds[operation], .error = -ELIBACC};
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

struct request {
	struct share_process_request head;
	char body[2 * (SHARE_PROCESS_MAX_CREDENTIAL_LEN + 1)];
};

/* It stays without a share, and says so to all who ask: ending would only have it started again. */
static struct share *open_share(const struct config_store *store)
{
	char text[256];
	struct share *share = share_open(store, text, sizeof(text));
	if (share == NULL)
		log_event(CONFIG_LOG_ERROR, "share cannot be opened", "reason", text);
	return share;
}

static int log_on(struct share_process *process, const struct request *request, size_t body_len)
{
	struct config_store store = process->config->store;
	const char *end = memchr(request->body, '\0', body_len);
	if (end == NULL || body_len == 0 || request->body[body_len - 1] != '\0' || end == request->body + body_len - 1)
		return -EBADMSG;
	store.user_name = request->body[0] != '\0' ? request->body : NULL;
	store.password = end[1] != '\0' ? end + 1 : NULL;
	share_close(process->share);
	process->share = open_share(&store);
	return 0;
}

static int serve(struct share_process *process, struct request *request)
{
	size_t len;
	int error = channel_receive(process->socket, (uint8_t *)request, sizeof(*request) - 1, &len);
	if (error != 0)
		return error;
	if (len < sizeof(request->head) || request->head.operation >= SHARE_PROCESS_OPERATIONS)
		return -EBADMSG;
	size_t body_len = len - sizeof(request->head);
	if (request->head.operation == SHARE_PROCESS_LOG_ON)
		return log_on(process, request, body_len);
	if (process->share == NULL)
		return refuse(process->socket, request->head.operation);
	if (request->head.operation == SHARE_PROCESS_LIST) {
		process->hints = share_watch(process->share);
		return list(process->share, process->socket);
	}
	request->body[body_len] = '\0';
	if (request->head.operation == SHARE_PROCESS_FIND)
		return find(process->share, process->socket, request->body);
	return read_file(process->share, process->socket, request->body);
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
	struct share_process process = {.socket = socket, .hints = -1, .config = context};
	struct request request;
	silence_output();
	process.share = open_share(&process.config->store);
	int error = 0;
	while (error == 0) {
		error = wait_for_request(socket, &process.hints);
		if (error == 0)
			error = serve(&process, &request);
		explicit_bzero(&request, sizeof(request));
	}
	share_close(process.share);
	return error == -EPIPE ? 0 : 1;
}

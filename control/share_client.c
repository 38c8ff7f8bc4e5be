/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_client.h"

#include "channel.h"
#include "config_changes.h"
#include "log.h"
#include "share_error.h"
#include "share_process.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum state { IDLE, LISTING, READING, FINDING };

struct share_client {
	struct zygote *zygote;
	size_t role;
	uint64_t answer_timeout_ms; /* each batch of a listing is a sign of life */
	struct share_client_listener listener;
	const struct config_store *log_on_as; /* NULL: as whom the process was started */
	bool is_stale;                        /* the process has logged on as somebody else */
	struct channel channel;
	pid_t pid;
	enum state state;
	uint64_t deadline_ms;
	/* READING: asked for, oldest first from `first` on; answers come in this order. FINDING: the first is it */
	char names[SHARE_CLIENT_MAX_READS][NAME_MAX + 1];
	unsigned first, n_reads;
};

struct share_client *share_client_create(
	struct zygote *zygote, size_t role, unsigned answer_timeout_s, const struct share_client_listener *listener)
{
	struct share_client *client = calloc(1, sizeof(*client));
	if (client == NULL)
		return NULL;
	client->zygote = zygote;
	client->role = role;
	client->answer_timeout_ms = (uint64_t)answer_timeout_s * 1000;
	client->listener = *listener;
	client->channel.fd = -1;
	return client;
}

void share_client_destroy(struct share_client *client)
{
	if (client == NULL)
		return;
	channel_fini(&client->channel);
	free(client);
}

bool share_client_is_idle(const struct share_client *client)
{
	return client->state == IDLE;
}

int share_client_fd(const struct share_client *client)
{
	return client->channel.fd;
}

short share_client_events(const struct share_client *client)
{
	return channel_events(&client->channel);
}

void share_client_use(struct share_client *client, const struct config_store *before, const struct config_store *store)
{
	bool is_same = config_changes_same_credentials(before, store);
	client->is_stale |= !is_same;
	if (client->log_on_as != NULL || !is_same)
		client->log_on_as = store;
}

static size_t put_text(uint8_t *at, const char *text)
{
	size_t len = text != NULL ? strnlen(text, SHARE_PROCESS_MAX_CREDENTIAL_LEN) : 0;
	if (len > 0)
		memcpy(at, text, len);
	at[len] = '\0';
	return len + 1;
}

static int queue_log_on(struct share_client *client)
{
	const struct share_process_request head = {.operation = SHARE_PROCESS_LOG_ON};
	uint8_t body[2 * (SHARE_PROCESS_MAX_CREDENTIAL_LEN + 1)];
	if (client->log_on_as == NULL)
		return 0;
	size_t len = put_text(body, client->log_on_as->user_name);
	len += put_text(body + len, client->log_on_as->password);
	int error = channel_queue(
		&client->channel, (struct bytes){(const uint8_t *)&head, sizeof(head)}, (struct bytes){body, len});
	explicit_bzero(body, sizeof(body));
	return error;
}

static int connect_process(struct share_client *client)
{
	/* Its end of the socket tells the old process to go. */
	if (client->is_stale && client->state == IDLE)
		channel_fini(&client->channel);
	if (client->channel.fd >= 0)
		return 0;
	int fd = zygote_spawn(client->zygote, client->role, &client->pid);
	if (fd < 0)
		return fd;
	channel_init(&client->channel, fd);
	client->is_stale = false;
	int error = queue_log_on(client);
	if (error != 0)
		channel_fini(&client->channel);
	return error;
}

static int ask(struct share_client *client, enum share_process_operation operation, const char *name)
{
	struct share_process_request head = {.operation = operation};
	int error = connect_process(client);
	if (error != 0)
		return error;
	return channel_queue(&client->channel, (struct bytes){(const uint8_t *)&head, sizeof(head)},
		(struct bytes){(const uint8_t *)name, strlen(name)});
}

int share_client_list(struct share_client *client, uint64_t now_ms)
{
	if (client->state != IDLE)
		return -EBUSY;
	int error = ask(client, SHARE_PROCESS_LIST, "");
	if (error != 0)
		return error;
	client->state = LISTING;
	/* libsmbclient fetches a folder whole before it gives any of it, a million names in some 25 s. */
	client->deadline_ms = now_ms + 2 * client->answer_timeout_ms;
	return 0;
}

int share_client_find(struct share_client *client, const char *name, uint64_t now_ms)
{
	if (client->state != IDLE)
		return -EBUSY;
	size_t len = strnlen(name, NAME_MAX + 1);
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	int error = ask(client, SHARE_PROCESS_FIND, name);
	if (error != 0)
		return error;
	memcpy(client->names[client->first], name, len + 1);
	client->state = FINDING;
	client->deadline_ms = now_ms + client->answer_timeout_ms;
	return 0;
}

int share_client_read(struct share_client *client, const char *name, uint64_t now_ms)
{
	if (client->state == LISTING || client->state == FINDING || client->n_reads == SHARE_CLIENT_MAX_READS)
		return -EBUSY;
	size_t len = strnlen(name, NAME_MAX + 1);
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	/* Without a process: the reads that there may be are of one that was given up, about to be told of. */
	bool is_first = client->state == IDLE || client->channel.fd < 0;
	int error = ask(client, SHARE_PROCESS_READ, name);
	if (error != 0)
		return error;
	memcpy(client->names[(client->first + client->n_reads++) % SHARE_CLIENT_MAX_READS], name, len + 1);
	if (is_first)
		client->deadline_ms = now_ms + client->answer_timeout_ms;
	client->state = READING;
	return 0;
}

/* The listener may ask for the next thing at once: the state is right before it is called. */
static void finish_read(struct share_client *client, int error, struct bytes content, const struct share_stamp *stamp)
{
	char name[NAME_MAX + 1];
	memcpy(name, client->names[client->first], sizeof(name));
	client->first = (client->first + 1) % SHARE_CLIENT_MAX_READS;
	client->n_reads--;
	if (client->n_reads == 0)
		client->state = IDLE;
	client->listener.read(client->listener.context, name, error, content, stamp);
}

static void finish_list(struct share_client *client, int error)
{
	client->state = IDLE;
	client->listener.listed(client->listener.context, error);
}

static void finish_find(struct share_client *client, int error)
{
	char name[NAME_MAX + 1];
	memcpy(name, client->names[client->first], sizeof(name));
	client->state = IDLE;
	client->listener.found(client->listener.context, name, error);
}

/* Returns false if the message is not what the share process would send. */
static bool take_entries(struct share_client *client, struct bytes packed)
{
	while (packed.len > 0) {
		struct share_process_entry head;
		char name[NAME_MAX + 1];
		if (packed.len < sizeof(head))
			return false;
		memcpy(&head, packed.data, sizeof(head));
		if (packed.len - sizeof(head) < head.name_len || head.name_len > NAME_MAX || head.kind > SHARE_UNKNOWN)
			return false;
		memcpy(name, packed.data + sizeof(head), head.name_len);
		name[head.name_len] = '\0';
		struct share_entry entry = {.name = name, .kind = (enum share_kind)head.kind, .stamp = head.stamp};
		client->listener.listed_entry(client->listener.context, &entry);
		packed.data += sizeof(head) + head.name_len;
		packed.len -= sizeof(head) + head.name_len;
	}
	return true;
}

static bool take_answer(struct share_client *client, struct bytes message, uint64_t now_ms)
{
	struct share_process_answer head;
	if (message.len < sizeof(head))
		return false;
	memcpy(&head, message.data, sizeof(head));
	struct bytes body = {message.data + sizeof(head), message.len - sizeof(head)};
	if (head.kind == SHARE_PROCESS_ENTRIES && client->state == LISTING) {
		client->deadline_ms = now_ms + client->answer_timeout_ms;
		return take_entries(client, body);
	}
	if (head.kind == SHARE_PROCESS_HINT) {
		if (client->listener.hinted != NULL)
			client->listener.hinted(client->listener.context);
		return true;
	}
	if (head.kind == SHARE_PROCESS_LISTED && client->state == LISTING) {
		finish_list(client, head.error);
		return true;
	}
	if (head.kind == SHARE_PROCESS_FOUND && client->state == FINDING) {
		finish_find(client, head.error);
		return true;
	}
	if (head.kind != SHARE_PROCESS_CONTENT || client->state != READING)
		return false;
	client->deadline_ms = now_ms + client->answer_timeout_ms;
	finish_read(client, head.error, body, &head.stamp);
	return true;
}

/* Of several reads the oldest was under way; the others had not been begun. */
static void give_up(struct share_client *client, int error)
{
	log_event(CONFIG_LOG_WARNING, "share process gives no answer", "pid", LOG_NUMBER(client->pid), "reason",
		share_error_text(error));
	zygote_kill(client->zygote, client->pid);
	channel_fini(&client->channel);
	if (client->state == LISTING)
		finish_list(client, error);
	else if (client->state == FINDING)
		finish_find(client, error);
	for (unsigned n = client->n_reads; n > 0; n--, error = -ECANCELED)
		finish_read(client, error, (struct bytes){NULL, 0}, &(struct share_stamp){0});
}

void share_client_step(struct share_client *client, uint64_t now_ms)
{
	if (client->channel.fd < 0)
		return;
	int error = channel_step(&client->channel);
	struct bytes message;
	while (channel_next(&client->channel, &message))
		if (!take_answer(client, message, now_ms)) {
			give_up(client, -EPROTO);
			return;
		}
	if (error != 0)
		give_up(client, error);
	else if (client->state != IDLE && now_ms >= client->deadline_ms)
		give_up(client, -ETIMEDOUT);
}

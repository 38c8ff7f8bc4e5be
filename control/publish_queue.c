/* SPDX-License-Identifier: BSD-3-Clause */
/* Names in line to be loaded: handshakes before the rest, one load per name at a time, retries when they are due. */
#include "publish_internal.h"

#include "log.h"

static void enqueue(struct publish_queue *queue, struct publish_name *name)
{
	name->next_queued = NULL;
	*queue->last = name;
	queue->last = &name->next_queued;
}

static struct publish_name *take_first(struct publish_queue *queue)
{
	struct publish_name *name = queue->first;
	if (name == NULL)
		return NULL;
	queue->first = name->next_queued;
	if (queue->first == NULL)
		queue->last = &queue->first;
	name->next_queued = NULL;
	return name;
}

static void take_out(struct publish_queue *queue, struct publish_name *name)
{
	struct publish_name **link = &queue->first;
	while (*link != NULL && *link != name)
		link = &(*link)->next_queued;
	if (*link == NULL)
		return;
	*link = name->next_queued;
	if (*link == NULL)
		queue->last = link;
}

void publish_queue_add(struct publish *publish, struct publish_name *name, bool urgent)
{
	bool overtakes = urgent && !name->urgent;
	name->urgent = name->urgent || urgent;
	if (name->phase == PUBLISH_READING || name->phase == PUBLISH_PARSING || publish_name_is_retried(name))
		return;
	if (name->phase == PUBLISH_QUEUED && !overtakes)
		return;
	if (!publish_name_start_load(publish->names, name)) {
		/* Who waits for it is let go by a time-out, and the next scan or handshake asks again. */
		log_event(CONFIG_LOG_ERROR, "out of memory for a name", "name", name->text);
		return;
	}
	if (name->phase == PUBLISH_QUEUED)
		take_out(&publish->background, name);
	else
		publish->n_pending++;
	publish_queue_again(publish, name);
}

void publish_queue_again(struct publish *publish, struct publish_name *name)
{
	name->phase = PUBLISH_QUEUED;
	enqueue(name->urgent ? &publish->urgent : &publish->background, name);
}

void publish_queue_retry(struct publish *publish, struct publish_name *name)
{
	name->load->n_retries++;
	name->load->retry_ms = publish->now_ms + PUBLISH_RETRY_MS;
	name->phase = PUBLISH_IDLE;
	name->next_queued = publish->retries;
	publish->retries = name;
}

void publish_queue_retry_due(struct publish *publish)
{
	for (struct publish_name **link = &publish->retries; *link != NULL;) {
		struct publish_name *name = *link;
		if (name->load->retry_ms > publish->now_ms && !name->gone) {
			link = &name->next_queued;
			continue;
		}
		*link = name->next_queued;
		name->load->retry_ms = 0;
		publish_queue_again(publish, name);
	}
}

struct publish_name *publish_queue_first(const struct publish *publish)
{
	return publish->urgent.first != NULL ? publish->urgent.first : publish->background.first;
}

struct publish_name *publish_queue_take(struct publish *publish)
{
	return take_first(publish->urgent.first != NULL ? &publish->urgent : &publish->background);
}

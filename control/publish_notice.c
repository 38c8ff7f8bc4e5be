/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers are told of what has been loaded, or cannot be: handshakes that wait for it go on. */
#include "publish_internal.h"

#include <stdlib.h>

void publish_notice_add(struct publish *publish, const struct host_name *key)
{
	struct publish_notice *notice = calloc(1, sizeof(*notice));
	if (notice == NULL)
		return; /* handshakes that wait are let go by their time-out */
	notice->key = *key;
	*publish->last_notice = notice;
	publish->last_notice = &notice->next;
}

/* In order; at a full ring the rest waits: a worker that does not take its messages would not take the next either. */
void publish_notice_send(struct publish *publish)
{
	const struct publish_params *params = &publish->params;
	for (struct publish_notice *notice; (notice = publish->notices) != NULL;) {
		while (notice->next_worker < params->n_workers &&
			params->notify(params->context, notice->next_worker, &notice->key))
			notice->next_worker++;
		if (notice->next_worker < params->n_workers)
			return;
		publish->notices = notice->next;
		if (publish->notices == NULL)
			publish->last_notice = &publish->notices;
		free(notice);
	}
}

void publish_notice_fini(struct publish *publish)
{
	while (publish->notices != NULL) {
		struct publish_notice *notice = publish->notices;
		publish->notices = notice->next;
		free(notice);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue in the order of use, as far as it is known. Workers only write the second of the last use into the
 * certificate (certificate_note_use()); who comes to the head and has been used since he was queued goes back to the
 * tail. So nothing is done per look-up, and each look at the head either unloads or moves somebody on. Among those that
 * were used since they were queued the order is that of the looks: second chance, not the exact order, at no cost to
 * workers.
 */
#include "publish_bounds.h"

#include "log.h"
#include "publish_config.h"

/* In one step, so that the control thread comes back to its other work. */
#define MAX_LOOKS 64
/* What was just loaded is left to those who waited for it, even if the bound is passed meanwhile. */
#define LEAST_STAY_S 2

void publish_bounds_init(struct publish *publish)
{
	TAILQ_INIT(&publish->preloaded_by_use);
	TAILQ_INIT(&publish->others_by_use);
}

static uint32_t now_s(const struct publish *publish)
{
	return (uint32_t)(publish->now_ms / 1000);
}

static void enqueue(struct publish *publish, struct publish_load *load, uint32_t used_s)
{
	bool is_preloaded = publish_config_preloads(publish, load->name);
	load->queue = is_preloaded ? &publish->preloaded_by_use : &publish->others_by_use;
	load->queued_s = used_s;
	TAILQ_INSERT_TAIL(load->queue, load, by_use);
}

static void dequeue(struct publish_load *load)
{
	if (load->queue != NULL)
		TAILQ_REMOVE(load->queue, load, by_use);
	load->queue = NULL;
}

void publish_bounds_unloaded(struct publish *publish, struct publish_name *name)
{
	struct publish_load *load = name->load;
	if (load == NULL || load->loaded_bytes == 0)
		return;
	dequeue(load);
	publish->counts.loaded--;
	publish->counts.loaded_bytes -= load->loaded_bytes;
	load->loaded_bytes = 0;
}

void publish_bounds_loaded(struct publish *publish, struct publish_name *name, const struct certificate *certificate)
{
	struct publish_load *load = name->load;
	publish_bounds_unloaded(publish, name);
	load->loaded_bytes = (uint32_t)certificate_memory_bytes(certificate);
	publish->counts.loaded++;
	publish->counts.loaded_bytes += load->loaded_bytes;
	if (name->fixed == NULL)
		enqueue(publish, load, now_s(publish));
}

void publish_bounds_reconsider(struct publish *publish, struct publish_name *name)
{
	struct publish_load *load = name->load;
	if (load == NULL || load->queue == NULL)
		return;
	uint32_t used_s = load->queued_s;
	dequeue(load);
	enqueue(publish, load, used_s);
}

static bool is_over(const struct publish *publish)
{
	const struct config_store *store = &publish->params.config->store;
	return publish->counts.loaded > store->max_loaded ||
	       publish->counts.loaded_bytes > (uint64_t)store->max_loaded_mib << 20;
}

bool publish_bounds_has_room(const struct publish *publish)
{
	const struct config_store *store = &publish->params.config->store;
	uint64_t under_way = publish->n_reading + loader_job_count(publish->loader);
	return publish->counts.loaded + under_way < store->max_loaded &&
	       publish->counts.loaded_bytes < (uint64_t)store->max_loaded_mib << 20;
}

static bool is_idle(const struct publish *publish, uint32_t used_s)
{
	unsigned idle_s = publish->params.config->store.idle_unload_s;
	return idle_s != 0 && now_s(publish) >= used_s + idle_s;
}

/* Back to what a name is that was never asked for. */
static void unload(struct publish *publish, struct publish_name *name, bool for_room)
{
	struct host_name key = publish_name_key(name);
	publish_bounds_unloaded(publish, name);
	cert_table_writer_unload(publish->params.table, &key);
	publish_name_end_load(publish->names, name);
	publish->counts.unloaded_for_room += for_room;
	publish->counts.unloaded_idle += !for_room;
	log_event(CONFIG_LOG_DEBUG, "certificate unloaded", "name", name->text, "reason",
		for_room ? "others were used later" : "idle");
}

/* Look at the head of a queue. @return false if there is nothing to do. */
static bool look(struct publish *publish)
{
	struct publish_load *load = TAILQ_FIRST(&publish->others_by_use);
	bool over = is_over(publish);
	if (load == NULL && over)
		load = TAILQ_FIRST(&publish->preloaded_by_use);
	if (load == NULL || now_s(publish) < load->queued_s + LEAST_STAY_S ||
		(!over && !is_idle(publish, load->queued_s)))
		return false;
	struct publish_name *name = load->name;
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	cert_table_writer_get(publish->params.table, &key, &entry);
	uint32_t used_s = entry.certificate != NULL ? certificate_used_s(entry.certificate) : 0;
	bool is_busy = name->phase != PUBLISH_IDLE || name->fault != CERTIFICATE_FAULT_NONE;
	if (is_busy || used_s > load->queued_s) {
		dequeue(load);
		enqueue(publish, load, is_busy ? now_s(publish) : used_s);
		return true;
	}
	unload(publish, name, over);
	return true;
}

void publish_bounds_step(struct publish *publish)
{
	for (unsigned i = 0; i < MAX_LOOKS && look(publish); i++)
		;
}

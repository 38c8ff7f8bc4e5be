/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include "config_changes.h"
#include "config_problems.h"
#include "log.h"
#include "publish_config.h"
#include "share_client.h"
#include "share_error.h"
#include "smb_url.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* For new certificates and the trial of credentials: a command must still get its answer (COMMAND_TIMEOUT_MS). */
#define PREPARE_TIMEOUT_MS 20000
/* More problems than a person reads at once are in the answer, not in the log. */
#define MAX_LOGGED 20
/* A name that no certificate has: that it is not there can only be told to somebody who was let in. */
#define TRIAL_NAME ".handfast-trial"

enum phase { IDLE, READING, PREPARING, FREEING };

struct reload {
	struct reload_params params;
	enum phase phase;
	bool again;
	struct reload_state state;
	uint64_t began_ms, deadline_ms;
	struct config_problems problems; /* of the last that ended */

	/* READING: the thread's, until done. FREEING: what it frees. */
	pthread_t thread;
	atomic_bool done;
	const struct config *running;
	struct config_problems found;
	struct config *config;
	struct binding_table *bindings;

	/* PREPARING */
	size_t cursor; /* certificates that are known to be loaded */
	struct share_client *trial;
	bool trial_ended;
	int trial_error;
};

void reload_free_bindings(const struct binding_table *bindings, const struct config *first)
{
	if (bindings == NULL)
		return;
	/* They own a configuration that was read for them; only to its readers it is const. */
	struct config *config = (struct config *)(uintptr_t)binding_table_config(bindings);
	binding_table_destroy((struct binding_table *)(uintptr_t)bindings);
	if (config != first)
		config_free(config);
}

struct reload *reload_create(const struct reload_params *params)
{
	struct reload *reload = calloc(1, sizeof(*reload));
	if (reload != NULL)
		reload->params = *params;
	return reload;
}

static const struct binding_table *current(const struct reload *reload)
{
	/* Stored by this thread alone. */
	return atomic_load_explicit(&reload->params.shared->bindings, memory_order_relaxed);
}

/* --- reading: the thread ------------------------------------------------------------------------------------------ */

static void note(struct config_problems *problems, const struct config *config, const char *text)
{
	struct config_place place = {.file = config->path};
	config_problems_error(problems, &place, "%s", text);
}

static void *read_file(void *context)
{
	struct reload *reload = context;
	uint8_t key[16];
	if (config_load(reload->running->path, &reload->found, &reload->config) == 0) {
		config_changes_keep(reload->running, reload->config, &reload->found);
		if (getrandom(key, sizeof(key), 0) == sizeof(key))
			reload->bindings = binding_table_create(reload->config, key);
		if (reload->bindings == NULL)
			note(&reload->found, reload->running, "out of memory");
	}
	atomic_store_explicit(&reload->done, true, memory_order_release); /* acquired by has_ended() */
	return NULL;
}

static void *free_old(void *context)
{
	struct reload *reload = context;
	reload_free_bindings(reload->bindings, reload->params.first);
	atomic_store_explicit(&reload->done, true, memory_order_release); /* acquired by has_ended() */
	return NULL;
}

static bool start_thread(struct reload *reload, void *(*run)(void *context))
{
	atomic_store_explicit(&reload->done, false, memory_order_relaxed);
	return pthread_create(&reload->thread, NULL, run, reload) == 0;
}

static bool has_ended(struct reload *reload)
{
	if (!atomic_load_explicit(&reload->done, memory_order_acquire))
		return false;
	pthread_join(reload->thread, NULL);
	return true;
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

static void log_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->n && i < MAX_LOGGED; i++) {
		const struct config_problem *item = &problems->items[i];
		log_event(item->is_warning ? CONFIG_LOG_WARNING : CONFIG_LOG_ERROR, "configuration", "file", item->file,
			"line", LOG_NUMBER(item->line), "key", item->key, "problem", item->message);
	}
}

static void publish_result(struct reload *reload, bool refused, uint64_t now_ms)
{
	config_problems_free(&reload->problems);
	reload->problems = reload->found;
	reload->found = (struct config_problems){0};
	reload->state.refused = refused;
	reload->state.took_ms = now_ms - reload->began_ms;
	reload->state.ended++;
	log_problems(&reload->problems);
}

static void end_trial(struct reload *reload)
{
	share_client_destroy(reload->trial);
	reload->trial = NULL;
}

/* Nothing has been touched that anybody uses. */
static void refuse(struct reload *reload, uint64_t now_ms)
{
	end_trial(reload);
	publish_result(reload, true, now_ms);
	log_event(CONFIG_LOG_ERROR, "configuration refused, the old one stays", "errors",
		LOG_NUMBER(reload->problems.n_errors));
	if (reload->bindings != NULL)
		reload_free_bindings(reload->bindings, NULL);
	else
		config_free(reload->config);
	reload->bindings = NULL;
	reload->config = NULL;
	reload->phase = IDLE;
}

/* Workers take the new bindings with their next ClientHello; the old ones go when all have come to rest once. */
static void adopt(struct reload *reload, uint64_t now_ms)
{
	const struct reload_params *params = &reload->params;
	const struct config *config = reload->config;
	const struct binding_table *old =
		atomic_exchange_explicit(&params->shared->bindings, reload->bindings, memory_order_acq_rel);
	cert_table_writer_synchronize(params->shared->certificates);
	publish_config_adopt(params->publish, config);
	scanner_use(params->scanner, &config->store);
	log_set_level(config->control.log_level);
	params->adopted(params->context, config);
	end_trial(reload);
	publish_result(reload, false, now_ms);
	log_event(CONFIG_LOG_INFO, "configuration reloaded", "bindings", LOG_NUMBER(config->n_bindings), "certificates",
		LOG_NUMBER(config->n_certificates), "took_ms", LOG_NUMBER(reload->state.took_ms));
	reload->config = NULL;
	/* A million bindings take a while to free: not here. */
	reload->bindings = (struct binding_table *)(uintptr_t)old;
	reload->phase = FREEING;
	if (!start_thread(reload, free_old)) {
		reload_free_bindings(old, params->first);
		reload->bindings = NULL;
		reload->phase = IDLE;
	}
}

/* --- preparing ---------------------------------------------------------------------------------------------------- */

static void trial_read(
	void *context, const char *name, int error, struct bytes content, const struct share_stamp *stamp)
{
	struct reload *reload = context;
	(void)name;
	(void)content;
	(void)stamp;
	reload->trial_ended = true;
	reload->trial_error = error == -ENOENT ? 0 : error;
}

/* A folder is read as who we are: only a server asks for a user. */
static bool needs_trial(const struct reload *reload)
{
	const struct config_store *before = &reload->running->store, *store = &reload->config->store;
	return store->enabled && smb_url_is_url(store->physical_path) &&
	       !config_changes_same_credentials(before, store);
}

static void start_trial(struct reload *reload, uint64_t now_ms)
{
	const struct config_store *store = &reload->config->store;
	reload->trial_ended = !needs_trial(reload);
	reload->trial_error = 0;
	if (reload->trial_ended)
		return;
	reload->trial = share_client_create(reload->params.zygote, reload->params.share_role, store->answer_timeout_s,
		&(struct share_client_listener){.read = trial_read, .context = reload});
	int error = -ENOMEM;
	if (reload->trial != NULL) {
		share_client_use(reload->trial, &reload->running->store, store);
		error = share_client_read(reload->trial, TRIAL_NAME, now_ms);
	}
	if (error != 0)
		trial_read(reload, TRIAL_NAME, error, (struct bytes){NULL, 0}, NULL);
}

static void judge_trial(struct reload *reload)
{
	struct config_path group = {NULL, "central_certificate_store", CONFIG_PATH_NO_INDEX};
	struct config_path key = {&group, "password", CONFIG_PATH_NO_INDEX};
	struct config_place place = {.file = reload->config->path, .path = &key};
	if (reload->trial_error != 0)
		config_problems_error(&reload->found, &place,
			"expected a user and a password that the share lets in, found: %s",
			share_error_text(reload->trial_error));
}

static void prepare(struct reload *reload, uint64_t now_ms)
{
	reload->phase = PREPARING;
	reload->cursor = 0;
	reload->deadline_ms = now_ms + PREPARE_TIMEOUT_MS;
	start_trial(reload, now_ms);
	if (publish_config_stage(reload->params.publish, reload->config) == 0)
		return;
	note(&reload->found, reload->config, "out of memory");
	publish_config_abandon(reload->params.publish, reload->config);
	refuse(reload, now_ms);
}

static void step_preparing(struct reload *reload, uint64_t now_ms)
{
	struct publish *publish = reload->params.publish;
	bool late = now_ms >= reload->deadline_ms;
	if (reload->trial != NULL)
		share_client_step(reload->trial, now_ms);
	bool ready = publish_config_is_staged(publish, reload->config, &reload->cursor) && reload->trial_ended;
	if (!ready && !late)
		return;
	if (!ready)
		note(&reload->found, reload->config,
			"expected new certificates to be loaded and credentials to be tried in 20 s, found them under "
			"way");
	publish_config_judge(publish, reload->config, &reload->found);
	judge_trial(reload);
	if (reload->found.n_errors == 0) {
		adopt(reload, now_ms);
		return;
	}
	publish_config_abandon(publish, reload->config);
	refuse(reload, now_ms);
}

/* --- from outside ------------------------------------------------------------------------------------------------- */

static void begin(struct reload *reload, uint64_t now_ms)
{
	reload->again = false;
	reload->state.started++;
	reload->began_ms = now_ms;
	reload->running = binding_table_config(current(reload));
	reload->phase = READING;
	log_event(CONFIG_LOG_INFO, "reading the configuration again", "file", reload->running->path);
	if (start_thread(reload, read_file))
		return;
	note(&reload->found, reload->running, "cannot start a thread");
	refuse(reload, now_ms);
}

void reload_request(struct reload *reload, uint64_t now_ms)
{
	if (reload->phase == IDLE)
		begin(reload, now_ms);
	else
		reload->again = true;
}

void reload_step(struct reload *reload, uint64_t now_ms)
{
	switch (reload->phase) {
	case IDLE:
		if (reload->again)
			begin(reload, now_ms);
		break;
	case READING:
		if (!has_ended(reload))
			break;
		if (reload->bindings != NULL)
			prepare(reload, now_ms);
		else
			refuse(reload, now_ms);
		break;
	case PREPARING:
		step_preparing(reload, now_ms);
		break;
	case FREEING:
		if (!has_ended(reload))
			break;
		reload->bindings = NULL;
		reload->phase = IDLE;
		break;
	}
}

struct reload_state reload_get_state(const struct reload *reload)
{
	struct reload_state state = reload->state;
	state.problems = &reload->problems;
	return state;
}

size_t reload_poll_fds(const struct reload *reload, struct pollfd *fds)
{
	if (reload->trial == NULL || share_client_fd(reload->trial) < 0)
		return 0;
	fds[0] = (struct pollfd){.fd = share_client_fd(reload->trial), .events = share_client_events(reload->trial)};
	return 1;
}

void reload_destroy(struct reload *reload)
{
	if (reload == NULL)
		return;
	if (reload->phase == READING || reload->phase == FREEING)
		pthread_join(reload->thread, NULL);
	end_trial(reload);
	if (reload->phase != FREEING) {
		if (reload->bindings != NULL)
			reload_free_bindings(reload->bindings, NULL);
		else
			config_free(reload->config);
	}
	config_problems_free(&reload->found);
	config_problems_free(&reload->problems);
	free(reload);
}

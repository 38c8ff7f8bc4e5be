/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanner.h"

#include "log.h"
#include "scan_schedule.h"
#include "share_client.h"
#include "share_error.h"
#include "siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct scanner {
	const struct config_store *store;
	struct scan *scan;
	struct share_client *lister;
	struct scan_schedule schedule;
	struct scanner_state state;
	uint8_t key[16];
	uint64_t began_ms, now_ms;
	bool has_passed_over; /* this listing, something that is there */
};

static void listed_entry(void *context, const struct share_entry *entry)
{
	struct scanner *scanner = context;
	scan_entry(scanner->scan, entry);
}

static void log_result(const struct scanner *scanner, const struct scan_result *result)
{
	if (result->added + result->changed + result->removed == 0)
		return;
	log_event(CONFIG_LOG_INFO, "share scanned", "files", LOG_NUMBER(result->n_files), "added",
		LOG_NUMBER(result->added), "changed", LOG_NUMBER(result->changed), "removed",
		LOG_NUMBER(result->removed), "took_ms", LOG_NUMBER(scanner->state.took_ms));
}

static void log_error(const struct scanner *scanner, int error)
{
	if (error != 0 && error != scanner->state.error)
		log_event(CONFIG_LOG_WARNING, "share cannot be listed, everything stays as it is", "path",
			scanner->store->physical_path, "reason", share_error_text(error));
	else if (error == 0 && scanner->state.error != 0)
		log_event(CONFIG_LOG_INFO, "share can be listed again", "path", scanner->store->physical_path);
}

/* The round is over, with all that was passed over looked for. */
static void end(struct scanner *scanner, int error)
{
	struct scanner_state *state = &scanner->state;
	struct scan_result result;
	scan_end(scanner->scan, error, &result);
	state->took_ms = scanner->now_ms - scanner->began_ms;
	log_error(scanner, error);
	log_result(scanner, &result);
	state->listing = false;
	state->error = error;
	state->ended++;
	if (error == 0) {
		state->last_good_s = time(NULL);
		state->result = result;
	}
	scan_schedule_done(&scanner->schedule, scanner->now_ms, state->took_ms,
		siphash(&state->ended, sizeof(state->ended), scanner->key));
	if (error != 0)
		scan_schedule_failed(&scanner->schedule, scanner->now_ms);
	else if (scanner->has_passed_over)
		scan_schedule_hint(&scanner->schedule, scanner->now_ms);
}

static void listed(void *context, int error)
{
	struct scanner *scanner = context;
	const char *name = error == 0 ? scan_next_passed_over(scanner->scan) : NULL;
	if (name != NULL)
		error = share_client_find(scanner->lister, name, scanner->now_ms);
	if (name == NULL || error != 0)
		end(scanner, error);
}

/* A file that the listing did not have. Found, or unknown: it stays what it was, and is listed again soon. */
static void found(void *context, const char *name, int error)
{
	struct scanner *scanner = context;
	if (error == -ENOENT)
		scan_missing(scanner->scan, name);
	else
		scan_entry(scanner->scan, &(struct share_entry){.name = name, .kind = SHARE_UNKNOWN});
	scanner->has_passed_over = scanner->has_passed_over || error != -ENOENT;
	/* A share that does not answer any more has no more to say about the next. */
	if (error == -ETIMEDOUT || error == -EPIPE)
		end(scanner, error);
	else
		listed(scanner, 0);
}

static void hinted(void *context)
{
	struct scanner *scanner = context;
	scan_schedule_hint(&scanner->schedule, scanner->now_ms);
}

struct scanner *scanner_create(const struct config *config, struct zygote *zygote, size_t share_role,
	const struct scan_listener *listener, const uint8_t key[16], uint64_t now_ms)
{
	struct scanner *scanner = calloc(1, sizeof(*scanner));
	if (scanner == NULL)
		return NULL;
	scanner->store = &config->store;
	memcpy(scanner->key, key, sizeof(scanner->key));
	scanner->scan = scan_create(listener, key);
	scanner->lister = share_client_create(zygote, share_role, config->store.answer_timeout_s,
		&(struct share_client_listener){.listed_entry = listed_entry,
			.listed = listed,
			.found = found,
			.hinted = hinted,
			.context = scanner});
	scan_schedule_init(&scanner->schedule, (uint64_t)config->store.polling_interval_s * 1000, now_ms);
	if (scanner->scan == NULL || scanner->lister == NULL) {
		scanner_destroy(scanner);
		return NULL;
	}
	return scanner;
}

void scanner_use(struct scanner *scanner, const struct config_store *store)
{
	share_client_use(scanner->lister, scanner->store, store);
	scanner->store = store;
	scanner->schedule.interval_ms = (uint64_t)store->polling_interval_s * 1000;
}

void scanner_destroy(struct scanner *scanner)
{
	if (scanner == NULL)
		return;
	share_client_destroy(scanner->lister);
	scan_destroy(scanner->scan);
	free(scanner);
}

static void begin(struct scanner *scanner)
{
	scanner->began_ms = scanner->now_ms;
	scanner->state.started++;
	scanner->state.listing = true;
	scanner->has_passed_over = false;
	scan_schedule_begin(&scanner->schedule);
	scan_begin(scanner->scan);
	/* Without a share the round still ends: configured certificates are looked at then. */
	int error = scanner->store->enabled ? share_client_list(scanner->lister, scanner->now_ms) : 0;
	if (!scanner->store->enabled || error != 0)
		listed(scanner, error);
}

bool scanner_step(struct scanner *scanner, uint64_t now_ms)
{
	uint64_t ended = scanner->state.ended;
	scanner->now_ms = now_ms;
	share_client_step(scanner->lister, now_ms);
	if (!scanner->state.listing && scan_schedule_is_due(&scanner->schedule, now_ms))
		begin(scanner);
	return scanner->state.ended != ended;
}

void scanner_look_now(struct scanner *scanner, uint64_t now_ms)
{
	scan_schedule_now(&scanner->schedule, now_ms);
}

size_t scanner_poll_fds(const struct scanner *scanner, struct pollfd *fds)
{
	size_t n = 0;
	if (share_client_fd(scanner->lister) >= 0)
		fds[n++] = (struct pollfd){
			.fd = share_client_fd(scanner->lister), .events = share_client_events(scanner->lister)};
	return n;
}

struct scanner_state scanner_get_state(const struct scanner *scanner)
{
	struct scanner_state state = scanner->state;
	state.next_ms = scanner->schedule.next_ms;
	return state;
}

const struct scan *scanner_get_scan(const struct scanner *scanner)
{
	return scanner->scan;
}

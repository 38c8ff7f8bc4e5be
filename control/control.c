/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include "command.h"
#include "loader_process.h"
#include "log.h"
#include "publish.h"
#include "reload.h"
#include "scanner.h"
#include "share_process.h"
#include "ticket_keys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* Workers' rings have no descriptor to wait on: they are looked at this often, a third of a handshake's time on a LAN.
 */
#define TICK_MS    1
#define RECLAIM_MS 50
/* What clients may have to wait for before the first of them is served. */
#define PREPARE_TIMEOUT_MS 30000
/* One lists, one reads; the others hang in a file system and cannot be ended. When all do, it has to come back first.
 */
#define MAX_SHARE_PROCESSES 8
#define MAX_POLL_FDS        (LOADER_MAX_PROCESSES + 1 + 2 + 1 + CONTROL_SOCKET_MAX_FDS + 1)

struct control {
	struct control_params params;
	struct publish *publish;
	struct scanner *scanner;
	struct reload *reload;
	struct ticket_keys ticket_keys;
	struct control_socket *socket;
	struct command_context commands;
	int signals;
	bool stop;
	uint64_t next_reclaim_ms;
};

void control_fill_roles(const struct config *config, struct zygote_role roles[CONTROL_ROLES])
{
	roles[CONTROL_ROLE_LOADER] = (struct zygote_role){.name = "loader", .run = loader_process_run};
	roles[CONTROL_ROLE_SHARE] = (struct zygote_role){
		.name = "share", .run = share_process_run, .context = config, .max_children = MAX_SHARE_PROCESSES};
}

static sigset_t our_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void control_block_signals(void)
{
	sigset_t set = our_signals();
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool notify(void *context, unsigned worker, const struct host_name *key)
{
	const struct control *control = context;
	return worker_notify_loaded(control->params.workers[worker], key);
}

static void adopted(void *context, const struct config *config)
{
	struct control *control = context;
	control->commands.config = config;
}

static int create_parts(struct control *control, char *error, size_t error_size)
{
	const struct control_params *params = &control->params;
	struct publish_params publish = {
		.config = params->config,
		.table = params->table,
		.zygote = params->zygote,
		.share_role = CONTROL_ROLE_SHARE,
		.loader_role = CONTROL_ROLE_LOADER,
		.n_workers = params->n_workers,
		.notify = notify,
		.context = control,
	};
	memcpy(publish.hash_key, params->hash_key, sizeof(publish.hash_key));
	snprintf(error, error_size, "out of memory");
	control->publish = publish_create(&publish);
	if (control->publish == NULL)
		return -1;
	struct scan_listener listener = publish_scan_listener(control->publish);
	control->scanner = scanner_create(
		params->config, params->zygote, CONTROL_ROLE_SHARE, &listener, params->hash_key, monotonic_ms());
	if (control->scanner == NULL)
		return -1;
	control->reload = reload_create(&(struct reload_params){
		.shared = params->shared,
		.first = params->config,
		.publish = control->publish,
		.scanner = control->scanner,
		.zygote = params->zygote,
		.share_role = CONTROL_ROLE_SHARE,
		.adopted = adopted,
		.context = control,
	});
	if (control->reload == NULL)
		return -1;
	control->commands = (struct command_context){
		.config = params->config,
		.shared = params->shared,
		.table = params->table,
		.control_reader = params->n_workers,
		.publish = control->publish,
		.scanner = control->scanner,
		.reload = control->reload,
		.workers = params->workers,
		.n_workers = params->n_workers,
	};
	control->ticket_keys = (struct ticket_keys){
		.tickets = params->shared->tickets, .table = params->table, .made_ms = monotonic_ms()};
	control->socket = params->socket;
	control_socket_set_context(control->socket, &control->commands);
	return 0;
}

struct control *control_create(const struct control_params *params, char *error, size_t error_size)
{
	struct control *control = calloc(1, sizeof(*control));
	if (control == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	control->params = *params;
	sigset_t set = our_signals();
	control->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (create_parts(control, error, error_size) != 0) {
		control_destroy(control);
		return NULL;
	}
	return control;
}

void control_destroy(struct control *control)
{
	if (control == NULL)
		return;
	control_socket_destroy(control->socket);
	command_context_fini(&control->commands);
	reload_destroy(control->reload);
	scanner_destroy(control->scanner);
	publish_destroy(control->publish);
	if (control->signals >= 0)
		close(control->signals);
	free(control);
}

static void take_signals(struct control *control, uint64_t now_ms)
{
	struct signalfd_siginfo info;
	while (read(control->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		bool again = info.ssi_signo == SIGHUP;
		log_event(CONFIG_LOG_INFO, again ? "reading configuration and share again" : "stopping", "signal",
			sigabbrev_np((int)info.ssi_signo));
		if (again) {
			reload_request(control->reload, now_ms);
			scanner_look_now(control->scanner, now_ms);
		} else {
			control->stop = true;
		}
	}
}

static void take_load_requests(struct control *control)
{
	struct host_name key;
	for (unsigned i = 0; i < control->params.n_workers; i++)
		while (worker_take_load_request(control->params.workers[i], &key))
			publish_request(control->publish, &key);
}

static void wait_for_work(struct control *control)
{
	struct pollfd fds[MAX_POLL_FDS];
	size_t n = publish_poll_fds(control->publish, fds);
	n += scanner_poll_fds(control->scanner, fds + n);
	n += reload_poll_fds(control->reload, fds + n);
	n += control_socket_poll_fds(control->socket, fds + n);
	fds[n++] = (struct pollfd){.fd = control->signals, .events = POLLIN};
	poll(fds, n, control_socket_is_working(control->socket) ? 0 : TICK_MS);
}

/* Read by workers with each handshake: written no more often than it changes. */
static void publish_seconds(struct control *control, uint64_t now_ms)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000);
	_Atomic uint32_t *shared = &control->params.shared->now_s;
	if (atomic_load_explicit(shared, memory_order_relaxed) != now_s)
		atomic_store_explicit(shared, now_s, memory_order_relaxed);
}

static void step(struct control *control)
{
	wait_for_work(control);
	uint64_t now_ms = monotonic_ms();
	publish_seconds(control, now_ms);
	take_signals(control, now_ms);
	take_load_requests(control);
	if (scanner_step(control->scanner, now_ms))
		publish_scan_ended(control->publish, now_ms);
	publish_step(control->publish, now_ms);
	reload_step(control->reload, now_ms);
	ticket_keys_step(&control->ticket_keys, control->commands.config->tls.ticket_lifetime_s, now_ms);
	control_socket_step(control->socket, now_ms);
	if (now_ms < control->next_reclaim_ms)
		return;
	cert_table_writer_reclaim(control->params.table);
	control->next_reclaim_ms = now_ms + RECLAIM_MS;
}

bool control_prepare(struct control *control)
{
	uint64_t deadline_ms = monotonic_ms() + PREPARE_TIMEOUT_MS;
	while (!control->stop && monotonic_ms() < deadline_ms &&
		(scanner_get_state(control->scanner).ended == 0 || publish_pending(control->publish) > 0))
		step(control);
	if (monotonic_ms() >= deadline_ms)
		log_event(CONFIG_LOG_WARNING, "share not read completely, serving what is there", "pending",
			LOG_NUMBER(publish_pending(control->publish)));
	return !control->stop;
}

void control_run(struct control *control)
{
	while (!control->stop)
		step(control);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon.h"

#include "binding.h"
#include "cert_table_writer.h"
#include "control.h"
#include "control_socket.h"
#include "eal.h"
#include "log.h"
#include "port.h"
#include "reload.h"
#include "ticket_keys.h"
#include "tls_tickets.h"
#include "unmap_guard.h"
#include "worker.h"
#include "zygote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/** Names that the table has room for at first; it grows with the share. */
#define FIRST_NAMES 4096

struct daemon {
	const struct config *config;
	struct zygote_role roles[CONTROL_ROLES];
	struct zygote *zygote;
	struct control_socket *socket; /* control's, once there is one */
	bool eal_started;
	struct port *ports[CONFIG_MAX_PORTS];
	struct worker_shared shared;
	uint8_t hash_key[16];
	struct worker *workers[PORT_MAX_WORKERS];
	unsigned n_workers, n_launched;
	struct control *control;
	char error[512];
};

static int failed(struct daemon *daemon, const char *event)
{
	log_event(CONFIG_LOG_ERROR, event, "reason", daemon->error);
	return -1;
}

static int start_zygote(struct daemon *daemon)
{
	control_fill_roles(daemon->config, daemon->roles);
	daemon->zygote = zygote_start(daemon->roles, CONTROL_ROLES);
	if (daemon->zygote)
		return 0;
	snprintf(daemon->error, sizeof(daemon->error), "cannot start a process: %m");
	return failed(daemon, "loader processes could not be started");
}

/** Before any device is touched: a second daemon, started by mistake, must not take the first one's away. */
static int claim_socket(struct daemon *daemon)
{
	daemon->socket = control_socket_create(daemon->config->control.socket, daemon->error, sizeof(daemon->error));
	return daemon->socket ? 0 : failed(daemon, "control socket could not be opened");
}

static int start_ports(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	if (eal_start(config, daemon->error, sizeof(daemon->error)) != 0)
		return failed(daemon, "DPDK could not be started");
	daemon->eal_started = true;
	for (size_t i = 0; i < config->n_ports; i++) {
		daemon->ports[i] = port_create(&config->ports[i], daemon->n_workers, config->worker.memory_mib,
			daemon->error, sizeof(daemon->error));
		if (!daemon->ports[i])
			return failed(daemon, "port could not be started");
	}
	return 0;
}

/** What workers and control share: the certificate table, the bindings. */
static int make_tables(struct daemon *daemon)
{
	struct worker_shared *shared = &daemon->shared;
	uint8_t binding_key[16];
	snprintf(daemon->error, sizeof(daemon->error), "out of memory");
	if (getrandom(daemon->hash_key, sizeof(daemon->hash_key), 0) != sizeof(daemon->hash_key) ||
		getrandom(binding_key, sizeof(binding_key), 0) != sizeof(binding_key))
		return failed(daemon, "no random numbers");
	shared->config = daemon->config;
	shared->certificates = cert_table_writer_create(
		FIRST_NAMES + daemon->config->n_certificates, daemon->n_workers + 1, daemon->hash_key);
	const struct binding_table *bindings = binding_table_create(daemon->config, binding_key);
	/* Acquired by workers, which start later. */
	atomic_store_explicit(&shared->bindings, bindings, memory_order_release);
	shared->tickets = ticket_keys_create();
	return shared->certificates && bindings && shared->tickets ? 0 : failed(daemon, "tables could not be made");
}

static int make_workers(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	for (unsigned i = 0; i < daemon->n_workers; i++) {
		daemon->workers[i] = worker_create(i, config->worker.lcores[i], &daemon->shared, daemon->ports,
			config->n_ports, daemon->error, sizeof(daemon->error));
		if (!daemon->workers[i])
			return failed(daemon, "worker could not be created");
	}
	for (unsigned i = 0; i < daemon->n_workers; i++)
		worker_connect(daemon->workers[i], daemon->workers, daemon->n_workers);
	return 0;
}

static int make_control(struct daemon *daemon)
{
	struct control_params params = {
		.config = daemon->config,
		.zygote = daemon->zygote,
		.shared = &daemon->shared,
		.table = daemon->shared.certificates,
		.socket = daemon->socket,
		.workers = daemon->workers,
		.n_workers = daemon->n_workers,
	};
	memcpy(params.hash_key, daemon->hash_key, sizeof(params.hash_key));
	daemon->control = control_create(&params, daemon->error, sizeof(daemon->error));
	return daemon->control ? 0 : failed(daemon, "control could not be started");
}

static int launch_workers(struct daemon *daemon)
{
	unmap_guard_arm(daemon->shared.certificates);
	for (; daemon->n_launched < daemon->n_workers; daemon->n_launched++) {
		int error = eal_launch(daemon->n_launched, worker_run, daemon->workers[daemon->n_launched]);
		if (error == 0)
			continue;
		snprintf(daemon->error, sizeof(daemon->error), "%s", strerror(-error));
		return failed(daemon, "worker could not be launched");
	}
	return 0;
}

static void log_addresses(const struct config *config)
{
	for (size_t i = 0; i < config->n_ports; i++) {
		const struct config_port *port = &config->ports[i];
		for (size_t j = 0; j < port->n_addresses; j++) {
			char text[IP_ADDRESS_TEXT_SIZE];
			log_event(CONFIG_LOG_INFO, "address", "port", port->device, "ip",
				ip_address_format(&port->addresses[j].ip, text), "vlan",
				LOG_NUMBER(port->addresses[j].vlan));
		}
	}
	log_event(CONFIG_LOG_INFO, "serving", "workers", LOG_NUMBER(config->worker.n_lcores), "bindings",
		LOG_NUMBER(config->n_bindings), "control", config->control.socket, "x25519", worker_x25519_mt(config));
}

/** Everything up to the first packet. The zygote comes before the EAL, so that no child holds its memory. */
static int start(struct daemon *daemon)
{
	control_block_signals();
	if (start_zygote(daemon) != 0 || claim_socket(daemon) != 0 || start_ports(daemon) != 0 ||
		make_tables(daemon) != 0 || make_workers(daemon) != 0 || make_control(daemon) != 0)
		return -1;
	return 0;
}

/**
 * Users before what they use; whatever was not made is left out. The table goes before control, in whose chains its
 * certificates live (control.h).
 */
static void stop(struct daemon *daemon)
{
	atomic_store_explicit(&daemon->shared.stop, true, memory_order_release); /* read by worker_run() */
	for (unsigned i = 0; i < daemon->n_launched; i++)
		eal_wait(i);
	for (unsigned i = 0; i < daemon->n_workers; i++)
		worker_destroy(daemon->workers[i]);
	unmap_guard_disarm();
	cert_table_writer_destroy(daemon->shared.certificates);
	tls_tickets_destroy(daemon->shared.tickets);
	if (!daemon->control)
		control_socket_destroy(daemon->socket);
	control_destroy(daemon->control);
	reload_free_bindings(atomic_load_explicit(&daemon->shared.bindings, memory_order_relaxed), daemon->config);
	for (size_t i = 0; i < daemon->config->n_ports; i++)
		port_destroy(daemon->ports[i]);
	if (daemon->eal_started)
		eal_stop();
	zygote_stop(daemon->zygote);
}

int daemon_run(const struct config *config)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	if (!daemon) {
		log_event(CONFIG_LOG_ERROR, "out of memory");
		return 1;
	}
	daemon->config = config;
	daemon->n_workers = (unsigned)config->worker.n_lcores;
	log_set_level(config->control.log_level);
	int status = 1;
	if (start(daemon) == 0) {
		status = 0;
		if (control_prepare(daemon->control)) {
			if (launch_workers(daemon) == 0) {
				log_addresses(config);
				control_run(daemon->control);
			} else {
				status = 1;
			}
		}
	}
	stop(daemon);
	log_event(CONFIG_LOG_INFO, "stopped");
	free(daemon);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include "port.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>

/* lcore 0 is the main thread's, worker i has i + 1. */
#define MAIN_LCORE 0
/* How soon eal_wait() sees that a function has returned. */
#define WAIT_STEP_MS 2

struct arguments {
	char **items;
	size_t n, capacity;
	bool out_of_memory;
};

static void add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct arguments *arguments, const char *format, ...)
{
	char *text = NULL;
	va_list list;
	va_start(list, format);
	int length = vasprintf(&text, format, list);
	va_end(list);
	if (length < 0 || arguments->n == arguments->capacity) {
		arguments->out_of_memory = true;
		if (length >= 0)
			free(text);
		return;
	}
	arguments->items[arguments->n++] = text;
}

static void free_arguments(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->n; i++)
		free(arguments->items[i]);
	free(arguments->items);
}

/* --- processors -------------------------------------------------------------------------------------------------- */

/* "0, 2, 3": the message of a wrong number says which would be right. */
static void list_processors(const cpu_set_t *set, char *out, size_t size)
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned processor = 0; processor < CPU_SETSIZE && len < size; processor++)
		if (CPU_ISSET(processor, set))
			len += (size_t)snprintf(out + len, size - len, "%s%u", len > 0 ? ", " : "", processor);
}

/* Which processors the control thread may use: those that no worker polls on, or all where none is left. */
static int control_processors(const struct config_worker *worker, cpu_set_t *out, char *error, size_t error_size)
{
	cpu_set_t allowed, rest;
	CPU_ZERO(out);
	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		snprintf(error, error_size, "EAL: sched_getaffinity: %s", strerror(errno));
		return -errno;
	}
	if (worker->n_lcores == 0 || worker->n_lcores > PORT_MAX_WORKERS) {
		snprintf(error, error_size, "worker.lcores: expected 1 to %d processors, found %zu", PORT_MAX_WORKERS,
			worker->n_lcores);
		return -EINVAL;
	}
	rest = allowed;
	for (size_t i = 0; i < worker->n_lcores; i++) {
		unsigned processor = worker->lcores[i];
		if (processor >= CPU_SETSIZE || !CPU_ISSET(processor, &allowed)) {
			char open_ones[128];
			list_processors(&allowed, open_ones, sizeof(open_ones));
			snprintf(error, error_size,
				"worker.lcores: expected processors that are open to this process (%s), found %u",
				open_ones, processor);
			return -EINVAL;
		}
		CPU_CLR(processor, &rest);
	}
	*out = CPU_COUNT(&rest) > 0 ? rest : allowed;
	return 0;
}

/* "--lcores=0@(0,3),1@(1),2@(2)" */
static void add_lcores(struct arguments *arguments, const struct config_worker *worker, const cpu_set_t *control)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out) {
		arguments->out_of_memory = true;
		return;
	}
	fprintf(out, "--lcores=%d@(", MAIN_LCORE);
	const char *separator = "";
	for (unsigned processor = 0; processor < CPU_SETSIZE; processor++) {
		if (!CPU_ISSET(processor, control))
			continue;
		fprintf(out, "%s%u", separator, processor);
		separator = ",";
	}
	fputc(')', out);
	for (unsigned i = 0; i < worker->n_lcores; i++)
		fprintf(out, ",%u@(%u)", eal_worker_lcore(i), worker->lcores[i]);
	if (fclose(out) != 0)
		arguments->out_of_memory = true;
	else
		add(arguments, "%s", text);
	free(text);
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

/* @return free huge pages of the default size, in MiB. */
static unsigned long free_huge_mib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	if (!file)
		return 0;
	char line[128];
	unsigned long pages = 0, size_kib = 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "HugePages_Free:", 15) == 0)
			pages = strtoul(line + 15, NULL, 10);
		else if (strncmp(line, "Hugepagesize:", 13) == 0)
			size_kib = strtoul(line + 13, NULL, 10);
	}
	fclose(file);
	return pages * size_kib / 1024;
}

static int add_memory(struct arguments *arguments, const struct config_worker *worker, char *error, size_t error_size)
{
	unsigned long free_mib = worker->huge_pages == CONFIG_HUGE_PAGES_OFF ? 0 : free_huge_mib();
	bool huge = worker->huge_pages != CONFIG_HUGE_PAGES_OFF && free_mib >= worker->memory_mib;
	if (worker->huge_pages == CONFIG_HUGE_PAGES_REQUIRE && !huge) {
		snprintf(error, error_size,
			"worker.huge_pages = \"require\": %u MiB of huge pages needed (worker.memory_mib), %lu MiB are "
			"free",
			worker->memory_mib, free_mib);
		return -ENOMEM;
	}
	add(arguments, "-m");
	add(arguments, "%u", worker->memory_mib);
	/* No files in hugetlbfs or the run-time directory: nothing to clean up, and any number of instances. */
	if (huge) {
		add(arguments, "--in-memory");
		return 0;
	}
	add(arguments, "--no-huge");
	add(arguments, "--no-shconf");
	add(arguments, "--iova-mode=va"); /* small pages have no constant physical addresses */
	return 0;
}

/* --- devices ----------------------------------------------------------------------------------------------------- */

/* "03:00.0" or "0000:03:00.0": no virtual device is named like that. */
static bool is_pci(const char *device)
{
	return device[strspn(device, "0123456789abcdefABCDEF:.")] == '\0' && strchr(device, ':') && strchr(device, '.');
}

/* Does the user's own "--vdev=NAME,…" make this device? */
static bool has_vdev(const struct config_worker *worker, const char *device)
{
	size_t length = strcspn(device, ",");
	for (size_t i = 0; i < worker->n_eal_arguments; i++) {
		const char *argument = worker->eal_arguments[i];
		if (strncmp(argument, "--vdev=", 7) == 0)
			argument += 7;
		if (strncmp(argument, device, length) == 0 && (argument[length] == ',' || argument[length] == '\0'))
			return true;
	}
	return false;
}

static bool wants_pci(const struct config_worker *worker)
{
	for (size_t i = 0; i < worker->n_eal_arguments; i++)
		if (strncmp(worker->eal_arguments[i], "-a", 2) == 0 ||
			strncmp(worker->eal_arguments[i], "--allow", 7) == 0)
			return true;
	return false;
}

static void add_devices(struct arguments *arguments, const struct config *config)
{
	bool pci = wants_pci(&config->worker);
	for (size_t i = 0; i < config->n_ports; i++) {
		const char *device = config->ports[i].device;
		if (is_pci(device)) {
			pci = true;
			add(arguments, "--allow=%s", device); /* nobody else's NIC is touched */
		} else if (!has_vdev(&config->worker, device)) {
			add(arguments, "--vdev=%s", device);
		}
	}
	if (!pci)
		add(arguments, "--no-pci");
	for (size_t i = 0; i < config->worker.n_eal_arguments; i++)
		add(arguments, "%s", config->worker.eal_arguments[i]);
}

/* --- start ------------------------------------------------------------------------------------------------------- */

static int build_arguments(struct arguments *arguments, const struct config *config, char *error, size_t error_size)
{
	cpu_set_t control;
	int result = control_processors(&config->worker, &control, error, error_size);
	if (result != 0)
		return result;
	add(arguments, "handfastd");
	add_lcores(arguments, &config->worker, &control);
	add(arguments, "--main-lcore=%d", MAIN_LCORE);
	add(arguments, "--no-telemetry"); /* it would open a socket that anybody on the machine can ask */
	add(arguments, "--log-level=%s", config->control.log_level == CONFIG_LOG_DEBUG ? "info" : "error");
	result = add_memory(arguments, &config->worker, error, error_size);
	if (result != 0)
		return result;
	add_devices(arguments, config);
	if (!arguments->out_of_memory)
		return 0;
	snprintf(error, error_size, "EAL: out of memory");
	return -ENOMEM;
}

static bool has_all_devices(const struct config *config)
{
	for (size_t i = 0; i < config->n_ports; i++)
		if (!port_exists(&config->ports[i]))
			return false;
	return true;
}

/* What DPDK says while it starts is held back, and shown only if something is missing afterwards: drivers report as
 * errors what they do without (net_tap: a kernel without the queueing discipline for rte_flow). */
static int init_quietly(const struct config *config, size_t argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *held = open_memstream(&text, &size);
	if (!held)
		return -1;
	rte_openlog_stream(held);
	int result = rte_eal_init((int)argc, argv);
	rte_openlog_stream(stderr);
	fclose(held);
	if (result < 0 || !has_all_devices(config))
		fputs(text, stderr);
	free(text);
	return result;
}

static int initialise(const struct config *config, const struct arguments *arguments, char *error, size_t error_size)
{
	bool verbose = config->control.log_level == CONFIG_LOG_DEBUG;
	/* The EAL reorders what it is given: a copy of the pointers keeps ours freeable. */
	char **argv = calloc(arguments->n + 1, sizeof(*argv));
	if (!argv) {
		snprintf(error, error_size, "EAL: out of memory");
		return -ENOMEM;
	}
	memcpy(argv, arguments->items, arguments->n * sizeof(*argv));
	rte_openlog_stream(stderr);
	int result = verbose ? rte_eal_init((int)arguments->n, argv) : init_quietly(config, arguments->n, argv);
	free(argv);
	/* net_tap's: that no secondary process could be told of its queues; there never is one. */
	if (!verbose)
		rte_log_set_level_pattern("pmd.net.tap", RTE_LOG_CRIT);
	if (result >= 0)
		return 0;
	snprintf(error, error_size, "EAL: cannot start: %s (worker.eal_arguments, worker.memory_mib, ports.device)",
		rte_strerror(rte_errno));
	return rte_errno != 0 ? -rte_errno : -EIO;
}

/* net_tap has the kernel send the process a real-time signal for every packet, and its queues see packets only through
 * the handler. Blocked here, after the workers were made, the signals go to them: they wake from their sleep by it, and
 * no system call of the control thread ends with EINTR. */
static void leave_signals_to_workers(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int signal_number = SIGRTMIN; signal_number <= SIGRTMAX; signal_number++)
		sigaddset(&set, signal_number);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int eal_start(const struct config *config, char *error, size_t error_size)
{
	/* Ours are ten at most. */
	size_t capacity = 16 + config->n_ports + config->worker.n_eal_arguments;
	struct arguments arguments = {.items = calloc(capacity, sizeof(char *)), .capacity = capacity};
	if (!arguments.items) {
		snprintf(error, error_size, "EAL: out of memory");
		return -ENOMEM;
	}
	int result = build_arguments(&arguments, config, error, error_size);
	if (result == 0)
		result = initialise(config, &arguments, error, error_size);
	leave_signals_to_workers();
	free_arguments(&arguments);
	return result;
}

void eal_stop(void)
{
	rte_eal_cleanup();
}

unsigned eal_worker_lcore(unsigned index)
{
	return MAIN_LCORE + 1 + index;
}

int eal_launch(unsigned index, int (*run)(void *argument), void *argument)
{
	return rte_eal_remote_launch(run, argument, eal_worker_lcore(index));
}

/* DPDK's own wait spins: it would take a processor from whoever else runs there. */
int eal_wait(unsigned index)
{
	const struct timespec a_while = {.tv_nsec = WAIT_STEP_MS * 1000000};
	while (rte_eal_get_lcore_state(eal_worker_lcore(index)) == RUNNING)
		nanosleep(&a_while, NULL);
	return rte_eal_wait_lcore(eal_worker_lcore(index));
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "loader.h"
#include "loader_process.h"
#include "loader_sandbox.h"
#include "channel.h"
#include "test_certificates.h"
#include "scratch_folder.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROLE_LOADER, ROLE_ROGUE };

static struct zygote *zygote;
static uint8_t pfx[16384];
static size_t pfx_len;

/* A "loader" that does, inside the sandbox, what the file's name says: what a parser that was taken over might try. */
static int run_rogue(int socket, const void *context)
{
	static uint8_t message[65536];
	size_t len;
	const pid_t parent = getppid();
	(void)context;
	if (loader_sandbox_enter(LOADER_PROCESS_MEMORY_BYTES) != 0 ||
		channel_receive(socket, message, sizeof(message), &len) != 0)
		return 1;
	const char *what = (const char *)message + sizeof(struct loader_process_request);
	loader_sandbox_start_clock(1);
	if (strncmp(what, "crash", 5) == 0)
		raise(SIGSEGV);
	if (strncmp(what, "abort", 5) == 0)
		abort();
	if (strncmp(what, "open", 4) == 0)
		(void)!open("/etc/passwd", O_RDONLY);
	if (strncmp(what, "socket", 6) == 0)
		(void)!syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	if (strncmp(what, "exec", 4) == 0)
		(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (strncmp(what, "fork", 4) == 0)
		(void)!fork();
	if (strncmp(what, "signal", 6) == 0) /* number 0 hits nobody: only the right to send is tried */
		(void)!syscall(SYS_tgkill, parent, parent, 0);
	while (strncmp(what, "spin", 4) == 0)
		;
	while (strncmp(what, "hang", 4) == 0 && channel_receive(socket, message, sizeof(message), &len) == 0)
		;
	const uint32_t nonsense[] = {0xffffffff, 1};
	if (strncmp(what, "nonsense", 8) == 0)
		channel_send(socket, (struct bytes){(const uint8_t *)nonsense, 8}, (struct bytes){NULL, 0});
	if (strncmp(what, "huge", 4) == 0)
		(void)!write(socket, nonsense, sizeof(nonsense));
	/* Still alive: what was tried was allowed. A certificate that is none says so. */
	const uint32_t fine = CERTIFICATE_FAULT_NONE;
	channel_send(socket, (struct bytes){(const uint8_t *)&fine, 4}, (struct bytes){NULL, 0});
	return 0;
}

struct outcome {
	unsigned n, n_returned;
	enum certificate_fault fault;
	size_t message_len;
};

static void loaded(void *context, void *job_context, enum certificate_fault fault, struct bytes message)
{
	struct outcome *outcome = job_context;
	(void)context;
	outcome->n++;
	outcome->fault = fault;
	outcome->message_len = message.len;
}

/* Asks for the next thing as soon as it is told of the last. */
static struct {
	struct loader *loader;
	struct loader_job job;
	struct outcome *outcome;
	uint64_t now_ms;
} next;

static void loaded_and_next(void *context, void *job_context, enum certificate_fault fault, struct bytes message)
{
	loaded(context, job_context, fault, message);
	if (next.outcome != job_context)
		CU_ASSERT_EQUAL(loader_submit(next.loader, &next.job, next.outcome, next.now_ms), 0);
}

static void returned(void *context, void *job_context)
{
	struct outcome *outcome = job_context;
	(void)context;
	outcome->n_returned++;
}

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void run_until(struct loader *loader, const unsigned *count, unsigned wanted)
{
	uint64_t end = now_ms() + 60000;
	while (*count < wanted && now_ms() < end) {
		struct pollfd fds[LOADER_MAX_PROCESSES];
		poll(fds, loader_poll_fds(loader, fds), 100);
		loader_step(loader, now_ms());
	}
}

static struct loader *create(size_t role, unsigned n)
{
	struct loader *loader =
		loader_create(zygote, role, n, &(struct loader_listener){.loaded = loaded, .returned = returned});
	CU_ASSERT_PTR_NOT_NULL_FATAL(loader);
	return loader;
}

static struct loader_job job_for(const uint8_t *data, size_t len)
{
	struct loader_job job = {
		.file = "www.example.com.pfx", .password = "secret", .content = {data, len}, .now_s = time(NULL)};
	CU_ASSERT_EQUAL(host_name_from_text("www.example.com", &job.name), HOST_NAME_OK);
	return job;
}

static void test_a_file_is_parsed(void)
{
	struct loader *loader = create(ROLE_LOADER, 1);
	struct outcome good = {0}, bad = {0};
	struct loader_job job = job_for(pfx, pfx_len);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &good, now_ms()), 0);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &good, now_ms()), -EBUSY);
	run_until(loader, &good.n, 1);
	CU_ASSERT_EQUAL(good.fault, CERTIFICATE_FAULT_NONE);
	CU_ASSERT(good.message_len > 500);
	job.password = "wrong";
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &bad, now_ms()), 0);
	run_until(loader, &bad.n, 1);
	CU_ASSERT_EQUAL(bad.fault, CERTIFICATE_FAULT_WRONG_PASSWORD);
	loader_destroy(loader);
}

static void test_several_at_once(void)
{
	struct loader *loader = create(ROLE_LOADER, 3);
	struct outcome outcome = {0};
	struct loader_job job = job_for(pfx, pfx_len);
	for (unsigned round = 0; round < 30; round++) {
		while (loader_idle_count(loader) == 0)
			run_until(loader, &outcome.n, outcome.n + 1);
		CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), 0);
	}
	run_until(loader, &outcome.n, 30);
	CU_ASSERT_EQUAL(outcome.n, 30);
	loader_destroy(loader);
}

static void test_light_jobs_queue(void)
{
	struct loader *loader = create(ROLE_LOADER, 2);
	struct outcome outcome = {0};
	struct loader_job job = job_for(pfx, pfx_len);
	job.is_light = true;
	CU_ASSERT_EQUAL(loader_light_room(loader), 2 * LOADER_MAX_QUEUED);
	for (unsigned i = 0; i < 2 * LOADER_MAX_QUEUED; i++)
		CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), 0);
	CU_ASSERT_EQUAL(loader_light_room(loader), 0);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), -EBUSY);
	run_until(loader, &outcome.n, 2 * LOADER_MAX_QUEUED);
	CU_ASSERT_EQUAL(outcome.n, 2 * LOADER_MAX_QUEUED);
	CU_ASSERT_EQUAL(outcome.fault, CERTIFICATE_FAULT_NONE);
	CU_ASSERT_EQUAL(loader_idle_count(loader), 2);
	loader_destroy(loader);
}

/* The one that the loader died of is to blame; those behind it have their turn again. */
static void test_death_blames_the_oldest(void)
{
	struct loader *loader = create(ROLE_ROGUE, 1);
	struct outcome culprit = {0}, innocent = {0};
	struct loader_job job = {.file = "crash", .content = {pfx, 10}, .is_light = true};
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &culprit, now_ms()), 0);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &innocent, now_ms()), 0);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &innocent, now_ms()), 0);
	job.is_light = false;
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &innocent, now_ms()), -EBUSY);
	run_until(loader, &innocent.n_returned, 2);
	CU_ASSERT_EQUAL(culprit.n, 1);
	CU_ASSERT_EQUAL(culprit.fault, CERTIFICATE_FAULT_LOADER_DIED);
	CU_ASSERT_EQUAL(culprit.n_returned, 0);
	CU_ASSERT_EQUAL(innocent.n, 0);
	CU_ASSERT_EQUAL(innocent.n_returned, 2);
	CU_ASSERT_EQUAL(loader_idle_count(loader), 1);
	loader_destroy(loader);
}

/* What is submitted while the jobs of a dead loader are told of has a loader and a time of its own. */
static void test_next_job_while_a_death_is_told(void)
{
	struct outcome culprit = {0}, innocent = {0}, later = {0};
	const uint64_t begin_ms = 1000, end_ms = 1000000;
	struct loader_listener listener = {.loaded = loaded_and_next, .returned = returned};
	struct loader *loader = loader_create(zygote, ROLE_ROGUE, 1, &listener);
	CU_ASSERT_PTR_NOT_NULL_FATAL(loader);
	struct loader_job job = {.file = "hang", .content = {pfx, 10}, .is_light = true};
	next.loader = loader;
	next.job = job;
	next.outcome = &later;
	next.now_ms = end_ms;
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &culprit, begin_ms), 0);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &innocent, begin_ms), 0);
	loader_step(loader, end_ms);
	CU_ASSERT_EQUAL(culprit.fault, CERTIFICATE_FAULT_LOADER_DIED);
	CU_ASSERT_EQUAL(innocent.n_returned, 1);
	CU_ASSERT_EQUAL(loader_job_count(loader), 1);
	loader_step(loader, end_ms);
	CU_ASSERT_EQUAL(later.n, 0);
	CU_ASSERT_EQUAL(loader_job_count(loader), 1);
	loader_destroy(loader);
}

static void test_largest_and_too_large(void)
{
	struct loader *loader = create(ROLE_LOADER, 1);
	struct outcome outcome = {0};
	const size_t size = (size_t)6 << 20;
	uint8_t *data = calloc(1, size);
	struct loader_job job = job_for(data, (size_t)1 << 20);
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), 0);
	run_until(loader, &outcome.n, 1);
	CU_ASSERT_EQUAL(outcome.fault, CERTIFICATE_FAULT_MALFORMED);
	job.content.len = size;
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), -EMSGSIZE);
	CU_ASSERT_EQUAL(loader_idle_count(loader), 1);
	free(data);
	loader_destroy(loader);
}

/* What the rogue tries costs its own file, and the next one is served. */
static void check_rogue(const char *what)
{
	struct loader *loader = create(ROLE_ROGUE, 1);
	struct outcome outcome = {0};
	struct loader_job job = {.file = what, .content = {pfx, 10}};
	for (unsigned round = 1; round <= 2; round++) {
		outcome.fault = CERTIFICATE_FAULT_NONE;
		CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), 0);
		run_until(loader, &outcome.n, round);
		CU_ASSERT_EQUAL(outcome.fault, CERTIFICATE_FAULT_LOADER_DIED);
	}
	loader_destroy(loader);
}

static void test_crash(void)
{
	check_rogue("crash");
	check_rogue("abort");
}

static void test_sandbox(void)
{
	check_rogue("open");
	check_rogue("socket");
	check_rogue("exec");
	check_rogue("fork");
	check_rogue("signal");
}

static void test_cpu_time(void)
{
	check_rogue("spin");
}

static void test_nonsense(void)
{
	check_rogue("nonsense");
	check_rogue("huge");
}

static void test_rogue_itself_is_no_fault(void)
{
	struct loader *loader = create(ROLE_ROGUE, 1);
	struct outcome outcome = {.fault = CERTIFICATE_FAULT_LOADER_DIED};
	struct loader_job job = {.file = "nothing", .content = {pfx, 10}};
	CU_ASSERT_EQUAL(loader_submit(loader, &job, &outcome, now_ms()), 0);
	run_until(loader, &outcome.n, 1);
	CU_ASSERT_EQUAL(outcome.fault, CERTIFICATE_FAULT_NONE);
	loader_destroy(loader);
}

static bool make_pfx(void)
{
	struct test_certificates_ca ca;
	struct test_certificates_pair pair;
	struct scratch_folder folder;
	if (!scratch_folder_init(&folder) || !test_certificates_ca_init(&ca) ||
		!test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "www.example.com", 30, &pair))
		return false;
	const char *path = scratch_folder_path(&folder, "a.pfx");
	FILE *file = test_certificates_write_pfx(&ca, &pair, path, "secret") ? fopen(path, "rb") : NULL;
	pfx_len = file != NULL ? fread(pfx, 1, sizeof(pfx), file) : 0;
	if (file != NULL)
		fclose(file);
	test_certificates_pair_fini(&pair);
	test_certificates_ca_fini(&ca);
	scratch_folder_fini(&folder);
	return pfx_len > 0;
}

int main(void)
{
	static const struct zygote_role roles[] = {
		[ROLE_LOADER] = {.name = "loader", .run = loader_process_run},
		[ROLE_ROGUE] = {.name = "rogue", .run = run_rogue},
	};
	CU_TestInfo tests[] = {
		{"a file is parsed, a wrong password told", test_a_file_is_parsed},
		{"several at once", test_several_at_once},
		{"light jobs queue", test_light_jobs_queue},
		{"a death blames the oldest job", test_death_blames_the_oldest},
		{"the next job while a death is told", test_next_job_while_a_death_is_told},
		{"1 MiB is taken, 6 MiB is not", test_largest_and_too_large},
		{"a crash marks its file, and loading goes on", test_crash},
		{"files, sockets, code, children, signals: the process ends", test_sandbox},
		{"CPU time is limited", test_cpu_time},
		{"an answer that makes no sense", test_nonsense},
		{"a rogue that tries nothing is served", test_rogue_itself_is_no_fault},
		CU_TEST_INFO_NULL,
	};
	zygote = zygote_start(roles, 2);
	int code = zygote != NULL && make_pfx() ? unit_run("loader", tests) : 2;
	zygote_stop(zygote);
	return code;
}

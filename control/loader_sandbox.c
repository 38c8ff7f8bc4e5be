/* SPDX-License-Identifier: BSD-3-Clause */
#include "loader_sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* stderr and the socket; nothing may be opened anyway. */
#define MAX_DESCRIPTORS 64

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* The sanitizers' shadow memory takes terabytes of address space. */
static const bool limits_memory = false;
#else
static const bool limits_memory = true;
#endif

static int limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limits = {value, value};
	return setrlimit(resource, &limits) == 0 ? 0 : -errno;
}

static int set_limits(size_t memory_bytes)
{
	int error = limit(RLIMIT_CORE, 0);
	if (error == 0)
		error = limit(RLIMIT_NOFILE, MAX_DESCRIPTORS);
	if (error == 0)
		error = limit(RLIMIT_FSIZE, 0);
	if (error == 0 && limits_memory)
		error = limit(RLIMIT_AS, memory_bytes);
	if (error == 0 && (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
		error = -errno;
	return error;
}

static int allow(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(read),
		SCMP_SYS(write),
		SCMP_SYS(sendto),
		SCMP_SYS(recvfrom),
		SCMP_SYS(close), /* the socket, the log */
		SCMP_SYS(munmap),
		SCMP_SYS(mremap),
		SCMP_SYS(brk),
		SCMP_SYS(madvise), /* memory */
		SCMP_SYS(futex),
		SCMP_SYS(getpid),
		SCMP_SYS(gettid),
		SCMP_SYS(sched_yield), /* locks */
		SCMP_SYS(clock_gettime),
		SCMP_SYS(gettimeofday),
		SCMP_SYS(getrandom),
		SCMP_SYS(setitimer),
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
		/* abort(), of a failed check in the C library: let it end as what it is */
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigaction),
	};
	int error = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/* Memory, but never memory that can be run. */
	if (error == 0)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (error == 0)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() again: signals to itself alone. The daemon is of the same user, and could be ended otherwise. */
	if (error == 0)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	return error;
}

int loader_sandbox_enter(size_t memory_bytes)
{
	/* A child inherits no handler for it: the default ends the process. */
	signal(SIGPROF, SIG_DFL);
	int error = set_limits(memory_bytes);
	if (error != 0)
		return error;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL)
		return -ENOMEM;
	error = allow(filter);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

void loader_sandbox_start_clock(unsigned seconds)
{
	struct itimerval timer = {.it_value.tv_sec = seconds};
	setitimer(ITIMER_PROF, &timer, NULL);
}

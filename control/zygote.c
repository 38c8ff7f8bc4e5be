/* SPDX-License-Identifier: BSD-3-Clause */
#include "zygote.h"

#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 30000
/* Loaders (at most 64 by configuration), the share's reader, and those that were just ended. */
#define MAX_CHILDREN 256

enum operation { SPAWN, KILL };

struct request {
	enum operation operation;
	uint32_t role;
	pid_t pid;
};

struct answer {
	int error; /* 0 or -errno */
	pid_t pid;
};

struct zygote {
	int socket;
	pid_t pid;
};

/* The zygote's own state, in its own process. */
struct nursery {
	const struct zygote_role *roles;
	size_t n_roles;
	int socket;
	pid_t children[MAX_CHILDREN];
	uint32_t child_roles[MAX_CHILDREN];
	size_t n_children;
};

static void send_answer(int socket, struct answer answer, int fd)
{
	struct iovec iov = {&answer, sizeof(answer)};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	sendmsg(socket, &message, MSG_NOSIGNAL);
}

static void close_all_but(int keep)
{
	if (keep > STDERR_FILENO + 1)
		syscall(SYS_close_range, STDERR_FILENO + 1, keep - 1, 0);
	syscall(SYS_close_range, keep + 1, ~0U, 0);
}

static _Noreturn void become_child(const struct zygote_role *role, int socket)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_all_but(socket);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* _exit(): handlers of exit() belong to the process that registered them. */
	_exit(role->run(socket, role->context));
}

static int check_room(const struct nursery *nursery, uint32_t role)
{
	if (role >= nursery->n_roles || nursery->n_children == MAX_CHILDREN)
		return -EINVAL;
	unsigned n = 0, max = nursery->roles[role].max_children;
	for (size_t i = 0; i < nursery->n_children; i++)
		n += nursery->child_roles[i] == role;
	return max != 0 && n >= max ? -EUSERS : 0;
}

static void spawn(struct nursery *nursery, uint32_t role)
{
	int pair[2];
	struct answer answer = {.error = check_room(nursery, role)};
	if (answer.error != 0) {
		send_answer(nursery->socket, answer, -1);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		answer.error = -errno;
		send_answer(nursery->socket, answer, -1);
		return;
	}
	answer.pid = fork();
	if (answer.pid == 0)
		become_child(&nursery->roles[role], pair[1]);
	answer.error = answer.pid < 0 ? -errno : 0;
	if (answer.pid > 0) {
		nursery->children[nursery->n_children] = answer.pid;
		nursery->child_roles[nursery->n_children++] = role;
	}
	send_answer(nursery->socket, answer, answer.pid > 0 ? pair[0] : -1);
	close(pair[0]);
	close(pair[1]);
}

static void kill_child(const struct nursery *nursery, pid_t pid)
{
	/* A number that is not (or no longer) a child of ours may be anybody's by now. */
	for (size_t i = 0; i < nursery->n_children; i++)
		if (nursery->children[i] == pid)
			kill(pid, SIGKILL);
}

static void log_end(const char *role, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_event(CONFIG_LOG_WARNING, "helper process died", "role", role, "pid", LOG_NUMBER(pid), "signal",
			sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		log_event(CONFIG_LOG_WARNING, "helper process failed", "role", role, "pid", LOG_NUMBER(pid), "status",
			LOG_NUMBER(WEXITSTATUS(status)));
}

static void reap(struct nursery *nursery)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (size_t i = 0; i < nursery->n_children; i++) {
			if (nursery->children[i] != pid)
				continue;
			log_end(nursery->roles[nursery->child_roles[i]].name, pid, status);
			nursery->n_children--;
			nursery->children[i] = nursery->children[nursery->n_children];
			nursery->child_roles[i] = nursery->child_roles[nursery->n_children];
			break;
		}
	}
}

/* One request; false when the daemon has gone. */
static bool serve(struct nursery *nursery)
{
	struct request request;
	ssize_t n = recv(nursery->socket, &request, sizeof(request), 0);
	if (n < 0 && errno == EINTR)
		return true;
	if (n != (ssize_t)sizeof(request))
		return false;
	if (request.operation == SPAWN)
		spawn(nursery, request.role);
	else
		kill_child(nursery, request.pid);
	return true;
}

static _Noreturn void run_nursery(struct nursery *nursery)
{
	/* Ctrl-C goes to the whole process group: the daemon decides when its helpers end, by closing the socket. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	close_all_but(nursery->socket);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int ended = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd fds[] = {{.fd = nursery->socket, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
	for (;;) {
		poll(fds, 2, -1);
		struct signalfd_siginfo info;
		while (read(ended, &info, sizeof(info)) == (ssize_t)sizeof(info))
			;
		reap(nursery);
		if (fds[0].revents != 0 && !serve(nursery))
			break;
	}
	for (size_t i = 0; i < nursery->n_children; i++)
		kill(nursery->children[i], SIGKILL);
	_exit(0);
}

struct zygote *zygote_start(const struct zygote_role *roles, size_t n_roles)
{
	int pair[2];
	struct zygote *zygote = calloc(1, sizeof(*zygote));
	if (zygote == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(zygote);
		return NULL;
	}
	zygote->pid = fork();
	if (zygote->pid == 0) {
		struct nursery nursery = {.roles = roles, .n_roles = n_roles, .socket = pair[1]};
		run_nursery(&nursery);
	}
	close(pair[1]);
	zygote->socket = pair[0];
	if (zygote->pid < 0) {
		close(pair[0]);
		free(zygote);
		return NULL;
	}
	return zygote;
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* DPDK's tap driver has the kernel send a signal for packets: an interrupted wait is not a time-out. */
static bool wait_for_answer(int socket)
{
	struct pollfd fds = {.fd = socket, .events = POLLIN};
	uint64_t now_ms = monotonic_ms(), end_ms = now_ms + ANSWER_TIMEOUT_MS;
	for (; now_ms < end_ms; now_ms = monotonic_ms()) {
		int n = poll(&fds, 1, (int)(end_ms - now_ms));
		if (n >= 0 || errno != EINTR)
			return n == 1;
	}
	return false;
}

static int receive_answer(int socket, struct answer *out_answer)
{
	struct iovec iov = {out_answer, sizeof(*out_answer)};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	if (!wait_for_answer(socket))
		return -ETIMEDOUT;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*out_answer))
		return -EPIPE;
	if (out_answer->error != 0)
		return out_answer->error;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	int fd;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* An answer that came after its time-out must not be taken for the next one; its child ends when the socket is closed.
 */
static void discard_late_answers(int socket)
{
	struct pollfd fds = {.fd = socket, .events = POLLIN};
	while (poll(&fds, 1, 0) == 1 && fds.revents == POLLIN) {
		struct answer late;
		int fd = receive_answer(socket, &late);
		if (fd >= 0)
			close(fd);
	}
}

int zygote_spawn(struct zygote *zygote, size_t role, pid_t *out_pid)
{
	discard_late_answers(zygote->socket);
	struct request request = {.operation = SPAWN, .role = (uint32_t)role};
	if (send(zygote->socket, &request, sizeof(request), MSG_NOSIGNAL) != (ssize_t)sizeof(request))
		return -errno;
	struct answer answer = {0};
	int fd = receive_answer(zygote->socket, &answer);
	if (fd >= 0)
		*out_pid = answer.pid;
	return fd;
}

void zygote_kill(struct zygote *zygote, pid_t pid)
{
	struct request request = {.operation = KILL, .pid = pid};
	send(zygote->socket, &request, sizeof(request), MSG_NOSIGNAL);
}

void zygote_stop(struct zygote *zygote)
{
	if (zygote == NULL)
		return;
	close(zygote->socket);
	waitpid(zygote->pid, NULL, 0);
	free(zygote);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "zygote.h"
#include "channel.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ROLE_ECHO, ROLE_COUNT_FDS, ROLE_FEW, ROLES };

static struct zygote *zygote;

static int run_echo(int socket, const void *context)
{
	static uint8_t message[4096];
	size_t len;
	while (channel_receive(socket, message, sizeof(message), &len) == 0)
		channel_send(socket, (struct bytes){(const uint8_t *)context, strlen(context)},
			(struct bytes){message, len});
	return 0;
}

static int run_count_fds(int socket, const void *context)
{
	uint8_t n = 0;
	DIR *folder = opendir("/proc/self/fd");
	(void)context;
	while (folder != NULL && readdir(folder) != NULL)
		n++;
	channel_send(socket, (struct bytes){&n, 1}, (struct bytes){NULL, 0});
	return 0;
}

/* Wait until the peer has closed. */
static bool is_closed(int fd)
{
	struct pollfd fds = {.fd = fd, .events = POLLIN};
	char byte;
	return poll(&fds, 1, 10000) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void test_children_serve(void)
{
	uint8_t answer[64];
	size_t len;
	pid_t pids[2];
	int fds[2];
	for (int i = 0; i < 2; i++) {
		fds[i] = zygote_spawn(zygote, ROLE_ECHO, &pids[i]);
		CU_ASSERT_FATAL(fds[i] >= 0);
	}
	CU_ASSERT_NOT_EQUAL(pids[0], pids[1]);
	CU_ASSERT_EQUAL(channel_send(fds[1], (struct bytes){(const uint8_t *)"world", 5}, (struct bytes){NULL, 0}), 0);
	CU_ASSERT_EQUAL_FATAL(channel_receive(fds[1], answer, sizeof(answer), &len), 0);
	CU_ASSERT_EQUAL_FATAL(len, 12);
	CU_ASSERT_EQUAL(memcmp(answer, "hello, world", 12), 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_children_inherit_nothing(void)
{
	pid_t pid;
	uint8_t n = 0;
	size_t len;
	int extra = dup(STDERR_FILENO), fd = zygote_spawn(zygote, ROLE_COUNT_FDS, &pid);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(channel_receive(fd, &n, 1, &len), 0);
	CU_ASSERT_EQUAL(n, 2 + 3 + 1 + 1); /* "." and "..", the standard ones, the socket, the folder itself */
	close(extra);
	close(fd);
}

static void test_killed_child(void)
{
	pid_t pid;
	int fd = zygote_spawn(zygote, ROLE_ECHO, &pid);
	CU_ASSERT_FATAL(fd >= 0);
	zygote_kill(zygote, pid);
	CU_ASSERT(is_closed(fd));
	close(fd);
}

static void test_others_are_not_killed(void)
{
	pid_t other = fork();
	if (other == 0) {
		pause();
		_exit(0);
	}
	pid_t pid;
	zygote_kill(zygote, other);
	int fd = zygote_spawn(zygote, ROLE_ECHO, &pid); /* answered after it */
	CU_ASSERT(fd >= 0);
	CU_ASSERT_EQUAL(kill(other, 0), 0);
	kill(other, SIGKILL);
	close(fd);
}

static void test_unknown_role(void)
{
	pid_t pid;
	CU_ASSERT_EQUAL(zygote_spawn(zygote, ROLES, &pid), -EINVAL);
}

/* Two may be; one that has ended makes room. */
static void test_max_children(void)
{
	pid_t pid;
	int first = zygote_spawn(zygote, ROLE_FEW, &pid), second = zygote_spawn(zygote, ROLE_FEW, &pid);
	CU_ASSERT(first >= 0 && second >= 0);
	CU_ASSERT_EQUAL(zygote_spawn(zygote, ROLE_FEW, &pid), -EUSERS);
	int other = zygote_spawn(zygote, ROLE_ECHO, &pid);
	CU_ASSERT(other >= 0);
	close(first);
	int third = -EUSERS;
	for (int i = 0; i < 100000 && third == -EUSERS; i++) /* until it has been reaped */
		third = zygote_spawn(zygote, ROLE_FEW, &pid);
	CU_ASSERT(third >= 0);
	close(second);
	close(third);
	close(other);
}

static void test_many_children(void)
{
	for (int i = 0; i < 300; i++) {
		pid_t pid;
		int fd = zygote_spawn(zygote, ROLE_ECHO, &pid);
		CU_ASSERT_FATAL(fd >= 0);
		close(fd);
	}
}

static void on_signal(int number)
{
	(void)number;
}

/* DPDK's tap driver sends one per burst of packets: spawning used to "time out" at once. */
static void test_spawn_while_signals_rain(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGALRM, &action, NULL);
	const struct itimerval rain = {.it_interval.tv_usec = 50, .it_value.tv_usec = 50}, dry = {0};
	setitimer(ITIMER_REAL, &rain, NULL);
	for (int i = 0; i < 100; i++) {
		pid_t pid;
		int fd = zygote_spawn(zygote, ROLE_ECHO, &pid);
		CU_ASSERT(fd >= 0);
		close(fd);
	}
	setitimer(ITIMER_REAL, &dry, NULL);
}

static void test_children_end_with_the_zygote(void)
{
	pid_t pid;
	int fd = zygote_spawn(zygote, ROLE_ECHO, &pid);
	CU_ASSERT_FATAL(fd >= 0);
	zygote_stop(zygote);
	zygote = NULL;
	CU_ASSERT(is_closed(fd));
	close(fd);
}

int main(void)
{
	static const struct zygote_role roles[ROLES] = {
		[ROLE_ECHO] = {.name = "echo", .run = run_echo, .context = "hello, "},
		[ROLE_COUNT_FDS] = {.name = "count", .run = run_count_fds},
		[ROLE_FEW] = {.name = "few", .run = run_echo, .context = "", .max_children = 2},
	};
	CU_TestInfo tests[] = {
		{"children serve", test_children_serve},
		{"children inherit nothing but their socket", test_children_inherit_nothing},
		{"a child is killed", test_killed_child},
		{"other processes are not", test_others_are_not_killed},
		{"a role that there is not", test_unknown_role},
		{"a role has as many children as it may", test_max_children},
		{"children come and go", test_many_children},
		{"spawning while signals rain", test_spawn_while_signals_rain},
		{"children end with the zygote", test_children_end_with_the_zygote},
		CU_TEST_INFO_NULL,
	};
	zygote = zygote_start(roles, ROLES);
	int code = zygote != NULL ? unit_run("zygote", tests) : 2;
	zygote_stop(zygote);
	return code;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control_listen.h"
#include "control_socket.h"
#include "scratch_folder.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct scratch_folder folder;
/* Requests here are wrong ones: they are answered without any of what commands work with. */
static struct command_context context;

static struct control_socket *create(const char *path, char *error, size_t size)
{
	error[0] = '\0';
	struct control_socket *control = control_socket_create(path, error, size);
	if (control != NULL)
		control_socket_set_context(control, &context);
	return control;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Let the socket serve, and receive what it sent. */
static ssize_t serve_and_receive(struct control_socket *control, int fd, char *out, size_t size, uint64_t now_ms)
{
	for (int i = 0; i < 10; i++)
		control_socket_step(control, now_ms);
	ssize_t n = recv(fd, out, size - 1, MSG_DONTWAIT);
	out[n > 0 ? n : 0] = '\0';
	return n;
}

static void test_mode_and_removal(void)
{
	char error[256];
	const char *path = scratch_folder_path(&folder, "new/control.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(control);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	char command[600];
	snprintf(command, sizeof(command), "test \"$(stat -c %%a '%s')\" = 600", path);
	CU_ASSERT_EQUAL(system(command), 0);
	control_socket_destroy(control);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void test_live_socket_is_refused_and_stale_one_replaced(void)
{
	char error[256];
	const char *path = scratch_folder_path(&folder, "a.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(control);
	CU_ASSERT_PTR_NULL(create(path, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "another handfastd"));
	control_socket_destroy(control);

	int fd = control_listen_open(path, error, sizeof(error));
	CU_ASSERT(fd >= 0);
	close(fd); /* its file stays, as after a crash */
	control = create(path, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL(control);
	control_socket_destroy(control);
}

/* Its file was taken away from under a daemon whose queue was full. */
static void test_a_full_queue_is_a_live_socket(void)
{
	char error[256];
	const char *path = scratch_folder_path(&folder, "full.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(control);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fds[100], n = 0;
	bool full = false;
	while (!full && n < 100) {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		full = connect(fds[n++], (const struct sockaddr *)&address, sizeof(address)) != 0;
	}
	CU_ASSERT_TRUE(full);
	CU_ASSERT_PTR_NULL(create(path, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "another handfastd"));
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	while (n > 0)
		close(fds[--n]);
	control_socket_destroy(control);
}

static void test_what_is_in_the_way(void)
{
	char error[512], path[256];
	CU_ASSERT(scratch_folder_write(&folder, "file", "precious", 8));
	CU_ASSERT_PTR_NULL(create(scratch_folder_path(&folder, "file"), error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "no socket"));
	CU_ASSERT_EQUAL(access(scratch_folder_path(&folder, "file"), F_OK), 0);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CU_ASSERT_PTR_NULL(create(path, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "longer"));
	CU_ASSERT_PTR_NULL(create("/no/such/folder/a.sock", error, sizeof(error)));
}

static void test_requests(void)
{
	char error[256], out[4096];
	const char *path = scratch_folder_path(&folder, "a.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	int fd = connect_to(path);
	CU_ASSERT(send(fd, "{\"command\":", 11, 0) == 11);
	CU_ASSERT(serve_and_receive(control, fd, out, sizeof(out), 0) < 0); /* not a line yet */
	CU_ASSERT(send(fd, "\"fly\"}\nnonsense\n", 16, 0) == 16);
	CU_ASSERT(serve_and_receive(control, fd, out, sizeof(out), 0) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "unknown command \\\"fly\\\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "no JSON object"));
	close(fd);
	control_socket_destroy(control);
}

static void test_endless_line(void)
{
	char error[256], out[4096], line[2 * CONTROL_SOCKET_MAX_REQUEST_BYTES];
	const char *path = scratch_folder_path(&folder, "a.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	int fd = connect_to(path);
	memset(line, 'x', sizeof(line));
	CU_ASSERT(send(fd, line, sizeof(line), 0) > 0);
	CU_ASSERT(serve_and_receive(control, fd, out, sizeof(out), 0) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "too long"));
	CU_ASSERT(serve_and_receive(control, fd, out, sizeof(out), 0) <= 0); /* closed */
	close(fd);
	control_socket_destroy(control);
}

static void test_many_clients_and_silent_ones(void)
{
	char error[256], out[4096];
	const char *path = scratch_folder_path(&folder, "a.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	struct pollfd fds[CONTROL_SOCKET_MAX_FDS];
	int silent[CONTROL_SOCKET_MAX_CLIENTS];
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		silent[i] = connect_to(path);
	serve_and_receive(control, silent[0], out, sizeof(out), 1000);
	CU_ASSERT_EQUAL(
		control_socket_poll_fds(control, fds), CONTROL_SOCKET_MAX_CLIENTS); /* full: nobody is accepted */
	int late = connect_to(path);
	CU_ASSERT(send(late, "x\n", 2, 0) == 2);
	CU_ASSERT(serve_and_receive(control, late, out, sizeof(out), 1000) < 0);
	/* The silent ones are let go, and it is the late one's turn. */
	CU_ASSERT(serve_and_receive(control, late, out, sizeof(out), 1000 + CONTROL_SOCKET_IDLE_TIMEOUT_MS) > 0);
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++) {
		CU_ASSERT_EQUAL(recv(silent[i], out, sizeof(out), MSG_DONTWAIT), 0);
		close(silent[i]);
	}
	close(late);
	control_socket_destroy(control);
}

static void test_client_that_goes_away(void)
{
	char error[256], out[64];
	const char *path = scratch_folder_path(&folder, "a.sock");
	struct control_socket *control = create(path, error, sizeof(error));
	struct pollfd fds[CONTROL_SOCKET_MAX_FDS];
	int fd = connect_to(path), other = connect_to(path);
	CU_ASSERT(send(fd, "{}\n{}\n{}\n", 9, 0) == 9);
	close(fd);
	serve_and_receive(control, other, out, sizeof(out), 0);
	CU_ASSERT_EQUAL(control_socket_poll_fds(control, fds), 2); /* the listener and the other */
	close(other);
	control_socket_destroy(control);
}

/* --- an answer of many parts ---------------------------------------------------------------------------------------
 */

#define N_BINDINGS  5000
#define ASK_FOR_ALL "{\"command\":\"show bindings\",\"limit\":5000}\n"

static struct worker_shared shared;

static struct binding_table *bind_many(void)
{
	static struct config_binding bindings[N_BINDINGS];
	static struct config config = {.bindings = bindings, .n_bindings = N_BINDINGS};
	const uint8_t key[16] = {1};
	for (unsigned i = 0; i < N_BINDINGS; i++) {
		char host[32];
		bindings[i] = (struct config_binding){.port = 443, .ssl_flags = 3, .backend = "builtin:status"};
		snprintf(host, sizeof(host), "host-%u.example.com", i);
		if (host_name_from_text(host, &bindings[i].host) != HOST_NAME_OK)
			return NULL;
	}
	return binding_table_create(&config, key);
}

/* A client of a long answer that does not read holds nobody up, and an answer that nobody reads is made no longer: its
 * client's socket is full, and the next part is not written. */
static void test_long_answers_leave_room_for_others(void)
{
	char error[256], out[4096];
	struct pollfd fds[CONTROL_SOCKET_MAX_FDS];
	struct control_socket *control = create(scratch_folder_path(&folder, "a.sock"), error, sizeof(error));
	int slow = connect_to(scratch_folder_path(&folder, "a.sock"));
	int other = connect_to(scratch_folder_path(&folder, "a.sock"));
	CU_ASSERT_TRUE(send(slow, ASK_FOR_ALL, strlen(ASK_FOR_ALL), 0) > 0);
	control_socket_step(control, 0);
	CU_ASSERT_TRUE(control_socket_is_working(control)); /* the first part was sent, the next could be made */
	CU_ASSERT_TRUE(send(other, "{}\n", 3, 0) == 3);
	CU_ASSERT_TRUE(serve_and_receive(control, other, out, sizeof(out), 0) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "unknown command"));
	for (int i = 0; i < 100; i++)
		control_socket_step(control, 0);
	CU_ASSERT_FALSE(control_socket_is_working(control)); /* waits for its client */
	CU_ASSERT_EQUAL(control_socket_poll_fds(control, fds), 3);

	/* Now it reads: to the end, and nothing is missing. */
	static char answer[N_BINDINGS * 512];
	size_t len = 0;
	for (int i = 0; i < 100000 && (len == 0 || answer[len - 1] != '\n'); i++) {
		ssize_t n = serve_and_receive(control, slow, answer + len, sizeof(answer) - len, 0);
		CU_ASSERT_TRUE_FATAL(n != 0);
		len += n > 0 ? (size_t)n : 0;
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "host-4999.example.com"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\"total\":5000,\"ok\":true}\n"));
	close(slow);
	close(other);
	control_socket_destroy(control);
}

static void test_who_does_not_read_is_let_go(void)
{
	char error[256], out[4096];
	struct pollfd fds[CONTROL_SOCKET_MAX_FDS];
	struct control_socket *control = create(scratch_folder_path(&folder, "a.sock"), error, sizeof(error));
	int slow = connect_to(scratch_folder_path(&folder, "a.sock"));
	CU_ASSERT_TRUE(send(slow, ASK_FOR_ALL, strlen(ASK_FOR_ALL), 0) > 0);
	for (int i = 0; i < 100; i++)
		control_socket_step(control, 0);
	control_socket_step(control, CONTROL_SOCKET_IDLE_TIMEOUT_MS - 1);
	CU_ASSERT_EQUAL(control_socket_poll_fds(control, fds), 2);
	control_socket_step(control, CONTROL_SOCKET_IDLE_TIMEOUT_MS);
	CU_ASSERT_EQUAL(control_socket_poll_fds(control, fds), 1);
	while (recv(slow, out, sizeof(out), 0) > 0)
		;
	close(slow);
	control_socket_destroy(control);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"mode 0600, removed at the end", test_mode_and_removal},
		{"a live socket is refused, a stale one replaced", test_live_socket_is_refused_and_stale_one_replaced},
		{"a full queue is a live socket", test_a_full_queue_is_a_live_socket},
		{"files in the way, paths too long", test_what_is_in_the_way},
		{"one line, one answer", test_requests},
		{"a line without end", test_endless_line},
		{"many and silent clients", test_many_clients_and_silent_ones},
		{"a client that goes away", test_client_that_goes_away},
		{"a long answer leaves room for others", test_long_answers_leave_room_for_others},
		{"who does not read a long answer is let go", test_who_does_not_read_is_let_go},
		CU_TEST_INFO_NULL,
	};
	struct binding_table *bindings = bind_many();
	atomic_init(&shared.bindings, bindings);
	context.shared = &shared;
	int code = scratch_folder_init(&folder) ? unit_run("control_socket", tests) : 2;
	binding_table_destroy(bindings);
	scratch_folder_fini(&folder);
	return code;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_client.h"
#include "channel.h"
#include "scratch_folder.h"
#include "share_process.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROLE_SHARE, ROLE_SILENT, ROLE_SLOW, ROLE_DEAD, ROLE_BAD_ENTRY, ROLES };

#define TIMEOUT_S 30

static struct zygote *zygote;
static struct scratch_folder folder;

/* What the listener has been told. */
static struct {
	unsigned n_entries, n_listed, n_read, n_found, n_hints;
	struct share_client *asks_again; /* with the first read that fails, for another file */
	uint64_t now_ms;
	int error;
	char names[256], content[64];
} told;

static void listed_entry(void *context, const struct share_entry *entry)
{
	(void)context;
	told.n_entries++;
	size_t len = strlen(told.names);
	snprintf(told.names + len, sizeof(told.names) - len, "%s ", entry->name);
}

static void listed(void *context, int error)
{
	(void)context;
	told.n_listed++;
	told.error = error;
}

static void read_file(void *context, const char *name, int error, struct bytes content, const struct share_stamp *stamp)
{
	(void)context;
	(void)stamp;
	told.n_read++;
	told.error = error;
	snprintf(told.content, sizeof(told.content), "%s:%.*s", name, (int)content.len, (const char *)content.data);
	if (told.asks_again != NULL && error != 0) {
		struct share_client *client = told.asks_again;
		told.asks_again = NULL;
		CU_ASSERT_EQUAL(share_client_read(client, "again.pfx", told.now_ms), 0);
	}
}

static void found(void *context, const char *name, int error)
{
	(void)context;
	(void)name;
	told.n_found++;
	told.error = error;
}

static void hinted(void *context)
{
	(void)context;
	told.n_hints++;
}

static struct share_client *create(size_t role)
{
	const struct share_client_listener listener = {
		.listed_entry = listed_entry, .listed = listed, .read = read_file, .found = found, .hinted = hinted};
	memset(&told, 0, sizeof(told));
	struct share_client *client = share_client_create(zygote, role, TIMEOUT_S, &listener);
	CU_ASSERT_PTR_NOT_NULL_FATAL(client);
	return client;
}

/* Steps at this time until the count has been reached; ten seconds of silence are the end. */
static void step_until(struct share_client *client, const unsigned *count, unsigned wanted, uint64_t now_ms)
{
	while (*count < wanted) {
		struct pollfd fds = {.fd = share_client_fd(client), .events = share_client_events(client)};
		if (poll(&fds, 1, 10000) != 1)
			break;
		share_client_step(client, now_ms);
	}
	CU_ASSERT_EQUAL(*count, wanted);
}

static bool write_file(const char *name, const char *text)
{
	FILE *file = fopen(scratch_folder_path(&folder, name), "w");
	bool ok = file != NULL && fputs(text, file) >= 0;
	return file != NULL && fclose(file) == 0 && ok;
}

/* --- roles ----------------------------------------------------------------------------------------------------------
 */

static int run_silent(int socket, const void *context)
{
	struct pollfd fds = {.fd = socket, .events = 0};
	(void)context;
	poll(&fds, 1, -1); /* until the other end is closed */
	return 0;
}

static void send_entries(int socket, const struct share_process_entry *entry, const char *name)
{
	struct share_process_answer head = {.kind = SHARE_PROCESS_ENTRIES};
	uint8_t body[sizeof(*entry) + 256];
	size_t name_len = strlen(name);
	memcpy(body, entry, sizeof(*entry));
	memcpy(body + sizeof(*entry), name, name_len);
	channel_send(socket, (struct bytes){(const uint8_t *)&head, sizeof(head)},
		(struct bytes){body, sizeof(*entry) + name_len});
}

/* Some files, then nothing more. */
static int run_slow(int socket, const void *context)
{
	send_entries(socket, &(struct share_process_entry){.name_len = 5}, "a.pfx");
	return run_silent(socket, context);
}

static int run_dead(int socket, const void *context)
{
	(void)socket;
	(void)context;
	return 0;
}

/* A name that is longer than its message. */
static int run_bad_entry(int socket, const void *context)
{
	send_entries(socket, &(struct share_process_entry){.name_len = 200}, "a.pfx");
	return run_silent(socket, context);
}

/* --- tests ----------------------------------------------------------------------------------------------------------
 */

static void test_list_and_read(void)
{
	struct share_client *client = create(ROLE_SHARE);
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	CU_ASSERT_EQUAL(share_client_list(client, 0), -EBUSY);
	CU_ASSERT_EQUAL(share_client_read(client, "a.pfx", 0), -EBUSY);
	step_until(client, &told.n_listed, 1, 0);
	CU_ASSERT_EQUAL(told.error, 0);
	CU_ASSERT_STRING_EQUAL(told.names, "a.pfx ");
	CU_ASSERT(share_client_is_idle(client));
	CU_ASSERT_EQUAL(share_client_read(client, "a.pfx", 0), 0);
	step_until(client, &told.n_read, 1, 0);
	CU_ASSERT_STRING_EQUAL(told.content, "a.pfx:content");
	CU_ASSERT_EQUAL(share_client_read(client, "b.pfx", 0), 0);
	step_until(client, &told.n_read, 2, 0);
	CU_ASSERT_EQUAL(told.error, -ENOENT);
	share_client_destroy(client);
}

static void test_find(void)
{
	struct share_client *client = create(ROLE_SHARE);
	CU_ASSERT_EQUAL(share_client_find(client, "a.pfx", 0), 0);
	CU_ASSERT_EQUAL(share_client_find(client, "a.pfx", 0), -EBUSY);
	CU_ASSERT_EQUAL(share_client_read(client, "a.pfx", 0), -EBUSY);
	step_until(client, &told.n_found, 1, 0);
	CU_ASSERT_EQUAL(told.error, 0);
	CU_ASSERT_EQUAL(share_client_find(client, "b.pfx", 0), 0);
	step_until(client, &told.n_found, 2, 0);
	CU_ASSERT_EQUAL(told.error, -ENOENT);
	CU_ASSERT_EQUAL(share_client_find(client, "../b.pfx", 0), 0);
	step_until(client, &told.n_found, 3, 0);
	CU_ASSERT_EQUAL(told.error, -EINVAL);
	share_client_destroy(client);
}

/* Without its folder nothing is known of a file: it is not "not there". */
static void test_find_without_the_folder(void)
{
	char away[4096];
	struct share_client *client = create(ROLE_SHARE);
	snprintf(away, sizeof(away), "%s.away", folder.path);
	CU_ASSERT_EQUAL(rename(folder.path, away), 0);
	CU_ASSERT_EQUAL(share_client_find(client, "a.pfx", 0), 0);
	step_until(client, &told.n_found, 1, 0);
	CU_ASSERT_EQUAL(told.error, -ESTALE);
	CU_ASSERT_EQUAL(rename(away, folder.path), 0);
	share_client_destroy(client);
}

static void test_name_too_long(void)
{
	char name[300];
	struct share_client *client = create(ROLE_SHARE);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CU_ASSERT_EQUAL(share_client_read(client, name, 0), -ENAMETOOLONG);
	CU_ASSERT(share_client_is_idle(client));
	share_client_destroy(client);
}

/* One hint for however many changes, until it is listed again. */
static void test_hints(void)
{
	struct share_client *client = create(ROLE_SHARE);
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	step_until(client, &told.n_listed, 1, 0);
	CU_ASSERT(write_file("b.txt", "x"));
	CU_ASSERT(write_file("c.txt", "x"));
	step_until(client, &told.n_hints, 1, 0);
	/* What comes before the end of the next listing belongs to the changes above: no second one. */
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	step_until(client, &told.n_listed, 2, 0);
	CU_ASSERT_EQUAL(told.n_hints, 1);
	CU_ASSERT_EQUAL(unlink(scratch_folder_path(&folder, "b.txt")), 0);
	step_until(client, &told.n_hints, 2, 0);
	CU_ASSERT_EQUAL(unlink(scratch_folder_path(&folder, "c.txt")), 0);
	share_client_destroy(client);
}

/* A hanging server: up to its last millisecond it may answer, then what was asked fails and the next is asked of
 * another process.
 */
static void test_hang(void)
{
	struct share_client *client = create(ROLE_SILENT);
	for (unsigned round = 1; round <= 2; round++) {
		CU_ASSERT_EQUAL(share_client_read(client, "a.pfx", 1000), 0);
		share_client_step(client, 1000 + TIMEOUT_S * 1000 - 1);
		CU_ASSERT_EQUAL(told.n_read, round - 1);
		share_client_step(client, 1000 + TIMEOUT_S * 1000);
		CU_ASSERT_EQUAL(told.n_read, round);
		CU_ASSERT_EQUAL(told.error, -ETIMEDOUT);
	}
	CU_ASSERT_EQUAL(share_client_list(client, 1000), 0);
	share_client_step(client, 1000 + 2 * TIMEOUT_S * 1000 - 1);
	CU_ASSERT_EQUAL(told.n_listed, 0);
	share_client_step(client, 1000 + 2 * TIMEOUT_S * 1000);
	CU_ASSERT_EQUAL(told.n_listed, 1);
	CU_ASSERT_EQUAL(told.error, -ETIMEDOUT);
	share_client_destroy(client);
}

/* What is asked for while the reads of a process that hung are told of has a time of its own. */
static void test_next_read_while_a_hang_is_told(void)
{
	const uint64_t end_ms = TIMEOUT_S * 1000;
	struct share_client *client = create(ROLE_SILENT);
	CU_ASSERT_EQUAL(share_client_read(client, "a.pfx", 0), 0);
	CU_ASSERT_EQUAL(share_client_read(client, "b.pfx", 0), 0);
	told.asks_again = client;
	told.now_ms = end_ms;
	share_client_step(client, end_ms);
	CU_ASSERT_EQUAL(told.n_read, 2);
	share_client_step(client, 2 * end_ms - 1);
	CU_ASSERT_EQUAL(told.n_read, 2);
	share_client_step(client, 2 * end_ms);
	CU_ASSERT_EQUAL(told.n_read, 3);
	CU_ASSERT_EQUAL(told.error, -ETIMEDOUT);
	share_client_destroy(client);
}

/* Files that come are a sign of life; the time runs from the last. */
static void test_hang_half_way(void)
{
	struct share_client *client = create(ROLE_SLOW);
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	step_until(client, &told.n_entries, 1, 2 * TIMEOUT_S * 1000 - 1);
	share_client_step(client, 3 * TIMEOUT_S * 1000 - 2);
	CU_ASSERT_EQUAL(told.n_listed, 0);
	share_client_step(client, 3 * TIMEOUT_S * 1000 - 1);
	CU_ASSERT_EQUAL(told.n_listed, 1);
	CU_ASSERT_EQUAL(told.error, -ETIMEDOUT);
	share_client_destroy(client);
}

static void test_death(void)
{
	struct share_client *client = create(ROLE_DEAD);
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	step_until(client, &told.n_listed, 1, 0);
	CU_ASSERT_EQUAL(told.error, -EPIPE);
	share_client_destroy(client);
}

static void test_nonsense(void)
{
	struct share_client *client = create(ROLE_BAD_ENTRY);
	CU_ASSERT_EQUAL(share_client_list(client, 0), 0);
	step_until(client, &told.n_listed, 1, 0);
	CU_ASSERT_EQUAL(told.error, -EPROTO);
	CU_ASSERT_EQUAL(told.n_entries, 0);
	share_client_destroy(client);
}

int main(void)
{
	static struct config config;
	static struct zygote_role roles[ROLES] = {
		[ROLE_SHARE] = {.name = "share", .run = share_process_run, .context = &config},
		[ROLE_SILENT] = {.name = "silent", .run = run_silent},
		[ROLE_SLOW] = {.name = "slow", .run = run_slow},
		[ROLE_DEAD] = {.name = "dead", .run = run_dead},
		[ROLE_BAD_ENTRY] = {.name = "bad entry", .run = run_bad_entry},
	};
	CU_TestInfo tests[] = {
		{"list and read", test_list_and_read},
		{"a file is looked for", test_find},
		{"a file is looked for without its folder", test_find_without_the_folder},
		{"a name that is too long", test_name_too_long},
		{"hints of changes", test_hints},
		{"a server that hangs", test_hang},
		{"the next read while a hang is told", test_next_read_while_a_hang_is_told},
		{"a server that hangs half-way", test_hang_half_way},
		{"a share process that dies", test_death},
		{"a share process that sends nonsense", test_nonsense},
		CU_TEST_INFO_NULL,
	};
	if (!scratch_folder_init(&folder) || !write_file("a.pfx", "content"))
		return 2;
	config.store = (struct config_store){.enabled = true, .physical_path = folder.path};
	zygote = zygote_start(roles, ROLES);
	int code = zygote != NULL ? unit_run("share client", tests) : 2;
	zygote_stop(zygote);
	unlink(scratch_folder_path(&folder, "a.pfx"));
	scratch_folder_fini(&folder);
	return code;
}

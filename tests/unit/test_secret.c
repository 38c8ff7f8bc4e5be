/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizers turn mlock() into a no-op. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLOCK_IS_REAL false
#else
#define MLOCK_IS_REAL true
#endif

static bool all_zero(const uint8_t *memory, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (memory[i] != 0)
			return false;
	}
	return true;
}

static void test_every_length(void)
{
	struct secret_arena *arena = secret_arena_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
	for (size_t len = 1; len <= SECRET_MAX_BYTES; len += len < 600 ? 1 : 97) {
		uint8_t *secret = secret_alloc(arena, len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
		CU_ASSERT_TRUE(all_zero(secret, len));
		size_t used = secret_arena_used_bytes(arena);
		CU_ASSERT_TRUE(used >= len && (used <= 64 || used <= len + len / 4 + 1));
		memset(secret, 0xa5, len);
		secret_free(arena, secret, len);
	}
	CU_ASSERT_EQUAL(secret_arena_used_bytes(arena), 0);
	CU_ASSERT_PTR_NULL(secret_alloc(arena, 0));
	CU_ASSERT_PTR_NULL(secret_alloc(arena, SECRET_MAX_BYTES + 1));
	secret_arena_destroy(arena);
}

static void test_many_do_not_overlap(void)
{
	enum { N = 5000 };
	static uint8_t *secrets[N];
	struct secret_arena *arena = secret_arena_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
	for (unsigned i = 0; i < N; i++) {
		secrets[i] = secret_alloc(arena, 138 + i % 3);
		CU_ASSERT_PTR_NOT_NULL_FATAL(secrets[i]);
		memset(secrets[i], (int)(i % 251) + 1, 138 + i % 3);
	}
	unsigned wrong = 0;
	for (unsigned i = 0; i < N; i++) {
		for (unsigned j = 0; j < 138 + i % 3; j++)
			wrong += secrets[i][j] != (uint8_t)(i % 251 + 1);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	for (unsigned i = 0; i < N; i += 2)
		secret_free(arena, secrets[i], 138 + i % 3);
	secret_arena_destroy(arena); /* the other half is wiped with it */
}

static void test_freed_is_wiped(void)
{
	struct secret_arena *arena = secret_arena_create();
	uint8_t *secret = secret_alloc(arena, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
	memset(secret, 0x5a, 100);
	secret_free(arena, secret, 100);
	CU_ASSERT_TRUE(all_zero(secret + sizeof(void *), 100 - sizeof(void *)));
	secret_free(arena, NULL, 100);
	secret_arena_destroy(arena);
	secret_arena_destroy(NULL);
}

static void test_wipe(void)
{
	uint8_t buffer[33];
	memset(buffer, 1, sizeof(buffer));
	secret_wipe(buffer, 32);
	CU_ASSERT_TRUE(all_zero(buffer, 32));
	CU_ASSERT_EQUAL(buffer[32], 1);
}

/* What the kernel thinks of the memory: locked and left out of dumps and forks (proc(5), VmFlags "lo", "dd", "dc"). */
static void test_kernel_flags(void)
{
	struct secret_arena *arena = secret_arena_create();
	uint8_t *secret = secret_alloc(arena, 200);
	CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
	FILE *maps = fopen("/proc/self/smaps", "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
	char line[512];
	bool inside = false, found = false;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (unsigned long)secret >= from && (unsigned long)secret < to;
		if (!inside || strncmp(line, "VmFlags:", 8) != 0)
			continue;
		found = true;
		CU_ASSERT_PTR_NOT_NULL(strstr(line, " dd"));
		CU_ASSERT_PTR_NOT_NULL(strstr(line, " dc"));
		if (MLOCK_IS_REAL && secret_arena_is_locked(arena))
			CU_ASSERT_PTR_NOT_NULL(strstr(line, " lo"));
	}
	fclose(maps);
	CU_ASSERT_TRUE(found);
	secret_arena_destroy(arena);
}

/* Reject case of locking: the limit is reached, the memory serves all the same, the arena says so. In a child: the
 * limit must not outlive the test, and a process with CAP_IPC_LOCK is not bound by it. */
static void test_lock_limit_is_told(void)
{
	if (!MLOCK_IS_REAL) {
		puts("SKIP: mlock() does nothing under a sanitizer");
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = {0, 0};
		if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(65534) != 0))
			_exit(2);
		struct secret_arena *arena = secret_arena_create();
		uint8_t *secret = arena != NULL ? secret_alloc(arena, 100) : NULL;
		if (secret == NULL)
			_exit(3);
		memset(secret, 1, 100);
		_exit(secret_arena_is_locked(arena) ? 4 : 0);
	}
	int status = -1;
	waitpid(child, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"every length, and lengths out of bounds", test_every_length},
		{"many secrets do not overlap", test_many_do_not_overlap},
		{"a freed secret is wiped", test_freed_is_wiped},
		{"wipe", test_wipe},
		{"the kernel locks it and keeps it from dumps and forks", test_kernel_flags},
		{"the limit on locked memory is told, not fatal", test_lock_limit_is_told},
		CU_TEST_INFO_NULL,
	};
	return unit_run("secret", tests);
}

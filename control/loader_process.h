/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The process that parses certificate files: one request at a time over its socket (channel.h), in a sandbox that
 * leaves it memory and that socket. PKCS#12 parsing is where OpenSSL's memory errors are; what a hostile file can take
 * over here has no files, no network, no keys but its own, and ends with the CPU time it was given.
 */
#ifndef HANDFAST_LOADER_PROCESS_H
#define HANDFAST_LOADER_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/** CPU time for one file: ten million derivation steps take some 8 s on a slow core. */
#define LOADER_PROCESS_CPU_S 20
/** Address space: a file, its decrypted copies and OpenSSL with room. */
#define LOADER_PROCESS_MEMORY_BYTES ((size_t)512 << 20)

enum { LOADER_PROCESS_REFUSE_EXPIRED = 1, LOADER_PROCESS_REQUIRE_NAME_MATCH = 2, LOADER_PROCESS_HAS_PASSWORD = 4 };

/** Head of a request; name, file, password and content follow, none terminated. */
struct loader_process_request {
	int64_t now_s;
	uint32_t flags;
	uint32_t name_len;
	uint32_t file_len;
	uint32_t password_len;
	uint32_t content_len;
	uint32_t padding;
};

/** Head of an answer; the certificate message follows if fault is CERTIFICATE_FAULT_NONE. */
struct loader_process_answer {
	uint32_t fault;
};

/** The process's main. @param context not used. @return exit status. */
int loader_process_run(int socket, const void *context);

#endif

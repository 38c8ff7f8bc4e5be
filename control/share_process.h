/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The process that lists and reads the share, so that a server that hangs blocks nobody else: it can be killed.
 * Messages over its socket (channel.h), one request at a time; a listing is answered by any number of ENTRIES and one
 * LISTED.
 */
#ifndef HANDFAST_SHARE_PROCESS_H
#define HANDFAST_SHARE_PROCESS_H

#include "share.h"

enum share_process_operation {
	SHARE_PROCESS_LIST,
	SHARE_PROCESS_READ,
	SHARE_PROCESS_FIND,
	SHARE_PROCESS_LOG_ON, /**< from now on as somebody else; not answered: what is asked next shows how that went */
	SHARE_PROCESS_OPERATIONS,
};

/** LOG_ON: octets of a user name and of a password at most (config_schema.def). */
#define SHARE_PROCESS_MAX_CREDENTIAL_LEN 1023

/** Head of a request; for READ and FIND the file's name follows, not terminated; for LOG_ON user name and password,
 * both terminated, "" for none. */
struct share_process_request {
	uint32_t operation;
};

enum share_process_kind {
	SHARE_PROCESS_ENTRIES,
	SHARE_PROCESS_LISTED,
	SHARE_PROCESS_CONTENT,
	SHARE_PROCESS_FOUND,
	SHARE_PROCESS_HINT, /**< unasked, once after each listing: something has changed since it began */
};

/** Head of every answer. ENTRIES: packed share_process_entry with names. CONTENT: the file's bytes. */
struct share_process_answer {
	uint32_t kind;
	int32_t error; /**< 0 or -errno */
	struct share_stamp stamp;
};

/** One entry in an ENTRIES message; its name of name_len octets follows. */
struct share_process_entry {
	struct share_stamp stamp;
	uint16_t kind;
	uint16_t name_len;
	uint32_t padding;
};

/** The process's main. @param context a struct config. @return exit status. */
int share_process_run(int socket, const void *context);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A certificate store for tests, all of it but the workers: a share in a scratch folder, helper processes, the table.
 * The zygote has to be forked before the EAL is started, so there is one world in a process.
 */
#ifndef HANDFAST_STORE_WORLD_H
#define HANDFAST_STORE_WORLD_H

#include "publish.h"
#include "scanner.h"
#include "scratch_folder.h"
#include "test_certificates.h"

/** The one password of the store. */
#define STORE_WORLD_PASSWORD "secret"

struct store_world {
	struct scratch_folder folder;
	struct config config; /**< may be changed between store_world_open() calls */
	struct test_certificates_ca ca;
	struct zygote *zygote;
	struct cert_table *table;
	struct publish *publish;
	struct scanner *scanner;
	unsigned n_told; /**< notices to the one worker there is not */
	struct host_name last_told;
};

/** Folder, authority, zygote, EAL. @return false if one of them fails. Once per process. */
bool store_world_init(struct store_world *world);
void store_world_fini(struct store_world *world);

/** Open the store with world->config, and look at the share once. Close it before the next. */
bool store_world_open(struct store_world *world);
void store_world_close(struct store_world *world);

/** Look at the share once, load what there is to load. @return false if that takes more than 20 s. */
bool store_world_look(struct store_world *world);

/** Wait up to 5 ms for something to happen and serve it: one turn of the control thread. */
void store_world_step(struct store_world *world);

/** Ask for a name as a worker would; wait until it is settled. @return what the table has then. */
struct cert_table_result store_world_load(struct store_world *world, const char *name);

/** @return what the table has; MISS if there is no such name. */
struct cert_table_result store_world_get(const struct store_world *world, const char *name);

/** Put a file on the share: a P-256 certificate for dns_name. Older than half-written files are. */
bool store_world_add(struct store_world *world, const char *file, const char *dns_name);

/** Make a file look an hour old, so that it is not taken for half-written; different from its last time. */
void store_world_age(const struct store_world *world, const char *file);

#endif

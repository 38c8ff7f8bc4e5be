/* SPDX-License-Identifier: BSD-3-Clause */
/** The writer's side of the certificate table: the control thread alone. */
#ifndef HANDFAST_CERT_TABLE_WRITER_H
#define HANDFAST_CERT_TABLE_WRITER_H

#include "cert_table.h"

/**
 * @param capacity     names expected; grows by itself beyond that (a bigger table is built and swapped in).
 * @param max_readers  workers that will look up.
 * @param key          16 random bytes for the keyed hash of names.
 * @return the table, or NULL if memory is out.
 * Threads: the control thread.
 */
struct cert_table *cert_table_writer_create(size_t capacity, unsigned max_readers, const uint8_t key[16]);

/** Free the table and every certificate in it. Threads: the control thread, after all readers have stopped. */
void cert_table_writer_destroy(struct cert_table *table);

/**
 * A file was seen for this name: enter it as INDEXED. An entry that exists keeps its certificate (READY, and its fault
 * is forgotten: the file has changed); without one it becomes INDEXED and may be claimed again.
 * @return 0, -ENOMEM, or -EINVAL if the name is empty (so do publish and break).
 */
int cert_table_writer_index(struct cert_table *table, const struct host_name *name);

/**
 * Publish a certificate: from now on look-ups give it. The previous one is retired and destroyed after a grace period.
 * @return 0 or -ENOMEM. Owner: the table owns the certificate, on success; the caller, on failure.
 */
int cert_table_writer_publish(struct cert_table *table, const struct host_name *name, struct certificate *certificate);

/**
 * The name's file is not usable: BROKEN with its reason. The last good certificate, if any, goes on being served
 * (READY, with the fault).
 * @param fault  not CERTIFICATE_FAULT_NONE
 * @return 0 or -ENOMEM.
 */
int cert_table_writer_break(struct cert_table *table, const struct host_name *name, enum certificate_fault fault);

/** The name's file is gone. The entry and its certificate are retired. @return 0 or -ENOENT. */
int cert_table_writer_remove(struct cert_table *table, const struct host_name *name);

/** Unload the certificate but keep the name, INDEXED (idle or over the bound); a BROKEN one stays. @return 0 or
 * -ENOENT. */
int cert_table_writer_unload(struct cert_table *table, const struct host_name *name);

/** Reclaim what all readers have left behind. Call now and then; never blocks. @return how many objects were freed. */
size_t cert_table_writer_reclaim(struct cert_table *table);

/**
 * Wait until every registered reader has been quiescent once: after that, nothing unpublished before the call is in
 * use. For what else is published under the same grace periods (the binding snapshot, a driver's memory:
 * unmap_guard.h). Threads: any that is no reader, several at once; blocks for about one poll.
 */
void cert_table_writer_synchronize(struct cert_table *table);

/** @return names in the table. */
size_t cert_table_writer_count(const struct cert_table *table);

/** @return objects retired and not yet reclaimed. */
size_t cert_table_writer_retired(const struct cert_table *table);

/**
 * Look up as the writer: no reader number, no grace period needed (nobody else writes), no wildcard.
 * @return false if there is no such entry.
 */
bool cert_table_writer_get(const struct cert_table *table, const struct host_name *name, struct cert_table_result *out);

#endif

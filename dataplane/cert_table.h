/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Name → certificate: an index for lock-free readers, reclamation by rte_rcu_qsbr. Readers' side; the one writer is in
 * cert_table_writer.h. An entry exists for every name on the share (and every configured certificate, under "=name").
 */
#ifndef HANDFAST_CERT_TABLE_H
#define HANDFAST_CERT_TABLE_H

#include "certificate.h"
#include "host_name.h"

#include <stdbool.h>
#include <stdint.h>

struct cert_table;

enum cert_table_state {
	CERT_TABLE_MISS,    /**< no file for the name, nor for its wildcard */
	CERT_TABLE_INDEXED, /**< file known, not read yet: ask control to load it */
	CERT_TABLE_READY,   /**< certificate is set */
	CERT_TABLE_BROKEN,  /**< file could not be used and no last good certificate is there */
};

struct cert_table_result {
	enum cert_table_state state;
	const struct certificate *certificate; /**< READY: not NULL. Valid until the reader's next quiescent state */
	enum certificate_fault
		fault;        /**< BROKEN; also READY when the newest file is broken and the last good one serves */
	bool wildcard;        /**< found under "*.rest" */
	struct host_name key; /**< the entry's name: what to ask control to load; MISS: len 0 */
};

/**
 * Look up the certificate for a name: the exact entry, then the one-label wildcard. A BROKEN exact entry gives way to a
 * wildcard that is READY or INDEXED, unless strict; an INDEXED one does not: it must be loaded first.
 *
 * @param name      normalised; or a fixed certificate's key made by cert_table_fixed_key().
 * @param reader    the caller's number, as registered with cert_table_register_reader().
 * @param out       always written.
 * Owner:   the table owns what *out points to, until the reader's next cert_table_quiescent().
 * Threads: any registered reader, concurrent with the one writer; takes no lock and repeats nothing. Cost: a hit about
 * two cache misses, a miss one; the wildcard's are under way at the same time, and only while there are wildcards.
 */
void cert_table_lookup(const struct cert_table *table, unsigned reader, const struct host_name *name, bool strict,
	struct cert_table_result *out);

/** The key of a configured certificate: "=name" cannot be a host name. @return false if the name is too long. */
bool cert_table_fixed_key(const char *certificate_name, struct host_name *out);

/**
 * Ask once: of all readers that see an INDEXED entry, one gets true and sends the request to control; single flight.
 * The claim ends when the writer publishes, breaks or indexes the name again.
 *
 * @param key  the entry's own name, as in cert_table_result.
 * @return false if another has the claim, or the entry is not INDEXED (any more).
 * Threads: any registered reader, lock-free.
 */
bool cert_table_claim_load(const struct cert_table *table, unsigned reader, const struct host_name *key);

/** Give a claim back: the request could not be sent. Only who got true may call. Threads: as cert_table_claim_load().
 */
void cert_table_drop_claim(const struct cert_table *table, unsigned reader, const struct host_name *key);

/** Join as a reader, before the first look-up. @param reader 0 to max_readers - 1, one per thread. Threads: that
 * thread. */
void cert_table_register_reader(struct cert_table *table, unsigned reader);
/** Leave (a reader that sleeps for long must, or reclamation waits for it). Threads: that thread. */
void cert_table_unregister_reader(struct cert_table *table, unsigned reader);
/** Say that no pointer from an earlier look-up is held any more. Once per poll. Threads: that reader. */
void cert_table_quiescent(const struct cert_table *table, unsigned reader);

#endif

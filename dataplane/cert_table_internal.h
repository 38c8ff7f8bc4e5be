/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What cert_table.c (readers) and cert_table_writer.c share.
 *
 *   name → keyed hash → index → slot → entry → word
 *
 * Every step that a reader follows is published by a release store of the writer that the reader's acquire load names:
 * index, slot, word. (docs/decisions/certificate-table.md)
 */
#ifndef HANDFAST_CERT_TABLE_INTERNAL_H
#define HANDFAST_CERT_TABLE_INTERNAL_H

#include "cert_table.h"
#include "cert_table_index.h"
#include "siphash.h"
#include "small_heap.h"

#include <rte_common.h>
#include <rte_rcu_qsbr.h>

#include <assert.h>
#include <stdatomic.h>

/**
 * An entry's whole state in one word, so that no reader ever sees half a change: a certificate's address, and in its
 * free low bits the fault and the claim. No certificate: INDEXED without a fault, BROKEN with one; the claim is only
 * ever set on INDEXED.
 */
#define CERT_TABLE_FAULT_MASK   ((uintptr_t)0x1f)
#define CERT_TABLE_CLAIMED      ((uintptr_t)0x20)
#define CERT_TABLE_POINTER_MASK (~(uintptr_t)(CERTIFICATE_ALIGNMENT - 1))
static_assert(CERTIFICATE_FAULTS <= CERT_TABLE_FAULT_MASK + 1, "a fault fits in its bits");
static_assert(CERT_TABLE_FAULT_MASK + CERT_TABLE_CLAIMED < CERTIFICATE_ALIGNMENT, "the bits are free in a pointer");

struct cert_table_retired;

struct cert_table {
	_Atomic(struct cert_table_index *) index;
	/* Names that begin with "*.": while there are none, nobody looks for one. Relaxed: it is counted up before the
	 * first one is published, so who may rely on finding that sees the count too. */
	_Atomic(size_t) n_wildcards;
	struct rte_rcu_qsbr *readers;
	uint8_t hash_key[16];

	/* The writer's, off the readers' cache line. */
	struct small_heap heap __rte_cache_aligned; /* entries, and what is retired */
	struct cert_table_retired *oldest, *newest;
	size_t n_retired;
};

/* SipHash-1-3: what an outsider sees of it is no more than how crowded a bucket is. */
static inline uint64_t cert_table_hash(const struct cert_table *table, struct cert_table_key key)
{
	return siphash_13(key.rest, key.len, table->hash_key);
}

static inline const struct certificate *cert_table_word_certificate(uintptr_t word)
{
	return (const struct certificate *)(word & CERT_TABLE_POINTER_MASK);
}

static inline enum certificate_fault cert_table_word_fault(uintptr_t word)
{
	return (enum certificate_fault)(word & CERT_TABLE_FAULT_MASK);
}

static inline enum cert_table_state cert_table_word_state(uintptr_t word)
{
	if (cert_table_word_certificate(word) != NULL)
		return CERT_TABLE_READY;
	return cert_table_word_fault(word) == CERTIFICATE_FAULT_NONE ? CERT_TABLE_INDEXED : CERT_TABLE_BROKEN;
}

/** @return the entry with exactly this name, or NULL. Threads: registered readers and the writer. */
struct cert_table_entry *cert_table_find(const struct cert_table *table, const struct host_name *name);

/** Describe an entry as a look-up gives it. */
void cert_table_describe(const struct cert_table_entry *entry, bool wildcard, struct cert_table_result *out);

#endif

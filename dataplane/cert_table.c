/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table.h"
#include "cert_table_internal.h"
#include "siphash.h"

#include <string.h>

void cert_table_hash_name(const struct cert_table *table, const char *name, size_t len, struct cert_table_hash *out)
{
	out->words[0] = siphash(name, len, table->hash_keys[0]);
	out->words[1] = siphash(name, len, table->hash_keys[1]);
}

struct cert_table_entry *cert_table_find(const struct cert_table *table, const struct host_name *name)
{
	struct cert_table_hash hash;
	cert_table_hash_name(table, name->text, name->len, &hash);
	/* Pairs with the release in replace_index(). */
	const struct cert_table_index *index = atomic_load_explicit(&table->index, memory_order_acquire);
	int32_t position = rte_hash_lookup_with_hash(index->hash, &hash, (hash_sig_t)hash.words[0]);
	if (position < 0)
		return NULL;
	/* Pairs with the releases in insert() and cert_table_writer_remove(). NULL: not there yet, or not any more. A
	 * position is used again only after a grace period, so this cannot be another name's entry; the comparison
	 * below makes a collision of 128 bits a miss, never another tenant's certificate. */
	struct cert_table_entry *entry = atomic_load_explicit(&index->slots[position], memory_order_acquire);
	if (entry == NULL || entry->name_len != name->len || memcmp(entry->name, name->text, name->len) != 0)
		return NULL;
	return entry;
}

void cert_table_describe(const struct cert_table_entry *entry, bool wildcard, struct cert_table_result *out)
{
	/* Pairs with the release in set_word(): the certificate's contents are visible. */
	uintptr_t word = atomic_load_explicit(&entry->word, memory_order_acquire);
	out->state = cert_table_word_state(word);
	out->certificate = cert_table_word_certificate(word);
	out->fault = cert_table_word_fault(word);
	out->wildcard = wildcard;
	out->key.len = entry->name_len;
	memcpy(out->key.text, entry->name, entry->name_len);
	out->key.text[entry->name_len] = '\0';
}

/* A configured certificate's key, "=name", is no host name: it has no wildcard, whatever dots it holds. */
static struct cert_table_entry *find_wildcard(const struct cert_table *table, const struct host_name *name)
{
	struct host_name wildcard;
	if (name->text[0] == '=' || !host_name_wildcard_of(name, &wildcard))
		return NULL;
	return cert_table_find(table, &wildcard);
}

void cert_table_lookup(const struct cert_table *table, unsigned reader, const struct host_name *name, bool strict,
	struct cert_table_result *out)
{
	(void)reader; /* the caller's registration is what keeps the result alive; a debug build of rte_rcu checks it */
	*out = (struct cert_table_result){.state = CERT_TABLE_MISS};
	if (name->len == 0)
		return;

	struct cert_table_entry *exact = cert_table_find(table, name);
	if (exact != NULL) {
		cert_table_describe(exact, false, out);
		if (strict || out->state != CERT_TABLE_BROKEN)
			return;
	}
	struct cert_table_entry *wildcard = find_wildcard(table, name);
	if (wildcard == NULL)
		return;
	struct cert_table_result found;
	cert_table_describe(wildcard, true, &found);
	if (exact == NULL || found.state != CERT_TABLE_BROKEN)
		*out = found;
}

bool cert_table_fixed_key(const char *certificate_name, struct host_name *out)
{
	size_t len = strlen(certificate_name);
	if (len + 1 > HOST_NAME_MAX_LEN)
		return false;
	out->text[0] = '=';
	memcpy(out->text + 1, certificate_name, len + 1);
	out->len = (uint8_t)(len + 1);
	return true;
}

bool cert_table_claim_load(const struct cert_table *table, unsigned reader, const struct host_name *key)
{
	(void)reader;
	struct cert_table_entry *entry = cert_table_find(table, key);
	if (entry == NULL)
		return false;
	/* INDEXED and not claimed is the word 0; anything else fails the exchange. Relaxed: the word carries no
	 * pointer. */
	uintptr_t unclaimed = 0;
	return atomic_compare_exchange_strong_explicit(
		&entry->word, &unclaimed, CERT_TABLE_CLAIMED, memory_order_relaxed, memory_order_relaxed);
}

void cert_table_drop_claim(const struct cert_table *table, unsigned reader, const struct host_name *key)
{
	(void)reader;
	struct cert_table_entry *entry = cert_table_find(table, key);
	if (entry == NULL)
		return;
	uintptr_t claimed = CERT_TABLE_CLAIMED;
	atomic_compare_exchange_strong_explicit(&entry->word, &claimed, 0, memory_order_relaxed, memory_order_relaxed);
}

void cert_table_register_reader(struct cert_table *table, unsigned reader)
{
	rte_rcu_qsbr_thread_register(table->readers, reader);
	rte_rcu_qsbr_thread_online(table->readers, reader);
}

void cert_table_unregister_reader(struct cert_table *table, unsigned reader)
{
	rte_rcu_qsbr_thread_offline(table->readers, reader);
	rte_rcu_qsbr_thread_unregister(table->readers, reader);
}

void cert_table_quiescent(const struct cert_table *table, unsigned reader)
{
	rte_rcu_qsbr_quiescent(table->readers, reader);
}

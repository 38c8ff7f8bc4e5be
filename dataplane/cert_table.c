/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table.h"
#include "cert_table_internal.h"

#include <string.h>

static struct cert_table_entry *find(const struct cert_table *table, struct cert_table_key key)
{
	/* Pairs with the release in replace_index(). */
	const struct cert_table_index *index = atomic_load_explicit(&table->index, memory_order_acquire);
	return cert_table_index_find(index, cert_table_hash(table, key), &key);
}

struct cert_table_entry *cert_table_find(const struct cert_table *table, const struct host_name *name)
{
	return find(table, cert_table_key(name->text, name->len));
}

/* Not the whole struct: what is behind a key's end is not looked at, and clearing it costs as much as the hash. */
static void set_miss(struct cert_table_result *out)
{
	out->state = CERT_TABLE_MISS;
	out->certificate = NULL;
	out->fault = CERTIFICATE_FAULT_NONE;
	out->wildcard = false;
	out->key.len = 0;
	out->key.text[0] = '\0';
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

/* By the name without its first label, host_name_wildcard_of() without a copy. A configured certificate's key, "=name",
 * is no host name: no wildcard covers it, whatever dots it holds. */
static struct cert_table_entry *find_covering(const struct cert_table *table, const struct host_name *name)
{
	if (atomic_load_explicit(&table->n_wildcards, memory_order_relaxed) == 0 || name->len == 0 ||
		name->text[0] == '=' || name->text[0] == '*')
		return NULL;
	const char *dot = memchr(name->text, '.', name->len);
	if (dot == NULL)
		return NULL;
	size_t len = name->len - (size_t)(dot - name->text);
	return find(table, (struct cert_table_key){.rest = dot, .len = len, .is_wildcard = true});
}

void cert_table_lookup(const struct cert_table *table, unsigned reader, const struct host_name *name, bool strict,
	struct cert_table_result *out)
{
	(void)reader; /* the caller's registration is what keeps the result alive; a debug build of rte_rcu checks it */
	const struct cert_table_entry *exact = name->len > 0 ? cert_table_find(table, name) : NULL;
	if (exact != NULL) {
		cert_table_describe(exact, false, out);
		if (strict || out->state != CERT_TABLE_BROKEN)
			return;
	}
	const struct cert_table_entry *wildcard = find_covering(table, name);
	if (wildcard != NULL)
		cert_table_describe(wildcard, true, out);
	else if (exact == NULL)
		set_miss(out);
	/* A broken exact entry gives way to a wildcard that is not. */
	if (exact != NULL && wildcard != NULL && out->state == CERT_TABLE_BROKEN)
		cert_table_describe(exact, false, out);
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

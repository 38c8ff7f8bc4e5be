/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A certificate as the table holds it: compact, immutable, without a live OpenSSL object. One name, one or two leaves
 * (two where a name has an RSA and an ECDSA key), a chain that certificates of the same issuer share.
 */
#ifndef HANDFAST_CERTIFICATE_H
#define HANDFAST_CERTIFICATE_H

#include "bytes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Key types a leaf may have. */
enum certificate_key {
	CERTIFICATE_KEY_RSA,
	CERTIFICATE_KEY_EC_P256,
	CERTIFICATE_KEY_EC_P384,
	CERTIFICATE_KEY_ED25519,
};

/** Why a file has no usable certificate (bindings.md section 4). */
enum certificate_fault {
	CERTIFICATE_FAULT_NONE,
	CERTIFICATE_FAULT_UNREADABLE,
	CERTIFICATE_FAULT_TOO_LARGE,
	CERTIFICATE_FAULT_MALFORMED,
	CERTIFICATE_FAULT_WRONG_PASSWORD,
	CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM,
	CERTIFICATE_FAULT_TOO_MANY_ITERATIONS,
	CERTIFICATE_FAULT_NO_KEY,
	CERTIFICATE_FAULT_KEY_MISMATCH,
	CERTIFICATE_FAULT_NO_CERTIFICATE,
	CERTIFICATE_FAULT_UNSUPPORTED_KEY,
	CERTIFICATE_FAULT_EXPIRED,       /**< only with expired = "skip" or "reject" */
	CERTIFICATE_FAULT_NAME_MISMATCH, /**< only with require_name_match */
	CERTIFICATE_FAULT_LOADER_DIED,   /**< the sandboxed parser crashed or was stopped by a limit */
	CERTIFICATE_FAULTS
};

/** Things worth a warning; the certificate is served all the same. */
enum {
	CERTIFICATE_WARN_CHAIN_INCOMPLETE = 1,
	CERTIFICATE_WARN_EXPIRED = 2,
	CERTIFICATE_WARN_NOT_YET_VALID = 4,
	CERTIFICATE_WARN_NAME_MISMATCH = 8, /**< the file's name is none of the certificate's names */
	CERTIFICATE_WARN_ALL = 15,
};

/** Intermediates, leaf's issuer first, root left out; shared and counted. */
struct certificate_chain;

/** One leaf with its key. */
struct certificate_leaf {
	enum certificate_key key_type;
	struct bytes leaf_der; /**< X.509 */
	struct bytes key_der;  /**< PKCS#8, in locked memory that no core dump shows; wiped when freed */
	const struct certificate_chain *chain; /**< NULL: none */
};

#define CERTIFICATE_MAX_LEAVES 2
/** Certificates in a chain: what clients follow at most (OpenSSL's and NSS's depth limits are 100 and 20; real chains
 * have 1 to 4). */
#define CERTIFICATE_MAX_CHAIN 16
/** Names kept of one certificate; public CAs put in at most 2,000. */
#define CERTIFICATE_MAX_NAMES 4096
/** Octets of file, subject, issuer and of one name; longer ones are cut by certificate_encode(). */
#define CERTIFICATE_MAX_TEXT_LEN 1024
/** Octets of a leaf's or a chain's DER, and of a whole message: files on the share are at most 1 MiB. */
#define CERTIFICATE_MAX_DER_BYTES     ((size_t)1 << 20)
#define CERTIFICATE_MAX_MESSAGE_BYTES ((size_t)4 << 20)
/** struct certificate is aligned to this: the table keeps an entry's state in the free low bits of the pointer. */
#define CERTIFICATE_ALIGNMENT 64

/** Immutable once published, but for used_s. Made by certificate_decode() alone: it lies in an allocation that holds
 * more than is seen here. */
struct certificate {
	uint64_t generation; /**< unique in the process; a renewed file has a new one: the key of per-worker caches */
	struct certificate_leaf leaves[CERTIFICATE_MAX_LEAVES];
	uint32_t n_leaves;
	uint32_t warnings;             /**< CERTIFICATE_WARN_* */
	_Atomic uint32_t used_s;       /**< the one thing readers write: certificate_note_use() */
	int64_t not_before, not_after; /**< Unix time in seconds; of several leaves the narrowest */
	const char *file;              /**< base name on the share, for people: "cawl.nau.edu.pfx" */
	const char *subject;           /**< common name or first name, for people */
	const char *issuer;            /**< issuer's common name, for people */
	const char *const *names; /**< subjectAltName dNSNames in lower case (or the common name where there is none) */
	size_t n_names;
};

/**
 * Note that it is used now: for whoever decides which certificates stay loaded.
 * @param now_s  a clock common to all who call, in seconds. A certificate in steady use is written once in each.
 * Threads: any reader.
 */
void certificate_note_use(const struct certificate *certificate, uint32_t now_s);
/** @return when that was last noted. Threads: any reader. */
uint32_t certificate_used_s(const struct certificate *certificate);

/** @return the fault's words for logs, explain and show: "wrong password". Threads: any. */
const char *certificate_fault_text(enum certificate_fault fault);

/** @return "RSA", "ECDSA P-256", … Threads: any. */
const char *certificate_key_text(enum certificate_key key);

/**
 * Write a certificate as one flat message: what a loader process sends to the control thread. Holds the private key in
 * the clear: the buffer is wiped by whoever is done with it.
 *
 * @param chain_der  the leaf's chains as DER, one per leaf in leaves' order (the loader has no interned chains yet);
 *                   each is a concatenation of DER certificates, len 0 for none.
 * @param out_len    bytes written
 * @return a malloc'ed message, or NULL if memory is out or the message would exceed CERTIFICATE_MAX_MESSAGE_BYTES.
 * Owner:   the caller; wipe with secret_wipe() and free().
 * Threads: any.
 */
uint8_t *certificate_encode(
	const struct certificate *certificate, const struct bytes chain_der[CERTIFICATE_MAX_LEAVES], size_t *out_len);

/**
 * What certificates share: chains by content (all certificates of one issuer have one copy), the locked memory their
 * keys are in, the counter of generations. Threads: the control thread alone.
 */
struct certificate_chains;
/** @return NULL if memory is out. Owner: the caller. */
struct certificate_chains *certificate_chains_create(void);
/** After the last certificate made with it has been destroyed. NULL is allowed. */
void certificate_chains_destroy(struct certificate_chains *chains);
/** @return how many different chains there are. */
size_t certificate_chains_count(const struct certificate_chains *chains);
/** @return false if the system refused to lock keys in memory (RLIMIT_MEMLOCK): worth one warning, they may reach swap.
 */
bool certificate_chains_keys_locked(const struct certificate_chains *chains);

/**
 * Build a certificate from a loader's message. Every length is checked: a loader is not trusted.
 *
 * @param message         the caller's, and holds the key in the clear: the caller wipes it.
 * @param chains          where chains are interned; must outlive the certificate.
 * @param out_certificate set on success, NULL otherwise.
 * @return 0, -EBADMSG if the message is malformed, -ENOMEM.
 * Owner:   the caller; certificate_destroy() frees it, wipes its keys and drops its chains.
 * Threads: the control thread.
 */
int certificate_decode(struct bytes message, struct certificate_chains *chains, struct certificate **out_certificate);

/** Wipe and free. NULL is allowed. Threads: the control thread, when no reader holds it (after a grace period). */
void certificate_destroy(struct certificate *certificate);

/** @return how many certificates a chain has. */
size_t certificate_chain_length(const struct certificate_chain *chain);

/** @return the i-th certificate of a chain as DER; valid as long as the chain. */
struct bytes certificate_chain_get(const struct certificate_chain *chain, size_t i);

/** @return bytes this certificate takes in memory, keys included, interned chains not. */
size_t certificate_memory_bytes(const struct certificate *certificate);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The ClientHello, read before any TLS library sees it (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2). Strict,
 * zero-copy, the same verdict for every split of the bytes into segments and records.
 *
 * Two steps. clienthello_feed() walks bytes as they arrive and keeps only a few numbers, so a half-sent ClientHello
 * costs nothing here and a byte is looked at once. When it says OK the whole message is there: clienthello_parse()
 * reads it.
 *
 * What is refused, and with which alert (RFC 8446 unless another is named):
 *
 *     NOT_TLS    none                the first record does not begin {22, 3}; an SSL 2.0 hello is not TLS
 *     TOO_LARGE  illegal_parameter   over one of the two bounds below
 *     MALFORMED  unexpected_message  empty record, another record type or message (4, 5.1, 5.4)
 *                                    a record that goes on behind the message (5.1; RFC 5246 section 7.4)
 *                record_overflow     record over 2^14 (5.1)
 *                protocol_version    a later record of a major version other than 3
 *                decode_error        what does not follow its syntax to the last byte (6.2)
 *                illegal_parameter   an extension type twice (4.2), pre_shared_key not last (4.2.11)
 *                                    two key shares for one group (4.2.8)
 *                                    compression without null, or with more in TLS 1.3 (4.1.2)
 *                                    not exactly one host_name, or a NUL in it (RFC 6066 section 3)
 *     VERSION    protocol_version    neither TLS 1.2 nor 1.3 (RFC 8996), or legacy_version SSL 3.0 (D.5)
 *
 * What is accepted here, libssl can take apart too, but for use_srtp, which it refuses outside DTLS. Where libssl takes
 * more, tests/support/hello_reasons.c cites the MUST. Left to the TLS engine: what depends on the parameters chosen
 * (missing_extension, 9.2; binders, 4.2.11.2).
 */
#ifndef HANDFAST_CLIENTHELLO_H
#define HANDFAST_CLIENTHELLO_H

#include "bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum clienthello_result { CLIENTHELLO_NEED_MORE, CLIENTHELLO_OK, CLIENTHELLO_BAD };

/** Longest handshake message body accepted; a larger one is refused when its header is seen. */
#define CLIENTHELLO_MAX_BYTES 65536
/** Longest stream of records that may carry it: a client that cuts it finely pays with its own headers. */
#define CLIENTHELLO_STREAM_MAX_BYTES (96 * 1024)

/** Why a ClientHello was refused. */
enum clienthello_fault {
	CLIENTHELLO_FAULT_NONE,
	CLIENTHELLO_FAULT_NOT_TLS,   /**< first record is not a TLS handshake record: the peer reads no alert */
	CLIENTHELLO_FAULT_TOO_LARGE, /**< over CLIENTHELLO_MAX_BYTES, or its stream over CLIENTHELLO_STREAM_MAX_BYTES */
	CLIENTHELLO_FAULT_MALFORMED, /**< what an RFC forbids; the alert says which kind */
	CLIENTHELLO_FAULT_VERSION,   /**< offers neither TLS 1.2 nor TLS 1.3 */
};

/** Where clienthello_feed() stands. All zero at the start of a connection. */
struct clienthello_progress {
	uint32_t stream_bytes;      /**< bytes of the stream walked */
	uint32_t handshake_bytes;   /**< bytes of the handshake message walked, its 4-byte header included */
	uint32_t message_bytes;     /**< size of the message with its header; 0 until that is known */
	uint16_t record_left_bytes; /**< of the record being walked */
	uint8_t record_header[5];
	uint8_t record_header_bytes; /**< bytes of record_header seen */
	uint8_t handshake_header[4];
};

/** What a ClientHello says. All views point into the memory given to clienthello_parse(). */
struct clienthello {
	struct bytes message; /**< the handshake message with its 4-byte header */
	uint16_t legacy_version;
	struct bytes random;            /**< 32 octets */
	struct bytes legacy_session_id; /**< 0 to 32 octets */
	struct bytes cipher_suites;     /**< 2 octets each */
	struct bytes compression_methods;
	struct bytes extensions; /**< the whole block, without its length */
	bool has_server_name;
	struct bytes server_name;          /**< host_name as sent: not normalised, may be any octets but NUL */
	struct bytes alpn;                 /**< ProtocolNameList without its length; len 0 = not sent */
	struct bytes supported_versions;   /**< 2 octets each; len 0 = not sent */
	struct bytes supported_groups;     /**< 2 octets each; len 0 = not sent */
	struct bytes signature_algorithms; /**< 2 octets each; len 0 = not sent */
	struct bytes key_shares;           /**< KeyShareEntry list; len 0 = none */
	bool has_key_share;
	bool has_pre_shared_key;
	bool has_early_data;
	bool has_session_ticket;
	bool offers_tls12, offers_tls13;
};

/**
 * Walk the next bytes of the stream.
 *
 * @param progress  zeroed before the first call.
 * @param chunk     the bytes that follow those of the last call; any length, also 0.
 * @param out_alert on BAD: the TLS alert to send (RFC 8446 section 6), or 0 to send none.
 * @return NEED_MORE; OK when the whole message lies in the bytes walked so far (progress->stream_bytes then ends with
 * the chunk's last byte or before it: bytes behind the message's last record are left unwalked); BAD with *out_fault.
 * Threads: the owner of progress. Cost: linear in chunk, no allocation.
 */
enum clienthello_result clienthello_feed(struct clienthello_progress *progress, struct bytes chunk,
	enum clienthello_fault *out_fault, uint8_t *out_alert);

/**
 * Read a complete ClientHello.
 *
 * @param stream  the stream from its first byte, as far as clienthello_feed() walked it or further.
 * @param scratch memory of CLIENTHELLO_MAX_BYTES + 4 bytes, used only where the message is spread over several records.
 * @param out     written on OK; its views point into stream or scratch.
 * @return OK, or BAD with *out_fault and *out_alert as above; never NEED_MORE after clienthello_feed() said OK.
 * Threads: any. Cost: linear, no allocation.
 */
enum clienthello_result clienthello_parse(struct bytes stream, uint8_t *scratch, struct clienthello *out,
	enum clienthello_fault *out_fault, uint8_t *out_alert);

/** @return true if a list of 2-octet numbers (cipher_suites, supported_groups, …) holds value. */
bool clienthello_list_has(struct bytes list, uint16_t value);

/** @return true if ALPN offers the protocol ("h2"). */
bool clienthello_offers_protocol(const struct clienthello *hello, const char *protocol);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/** Alerts of TLS 1.3 (RFC 8446 section 6) by number and by name. */
#ifndef HANDFAST_TLS13_ALERT_H
#define HANDFAST_TLS13_ALERT_H

#include <stdint.h>

enum tls13_alert {
	TLS13_ALERT_CLOSE_NOTIFY = 0,
	TLS13_ALERT_UNEXPECTED_MESSAGE = 10,
	TLS13_ALERT_BAD_RECORD_MAC = 20,
	TLS13_ALERT_RECORD_OVERFLOW = 22,
	TLS13_ALERT_HANDSHAKE_FAILURE = 40,
	TLS13_ALERT_BAD_CERTIFICATE = 42,
	TLS13_ALERT_ILLEGAL_PARAMETER = 47,
	TLS13_ALERT_UNKNOWN_CA = 48,
	TLS13_ALERT_DECODE_ERROR = 50,
	TLS13_ALERT_DECRYPT_ERROR = 51,
	TLS13_ALERT_PROTOCOL_VERSION = 70,
	TLS13_ALERT_INTERNAL_ERROR = 80,
	TLS13_ALERT_USER_CANCELED = 90,
	TLS13_ALERT_MISSING_EXTENSION = 109,
	TLS13_ALERT_UNSUPPORTED_EXTENSION = 110,
	TLS13_ALERT_NONE = 256, /**< no alert: on the wire it has one octet */
};

/** @return "handshake_failure" and so on, also for alerts of TLS 1.2; "unknown" for others. Threads: any. */
const char *tls13_alert_name(uint8_t alert);

#endif

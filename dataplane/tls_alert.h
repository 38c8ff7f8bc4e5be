/* SPDX-License-Identifier: BSD-3-Clause */
/** TLS alerts (RFC 8446 section 6): those that Handfast sends or looks for, and the names of all. */
#ifndef HANDFAST_TLS_ALERT_H
#define HANDFAST_TLS_ALERT_H

#include <stdint.h>

enum tls_alert {
	TLS_ALERT_CLOSE_NOTIFY = 0,
	/** As an answer to a fault close_notify makes no sense: there its number means "nothing wrong" or "send none".
	 */
	TLS_ALERT_NONE = TLS_ALERT_CLOSE_NOTIFY,
	TLS_ALERT_UNEXPECTED_MESSAGE = 10,
	TLS_ALERT_BAD_RECORD_MAC = 20,
	TLS_ALERT_RECORD_OVERFLOW = 22,
	TLS_ALERT_HANDSHAKE_FAILURE = 40,
	TLS_ALERT_BAD_CERTIFICATE = 42,
	TLS_ALERT_ILLEGAL_PARAMETER = 47,
	TLS_ALERT_UNKNOWN_CA = 48,
	TLS_ALERT_DECODE_ERROR = 50,
	TLS_ALERT_DECRYPT_ERROR = 51,
	TLS_ALERT_PROTOCOL_VERSION = 70,
	TLS_ALERT_INTERNAL_ERROR = 80,
	TLS_ALERT_USER_CANCELED = 90,
	TLS_ALERT_MISSING_EXTENSION = 109,
	TLS_ALERT_UNSUPPORTED_EXTENSION = 110,
	TLS_ALERT_UNRECOGNIZED_NAME = 112,       /**< RFC 6066 section 3 */
	TLS_ALERT_NO_APPLICATION_PROTOCOL = 120, /**< RFC 7301 section 3.2; the library sends it, we count it apart */
};

/** @return "handshake_failure" and so on, also for alerts of TLS 1.2; "unknown" for others. Threads: any. */
const char *tls_alert_name(uint8_t alert);

#endif

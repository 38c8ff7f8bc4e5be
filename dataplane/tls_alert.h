/* SPDX-License-Identifier: BSD-3-Clause */
/** TLS alert descriptions that Handfast itself sends or looks for (RFC 8446 section 6). The TLS library sends its own.
 */
#ifndef HANDFAST_TLS_ALERT_H
#define HANDFAST_TLS_ALERT_H

enum tls_alert {
	/** On the wire close_notify, which answers no fault: here "nothing wrong" or "send none". */
	TLS_ALERT_NONE = 0,
	TLS_ALERT_UNEXPECTED_MESSAGE = 10,
	TLS_ALERT_RECORD_OVERFLOW = 22,
	TLS_ALERT_HANDSHAKE_FAILURE = 40,
	TLS_ALERT_ILLEGAL_PARAMETER = 47,
	TLS_ALERT_DECODE_ERROR = 50,
	TLS_ALERT_PROTOCOL_VERSION = 70,
	TLS_ALERT_INTERNAL_ERROR = 80,
	TLS_ALERT_UNRECOGNIZED_NAME = 112,       /**< RFC 6066 section 3 */
	TLS_ALERT_NO_APPLICATION_PROTOCOL = 120, /**< RFC 7301 section 3.2; the library sends it, we count it apart */
};

#endif

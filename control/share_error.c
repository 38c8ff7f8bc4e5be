/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *share_error_text(int error)
{
	const char *text;
	switch (-error) {
	case ECONNREFUSED:
	case ECONNABORTED:
	case ECONNRESET:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case ENOTCONN:
		return "server unreachable";
	case EACCES:
	case EPERM:
		return "access denied";
	case ENODEV:
		return "no such share";
	case ETIMEDOUT:
		return "time-out: the server does not answer";
	case EUSERS:
		return "earlier attempts still hang in the system";
	case EPIPE:
		return "the process that reads the share has died";
	case ELIBACC:
		return "the plug-in for smb:// cannot be loaded";
	default:
		text = strerrordesc_np(-error);
		return text != NULL ? text : "unknown error";
	}
}

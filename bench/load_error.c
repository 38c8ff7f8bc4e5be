/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_error.h"

#include <stdarg.h>
#include <stdio.h>

bool load_error_set(struct load_error *error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * For the leak checker, included once in a program that reads malformed configurations: libconfig 1.5 does not free the
 * text it was collecting when a syntax error stops it. Some octets per failed reading, and not ours to free.
 */
#ifndef HANDFAST_LIBCONFIG_LEAK_H
#define HANDFAST_LIBCONFIG_LEAK_H

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig.so\n";
}

#endif

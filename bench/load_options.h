/* SPDX-License-Identifier: BSD-3-Clause */
/** The command line of handfast-bench: each option is one row of load_option.def. */
#ifndef HANDFAST_LOAD_OPTIONS_H
#define HANDFAST_LOAD_OPTIONS_H

#include "load_error.h"

#include <stdint.h>
#include <stdio.h>

/** --max-errors was not given. */
#define LOAD_OPTIONS_ANY_ERRORS UINT64_MAX

/** The words of --via, of --tls, of --end. */
enum load_options_via { LOAD_OPTIONS_KERNEL, LOAD_OPTIONS_DPDK };

enum load_options_version { LOAD_OPTIONS_TLS13, LOAD_OPTIONS_TLS12 };

enum load_options_ending {
	LOAD_OPTIONS_NOTIFY, /**< close_notify, then FIN */
	LOAD_OPTIONS_FIN,    /**< FIN alone */
	LOAD_OPTIONS_RST,
};

/** A rate that may be a ramp. */
struct load_options_rate {
	double from, to; /**< per second; from 0: not given */
};

/** What was written, defaults filled in. Texts are the command line's own; NULL: not given. */
struct load_options {
	const char *target; /**< HOST:PORT */
#define LOAD_OPTION(type, member, name, argument, preset, min, max, help) LOAD_OPTION_MEMBER_##type(member)
#define LOAD_OPTION_MEMBER_TEXT(member)                                   const char *member;
#define LOAD_OPTION_MEMBER_COUNT(member)                                  uint64_t member;
#define LOAD_OPTION_MEMBER_DURATION(member)                               uint64_t member;
#define LOAD_OPTION_MEMBER_NUMBER(member)                                 double member;
#define LOAD_OPTION_MEMBER_RATE(member)                                   struct load_options_rate member;
#define LOAD_OPTION_MEMBER_ONE_IN(member)                                 uint64_t member;
#define LOAD_OPTION_MEMBER_FLAG(member)                                   bool member;
#define LOAD_OPTION_MEMBER_CHOICE(member)                                 unsigned member;
#define LOAD_OPTION_GROUP(title)
#include "load_option.def"
#undef LOAD_OPTION
#undef LOAD_OPTION_GROUP
};

enum load_options_result {
	LOAD_OPTIONS_RUN,
	LOAD_OPTIONS_HELP,    /**< --help was asked for */
	LOAD_OPTIONS_VERSION, /**< --version */
	LOAD_OPTIONS_BAD,     /**< see the error */
};

/** @param argv  kept by reference in *out. Threads: any. */
enum load_options_result load_options_read(int argc, char **argv, struct load_options *out, struct load_error *error);

/** All options with their defaults. */
void load_options_help(FILE *out);

#endif

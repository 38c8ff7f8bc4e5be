/* SPDX-License-Identifier: BSD-3-Clause */
/** What every kind of TLS client of the load generator must do, as unit tests; a kind's own tests join them. */
#ifndef HANDFAST_TEST_LOAD_TLS_CASES_H
#define HANDFAST_TEST_LOAD_TLS_CASES_H

#include "load_pair.h"

#include <CUnit/CUnit.h>

/** What a test finds: a pair that is open with default settings. Each test has a fresh one. */
struct load_tls_cases {
	struct load_pair pair;
	struct load_tls_settings settings;
	struct load_error error;
};

extern struct load_tls_cases load_tls_cases;

/** @return why the client's connection failed. */
enum load_cause load_tls_cases_cause(void);

/** Every setting must be refused, in words that begin with the option at its place. */
void load_tls_cases_refuse(const struct load_tls_settings *wrong, const char *const *options, size_t n);

#define LOAD_TLS_CASES_MAX_OWN 24

/**
 * Run the common tests and the kind's own.
 * @param version  as libssl calls it: "TLSv1.2".
 * @param own      LOAD_TLS_CASES_MAX_OWN at most, ends with CU_TEST_INFO_NULL.
 * @return main()'s exit code.
 */
int load_tls_cases_run(const char *suite, const struct load_tls_ops *ops, const char *version, const CU_TestInfo *own);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_alert.h"
#include "unit.h"

static void test_names(void)
{
	CU_ASSERT_STRING_EQUAL(tls_alert_name(TLS_ALERT_CLOSE_NOTIFY), "close_notify");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(TLS_ALERT_BAD_RECORD_MAC), "bad_record_mac");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(TLS_ALERT_UNRECOGNIZED_NAME), "unrecognized_name");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(TLS_ALERT_NO_APPLICATION_PROTOCOL), "no_application_protocol");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(46), "certificate_unknown"); /* sent by TLS 1.2 clients alone */
}

static void test_numbers_without_a_name(void)
{
	CU_ASSERT_STRING_EQUAL(tls_alert_name(1), "unknown");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(41), "unknown"); /* SSL 3's no_certificate */
	CU_ASSERT_STRING_EQUAL(tls_alert_name(255), "unknown");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"names", test_names},
		{"numbers without a name", test_numbers_without_a_name},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls_alert", tests);
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# End-to-end tests: run.sh BUILD-FOLDER [SUITE ...]. One line per row, a total at the end, exit 1 if a row failed.
set -u
E2E=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
# shellcheck source=tests/support/sandbox.sh
. "$E2E/../support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$E2E/../support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$E2E/lab.sh"
for file in clients fixture suite_tiers suite_names suite_store suite_clients suite_hello suite_control suite_workers suite_tickets suite_memif suite_reload suite_smb suite_faults suite_probe suite_load suite_churn suite_soak; do
    # shellcheck disable=SC1090
    . "$E2E/$file.sh"
done
shift
[ "$#" -gt 0 ] || set -- tiers names store clients hello control workers tickets memif reload smb faults probe load churn soak

fixture_pki
for suite in "$@"; do
    printf '== %s\n' "$suite"
    : >"$LAB/handfastd.log"
    began=$SECONDS
    "suite_$suite" || row "suite $suite could not run" false
    kill -0 "${DAEMON:-0}" 2>/dev/null && [ -n "${DAEMON:-}" ] && lab_stop
    row "$suite: no sanitiser or crash report in the log" not grep -E 'Sanitizer|runtime error|Segmentation|PANIC' "$LAB/handfastd.log"
    printf '   %s: %d s\n' "$suite" $((SECONDS - began))
    [ -n "${HANDFAST_LOGS:-}" ] && cp "$LAB/handfastd.log" "$HANDFAST_LOGS/$suite.log"
done
printf 'end-to-end: '
rows_total

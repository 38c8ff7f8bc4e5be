#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run CUnit programs one after the other; print each one's report, and the totals of all at the end. Exit 1 if any failed.
set -u
failed_programs=()
total=0 failures=0
for program in "$@"; do
    log=$("$program" 2>&1) && status=0 || status=$?
    printf '== %s\n' "${program##*/}"
    printf '%s\n' "$log" | grep -E 'Suite:|Test:|FAILED|^ +[0-9]+\.|Run Summary|suites|tests|asserts|SKIP|ERROR|runtime error' || true
    ran=$(printf '%s\n' "$log" | awk '$1 == "tests" {print $3; exit}')
    bad=$(printf '%s\n' "$log" | awk '$1 == "tests" {print $5; exit}')
    total=$((total + ${ran:-0}))
    failures=$((failures + ${bad:-0}))
    if [ "$status" -ne 0 ]; then
        failed_programs+=("${program##*/}")
        printf '%s\n' "$log" | tail -n 40
    fi
done
printf '\nunit tests: %d programs\n%d passed, %d failed\n' "$#" $((total - failures)) "$failures"
if [ "${#failed_programs[@]}" -gt 0 ]; then
    printf 'failed: %s\n' "${failed_programs[*]}"
    exit 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run make targets one after the other, all of them, and close with one total: run_steps.sh TARGET|"TARGET VAR=x" ...
# A step counts the tests of its last "N passed, M failed" line; one that prints none counts as one test.
set -u
passed=0 failed=0 summary=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for step in "$@"; do
    printf '\n######## make %s\n' "$step"
    began=$SECONDS
    # shellcheck disable=SC2086  # a step's words are arguments
    env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -j"$(nproc)" $step 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    read -r p _ f _ <<<"${line:-$((status == 0)) passed, $((status != 0)) failed}"
    # A step that ends badly without a failed test (a crash, a compiler's error) is itself a failure.
    [ "$status" -ne 0 ] && [ "$f" -eq 0 ] && f=1
    passed=$((passed + p)) failed=$((failed + f))
    summary+=("$(printf '%-28s %6d passed %6d failed %5d s' "$step" "$p" "$f" $((SECONDS - began)))")
done
printf '\n########\n'
printf '%s\n' "${summary[@]}"
printf 'total: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

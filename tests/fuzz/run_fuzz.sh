#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run fuzz targets one after the other: run_fuzz.sh BUILD SECONDS NAME... Prints what each executed; a finding is kept,
# the command that shows it again is printed, and the exit code is 1.
set -u
build=$1
seconds=$2
shift 2
passed=0 failed=0
for name in "$@"; do
    corpus=$build/corpus/$name findings=$build/findings/$name log=$build/fuzz_$name.log
    mkdir -p "$corpus" "$findings"
    seeds=()
    for folder in "tests/fuzz/seeds/$name" "../shared/corpus/$name"; do
        [ -d "$folder" ] && seeds+=("$folder")
    done
    options=(-max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$findings/")
    [ -f "tests/fuzz/$name.dict" ] && options+=(-dict="tests/fuzz/$name.dict")
    if "$build/fuzz_$name" "${options[@]}" "$corpus" ${seeds[@]+"${seeds[@]}"} >"$log" 2>&1; then
        passed=$((passed + 1))
        printf 'fuzz_%s: no finding; %s executions, %s inputs kept\n' "$name" \
            "$(awk '/stat::number_of_executed_units/ {print $2}' "$log")" "$(find "$corpus" -type f | wc -l)"
        continue
    fi
    failed=$((failed + 1))
    tail -n 40 "$log"
    artifact=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    printf 'fuzz_%s: FAILED; show it again with: %s/fuzz_%s %s\n' "$name" "$build" "$name" "${artifact:-(see $log)}"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

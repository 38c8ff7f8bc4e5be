#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Goodput of Handfast beside the kernel's over every network, sourced by run.sh. Writes docs/tcp-goodput.md.

RATE_KBIT=100000
BYTES=${BYTES:-100000000}
JOBS=${JOBS:-3}
# Rows whose ratio is below this are measured twice more: the median counts.
CLOSE=0.95

# median NUMBER...
median() {
    printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

# measure ROW RUN KIND DIRECTION BYTES WIRE-WORDS...: goodput in Mbit/s, or nothing if what arrived is not what was sent.
# DIRECTION is to-a or to-b: who receives.
measure() {
    local row=$1 run=$2 kind=$3 direction=$4 bytes=$5 name=$1-$2-$3-$4
    shift 5
    local folder=$LAB/$name a_sends=0 b_sends=$bytes
    [ "$direction" = to-a ] || { a_sends=$bytes b_sends=0; }
    transfer "$kind" "hf-wire-$name" "$folder" "$a_sends" "$b_sends" seed=$((100 * row + run)) "$@" &&
        goodput "$folder" "${direction#to-}"
}

# compare ROW DIRECTION BYTES WIRE-WORDS...: "Handfast Linux ratio runs", medians over one run or three.
compare() {
    local row=$1 direction=$2 ours=() theirs=() run kind=passive ratio
    shift
    [ "$direction" = to-a ] || kind=active
    for run in 1 2 3; do
        ours+=("$(measure "$row" $run $kind "$@")")
        theirs+=("$(measure "$row" $run linux "$@")")
        [ -n "${ours[-1]}" ] && [ -n "${theirs[-1]}" ] || { echo 'FAILED'; return 1; }
        ratio=$(awk -v a="$(median "${ours[@]}")" -v b="$(median "${theirs[@]}")" 'BEGIN {printf "%.2f", a / b}')
        awk -v r="$ratio" -v c=$CLOSE 'BEGIN {exit r < c}' && [ "$run" -ne 2 ] && break
    done
    echo "$(median "${ours[@]}") $(median "${theirs[@]}") $ratio ${#ours[@]}"
}

# measure_row ROW LOSS-PPM RTT-MS REORDERING BYTES: one line of the table.
measure_row() {
    local row=$1 loss=$2 rtt=$3 reordering=$4 bytes=$5 words queue=300000 out in result=0
    [ "$rtt" -lt 100 ] || queue=$((RATE_KBIT * rtt / 8))
    words="rate_kbit=$RATE_KBIT queue_bytes=$queue loss_ppm=$loss delay_us=$((rtt * 500))"
    [ "$reordering" = no ] || words+=' reorder_ppm=10000 reorder_us=2000'
    # shellcheck disable=SC2086  # words
    out=$(compare "$row" to-a "$bytes" $words) || result=1
    # shellcheck disable=SC2086  # words
    in=$(compare "$row" to-b "$bytes" $words) || result=1
    awk -v loss="$loss" -v rtt="$rtt" -v reordering="$reordering" -v bytes="$bytes" -v out="$out" -v in_="$in" 'BEGIN {
        split(out " - - -", o, " "); split(in_ " - - -", i, " ")
        printf "| %g %% | %d ms | %s | %g | %s | %s | %s | %s | %s | %s | %s / %s |\n", loss / 10000, rtt, reordering,
            bytes / 1e6, o[1], o[2], o[3], i[1], i[2], i[3], o[4], i[4] }' >"$LAB/row-$row"
    cat "$LAB/row-$row"
    return $result
}

# How much is sent where loss alone decides the rate: about half a minute's worth.
bytes_for() {
    local loss=$1 rtt=$2 most=$BYTES
    case "$loss-$rtt" in
    1000-100) most=30000000 ;;
    10000-20) most=20000000 ;;
    10000-100) most=4000000 ;;
    30000-20) most=10000000 ;;
    30000-100) most=2000000 ;;
    esac
    echo $((most < BYTES ? most : BYTES))
}

# rows slow|fast: those that are far below the link's rate, JOBS at a time; those that are near it, one after the other.
rows() {
    local which=$1 row=0 loss rtt reordering kind
    for loss in 0 1000 10000 30000; do
        for rtt in 0 20 100; do
            for reordering in no yes; do
                row=$((row + 1))
                kind=slow
                [ "$loss" -ne 0 ] && [ "$rtt" -ne 0 ] || kind=fast
                [ $kind = "$which" ] || continue
                while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done
                measure_row "$row" "$loss" "$rtt" $reordering "$(bytes_for "$loss" "$rtt")" &
                [ $kind = slow ] || wait $!
            done
        done
    done
    wait
}

# count_rows: rows that hold, and rows that do not: each row is one test.
count_rows() {
    local file ratio
    for file in "$LAB"/row-*; do
        ratio=$(awk -F'|' '{print ($8 + 0 < $11 + 0 ? $8 : $11) + 0}' "$file")
        if grep -q FAILED "$file" || awk -v r="$ratio" 'BEGIN {exit r >= 0.9}'; then
            failed=$((failed + 1))
        else
            passed=$((passed + 1))
        fi
    done
}

table() {
    rows slow &
    rows fast
    wait
    count_rows
    {
        sed -n '1,/^<!-- table -->$/p' "$HERE/goodput.md.in" |
            sed "s|@MACHINE@|$(nproc) processors, $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)|; s|@KERNEL@|$(uname -r)|; s|@BYTES@|$BYTES|; s|@DATE@|$(date +%Y-%m-%d)|" |
            sed '$d'
        find "$LAB" -name 'row-*' | sort -V | xargs cat
        sed -n '/^<!-- table -->$/,$p' "$HERE/goodput.md.in" | sed 1d
    } >"${TABLE:-docs/tcp-goodput.md}"
}

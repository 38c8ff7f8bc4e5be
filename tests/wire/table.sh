#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Goodput of Handfast beside the kernel's over every network, sourced by run.sh. Writes docs/tcp-goodput.md.

RATE_KBIT=100000
BYTES=${BYTES:-100000000}
JOBS=${JOBS:-12}
ROWS=${ROWS:-all}
TABLE=${TABLE:-docs/tcp-goodput.md}
# 3 % at 100 ms: 0.7 Mbit/s.
export TRANSFER_LIMIT=3600
# Cells whose ratio is below this are measured twice more: the median counts. With RUNS every cell is measured so many times.
CLOSE=0.95
RUNS=${RUNS:-}

# median NUMBER...
median() {
    printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

# rows slow|fast|all|"NUMBER...": "row loss-ppm rtt-ms reordering" of each. Slow ones are far below the link's rate, because
# loss decides it: they use next to no processor time. The slowest come first.
rows() {
    local row=0 loss rtt reordering kind
    for loss in 0 1000 10000 30000; do
        for rtt in 0 20 100; do
            for reordering in no yes; do
                row=$((row + 1))
                kind=slow
                [ "$loss" -ne 0 ] && [ "$rtt" -ne 0 ] || kind=fast
                case " $1 " in *" $kind "* | *' all '* | *" $row "*) echo "$row $loss $rtt $reordering $kind" ;; esac
            done
        done
    done | sort -s -k2,2nr -k3,3nr
}

# measure RUN DIRECTION SIDE ROW LOSS-PPM RTT-MS REORDERING: one transfer; leaves its goodput in Mbit/s in a file, or FAILED
# if what arrived is not what was sent. DIRECTION is to-a or to-b: who receives. SIDE is ours or theirs.
measure() {
    local run=$1 direction=$2 side=$3 row=$4 loss=$5 rtt=$6 reordering=$7 queue=300000 kind=linux a_sends=0 b_sends=0 words result
    local name=$row-$direction-$side-$run
    [ "$rtt" -lt 100 ] || queue=$((RATE_KBIT * rtt / 8))
    words="rate_kbit=$RATE_KBIT queue_bytes=$queue loss_ppm=$loss delay_us=$((rtt * 500))"
    [ "$reordering" = no ] || words+=' reorder_ppm=10000 reorder_us=2000'
    case $direction in
    to-a) b_sends=$BYTES ;;
    to-b) a_sends=$BYTES ;;
    esac
    case $side-$direction in
    ours-to-a) kind=passive ;;
    ours-to-b) kind=active ;;
    esac
    result=FAILED
    # shellcheck disable=SC2086  # words
    transfer "$kind" "hf-wire-$name" "$LAB/$name" "$a_sends" "$b_sends" seed=$((100 * row + run)) $words &&
        result=$(goodput "$LAB/$name" "${direction#to-}")
    echo "${result:-FAILED}" >"$LAB/result-$name"
    echo "row $row ($loss ppm, $rtt ms, reordering $reordering) $direction $side run $run: ${result:-FAILED} Mbit/s"
}

# results ROW DIRECTION SIDE: of all its runs.
results() {
    cat "$LAB/result-$1-$2-$3-"* 2>/dev/null
}

# cell ROW DIRECTION: "Handfast Linux ratio runs", medians over all its runs.
cell() {
    local ours theirs
    mapfile -t ours < <(results "$1" "$2" ours)
    mapfile -t theirs < <(results "$1" "$2" theirs)
    case "${#ours[@]} ${ours[*]} ${theirs[*]}" in *FAILED* | '0 '*) echo FAILED - - - && return ;; esac
    ours+=("$(median "${ours[@]}")") theirs+=("$(median "${theirs[@]}")")
    awk -v a="${ours[-1]}" -v b="${theirs[-1]}" -v n=$((${#ours[@]} - 1)) 'BEGIN {printf "%s %s %.2f %d\n", a, b, a / b, n}'
}

is_close() {
    cell "$1" "$2" | awk -v close_=$CLOSE '{exit !($1 != "FAILED" && $3 < close_)}'
}

# measure_all JOBS RUN...: the rows on stdin, so many transfers at a time; runs after the first only where the first was close.
measure_all() {
    local jobs=$1 run line direction side
    shift
    while read -r line; do
        for direction in to-a to-b; do
            [ "$1" -eq 1 ] || [ -n "$RUNS" ] || is_close "${line%% *}" $direction || continue
            for run in "$@"; do
                for side in ours theirs; do
                    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
                    # shellcheck disable=SC2086  # words
                    measure "$run" $direction $side $line </dev/null &
                done
            done
        done
    done
    wait
}

# print_row ROW LOSS-PPM RTT-MS REORDERING: one line of the table.
print_row() {
    awk -v loss="$2" -v rtt="$3" -v reordering="$4" -v bytes="$BYTES" -v out="$(cell "$1" to-a)" -v in_="$(cell "$1" to-b)" 'BEGIN {
        split(out, o, " "); split(in_, i, " ")
        printf "| %g %% | %d ms | %s | %g | %s | %s | %s | %s | %s | %s | %s / %s |\n", loss / 10000, rtt, reordering,
            bytes / 1e6, o[1], o[2], o[3], i[1], i[2], i[3], o[4], i[4] }'
}

# old_row ROW LOSS-PPM RTT-MS REORDERING: the line that the table has now.
old_row() {
    grep "^| $(awk -v loss="$2" 'BEGIN {printf "%g", loss / 10000}') % | $3 ms | $4 |" "$TABLE"
}

# A row that holds is a test passed, one that does not is a test failed.
count_row() {
    local ratio
    ratio=$(awk -F'|' '{print ($8 + 0 < $11 + 0 ? $8 : $11) + 0}' <<<"$1")
    if [[ $1 == *FAILED* ]] || awk -v r="$ratio" 'BEGIN {exit r >= 0.9}'; then
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# The whole table: rows just measured, and the others as they were.
print_rows() {
    local line
    rows all | sort -n | while read -r line; do
        # shellcheck disable=SC2086  # words
        if [ -e "$LAB/result-${line%% *}-to-a-ours-1" ]; then print_row $line; else old_row $line; fi
    done
}

table() {
    local kind jobs line
    for kind in slow fast; do
        jobs=$JOBS
        [ $kind = slow ] || jobs=1
        rows "$ROWS" | grep " $kind\$" | measure_all "$jobs" 1
        # shellcheck disable=SC2046  # one word a run
        rows "$ROWS" | grep " $kind\$" | measure_all "$jobs" $(seq 2 "${RUNS:-3}")
    done
    print_rows >"$LAB/rows"
    while read -r line; do count_row "$line"; done <"$LAB/rows"
    cat "$LAB/rows"
    {
        sed -n '1,/^<!-- table -->$/p' "$HERE/goodput.md.in" |
            sed "s|@MACHINE@|$(nproc) processors, $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)|; s|@KERNEL@|$(uname -r | cut -d- -f1)|; s|@BYTES@|$BYTES|; s|@DATE@|$(date +%Y-%m-%d)|" |
            sed '$d'
        cat "$LAB/rows"
        sed -n '/^<!-- table -->$/,$p' "$HERE/goodput.md.in" | sed 1d
    } >"$LAB/table" && cp "$LAB/table" "$TABLE"
}

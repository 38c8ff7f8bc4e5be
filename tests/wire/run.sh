#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Handfast's TCP against the kernel's over one bad network: run.sh PROGRAMS table|quick|options
#   quick    small transfers over a few networks and with unusual kernel clients: all must arrive unchanged
#   options  the clients alone
#   table    goodput of both over every network, into docs/tcp-goodput.md; BYTES (100000000) at most each, JOBS (3) at a time
set -u
HERE=$(dirname "$0")
# shellcheck source=tests/support/sandbox.sh
. "$HERE/../support/sandbox.sh"
WIRE_BUILD=$1
# shellcheck source=tests/wire/transfer.sh
. "$HERE/transfer.sh"
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns || exit 1

passed=0 failed=0
note() {
    local result=$1
    shift
    if [ "$result" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok   $*"
    else
        failed=$((failed + 1))
        echo "FAIL $*"
        tail -n 20 "$LAB/$number"/* | grep -v '^trace'
    fi
}

number=0
# check TITLE KIND A-SENDS B-SENDS WIRE-WORDS...
check() {
    local title=$1 kind=$2
    shift 2
    number=$((number + 1))
    transfer "$kind" "hf-wire-$number" "$LAB/$number" "$@"
    note $? "$kind open, $title"
}

# Kernel clients: variables of their namespaces, words for their sockets, and what the kernel then says of the connection:
# the option took effect. Both directions at once, a little loss.
clients() {
    local title sysctls words info kind
    while IFS='|' read -r title sysctls words info; do
        for kind in passive active; do
            SYSCTLS=$sysctls PEER_WORDS=$words check "$title" "$kind" 500000 500000 seed=5 delay_us=500 rate_kbit=200000 \
                queue_bytes=200000 loss_ppm=3000 duplicate_ppm=3000 reorder_ppm=5000 reorder_us=500
            grep -q "^info .*$info" "$LAB/$number/a"
            note $? "$kind open, $title: \"$info\""
        done
    done <<'END'
as it comes|||options 0x7 scales 7 7
timestamps off|net.ipv4.tcp_timestamps=0||mss 1460 options 0x6
SACK off|net.ipv4.tcp_sack=0||options 0x5
window scaling off|net.ipv4.tcp_window_scaling=0||options 0x3 scales 0 0
all three off|net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0 net.ipv4.tcp_window_scaling=0||options 0 scales 0 0
window scale 14|net.ipv4.tcp_rmem=4096,131072,1073741824||scales 7 14
a receive buffer of 4 KiB||receive_buffer=4096|scales 7 0
MSS 88||mss=88|mss 76
ECN asked for|net.ipv4.tcp_ecn=1||options 0x7
END
}

networks() {
    local title words bytes
    while IFS='|' read -r title bytes words; do
        # shellcheck disable=SC2086  # words
        check "$title" passive 0 "$bytes" seed=7 $words
        # shellcheck disable=SC2086  # words
        check "$title" active "$bytes" 0 seed=7 $words
    done <<'END'
perfect|5000000|
1 % loss, reordering|5000000|rate_kbit=200000 queue_bytes=200000 loss_ppm=10000 reorder_ppm=10000 reorder_us=2000
20 ms, 0.1 % loss, 1 % duplicates|5000000|delay_us=10000 rate_kbit=100000 queue_bytes=250000 loss_ppm=1000 duplicate_ppm=10000
1 % corrupted|5000000|delay_us=500 rate_kbit=200000 queue_bytes=200000 corrupt_ppm=10000
cut for 1.5 s|5000000|delay_us=5000 rate_kbit=100000 queue_bytes=250000 cut_from_ms=200 cut_to_ms=1700
END
}

case "$2" in
options) clients ;;
quick)
    networks
    clients
    ;;
table)
    # shellcheck source=tests/wire/table.sh
    . "$HERE/table.sh"
    table
    ;;
esac
printf 'wire: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

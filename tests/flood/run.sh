#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A flood of SYNs from spoofed sources while a client shakes hands: run.sh BUILD-FOLDER [short]
#
#   generator ── net_memif ── handfastd ── net_tap ── kernel, handshake_load
#
# handfastd's worker polls on the last processor; generator and client share the first. RATE (1000000): SYNs per second.
# LONG (8): seconds that the client shakes hands for, without the flood, with it, without it again; PARALLEL (1) at a time.
# As a test: no handshake failed, nothing is kept for a SYN, every packet is accounted for. The rates and percentiles that
# it shows are the machine's, and no pass or fail.
set -u
FLOOD=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
# shellcheck source=tests/support/sandbox.sh
. "$FLOOD/../support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$FLOOD/../support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$FLOOD/../e2e/lab.sh"
# shellcheck source=tests/e2e/suite_hello.sh
. "$FLOOD/../e2e/suite_hello.sh" # gauges_zero, rss_kib
# shellcheck source=tests/e2e/suite_control.sh
. "$FLOOD/../e2e/suite_control.sh" # packets_add_up

RATE=${RATE:-1000000}
LONG=${LONG:-8}
PARALLEL=${PARALLEL:-1}
measurements=(alone flood again)
[ "${2:-}" != short ] || { LONG=2 measurements=(alone flood); }
TARGET=198.18.0.10 GATEWAY=198.18.0.1

# The laboratory's configuration with a second port, at the other end of which is the generator; polling, not resting.
flood_config() {
    BINDINGS='{ ip = "*"; port = 443; ssl_flags = 0; certificate = "one"; }'
    CERTIFICATES="{ name = \"one\"; file = \"$LAB/one.pem\"; }"
    lab_config
    sed -i -e 's/idle = "adaptive"/idle = "poll"/' \
        -e "s|^ports = (|ports = ({ device = \"net_memif0\"; rx_ring_pkts = 4096; tx_ring_pkts = 4096;\n    addresses = ({ ip = \"$TARGET/16\"; gateway = \"$GATEWAY\"; }); },|" \
        -e "s|\"--vdev=net_tap0,iface=hf0\"|&, \"--vdev=net_memif0,role=server,rsize=12,socket=$LAB/run/memif.sock\"|" \
        "$LAB/lab.conf"
}

# shake_hands NAME COUNT: that many handshakes; leaves the client's line in $LAB/NAME.
shake_hands() {
    "$BUILD/tests/e2e/handshake_load" "$A4" 443 one.test "$2" "$PARALLEL" 1.3 >"$LAB/$1" 2>&1
    cat "$LAB/$1"
}

# word FILE NAME: the word behind NAME.
word() {
    awk -v name="$2" '{for (i = 1; i < NF; i++) if ($i == name) {print $(i + 1); exit}}' "$LAB/$1"
}

# sample NAME: what the daemon says of itself now. at NAME COUNTER: one number of it.
sample() {
    ctl --json stats --all >"$LAB/stats-$1"
    rss_kib >"$LAB/rss-$1"
}

at() {
    jq_number "$2" <"$LAB/stats-$1"
}

flood_start() {
    "$BUILD/tests/flood/generator" target=$TARGET source=$GATEWAY port=443 rate="$RATE" seconds=120 \
        processor="$OTHER_CPUS" socket="$LAB/run/memif.sock" >"$LAB/generator" 2>&1 &
    GENERATOR=$!
    within 15 grep -qs ready "$LAB/generator" || { cat "$LAB/generator" && return 1; }
    # Its rings are shared memory that is mapped now; what is sampled from here on has grown by the flood alone.
    sleep 0.3
    sample begun
}

flood_stop() {
    sample during
    kill -TERM "$GENERATOR" && wait "$GENERATOR"
    grep flood: "$LAB/generator"
}

# Tables and pools are made at the start, and memory grows by the client's own handshakes at most: below a hundredth of an
# octet per SYN at a million per second, which no kept state can be.
nothing_kept() {
    local syns=$(($(at during tcp_syns) - $(at begun tcp_syns))) kib=$(($(cat "$LAB/rss-during") - $(cat "$LAB/rss-begun")))
    echo "$syns SYNs answered: resident memory +$kib KiB ($(awk -v k=$kib -v n=$syns 'BEGIN {printf "%.3f", k * 1024 / n}')" \
        "octets each), connections $(at during tcp_connections_now), blocks $(at during tcp_blocks_now), packet buffers" \
        "$(at during mbufs_now)"
    [ "$syns" -gt 100000 ] && [ "$kib" -lt 1024 ] && [ "$(at during tcp_connections_now)" -lt 100 ]
}

all_received() {
    sample after
    echo "sent $(word generator sent), received with the client's packets $(($(at after rx_pkts) - $(at before rx_pkts)))," \
        "cookies sent $(word generator answers), resets sent $(word generator resets)"
    [ $(($(at after rx_pkts) - $(at before rx_pkts))) -ge "$(word generator sent)" ]
}

mbufs_back() {
    sample after
    echo "packet buffers: before $(at before mbufs_now), after $(at after mbufs_now)"
    [ "$(at after mbufs_now)" -le "$(at before mbufs_now)" ]
}

none_failed() {
    shake_hands "$@"
    grep -q "^$2 handshakes, 0 failed" "$LAB/$1"
}

report() {
    local name
    echo "SYNs per second: asked for $RATE, sent $(word generator per_second), answered $(word generator answers) of" \
        "$(word generator sent)"
    for name in "${measurements[@]}"; do printf '%-6s %s\n' "$name" "$(cat "$LAB/$name")"; done
    cat "$LAB"/{alone,again} 2>/dev/null | awk -v p50="$(word flood p50)" -v p99="$(word flood p99)" '
        {for (i = 1; i < NF; i++) {if ($i == "p50") low += $(i + 1); if ($i == "p99") high += $(i + 1)}}
        END {printf "with the flood: p50 x%.2f, p99 x%.2f\n", p50 * NR / low, p99 * NR / high}'
}

share_init "$PKI"
share_leaf "$PKI" one p256 one.test
share_pem "$PKI" "$LAB/one.pem" one
flood_config
: >"$LAB/handfastd.log"
lab_start || exit 1
# How many the client can do in a second: then each measurement takes about as long as it should.
shake_hands warm 500 >/dev/null
COUNT=$((LONG * $(awk '{print int($7)}' "$LAB/warm")))
within 30 gauges_zero >/dev/null
sample before
row 'without the flood: none failed' none_failed alone "$COUNT"
row 'the flood begins' flood_start
row 'with the flood: none failed' none_failed flood "$COUNT"
row 'the flood ends' flood_stop
figures 'nothing is kept for a SYN' nothing_kept
[ "${measurements[-1]}" = flood ] || row 'without the flood again: none failed' none_failed again "$COUNT"
figures 'every SYN that was sent is counted' all_received
figures 'received = delivered + dropped' packets_add_up
row 'afterwards: connections, sessions, blocks at zero' within 30 gauges_zero
row 'afterwards: packet buffers as before' within 10 mbufs_back
row 'the daemon ends in order' lab_stop
report
printf 'flood: '
rows_total

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Many handshakes, then nothing may be left: connections, sessions, jobs, packet buffers at zero, memory flat.
# HANDSHAKES: how many (2,000 in `make test`, 100,000 in `make soak`).

suite_soak() {
    HANDSHAKES=${HANDSHAKES:-2000}
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    # Memory is compared once every pool has been touched that as many connections at a time will touch.
    load 1000 16 1.3 abrupt >/dev/null
    load 500 16 1.2 request >/dev/null
    within 90 gauges_zero >/dev/null
    MBUFS_BEFORE=$(lab_stat mbufs_now)
    RSS_BEFORE=$(rss_kib)
    figures "$((HANDSHAKES * 2 / 5)) handshakes, TLS 1.3" load $((HANDSHAKES * 2 / 5)) 16 1.3
    figures "$((HANDSHAKES / 5)) handshakes, TLS 1.2" load $((HANDSHAKES / 5)) 16 1.2
    figures "$((HANDSHAKES / 5)) handshakes with a request" load $((HANDSHAKES / 5)) 16 1.3 request
    figures "$((HANDSHAKES / 5)) handshakes, then FIN or RST without a word" load $((HANDSHAKES / 5)) 16 1.3 abrupt
    row 'afterwards: connections, sessions, jobs, blocks at zero' within 90 gauges_zero
    figures 'afterwards: packet buffers as before' within 10 mbufs_back
    if grep -q __asan_init "$HANDFASTD"; then
        echo 'SKIP  afterwards: memory flat (a sanitiser keeps what was freed)'
    else
        figures 'afterwards: memory flat (1 %)' memory_flat
    fi
    lab_stop
}

load() {
    local count=$1 parallel=$2
    shift 2
    "$BUILD/tests/e2e/handshake_load" "$A4" 443 cawl.nau.edu "$count" "$parallel" "$@"
}

mbufs_back() {
    local now
    now=$(lab_stat mbufs_now)
    echo "packet buffers: before $MBUFS_BEFORE, now $now"
    [ "$now" -le "$MBUFS_BEFORE" ]
}

memory_flat() {
    local now
    now=$(rss_kib)
    echo "RSS: before $RSS_BEFORE KiB, now $now KiB"
    [ $((now - RSS_BEFORE)) -le $((RSS_BEFORE / 100)) ]
}

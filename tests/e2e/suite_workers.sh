#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers: on a device with a queue for each (net_tap), and on one with a single queue (net_af_packet on a veth), where
# packets go to their flow's worker in software.

suite_workers() {
    if [ "$WORKER_CPU" -eq 0 ]; then
        echo 'SKIP  two workers: this machine has one processor'
        return 0
    fi
    fixture_share
    fixture_bindings
    lab_config
    two_workers
    lab_start || return 1
    workers_rows 'a queue each'
    row 'a queue each: nothing had to be handed over' test "$(lab_stat rx_handed_off_pkts)" -eq 0
    lab_stop

    lab_config
    two_workers
    # A veth leaves checksums to hardware that is not there: the kernel's side must fill them in.
    ip link add hf0 type veth peer name hf1
    ethtool -K hf0 tx off tso off gso off >/dev/null 2>&1
    ip link set hf1 up
    sed -i -e 's/--vdev=net_tap0,iface=hf0/--vdev=net_af_packet0,iface=hf1,qpairs=1/' \
        -e 's/device = "net_tap0"/device = "net_af_packet0"/' "$LAB/lab.conf"
    lab_start || return 1
    workers_rows 'one queue'
    row 'one queue: packets were handed over' test "$(lab_stat rx_handed_off_pkts)" -gt 100
    lab_stop
    ip link delete hf0
    offload_rows
}

# net_tap sums and cuts in its driver: what tx leaves to a port must come out right, and rx believes what was looked at.
offload_rows() {
    lab_config
    sed -i 's/{ device = "net_tap0";/& offloads = "driver";/' "$LAB/lab.conf"
    lab_start || return 1
    row 'offloads of the driver: IPv4 and ping' ping -c 2 -i 0.2 -W 2 "$A4"
    row 'offloads of the driver: 200 handshakes' load 200 8 1.3
    row 'offloads of the driver: IPv4, 100 pages at once' pages_at_once "$A4"
    row 'offloads of the driver: IPv6, 100 pages at once' pages_at_once "[$A6]"
    # net_tap cuts only what stays below its MTU by the Ethernet header.
    ip route replace 192.0.2.0/24 dev hf0 src 192.0.2.1 advmss 1400
    ip -6 route replace 2001:db8::/64 dev hf0 src 2001:db8::1 advmss 1380
    row 'offloads of the driver: IPv4, 100 pages at once, cut there' pages_at_once "$A4"
    row 'offloads of the driver: IPv6, 100 pages at once, cut there' pages_at_once "[$A6]"
    row 'offloads of the driver: nothing refused' test "$(lab_stat tx_refused)" -eq 0
    row 'offloads of the driver: nothing is left' within 90 gauges_zero
    lab_stop
}

# pages_at_once IP: a hundred requests in one go, so that the answers leave in trains; all are the same but for a counter.
pages_at_once() {
    local wanted=100
    for _ in $(seq $((wanted - 1))); do printf 'GET / HTTP/1.1\r\nHost: cawl.nau.edu\r\n\r\n'; done >"$LAB/requests"
    printf 'GET / HTTP/1.1\r\nHost: cawl.nau.edu\r\nConnection: close\r\n\r\n' >>"$LAB/requests"
    timeout 10 openssl s_client -quiet -connect "$1:443" -servername cawl.nau.edu <"$LAB/requests" >"$LAB/pages" 2>/dev/null
    echo "pages: $(grep -c '^HTTP/1.1 200' "$LAB/pages"), octets: $(wc -c <"$LAB/pages"), kinds of line: $(sort -u "$LAB/pages" | wc -l)"
    [ "$(grep -c '^HTTP/1.1 200' "$LAB/pages")" -eq $wanted ]
}

two_workers() {
    sed -i "s/lcores = \[$WORKER_CPU\]/lcores = [0, $WORKER_CPU]/" "$LAB/lab.conf"
}

workers_rows() {
    row "two workers, $1: IPv4 and ping" ping -c 3 -i 0.2 -W 2 "$A4"
    row "two workers, $1: IPv6 and ping" ping -c 3 -i 0.2 -W 2 "$A6"
    row "two workers, $1: 400 handshakes" load 400 8 1.3
    row "two workers, $1: 200 handshakes, TLS 1.2, with a request" load 200 8 1.2 request
    row "two workers, $1: both shake hands" both_shake_hands
    row "two workers, $1: a lazy load wakes handshakes on either" lazy_on_both
    row "two workers, $1: nothing is left" within 90 gauges_zero
}

# Of the workers' own counters, which stand behind "workers", each is above a tenth of the sum.
both_shake_hands() {
    ctl --json stats | python3 -c '
import json, sys
counts = [worker["stats"]["handshakes"] for worker in json.load(sys.stdin)["workers"]]
print("handshakes by worker:", counts)
sys.exit(0 if len(counts) == 2 and min(counts) * 10 > sum(counts) else 1)'
}

# A name nobody has asked for yet, asked for by many at once: one load, all are served.
lazy_on_both() {
    local before after
    before=$(lab_stat cert_loads)
    "$BUILD/tests/e2e/handshake_load" "$A4" 443 second.test 16 16 1.3 || return 1
    after=$(lab_stat cert_loads)
    echo "loads asked for: $((after - before))"
    [ $((after - before)) -le 1 ]
}

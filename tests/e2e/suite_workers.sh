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

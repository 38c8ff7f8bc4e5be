#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a scanner says of us: nmap's verdicts on sequence numbers and IP identification are those it has on Linux, asked in the
# same minute over a veth.

PROBED_LINUX=203.0.113.2

suite_probe() {
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    probe_linux_start || return 1
    row 'both answer' probe_answers
    probe_scan "$A4" 443 8453 "$LAB/probe-handfast" &
    local scan=$!
    probe_scan "$PROBED_LINUX" 443 8453 "$LAB/probe-linux"
    wait "$scan"
    figures 'nmap: sequence numbers are as hard to predict as those of Linux' \
        probe_same 'TCP Sequence Prediction: Difficulty=[0-9]+ \(([^)]*)\)'
    figures 'nmap: IP identification is of the class of Linux' probe_same 'IP ID Sequence Generation: (.*)'
    row 'nmap: IP identification is all zeros' prints 'IP ID Sequence Generation: All zeros' cat "$LAB/probe-handfast"
    row 'nmap: the open and the closed port are seen as such' probe_ports
    row 'a client is served after the scan' serves first "$A4" 443 first.test
    kill "$PROBED"
    lab_stop
}

# A kernel with a listener, in a network namespace of its own that ends with it.
probe_linux_start() {
    unshare --net python3 -c '
import socket, time
listener = socket.create_server(("", 443))
time.sleep(120)' &
    PROBED=$!
    within 5 test "$(readlink /proc/$$/ns/net)" != "$(readlink "/proc/$PROBED/ns/net")" || return 1
    ip link add probe0 type veth peer name probe1 netns "$PROBED"
    ip address add 203.0.113.1/24 dev probe0
    ip link set probe0 up
    nsenter --net="/proc/$PROBED/ns/net" ip address add "$PROBED_LINUX/24" dev probe1
    nsenter --net="/proc/$PROBED/ns/net" ip link set probe1 up
}

probe_answers() {
    within 10 ping -c 1 -W 1 "$A4" && within 10 ping -c 1 -W 1 "$PROBED_LINUX"
}

# probe_scan ADDRESS OPEN-PORT CLOSED-PORT FILE
probe_scan() {
    timeout 25 nmap -n -Pn -O -v --max-os-tries 1 --max-retries 2 -T4 -p "$2,$3" "$1" >"$4" 2>&1
}

# probe_same PATTERN: what its group catches is there in both reports, and is the same.
probe_same() {
    local pattern=$1 ours theirs
    ours=$(sed -nE "s/^$pattern\$/\\1/p" "$LAB/probe-handfast")
    theirs=$(sed -nE "s/^$pattern\$/\\1/p" "$LAB/probe-linux")
    grep -hE 'Prediction|Generation|guess|details' "$LAB/probe-handfast" "$LAB/probe-linux"
    echo "handfast: \"$ours\", Linux: \"$theirs\""
    [ -n "$ours" ] && [ "$ours" = "$theirs" ]
}

probe_ports() {
    cat "$LAB/probe-handfast"
    grep -qE '^443/tcp +open' "$LAB/probe-handfast" && grep -qE '^8453/tcp +closed' "$LAB/probe-handfast"
}

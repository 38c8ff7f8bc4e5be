#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Bytes on the wire: ClientHellos in pieces, large, half-sent, hostile; ping; VLAN.

suite_hello() {
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    wire_rows
    split_rows
    hostile_rows
    half_sent_rows
    vlan_rows
    lab_stop
}

wire_rows() {
    row 'ping, IPv4' ping -c 3 -i 0.2 -W 2 "$A4"
    row 'ping, IPv6' ping -c 3 -i 0.2 -W 2 "$A6"
    row 'ping, 1400 octets' ping -c 2 -i 0.2 -W 2 -s 1400 "$A4"
    row 'ping: an address that is not ours' not ping -c 1 -W 1 192.0.2.99
    row 'ARP: our address is answered' prints 'lladdr' ip neigh show "$A4"
}

split_rows() {
    local cawl
    cawl="certificate $(share_fingerprint "$PKI/cawl.crt"), HTTP/1.1 200"
    row 'ClientHello: whole' prints "$cawl" raw handshake "$A4" 443 cawl.nau.edu
    row 'ClientHello: one octet per segment' prints "$cawl" raw handshake "$A4" 443 cawl.nau.edu --segment-bytes 1 --pause-ms 2
    row 'ClientHello: one octet per segment, IPv6' prints "$cawl" raw handshake "$A6" 443 cawl.nau.edu --segment-bytes 1 --pause-ms 2
    row 'ClientHello: one octet per record' prints "$cawl" raw handshake "$A4" 443 cawl.nau.edu --record-bytes 1
    row 'ClientHello: records and segments at odds' prints "$cawl" raw handshake "$A4" 443 cawl.nau.edu --record-bytes 7 \
        --segment-bytes 11 --pause-ms 1
    row 'ClientHello: 8 KiB with a post-quantum key share' prints "hello 819.*$cawl" raw handshake "$A4" 443 cawl.nau.edu \
        --post-quantum --pad-to 8192
    row 'ClientHello: 60 KiB over several records' prints "$cawl" raw handshake "$A4" 443 cawl.nau.edu --pad-to 61440
}

# odd HELLO PATTERN [NAME]: what the server answers to one of raw_client.py's odd ClientHellos.
odd() {
    prints "$2" raw send "$A4" 443 "${3:-cawl.nau.edu}" --hello "$1"
}

hostile_rows() {
    row 'hello: unknown and GREASE extensions are ignored' odd unknown-extensions '^handshake 2'
    row 'hello: upper-case name' odd upper-case '^handshake 2'
    row 'hello: duplicate extension' odd duplicate-extension '^alert (47|50)'
    row 'hello: cut in an extension' odd cut-extension '^alert 50'
    row 'hello: neither TLS 1.2 nor 1.3' odd old-version '^alert 70'
    row 'hello: record longer than allowed' odd record-too-long '^alert (22|50)|closed|reset'
    row 'hello: longer than 64 KiB' odd too-large '^alert|closed|reset'
    row 'hello: fifty empty records' odd empty-records '^alert|closed|reset'
    row 'hello: another handshake message first' odd server-hello-first '^alert (10|47|50)'
    row 'hello: SSL 2' odd sslv2 '^alert|closed|reset'
    row 'hello: HTTP in the clear' odd not-tls '^alert|closed|reset'
    row 'hello: garbage' odd garbage '^alert|closed|reset'
    row 'hello: each had its reason counted' [ "$(lab_stat hello_malformed)" -ge 3 ]
    row 'hello: not TLS is counted apart' [ "$(lab_stat hello_not_tls)" -ge 2 ]
    row 'hello: and a good one is served after them' serves cawl "$A4" 443 cawl.nau.edu
}

rss_kib() {
    awk '/^VmRSS/ {print $2}' "/proc/$DAEMON/status"
}

# hold COUNT LOG: half-sent hellos, held open by a client in the background; returns once all are up.
hold() {
    raw half "$A4" 443 cawl.nau.edu --count "$1" >"$2" 2>&1 &
    within 20 grep -q '^open' "$2"
}

# What one costs is the difference between many and few: what a first connection makes the process touch is not counted.
half_sent() {
    local few few_kib held held_kib bytes
    hold 500 "$LAB/few.log"
    few=$(lab_stat connections_now) few_kib=$(rss_kib)
    hold 2000 "$LAB/half.log"
    held=$(lab_stat connections_now) held_kib=$(rss_kib)
    bytes=$(((held_kib - few_kib) * 1024 / (held > few ? held - few : 1)))
    echo "$few half-sent hellos: $few_kib KiB; $held: $held_kib KiB; $bytes bytes each; sessions $(lab_stat sessions_now)"
    [ "$held" -ge $((few + 1900)) ] && [ "$bytes" -le 4096 ] && [ "$(lab_stat sessions_now)" -eq 0 ]
}

half_sent_closed() {
    within 15 grep -q '^closed' "$LAB/half.log"
    cat "$LAB/half.log"
    awk '/^closed 2000 of 2000, oldest after/ {ok = $7 <= 10} END {exit !ok}' "$LAB/half.log"
}

half_sent_rows() {
    figures '2,000 half-sent hellos: at most 4 kB each, no TLS session' half_sent
    figures '2,000 half-sent hellos: all closed within 10 s' half_sent_closed
    row '2,000 half-sent hellos: each counted' [ "$(lab_stat hello_timeout)" -ge 2000 ]
    row '2,000 half-sent hellos: everything back to zero' within 90 gauges_zero
    row '2,000 half-sent hellos: serving goes on' serves cawl "$A4" 443 cawl.nau.edu
}

# gauges_zero: no connection, session, job or parked handshake is left.
gauges_zero() {
    local stats name value
    stats=$(ctl --json stats)
    for name in connections_now sessions_now async_jobs_now parked_now tcp_connections_now tcp_blocks_now; do
        value=$(jq_number "$name" <<<"$stats")
        [ "$value" = 0 ] || {
            echo "$name is $value"
            return 1
        }
    done
}

vlan() { # VLAN arp|ping|syn
    "$E2E/vlan_probe.py" hf0 198.51.100.10 "$@"
}

vlan_rows() {
    row 'VLAN 42: ARP' vlan 42 arp
    row 'VLAN 42: ping' vlan 42 ping
    row 'VLAN 42: SYN' vlan 42 syn
    row 'VLAN 42: not without the tag' not vlan 0 arp
    row 'VLAN 42: not with another tag' not vlan 43 arp
    if ip link add link hf0 name hf0.42 type vlan id 42 2>/dev/null; then
        ip address add 198.51.100.1/24 dev hf0.42
        ip link set hf0.42 up
        row 'VLAN 42: served' serves cawl 198.51.100.10 443 cawl.nau.edu
        ip link del hf0.42
    else
        echo 'SKIP  VLAN 42: served (this kernel has no VLAN interfaces)'
    fi
}

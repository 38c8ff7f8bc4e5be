#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# handfast-bench --via dpdk: against handfastd over shared memory (net_memif, no kernel in between), then over a tap against
# openssl's server on the kernel's own TCP.

suite_memif() {
    fixture_share
    fixture_bindings
    memif_config
    lab_start_daemon || return 1
    # First, as they do not count below: our RST may overtake the Finished before it in the server's buffers.
    row 'memif: 300 that end by RST' memif_load "$A4" 443 --count 300 --end rst
    MEMIF_DONE=0
    local shaken
    shaken=$(lab_stat handshakes)
    row 'memif: 1,000 handshakes, IPv4' memif_load "$A4" 443 --count 1000
    row 'memif: 1,000 handshakes, IPv6' memif_load "[$A6]" 443 --count 1000
    row 'memif: 1,000 from 200 addresses, 64 at once' \
        memif_load "$A4" 443 --count 1000 --source 192.0.2.20-192.0.2.219 --connections 64
    row 'memif: 300 with TLS 1.2' memif_load "$A4" 443 --count 300 --tls 1.2
    row 'memif: 300 that end by FIN' memif_load "$A4" 443 --count 300 --end fin
    row 'memif: 300 with two pages each' memif_load "$A4" 443 --count 300 --requests 2
    row 'memif: an open loop, 500 a second' memif_load "$A4" 443 --rate 500 --duration 1
    row 'memif: each handshake is one of the server'\''s' memif_all_counted "$shaken"
    row 'memif: a port that nobody listens on is refused' memif_refuses 'connection refused' "$A4:8453"
    row 'memif: more connections than ports' \
        memif_refuses 'more connections than ports' --connections 70000 "$A4:443"
    row 'memif: a source outside our network' \
        memif_refuses 'expected an address in a network of --address' --source 198.51.100.1 "$A4:443"
    row 'memif: no gateway to the target' memif_refuses 'unreachable' 203.0.113.1:443
    row 'memif: afterwards nothing is left on the server' within 30 gauges_zero
    lab_stop
    memif_kills 8
    memif_tap
}

# lab_config's, with the tap replaced by shared memory.
memif_config() {
    lab_config
    sed -i -e "s|--vdev=net_tap0,iface=hf0|--vdev=net_memif0,role=server,socket=$LAB/run/memif,socket-abstract=no|" \
        -e 's/device = "net_tap0"/device = "net_memif0"/' "$LAB/lab.conf"
}

memif_bench() {
    timeout 20 taskset -c "$ALL_CPUS" "$BUILD/handfast-bench" --via dpdk --lcore "$OTHER_CPUS" --huge-pages off --memory 128 \
        --device net_memif0 --eal "--vdev=net_memif0,role=client,socket=$LAB/run/memif,socket-abstract=no" \
        --address 192.0.2.2/24,2001:db8::2/64 "$@"
}

MEMIF_DONE=0

# memif_load ADDRESS PORT OPTION ...: all handshakes complete, and none is left over.
memif_load() {
    local target="$1:$2"
    shift 2
    memif_bench --sni cawl.nau.edu --connections 16 --max-errors 0 --json "$LAB/memif.json" "$@" "$target" || return 1
    local completed
    completed=$(jq_number handshakes <"$LAB/memif.json")
    echo "$completed handshakes"
    MEMIF_DONE=$((MEMIF_DONE + completed + 1)) # and the one that looks whether there is a server
    [ "$completed" -gt 0 ]
}

memif_all_counted() {
    local now
    now=$(lab_stat handshakes)
    echo "server: $((now - $1)), generator: $MEMIF_DONE"
    [ $((now - $1)) -eq "$MEMIF_DONE" ]
}

# memif_refuses PATTERN ARGUMENT ...: exit code 2 and a line with the pattern.
memif_refuses() {
    local pattern=$1 status=0
    shift
    memif_bench --timeout 1 --count 1 "$@" >"$LAB/memif.out" 2>&1 || status=$?
    cat "$LAB/memif.out"
    [ "$status" -eq 2 ] && grep -q "$pattern" "$LAB/memif.out"
}

# memif_kills N: a worker that polls without rest, and three programs on its processor, so that it is taken off it in
# mid-burst; N generators are killed in mid-traffic.
memif_kills() {
    local busy=()
    sed -i 's/idle = "adaptive"/idle = "poll"/' "$LAB/lab.conf"
    lab_start_daemon || return 1
    for _ in 1 2 3; do
        timeout 30 taskset -c "$WORKER_CPU" bash -c 'while :; do :; done' &
        busy+=($!)
    done
    row "memif: $1 generators killed in mid-traffic, the server lives" memif_killed "$1"
    kill "${busy[@]}"
    wait "${busy[@]}" 2>/dev/null
    row 'memif: afterwards the next one is served' memif_load "$A4" 443 --count 300
    row 'memif: and the server ends as asked' lab_stop
}

memif_killed() {
    local before generator killed=0
    while [ "$killed" -lt "$1" ]; do
        before=$(lab_stat handshakes)
        # Its own process, not a function's shell: the signal is for the generator.
        taskset -c "$ALL_CPUS" "$BUILD/handfast-bench" --via dpdk --lcore "$OTHER_CPUS" --huge-pages off --memory 128 \
            --device net_memif0 --eal "--vdev=net_memif0,role=client,socket=$LAB/run/memif,socket-abstract=no" \
            --address 192.0.2.2/24 --sni cawl.nau.edu --connections 32 --reuse-key-share --duration 10s "$A4:443" \
            >"$LAB/memif.out" 2>&1 &
        generator=$!
        within 10 memif_shaken_past $((before + 50)) || cat "$LAB/memif.out"
        kill -KILL "$generator" || return 1
        wait "$generator"
        killed=$((killed + 1))
        kill -0 "$DAEMON" || {
            echo "gone after generator $killed"
            return 1
        }
    done
}

memif_shaken_past() {
    [ "$(lab_stat handshakes)" -gt "$1" ]
}

# The kernel's side of the tap comes up with handfast-bench: its address is given as soon as it is there.
memif_tap() {
    share_pem "$PKI" "$LAB/tap.pem" cawl
    openssl s_server -accept 8443 -cert "$LAB/tap.pem" -cert_chain "$LAB/tap.pem" -www -quiet >"$LAB/s_server.log" 2>&1 &
    local server=$!
    row 'tap: 300 handshakes with openssl s_server, IPv4' tap_load 192.0.2.1:8443 --count 300
    row 'tap: 300 handshakes with openssl s_server, IPv6' tap_load '[2001:db8::1]:8443' --count 300
    row 'tap: 200, half of them resumed' tap_resumes 200
    kill "$server"
    wait "$server" 2>/dev/null
    return 0
}

tap_load() {
    (
        for _ in $(seq 100); do
            ip address replace 192.0.2.1/24 dev hf0 2>/dev/null && break
            sleep 0.05
        done
        ip address replace 2001:db8::1/64 dev hf0 nodad
        ip link set hf0 up
    ) &
    local link=$! status=0
    timeout 20 taskset -c "$ALL_CPUS" "$BUILD/handfast-bench" --via dpdk --lcore "$WORKER_CPU" --huge-pages off --memory 128 \
        --device net_tap0 --eal "--vdev=net_tap0,iface=hf0" --address 192.0.2.2/24,2001:db8::2/64 --sni cawl.nau.edu \
        --connections 8 --max-errors 0 --json "$LAB/memif.json" "$@" || status=$?
    wait "$link"
    return "$status"
}

# With tickets a page is asked for: s_server sends them after the handshake, and a client that leaves at once has none.
tap_resumes() {
    local resumed
    tap_load 192.0.2.1:8443 --count "$1" --resume 0.5 --requests 1 || return 1
    resumed=$(jq_number resumed <"$LAB/memif.json")
    echo "$resumed of $1 resumed"
    [ "$resumed" -gt $(($1 / 4)) ] && [ "$resumed" -lt $(($1 * 3 / 4)) ]
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One transfer over a wire, sourced by run.sh. Each has two network namespaces of its own: nothing is remembered of the
# one before it (tcp_metrics), and several can run at a time.

WIRE_PORT=7000
WIRE=
# Longest wait for one transfer, in seconds.
TRANSFER_LIMIT=${TRANSFER_LIMIT:-900}

# namespaces_create PREFIX [SYSCTL=VALUE ...]: PREFIX-a and PREFIX-b with Linux's default buffers, and what is given
# (a comma stands for a blank).
namespaces_create() {
    local prefix=$1 end
    shift
    for end in a b; do
        ip netns add "$prefix-$end" || return 1
        ip -n "$prefix-$end" link set lo up
        ip netns exec "$prefix-$end" sysctl -q -w net.ipv6.conf.default.disable_ipv6=1 \
            net.ipv4.tcp_rmem='4096 131072 6291456' net.ipv4.tcp_wmem='4096 16384 4194304' "${@//,/ }" || return 1
    done
}

namespaces_delete() {
    local prefix=$1
    ip netns delete "$prefix-a" && ip netns delete "$prefix-b"
}

# wait_for FILE WORD: until a line of FILE begins with it, at most 10 s (TRANSFER_LIMIT for a report).
wait_for() {
    local tries=$((${3:-10} * 20))
    until grep -q "^$2" "$1" 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

# wire_start FOLDER WORDS...: sets WIRE to its process.
wire_start() {
    local folder=$1
    shift
    "$WIRE_BUILD/wire" "$@" >"$folder/wire.out" 2>&1 &
    WIRE=$!
    wait_for "$folder/wire.out" ready
}

# peer NAMESPACE FILE WORDS...: a kernel peer in the foreground.
peer() {
    local namespace=$1 file=$2
    shift 2
    timeout "$TRANSFER_LIMIT" ip netns exec "$namespace" "$WIRE_BUILD/linux_peer" "$@" >"$file" 2>&1
}

# transfer_linux PREFIX FOLDER A-SENDS B-SENDS WIRE-WORDS...: Linux to Linux; the receiver opens, as with Handfast.
transfer_linux() {
    local prefix=$1 folder=$2 a_sends=$3 b_sends=$4 other
    shift 4
    wire_start "$folder" a="$prefix-a" b="$prefix-b" "$@" || return 1
    if [ "$a_sends" -eq 0 ]; then
        peer "$prefix-b" "$folder/b" listen=$WIRE_PORT send="$b_sends" seed=2 &
        other=$!
        wait_for "$folder/b" ready && peer "$prefix-a" "$folder/a" connect=$WIRE_PORT send="$a_sends"
    else
        peer "$prefix-a" "$folder/a" listen=$WIRE_PORT send="$a_sends" &
        other=$!
        wait_for "$folder/a" ready && peer "$prefix-b" "$folder/b" connect=$WIRE_PORT ip=10.66.0.1 send="$b_sends" seed=2
    fi
    wait "$other"
}

# The same with Handfast as b. Words for the kernel's peer are in PEER_WORDS.
# transfer_passive: the kernel opens. transfer_active: Handfast opens.
transfer_passive() {
    local prefix=$1 folder=$2 a_sends=$3 b_sends=$4
    shift 4
    wire_start "$folder" a="$prefix-a" b=handfast listen=$WIRE_PORT send="$b_sends" "$@" || return 1
    # shellcheck disable=SC2086  # words
    peer "$prefix-a" "$folder/a" connect=$WIRE_PORT send="$a_sends" ${PEER_WORDS:-}
    wait_for "$folder/wire.out" handfast "$TRANSFER_LIMIT"
}

transfer_active() {
    local prefix=$1 folder=$2 a_sends=$3 b_sends=$4 other
    shift 4
    # shellcheck disable=SC2086  # words
    peer "$prefix-a" "$folder/a" listen=$WIRE_PORT send="$a_sends" ${PEER_WORDS:-} &
    other=$!
    wait_for "$folder/a" ready || return 1
    wire_start "$folder" a="$prefix-a" b=handfast connect=$WIRE_PORT send="$b_sends" "$@" || return 1
    wait "$other"
    wait_for "$folder/wire.out" handfast "$TRANSFER_LIMIT"
}

# field FILE NAME: the word after NAME in the report line.
field() {
    awk -v name="$2" '/^(linux|handfast) / {for (i = 1; i < NF; i++) if ($i == name) {print $(i + 1); exit}}' "$1"
}

# digest FILE sent|received: octets and SHA-256.
digest() {
    awk -v name="$2" '/^(linux|handfast) ok / {for (i = 1; i < NF; i++) if ($i == name) {print $(i + 1), $(i + 2); exit}}' "$1"
}

# transfer KIND PREFIX FOLDER A-SENDS B-SENDS WIRE-WORDS...: run it. Returns 0 if all that was sent has arrived unchanged,
# both ways. Leaves the ends' reports in FOLDER/a and FOLDER/b.
transfer() {
    local kind=$1 prefix=$2 folder=$3 a_sends=$4 b_sends=$5
    shift
    mkdir -p "$folder"
    # shellcheck disable=SC2086  # words
    namespaces_create "$prefix" ${SYSCTLS:-} && "transfer_$kind" "$@"
    [ -n "$WIRE" ] && kill "$WIRE" && wait "$WIRE"
    WIRE=
    [ "$kind" = linux ] || cp "$folder/wire.out" "$folder/b"
    namespaces_delete "$prefix"
    [ "$(digest "$folder/a" sent)" = "$(digest "$folder/b" received)" ] &&
        [ "$(digest "$folder/b" sent)" = "$(digest "$folder/a" received)" ] &&
        [ "$(field "$folder/a" sent)" = "$a_sends" ] && [ "$(field "$folder/b" sent)" = "$b_sends" ]
}

# goodput FOLDER a|b: of what that end received, in Mbit/s.
goodput() {
    awk '/^(linux|handfast) ok / {printf "%.2f", $4 * 8 / $10 / 1e6; exit}' "$1/$2"
}

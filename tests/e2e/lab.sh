#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The laboratory of the end-to-end tests and the demo, sourced after sandbox.sh: handfastd on a tap, certificates, clients.
#
#   client 192.0.2.1, 2001:db8::1 (kernel, interface hf0) ── net_tap ── handfastd 192.0.2.10, .11, 2001:db8::10, ::11
#
# handfastd's worker polls on the last processor, the clients run on the first.

HANDFASTD=$BUILD/handfastd
HANDFASTCTL=$BUILD/handfastctl
export PKI=$LAB/pki
SHARE=$LAB/share
PASSWORD=correct-horse
# shellcheck disable=SC2034  # for the suites
A4=192.0.2.10 B4=192.0.2.11 A6=2001:db8::10 B6=2001:db8::11
ALL_CPUS=$(taskset -pc $$ | sed 's/.*: //')
WORKER_CPU=${ALL_CPUS##*[,-]}
OTHER_CPUS=${ALL_CPUS%%[,-]*}
export XDG_RUNTIME_DIR=$LAB/run RUNTIME_DIRECTORY=$LAB/run
mkdir -p "$LAB/run" "$SHARE"
taskset -pc "$OTHER_CPUS" $$ >/dev/null

# lab_config [STORE-LINES] [TLS-LINES] [LIMITS-LINES]: $LAB/lab.conf from $BINDINGS, $CERTIFICATES and the lines given.
lab_config() {
    cat >"$LAB/lab.conf" <<END
worker = { lcores = [$WORKER_CPU]; idle = "adaptive"; huge_pages = "off"; memory_mib = 256;
    eal_arguments = ["--vdev=net_tap0,iface=hf0"]; };
ports = ({ device = "net_tap0"; addresses = (
    { ip = "$A4/24"; gateway = "192.0.2.1"; }, { ip = "$B4/24"; gateway = "192.0.2.1"; },
    { ip = "$A6/64"; gateway = "2001:db8::1"; }, { ip = "$B6/64"; gateway = "2001:db8::1"; },
    { ip = "198.51.100.10/24"; vlan = 42; } ); });
central_certificate_store = { enabled = true; physical_path = "$SHARE"; private_key_password = "$PASSWORD";
    polling_interval_s = 5; ${1:-} };
certificates = ( ${CERTIFICATES:-} );
bindings = ( ${BINDINGS:-} );
tls = { ${2:-} };
limits = { ${3:-} };
control = { socket = "$LAB/run/control.sock"; log_level = "info"; };
END
}

ctl() {
    "$HANDFASTCTL" -s "$LAB/run/control.sock" "$@"
}

# lab_start_daemon: handfastd with $LAB/lab.conf. Returns when it serves.
lab_start_daemon() {
    taskset -c "$ALL_CPUS" "$HANDFASTD" -c "$LAB/lab.conf" >"$LAB/handfastd.out" 2>>"$LAB/handfastd.log" &
    DAEMON=$!
    local waited=0
    until ctl stats >/dev/null 2>&1; do
        if ! kill -0 "$DAEMON" 2>/dev/null || [ "$waited" -ge 200 ]; then
            echo "handfastd did not start:" >&2
            tail -n 20 "$LAB/handfastd.log" >&2
            return 1
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

# lab_start: the same, and the tap's kernel side with the client's addresses.
lab_start() {
    lab_start_daemon || return 1
    ip address replace 192.0.2.1/24 dev hf0
    ip address replace 2001:db8::1/64 dev hf0 nodad
    ip link set hf0 up
}

# lab_stop: end handfastd as an administrator would; its exit code is the function's.
lab_stop() {
    [ -n "${DAEMON:-}" ] || return 0
    kill -TERM "$DAEMON" 2>/dev/null
    wait "$DAEMON"
    local status=$?
    DAEMON=
    return "$status"
}

# lab_stat NAME: one counter, summed over workers.
lab_stat() {
    ctl --json stats | jq_number "$1"
}

# jq_number NAME: the first number behind "NAME": in JSON on standard input.
jq_number() {
    grep -oE "\"$1\": *-?[0-9]+" | head -n 1 | grep -oE -- '-?[0-9]+$'
}

# --- rows: one line each -------------------------------------------------------------------------------------------------

PASSED=0 FAILED=0

# row WHAT COMMAND [ARGUMENT ...]: passes if the command does; its output is shown if it does not.
row() {
    local what=$1
    shift
    if "$@" >"$LAB/row.log" 2>&1; then
        PASSED=$((PASSED + 1))
        printf 'ok    %s\n' "$what"
        return 0
    else
        FAILED=$((FAILED + 1))
        printf 'FAIL  %s\n' "$what"
        printf '      %s\n' "$*"
        tail -n 25 "$LAB/row.log" | cut -c1-200 | sed 's/^/      | /'
        [ -f "$LAB/handfastd.log" ] && tail -n 4 "$LAB/handfastd.log" | cut -c1-200 | sed 's/^/      log: /'
        return 1
    fi
}

# figures WHAT COMMAND ...: a row that shows its output also when it passes.
figures() {
    row "$@" && sed 's/^/      /' "$LAB/row.log" | cut -c1-160
}

rows_total() {
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
    [ "$FAILED" -eq 0 ]
}

# not COMMAND ...: passes if the command fails.
not() {
    ! "$@"
}

# prints PATTERN COMMAND ...: passes if the output (both streams) has a line that matches; the command may fail.
prints() {
    local pattern=$1 output
    shift
    output=$("$@" 2>&1)
    printf '%s\n' "$output"
    grep -qE -- "$pattern" <<<"$output"
}

# within SECONDS COMMAND ...: tried again until it passes or the time is over.
within() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$limit" ] || return 1
        sleep 0.2
    done
}

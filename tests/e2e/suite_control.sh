#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The programs: handfastd --check and its errors, handfastctl's commands, exit codes, JSON, bad input.

suite_control() {
    fixture_share
    fixture_bindings
    check_rows
    lab_config
    lab_start || return 1
    explain_rows
    command_rows
    socket_rows
    process_rows
    row 'SIGTERM: open connections get close_notify and FIN, one that has said nothing a RST' leave_clients
    lab_stop
    start_rows
}

# Twenty clients with a finished handshake, one without, and what each of them reads when handfastd is told to end.
leave_clients() {
    timeout 20 python3 - "$PKI/ca.crt" "$A4" "$DAEMON" <<-'END'
	import os, signal, socket, ssl, sys, time
	ca, ip, daemon = sys.argv[1:]
	context = ssl.create_default_context(cafile=ca)
	context.check_hostname = False
	silent = socket.create_connection((ip, 8444), timeout=5)
	clients = [
	    context.wrap_socket(socket.create_connection((ip, 8444), timeout=5), server_hostname="host.test", suppress_ragged_eofs=False)
	    for _ in range(20)
	]
	began = time.monotonic()
	os.kill(int(daemon), signal.SIGTERM)
	read = [client.recv(1) for client in clients]  # without close_notify this is an error
	try:
	    end = silent.recv(1)
	except ConnectionResetError:
	    end = "reset"
	print("read:", read, "silent:", end, "after", round(time.monotonic() - began, 3), "s")
	sys.exit(0 if read == [b""] * 20 and end == "reset" else 1)
	END
}

# checks PATTERN: the configuration on standard input is refused with exit code 1 and a line "file:line: key: ..." that matches.
checks() {
    local status output
    output=$("$HANDFASTD" --check -c "$LAB/check.conf" 2>&1)
    status=$?
    printf '%s\n(exit %d)\n' "$output" "$status"
    [ "$status" -eq 1 ] && grep -qE "check.conf:[0-9]+: .*$1" <<<"$output"
}

# with_binding LINE: the laboratory's configuration with one more binding.
with_binding() {
    local BINDINGS="$BINDINGS, $1"
    lab_config
    mv "$LAB/lab.conf" "$LAB/check.conf"
}

check_rows() {
    lab_config
    row 'check: a good configuration' "$HANDFASTD" --check -c "$LAB/lab.conf"
    row 'check: no such file' not "$HANDFASTD" --check -c "$LAB/none.conf"
    with_binding '{ host = "x.test"; ssl_flags = 128; }'
    row 'check: unknown bit' checks 'ssl_flags'
    with_binding '{ ip = "192.0.2.77"; ssl_flags = 0; }'
    row 'check: flags 0 without certificate' checks 'certificate'
    with_binding '{ host = "x.test"; ssl_flags = 1; }'
    row 'check: flags 1 without certificate' checks 'certificate'
    with_binding '{ ssl_flags = 1; certificate = "host"; }'
    row 'check: flags 1 without host' checks 'host'
    with_binding '{ ssl_flags = 2; }'
    row 'check: flags 2 without host' checks 'host'
    with_binding '{ ssl_flags = 3; }'
    row 'check: flags 3 without host' checks 'host'
    with_binding '{ host = "host.test"; ssl_flags = 1; certificate = "any4"; }'
    row 'check: two records, one key, different certificates' checks 'host.test|certificate'
    with_binding '{ host = "x.test"; ssl_flags = 1; certificate = "nobody"; }'
    row 'check: certificate that is not configured' checks 'nobody'
    with_binding '{ host = "bad host"; ssl_flags = 3; }'
    row 'check: a host that is no name' checks 'host'
    with_binding '{ host = "x.test"; ssl_flags = 3; prot = "https"; }'
    row 'check: unknown key' checks 'prot'
    with_binding '{ host = "x.test"; ssl_flags = "3"; }'
    row 'check: wrong type' checks 'ssl_flags.*expected'
    lab_config 'enabled = false;'
    sed 's/enabled = true; //' "$LAB/lab.conf" >"$LAB/check.conf"
    row 'check: flags 2 and 3 while the store is off' checks 'ssl_flags|store|enabled'
    lab_config
    sed 's/polling_interval_s = 5/polling_interval_s = 4/' "$LAB/lab.conf" >"$LAB/check.conf"
    row 'check: below its bound' checks 'polling_interval_s.*expected'
    sed 's/bindings = (/bindings = (((/' "$LAB/lab.conf" >"$LAB/check.conf"
    row 'check: not libconfig' checks '.'
    sed 's/polling_interval_s = 5/polling_interval_s = 4/; s/ssl_flags = 89/ssl_flags = 889/' "$LAB/lab.conf" >"$LAB/check.conf"
    row 'check: all problems at once' [ "$("$HANDFASTD" --check -c "$LAB/check.conf" 2>&1 | grep -c 'check.conf:')" -ge 2 ]
    row 'check: no secret in a message' not grep -F "$PASSWORD" <("$HANDFASTD" --check -c "$LAB/check.conf" 2>&1)
    secret_rows
    head -c 4096 /dev/urandom >"$LAB/check.conf"
    row 'check: random octets' checks '.'
    row 'help: handfastd' prints '--check' "$HANDFASTD" --help
    row 'help: handfastctl' prints 'explain' "$HANDFASTCTL" --help
    row 'usage: what was expected and found' prints 'expected explain IP PORT.*found explain 192.0.2.10 https' \
        sh -c "'$HANDFASTCTL' explain 192.0.2.10 https 2>&1 || :"
    row 'usage: unknown option' not "$HANDFASTD" --no-such-option
}

secret_rows() {
    printf '%s\n' "$PASSWORD" >"$LAB/password"
    sed "s|private_key_password = \"$PASSWORD\"|private_key_password_file = \"$LAB/password\"|" "$LAB/lab.conf" >"$LAB/file.conf"
    row 'check: a secret in a file of its own' "$HANDFASTD" --check -c "$LAB/file.conf"
    sed "s|$LAB/password|$LAB/no-password|" "$LAB/file.conf" >"$LAB/check.conf"
    row 'check: a secret file that is not there' checks 'private_key_password_file.*no-password'
    sed "s|private_key_password_file|private_key_password = \"x\"; private_key_password_file|" "$LAB/file.conf" >"$LAB/check.conf"
    row 'check: a secret given twice' checks 'private_key_password'
}

# explains PATTERN ARGUMENT ...: the walk has a line that matches, and the JSON is JSON.
explains() {
    local pattern=$1
    shift
    ctl --json explain "$@" | python3 -m json.tool >/dev/null && prints "$pattern" ctl explain "$@"
}

explain_rows() {
    row 'explain: tier 1' explains 'addr' "$B4" 443
    row 'explain: tier 2' explains 'tier 2.*host' "$A4" 443 host.test
    row 'explain: tier 3, exact file' explains 'cawl.nau.edu.pfx' "$A4" 443 cawl.nau.edu
    row 'explain: tier 3, wildcard file' explains '_.example.com.pfx' "$A4" 443 shop.example.com
    row 'explain: tier 3, no SNI' explains 'payment.mpcer.nau.edu.pfx' "$A4" 443
    row 'explain: tier 4' explains 'any6' "$A6" 443 nobody.test
    row 'explain: tier 5' explains 'any4' "$A4" 443 nobody.test
    row 'explain: a miss and its alert' explains 'unrecognized_name' "$A4" 8443 nobody.test
    row 'explain: a miss without SNI and its alert' explains 'handshake_failure' "$A4" 8443
    row 'explain: a broken file and its reason' explains 'wrong password' "$A4" 8443 broken.test
    row 'explain: an SNI record hidden by an address record' explains 'hid' "$B4" 443 host.test
    row 'explain: no listener' explains 'no binding|not listen|no listener|RST' "$A4" 8453 host.test
    row 'explain: an address that is none' not ctl explain 1.2.3 443 x
    row 'explain: a port that is none' not ctl explain "$A4" 70000 x
    share_pfx "$PKI" cawl "$SHARE/cawl.nau.ed.pfx" "$PASSWORD"
    rm "$SHARE/cawl.nau.edu.pfx"
    within 8 refuses 112 "$A4" 8443 cawl.nau.edu >/dev/null
    row 'explain: the misnamed file and its right name' within 8 explains 'cawl.nau.ed.pfx.*cawl.nau.edu' "$A4" 8443 cawl.nau.edu
    row 'lint: the misnamed file and its right name' prints 'cawl.nau.ed.pfx.*cawl.nau.edu' ctl lint
}

command_rows() {
    local command
    for command in 'show certs' 'show bindings' 'show connections' stats; do
        # shellcheck disable=SC2086  # a command's words are arguments
        row "$command" ctl $command
        # shellcheck disable=SC2086
        row "$command --json" bash -o pipefail -c '"$@" | python3 -m json.tool' _ "$HANDFASTCTL" -s "$LAB/run/control.sock" --json $command
    done
    row 'show bindings: hidden records are marked' prints 'hid' ctl show bindings
    row 'show connections: an open one is there' shows_connection
    row 'stats: received = delivered + dropped' packets_add_up
    row 'refresh' ctl refresh
    row 'refresh: a name nobody has' not ctl refresh nobody.test
    row 'unknown command: exit code, not a crash' not ctl fly
    row 'no daemon: exit code and a word' prints 'socket|connect' "$HANDFASTCTL" -s "$LAB/none.sock" stats
}

shows_connection() {
    (sleep 3) | timeout 5 openssl s_client -connect "$A4:443" -servername host.test >/dev/null 2>&1 &
    within 3 prints 'host.test' ctl show connections
}

packets_add_up() {
    local stats received delivered handed dropped
    stats=$(ctl --json stats)
    received=$(jq_number rx_pkts <<<"$stats")
    delivered=$(jq_number rx_delivered_pkts <<<"$stats")
    handed=$(jq_number rx_handed_off_pkts <<<"$stats")
    dropped=0
    for name in frame_short frame_ethertype frame_not_for_us ip_header ip_checksum ip_fragment ip_not_for_us ip_source \
        ip_protocol tcp_header tcp_checksum arp_bad icmp_bad icmp_ignored icmp_rate tcp_no_listener tcp_no_connection tcp_cookie \
        tcp_connections_full tcp_sequence tcp_ack tcp_duplicate tcp_paws tcp_rst_challenged tcp_syn_challenged tcp_flags \
        tcp_after_close tcp_reassembly_full tcp_buffers_full handoff_full; do
        dropped=$((dropped + $(jq_number "$name" <<<"$stats")))
    done
    echo "received $received, delivered $delivered, dropped $dropped, handed off $handed"
    [ "$received" -gt 0 ] && [ "$received" -eq $((delivered + dropped)) ]
}

socket_rows() {
    row 'control socket: mode 0600' prints '^600 socket' stat -c '%a %F' "$LAB/run/control.sock"
    row 'control socket: garbage is answered or closed' socket_garbage
    row 'control socket: serves after garbage' ctl stats
}

socket_garbage() {
    timeout 5 python3 - "$LAB/run/control.sock" <<'END'
import os, socket, sys
for octets in (b"\0" * 10, b"{" * 100000, b'{"command": 7}\n', b"\xff\xfe\n", os.urandom(5000) + b"\n", b""):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(3)
    peer.connect(sys.argv[1])
    try:
        peer.sendall(octets)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(4096):
            pass
    except (BrokenPipeError, ConnectionResetError):
        pass
END
}

# sandboxed: the processes below handfastd that run under a seccomp filter: the loaders.
sandboxed() {
    local pid
    for pid in $(pgrep handfastd); do
        grep -q '^Seccomp:.*2$' "/proc/$pid/status" && echo "$pid"
    done
}

has_loaders() {
    [ -n "$(sandboxed)" ]
}

process_rows() {
    row 'loaders: under seccomp' has_loaders
    row 'loaders: no new privileges' [ "$(sandboxed | sed 's|.*|/proc/&/status|' | xargs grep -L 'NoNewPrivs:.*1$' | wc -l)" -eq 0 ]
    row 'core dumps are off' grep -q 'Max core file size *0 *0' "/proc/$DAEMON/limits"
    sandboxed | xargs kill -9
    share_leaf "$PKI" fresh p256 fresh.test
    share_pfx "$PKI" fresh "$SHARE/fresh.test.pfx" "$PASSWORD"
    row 'loaders killed: a new certificate is loaded all the same' within 10 serves fresh "$A4" 8443 fresh.test
    row 'loaders killed: there is a new one' within 5 has_loaders
    row 'a second daemon on the same socket is refused' not timeout 20 taskset -c "$ALL_CPUS" "$HANDFASTD" -c "$LAB/lab.conf"
    row 'the first serves on' serves host "$A4" 443 host.test
    kill -9 "$DAEMON"
    wait "$DAEMON" 2>/dev/null
    row 'killed with -9: starts again' lab_start
    row 'killed with -9: serves again' within 5 serves host "$A4" 443 host.test
}

start_rows() {
    sed "s|$SHARE|$LAB/no-such-share|" "$LAB/lab.conf" >"$LAB/check.conf"
    row 'start: a share that is not there is told at once' prints 'no-such-share' timeout 10 taskset -c "$ALL_CPUS" "$HANDFASTD" -c "$LAB/check.conf"
    sed 's/net_tap0,iface=hf0/net_nonsense0/' "$LAB/lab.conf" >"$LAB/check.conf"
    row 'start: a device that is not there is an error, not a crash' starts_not
}

starts_not() {
    timeout 20 taskset -c "$ALL_CPUS" "$HANDFASTD" -c "$LAB/check.conf"
    local status=$?
    echo "exit $status"
    [ "$status" -ge 1 ] && [ "$status" -lt 124 ]
}

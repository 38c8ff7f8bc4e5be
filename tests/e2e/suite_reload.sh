#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A configuration that is read again while it is served: bindings, listeners and certificates come, change and go.

suite_reload() {
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    reload_change_rows
    reload_refused_rows
    reload_signal_rows
    reload_load_rows
    lab_stop
}

# reload_with EXTRA-BINDING [EXTRA-CERTIFICATE]: the laboratory's configuration with these, read again.
reload_with() {
    local BINDINGS="$BINDINGS${1:+, $1}" CERTIFICATES="$CERTIFICATES${2:+, $2}"
    lab_config "${STORE_LINES:-}"
    ctl reload
}

reload_change_rows() {
    share_pem "$PKI" "$LAB/late.pem" first
    row 'nobody listens yet' resets "$A4" 8460 first.test
    row 'reload: a binding, its port and its certificate come' prints 'reloaded: 22 bindings' \
        reload_with "{ port = 8460; host = \"first.test\"; ssl_flags = 1; certificate = \"late\"; }" \
        "{ name = \"late\"; file = \"$LAB/late.pem\"; }"
    row 'served at once' serves first "$A4" 8460 first.test
    row 'the others serve on' serves host "$A4" 443 host.test
    share_pem "$PKI" "$LAB/later.pem" second
    row 'reload: another file under the same name' \
        reload_with "{ port = 8460; host = \"first.test\"; ssl_flags = 1; certificate = \"late\"; }" \
        "{ name = \"late\"; file = \"$LAB/later.pem\"; }"
    row 'the new file is served' within 3 serves second "$A4" 8460 first.test
    row 'a connection that is open goes on when its binding goes' reload_under_connection
    row 'nobody listens any more' resets "$A4" 8460 first.test
}

# An open connection gets its answer after the reload that took its binding away.
reload_under_connection() {
    local output
    output=$( (
        sleep 0.7
        reload_with '' '' >&2
        printf 'GET / HTTP/1.1\r\nHost: first.test\r\nConnection: close\r\n\r\n'
        sleep 0.5
    ) | timeout 10 openssl s_client -quiet -connect "$A4:8460" -servername first.test -CAfile "$PKI/ca.crt" 2>&1)
    grep -a 'HTTP/1.1' <<<"$output"
}

reload_refused_rows() {
    row 'reload: an error is told with file and line' \
        prints 'lab.conf:[0-9]+: bindings.*ssl_flags: expected' reload_with '{ host = "x.test"; ssl_flags = 128; }'
    row 'reload: two records with one key: both are named' \
        prints 'host.test.*bindings\[1\] at .*lab.conf:[0-9]+' \
        reload_with '{ host = "host.test"; ssl_flags = 1; certificate = "any4"; }'
    row 'reload: exit code of a refusal' not reload_with '{ ssl_flags = 3; }'
    row 'reload: a certificate that cannot be loaded' prints 'certificates.*file.*unreadable' \
        reload_with '{ port = 8461; ssl_flags = 0; certificate = "gone"; }' \
        "{ name = \"gone\"; file = \"$LAB/gone.pem\"; }"
    row 'the old configuration serves on' serves host "$A4" 443 host.test
    row 'nothing of the refused one is served' resets "$A4" 8461 first.test
    STORE_LINES='loaders = 3;' row 'reload: what needs a restart is told' \
        prints 'central_certificate_store.loaders: warning: changed: needs a restart' reload_with ''
    row 'reload --json is JSON' bash -o pipefail -c '"$@" | python3 -m json.tool' _ "$HANDFASTCTL" -s "$LAB/run/control.sock" --json reload
}

reload_signal_rows() {
    (
        BINDINGS="$BINDINGS, { port = 8462; host = \"cawl.nau.edu\"; ssl_flags = 3; }"
        lab_config
    )
    kill -HUP "$DAEMON"
    row 'SIGHUP: the configuration is read again' within 5 serves cawl "$A4" 8462 cawl.nau.edu
    lab_config
    echo 'bindings = ((' >>"$LAB/lab.conf"
    kill -HUP "$DAEMON"
    row 'SIGHUP: a broken file is refused' within 5 grep -q 'configuration refused' "$LAB/handfastd.log"
    row 'SIGHUP: the old one serves on' serves cawl "$A4" 8462 cawl.nau.edu
    lab_config
}

reload_load_rows() {
    figures '100 reloads under handshakes: none fails' reload_under_load
    row 'one binding too many or few is no leak: memory is flat' reload_memory_is_flat
}

reload_many() {
    local i
    for ((i = 0; i < $1; i++)); do
        if ((i % 2)); then reload_with ''; else reload_with '{ port = 8463; host = "cawl.nau.edu"; ssl_flags = 3; }'; fi ||
            return 1
    done >/dev/null
}

reload_under_load() {
    local status began=$SECONDS
    "$BUILD/tests/e2e/handshake_load" "$A4" 443 cawl.nau.edu 0 8 1.3 >"$LAB/load.out" 2>&1 &
    local load=$!
    reload_many 100
    status=$?
    kill -TERM "$load"
    wait "$load" || status=1
    cat "$LAB/load.out"
    echo "100 reloads in $((SECONDS - began)) s"
    return "$status"
}

reload_memory_is_flat() {
    local before after
    before=$(awk '/VmRSS/ { print $2 }' "/proc/$DAEMON/status")
    reload_many 20 || return 1
    after=$(awk '/VmRSS/ { print $2 }' "/proc/$DAEMON/status")
    echo "resident before $before kB, after 20 more $after kB"
    [ "$after" -le $((before + before / 50)) ]
}

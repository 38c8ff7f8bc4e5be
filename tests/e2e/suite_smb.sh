#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/operations.md, "A share on a file server": a real smbd on loopback, stopped, restarted, emptied and hanging while we serve,
# under RATE handshakes a second (100 here, 1,000 in `make outage`) for names that clients have been served before.

SMB=$LAB/smb
SMB_FILES=$SMB/share/edge
SMB_PORT=4450
SMB_PASSWORD=first-Secret
SMBD=$(PATH=$PATH:/usr/sbin command -v smbd)

suite_smb() {
    if [ -z "$SMBD" ] || [ ! -f "$BUILD/share_smb.so" ]; then
        echo 'SKIP  smb: needs smbd (package samba) and our plug-in (package libsmbclient-dev when it was built)'
        return 0
    fi
    if [ "$(awk '{ n += $3 } END { printf "%.0f", n }' /proc/self/uid_map)" -lt 65536 ]; then
        echo 'SKIP  smb: smbd changes users, which this namespace has not: run as root'
        return 0
    fi
    local SHARE=$SMB_FILES
    smb_configure || return 1
    fixture_share
    fixture_bindings
    share_leaf "$PKI" unicode p256 xn--bcher-kva.test
    share_pfx "$PKI" unicode "$SMB_FILES/bücher.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SMB_FILES/cold.test.pfx" "$PASSWORD"
    smb_names || return 1
    SMB_COUNT=$(($(find "$SMB_FILES" -name '*.p[fe][xm]' | wc -l) + 1)) # one is added later
    # shellcheck disable=SC2034  # lab_config reads it
    SHARE=smb://127.0.0.1:$SMB_PORT/certs/edge
    smb_start || return 1
    smb_start_rows || return 1
    lab_config "$(smb_user "$SMB_PASSWORD")"
    lab_start || return 1
    smb_serve_rows
    smb_change_rows
    smb_begin_load
    smb_password_rows
    smb_stop_rows
    smb_empty_rows
    smb_back_rows
    smb_begin_load
    smb_hang_rows
    figures 'smb: hanging: no client of a known name has failed all the while' all_along_end
    row 'smb: no secret in the log' not grep -qF -e "$SMB_PASSWORD" -e "$PASSWORD" "$LAB/handfastd.log"
    row 'smb: no secret in any answer' not smb_secrets_shown
    row 'smb: ends in order' lab_stop
    smb_stop
}

# --- the server --------------------------------------------------------------------------------------------------------

smb_configure() {
    mkdir -p "$SMB/private" "$SMB/state" "$SMB_FILES" && cat >"$SMB/smb.conf" <<END
[global]
    workgroup = LAB
    server role = standalone server
    smb ports = $SMB_PORT
    interfaces = 127.0.0.1
    bind interfaces only = yes
    disable netbios = yes
    disable spoolss = yes
    load printers = no
    map to guest = never
    passdb backend = tdbsam:$SMB/private/passdb.tdb
    private dir = $SMB/private
    state directory = $SMB/state
    cache directory = $SMB/state
    lock directory = $SMB/state
    pid directory = $SMB/state
    ncalrpc dir = $SMB/state/ncalrpc
    log file = $SMB/log
[certs]
    path = $SMB/share
    valid users = daemon
    force user = root
END
    smb_set_password "$SMB_PASSWORD" -a >"$SMB/smbpasswd.log" 2>&1
}

# smb_set_password PASSWORD [-a]: of the user whom the server knows; -a adds it. `daemon` is an account of every system.
smb_set_password() {
    printf '%s\n%s\n' "$1" "$1" | smbpasswd -c "$SMB/smb.conf" -s ${2:+"$2"} daemon
}

smb_start() {
    "$SMBD" -F -s "$SMB/smb.conf" >"$SMB/out" 2>&1 &
    SMBD_PID=$!
    within 10 smb_listens
}

smb_listens() {
    (: <"/dev/tcp/127.0.0.1/$SMB_PORT") 2>/dev/null
}

# smb_signal SIGNAL: to the server and its processes, one for each connection.
smb_signal() {
    local pid
    for pid in $SMBD_PID $(pgrep -P "$SMBD_PID"); do
        kill "-$1" "$pid" 2>/dev/null
    done
}

smb_stop() {
    smb_signal TERM
    wait "$SMBD_PID"
    return 0
}

# --- clients, all along --------------------------------------------------------------------------------------------------

# 200 names that nobody has asked for yet, beside those that are loaded: all are known good once each has been asked for.
SMB_NAMES=200

smb_names() {
    "$BUILD/tests/e2e/make_names" "$PKI" "$SMB_FILES" "$SMB_NAMES" 1 || return 1
    {
        printf '%s\n' cawl.nau.edu www.example.com xn--bcher-kva.test added.test
        find "$SMB_FILES" -name 'n*.churn.test.pem' -printf '%f\n' | sed 's/\.pem$//'
    } >"$SMB/known"
}

smb_begin_load() {
    figures "smb: $SMB_NAMES names more, loaded as clients ask for them" \
        "$BUILD/tests/e2e/handshake_load" --rate 200 "$A4" 8443 "@$SMB/known" $((SMB_NAMES + 4)) 64 1.3
    all_along_begin "${RATE:-100}" "$SMB/known"
}

# --- what is asked of us -----------------------------------------------------------------------------------------------

# smb_user PASSWORD: lines for lab_config.
smb_user() {
    printf 'user_name = "LAB\\\\daemon"; password = "%s";' "$1"
}

# share_says PATTERN: a line of `show share`.
share_says() {
    prints "$1" ctl show share
}

# looked PATTERN: as share_says, after a look at the share now.
looked() {
    ctl refresh
    share_says "$1"
}

smb_secrets_shown() {
    { ctl show share; ctl --json show share; ctl show certs; ctl --json stats; } | grep -F -e "$SMB_PASSWORD" -e "$PASSWORD"
}

# --- rows --------------------------------------------------------------------------------------------------------------

# smb_started SHOW-PATTERN LOG-PATTERN: with the share unusable from the start, what needs none is served and the reason told.
smb_started() {
    lab_start || return 1
    within 5 share_says "$1" && grep -E "$2" "$LAB/handfastd.log" && serves any4 "$A4" 443 nobody.test
}

smb_start_rows() {
    lab_config "$(smb_user wrong)"
    row 'smb: wrong password: told at once, the rest is served' smb_started 'error.*access denied' 'share cannot.*access denied'
    row 'smb: ... not reachable, never was' share_says 'reachable.*(no|false)'
    lab_stop
    SHARE=smb://127.0.0.1:$SMB_PORT/nothing lab_config "$(smb_user "$SMB_PASSWORD")"
    row 'smb: no such share' smb_started 'error.*no such share' 'share cannot.*no such share'
    lab_stop
    SHARE=smb://127.0.0.1:$SMB_PORT/certs/nothing lab_config "$(smb_user "$SMB_PASSWORD")"
    row 'smb: no such folder' smb_started 'error.*No such file or directory' 'share cannot.*No such file'
    lab_stop
    mkdir -p "$LAB/alone" && cp "$BUILD/handfastd" "$LAB/alone/"
    HANDFASTD=$LAB/alone/handfastd \
        row 'smb: no plug-in' smb_started 'error.*plug-in' 'share cannot be opened.*share_smb.so is not installed'
    lab_stop
    return 0
}

smb_serve_rows() {
    row 'smb: listed' within 5 share_says "files +$((SMB_COUNT - 1))\$"
    row 'smb: ... reachable' share_says 'reachable.*(yes|true)'
    row 'smb: served, PKCS#12' serves cawl "$A4" 8443 cawl.nau.edu
    row 'smb: served, wildcard' serves wildcard "$A4" 8443 www.example.com
    row 'smb: served, a name in Unicode' serves unicode "$A4" 8443 xn--bcher-kva.test
    row 'smb: a name that is not on the share' refuses 112 "$A4" 8443 nobody.test
    row 'smb: what travels is encrypted' prints 'daemon.*SMB3.*AES' smbstatus -s "$SMB/smb.conf" -p
}

smb_change_rows() {
    share_leaf "$PKI" renewed p256 cawl.nau.edu
    share_leaf "$PKI" added p256 added.test
    share_pfx "$PKI" renewed "$SMB_FILES/cawl.nau.edu.pfx" "$PASSWORD"
    share_pfx "$PKI" added "$SMB_FILES/added.test.pfx" "$PASSWORD"
    row 'smb: an unchanged file is not read again' smb_reads_only 1
    row 'smb: a renewed file is served' within 5 serves renewed "$A4" 8443 cawl.nau.edu
    row 'smb: a new file is served' serves added "$A4" 8443 added.test
}

# smb_reads_only N: a look at the share reads N files.
smb_reads_only() {
    local before after
    before=$(ctl --json show share | jq_number reads)
    ctl refresh
    after=$(ctl --json show share | jq_number reads)
    echo "reads: $before, then $after"
    [ $((after - before)) -eq "$1" ]
}

smb_password_rows() {
    smb_set_password second-Secret
    row 'smb: password changed: access denied' looked 'error.*access denied'
    row 'smb: ... what is loaded is served' serves renewed "$A4" 8443 cawl.nau.edu
    row 'smb: reload with a wrong password is refused' prints 'password: expected.*lets in, found: access denied' \
        smb_reload third-Secret
    row 'smb: reload with the new password' smb_reload second-Secret
    row 'smb: ... reachable' looked 'reachable.*(yes|true)'
    smb_set_password "$SMB_PASSWORD"
    row 'smb: password changed back: access denied, as it is asked with the other' looked 'error.*access denied'
    row 'smb: reload with the first password' smb_reload "$SMB_PASSWORD"
    row 'smb: ... reachable' looked 'reachable.*(yes|true)'
}

# smb_reload PASSWORD: the configuration with this password, read again.
smb_reload() {
    lab_config "$(smb_user "$1")"
    ctl reload
}

smb_stop_rows() {
    smb_stop
    row 'smb: server stopped: unreachable' looked 'error.*server unreachable'
    row 'smb: ... nothing is forgotten' share_says "files +$SMB_COUNT\$"
    row 'smb: ... what is loaded is served' serves renewed "$A4" 8443 cawl.nau.edu
    row 'smb: ... a cold name is refused' refuses 80 "$A4" 8443 cold.test
    sleep 1
    row 'smb: ... the age of the last good scan grows' [ "$(ctl --json show share | jq_number last_good_scan_age_s)" -ge 1 ]
    smb_start
    row 'smb: server restarted: found again by itself' within 8 share_says 'reachable.*(yes|true)'
    row 'smb: ... the cold name is served' within 8 serves other "$A4" 8443 cold.test
}

smb_empty_rows() {
    mkdir "$SMB/away" && mv "$SMB_FILES"/* "$SMB/away/"
    row 'smb: share emptied: held back once' looked "held_back +$SMB_COUNT\$"
    row 'smb: ... and served' serves renewed "$A4" 8443 cawl.nau.edu
    figures 'smb: stopped, restarted, password changed, emptied: no client of a known name has failed all the while' all_along_end
}

# The second look at the empty share is believed: nothing is known any more.
smb_back_rows() {
    row 'smb: share still empty: believed' looked 'files +0$'
    row 'smb: ... and no longer served' refuses 112 "$A4" 8443 cawl.nau.edu
    mv "$SMB/away"/* "$SMB_FILES/"
    row 'smb: files are back' looked "files +$SMB_COUNT\$"
    row 'smb: ... and served' serves renewed "$A4" 8443 cawl.nau.edu
}

smb_hang_rows() {
    smb_signal STOP
    timeout 1 "$HANDFASTCTL" -s "$LAB/run/control.sock" refresh >/dev/null 2>&1
    row 'smb: server hangs: we serve and answer' serves renewed "$A4" 8443 cawl.nau.edu
    row 'smb: ... the look is under way' share_says 'scanning.*(yes|true)'
    row 'smb: ... until its time is over' within 14 share_says 'error.*time-out'
    row 'smb: ... nothing is forgotten' share_says "files +$SMB_COUNT\$"
    smb_signal CONT
    row 'smb: server goes on: so do we' within 10 share_says 'reachable.*(yes|true)'
}

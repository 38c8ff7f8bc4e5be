#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/decisions/failing-share.md: a file system of our own (faulty_share.c) that hangs, errs, cuts, tears and lies on
# demand. Clients handshake all along and none may fail; nothing is forgotten; the reason is told; afterwards all is well again.

FAULTY=$LAB/faulty
FAULTY_SHARE=$FAULTY/mount/edge

suite_faults() {
    if [ ! -x "$BUILD/tests/e2e/faulty_share" ] || [ ! -c /dev/fuse ]; then
        echo 'SKIP  faults: needs /dev/fuse (modprobe fuse) and, when it was built, the package libfuse3-dev'
        return 0
    fi
    mkdir -p "$FAULTY/files/edge" "$FAULTY/mount"
    local SHARE=$FAULTY/files/edge
    fixture_share
    fixture_bindings
    faults_files
    heal
    faulty_mount || return 1
    SHARE=$FAULTY_SHARE lab_config 'answer_timeout_s = 2;'
    lab_start || return 1
    row 'faults: known names are served' serve_known
    all_along_begin 100 "$FAULTY/known"
    list_rows
    file_rows
    renewal_rows
    hang_rows
    flood_rows
    gone_rows
    figures 'faults: no client of a known name has failed all the while' all_along_end
    row 'faults: ends in order' lab_stop
    faulty_unmount
}

faults_files() {
    local id
    for id in 1 2 3 4 5 6; do
        share_pfx "$PKI" other "$SHARE/cold$id.test.pfx" "$PASSWORD"
    done
    printf '%s\n' cawl.nau.edu first.test second.test www.example.com >"$FAULTY/known"
}

serve_known() {
    serves cawl "$A4" 8443 cawl.nau.edu && serves first "$A4" 8443 first.test && serves second "$A4" 8443 second.test &&
        serves wildcard "$A4" 8443 www.example.com
}

# --- the file system -----------------------------------------------------------------------------------------------------

faulty_mount() {
    "$BUILD/tests/e2e/faulty_share" "$FAULTY/files" "$FAULTY/mount" "$FAULTY/rules" "$FAULTY/counts" >>"$FAULTY/log" 2>&1 &
    FAULTY_PID=$!
    within 5 [ -d "$FAULTY_SHARE" ] || {
        cat "$FAULTY/log"
        return 1
    }
}

# Its end also ends what hangs in it.
faulty_unmount() {
    kill -9 "$FAULTY_PID"
    wait "$FAULTY_PID" 2>/dev/null
    umount -l "$FAULTY/mount"
}

# ail RULE ...: from now on; "OPERATION NAME FAULT" each. heal: no rule.
ail() {
    printf '%s\n' "$@" >"$FAULTY/rules.new" && mv "$FAULTY/rules.new" "$FAULTY/rules"
}

heal() {
    ail ''
}

count_of() {
    awk -v what="$1" '$1 == what { print $2 }' "$FAULTY/counts"
}

# --- what is asked of us -------------------------------------------------------------------------------------------------

# told PATTERN RULE ...: with these rules a look at the share ends, its error is told, and nothing is forgotten.
told() {
    local pattern=$1 files
    shift
    files=$(ctl --json show share | jq_number files)
    ail "$@"
    timeout 10 "$HANDFASTCTL" -s "$LAB/run/control.sock" refresh
    share_says "error.*$pattern" && share_says "files +$files\$" && share_says 'reachable.*(no|false)'
}

healed() {
    heal
    looked 'reachable.*(yes|true)'
}

# cert_says NAME PATTERN: its line in `show certs`.
cert_says() {
    prints "$1.*$2" ctl show certs
}

# --- rows ----------------------------------------------------------------------------------------------------------------

list_rows() {
    row 'list: EIO' told 'Input/output error' 'list edge EIO'
    row 'list: ESTALE' told 'Stale file handle' 'list edge ESTALE'
    row 'list: EACCES' told 'access denied' 'list edge EACCES'
    row 'list: ENOTCONN' told 'server unreachable' 'list edge ENOTCONN'
    row 'list: the folder cannot be reached' told 'Stale file handle' 'stat edge ESTALE'
    row 'list: ends half-way with an error' told 'Input/output error' 'list edge cut'
    row 'list: no file can be looked at' told 'Input/output error' "$(sed 's/.*/stat edge\/& EIO/' <(ls "$SHARE"))"
    row 'list: all is well again' healed
    ail 'list edge empty'
    row 'list: empty without an error: held back' looked 'held_back +13$'
    row 'list: ... and nothing is forgotten' share_says 'files +13$'
    row 'list: all is well again' healed
    ail "$(sed 's/.*/stat edge\/& slow/' <(ls "$SHARE"))"
    row 'list: slow' looked 'scan_took_ms +[2-9][0-9][0-9]$'
    ail 'stat edge/second.test.pfx ESTALE' 'stat edge/cold1.test.pfx EIO'
    share_pfx "$PKI" other "$SHARE/new.test.pfx" "$PASSWORD"
    row 'list: one file cannot be looked at: the others are' looked 'files +14$'
    row 'list: ... a new one is served' serves other "$A4" 8443 new.test
    ail 'list edge long'
    row 'list: a name of 300 octets' looked 'files +15$'
    row 'list: ... serves nothing, and that is told' cert_says 'aaaaaaaa' 'longer than 255'
    row 'list: all is well again' healed
}

# broken NAME REASON RULE: a name not yet loaded is refused, the reason told; without the rule it is served.
broken() {
    local name=$1 reason=$2
    shift 2
    ail "$@"
    refuses 80 "$A4" 8443 "$name" && cert_says "$name" "$reason" || return 1
    heal
    ctl refresh "$name"
    serves other "$A4" 8443 "$name"
}

file_rows() {
    row 'file: cannot be opened: EIO' broken cold1.test 'unreadable.*Input/output' 'open edge/cold1.test.pfx EIO'
    row 'file: cannot be opened: ESTALE' broken cold2.test 'unreadable.*Stale' 'open edge/cold2.test.pfx ESTALE'
    row 'file: cannot be opened: EACCES' broken cold3.test 'unreadable.*denied' 'open edge/cold3.test.pfx EACCES'
    row 'file: cannot be read: EIO' broken cold4.test 'unreadable.*Input/output' 'read edge/cold4.test.pfx EIO'
    ail 'stat edge/cold5.test.pfx moving'
    row 'file: changes all the while' within 8 cold5_moves
    heal
    row 'file: ... until it rests' within 8 serves other "$A4" 8443 cold5.test
}

cold5_moves() {
    serves other "$A4" 8443 cold5.test
    cert_says cold5.test 'changes while it is read'
}

# renewal RULE: first.test is renewed while the rule holds; the old one is served, and once the rule is gone the new one.
renewal_rows() {
    local fault
    for fault in EIO short torn; do
        share_leaf "$PKI" "new-$fault" p256 first.test
    done
    RENEWED=first
    row 'renewal: cannot be read' renewal EIO 'last-good.*unreadable'
    row 'renewal: the read ends early' renewal short 'last-good.*changes while it is read'
    row 'renewal: torn' renewal torn 'last-good.*(malformed|wrong password)'
}

renewal() {
    local fault=$1 reason=$2
    ail "read edge/first.test.pfx $fault"
    share_pfx "$PKI" "new-$fault" "$SHARE/first.test.pfx" "$PASSWORD"
    ctl refresh
    within 6 cert_says first.test "$reason" && serves "$RENEWED" "$A4" 8443 first.test || return 1
    heal
    ctl refresh first.test
    RENEWED=new-$fault
    within 3 serves "$RENEWED" "$A4" 8443 first.test
}

# answers: the daemon does, at once.
answers() {
    timeout 1 "$HANDFASTCTL" -s "$LAB/run/control.sock" stats
}

# hangs RULE: the look at the share does not end; the daemon answers and serves; then it is given up and told.
hangs() {
    ail "$@"
    timeout 0.5 "$HANDFASTCTL" -s "$LAB/run/control.sock" refresh
    share_says 'scanning.*(yes|true)' && answers && serves second "$A4" 8443 second.test &&
        within 7 share_says 'error.*time-out' && share_says 'files +14$' && answers
}

hang_rows() {
    row 'hang: the listing' hangs 'list edge hang'
    row 'hang: all is well again' healed
    row 'hang: the way to the folder' hangs 'stat edge hang'
    row 'hang: all is well again' healed
    ail 'open edge/cold6.test.pfx hang'
    row 'hang: a file that is being opened' refuses 80 "$A4" 8443 cold6.test
    row 'hang: ... the reason is told' within 4 cert_says cold6.test 'unreadable.*time-out'
    heal
    row 'hang: ... and it is served afterwards' within 8 serves other "$A4" 8443 cold6.test
}

# Names that are not on the share, another one each time: nothing is opened or read, and no more is listed than the polls do.
flood_rows() {
    local reads lists
    reads=$(($(count_of open) + $(count_of read)))
    lists=$(count_of list)
    figures 'flood: 2,000 handshakes for names that are not on the share: each refused' \
        "$BUILD/tests/e2e/handshake_load" "$A4" 8443 random 2000 16 1.3 refused
    row 'flood: ... no file of the share was opened or read' [ $(($(count_of open) + $(count_of read))) -eq "$reads" ]
    row 'flood: ... and it was not listed for them' [ $(($(count_of list) - lists)) -le 4 ]
}

gone_rows() {
    faulty_unmount
    row 'gone: the mounted share is an empty folder: told' looked 'error.*No such file'
    row 'gone: ... nothing is forgotten' share_says 'files +14$'
    faulty_mount
    row 'gone: mounted again: all is well' looked 'reachable.*(yes|true)'
    row 'gone: ... and no file was read again' serve_known_renewed
}

serve_known_renewed() {
    [ "$(count_of open)" -eq 0 ] && serves cawl "$A4" 8443 cawl.nau.edu && serves "$RENEWED" "$A4" 8443 first.test
}

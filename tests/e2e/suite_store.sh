#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/bindings.md, "The store's settings": loading, passwords, formats, faults and their reasons, change while running.

suite_store() {
    fixture_share
    fixture_bindings
    store_share
    lab_config
    lab_start || return 1
    lazy_rows
    format_rows
    fault_rows
    crash_rows
    change_rows
    outage_rows
    row 'secrets: not in the log' not grep -qF -e "$PASSWORD" "$LAB/handfastd.log"
    row 'secrets: not in any answer' not secrets_shown
    row 'ends in order on SIGTERM' lab_stop
    expired_rows
    preload_rows
}

store_share() {
    local id
    for id in empty legacy rsa4096 ed25519; do
        share_leaf "$PKI" "$id" "$(case "$id" in rsa4096 | ed25519) echo "$id" ;; *) echo p256 ;; esac)" "$id.test"
    done
    share_leaf "$PKI" soon p256 soon.test "" "$(date -u -d '+5 days' +%Y%m%d%H%M%SZ)"
    share_leaf "$PKI" expired p256 expired.test 20200101000000Z 20210101000000Z
    share_leaf "$PKI" future p256 future.test 20990101000000Z 20991231000000Z
    share_pfx "$PKI" empty "$SHARE/empty.test.pfx" ''
    share_pfx "$PKI" legacy "$SHARE/legacy.test.pfx" "$PASSWORD" -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1
    share_pfx "$PKI" rsa4096 "$SHARE/rsa4096.test.pfx" "$PASSWORD"
    share_pfx "$PKI" ed25519 "$SHARE/ed25519.test.pfx" "$PASSWORD"
    share_pfx "$PKI" soon "$SHARE/soon.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/crash.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/after.test.pfx" "$PASSWORD"
    share_pfx "$PKI" expired "$SHARE/expired.test.pfx" "$PASSWORD"
    share_pfx "$PKI" future "$SHARE/future.test.pfx" "$PASSWORD"
    openssl pkcs12 -export -inkey "$PKI/other.key" -in "$PKI/other.crt" -passout "pass:$PASSWORD" |
        share_put "$SHARE/chainless.test.pfx"
    openssl pkcs12 -export -nokeys -in "$PKI/other.crt" -passout "pass:$PASSWORD" | share_put "$SHARE/nokey.test.pfx"
    cat "$PKI/other.crt" "$PKI/first.key" | share_put "$SHARE/mismatch.test.pem"
    cat "$PKI/other.key" | share_put "$SHARE/nocert.test.pem"
    head -c 2000000 /dev/zero | share_put "$SHARE/large.test.pfx"
    truncate -s 2G "$SHARE/huge.test.pfx"
    share_bomb "$SHARE/first.test.pfx" | share_put "$SHARE/bomb.test.pfx"
    : | share_put "$SHARE/zero.test.pfx"
    head -c 500 "$SHARE/cawl.nau.edu.pfx" | share_put "$SHARE/torn.test.pfx"
}

# share_bomb FILE: the same PKCS#12 file, whose MAC claims 2,147,483,647 iterations instead of 2,048.
share_bomb() {
    python3 - "$1" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
assert data.endswith(b"\x02\x02\x08\x00") and data[:2] == b"\x30\x82"
mac = next(i for i in range(len(data) - 4, 0, -1) if data[i] == 0x30 and data[i + 1] == len(data) - i - 2)
data[mac + 1] += 2
data[2:4] = (int.from_bytes(data[2:4], "big") + 2).to_bytes(2, "big")
sys.stdout.buffer.write(data[:-4] + b"\x02\x04\x7f\xff\xff\xff")
END
}

lazy_rows() {
    row 'lazy: nothing is loaded before the first client' [ "$(lab_stat cert_loads)" -eq 0 ]
    row 'lazy: the first client waits for it and is served' serves cawl "$A4" 8443 cawl.nau.edu
    row 'lazy: one load' [ "$(lab_stat cert_loads)" -eq 1 ]
    row 'lazy: the second client needs none' serves cawl "$A4" 8443 cawl.nau.edu
    row 'lazy: still one load' [ "$(lab_stat cert_loads)" -eq 1 ]
    row 'lazy: a name that is not on the share' refuses 112 "$A4" 8443 nobody.test
    row 'lazy: ... reads nothing' [ "$(lab_stat cert_loads)" -eq 1 ]
    row 'lazy: ten clients at once, one load' ten_at_once
}

ten_at_once() {
    local i pids=() ok=1
    for i in 1 2 3 4 5 6 7 8 9 10; do
        (serves payment "$A4" 8443 payment.mpcer.nau.edu) >"$LAB/ten.$i" 2>&1 &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || ok=0
    done
    cat "$LAB"/ten.*
    [ "$ok" -eq 1 ] && [ "$(lab_stat cert_loads)" -eq 2 ]
}

format_rows() {
    row 'PKCS#12: AES-256' serves first "$A4" 8443 first.test
    row 'PKCS#12: 3DES and RC2' serves legacy "$A4" 8443 legacy.test
    row 'PKCS#12: empty password' serves empty "$A4" 8443 empty.test
    row 'key: RSA-4096' serves rsa4096 "$A4" 8443 rsa4096.test
    row 'key: Ed25519, TLS 1.3' serves ed25519 "$A4" 8443 ed25519.test
    row 'chain: the intermediate is sent' says 'Verify return code: 0' "$A4" 8443 first.test
    row 'chain: an incomplete one is served as it is' serves other "$A4" 8443 chainless.test
    row 'chain: ... and warned about' within 5 prints 'chainless.test.*chain' ctl show certs
}

# fault NAME REASON: refused with internal_error, and the reason is shown.
fault() {
    refuses 80 "$A4" 8443 "$1" && within 5 prints "$1.*$2" ctl show certs
}

store_reads() {
    ctl --json show share | jq_number reads
}

fault_rows() {
    local reads
    row 'fault: wrong password' fault broken.test 'wrong password'
    row 'fault: no key' fault nokey.test 'no (private )?key'
    row 'fault: key does not match' fault mismatch.test 'match'
    row 'fault: no certificate' fault nocert.test 'no certificate'
    row 'fault: too large' fault large.test 'large'
    reads=$(store_reads)
    row 'fault: 2 GiB' fault huge.test 'large'
    row 'fault: ... of which nothing was read' [ "$(store_reads)" -eq "$reads" ]
    row 'fault: an iteration bomb' fault bomb.test 'iterations'
    row 'fault: empty file' fault zero.test 'malformed|empty'
    row 'fault: torn file' fault torn.test 'malformed'
    row 'fault: expired is served' serves expired "$A4" 8443 expired.test
    row 'expiry: one in five days is served' serves soon "$A4" 8443 soon.test
    row 'expiry: and the log has warned of it once' test "$(grep -c 'expires soon name=soon.test.*days=4' "$LAB/handfastd.log")" = 1
    row 'expiry: not of one that has 90 days' not grep 'expires soon name=cawl' "$LAB/handfastd.log"
    row 'fault: ... with a warning' within 5 prints 'expired.test.*expired' ctl show certs
    row 'fault: not yet valid is served' serves future "$A4" 8443 future.test
    row 'fault: ... with a warning' within 5 prints 'future.test.*not yet' ctl show certs
    row 'fault: a good file is served after them' serves second "$A4" 8443 second.test
}

# crashed: a loader that has been given a file dies of it. Both are stopped first, so that one of them has it when they die.
crashed() {
    local client
    sandboxed | xargs kill -STOP
    serves other "$A4" 8443 crash.test >/dev/null 2>&1 &
    client=$!
    within 3 crash_is_loading
    sandboxed | xargs kill -SEGV
    sandboxed | xargs kill -CONT
    wait "$client"
    within 3 prints 'crash.test.*broken.*loader died' ctl show certs
}

# The file has been read: it is with a loader.
crash_is_loading() {
    [ "$(store_reads)" -gt "$CRASH_READS" ]
}

crash_rows() {
    CRASH_READS=$(store_reads)
    row 'crash: a loader that dies marks its file' crashed
    row 'crash: ... and is told of' prints 'SEGV' grep 'helper process died' "$LAB/handfastd.log"
    row 'crash: loading goes on' serves other "$A4" 8443 after.test
    row 'crash: what was loaded is served' serves cawl "$A4" 8443 cawl.nau.edu
    row 'crash: the file is tried again when asked to' ctl refresh crash.test
    row 'crash: ... and served' within 5 serves other "$A4" 8443 crash.test
}

change_rows() {
    share_leaf "$PKI" new p256 new.test
    share_leaf "$PKI" renewed p256 cawl.nau.edu
    row 'change: not there yet' refuses 112 "$A4" 8443 new.test
    share_pfx "$PKI" new "$SHARE/new.test.pfx" "$PASSWORD"
    row 'change: a new file is served within a poll' within 8 serves new "$A4" 8443 new.test
    share_pfx "$PKI" renewed "$SHARE/cawl.nau.edu.pfx" "$PASSWORD"
    row 'change: a renewed file replaces the old' within 8 serves renewed "$A4" 8443 cawl.nau.edu
    head -c 700 /dev/urandom | share_put "$SHARE/cawl.nau.edu.pfx"
    row 'change: a broken renewal is seen' within 8 prints 'cawl.nau.edu.*malformed' ctl show certs
    row 'change: ... and the last good one goes on being served' serves renewed "$A4" 8443 cawl.nau.edu
    share_pfx "$PKI" cawl "$SHARE/cawl.nau.edu.pfx" "$PASSWORD"
    row 'change: refresh looks at once' ctl refresh cawl.nau.edu
    row 'change: ... and the mended file is served' within 8 serves cawl "$A4" 8443 cawl.nau.edu
    rm "$SHARE/new.test.pfx"
    row 'change: a removed file is served no more' within 8 refuses 112 "$A4" 8443 new.test
}

outage_rows() {
    mv "$SHARE" "$SHARE.away"
    sleep 6
    row 'outage: the share is gone, what was loaded is served' serves cawl "$A4" 8443 cawl.nau.edu
    row 'outage: ... and it is told' prints 'share' tail -n 5 "$LAB/handfastd.log"
    mv "$SHARE.away" "$SHARE"
    row 'outage: the share is back, a file not yet loaded is served' within 8 serves exact "$A4" 8443 exact.example.com
}

secrets_shown() {
    { ctl show certs; ctl --json show certs; ctl show bindings; ctl stats; ctl explain "$A4" 443 cawl.nau.edu; } |
        grep -F -e "$PASSWORD"
}

expired_rows() {
    lab_config 'expired = "skip";'
    lab_start || return 1
    row 'expired = "skip": the next tier serves' serves any4 "$A4" 443 expired.test
    row 'expired = "skip": no other tier' refuses 80 "$A4" 8443 expired.test
    row 'expired = "skip": a valid one is served' serves cawl "$A4" 8443 cawl.nau.edu
    lab_stop
    lab_config 'expired = "reject";'
    lab_start || return 1
    row 'expired = "reject": no other tier is tried' refuses 80 "$A4" 443 expired.test
    row 'expired = "reject": a valid one is served' serves cawl "$A4" 8443 cawl.nau.edu
    lab_stop
}

preload_rows() {
    lab_config 'preload = "all";'
    lab_start || return 1
    row 'preload = "all": loaded before any client' within 10 prints 'second.test.*ready' ctl show certs
    row 'preload = "all": the first client asks for no load' serves second "$A4" 8443 second.test
    row 'preload = "all": ... indeed none' [ "$(lab_stat cert_loads)" -eq 0 ]
    lab_stop
}

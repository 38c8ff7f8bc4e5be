#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/bindings.md, "Names on the share": from SNI to key, from file to key, exact and wildcard, .pfx and .pem.

suite_names() {
    fixture_share
    fixture_bindings
    names_share
    lab_config
    lab_start || return 1
    names_rows
    twin_rows
    strange_rows
    two_key_rows
    lab_stop
    names_only_bound
    names_required
}

names_share() {
    share_leaf "$PKI" mixed p256 mixed.test
    share_leaf "$PKI" idn p256 xn--bcher-kva.test
    share_leaf "$PKI" pem p256 pem.test
    share_leaf "$PKI" bothpfx p256 both.test
    share_leaf "$PKI" bothpem p256 both.test
    share_leaf "$PKI" two-ec p256 two.test
    share_leaf "$PKI" two-rsa rsa two.test
    share_pfx "$PKI" mixed "$SHARE/MiXeD.Test.PFX" "$PASSWORD"
    share_pfx "$PKI" idn "$SHARE/bücher.test.pfx" "$PASSWORD"
    share_pem "$PKI" "$SHARE/pem.test.pem" pem
    share_pfx "$PKI" bothpfx "$SHARE/both.test.pfx" "$PASSWORD"
    share_pem "$PKI" "$SHARE/both.test.pem" bothpem
    share_pem "$PKI" "$SHARE/two.test.pem" two-ec two-rsa
    share_pfx "$PKI" other "$SHARE/misnamed.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/.hidden.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/temp.test.pfx~" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/text.test.txt" "$PASSWORD"
    mkdir -p "$SHARE/folder.test.pfx" "$SHARE/sub"
    share_pfx "$PKI" other "$SHARE/sub/sub.test.pfx" "$PASSWORD"
    names_twins
    names_strange
}

# Two files for one name: written in another case, in Unicode and in punycode.
names_twins() {
    share_leaf "$PKI" twin p256 twin.test
    share_leaf "$PKI" unicode p256 xn--zrich-kva.test
    share_pfx "$PKI" other "$SHARE/TWIN.test.pfx" "$PASSWORD"
    touch -d '-1 hour' "$SHARE/TWIN.test.pfx"
    share_pfx "$PKI" twin "$SHARE/twin.test.pfx" "$PASSWORD"
    share_pfx "$PKI" unicode "$SHARE/zürich.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/xn--zrich-kva.test.pfx" "$PASSWORD"
}

# What ends like a certificate file and can be none. (300 octets: suite_faults.sh, no other file system gives such a name.)
names_strange() {
    LONG_NAME=$(printf 'a%.0s' {1..251}).pfx
    ln -s cawl.nau.edu.pfx "$SHARE/link.test.pfx"
    ln -s ../../etc/passwd "$SHARE/dangling.test.pfx"
    mkfifo "$SHARE/fifo.test.pfx"
    share_pfx "$PKI" other "$SHARE/"$'caf\xe9.test.pfx' "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/$LONG_NAME" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/two words.test.pfx" "$PASSWORD"
}

names_rows() {
    row 'SNI: upper case' serves cawl "$A4" 8443 CAWL.Nau.EDU
    row 'SNI: trailing dot' serves cawl "$A4" 8443 cawl.nau.edu.
    row 'SNI: two trailing dots: refused' not serves cawl "$A4" 8443 cawl.nau.edu..
    row 'SNI: a path is no name' not serves cawl "$A4" 8443 ../share/cawl.nau.edu
    row 'SNI: a file name is no name' refuses 112 "$A4" 8443 cawl.nau.edu.pfx
    row 'file: any case' serves mixed "$A4" 8443 mixed.test
    row 'file: Unicode, asked for as A-label' serves idn "$A4" 8443 xn--bcher-kva.test
    row 'file: another A-label is not it' refuses 112 "$A4" 8443 xn--bcher-kvb.test
    row 'file: dot-file ignored' refuses 112 "$A4" 8443 hidden.test
    row 'file: temporary name ignored' refuses 112 "$A4" 8443 temp.test
    row 'file: another ending ignored' refuses 112 "$A4" 8443 text.test
    row 'file: a folder of that name serves nothing' refuses 112 "$A4" 8443 folder.test
    row 'file: ... and its reason is shown' within 5 prints 'folder.test.*(folder|director|unreadable)' ctl show certs
    row 'file: sub-folders are not looked into' refuses 112 "$A4" 8443 sub.test
    row 'file: its name decides, not the certificate' serves other "$A4" 8443 misnamed.test
    row 'file: the certificate'"'"'s own name is not served' refuses 112 "$A4" 8443 other.test
    row 'file: the mismatch is told' within 5 prints 'misnamed.test.*(name|mismatch)' ctl show certs
    row 'wildcard: one label' serves wildcard "$A4" 8443 shop.example.com
    row 'wildcard: exact file first' serves exact "$A4" 8443 exact.example.com
    row 'wildcard: not the apex' refuses 112 "$A4" 8443 example.com
    row 'wildcard: not two labels' refuses 112 "$A4" 8443 a.b.example.com
    row '.pem: served' serves pem "$A4" 8443 pem.test
    row '.pem: .pfx of the same name wins' serves bothpfx "$A4" 8443 both.test
    row '.pem: and that is warned about' prints 'both.test.*(pem|pfx)' grep -i warn "$LAB/handfastd.log"
}

twin_rows() {
    row 'case twins: the newest serves' serves twin "$A4" 8443 twin.test
    row 'case twins: told in the log' prints 'twin.test.*TWIN.test.pfx' grep 'several files' "$LAB/handfastd.log"
    row 'case twins: told by lint' prints 'TWIN.test.pfx' ctl lint
    row 'Unicode twins: the one in Unicode serves' serves unicode "$A4" 8443 xn--zrich-kva.test
    row 'Unicode twins: told by lint' prints 'xn--zrich-kva.test.pfx' ctl lint
}

# useless FILE REASON: served to nobody, and `show certs` says why.
useless() {
    prints "$1.*$2" ctl show certs
}

strange_rows() {
    row 'file: a link is not followed' refuses 112 "$A4" 8443 link.test
    row 'file: ... and its reason is shown' useless link.test.pfx 'symbolic link'
    row 'file: a link to a file of ours' useless dangling.test.pfx 'symbolic link'
    row 'file: a FIFO' useless fifo.test.pfx 'no file'
    row 'file: a name that is not UTF-8' useless caf 'not a host name'
    row 'file: a name of 255 octets' useless "$LONG_NAME" 'not a host name'
    row 'file: a name with a blank' useless 'two words' 'not a host name'
    row 'file: all of them make valid JSON' bash -o pipefail -c '"$@" | python3 -m json.tool' _ \
        "$HANDFASTCTL" -s "$LAB/run/control.sock" --json show certs
}

two_key_rows() {
    row 'two key types: ECDSA client, TLS 1.3' serves two-ec "$A4" 8443 two.test -tls1_3 -sigalgs ECDSA+SHA256
    row 'two key types: RSA client, TLS 1.3' serves two-rsa "$A4" 8443 two.test -tls1_3 -sigalgs RSA-PSS+SHA256:RSA+SHA256
    row 'two key types: ECDSA client, TLS 1.2' serves two-ec "$A4" 8443 two.test -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
    row 'two key types: RSA client, TLS 1.2' serves two-rsa "$A4" 8443 two.test -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
    row 'one key type: a client of the other is refused' refuses 40 "$A4" 8443 cawl.nau.edu -sigalgs RSA-PSS+SHA256:RSA+SHA256
}

names_only_bound() {
    lab_config 'only_bound = true;'
    lab_start || return 1
    row 'only_bound: a bound host' serves cawl "$A4" 8443 cawl.nau.edu
    row 'only_bound: a file without a binding is refused' refuses 112 "$A4" 8443 mixed.test
    lab_stop
}

names_required() {
    lab_config 'require_name_match = true;'
    lab_start || return 1
    row 'require_name_match: a right name' serves cawl "$A4" 8443 cawl.nau.edu
    row 'require_name_match: a wildcard certificate covers its names' serves wildcard "$A4" 8443 shop.example.com
    row 'require_name_match: a misnamed file is refused' refuses 80 "$A4" 8443 misnamed.test
    lab_stop
}

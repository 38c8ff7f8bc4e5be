#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/bindings.md, "A binding" and "Which certificate": every tier and flag, each accept beside its reject.

suite_tiers() {
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    tiers_rows
    flags_rows
    alert_rows
    lab_stop
    tiers_strict
    tiers_reset
}

tiers_rows() {
    row 'tier 1: address record wins' serves addr "$B4" 443 -
    row 'tier 1: also over a matching SNI record' serves addr "$B4" 443 host.test
    row 'tier 1: also over the central store' serves addr "$B4" 443 cawl.nau.edu
    row 'tier 1: not on another address' serves host "$A4" 443 host.test
    row 'tier 1: the hidden records are warned about' prints 'warning.*hid' cat "$LAB/handfastd.log"
    row 'tier 2: host record, IPv4' serves host "$A4" 443 host.test
    row 'tier 2: host record, IPv6' serves host "$A6" 443 host.test
    row 'tier 2: wildcard host record' serves hostwild "$A4" 443 a.wild.test
    row 'tier 2: exact before wildcard' serves hostexact "$A4" 443 www.wild.test
    row 'tier 2: wildcard does not cover the apex' serves any4 "$A4" 443 wild.test
    row 'tier 2: wildcard is one label' serves any4 "$A4" 443 a.b.wild.test
    row 'tier 2: never without SNI' refuses 40 "$A4" 8444 -
    row 'tier 2: another name is not it' refuses 112 "$A4" 8444 other.test
    row 'tier 3: central store by SNI, flags 3' serves cawl "$A4" 443 cawl.nau.edu
    row 'tier 3: central store by SNI, IPv6' serves cawl "$A6" 443 cawl.nau.edu
    row 'tier 3: central store by SNI, flags 2' serves payment "$A4" 443 payment.mpcer.nau.edu
    row 'tier 3: a file without a binding of its own' serves wildcard "$A4" 443 shop.example.com
    row 'tier 3: no SNI, flags 2: the binding names the file' serves payment "$A4" 443 -
    row 'tier 3: no SNI, flags 3 only: refused' refuses 40 "$A4" 8443 -
    row 'tier 3: unknown name: refused' refuses 112 "$A4" 8443 nobody.test
    row 'tier 3: several flags-2 bindings: the first' serves first "$A4" 8447 -
    row 'tier 3: several flags-2 bindings: warned about' prints 'warning.*8447|8447.*warning|8447.*several' cat "$LAB/handfastd.log"
    row 'tier 3: flags 2 of this address' serves second "$A4" 8448 -
    row 'tier 3: flags 2 of the other address' serves first "$B4" 8448 -
    row 'tier 4: [::] serves IPv6' serves any6 "$A6" 443 nobody.test
    row 'tier 4: [::] alone serves IPv6' serves any6 "$A6" 8445 -
    row 'tier 4: [::] is not for IPv4' not serves any6 "$A4" 8445 -
    row 'tier 5: * serves IPv4' serves any4 "$A4" 443 nobody.test
    row 'tier 5: * serves IPv6 too' serves any4 "$A6" 8446 nobody.test
    row 'tier 5: * without SNI' serves any4 "$A4" 8446 -
    row 'falls through: broken store file, next tier serves' serves any4 "$A4" 443 broken.test
    row 'falls through: counted' [ "$(lab_stat tier_fallthroughs)" -ge 1 ]
    row 'no binding on the port: reset' resets "$A4" 8453 cawl.nau.edu
    row 'no binding on the port: reset, IPv6' resets "$A6" 8453 cawl.nau.edu
    row 'fixed certificate that cannot be read: internal_error' refuses 80 "$A4" 8452 -
    row 'broken store file, no other tier: internal_error' refuses 80 "$A4" 8443 broken.test
}

flags_rows() {
    row 'HTTP/2 by ALPN' says 'ALPN protocol: h2' "$A4" 443 cawl.nau.edu -alpn h2,http/1.1
    row 'flag 4: no HTTP/2, HTTP/1.1 chosen' says 'ALPN protocol: http/1.1' "$A4" 8449 cawl.nau.edu -alpn h2,http/1.1
    row 'flag 4: h2 alone is refused (no_application_protocol)' refuses 120 "$A4" 8449 cawl.nau.edu -alpn h2
    row 'ALPN: an unknown protocol alone is refused' refuses 120 "$A4" 443 cawl.nau.edu -alpn spdy/1
    row 'ALPN: none sent, none chosen' says 'No ALPN negotiated' "$A4" 443 cawl.nau.edu
    row 'flag 32: TLS 1.3 off, 1.2 is taken' says '^New, TLSv1.2' "$A4" 8450 host.test
    row 'flag 32: a client of TLS 1.3 only is refused' refuses 70 "$A4" 8450 host.test -tls1_3
    row 'without flag 32: TLS 1.3' says '^New, TLSv1.3' "$A4" 443 host.test
    row 'flags 8, 16, 64: accepted' serves host "$A4" 8451 host.test
    row 'TLS 1.1: refused (protocol_version)' refuses 70 "$A4" 443 host.test -tls1_1 -cipher 'DEFAULT:@SECLEVEL=0'
    row 'TLS 1.2: CBC is refused (handshake_failure)' refuses 40 "$A4" 443 host.test -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
    row 'TLS 1.2: key exchange by RSA is refused' refuses 40 "$A4" 443 payment.mpcer.nau.edu -tls1_2 -cipher AES128-GCM-SHA256
    row 'TLS 1.2: ECDHE and AES-GCM' says 'Cipher is ECDHE-ECDSA-AES' "$A4" 443 host.test -tls1_2
    row 'TLS 1.2: ChaCha20' says 'Cipher is ECDHE-ECDSA-CHACHA20' "$A4" 443 host.test -tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305
    row 'renegotiation is refused' renegotiation_refused
}

renegotiation_refused() {
    prints 'no renegotiation|alert|errno|unexpected' bash -c "(sleep 0.5; echo R; sleep 1) |
        timeout 10 openssl s_client -connect $A4:443 -servername host.test -tls1_2 2>&1"
}

alert_rows() {
    row 'SNI: an IP literal counts as none' serves payment "$A4" 443 192.0.2.10
    row 'SNI: an IP literal, SNI needed: refused as none' refuses 40 "$A4" 8443 192.0.2.10
    row 'SNI: empty name' prints 'alert 50' raw send "$A4" 443 cawl.nau.edu --hello empty-name
    row 'SNI: two names' prints 'alert (47|50)' raw send "$A4" 443 cawl.nau.edu --hello two-names
    row 'SNI: NUL in the name' prints 'alert' raw send "$A4" 8443 cawl.nau.edu --hello nul-in-name
    row 'SNI: escape codes in the name' prints 'alert' raw send "$A4" 8443 cawl.nau.edu --hello escape-in-name
    row 'SNI: UTF-8 in the name' prints 'alert' raw send "$A4" 8443 cawl.nau.edu --hello utf8-name
    row 'SNI: 263 octets' prints 'alert' raw send "$A4" 8443 cawl.nau.edu --hello long-name
    row 'SNI: label of 64 octets' prints 'alert' raw send "$A4" 8443 cawl.nau.edu --hello long-label
    row 'log: no control octets from clients' not grep -q $'\x1b' "$LAB/handfastd.log"
}

tiers_strict() {
    lab_config '' 'strict = true;'
    lab_start || return 1
    row 'strict: a broken tier ends the walk' refuses 80 "$A4" 443 broken.test
    row 'strict: a tier that does not match still falls through' serves any4 "$A4" 443 nobody.test
    lab_stop
}

tiers_reset() {
    lab_config '' 'no_match = "reset";'
    lab_start || return 1
    row 'no_match = "reset": unknown name' resets "$A4" 8443 nobody.test
    row 'no_match = "reset": no SNI' resets "$A4" 8443 -
    row 'no_match = "reset": a match is served' serves cawl "$A4" 8443 cawl.nau.edu
    lab_stop
}

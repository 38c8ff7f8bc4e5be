#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The certificates, the share and the bindings that most suites use. Ports isolate what they test:
#
#    443  all tiers together          8446  `*` alone                    8450  SNI, TLS 1.3 off
#   8443  central store, SNI only     8447  two flags-2 bindings         8451  SNI and all the harmless bits
#   8444  SNI records only            8448  flags 2 on one address       8452  fixed certificate that cannot be loaded
#   8445  `[::]` alone                8449  central store, HTTP/2 off    8453  nobody listens

# One pair of keys for each certificate, so that a fingerprint names who was served.
fixture_pki() {
    local id
    share_init "$PKI"
    for id in addr host hostwild hostexact any6 any4; do
        share_leaf "$PKI" "$id" p256 "$id.fixed.test"
    done
    share_leaf "$PKI" cawl p256 cawl.nau.edu
    share_leaf "$PKI" payment rsa payment.mpcer.nau.edu
    share_leaf "$PKI" wildcard p256 '*.example.com'
    share_leaf "$PKI" exact p384 exact.example.com
    share_leaf "$PKI" first p256 first.test
    share_leaf "$PKI" second p256 second.test
    share_leaf "$PKI" other p256 other.test
}

fixture_share() {
    rm -rf "${SHARE:?}"
    mkdir -p "$SHARE"
    share_pfx "$PKI" cawl "$SHARE/cawl.nau.edu.pfx" "$PASSWORD"
    share_pfx "$PKI" payment "$SHARE/payment.mpcer.nau.edu.pfx" "$PASSWORD"
    share_pfx "$PKI" wildcard "$SHARE/_.example.com.pfx" "$PASSWORD"
    share_pfx "$PKI" exact "$SHARE/exact.example.com.pfx" "$PASSWORD"
    share_pfx "$PKI" first "$SHARE/first.test.pfx" "$PASSWORD"
    share_pfx "$PKI" second "$SHARE/second.test.pfx" "$PASSWORD"
    share_pfx "$PKI" other "$SHARE/broken.test.pfx" "not-$PASSWORD"
}

fixture_bindings() {
    local id
    CERTIFICATES=''
    for id in addr host hostwild hostexact any6 any4; do
        share_pem "$PKI" "$LAB/$id.pem" "$id"
        CERTIFICATES+="{ name = \"$id\"; file = \"$LAB/$id.pem\"; }, "
    done
    echo "no certificate" >"$LAB/bad.pem"
    CERTIFICATES+="{ name = \"bad\"; file = \"$LAB/bad.pem\"; }"
    # shellcheck disable=SC2034  # lab_config reads it
    BINDINGS=$(
        cat <<END
{ ip = "$B4"; port = 443; ssl_flags = 0; certificate = "addr"; },
{ port = 443; host = "host.test"; ssl_flags = 1; certificate = "host"; },
{ port = 443; host = "*.wild.test"; ssl_flags = 1; certificate = "hostwild"; },
{ port = 443; host = "www.wild.test"; ssl_flags = 1; certificate = "hostexact"; },
{ port = 443; host = "cawl.nau.edu"; ssl_flags = 3; },
{ port = 443; host = "payment.mpcer.nau.edu"; ssl_flags = 2; },
{ ip = "[::]"; port = 443; ssl_flags = 0; certificate = "any6"; },
{ ip = "*"; port = 443; ssl_flags = 0; certificate = "any4"; },
{ port = 8443; host = "cawl.nau.edu"; ssl_flags = 3; },
{ port = 8443; host = "broken.test"; ssl_flags = 3; },
{ port = 8444; host = "host.test"; ssl_flags = 1; certificate = "host"; },
{ ip = "[::]"; port = 8445; ssl_flags = 0; certificate = "any6"; },
{ ip = "*"; port = 8446; ssl_flags = 0; certificate = "any4"; },
{ port = 8447; host = "first.test"; ssl_flags = 2; },
{ port = 8447; host = "second.test"; ssl_flags = 2; },
{ ip = "$B4"; port = 8448; host = "first.test"; ssl_flags = 2; },
{ ip = "$A4"; port = 8448; host = "second.test"; ssl_flags = 2; },
{ port = 8449; host = "cawl.nau.edu"; ssl_flags = 7; },
{ port = 8450; host = "host.test"; ssl_flags = 33; certificate = "host"; },
{ port = 8451; host = "host.test"; ssl_flags = 89; certificate = "host"; },
{ ip = "*"; port = 8452; ssl_flags = 0; certificate = "bad"; }
END
    )
}

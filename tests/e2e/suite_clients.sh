#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Four clients × TLS 1.2 and 1.3 × IPv4 and IPv6: the right certificate each time; curl's page names tier and file.

suite_clients() {
    local version family ip
    fixture_share
    fixture_bindings
    nss_init
    lab_config
    lab_start || return 1
    for version in 1.2 1.3; do
        for family in 4 6; do
            ip=$A4
            [ "$family" = 6 ] && ip=$A6
            curl_rows "$version" "$family" "$ip"
            gnutls_rows "$version" "$family" "$ip"
            nss_rows "$version" "$family" "$ip"
        done
    done
    http_rows
    lab_stop
}

curl_rows() {
    local version=$1 family=$2 ip=$3 what="curl, TLS $1, IPv$2"
    row "$what: flags 3" curl_serves cawl 3 cawl.nau.edu.pfx "$ip" 443 cawl.nau.edu "$version"
    row "$what: flags 2" curl_serves payment 3 payment.mpcer.nau.edu.pfx "$ip" 443 payment.mpcer.nau.edu "$version"
    row "$what: wildcard file" curl_serves wildcard 3 _.example.com.pfx "$ip" 443 shop.example.com "$version"
    row "$what: a name nobody has fails" not page "$ip" 8443 nobody.test "$version"
}

gnutls_rows() {
    local what="gnutls-cli, TLS $1, IPv$2" ip=$3 priority=NORMAL:-VERS-ALL:+VERS-TLS$1
    row "$what: flags 3" gnutls_serves cawl "$ip" 443 cawl.nau.edu "$priority"
    row "$what: flags 2" gnutls_serves payment "$ip" 443 payment.mpcer.nau.edu "$priority"
    row "$what: wildcard file" gnutls_serves wildcard "$ip" 443 shop.example.com "$priority"
    row "$what: a name nobody has fails" not gnutls_serves cawl "$ip" 8443 nobody.test "$priority"
}

nss_rows() {
    local what="tstclnt, TLS $1, IPv$2" ip=$3 versions=tls$1:tls$1
    row "$what: flags 3" nss_serves cawl "$ip" 443 cawl.nau.edu "$versions"
    row "$what: flags 2" nss_serves payment "$ip" 443 payment.mpcer.nau.edu "$versions"
    row "$what: wildcard file" nss_serves wildcard "$ip" 443 shop.example.com "$versions"
    row "$what: a name nobody has fails" not nss_serves cawl "$ip" 8443 nobody.test "$versions"
}

http_rows() {
    row 'HTTP/1.1: page' prints 'HTTP/1.1 200' page "$A4" 443 cawl.nau.edu 1.3 --http1.1 -i
    row 'HTTP/2: page' prints 'HTTP/2 200' page "$A4" 443 cawl.nau.edu 1.3 --http2 -i
    row 'HTTP/1.1: two requests, one connection' prints '^connects 0' page "$A4" 443 cawl.nau.edu 1.3 --http1.1 \
        -w '\nconnects %{num_connects}\n' -o /dev/null "https://cawl.nau.edu/again" -o /dev/null
    row 'HTTP/1.1: Connection: close' prints 'HTTP/1.1 200' page "$A4" 443 cawl.nau.edu 1.3 --http1.1 -i -H 'Connection: close'
    row 'HTTP/1.1: a malformed request gets 400' prints 'HTTP/1.1 400' bash -c "printf 'GARBAGE\r\n\r\n' |
        timeout 10 openssl s_client -quiet -connect $A4:443 -servername cawl.nau.edu 2>&1"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Real clients and what they must see. CERT is the ID of a certificate in $PKI; IP without brackets; NAME "-": no server name.

# at IP: as it stands in host:port.
at() {
    case "$1" in *:*) printf '[%s]' "$1" ;; *) printf '%s' "$1" ;; esac
}

# s_client IP PORT NAME [ARGUMENT ...]: a handshake by OpenSSL's client; everything it says.
s_client() {
    local ip=$1 port=$2 sni=(-servername "$3")
    [ "$3" = - ] && sni=(-noservername)
    shift 3
    timeout 10 openssl s_client -connect "$(at "$ip"):$port" "${sni[@]}" -CAfile "$PKI/ca.crt" "$@" </dev/null 2>&1
}

is_cert() { # CERT: standard input holds this certificate first
    local got want
    got=$(share_fingerprint /dev/stdin)
    want=$(share_fingerprint "$PKI/$1.crt")
    printf 'certificate received %s\n             wanted  %s (%s)\n' "${got:-none}" "$want" "$1"
    [ -n "$got" ] && [ "$got" = "$want" ]
}

# serves CERT IP PORT NAME [ARGUMENT ...]: the handshake completes with this certificate.
serves() {
    local cert=$1 output
    shift
    output=$(s_client "$@")
    grep -E 'alert|error|Protocol|Verif|New,' <<<"$output" | head -n 8
    is_cert "$cert" <<<"$output" && grep -qE '^New, TLS|Session-ID|SSL-Session' <<<"$output"
}

# refuses ALERT IP PORT NAME [ARGUMENT ...]: no certificate, and the alert of this number is read by the client.
refuses() {
    local alert=$1 output
    shift
    output=$(s_client "$@")
    grep -E 'alert|error|errno|Protocol' <<<"$output" | head -n 8
    grep -q "SSL alert number $alert\$" <<<"$output" && ! grep -q 'BEGIN CERTIFICATE' <<<"$output"
}

# resets IP PORT NAME: the connection is reset without an alert.
resets() {
    local output
    output=$(s_client "$@")
    grep -E 'alert|error|errno' <<<"$output" | head -n 8
    grep -qE 'errno=104|Connection reset|refused' <<<"$output" && ! grep -q 'alert number' <<<"$output"
}

# says PATTERN IP PORT NAME [ARGUMENT ...]: a line of s_client's output matches.
says() {
    local pattern=$1
    shift
    prints "$pattern" s_client "$@"
}

# page IP PORT NAME VERSION [ARGUMENT ...]: curl's page; VERSION 1.2 or 1.3; certificate verified against the test root.
page() {
    local ip=$1 port=$2 name=$3 version=$4
    shift 4
    timeout 10 curl -sS --noproxy '*' --cacert "$PKI/ca.crt" --resolve "$name:$port:$(at "$ip")" \
        --tlsv"$version" --tls-max "$version" "$@" "https://$name:$port/"
}

# curl_serves CERT TIER FILE IP PORT NAME VERSION: 200, verified, this certificate, and the page names tier and file.
curl_serves() {
    local cert=$1 tier=$2 file=$3 output
    shift 3
    output=$(page "$@" -w '\nstatus %{http_code} verify %{ssl_verify_result}\n%{certs}') || {
        printf '%s\n' "$output"
        return 1
    }
    grep -v '^ *[A-Za-z0-9+/=]\{60,\}$' <<<"$output" | head -n 30
    grep -q '^status 200 verify 0$' <<<"$output" && grep -qE "tier[^0-9]*$tier" <<<"$output" &&
        grep -qF "$file" <<<"$output" && is_cert "$cert" <<<"$output"
}

# gnutls_serves CERT IP PORT NAME PRIORITY
gnutls_serves() {
    local cert=$1 ip=$2 port=$3 name=$4 priority=$5 output
    output=$(timeout 10 gnutls-cli --x509cafile="$PKI/ca.crt" --sni-hostname="$name" --verify-hostname="$name" \
        --priority="$priority" --print-cert -p "$port" "$ip" </dev/null 2>&1)
    grep -vE '^[A-Za-z0-9+/=]{60,}$' <<<"$output" | tail -n 12
    grep -q 'Handshake was completed' <<<"$output" && is_cert "$cert" <<<"$output"
}

# nss_init: a certificate database that trusts the test root.
nss_init() {
    mkdir -p "$LAB/nss"
    certutil -N -d "sql:$LAB/nss" --empty-password && certutil -A -d "sql:$LAB/nss" -n root -t C,, -i "$PKI/ca.crt"
}

# nss_serves CERT IP PORT NAME VERSIONS ("tls1.2:tls1.2")
nss_serves() {
    local cert=$1 ip=$2 port=$3 name=$4 versions=$5 output status
    # It leaves when the page has come; its own -Q waits for a session ticket in TLS 1.3. Input from a file, because it spins on
    # a pipe whose writer is gone.
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$name" >"$LAB/nss/request"
    output=$(timeout 10 tstclnt -h "$ip" -p "$port" -a "$name" -d "sql:$LAB/nss" -V "$versions" -CCC <"$LAB/nss/request" 2>&1)
    status=$?
    grep -vE '^[A-Za-z0-9+/=]{60,}$' <<<"$output" | tail -n 12
    [ "$status" -eq 0 ] && is_cert "$cert" <<<"$output"
}

# raw ARGUMENT ...: our own small TLS 1.3 client, for ClientHellos that no library sends.
raw() {
    timeout 30 /usr/bin/python3 "$E2E/raw_client.py" "$@"
}

# all_along_begin RATE FILE: from now on so many handshakes a second, for the names in the file's lines in turn.
all_along_begin() {
    "$BUILD/tests/e2e/handshake_load" --rate "$1" "$A4" 8443 "@$2" 0 256 1.3 >"$LAB/all-along" 2>&1 &
    ALL_ALONG=$!
}

# all_along_end: until now; prints what they say, and passes if none has failed.
all_along_end() {
    local status
    kill "$ALL_ALONG"
    wait "$ALL_ALONG"
    status=$?
    cat "$LAB/all-along"
    return "$status"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Session tickets: OpenSSL's, GnuTLS's and our own client resume, on either worker, and handfastd counts the same; another
# name, another binding, a replaced certificate, a restart and the option make full handshakes of them.

suite_tickets() {
    fixture_share
    fixture_bindings
    lab_config
    [ "$WORKER_CPU" -eq 0 ] || two_workers
    lab_start || return 1
    local version
    for version in 1.2 1.3; do
        tickets_client_rows "$version"
        tickets_refused_rows "$version"
    done
    row 'TLS 1.2: openssl -reconnect resumes five times' tickets_reconnect
    tickets_restart_rows
    tickets_option_rows
    lab_stop
}

# tickets_visit VERSION NAME PORT [s_client's ARGUMENT ...]: a request by OpenSSL's client, and its answer; read to the end,
# so that TLS 1.3's tickets are too.
tickets_visit() {
    local version=$1 name=$2 port=$3
    shift 3
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$name" |
        timeout 10 openssl s_client -connect "$A4:$port" -servername "$name" -CAfile "$PKI/ca.crt" "-tls${version/./_}" -ign_eof "$@" 2>&1
}

tickets_get() { # VERSION: a ticket of cawl.nau.edu's
    tickets_visit "$1" cawl.nau.edu 443 -sess_out "$LAB/ticket" | grep -E '^HTTP|^New|^Reused'
    grep -q 'BEGIN SSL SESSION' "$LAB/ticket"
}

# tickets_resumes VERSION: shown twice, it is taken twice, answered both times, and counted.
tickets_resumes() {
    local before output i
    before=$(lab_stat handshakes_resumed)
    for i in 1 2; do
        output=$(tickets_visit "$1" cawl.nau.edu 443 -sess_in "$LAB/ticket")
        grep -E '^HTTP|^New|^Reused' <<<"$output"
        grep -q "^Reused, TLSv$1" <<<"$output" && grep -q '^HTTP/1.1 200' <<<"$output" || return 1
    done
    [ "$(lab_stat handshakes_resumed)" -eq $((before + i)) ]
}

# tickets_full COUNTER VERSION NAME PORT: the ticket makes a full handshake that is answered, and is counted there.
tickets_full() {
    local counter=$1 before output
    shift
    before=$(lab_stat "$counter")
    output=$(tickets_visit "$@" -sess_in "$LAB/ticket")
    grep -E '^HTTP|^New|^Reused|alert' <<<"$output"
    echo "$counter: $before before, $(lab_stat "$counter") after"
    grep -q "^New, TLSv$1" <<<"$output" && grep -q '^HTTP/1.1 200' <<<"$output" &&
        [ "$(lab_stat "$counter")" -eq $((before + 1)) ]
}

tickets_gnutls() { # VERSION
    local before output
    before=$(lab_stat handshakes_resumed)
    output=$(timeout 10 gnutls-cli --resume --waitresumption --priority "NORMAL:-VERS-ALL:+VERS-TLS$1" --x509cafile "$PKI/ca.crt" \
        --sni-hostname cawl.nau.edu --verify-hostname cawl.nau.edu -p 443 "$A4" </dev/null 2>&1)
    grep -iE 'resum|error|Status' <<<"$output"
    grep -q 'This is a resumed session' <<<"$output" && [ "$(lab_stat handshakes_resumed)" -eq $((before + 1)) ]
}

tickets_client_rows() {
    row "TLS $1: openssl gets a ticket" tickets_get "$1"
    row "TLS $1: and resumes with it" tickets_resumes "$1"
    row "TLS $1: gnutls-cli resumes" tickets_gnutls "$1"
    row "TLS $1, ECDSA: handfast-bench resumes 75 %, handfastd says so too" tickets_ratio cawl.nau.edu "$1"
    row "TLS $1, RSA: handfast-bench resumes 75 %, handfastd says so too" tickets_ratio payment.mpcer.nau.edu "$1"
}

# tickets_ratio NAME VERSION: of handshakes that are spread over the workers; none is refused.
tickets_ratio() {
    local before after
    before=$(lab_stat handshakes_resumed)
    load_completes --resume 0.75 --requests 1 --sni "$1" --tls "$2" "$A4:443" || return 1
    after=$(lab_stat handshakes_resumed)
    echo "handfastd: $before before, $after after; bench: $(load_number resumed)"
    [ "$(load_number resumed)" -eq $((LOAD_COUNT * 3 / 4)) ] && [ $((after - before)) -eq "$(load_number resumed)" ]
}

tickets_refused_rows() {
    row "TLS $1: a fresh ticket" tickets_get "$1"
    row "TLS $1: on another host's binding: full" tickets_full tickets_other_name "$1" host.test 443
    row "TLS $1: on another port: full" tickets_full tickets_other_name "$1" cawl.nau.edu 8443
    share_leaf "$PKI" cawl p256 cawl.nau.edu
    share_pfx "$PKI" cawl "$SHARE/cawl.nau.edu.pfx" "$PASSWORD"
    row "TLS $1: the certificate is replaced" ctl refresh cawl.nau.edu
    row "TLS $1: then the ticket makes a full handshake" tickets_full tickets_other_certificate "$1" cawl.nau.edu 443
    row "TLS $1: a new ticket" tickets_get "$1"
    row "TLS $1: is taken" tickets_resumes "$1"
}

tickets_reconnect() {
    local output
    output=$(s_client "$A4" 443 cawl.nau.edu -tls1_2 -reconnect)
    grep -E '^New|^Reused' <<<"$output"
    [ "$(grep -c '^Reused, TLSv1.2' <<<"$output")" -eq 5 ]
}

tickets_restart_rows() {
    row 'a ticket is kept over a restart' tickets_get 1.3
    lab_stop
    lab_start || return 1
    row 'and makes a full handshake after it' tickets_full tickets_unknown_key 1.3 cawl.nau.edu 443
}

tickets_option_rows() {
    row 'a last ticket' tickets_get 1.3
    lab_config '' 'session_tickets = false;'
    [ "$WORKER_CPU" -eq 0 ] || two_workers
    row 'reload with tickets off' ctl reload
    row 'then it makes a full handshake' tickets_full handshakes_tls13 1.3 cawl.nau.edu 443
    rm -f "$LAB/ticket"
    row 'TLS 1.2: and no ticket is given' not tickets_get 1.2
    row 'TLS 1.3: and no ticket is given' not tickets_get 1.3
    row 'none was ever broken or expired' test "$(lab_stat tickets_broken)$(lab_stat tickets_expired)" = 00
}

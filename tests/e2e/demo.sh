#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make demo: real clients complete TLS handshakes with a user-space TCP stack, each getting the right certificate out of one
# share of .pfx files; then the share changes under the running daemon. demo.sh BUILD-FOLDER; exit 0 if every verdict is right.
set -u
E2E=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
# shellcheck source=tests/support/sandbox.sh
. "$E2E/../support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$E2E/../support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$E2E/lab.sh"
# shellcheck source=tests/e2e/clients.sh
. "$E2E/clients.sh"

RIGHT=0 WRONG=0

say() {
    printf '\n%s\n' "$*"
}

verdict() { # OK(0/1): count it, and give its word
    if [ "$1" -eq 0 ]; then
        RIGHT=$((RIGHT + 1))
        WORD=right
    else
        WRONG=$((WRONG + 1))
        WORD=WRONG
    fi
}

# fetch CLIENT IP NAME VERSION: the client's whole output: certificate in PEM, then the page.
fetch() {
    local client=$1 ip=$2 name=$3 version=$4
    local request="GET / HTTP/1.1\r\nHost: ${name#-}\r\nConnection: close\r\n\r\n"
    case "$client" in
    curl)
        timeout 10 curl -sS --noproxy '*' --cacert "$PKI/ca.crt" --resolve "$name:443:$(at "$ip")" --tlsv"$version" \
            --tls-max "$version" -w '\n%{certs}' "https://$name/"
        ;;
    openssl)
        local sni=(-servername "$name")
        [ "$name" = - ] && sni=(-noservername)
        { printf '%b' "$request" && sleep 0.3; } | timeout 10 openssl s_client -connect "$(at "$ip"):443" "${sni[@]}" \
            -CAfile "$PKI/ca.crt" "-tls${version/./_}" -ign_eof
        ;;
    gnutls-cli)
        { printf '%b' "$request" && sleep 0.3; } | timeout 10 gnutls-cli --x509cafile="$PKI/ca.crt" --sni-hostname="$name" \
            --verify-hostname="$name" --priority="NORMAL:-VERS-ALL:+VERS-TLS$version" --print-cert -p 443 "$ip"
        ;;
    esac 2>&1
}

field() { # NAME: a line "NAME: value" of the page
    sed -nE "s/^ *$1 *: *//p" | tr -d '\r' | tail -n 1
}

line() {
    printf '%-10s  %-13s  %-22s  %-12s  %-26s  %-22s  %-7s  %s\n' "$@"
}

head_line() {
    line client address 'server name' tier file 'certificate for' version verdict
}

# visit CLIENT IP NAME VERSION WANTED-TIER WANTED-FILE WANTED-CERT
visit() {
    local output tier file version subject ok=1 name=$3
    output=$(fetch "$1" "$2" "$3" "$4")
    tier=$(field tier <<<"$output")
    file=$(field file <<<"$output")
    version=$(field version <<<"$output")
    subject=$(openssl x509 -noout -subject -nameopt multiline 2>/dev/null <<<"$output" | sed -n 's/.*commonName *= //p')
    [ "${tier%% *}" = "$5" ] && [ "$file" = "$6" ] && [ "$version" = "TLSv$4" ] && is_cert "$7" <<<"$output" >/dev/null && ok=0
    [ "$name" = - ] && name='(none)'
    verdict "$ok"
    line "$1" "$2" "$name" "${tier:--}" "${file:--}" "${subject:--}" "${version:--}" "$WORD"
    [ "$ok" -eq 0 ] || tail -n 6 <<<"$output" | cut -c1-160 | sed 's/^/    | /'
}

# refused IP NAME ALERT-NUMBER ALERT-NAME
refused() {
    local ok=1
    refuses "$3" "$1" 443 "$2" >/dev/null && ok=0
    verdict "$ok"
    line openssl "$1" "$2" - - "none: alert $3" - "$WORD ($4)"
}

judge() { # WHAT COMMAND ...: a line of its own for what is not a handshake
    local what=$1 ok=1
    shift
    "$@" >"$LAB/judge.log" 2>&1 && ok=0
    verdict "$ok"
    sed 's/^/    /' "$LAB/judge.log" | cut -c1-160
    printf '%s: %s\n' "$what" "$WORD"
}

prepare() {
    mkdir -p "$SHARE"
    "$E2E/../support/make_share.sh" "$PKI" "$SHARE" "$PASSWORD" || exit 1
    share_leaf "$PKI" intranet p256 intranet.nau.edu
    share_leaf "$PKI" shop p256 www.shop.test
    share_pem "$PKI" "$LAB/intranet.pem" intranet
    share_pem "$PKI" "$LAB/shop.pem" shop
    # shellcheck disable=SC2034  # lab_config reads both
    CERTIFICATES="{ name = \"intranet\"; file = \"$LAB/intranet.pem\"; }, { name = \"shop\"; file = \"$LAB/shop.pem\"; }"
    # shellcheck disable=SC2034
    BINDINGS="
    { ip = \"$B4\"; port = 443; ssl_flags = 0; certificate = \"intranet\"; },
    { port = 443; host = \"www.shop.test\"; ssl_flags = 1; certificate = \"shop\"; },
    { port = 443; host = \"payment.mpcer.nau.edu\"; ssl_flags = 2; },
    { port = 443; host = \"cawl.nau.edu\"; ssl_flags = 3; }"
    lab_config
}

clients() {
    say "Clients of the kernel, over a tap, to handfastd's own TCP and TLS on processor $WORKER_CPU:"
    head_line
    visit curl "$A4" cawl.nau.edu 1.3 3 cawl.nau.edu.pfx cawl
    visit curl "$A6" cawl.nau.edu 1.2 3 cawl.nau.edu.pfx cawl
    visit openssl "$A4" payment.mpcer.nau.edu 1.3 3 payment.mpcer.nau.edu.pfx payment
    visit openssl "$A6" - 1.2 3 payment.mpcer.nau.edu.pfx payment
    visit gnutls-cli "$A4" shop.example.com 1.3 3 _.example.com.pfx wildcard
    visit gnutls-cli "$A6" blog.example.com 1.2 3 _.example.com.pfx wildcard
    visit curl "$A4" www.shop.test 1.3 2 shop.pem shop
    visit openssl "$B4" cawl.nau.edu 1.3 1 intranet.pem intranet
    refused "$A4" nobody.test 112 unrecognized_name
    refused "$A6" nobody.test 112 unrecognized_name
}

changes() {
    say 'A new file appears on the share: new.nau.edu.pfx'
    share_leaf "$PKI" new p256 new.nau.edu
    head_line
    refused "$A4" new.nau.edu 112 unrecognized_name
    share_pfx "$PKI" new "$SHARE/new.nau.edu.pfx" "$PASSWORD"
    within 8 refuses_not new.nau.edu
    visit curl "$A4" new.nau.edu 1.3 3 new.nau.edu.pfx new

    say 'A certificate is renewed: cawl.nau.edu.pfx is replaced'
    share_leaf "$PKI" renewed p256 cawl.nau.edu
    share_pfx "$PKI" renewed "$SHARE/cawl.nau.edu.pfx" "$PASSWORD"
    within 8 serves renewed "$A4" 443 cawl.nau.edu >/dev/null
    head_line
    visit curl "$A4" cawl.nau.edu 1.3 3 cawl.nau.edu.pfx renewed

    say 'Somebody misspells a name: cawl.nau.edu.pfx becomes cawl.nau.ed.pfx'
    mv "$SHARE/cawl.nau.edu.pfx" "$SHARE/cawl.nau.ed.pfx"
    within 8 refuses 112 "$A4" 443 cawl.nau.edu >/dev/null
    head_line
    refused "$A4" cawl.nau.edu 112 unrecognized_name
    judge 'explain says which file to rename, and to what' within 8 prints 'cawl\.nau\.ed\.pfx.*cawl\.nau\.edu' \
        ctl explain "$A4" 443 cawl.nau.edu
    mv "$SHARE/cawl.nau.ed.pfx" "$SHARE/cawl.nau.edu.pfx"
    within 8 serves renewed "$A4" 443 cawl.nau.edu >/dev/null
    say 'Renamed as told:'
    head_line
    visit curl "$A4" cawl.nau.edu 1.3 3 cawl.nau.edu.pfx renewed
}

refuses_not() {
    ! refuses 112 "$A4" 443 "$1" >/dev/null
}

prepare
: >"$LAB/handfastd.log"
if ! lab_start; then
    echo "demo: handfastd did not start" >&2
    exit 1
fi
clients
changes
say 'What handfastd holds now (handfastctl show certs):'
ctl show certs
lab_stop
printf '\n%d verdicts right, %d wrong\n' "$RIGHT" "$WRONG"
[ "$WRONG" -eq 0 ]

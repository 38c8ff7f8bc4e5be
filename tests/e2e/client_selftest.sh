#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The clients' own test: each judgement of clients.sh against OpenSSL's server, the right one accepted, the wrong one not.
set -u
E2E=$(cd "$(dirname "$0")" && pwd)
export BUILD=${1:-build}
# shellcheck source=tests/support/sandbox.sh
. "$E2E/../support/sandbox.sh"
. "$E2E/../support/make_share.sh"
. "$E2E/lab.sh"
. "$E2E/clients.sh"

share_init "$PKI"
share_leaf "$PKI" a p256 a.test
share_leaf "$PKI" b rsa b.test
# s_server sends no chain with its second certificate: here alone the clients know the intermediate.
cat "$PKI/int.crt" >>"$PKI/ca.crt"
nss_init
certutil -A -d "sql:$LAB/nss" -n intermediate -t ,, -i "$PKI/int.crt"
openssl s_server -accept 4433 -key "$PKI/a.key" -cert "$PKI/a.crt" -cert_chain "$PKI/int.crt" -servername b.test \
    -servername_fatal -key2 "$PKI/b.key" -cert2 "$PKI/b.crt" -www >"$LAB/server.log" 2>&1 &
within 5 s_client 127.0.0.1 4433 - >/dev/null

row 'serves: the right certificate' serves b 127.0.0.1 4433 b.test
row 'serves: another certificate is not it' not serves a 127.0.0.1 4433 b.test
row 'serves: without server name' serves a 127.0.0.1 4433 -
row 'refuses: alert 112' refuses 112 127.0.0.1 4433 c.test
row 'refuses: another alert is not it' not refuses 40 127.0.0.1 4433 c.test
row 'refuses: a completed handshake is not it' not refuses 112 127.0.0.1 4433 b.test
row 'resets: nobody listens' resets 127.0.0.1 4434 b.test
row 'resets: an alert is not it' not resets 127.0.0.1 4433 c.test
row 'says: version' says 'Protocol *: TLSv1.2' 127.0.0.1 4433 b.test -tls1_2
row 'curl: page' prints 'Ciphers supported' page 127.0.0.1 4433 b.test 1.3
row 'curl: tier and file are wanted' not curl_serves b 77 b.test.pfx 127.0.0.1 4433 b.test 1.3
row 'gnutls: right' gnutls_serves b 127.0.0.1 4433 b.test NORMAL
row 'gnutls: another certificate is not it' not gnutls_serves a 127.0.0.1 4433 b.test NORMAL
row 'nss: right' nss_serves b 127.0.0.1 4433 b.test tls1.2:tls1.3
row 'nss: another certificate is not it' not nss_serves a 127.0.0.1 4433 b.test tls1.2:tls1.3
row 'raw: handshake' prints "certificate $(share_fingerprint "$PKI/b.crt"), HTTP/1.. 200" raw handshake 127.0.0.1 4433 b.test
row 'raw: one octet per segment' prints 'HTTP/1.. 200' raw handshake 127.0.0.1 4433 b.test --segment-bytes 1
row 'raw: 8 KiB with a post-quantum share' prints 'hello 819.*HTTP/1.. 200' raw handshake 127.0.0.1 4433 b.test \
    --post-quantum --pad-to 8192
row 'raw: alert' prints 'alert 112' raw send 127.0.0.1 4433 c.test
row 'raw: two names' prints 'alert' raw send 127.0.0.1 4433 b.test --hello two-names
rows_total

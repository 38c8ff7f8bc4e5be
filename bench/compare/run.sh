#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Handfast beside nginx, HAProxy and Hitch: run.sh BUILD-FOLDER [compare.py's arguments]. In namespaces of its own: loopback
# for the peers, a tap and a memif link for Handfast. Server on the last processor, generator on the first.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
ROOT=$PWD
# shellcheck source=tests/support/sandbox.sh
. "$HERE/../../tests/support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$HERE/../../tests/support/make_share.sh"
shift

# A generator of thousands of connections a second: as many local ports as there are, and again after a second.
sysctl -qw net.ipv4.ip_local_port_range='1024 65535' net.ipv4.tcp_tw_reuse=1 net.core.somaxconn=65535
# One key of each type under the same name; leaf and intermediate are sent, as a public authority's are.
PKI=$LAB/pki
share_init "$PKI"
for key in p256 rsa; do
    share_leaf "$PKI" "$key" "$key" compare.test
    share_pem "$PKI" "$LAB/$key.pem" "$key"
done
cd "$ROOT"
exec "$HERE/compare.py" --build "$BUILD" --lab "$LAB" "$@"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Handshakes while very many bindings are read again: reload.sh BUILD-FOLDER BINDINGS [RATE]. The same handshakes a second (200), first
# with nothing else to do, then while the file is reloaded three times, each time with another last binding; fails if one of them does.
set -u
BENCH=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
N_BINDINGS=$2
RATE=${3:-200}
# shellcheck source=tests/support/sandbox.sh
. "$BENCH/../tests/support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$BENCH/../tests/support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$BENCH/../tests/e2e/lab.sh"

# write_config PORT: a configuration with all bindings on port 8443, the last one on this, in $LAB/PORT.conf.
write_config() {
    python3 - "$N_BINDINGS" "$1" >"$LAB/bindings" <<'END'
import sys
n, last = int(sys.argv[1]), sys.argv[2]
line = '{{ port = {}; host = "site-{:07d}.example.com"; ssl_flags = 3; }}'
print(",\n".join(line.format(last if i == n - 1 else 8443, i) for i in range(n)))
END
    { cat "$LAB/base.conf" && echo 'bindings = (' && cat "$LAB/bindings" && echo ');'; } >"$LAB/$1.conf"
}

# load COUNT: handshakes at the rate with 1,000 of the names; 0: until it is told to end. In this shell's place.
load() {
    exec "$BUILD/tests/e2e/handshake_load" --rate "$RATE" "$A4" 8443 "@$LAB/names" "$1" 64 1.3
}

share_init "$PKI"
share_leaf "$PKI" leaf p256 '*.example.com'
share_pfx "$PKI" leaf "$SHARE/_.example.com.pfx" "$PASSWORD"
for ((i = 0; i < 1000; i++)); do
    printf 'site-%07d.example.com\n' $((i * (N_BINDINGS / 1000)))
done >"$LAB/names"
lab_config
sed '/^bindings/d' "$LAB/lab.conf" >"$LAB/base.conf"
for port in 8443 9001 9002 9003; do write_config "$port"; done
mv "$LAB/8443.conf" "$LAB/lab.conf"
lab_start || exit 1
echo "$N_BINDINGS bindings, $RATE handshakes a second; resident: $(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$DAEMON/status") MiB"
(load $((RATE * 2))) >/dev/null || exit 1
printf 'nothing else to do: '
(load $((RATE * 10))) || exit 1

load 0 >"$LAB/load.out" &
LOAD=$!
for port in 9001 9002 9003; do
    mv "$LAB/$port.conf" "$LAB/lab.conf"
    ctl reload || exit 1
    last=$(printf 'site-%07d.example.com' $((N_BINDINGS - 1)))
    ctl explain "$A4" "$port" "$last" >/dev/null || { echo "$last is not served on port $port"; exit 1; }
done
kill -TERM "$LOAD"
wait "$LOAD"
FAILED_ANY=$?
printf 'while they are reloaded: ' && cat "$LAB/load.out"
echo "resident: $(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$DAEMON/status") MiB; at most $(awk '/^VmHWM/ {print int($2 / 1024)}' "/proc/$DAEMON/status")"
lab_stop
exit "$FAILED_ANY"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The daemon with a share of very many files: store.sh BUILD-FOLDER NAMES [FOLDER]. Prints when it serves, its memory per name,
# what an unchanged scan costs, how long the control thread keeps others waiting, and how much longer a name's first handshake takes
# than its next. FOLDER (default: BUILD-FOLDER/bench-share) is where the files are, each of its own with the same certificate; it is left there for the next run.
set -u
BENCH=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "$1" && pwd)
NAMES=$2
FOLDER=${3:-$BUILD/bench-share}
mkdir -p "$FOLDER"
FOLDER=$(cd "$FOLDER" && pwd)
# shellcheck source=tests/support/sandbox.sh
. "$BENCH/../tests/support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$BENCH/../tests/support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$BENCH/../tests/e2e/lab.sh"

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# fill_folder: NAMES files host-0000000.example.com.pfx, written in an order that is not the names'.
fill_folder() {
    [ "$(find "$FOLDER" -name '*.pfx' | wc -l)" -eq "$NAMES" ] && [ -s "$FOLDER/.password-$PASSWORD" ] && return
    rm -rf "${FOLDER:?}"/* && share_init "$PKI"
    share_leaf "$PKI" leaf p256 '*.example.com'
    share_pfx "$PKI" leaf "$LAB/leaf.pfx" "$PASSWORD"
    python3 - "$FOLDER" "$NAMES" "$LAB/leaf.pfx" <<'END'
import os, random, sys
folder, names, content = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "rb").read()
order = list(range(names))
random.Random(1).shuffle(order)
for i in order:
    file = os.open(f"{folder}/host-{i:07d}.example.com.pfx", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(file, content)
    os.close(file)
END
    echo made >"$FOLDER/.password-$PASSWORD"
}

# resident_kib: memory of the daemon, without the share's process and loaders.
resident_kib() {
    awk '/^VmRSS/ {print $2}' "/proc/$DAEMON/status"
}

# cpu_ms: what the control thread and the daemon's other processes have used so far; not the workers, which poll.
cpu_ms() {
    local stat total=0
    for stat in "/proc/$DAEMON/task/$DAEMON/stat" /proc/[0-9]*/stat; do
        [ "$stat" = "/proc/$DAEMON/stat" ] && continue
        grep -q '(handfastd)' "$stat" 2>/dev/null || continue
        total=$((total + $(awk '{print $14 + $15}' "$stat")))
    done
    echo $((total * 1000 / $(getconf CLK_TCK)))
}

# serve FOLDER: start the daemon with this share and wait until it serves.
serve() {
    local began
    SHARE=$1
    # shellcheck disable=SC2034  # lab_config reads it
    BINDINGS='{ port = 8443; host = "host-0000000.example.com"; ssl_flags = 3; }'
    lab_config
    sed -i 's/polling_interval_s = 5/polling_interval_s = 3600/' "$LAB/lab.conf"
    : >"$LAB/handfastd.log"
    began=$(now_ms)
    lab_start || exit 1
    until grep -q ' serving ' "$LAB/handfastd.log"; do
        sleep 0.05
        kill -0 "$DAEMON" || exit 1
    done
    READY_MS=$(($(now_ms) - began))
}

# handshakes WHAT: one after the other with 300 names, their times.
handshakes() {
    printf '%s: ' "$1"
    "$BUILD/tests/e2e/handshake_load" "$A4" 8443 "@$LAB/names" 300 1 1.3 | sed 's/.*ms: //'
}

# waits WHAT REQUEST: how long others wait for the control thread meanwhile.
waits() {
    printf '%s: ' "$1"
    "$BENCH/control_waits.py" "$LAB/run/control.sock" "$2" || exit 1
}

fill_folder
mkdir -p "$LAB/none"
serve "$LAB/none"
EMPTY_KIB=$(resident_kib)
lab_stop

sync
if echo 3 2>/dev/null >/proc/sys/vm/drop_caches; then
    serve "$FOLDER"
    printf 'serves %d names %d ms after its start, the folder not in the caches of the system\n' "$NAMES" "$READY_MS"
    lab_stop
fi
serve "$FOLDER"
grep -o 'share scanned.*' "$LAB/handfastd.log"
printf 'serves %d names %d ms after its start, the folder in the caches\n' "$NAMES" "$READY_MS"
FULL_KIB=$(resident_kib)
printf 'memory: %d MiB, without names %d MiB: %d bytes per name\n' $((FULL_KIB / 1024)) $((EMPTY_KIB / 1024)) \
    $(((FULL_KIB - EMPTY_KIB) * 1024 / NAMES))
for _ in 1 2 3; do
    before=$(cpu_ms) began=$(now_ms)
    ctl refresh >/dev/null || exit 1
    printf 'unchanged scan: %d ms, of which one core was busy %d ms\n' $(($(now_ms) - began)) $(($(cpu_ms) - before))
done
waits 'an unchanged scan' '{"command": "refresh"}'
waits 'show certs, all' "{\"command\": \"show certs\", \"limit\": $NAMES}"
waits 'explain of a misspelt name' '{"command": "explain", "ip": "192.0.2.10", "port": 8443, "name": "hots-0000001.example.com"}'
find "$FOLDER" -name '*.pfx' -printf '%f\n' | head -n 300 | sed 's/\.pfx$//' >"$LAB/names"
handshakes 'handshake of a cold name, ms'
handshakes 'of the same names, now warm, ms'
lab_stop

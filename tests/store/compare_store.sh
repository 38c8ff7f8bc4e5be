#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How soon a store of many certificates is served, and what each costs: Handfast beside HAProxy and Hitch, on the same PEM files
# in the same run. compare_store.sh BUILD-FOLDER [PAGE]; in the environment NAMES, and FOLDER where the files are kept for another
# run (a tmpfs). Prints a table; writes it to PAGE if given.
set -u
STORE=$(cd "$(dirname "$0")" && pwd)
E2E=$STORE/../e2e
BUILD=$(cd "$1" && pwd)
PAGE=${2:+$(cd "$(dirname "$2")" && pwd)/${2##*/}}
# shellcheck source=tests/support/sandbox.sh
. "$E2E/../support/sandbox.sh"
# shellcheck source=tests/support/make_share.sh
. "$E2E/../support/make_share.sh"
# shellcheck source=tests/e2e/lab.sh
. "$E2E/lab.sh"
# shellcheck source=tests/e2e/clients.sh
. "$E2E/clients.sh"
FOLDER=${FOLDER:-$LAB/store}
PKI=$FOLDER/pki SHARE=$FOLDER/files ONE=$FOLDER/one
LIMIT_S=300

# --- servers: each starts in the background with the folder given, its process in SERVER, and says where it listens ---------

start_handfast() {
    local SHARE=$1
    # shellcheck disable=SC2034  # lab_config reads it
    BINDINGS='{ port = 8443; host = "n000000.churn.test"; ssl_flags = 3; }'
    lab_config 'preload = "all";'
    lab_start || return 1
    SERVER=$DAEMON ADDRESS=$A4 PORT=8443
}

start_haproxy() {
    cat >"$LAB/haproxy.cfg" <<END
global
    nbthread 1
    tune.ssl.default-dh-param 2048
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend store
    bind 127.0.0.1:8501 ssl crt $1/
    http-request return status 200
END
    haproxy -db -f "$LAB/haproxy.cfg" >"$LAB/haproxy.log" 2>&1 &
    SERVER=$! ADDRESS=127.0.0.1 PORT=8501
}

start_hitch() {
    cat >"$LAB/hitch.conf" <<END
frontend = "[127.0.0.1]:8502"
backend = "[127.0.0.1]:8503"
pem-dir = "$1"
workers = 1
user = "nobody"
ocsp-dir = ""
END
    hitch --config="$LAB/hitch.conf" >"$LAB/hitch.log" 2>&1 &
    SERVER=$! ADDRESS=127.0.0.1 PORT=8502
}

# --- measuring ---------------------------------------------------------------------------------------------------------------

# tree PID: it and all below it.
tree() {
    local child
    echo "$1"
    for child in $(pgrep -P "$1"); do
        tree "$child"
    done
}

# memory_kib FIELD: Rss or Pss, of all processes of the server.
memory_kib() {
    local pid
    for pid in $(tree "$SERVER"); do
        cat "/proc/$pid/smaps_rollup" 2>/dev/null
    done | awk -v field="$1:" '$1 == field { n += $2 } END { print n + 0 }'
}

# answers NAME: a handshake that is given the certificate of this name.
answers() {
    s_client "$ADDRESS" "$PORT" "$1" | openssl x509 -noout -subject 2>/dev/null | grep -qF "$1"
}

# all_loaded COUNT: of Handfast, which serves while it loads.
all_loaded() {
    [ "$1" != handfast ] || [ "$(ctl --json show share | jq_number loads)" -ge "$2" ]
}

# start SERVER FOLDER COUNT NAME: returns once a client has been served; TOOK_S is how long that took.
start() {
    local began limit=$((SECONDS + LIMIT_S))
    began=$(date +%s%N)
    "start_$1" "$2" || return 1
    until answers "$4" && all_loaded "$1" "$3"; do
        kill -0 "$SERVER" 2>/dev/null && [ "$SECONDS" -lt "$limit" ] || return 1
        sleep 0.05
    done
    TOOK_S=$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "%.1f", ns / 1e9 }')
}

stop() {
    kill "$SERVER"
    wait "$SERVER" 2>/dev/null
    DAEMON=
}

# measure SERVER: its row of the table. What it takes with one certificate is taken off.
measure() {
    local rss pss last
    last=n$(printf '%06d' $((NAMES - 1))).churn.test
    start "$1" "$ONE" 1 n000000.churn.test || return 1
    rss=$(memory_kib Rss) pss=$(memory_kib Pss)
    stop
    start "$1" "$SHARE" "$NAMES" "$last" || return 1
    awk -v server="$2" -v took="$TOOK_S" -v n="$NAMES" -v rss="$rss" -v pss="$pss" -v rss_n="$(memory_kib Rss)" -v pss_n="$(memory_kib Pss)" 'BEGIN {
        printf "| %s | %s s | %.0f MB | %.0f MB | %.2f kB |\n", server, took, rss_n / 1024, pss_n / 1024, (pss_n - pss) * 1.024 / n }'
    stop
}

table() {
    echo '| server | first client served | resident | proportional | per certificate |'
    echo '|---|---|---|---|---|'
    measure handfast "Handfast, \`preload = \"all\"\`" || echo '| Handfast | failed | | | |'
    measure haproxy "HAProxy $(haproxy -v | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" || echo '| HAProxy | failed | | | |'
    measure hitch "Hitch $(hitch --version 2>&1 | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" || echo '| Hitch | failed | | | |'
}

page() {
    cat <<END
# The store beside HAProxy and Hitch

\`make compare-store NAMES=$NAMES\` wrote this page: $NAMES PEM files on a tmpfs, each a P-256 leaf of its own, the same intermediate, and the key; three
servers, one after another, on the same files. QUICK=1 takes 5,000 files and writes no page.

$(cat "$LAB/table")

- First client served: from the start of the process to the end of a handshake for the last name of the folder, with its own certificate; for Handfast, which
  serves while it loads, also to the last certificate loaded. Its start takes DPDK's with it, and the tap's.
- Resident and proportional: RSS and PSS of all of a server's processes (\`smaps_rollup\`) at that moment. Per certificate: PSS, less that of the same server with one
  certificate, over the number of certificates.
- One worker or thread each: HAProxy \`crt FOLDER\`, \`nbthread 1\`; Hitch \`pem-dir\`, \`workers = 1\`; Handfast two loaders, one worker.
- A change of one file costs Handfast that file; the others read the whole folder again, beside the old process.

Machine: $(nproc --all) cores (clients and the two others pinned to the first) of $(lscpu | sed -n 's/^Model name: *//p'), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo), Linux $(uname -r | cut -d- -f1), $(openssl version | cut -d' ' -f1,2).
END
}

make_files() {
    share_init "$PKI"
    mkdir -p "$SHARE" "$ONE"
    "$BUILD/tests/e2e/make_names" "$PKI" "$SHARE" "$NAMES" 1 && cp "$SHARE/n000000.churn.test.pem" "$ONE/" && chmod -R a+rX "$FOLDER"
}

[ -d "$ONE" ] || make_files || exit 1
table | tee "$LAB/table"
if [ -n "$PAGE" ]; then
    page >"$PAGE"
fi
! grep -q failed "$LAB/table"

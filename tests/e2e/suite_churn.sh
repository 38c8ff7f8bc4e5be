#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All files of the share are replaced at once, again and again, under clients: every certificate is soon the new one, no handshake
# fails (a key of another certificate would fail it), memory stays. FILES and ROUNDS: 500 and 5 here, 10,000 and 100 in `make churn`.

suite_churn() {
    local files=${FILES:-500} rounds=${ROUNDS:-5} round
    fixture_share
    # shellcheck disable=SC2034  # lab_config reads them
    CERTIFICATES='' BINDINGS='{ port = 8443; host = "n000000.churn.test"; ssl_flags = 3; }'
    rm -rf "${SHARE:?}"/*
    CHURN_LOADS=0
    churn_replace "$files" 1 || return 1
    find "$SHARE" -name '*.pem' -printf '%f\n' | sed 's/\.pem$//' | shuf --random-source=/dev/zero >"$LAB/churn-names"
    lab_config 'preload = "all";'
    lab_start || return 1
    figures "churn: $files files are loaded" churn_round "$files" 1
    all_along_begin "${RATE:-300}" "$LAB/churn-names"
    for ((round = 2; round <= rounds + 1; round++)); do
        figures "churn: round $((round - 1)): all replaced, all live" churn_round "$files" "$round" || break
        # Compared once caches are full and the allocator has seen a round.
        # shellcheck disable=SC2034  # memory_flat reads it
        [ "$round" -le $((rounds / 5 + 2)) ] && RSS_BEFORE=$(rss_kib)
    done
    figures 'churn: no client has failed all the while' all_along_end
    if grep -q __asan_init "$HANDFASTD"; then
        echo 'SKIP  churn: memory flat (a sanitiser keeps what was freed)'
    else
        figures 'churn: memory flat (1 %)' memory_flat
    fi
    row 'churn: ends in order' lab_stop
}

# churn_replace FILES SERIAL: made aside, moved in at once.
churn_replace() {
    local new=$SHARE.new
    mkdir -p "$new" && "$BUILD/tests/e2e/make_names" "$PKI" "$new" "$1" "$2" && find "$new" -type f -print0 | xargs -0 mv -t "$SHARE"
}

# churn_round FILES SERIAL: replace them; how long until all are loaded; then each of up to 2,000 clients gets the new one.
churn_round() {
    local files=$1 serial=$2 began
    [ "$serial" -eq 1 ] || churn_replace "$files" "$serial" || return 1
    began=$(date +%s%N)
    CHURN_LOADS=$((CHURN_LOADS + files))
    within 60 churn_loaded || return 1
    printf 'live %d ms after the last was moved in; RSS %d KiB; ' $((($(date +%s%N) - began) / 1000000)) "$(rss_kib)"
    "$BUILD/tests/e2e/handshake_load" --serial "$serial" "$A4" 8443 "@$LAB/churn-names" $((files < 2000 ? files : 2000)) 16 1.3
}

churn_loaded() {
    [ "$(ctl --json show share | jq_number loads)" -ge "$CHURN_LOADS" ]
}

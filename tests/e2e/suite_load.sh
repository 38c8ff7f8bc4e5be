#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# handfast-bench --via kernel against five servers and ours: TLS 1.2 and 1.3, ECDSA and RSA, every handshake complete, the
# share of resumed ones as asked, by the server's own count too where it has one (Hitch has none). Then what a server does wrong, and what a user does.
#
#   nginx 9001 (ECDSA) 9002 (RSA) 9000 (no TLS)   HAProxy 9011 9012   Hitch 9021 9022   s_server 9031 9032   gnutls-serv 9041 9042

LOAD_BENCH=$BUILD/handfast-bench
LOAD_COUNT=200

suite_load() {
    local server
    load_pki
    load_start_nginx
    for server in haproxy hitch s_server gnutls; do
        "load_start_$server"
    done
    load_await 9000 9001 9002 9011 9012 9021 9022 9031 9032 9041 9042 || return 1
    load_server_rows nginx 9001 9002 load_reused_nginx
    load_server_rows HAProxy 9011 9012 load_reused_haproxy
    load_server_rows Hitch 9021 9022 load_reused_unknown
    load_server_rows 's_server' 9031 9032 load_reused_s_server
    load_server_rows 'gnutls-serv' 9041 9042 load_reused_gnutls
    load_feature_rows
    load_manual_rows
    load_stall_rows
    load_misuse_rows
    load_end
    load_own_rows
}

load_pki() {
    share_leaf "$PKI" loadec p256 'load.test,*.load.test,www.example.com'
    share_leaf "$PKI" loadrsa rsa 'load.test,*.load.test'
    local id
    for id in loadec loadrsa; do
        cat "$PKI/$id.crt" "$PKI/int.crt" >"$LAB/$id.chain"
        cat "$PKI/$id.key" "$LAB/$id.chain" >"$LAB/$id.pem"
    done
}

# --- servers, in the foreground of this shell's jobs -----------------------------------------------------------------

LOAD_PIDS=()

load_spawn() {
    local log=$1
    shift
    taskset -c "$ALL_CPUS" "$@" >"$LAB/$log.log" 2>&1 </dev/null &
    LOAD_PIDS+=($!)
}

load_await() {
    local port
    for port in "$@"; do
        within 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null || { echo "nobody listens on $port" >&2; return 1; }
    done
}

load_end() {
    local pid
    for pid in "${LOAD_PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    LOAD_PIDS=()
}

load_start_nginx() {
    mkdir -p "$LAB/nginx"
    printf 'hello' >"$LAB/nginx/page"
    cat >"$LAB/nginx/nginx.conf" <<-END
	user root;
	pid $LAB/nginx/pid;
	error_log $LAB/nginx/error.log;
	events { worker_connections 1024; }
	http {
	    log_format load '\$ssl_protocol \$ssl_session_reused \$ssl_server_name \$remote_addr \$ssl_cipher \$ssl_curves \$request_length';
	    access_log $LAB/nginx/access.log load;
	    client_body_temp_path $LAB/nginx; proxy_temp_path $LAB/nginx; fastcgi_temp_path $LAB/nginx;
	    uwsgi_temp_path $LAB/nginx; scgi_temp_path $LAB/nginx;
	    root $LAB/nginx;
	    ssl_protocols TLSv1.2 TLSv1.3;
	    ssl_session_cache shared:load:1m;
	    server { listen 127.0.0.1:9000; }
	    server { listen 127.0.0.1:9001 ssl http2; ssl_certificate $LAB/loadec.chain; ssl_certificate_key $PKI/loadec.key; }
	    server { listen 127.0.0.1:9002 ssl http2; ssl_certificate $LAB/loadrsa.chain; ssl_certificate_key $PKI/loadrsa.key; }
	}
	END
    load_spawn nginx nginx -p "$LAB/nginx" -c "$LAB/nginx/nginx.conf" -g 'daemon off;'
}

load_start_haproxy() {
    cat >"$LAB/haproxy.cfg" <<-END
	global
	    stats socket $LAB/haproxy.sock
	defaults
	    mode http
	    timeout client 10s
	frontend load
	    bind 127.0.0.1:9011 ssl crt $LAB/loadec.pem
	    bind 127.0.0.1:9012 ssl crt $LAB/loadrsa.pem
	    http-request return status 200 content-type text/plain string hello
	END
    load_spawn haproxy haproxy -f "$LAB/haproxy.cfg"
}

load_start_hitch() {
    load_spawn hitch_ec hitch --user=root --workers=1 --frontend='[127.0.0.1]:9021' --backend='[127.0.0.1]:9000' "$LAB/loadec.pem"
    load_spawn hitch_rsa hitch --user=root --workers=1 --frontend='[127.0.0.1]:9022' --backend='[127.0.0.1]:9000' "$LAB/loadrsa.pem"
}

load_start_s_server() {
    local id port=9031
    for id in loadec loadrsa; do
        load_spawn "s_server_$id" openssl s_server -accept 127.0.0.1:$port -www -cert "$PKI/$id.crt" -key "$PKI/$id.key" \
            -cert_chain "$PKI/int.crt"
        LOAD_STALLED=$! port=9032
    done
}

load_start_gnutls() {
    local id port=9041
    for id in loadec loadrsa; do
        load_spawn "gnutls_$id" gnutls-serv --http -p $port --x509certfile "$LAB/$id.chain" --x509keyfile "$PKI/$id.key"
        port=9042
    done
}

# --- what the servers say of resumption: a count since they started -----------------------------------------------------

load_reused_nginx() {
    # A line is written when its connection's request is done: with a buffer of none, at once.
    grep -c '^[^ ]* r ' "$LAB/nginx/access.log"
}

load_reused_haproxy() {
    python3 - "$LAB/haproxy.sock" <<-'END'
	import csv, socket, sys
	stats = socket.socket(socket.AF_UNIX)
	stats.connect(sys.argv[1])
	stats.sendall(b"show stat\n")
	text = b"".join(iter(lambda: stats.recv(65536), b"")).decode()
	rows = csv.DictReader(text.lstrip("# ").splitlines())
	print(next(row for row in rows if row["svname"] == "FRONTEND")["ssl_reused_sess"])
	END
}

# -www shows the library's own counters.
load_reused_s_server() {
    local port hits=0
    for port in 9031 9032; do
        hits=$((hits + $(curl -sk "https://127.0.0.1:$port/" | grep -oE '[0-9]+ session cache hits' | cut -d' ' -f1)))
    done
    echo "$hits"
}

load_reused_gnutls() {
    cat "$LAB"/gnutls_*.log | grep -c 'This is a resumed session'
}

# Hitch counts nothing that can be asked for.
load_reused_unknown() {
    echo unknown
}

# --- rows ----------------------------------------------------------------------------------------------------------------

load_bench() {
    "$LOAD_BENCH" --ca-file "$PKI/ca.crt" --json "$LAB/load.json" "$@"
}

load_number() {
    jq_number "$1" <"$LAB/load.json"
}

# load_completes OPTIONS: all of LOAD_COUNT connections complete, nothing else happens.
load_completes() {
    load_bench --sni load.test --count "$LOAD_COUNT" --connections 4 --max-errors 0 "$@" &&
        [ "$(load_number handshakes)" -eq "$LOAD_COUNT" ] && [ "$(load_number total)" -eq 0 ]
}

# load_resumes COUNTER OPTIONS: three of four are resumed, and the server has counted the same number.
load_resumes() {
    local counter=$1 before after
    shift
    before=$("$counter")
    load_completes --resume 0.75 --requests 1 "$@" || return 1
    after=$("$counter")
    echo "server: $before before, $after after; bench: $(load_number resumed)"
    [ "$(load_number resumed)" -eq $((LOAD_COUNT * 3 / 4)) ] || return 1
    [ "$before" = unknown ] || [ $((after - before)) -eq "$(load_number resumed)" ]
}

load_server_rows() {
    local server=$1 ec=$2 rsa=$3 counter=$4 version path=/ says=', it says too'
    [ "$counter" != load_reused_unknown ] || says=' by our count'
    [ "$server" = nginx ] || [ "$server" = Hitch ] && path=/page
    for version in 1.2 1.3; do
        row "$server, TLS $version, ECDSA: all handshakes complete" load_completes --tls "$version" "127.0.0.1:$ec"
        row "$server, TLS $version, RSA: all handshakes complete" load_completes --tls "$version" "127.0.0.1:$rsa"
        row "$server, TLS $version, ECDSA: 75 % are resumed$says" \
            load_resumes "$counter" --tls "$version" --path $path "127.0.0.1:$ec"
        row "$server, TLS $version, RSA: 75 % are resumed$says" \
            load_resumes "$counter" --tls "$version" --path $path "127.0.0.1:$rsa"
    done
}

# load_logged EXPECTED PATTERN OPTIONS: so many new lines of nginx's log match.
load_logged() {
    local expected=$1 pattern=$2
    shift 2
    : >"$LAB/nginx/access.log"
    load_completes --requests 1 --path /page --response-bytes 5 "$@" || return 1
    sort "$LAB/nginx/access.log" | uniq -c | sort -rn | head -n 5
    [ "$(grep -cE -- "$pattern" "$LAB/nginx/access.log")" -eq "$expected" ]
}

# Three of four connections are for the name of weight 3, from each of five addresses equally many.
load_spread() {
    : >"$LAB/nginx/access.log"
    printf 'a.load.test 3\n# of two\nb.load.test\n' >"$LAB/names"
    load_bench --sni-file "$LAB/names" --source 127.0.0.2-127.0.0.6 --count 1000 --requests 1 --path /page 127.0.0.1:9001 || return 1
    local heavy light fifth
    heavy=$(grep -c ' a.load.test ' "$LAB/nginx/access.log") light=$(grep -c ' b.load.test ' "$LAB/nginx/access.log")
    fifth=$(grep -c ' 127.0.0.4 ' "$LAB/nginx/access.log")
    echo "a: $heavy, b: $light, from .4: $fifth"
    [ $((heavy + light)) -eq 1000 ] && [ "$heavy" -gt 690 ] && [ "$heavy" -lt 810 ] && [ "$fifth" -eq 200 ]
}

load_feature_rows() {
    row 'the cipher suite asked for is used' load_logged "$LOAD_COUNT" 'TLS_CHACHA20_POLY1305_SHA256' \
        --ciphers TLS_CHACHA20_POLY1305_SHA256 127.0.0.1:9001
    row 'TLS 1.2: the cipher asked for is used' load_logged "$LOAD_COUNT" 'TLSv1.2 .* ECDHE-ECDSA-AES256-GCM-SHA384 ' \
        --tls 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 127.0.0.1:9001
    row 'only the group asked for is offered' load_logged "$LOAD_COUNT" ' prime256v1 ' --groups P-256 127.0.0.1:9001
    row 'a request has the length asked for' load_logged "$LOAD_COUNT" ' 3000$' --request-bytes 3000 127.0.0.1:9001
    row 'weighted names from many addresses' load_spread
    row 'ten requests on each connection' load_completes --requests 10 --path /page 127.0.0.1:9001
    row '... are ten responses' [ "$(load_number responses)" -eq $((LOAD_COUNT * 10)) ]
    row 'a response of another length is an error' prints '"bad_response": 200' \
        load_bench --json - --sni load.test --count 200 --requests 1 --path /page --response-bytes 6 127.0.0.1:9001
    row 'a signature scheme that the server lacks: alert 40' prints 'alert handshake_failure +20$' \
        load_bench --sni load.test --count 20 --signatures rsa_pss_rsae_sha256 127.0.0.1:9001
    row 'another name than the certificate has' prints 'wrong name +20$' load_bench --sni other.test --count 20 127.0.0.1:9001
    row 'a chain that is not trusted' prints 'untrusted certificate +20$' \
        load_bench --sni load.test --count 20 --ca-file "$PKI/loadec.crt" 127.0.0.1:9002
    row 'cheats are named in the result' prints 'cheat: one key share' \
        load_bench --sni load.test --count 20 --reuse-key-share --verify 1/10 127.0.0.1:9001
    row 'an open loop on two threads' load_completes --rate 400 --poisson --threads 2 127.0.0.1:9001
    row 'a plot is drawn' load_completes --plot "$LAB/load.svg" 127.0.0.1:9001
    row '... as SVG' grep -q '</svg>' "$LAB/load.svg"
    row 'bounds that are not met: exit 1' load_exits 1 --sni load.test --count 20 --max-p99 1us 127.0.0.1:9001
    row 'the highest rate under a p99 is found' prints ' per second: p99 .* no' \
        load_bench --sni load.test --rate 2k --search-p99 2ms --duration 150ms 127.0.0.1:9002
}

# The examples of the manual and of the README as they stand there, but against nginx, and each for a moment.
load_examples() {
    sed -nE 's/^(build\/)?handfast-bench (.*(HOST|www\.example\.com|192\.0\.2\.10):443)( .*)?$/\2/p' docs/load.md README.md |
        sed -E 's/[^ ]*:443$/127.0.0.1:9001/'
}

# load_runs ARGUMENTS: the program takes them, and handshakes come of them; how fast is not the question here.
load_runs() {
    local status=0
    (cd "$LAB/nginx" && "$LOAD_BENCH" --json "$LAB/load.json" "$@" --warm-up 0 --duration 300ms >"$LAB/load.out") || status=$?
    cat "$LAB/load.out"
    [ "$status" -le 1 ] && grep -qE '"handshakes": [1-9]|handshakes +[1-9]' "$LAB/load.json" "$LAB/load.out"
}

load_manual_rows() {
    local words example
    mapfile -t words < <(load_examples)
    row 'the manual and the README have examples' [ "${#words[@]}" -ge 10 ]
    ip route add local 10.0.0.0/24 dev lo
    head -c 1024 /dev/zero >"$LAB/nginx/1k"
    printf 'a.load.test\nb.load.test 2.5\n' >"$LAB/nginx/names"
    for example in "${words[@]}"; do
        # shellcheck disable=SC2086 # options of an example
        row "manual: $example" load_runs $example
    done
}

load_exits() {
    local expected=$1 status=0
    shift
    load_bench "$@" || status=$?
    [ "$status" -eq "$expected" ]
}

# A server that does nothing for 200 ms, once: 150 of 1500 connections were due then. $1: at least so many ms of p99.9.
load_stall() {
    local at_least=$1 at_most=$2 bench p999
    shift 2
    load_bench --sni load.test --duration 1500ms "$@" 127.0.0.1:9032 &
    bench=$!
    sleep 0.6
    kill -STOP "$LOAD_STALLED"
    sleep 0.2
    kill -CONT "$LOAD_STALLED"
    wait "$bench" || return 1
    p999=$(sed -n '/"whole"/,$p' "$LAB/load.json" | grep -oE '"p99_us": [0-9]+' | grep -oE '[0-9]+$')
    echo "p99 of the whole: $p999 us"
    [ "$p999" -ge $((at_least * 1000)) ] && [ "$p999" -le $((at_most * 1000)) ]
}

load_stall_rows() {
    row 'open loop: a stall of 200 ms shows, also in the p99' load_stall 150 1000 --rate 300
    row 'closed loop, one connection: it hides' load_stall 0 100 --connections 1
}

# load_refused PATTERN OPTIONS: exit code 2, and one line on standard error that says why.
load_refused() {
    local pattern=$1 status=0
    shift
    "$LOAD_BENCH" "$@" >"$LAB/load.out" 2>"$LAB/load.err" || status=$?
    cat "$LAB/load.out" "$LAB/load.err"
    [ "$status" -eq 2 ] && [ ! -s "$LAB/load.out" ] && [ "$(wc -l <"$LAB/load.err")" -eq 1 ] && grep -qE -- "$pattern" "$LAB/load.err"
}

# The server ends in the middle: the run does not.
load_server_dies() {
    local bench status=0 began
    load_spawn dying openssl s_server -accept 127.0.0.1:9051 -www -cert "$PKI/loadec.crt" -key "$PKI/loadec.key" \
        -cert_chain "$PKI/int.crt"
    local dying=$!
    load_await 9051 || return 1
    began=$(date +%s%N)
    load_bench --sni load.test --duration 1s --max-errors 0 --end rst 127.0.0.1:9051 &
    bench=$!
    sleep 0.5
    kill -KILL "$dying"
    wait "$bench" || status=$?
    local took=$((($(date +%s%N) - began) / 1000000))
    echo "took $took ms, exit $status, $(load_number refused) refused"
    [ "$status" -eq 1 ] && [ "$took" -lt 2500 ] && [ "$(load_number handshakes)" -gt 0 ] || return 1
    # Of 64 connections at once each is refused once or twice, then one behind each pause.
    [ "$(load_number refused)" -gt 0 ] && [ "$(load_number refused)" -lt 300 ]
}

load_misuse_rows() {
    row 'refused: one line, exit 2' load_refused 'TLS server at 127.0.0.1:9, found: connection refused' 127.0.0.1:9
    row 'unreachable: one line, exit 2' load_refused 'found: unreachable' 203.0.113.1:443
    row 'a name that does not resolve' load_refused 'nobody.invalid: ' nobody.invalid:443
    row 'not TLS' load_refused 'found: answer is not TLS' 127.0.0.1:9000
    load_spawn silent python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 9052)); time.sleep(60)'
    load_await 9052
    row 'a server that says nothing' load_refused 'found: time-out: handshake' --timeout 300ms 127.0.0.1:9052
    printf 'load.test\nload..test\n' >"$LAB/names"
    row 'a wrong line of an SNI file: file and line' load_refused "$LAB/names:2: expected a host name" --sni-file "$LAB/names" 127.0.0.1:9001
    row 'an SNI file that is not there' load_refused 'no-names: No such file' --sni-file "$LAB/no-names" 127.0.0.1:9001
    row 'more connections than source ports' load_refused 'found 100 connections and 2 addresses with 10 ports' \
        --source 127.0.0.2-127.0.0.3 --source-ports 3000-3009 --connections 100 127.0.0.1:9001
    row 'a source that is not ours' load_refused 'found: unreachable' --source 198.51.100.77 127.0.0.1:9001
    row 'an option that is none' load_refused 'no option "--frobnicate"' --frobnicate 127.0.0.1:9001
    row 'no target' load_refused 'expected a target HOST:PORT, found none' --count 5
    row 'a server that ends in mid-run: counted, not hammered, and on time' load_server_dies
}

# handfastd over the tap: its own count is ours, and one for the connection that is tried first.
load_own() {
    local before
    before=$(lab_stat handshakes)
    load_completes "$@" && echo "handfastd: $before before, $(lab_stat handshakes) after" &&
        [ "$(lab_stat handshakes)" -eq $((before + LOAD_COUNT + 1)) ]
}

load_own_rows() {
    local version
    fixture_share
    fixture_bindings
    lab_config
    lab_start || return 1
    for version in 1.2 1.3; do
        row "handfastd, TLS $version, ECDSA: all handshakes complete, it says too" \
            load_own --sni cawl.nau.edu --tls "$version" "$A4:443"
        row "handfastd, TLS $version, RSA: all handshakes complete, it says too" \
            load_own --sni payment.mpcer.nau.edu --tls "$version" "$A4:443"
        row "handfastd, TLS $version, IPv6, with a request" \
            load_own --sni cawl.nau.edu --tls "$version" --requests 2 "[$A6]:443"
    done
    lab_stop
}

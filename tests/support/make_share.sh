#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Certificates for tests and the demo, made on the spot with the openssl command: a root, an intermediate, leaves, and the
# .pfx and .pem files of a central share. Sourced, it gives the share_* functions; run, it makes the demo's share:
#   make_share.sh PKI_FOLDER SHARE_FOLDER PASSWORD

# share_init PKI: a root (PKI/ca.crt) and an intermediate that signs the leaves (PKI/int.crt).
share_init() {
    local pki=$1
    mkdir -p "$pki/issued"
    : >"$pki/index.txt"
    echo 1000 >"$pki/serial"
    cat >"$pki/ca.cnf" <<-END
	[ca]
	default_ca = leaf
	[leaf]
	database = $pki/index.txt
	serial = $pki/serial
	new_certs_dir = $pki/issued
	certificate = $pki/int.crt
	private_key = $pki/int.key
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	[req]
	distinguished_name = dn
	[dn]
	[ca_ext]
	basicConstraints = critical, CA:TRUE
	keyUsage = critical, keyCertSign
	subjectKeyIdentifier = hash
	END
    {
        openssl ecparam -name prime256v1 -genkey -noout -out "$pki/ca.key"
        openssl req -x509 -new -key "$pki/ca.key" -sha256 -days 3650 -subj "/CN=Test Root" \
            -config "$pki/ca.cnf" -extensions ca_ext -out "$pki/ca.crt"
        openssl ecparam -name prime256v1 -genkey -noout -out "$pki/int.key"
        openssl req -new -key "$pki/int.key" -subj "/CN=Test Issuing CA" -config "$pki/ca.cnf" -out "$pki/int.csr"
        openssl x509 -req -in "$pki/int.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 3650 -sha256 \
            -extfile "$pki/ca.cnf" -extensions ca_ext -out "$pki/int.crt"
    } 2>>"$pki/log"
}

# share_leaf PKI ID KEY NAMES [START END]: PKI/ID.key and PKI/ID.crt. KEY: rsa, rsa4096, p256, p384, ed25519. NAMES:
# comma-separated subjectAltNames, the first is the common name. START, END: YYYYMMDDHHMMSSZ (default: now, 90 days).
share_leaf() {
    local pki=$1 id=$2 key=$3 names=$4
    local start=${5:-$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)} end=${6:-$(date -u -d '+90 days' +%Y%m%d%H%M%SZ)}
    {
        case "$key" in
        rsa) openssl genrsa -out "$pki/$id.key" 2048 ;;
        rsa4096) openssl genrsa -out "$pki/$id.key" 4096 ;;
        p256) openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$id.key" ;;
        p384) openssl ecparam -name secp384r1 -genkey -noout -out "$pki/$id.key" ;;
        ed25519) openssl genpkey -algorithm ed25519 -out "$pki/$id.key" ;;
        *) return 2 ;;
        esac
        openssl req -new -key "$pki/$id.key" -subj "/CN=${names%%,*}" -config "$pki/ca.cnf" -out "$pki/$id.csr"
        printf 'subjectAltName = DNS:%s\nextendedKeyUsage = serverAuth\n' "${names//,/,DNS:}" >"$pki/$id.ext"
        openssl ca -batch -notext -config "$pki/ca.cnf" -in "$pki/$id.csr" -extfile "$pki/$id.ext" \
            -startdate "$start" -enddate "$end" -out "$pki/$id.crt"
    } >>"$pki/log" 2>&1
}

# share_put FILE: standard input becomes FILE by a rename, as a careful publisher writes to a share.
share_put() {
    local file=$1
    (umask 077 && cat >"${file%/*}/.new.$$") && mv "${file%/*}/.new.$$" "$file"
}

# share_pfx PKI ID FILE PASSWORD [OPENSSL ARGUMENT ...]: leaf, key and intermediate as PKCS#12 (PBES2, AES-256).
share_pfx() {
    local pki=$1 id=$2 file=$3 password=$4
    shift 4
    openssl pkcs12 -export -inkey "$pki/$id.key" -in "$pki/$id.crt" -certfile "$pki/int.crt" -passout "pass:$password" \
        "$@" 2>>"$pki/log" | share_put "$file"
}

# share_pem PKI FILE ID ...: certificates, then key, for each ID (two IDs: two key types under one name).
share_pem() {
    local pki=$1 file=$2 id
    shift 2
    for id in "$@"; do
        cat "$pki/$id.crt" "$pki/int.crt" "$pki/$id.key"
    done | share_put "$file"
}

# share_fingerprint CERTIFICATE: SHA-256 of the first certificate in the file (/dev/stdin: standard input), lower case, no colons.
share_fingerprint() {
    openssl x509 -in "$1" -noout -fingerprint -sha256 2>/dev/null | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -eu
    pki=$1 share=$2 password=$3
    mkdir -p "$share"
    share_init "$pki"
    share_leaf "$pki" cawl p256 cawl.nau.edu
    share_leaf "$pki" payment rsa payment.mpcer.nau.edu
    share_leaf "$pki" wildcard p256 '*.example.com'
    share_pfx "$pki" cawl "$share/cawl.nau.edu.pfx" "$password"
    share_pfx "$pki" payment "$share/payment.mpcer.nau.edu.pfx" "$password"
    share_pfx "$pki" wildcard "$share/_.example.com.pfx" "$password"
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Install the Debian 12 packages that Handfast needs; nothing to do when they are there.
#   setup.sh build    compiler and libraries: what `make` needs
#   setup.sh all      (default) and the clients and tools of `make demo`, `make test` and `make check`
#   setup.sh compare  the servers and the plotter of `make compare` alone
# Servers that are only driven by tests are not started as services.
# As root, or through sudo where that asks for no password; otherwise the command to run is printed and the exit code is 1.
set -eu

build_packages=(
    gcc libc6-dev binutils make pkg-config
    libdpdk-dev librte-net-tap23 librte-net-ring23 librte-net-null23 librte-net-memif23 librte-mempool-ring23
    libssl-dev libconfig-dev libjansson-dev libidn2-dev libseccomp-dev libnghttp2-dev libcunit1-dev
    libsmbclient-dev
)
# demo and tests: real clients, namespaces; check: analysers, sanitisers, libFuzzer.
tool_packages=(
    curl openssl gnutls-bin libnss3-tools iproute2 iputils-ping ethtool util-linux procps python3 python3-cryptography
    clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev cppcheck shellcheck valgrind
    samba smbclient fuse3 libfuse3-dev nmap
)

# The suite load drives them, make compare measures beside them.
compare_packages=(nginx haproxy hitch gnuplot-nox)

case "${1:-all}" in
build) wanted=("${build_packages[@]}") ;;
all) wanted=("${build_packages[@]}" "${tool_packages[@]}" "${compare_packages[@]}") ;;
compare) wanted=("${compare_packages[@]}") ;;
*)
    echo "usage: ${0##*/} [build|all|compare]" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian; the packages' Debian 12 names are: ${wanted[*]}" >&2
    exit 0
fi

installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    awk '$1 == "installed" {print $2}') || true
missing=()
for package in "${wanted[@]}"; do
    grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "setup: packages are missing; run: sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
echo "setup: installing ${missing[*]}"
# A server that only tests need must not come up on this machine: not now, not at the next start.
keep_services_off() {
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin /usr/sbin/policy-rc.d
    fi
}
[ "${1:-all}" = build ] || keep_services_off
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
"${as_root[@]}" "${apt[@]}" update
"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
if command -v systemctl >/dev/null; then
    for package in "${missing[@]}"; do
        case "$package" in
        nginx | haproxy | hitch) units=("$package") ;;
        samba) units=(smbd nmbd) ;;
        *) continue ;;
        esac
        "${as_root[@]}" systemctl --quiet disable "${units[@]}" 2>/dev/null || true
    done
fi

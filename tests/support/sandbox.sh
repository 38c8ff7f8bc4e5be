#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced first by scripts that need a network of their own: the script starts again inside fresh network, process and mount
# namespaces. Everything it makes (interfaces, addresses, daemons, files in $LAB) ends with it, also when it is killed.
# Without root a user namespace does the same, where the system allows one.

# Where Debian has servers and ethtool, and a user's shell does not look.
export PATH=$PATH:/usr/sbin:/sbin

if [ -z "${HANDFAST_SANDBOX:-}" ]; then
    export HANDFAST_SANDBOX=1
    spaces=(--net --pid --fork --kill-child --mount --mount-proc --propagation private)
    if [ "$(id -u)" -ne 0 ]; then
        spaces+=(--user --map-root-user)
    fi
    if [ ! -c /dev/net/tun ]; then
        echo "${0##*/}: no /dev/net/tun: load the module with: modprobe tun" >&2
        exit 77
    fi
    if ! unshare "${spaces[@]}" true 2>/dev/null; then
        if [ "$(id -u)" -eq 0 ]; then
            echo "${0##*/}: root may make no namespaces here: in a container, give it CAP_SYS_ADMIN and CAP_NET_ADMIN" >&2
        else
            echo "${0##*/}: this system gives no namespaces to user $(id -un): run as root, or allow them:" \
                "sysctl -w kernel.unprivileged_userns_clone=1" >&2
        fi
        exit 77
    fi
    exec unshare "${spaces[@]}" "$0" "$@"
fi

# A folder in memory that only this script's namespace sees: over an empty folder that every system has and nothing here uses.
for LAB in /mnt /media /srv /opt; do
    case "$PWD/$0" in *"$LAB/"*) continue ;; esac
    [ -d "$LAB" ] && mount -t tmpfs -o mode=0755 tmpfs "$LAB" && break
done
ip link set lo up

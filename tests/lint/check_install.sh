#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make install, as a package builder would: every file is there, the programs run, the example configuration is right.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
make --no-print-directory install DESTDIR="$root" PREFIX=/usr >/dev/null
for file in usr/sbin/handfastd usr/bin/handfastctl usr/bin/handfast-bench usr/lib/systemd/system/handfastd.service \
    usr/lib/handfast/share_smb.so usr/share/doc/handfast/operations.md etc/handfast/handfast.conf.example; do
    [ -s "$root/$file" ] || { echo "check-install: $file is missing"; exit 1; }
done
# A link between the pages leads to a page that is installed.
while IFS=: read -r page link; do
    [ -e "$(dirname "$page")/$link" ] || { echo "check-install: $page: there is no $link"; exit 1; }
done < <(cd "$root" && find "$PWD/usr/share/doc" -name '*.md' -exec grep -HoP '\]\(\K[^)#:]+\.(md|svg)(?=[)#])' {} +)
if grep -q '@[A-Z]*@' "$root/usr/lib/systemd/system/handfastd.service"; then
    echo 'check-install: a placeholder is left in the systemd unit'
    exit 1
fi
"$root/usr/sbin/handfastd" --version >/dev/null
"$root/usr/bin/handfastctl" --version >/dev/null
"$root/usr/bin/handfast-bench" --version >/dev/null
echo secret >"$root/password"
sed "s|/etc/handfast/pfx-password|$root/password|" "$root/etc/handfast/handfast.conf.example" >"$root/handfast.conf"
"$root/usr/sbin/handfastd" --check -c "$root/handfast.conf"
echo 'check-install: 1 passed, 0 failed'

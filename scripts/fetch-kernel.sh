#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fetches the kernel of the vm lab: Debian's cloud kernel, unpacked into the cache folder and never installed.
# Prints the folder. Needs no root; a kernel that is there already is not fetched again.
set -euo pipefail

cache="${XDG_CACHE_HOME:-$HOME/.cache}/netladder"
meta=linux-image-cloud-amd64

for tool in apt-get dpkg-deb depmod sha256sum; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "$tool" >/dev/null || {
    echo "fetch-kernel: $tool is missing; as root, on Debian: apt-get install apt dpkg kmod coreutils" >&2
    exit 3
  }
done
PATH="$PATH:/usr/sbin:/sbin"

# The field $2 of the newest stanza of package $1.
field() { apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n "s/^$2: //p" | head -n 1; }

depends=$(field "$meta" Depends)
package=$(grep -oE 'linux-image-[0-9][^ ,]*' <<<"$depends" | head -n 1 || true)
if [ -z "$package" ]; then
  # Without package lists an older fetch will do.
  newest=$(find "$cache" -maxdepth 1 -name 'kernel-*' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && { echo "$newest"; exit 0; }
  echo "fetch-kernel: apt knows no package $meta; as root: apt-get update" >&2
  exit 3
fi
version=$(field "$package" Version)
hash=$(field "$package" SHA256)
folder="$cache/kernel-$version"
[ -d "$folder" ] && { echo "$folder"; exit 0; }

mkdir -p "$cache"
# Unpacked beside its place and renamed: a folder with the right name is whole.
work=$(mktemp -d "$cache/fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "fetch-kernel: fetching $package $version" >&2
(cd "$work" && apt-get -o APT::Sandbox::User="$(id -un)" download -q "$package=$version" >&2)
deb=$(find "$work" -name '*.deb')
echo "$hash  $deb" | sha256sum --check --quiet - || {
  echo "fetch-kernel: $package $version does not have the hash that apt states" >&2
  exit 3
}
dpkg-deb -x "$deb" "$work/root"
release=$(basename "$work"/root/lib/modules/*)
depmod -b "$work/root" "$release"
mkdir "$work/kernel"
mv "$work/root/boot/vmlinuz-$release" "$work/kernel/vmlinuz"
mv "$work/root/lib/modules/$release" "$work/kernel/modules"
# Headers of a build tree that is not there.
rm -f "$work/kernel/modules/build" "$work/kernel/modules/source"
chmod -R a+rX "$work/kernel"
mv -T "$work/kernel" "$folder"
echo "$folder"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what netladder needs, from Debian; only what is missing. install-deps.sh [build | vm | all]: what it takes to
# build it and to run the native lab; that and the vm lab; that and the tests with their browser and engine (the default).
set -euo pipefail

packages=(
  gcc make pkg-config git
  libev-dev libcsv-dev libplot-dev libcmocka-dev libcyaml-dev libyaml-dev libnl-3-dev libnl-route-3-dev
  libnl-genl-3-dev libnftables-dev libgsl-dev libcjson-dev libcap-ng-dev librsvg2-dev libcairo2-dev fonts-liberation
  nettle-dev libarchive-dev liblzma-dev libseccomp-dev libcurl4-openssl-dev libc-ares-dev
)
virtual_machine=(qemu-system-x86 kmod)
tests=(iperf3 sockperf conntrack ethtool nftables iproute2 openssh-client openssh-server help2man chromium chromium-driver)
# The engine of the docker lab and its tests, unless there is one already.
command -v dockerd >/dev/null || tests+=(docker.io)

case "${1:-all}" in
  build) ;;
  vm) packages+=("${virtual_machine[@]}") ;;
  all) packages+=("${virtual_machine[@]}" "${tests[@]}") ;;
  *)
    echo "install-deps: '$1' is unknown; valid: build, vm, all" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  if ! command -v dpkg-query >/dev/null; then
    echo "install-deps: this is not Debian; install the equivalents of: ${packages[*]}" >&2
    exit 3
  fi
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "install-deps: missing: ${missing[*]}" >&2
  echo "install-deps: as root: apt-get install ${missing[*]}" >&2
  exit 3
fi
echo "install-deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Engines and sshd are started by the tests that need them: installing them starts no service.
policy=/usr/sbin/policy-rc.d
if [[ " ${missing[*]} " == *" docker.io "* || " ${missing[*]} " == *" openssh-server "* ]] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -q >/dev/null
apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null

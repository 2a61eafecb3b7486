#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two Docker Engines on one machine, each in namespaces of its own, joined by a veth pair: a cluster to try things on.
#
#   scripts/two-engines.sh start [--swarm] [--one] [--in-memory] [-- DOCKERD OPTION...]
#   scripts/two-engines.sh hold ...  # as start; stops them when its standard input ends, or when it ends itself
#   scripts/two-engines.sh hosts     # the value for `netladder run --hosts`
#   scripts/two-engines.sh pid a|b   # the process that holds engine a or b: `nsenter -t PID -n -m`
#   scripts/two-engines.sh stop
#
# --in-memory: images and containers are on no disk, which is a quarter quicker and ends with the engine.
# An engine is the first process of a pid namespace: when that ends, however it ends, the kernel ends the engine, its
# containerd and its containers. Everything else is in $NETLADDER_ENGINES (default /tmp/netladder-engines).
# An engine that this script did not start is never touched.
set -euo pipefail

directory=${NETLADDER_ENGINES:-/tmp/netladder-engines}
export in_memory=${in_memory:-} # of the engines' processes
ends_with_us=()
controllers=$(awk '$2 != 0 && $4 == 1 { print $1 }' /proc/cgroups | tr '\n' ' ')

fail() {
  echo "two-engines: $1" >&2
  exit "${2:-3}"
}

engines() {
  for engine in a b; do
    [ -d "$directory/$engine" ] && echo "$engine"
  done
  return 0
}

cgroup_of() { echo "$(basename "$directory")-$1"; }

# Inside the new namespaces. /sys is mounted again because it shows the network namespace it was mounted in; /run
# because dockerd keeps /run/docker there, whatever --exec-root says; /etc/docker because the engine's identity is there.
engine_main() {
  local home=$1 cgroup=$2
  shift 2
  mount -t sysfs sysfs /sys
  if [ -n "$controllers" ]; then
    mount -t tmpfs tmpfs /sys/fs/cgroup
    for controller in $controllers; do
      mkdir "/sys/fs/cgroup/$controller"
      mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
    done
  else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  fi
  if [ -n "$in_memory" ]; then
    mkdir "$home/data"
    mount -t tmpfs tmpfs "$home/data"
  fi
  mount -t tmpfs tmpfs /run
  mkdir -p /etc/docker
  mount -t tmpfs tmpfs /etc/docker
  hostname "${cgroup##*/}"
  ip link set lo up
  # Not exec: the shell stays as the first process and reaps what containers leave.
  dockerd --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/docker.pid" \
    --host "unix://$home/docker.sock" --cgroup-parent "/$cgroup" "$@" &
  wait $!
}

# Engine b also gets a monotonic clock of its own, a day ahead: another machine would have another, too.
# Nothing is expanded by a $(…) after the &: it would be the new process's child for a moment, as the engine is later.
start_engine() {
  local engine=$1 home=$directory/$1 clock=() cgroup
  cgroup=$(cgroup_of "$engine")
  shift
  mkdir -p "$home"
  if [ "$engine" = b ] && unshare --time true 2>/dev/null; then clock=(--time --monotonic 86400 --boottime 86400); fi
  "${ends_with_us[@]}" setsid unshare --net --mount --pid --ipc --uts "${clock[@]}" --fork --kill-child=KILL --mount-proc \
    "$0" engine-main "$home" "$cgroup" "$@" >"$home/log" 2>&1 </dev/null &
  echo $! >"$home/unshare.pid"
}

# The first process inside: the child of unshare, written down once it is there.
inner_pid() { cat "$directory/$1/inner.pid" 2>/dev/null; }

# Its log goes with it, so the end is shown.
not_started() {
  tail -n 10 "$directory/$1/log" >&2
  fail "engine $1 did not start; above is the end of its log"
}

wait_for_child() {
  local outer inner
  outer=$(cat "$directory/$1/unshare.pid")
  for _ in $(seq 100); do
    inner=$(tr -d ' ' <"/proc/$outer/task/$outer/children" 2>/dev/null || true)
    if [ -n "$inner" ]; then
      echo "$inner" >"$directory/$1/inner.pid"
      return 0
    fi
    sleep 0.05
  done
  not_started "$1"
}

join_by_wire() {
  nsenter -t "$(inner_pid a)" -n ip link add eth0 type veth peer name eth0 netns "$(inner_pid b)"
  address a 198.18.0.1 198.18.0.2
  address b 198.18.0.2 198.18.0.1
}

# One engine alone: the other end of its wire stays with it, so that macvlan has a device to hang on.
join_alone() {
  nsenter -t "$(inner_pid a)" -n ip link add eth0 type veth peer name wire0
  nsenter -t "$(inner_pid a)" -n ip link set wire0 up
  address a 198.18.0.1 198.18.0.2
}

# dockerd's overlay driver wants a default route: it points at the other engine.
address() {
  local inside=(nsenter -t "$(inner_pid "$1")" -n ip)
  "${inside[@]}" address add "$2/24" dev eth0
  "${inside[@]}" link set eth0 up
  "${inside[@]}" route add default via "$3"
  "${inside[@]}" -6 address add "2001:2::${2##*.}/64" dev eth0 nodad || true # a kernel without IPv6
}

wait_for_engine() {
  for _ in $(seq 300); do
    docker --host "unix://$directory/$1/docker.sock" version >/dev/null 2>&1 && return 0
    [ -e "/proc/$(inner_pid "$1")" ] || break
    sleep 0.1
  done
  not_started "$1"
}

join_swarm() {
  local a=(docker --host "unix://$directory/a/docker.sock") b=(docker --host "unix://$directory/b/docker.sock")
  "${a[@]}" swarm init --advertise-addr 198.18.0.1 --default-addr-pool 198.19.0.0/18 >/dev/null
  "${b[@]}" swarm join --token "$("${a[@]}" swarm join-token -q worker)" 198.18.0.1:2377 >/dev/null
}

start() {
  local swarm='' both=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --swarm) swarm=yes ;;
      --one) both='' ;;
      --in-memory) in_memory=yes ;;
      --) shift && break ;;
      *) fail "start: unknown '$1'; valid: --swarm, --one, --in-memory, -- DOCKERD OPTION..." 2 ;;
    esac
    shift
  done
  [ "$(id -u)" -eq 0 ] || fail "start needs root: sudo $0 start"
  command -v dockerd >/dev/null || fail "dockerd is missing: sudo apt-get install docker.io"
  [ ! -e "$directory" ] || fail "$directory exists: $0 stop" 2
  (umask 077 && mkdir -p "$directory")
  trap stop EXIT
  start_engine a "$@"
  wait_for_child a
  if [ -n "$both" ]; then
    start_engine b "$@"
    wait_for_child b
    join_by_wire
  else
    join_alone
  fi
  for engine in $(engines); do wait_for_engine "$engine"; done
  if [ -n "$swarm" ]; then join_swarm; fi
  trap - EXIT
  hosts
}

# Whoever has the other end of our standard input has the engines: however that process ends, the input does. When we
# are killed ourselves, the kernel ends the engines; their folder stays then.
hold() {
  ends_with_us=(setpriv --pdeathsig KILL)
  trap 'exit 130' INT TERM HUP
  start "$@"
  trap stop EXIT
  read -r _ || true
}

hosts() {
  local list=''
  for engine in $(engines); do list+="${list:+,}unix://$directory/$engine/docker.sock"; done
  [ -n "$list" ] || fail "no engine runs: $0 start" 2
  echo "$list"
}

stop() {
  local engine outer cgroup
  for engine in $(engines); do
    outer=$(cat "$directory/$engine/unshare.pid" 2>/dev/null || echo 0)
    # Only a process that still is what was started: numbers are used again.
    if grep -qsF "$directory/$engine" "/proc/$outer/cmdline"; then
      kill -KILL "$outer"
      while [ -e "/proc/$outer" ] && ! grep -qs '^State:.Z' "/proc/$outer/status"; do sleep 0.05; done
    fi
    cgroup=$(cgroup_of "$engine")
    for _ in $(seq 40); do
      find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
      [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$cgroup" -print -quit)" ] || break
      sleep 0.05
    done
  done
  rm -rf --one-file-system "$directory"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  start) start "$@" ;;
  hold) hold "$@" ;;
  stop) stop ;;
  hosts) hosts ;;
  pid) inner_pid "${1:-a}" ;;
  engine-main) engine_main "$@" ;;
  *) fail "usage: $0 start|hold [--swarm] [--one] [--in-memory] [-- DOCKERD OPTION...] | hosts | pid a|b | stop" 2 ;;
esac

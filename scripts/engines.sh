#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Docker Engines on one machine, each in namespaces of its own: a cluster to try things on. Two are joined by a veth
# pair, more by a bridge in a network namespace of its own.
#
#   scripts/engines.sh start [N] [--swarm] [--in-memory] [-- DOCKERD OPTION...]   # 1 to 8 engines; 2 without a number
#   scripts/engines.sh hold ...   # as start; stops them when its standard input ends, or when it ends itself
#   scripts/engines.sh hosts      # the value for `netladder run --hosts`
#   scripts/engines.sh pid a      # the process that holds engine a (b, c, ...): `nsenter -t PID -n -m`
#   scripts/engines.sh stop
#
# Engine a has 198.18.0.1, b 198.18.0.2 and so on; each routes 198.19.(128 + N).0/24, where the containers of ipvlan-l3
# are, to engine N.
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
  echo "engines: $1" >&2
  exit "${2:-3}"
}

letters=(a b c d e f g h)

engines() {
  for engine in "${letters[@]}"; do
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

# All but engine a also get a monotonic clock of their own, days ahead: another machine would have another, too.
# Nothing is expanded by a $(…) after the &: it would be the new process's child for a moment, as the engine is later.
start_engine() {
  local engine=${letters[$1]} ahead=$(($1 * 86400)) home clock=() cgroup
  home=$directory/$engine
  cgroup=$(cgroup_of "$engine")
  shift
  mkdir -p "$home"
  if [ "$ahead" -gt 0 ] && unshare --time true 2>/dev/null; then
    clock=(--time --monotonic "$ahead" --boottime "$ahead")
  fi
  "${ends_with_us[@]}" setsid unshare --net --mount --pid --ipc --uts "${clock[@]}" --fork --kill-child=KILL --mount-proc \
    "$0" engine-main "$home" "$cgroup" "$@" >"$home/log" 2>&1 </dev/null &
  echo $! >"$home/unshare.pid"
  disown # its end is no news
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

# The process that the switch's namespace lives in, of no name but the folder's: `stop` knows it by that.
switch_main() {
  local file
  ip link add switch0 type bridge forward_delay 0 mcast_snooping 0
  ip link set switch0 up
  # Docker has frames of bridges go through iptables; a switch does not look that deep.
  for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -w "$file" ] || echo 0 >"$file"; done
  touch "$1/ready"
  exec -a "$1" sleep infinity
}

start_switch() {
  local home=$directory/switch
  mkdir -p "$home"
  "${ends_with_us[@]}" setsid unshare --net "$0" switch-main "$home" >"$home/log" 2>&1 </dev/null &
  echo $! >"$home/unshare.pid"
  disown # its end is no news
  for _ in $(seq 100); do
    [ ! -e "$home/ready" ] || return 0
    sleep 0.05
  done
  fail "no bridge for the engines: $(tail -n 1 "$home/log")"
}

# The end of the engine's wire: in its only neighbour, in the switch, or (one alone) with itself, so that macvlan has a
# device to hang on.
join_engine() {
  local number=$1 count=$2 here port
  here=$(inner_pid "${letters[$1]}")
  case $count in
    1) nsenter -t "$here" -n ip link add eth0 type veth peer name wire0 && nsenter -t "$here" -n ip link set wire0 up ;;
    2) [ "$number" -gt 0 ] || nsenter -t "$here" -n ip link add eth0 type veth peer name eth0 netns "$(inner_pid b)" ;;
    *)
      port=port$number
      nsenter -t "$(cat "$directory/switch/unshare.pid")" -n \
        ip link add "$port" master switch0 up type veth peer name eth0 netns "$here"
      ;;
  esac
}

# dockerd's overlay driver wants a default route: it points at the next engine.
address_engine() {
  local number=$1 count=$2 inside other
  inside=(nsenter -t "$(inner_pid "${letters[$1]}")" -n ip)
  "${inside[@]}" address add "198.18.0.$((number + 1))/24" dev eth0
  "${inside[@]}" link set eth0 up
  "${inside[@]}" route add default via "198.18.0.$((count == 1 ? 2 : (number + 1) % count + 1))"
  for ((other = 0; other < count; other++)); do
    [ "$other" -eq "$number" ] ||
      "${inside[@]}" route add "198.19.$((129 + other)).0/24" via "198.18.0.$((other + 1))"
  done
  "${inside[@]}" -6 address add "2001:2::$((number + 1))/64" dev eth0 nodad || return 0 # a kernel without IPv6
  for ((other = 0; other < count; other++)); do
    [ "$other" -eq "$number" ] ||
      "${inside[@]}" -6 route add "2001:2:0:$((81 + other))::/64" via "2001:2::$((other + 1))"
  done
}

wait_for_engine() {
  for _ in $(seq 600); do
    docker --host "unix://$directory/$1/docker.sock" version >/dev/null 2>&1 && return 0
    [ -e "/proc/$(inner_pid "$1")" ] || break
    sleep 0.1
  done
  not_started "$1"
}

join_swarm() {
  local engine token first=(docker --host "unix://$directory/a/docker.sock")
  "${first[@]}" swarm init --advertise-addr 198.18.0.1 --default-addr-pool 198.19.0.0/18 >/dev/null
  token=$("${first[@]}" swarm join-token -q worker)
  for engine in $(engines); do
    [ "$engine" = a ] || docker --host "unix://$directory/$engine/docker.sock" swarm join --token "$token" 198.18.0.1:2377
  done >/dev/null
}

start() {
  local swarm='' count=2 number
  while [ $# -gt 0 ]; do
    case $1 in
      [1-8]) count=$1 ;;
      --swarm) swarm=yes ;;
      --in-memory) in_memory=yes ;;
      --) shift && break ;;
      *) fail "start: '$1' is unknown; valid: 1 to 8 engines, --swarm, --in-memory, -- DOCKERD OPTION..." 2 ;;
    esac
    shift
  done
  [ "$(id -u)" -eq 0 ] || fail "start needs root: sudo $0 start"
  command -v dockerd >/dev/null || fail "dockerd is missing: sudo apt-get install docker.io"
  [ ! -e "$directory" ] || fail "$directory exists: $0 stop" 2
  (umask 077 && mkdir -p "$directory")
  trap stop EXIT
  if [ "$count" -gt 2 ]; then start_switch; fi
  for ((number = 0; number < count; number++)); do start_engine "$number" "$@"; done
  for engine in $(engines); do wait_for_child "$engine"; done
  for ((number = 0; number < count; number++)); do join_engine "$number" "$count"; done
  for ((number = 0; number < count; number++)); do address_engine "$number" "$count"; done
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

# Only a process that still is what was started: numbers are used again.
is_ours() { grep -qsF "$directory/$1" "/proc/$2/cmdline"; }

stop() {
  local part outer engine cgroup
  for part in $(engines) switch; do
    outer=$(cat "$directory/$part/unshare.pid" 2>/dev/null || echo 0)
    if is_ours "$part" "$outer"; then kill -KILL "$outer"; fi
  done
  for part in $(engines) switch; do
    outer=$(cat "$directory/$part/unshare.pid" 2>/dev/null || echo 0)
    while is_ours "$part" "$outer" && ! grep -qs '^State:.Z' "/proc/$outer/status"; do sleep 0.05; done
  done
  for engine in $(engines); do
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
  switch-main) switch_main "$@" ;;
  *) fail "usage: $0 start|hold [N] [--swarm] [--in-memory] [-- DOCKERD OPTION...] | hosts | pid ENGINE | stop" 2 ;;
esac

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Repeats a scenario of the vm lab and counts what differs: each run boots a machine of its own, in turn calm, beside
# busy processes, with QEMU stopped and continued by signals, and on one CPU. Exit code 1 if any run differs.
#
#   scripts/soak-vm.sh [--runs N] [--only CONDITION,...] [--modes MODE,...] [SCENARIO]
#
# N runs (default 12) for each part of the scenario that --modes names: the modes are taken two at a time, so that there
# are many boots. Conditions: calm, busy, signals, one-cpu; the default is all of them in turn.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=12 conditions=(calm busy signals one-cpu) scenario=scenarios/soak-vm.yaml
modes=("host,macvlan" "ipvlan-l2,ipvlan-l3" "bridge,overlay")
build=${BUILD:-build}
usage() { sed -n '3,9s/^# \{0,1\}//p' "$0"; }
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift ;;
    --only) IFS=, read -ra conditions <<<"$2"; shift ;;
    --modes) modes=("$2"); shift ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) scenario=$1 ;;
  esac
  shift
done

folder=$(mktemp -d) background=() process=
declare -A boots=() trials=() differing=() thrown=()
# What was repeated so far, also of a soak that is stopped.
print_table() {
  local condition
  sum=0
  printf '%-10s %6s %7s %10s %12s\n' condition boots trials differing 'thrown away'
  for condition in "${conditions[@]}"; do
    printf '%-10s %6d %7d %10d %12d\n' "$condition" "${boots[$condition]:-0}" "${trials[$condition]:-0}" \
      "${differing[$condition]:-0}" "${thrown[$condition]:-0}"
    sum=$((sum + ${differing[$condition]:-0}))
  done
}
finish() {
  [ -z "$process" ] || kill "$process" 2>/dev/null || true
  [ ${#background[@]} -eq 0 ] || kill "${background[@]}" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'print_table; exit 130' INT TERM HUP

# Two processes that take whatever CPU they get, and end by themselves after an hour of it.
begin_busy() {
  for _ in 1 2; do
    (ulimit -t 3600; while :; do :; done) &
    background+=($!)
  done
}
end_background() {
  [ ${#background[@]} -eq 0 ] || kill "${background[@]}" 2>/dev/null || true
  wait "${background[@]}" 2>/dev/null || true
  background=()
}

# Stops and continues the machines of the run PROCESS at random moments until it has ended.
disturb() {
  local machine
  while kill -0 "$1" 2>/dev/null; do
    for machine in $(pgrep -P "$1" || true); do
      kill -STOP "$machine" 2>/dev/null || continue
      sleep "0.0$((RANDOM % 9 + 1))"
      kill -CONT "$machine" 2>/dev/null || true
    done
    sleep "0.$((RANDOM % 5 + 1))"
  done
}

# run CONDITION MODES OUT
run() {
  local command=("$build/netladder" run "$scenario" --lab vm --fresh --only "$2" --out "$3" --quiet) code=0
  [ "$1" != one-cpu ] || command=(taskset -c "$(taskset -pc $$ | grep -oE '[0-9]+$')" "${command[@]}")
  [ "$1" != busy ] || begin_busy
  "${command[@]}" >"$folder/output" 2>&1 &
  process=$!
  [ "$1" != signals ] || disturb "$process"
  wait "$process" || code=$?
  process=
  end_background
  [ "$code" -le 1 ] || { cat "$folder/output" >&2; echo "soak-vm: the run ended with exit code $code" >&2; return 1; }
}

# What the environment says was thrown away: boots and trials.
thrown_away() { sed -n '/"discarded"/,/}/s/.*"\(boots\|trials\)":[^0-9]*\([0-9]*\).*/\2/p' "$1/environment.json" | paste -sd+ | bc; }

for ((turn = 0; turn < runs; turn++)); do
  for part in "${modes[@]}"; do
    condition=${conditions[$((turn % ${#conditions[@]}))]}
    reference=$folder/${part//,/-} out=$folder/now
    rm -rf "$out"
    run "$condition" "$part" "$out" || exit 1
    rows=$(($(wc -l <"$out/results.csv") - 1))
    boots[$condition]=$((${boots[$condition]:-0} + 1))
    trials[$condition]=$((${trials[$condition]:-0} + rows))
    thrown[$condition]=$((${thrown[$condition]:-0} + $(thrown_away "$out")))
    [ -d "$reference" ] || cp -r "$out" "$reference"
    rows=$(diff <(cat "$reference/results.csv") "$out/results.csv" | grep -c '^>' || true)
    cmp -s "$reference/histograms.csv" "$out/histograms.csv" || rows=$((rows + 1))
    differing[$condition]=$((${differing[$condition]:-0} + rows))
    echo "$((turn + 1))/$runs $part $condition: $rows differing" >&2
  done
done

print_table
[ "$sum" -eq 0 ]

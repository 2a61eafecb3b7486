#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How good is the regression gate on this machine? COUNT comparisons of this build with itself, which must raise no alarm,
# and COUNT of a build whose agent is slower by SLOWDOWN percent on purpose, which must be found. Root. A comparison takes
# 15 s where the machine is quiet and a minute at most, all of them 15 to 40 minutes; stderr tells how far it is. LAB=vm does so
# on the instruction clock, without root: then it is 3 times, a slowdown of 1 % and a margin of 0.5 %, which only a clock
# without noise can tell.
set -euo pipefail
cd "$(dirname "$0")/.."

lab=${LAB:-native}
case $lab in
  vm) default=(3 1 0.5% scenarios/gate-vm.yaml) ;;
  *) default=(20 10 3% scenarios/gate.yaml) ;;
esac
count=${COUNT:-${default[0]}} slowdown=${SLOWDOWN:-${default[1]}} margin=${MARGIN:-${default[2]}}
scenario=${SCENARIO:-${default[3]}} build=${BUILD:-build} seed=${SEED:-1}
read -ra options <<<"${OPTIONS:-}" # more options of `netladder run`
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

slow=$build-slow-$slowdown
make -s BUILD="$slow" OPTIMISE="-O2 -g -DLAD_TEST_SLOWDOWN_PERCENT=$slowdown" "$slow/netladder-agent" >/dev/null
base=$PWD/$build/netladder-agent
# The same instructions in another file: the vm lab gives a file with the same bytes exactly the same figures.
cp "$base" "$work/itself"
echo >>"$work/itself"

# Compares the agent $2 with the base and says so as $1; true when it is found worse.
is_worse() {
  local code=0 out=$work/$1-$3 begin=$SECONDS
  NETLADDER_AGENT=$2 "$build/netladder" run "$scenario" --versus "$base" --seed "$3" --out "$out" --quiet \
    --lab "$lab" "${options[@]}" >"$out.txt" 2>"$out.err" || code=$?
  case $code in
    0 | 1 | 4) ;; # 4: some trials failed, the others were compared
    *) cat "$out.err" >&2; exit "$code" ;;
  esac
  code=0
  "$build/netladder" compare "$out/results.csv" --margin "$margin" >"$out.txt" || code=$?
  [ "$code" -le 1 ] || exit "$code"
  blocks=$(cut -d, -f10 "$out/results.csv" | sort -n | tail -n 1)
  echo "seed $3, $1: $(tail -n 1 "$out.txt") ($blocks blocks, $((SECONDS - begin)) s)"
  [ "$code" -eq 1 ]
}

# How far it is after $1 pairs.
tell_progress() {
  echo "$1 of $count pairs: $false_alarms false alarms, $found of $1 found; $((SECONDS / 60)) min so far, about" \
    "$(((SECONDS * (count - $1) / $1 + 59) / 60)) min left" >&2
}

false_alarms=0 found=0 SECONDS=0
for ((i = 1; i <= count; i++)); do # alternating, so that both kinds see the same machine
  if is_worse itself "$work/itself" $((seed + i - 1)); then false_alarms=$((false_alarms + 1)); fi
  if is_worse "slower by $slowdown %" "$PWD/$slow/netladder-agent" $((seed + i - 1)); then found=$((found + 1)); fi
  tell_progress "$i"
done
echo "$false_alarms of $count false alarms; a slowdown of $slowdown % found in $found of $count"
[ "$false_alarms" -eq 0 ] && [ "$found" -ge $((count * 19 / 20)) ]

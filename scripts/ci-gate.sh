#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The regression gate for CI. Exit 0: no regression; 1: one, beyond the margin; else as netladder. Needs root.
#
#   scripts/ci-gate.sh baseline DIR [SCENARIO]   measures, and compares with DIR/results.csv; without one, makes it
#   scripts/ci-gate.sh versus REF [SCENARIO]     builds the agent of the git commit REF and measures both in the same
#                                                blocks: for runners that are never the same machine twice
#   Variables: MARGIN (3%) and METRIC (each workload's main figure) go to `netladder compare`; OUT is the results
#   folder (results/gate-<UTC time>); BUILD is where the programs are (build).
#
# A trial that fails is no regression: the comparison judges the others. The
# table goes to $GITHUB_STEP_SUMMARY as Markdown where that is set, annotations to stdout, JUnit to OUT/gate.xml.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  sed -n 's/^#   //p' "$0" >&2
  exit 2
}
if [ $# -lt 2 ] || [ $# -gt 3 ]; then usage; fi
kind=$1 against=$2 scenario=${3:-scenarios/gate.yaml}
out=${OUT:-results/gate-$(date -u +%Y-%m-%dT%H-%M-%SZ)}
netladder=${BUILD:-build}/netladder
options=(--margin "${MARGIN:-3%}")
[ -z "${METRIC:-}" ] || options+=(--metric "$METRIC")

# A margin or metric that there is none of is said now, and not after the measurement.
"$netladder" verdict results/example "${options[@]}" >/dev/null || [ $? -ne 2 ] || exit 2

# Runs the scenario with the options given. A refuted order (1) and failed trials (4) are for the comparison to judge.
measure() {
  local code=0
  "$netladder" run "$scenario" --out "$out" --quiet "$@" >"$out.log" || code=$?
  case $code in 0 | 1 | 4) ;; *) exit "$code" ;; esac
  mv "$out.log" "$out/run.log"
}

mkdir -p "$(dirname "$out")"
case $kind in
  baseline)
    measure
    if [ ! -e "$against/results.csv" ]; then
      mkdir -p "$against"
      cp "$out/results.csv" "$out/environment.json" "$against/"
      echo "ci-gate: there was no baseline in $against: this run is it now; commit it"
      exit 0
    fi
    files=("$against/results.csv" "$out/results.csv")
    ;;
  versus)
    if ! commit=$(git rev-parse --verify --quiet "$against^{commit}"); then
      echo "ci-gate: '$against' is no commit of this repository; valid: a branch, a tag or a hash that was fetched" >&2
      exit 2
    fi
    base=$(mktemp -d)
    trap 'rm -rf "$base"' EXIT
    git archive "$commit" | tar -x -C "$base"
    make -s -j"$(nproc)" -C "$base" build/netladder-agent >&2
    measure --versus "$base/build/netladder-agent" ${METRIC:+--metric "$METRIC"}
    files=("$out/results.csv")
    ;;
  *) usage ;;
esac

code=0
"$netladder" compare "${files[@]}" "${options[@]}" --format table || code=$?
[ "$code" -le 1 ] || exit "$code"
"$netladder" compare "${files[@]}" "${options[@]}" --format junit >"$out/gate.xml" || true
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  "$netladder" compare "${files[@]}" "${options[@]}" --format markdown >>"$GITHUB_STEP_SUMMARY" || true
  "$netladder" compare "${files[@]}" "${options[@]}" --format github || true
fi
exit "$code"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The native lab beside Docker: scenarios/side-by-side.yaml in turn in both, so that the machine's moods hit both alike,
# and then `netladder compare` of all native runs with all of Docker's: a ratio for each mode and workload.
#
#   scripts/side-by-side.sh [ROUNDS [FOLDER [RUN OPTION...]]]    # 3 rounds; results/<UTC time>-side-by-side
#
# Each round takes about a minute and a half in the one and three in the other. --quick as an option makes it short.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-3}
folder=${2:-results/$(date -u +%Y-%m-%dT%H-%M-%SZ)-side-by-side}
shift $(($# < 2 ? $# : 2))
netladder=${BUILD:-build}/netladder
export NETLADDER_ENGINES=${NETLADDER_ENGINES:-/tmp/netladder-side-by-side}

# A refuted order (1) is an answer, and a trial that failed (4) leaves its row.
run() {
  local code=0
  "$netladder" run scenarios/side-by-side.yaml "$@" || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 1 ] || [ "$code" -eq 4 ] || exit "$code"
}

scripts/engines.sh start >/dev/null
trap 'scripts/engines.sh stop' EXIT
hosts=$(scripts/engines.sh hosts)
mkdir -p "$folder"
native='' docker=''
for round in $(seq "$rounds"); do
  run --lab native --seed "$round" --out "$folder/native-$round" "$@"
  run --lab docker --seed "$round" --out "$folder/docker-$round" --hosts "$hosts" "$@"
  native+=${native:+,}$folder/native-$round
  docker+=${docker:+,}$folder/docker-$round
done
"$netladder" compare "$native" "$docker" --ignore lab --margin 10% | tee "$folder/compare.txt" || [ "${PIPESTATUS[0]}" -eq 1 ]

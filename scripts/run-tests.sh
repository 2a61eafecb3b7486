#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs cmocka programs and ends with "N passed, N failed, N skipped"; the lines above it name what failed, and how.
#
#   scripts/run-tests.sh [--jobs N PROGRAM... --] PROGRAM...
#
# One after the other, save those before the --, which measure nothing: N of them at once. A program that does not end
# within NETLADDER_TEST_LIMIT_S seconds (900) is ended and has failed; so has one that dies, or ends with fewer tests
# than it announced.
set -euo pipefail

# Caches that libraries keep to the end are no leaks of ours.
export LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0
export CMOCKA_MESSAGE_OUTPUT=TAP

limit=${NETLADDER_TEST_LIMIT_S:-900} jobs=1 together=0 programs=()
if [ "${1:-}" = --jobs ]; then
  jobs=$2
  shift 2
fi
for word in "$@"; do
  if [ "$word" = -- ]; then together=${#programs[@]}; else programs+=("$word"); fi
done
folder=$(mktemp -d)
declare -A number_of=()
codes=() begun=() took=()

# Whatever ends us ends what we started: timeout passes the signal on to its program.
finish() {
  local running
  running=$(jobs -p)
  # shellcheck disable=SC2086
  [ -z "$running" ] || kill $running 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Starts program NUMBER. Its output goes to a file: what the program leaves behind cannot hold us up there.
start() {
  timeout --kill-after=10 "$limit" "${programs[$1]}" >"$folder/$1" 2>&1 &
  number_of[$!]=$1
  begun[$1]=$SECONDS
}

# Waits until any of those that run has ended.
await() {
  local process code=0
  wait -n -p process || code=$?
  codes[${number_of[$process]}]=$code
  took[${number_of[$process]}]=$((SECONDS - begun[${number_of[$process]}]))
}

# How program NUMBER, which ended with CODE, failed without a test of its own that says so; "": it did not.
why() {
  local ran planned where
  ran=$(grep -cE '^(not )?ok [0-9]+ ' "$folder/$1" || true)
  planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$folder/$1" | tail -n 1)
  where="in test $((ran + 1)) of ${planned:-?}"
  if [ "$2" -eq 124 ] || { [ "$2" -eq 137 ] && [ "${took[$1]}" -ge "$limit" ]; }; then
    echo "did not end within $limit s, $where"
  elif [ "$2" -gt 128 ]; then
    echo "died of SIG$(kill -l $(($2 - 128))), $where"
  elif [ "$2" -ne 0 ]; then
    grep -qE '^not ok ' "$folder/$1" || echo "ended with exit code $2"
  elif [ "$ran" -lt "${planned:-1}" ]; then
    echo "ended after $ran of ${planned:-?} tests"
  fi
}

for ((next = 0; next < together; next++)); do
  [ "$next" -lt "$jobs" ] || await
  start "$next"
done
while [ "${#codes[@]}" -lt "$together" ]; do await; done

passed=0 failed=0 skipped=0 wrong=()
for number in "${!programs[@]}"; do
  echo "== ${programs[$number]}"
  if [ "$number" -ge "$together" ]; then
    start "$number"
    await
  fi
  output=$folder/$number code=${codes[$number]}
  ok=$(grep -cE '^ok [0-9]+ - ' "$output" || true)
  bad=$(grep -cE '^not ok ' "$output" || true)
  skip=$(grep -cE '^ok [0-9]+ # SKIP' "$output" || true)
  reason=$(why "$number" "$code")
  [ -z "$reason" ] || bad=$((bad + 1))
  if [ "$bad" -gt 0 ]; then
    cat "$output"
    echo "exit code $code"
    wrong+=("${programs[$number]}: ${reason:-$(sed -n 's/^not ok [0-9]* - //p' "$output" | paste -sd ' ')}")
  else
    grep -E '^(ok|# skip)' "$output" || true
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
for line in "${wrong[@]}"; do echo "FAILED $line"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

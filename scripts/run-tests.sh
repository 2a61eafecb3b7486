#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs cmocka programs and ends with "N passed, N failed, N skipped"; the lines above it name what failed, and how.
#
#   scripts/run-tests.sh [--jobs N PROGRAM...]... [--] [PROGRAM...]
#
# One after the other. Behind a --jobs N stands a group, of which N run at once, beside those of the other groups. What
# stands behind the -- begins when all groups have ended: it wants the CPUs to itself. A program that does not end within
# NETLADDER_TEST_LIMIT_S seconds (1800) is ended and has failed; so has one that dies, or ends with fewer tests than it
# announced.
set -euo pipefail

# Caches that libraries keep to the end are no leaks of ours.
export LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0
export CMOCKA_MESSAGE_OUTPUT=TAP

limit=${NETLADDER_TEST_LIMIT_S:-1800}
programs=() group_of=() # the same number in both
width=() next=() end=() # of each group: how many at once, the program to be started next, the one behind its last
alone=0                 # the group behind the --; 0: there is none, or it is the only one
open_group() { width+=("$1") next+=("${#programs[@]}") end+=("${#programs[@]}"); }
while [ $# -gt 0 ]; do
  case $1 in
    --jobs)
      open_group "$2"
      shift
      ;;
    --)
      open_group 1
      alone=$((${#width[@]} - 1))
      ;;
    *)
      [ "${#width[@]}" -gt 0 ] || open_group 1
      programs+=("$1") group_of+=($((${#width[@]} - 1)))
      end[-1]=${#programs[@]}
      ;;
  esac
  shift
done
folder=$(mktemp -d)
declare -A number_of=() # of the process that is its program
codes=() begun=() took=() running=()
told=0 passed=0 failed=0 skipped=0 wrong=()

# Whatever ends us ends what we started: timeout passes the signal on to its program.
finish() {
  local processes
  processes=$(jobs -p)
  # shellcheck disable=SC2086
  [ -z "$processes" ] || kill $processes 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Starts the next program of GROUP. Its output goes to a file: what the program leaves behind cannot hold us up there.
start() {
  local number=${next[$1]}
  timeout --kill-after=10 "$limit" "${programs[$number]}" >"$folder/$number" 2>&1 &
  number_of[$!]=$number
  begun[number]=$SECONDS
  next[$1]=$((number + 1)) running[$1]=$((${running[$1]:-0} + 1))
}

# Waits until any of those that run has ended.
await() {
  local process number group code=0
  wait -n -p process || code=$?
  number=${number_of[$process]}
  unset "number_of[$process]"
  codes[number]=$code
  took[number]=$((SECONDS - begun[number]))
  group=${group_of[number]}
  running[group]=$((running[group] - 1))
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

# Says what became of program NUMBER, and counts it.
tell() {
  local output=$folder/$1 code=${codes[$1]} ok bad skip reason
  echo "== ${programs[$1]} (${took[$1]} s)"
  ok=$(grep -cE '^ok [0-9]+ - ' "$output" || true)
  bad=$(grep -cE '^not ok ' "$output" || true)
  skip=$(grep -cE '^ok [0-9]+ # SKIP' "$output" || true)
  reason=$(why "$1" "$code")
  [ -z "$reason" ] || bad=$((bad + 1))
  if [ "$bad" -gt 0 ]; then
    cat "$output"
    echo "exit code $code"
    wrong+=("${programs[$1]}: ${reason:-$(sed -n 's/^not ok [0-9]* - //p' "$output" | paste -sd ' ')}")
  else
    grep -E '^(ok|skipped:) ' "$output" || true
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

# Runs the groups from number FIRST to before LAST to their ends, and tells of the programs in their order.
run() {
  local group
  while :; do
    for ((group = $1; group < $2; group++)); do
      while [ "${next[group]}" -lt "${end[group]}" ] && [ "${running[group]:-0}" -lt "${width[group]}" ]; do
        start "$group"
      done
    done
    [ "${#number_of[@]}" -gt 0 ] || break
    await
    while [ -n "${codes[told]:-}" ]; do
      tell "$told"
      told=$((told + 1))
    done
  done
}

[ "$alone" -eq 0 ] || run 0 "$alone"
run "$alone" "${#width[@]}"
[ "${#wrong[@]}" -eq 0 ] || printf 'FAILED %s\n' "${wrong[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs cmocka programs one after the other and ends with "N passed, N failed, N skipped".
set -euo pipefail

# Caches that libraries keep to the end are no leaks of ours.
export LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0

passed=0 failed=0 skipped=0
for program in "$@"; do
  echo "== $program"
  code=0
  output=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 900 "$program" 2>&1) || code=$?
  ok=$(grep -cE '^ok [0-9]+ - ' <<<"$output" || true)
  bad=$(grep -cE '^not ok ' <<<"$output" || true)
  skip=$(grep -cE '^ok [0-9]+ # SKIP' <<<"$output" || true)
  # A program that dies has failed, whatever it printed before.
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$bad" -gt 0 ]; then
    echo "$output"
    echo "exit code $code"
  else
    grep -E '^(ok|# skip)' <<<"$output" || true
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

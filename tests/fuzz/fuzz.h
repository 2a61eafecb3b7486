/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

/*
 * What reads bytes from outside: each target takes any bytes and must neither crash, leak, hang nor touch memory that
 * is not its own; what it asserts beyond that stands in the target. `make fuzz` searches with libFuzzer, and
 * replay.c runs the corpus, with what was found before, in `make check`.
 */

#include <stddef.h>
#include <stdint.h>

typedef void fuzz_target(const uint8_t *data, size_t size);

fuzz_target fuzz_scenario, fuzz_results, fuzz_protocol, fuzz_datagram, fuzz_records, fuzz_greeting, fuzz_engine;

#endif

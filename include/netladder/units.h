/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_UNITS_H
#define NETLADDER_UNITS_H

/*
 * Numbers with units as people write them in scenario files and on the command line. Each parser accepts exactly the
 * whole string and returns 0, or -1 with one sentence in ERR that says what is wrong and what is valid.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"

#define LAD_NS_PER_US INT64_C(1000)
#define LAD_NS_PER_MS INT64_C(1000000)
#define LAD_NS_PER_S INT64_C(1000000000)

/* Bytes: `64`, `64B`, `1500`, `16KiB`, `4MiB`, `1GiB` (powers of 1024) and `16kB`, `4MB`, `1GB` (powers of 1000). */
int lad_parse_bytes(const char *text, int64_t *bytes, struct lad_error *err);

/* Bits per second: `10Gbit`, `100Mbit`, `64kbit`, `1.5Gbit`, `9600bit` (powers of 1000). A bare number has no unit:
 * refused. */
int lad_parse_rate(const char *text, double *bits_per_s, struct lad_error *err);

/* A duration: `250ms`, `2s`, `1.5s`, `100us`, `1min`. A bare number has no unit and is refused, save 0. */
int lad_parse_duration(const char *text, int64_t *duration_ns, struct lad_error *err);

/* A percentage as a ratio: `3%` is 0.03. A bare number is refused: is 0.5 a half, or half a percent? */
int lad_parse_percent(const char *text, double *ratio, struct lad_error *err);

/* A plain decimal number: `0.05`, `2`. No sign, no exponent. */
int lad_parse_decimal(const char *text, double *number, struct lad_error *err);

/* A whole number in decimal, 0 .. 2^64-1, without sign or leading zeros (010 is 8 to some, 10 to others). */
int lad_parse_count(const char *text, uint64_t *count, struct lad_error *err);

/* What is offered to a path: messages, or bits, a second. */
struct lad_load {
	double per_s;
	bool messages;
};

#define LAD_LOAD_MESSAGES_MAX 1e9

/* `1000/s`: messages, from 1 to LAD_LOAD_MESSAGES_MAX; `10Mbit`: bits, from 64kbit to 400Gbit. WORD, "" or as
 * "unlimited, ", stands before what ERR says is valid. */
int lad_parse_load(const char *text, const char *word, struct lad_load *load, struct lad_error *err);

/* Human forms, for tables: "37.4 Gbit/s", "9.1 us", "106.8 k". Writes at most SIZE bytes, always terminated. */
void lad_format_rate(char *out, size_t size, double bits_per_s);
void lad_format_duration(char *out, size_t size, int64_t duration_ns);
void lad_format_count(char *out, size_t size, double count);

#endif

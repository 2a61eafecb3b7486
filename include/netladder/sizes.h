/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SIZES_H
#define NETLADDER_SIZES_H

/*
 * A mix of message sizes as people write it: `64` (fixed), `64 1400` (each as often), `24*7 548*4 1400*1` (weighted),
 * `64..1400` (uniform, each whole number as often), `imix`. The last is 24*7 548*4 1400*1: the simple IMIX of 7 small,
 * 4 middle and 1 large packets (RFC 6985 describes such mixes), with a small one that still holds the datagram header
 * of udp_stream and a large one that fits an overlay's MTU of 1450.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/error.h"

#define LAD_SIZES_MAX 16
#define LAD_CRR_MIX_LEAST 4 /* bytes: with a mix, a request of tcp_crr begins with its size */

struct lad_sizes {
	bool uniform; /* from bytes[0] to bytes[1] */
	int count;
	int64_t bytes[LAD_SIZES_MAX];
	int64_t weights[LAD_SIZES_MAX];
	int64_t weight_sum;
};

/* Reads TEXT; sizes are 1 to 1 MiB in plain bytes, weights 1 to 1000. -1 with what is wrong and what is valid. */
int lad_sizes_parse(const char *text, struct lad_sizes *sizes, struct lad_error *err);

int64_t lad_sizes_least(const struct lad_sizes *sizes);
int64_t lad_sizes_most(const struct lad_sizes *sizes);
double lad_sizes_mean(const struct lad_sizes *sizes);

/* Draws one size; STATE is the random generator's (splitmix64, Steele et al. 2014), seeded by the caller. */
int64_t lad_sizes_draw(const struct lad_sizes *sizes, uint64_t *state);

/* The next number of the splitmix64 generator. */
uint64_t lad_random_next(uint64_t *state);

#endif

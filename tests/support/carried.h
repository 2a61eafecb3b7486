/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_CARRIED_H
#define SUPPORT_CARRIED_H

/*
 * Results made up for `capacity`, of a machine whose laws are known: a request of m bytes costs 10 us + 2 ns m of CPU
 * time, a write of a stream 1 us + 0.1 ns m; one pair makes 50,000 requests a second or writes of a stream, and N pairs
 * 50,000 N / (1 + 0.1 (N - 1)). Bridge costs twice as much and carries half. A
 * request that one packet does not hold costs 20 us more.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netladder/results.h"

#define CARRIED_BLOCKS 5

struct carried_plan {
	int levels[8];				  /* numbers of pairs, 0 ends them */
	int64_t request_bytes[8], write_bytes[8]; /* 0 ends them */
	double spread;				  /* of the noise of each row */
	int runs;				  /* 0: one */
	double drift;				  /* each run is so much faster than the one before */
	bool no_cpu;				  /* as with Docker Engines on other machines */
	int64_t mtu;				  /* 0: so large that each request is one packet */
	bool slo;				  /* rows of a search at one pair: p99=1ms up to 60 % of the rate */
	unsigned seed;				  /* of the noise */
};

/* Pairs 1, 2, 4; requests of 100, 1000 and 10000 bytes, writes of 1000, 10000 and 100000. */
extern const struct carried_plan carried_usual;

/* The rows of PLAN; free with lad_table_free. */
void carried_make(struct lad_table *table, const struct carried_plan *plan);
/* The same as a results folder, new at PATH, with an environment.json of a machine with 2 CPUs. */
void carried_folder(const struct carried_plan *plan, char path[64]);

#endif

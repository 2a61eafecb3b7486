/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_PACING_H
#define NETLADDER_PACING_H

/* Who keeps a stream to its rate: the words, what goes with which, and what a scenario and an agent are told of it. */

#include <stdbool.h>

#include "netladder/error.h"
#include "netladder/mode.h"

/* What the fq qdisc holds back of one socket's packets before it drops them (flow_limit, tc-fq(8)), and what is handed
 * to it at once here. */
#define LAD_FQ_FLOW_LIMIT 100
#define LAD_FQ_AHEAD 64

struct lad_pacing_use {
	enum lad_pacing pacing;
	enum lad_workload_kind kind;
	enum lad_io io;
	enum lad_direction direction;
	bool rated;    /* there is a rate */
	bool messages; /* it is one of messages, else of bits */
	int flows, burst;
};

/* Whether the rate becomes SO_MAX_PACING_RATE. AUTO: a tcp_stream's in bits does. */
static inline bool lad_pacing_by_socket(const struct lad_pacing_use *use)
{
	return use->rated && (use->pacing == LAD_PACING_MAX_PACING_RATE ||
			      (use->pacing == LAD_PACING_AUTO && use->kind == LAD_TCP_STREAM && !use->messages));
}

/* Refuses what contradicts itself: "WHAT IS WRONG; valid: …". */
int lad_pacing_check(const struct lad_pacing_use *use, struct lad_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_PACE_H
#define AGENT_CORE_PACE_H

/* Open loop: messages leave when they are due. */

#include "agent/core/timer.h"

/* The open loop's schedule: message NUMBER is due at base + NUMBER * interval. */
struct agent_pace {
	struct agent_timer timer;
	int64_t base_ns;
	int64_t
	    ahead_ns; /* messages are handed over so long before they are due; 0 unless the kernel has their times */
	double interval_ns;
	uint64_t sent; /* the next number */
	/* Sends message NUMBER; false: not now, ask again. */
	bool (*send)(struct agent *agent, uint64_t number, int64_t intended_ns);
	/* In its place, for whoever sends many a call: NUMBER and up to MOST in all, which are due as well. Returns how
	 * many went; 0: not now. */
	uint64_t (*send_many)(struct agent *agent, uint64_t number, uint64_t most);
	uint64_t most_a_turn; /* 0: the default */
	uint64_t counted;
	double error_sum_ns;
	int64_t error_max_ns;
};

void agent_pace_start(struct agent *agent, bool (*send)(struct agent *, uint64_t, int64_t));
/* A socket that took nothing takes something again: what is due need not wait for the next tick. */
void agent_pace_again(struct agent *agent);
void agent_pace_stop(struct agent *agent);
/* When message NUMBER of this thread is due: as if one thread dealt the messages of all flows in turn. */
int64_t agent_pace_due_ns(const struct agent *agent, uint64_t number);
/* Messages that were due before END_NS and have not left. */
uint64_t agent_pace_overdue(const struct agent *agent, int64_t end_ns);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_WINDOW_H
#define AGENT_CORE_WINDOW_H

/* The phases of a trial, and what is counted in its window. */

#include "agent/core/agent.h"

/* Runs agent->window; `report` is called at its end. */
void agent_window_start(struct agent *agent);
/* Ends the window now; `report` follows as at its end. False when it has not begun: there is nothing to report. */
bool agent_window_cut(struct agent *agent);
/* The other end has counted the job's amount: the window ends now, or as soon as it begins. */
void agent_window_enough(struct agent *agent);
/*
 * This end, or this thread of it, has counted what it was to: of several threads it goes on with more, until nothing is
 * left of the job's amount. Then the window's counts stand, and the window ends with the next turn of the loop, once
 * all threads are as far. To be called after a transaction's latency was recorded.
 */
void agent_window_reached(struct agent *agent);
/* To be called with what the job's amount is counted in, each time it grows: bytes of streams, else transactions. */
static inline void agent_counted(struct agent *agent, uint64_t count)
{
	if (__builtin_expect(count >= agent->enough, 0))
		agent_window_reached(agent);
}
/* Counts what a stream SENT (else received). */
static inline void agent_count(struct agent *agent, bool sent, uint64_t bytes, uint64_t messages)
{
	struct agent_counters *counters = &agent->counters;
	if (agent_is_reverse(agent, sent)) {
		counters->reverse_bytes += bytes;
		counters->reverse_messages += messages;
		return;
	}
	counters->bytes += bytes;
	counters->messages += messages;
	agent_counted(agent, counters->bytes);
}
/* The first instant after the measurement window. */
int64_t agent_window_end_ns(const struct agent *agent);
/*
 * Whether ERROR of a socket only says that the other end has gone, and the window is over: then it may. A machine that
 * stands still past the end wakes both ends at once, and the other may have reported and left before this one sends
 * what was due.
 */
bool agent_gone_after(const struct agent *agent, int error);
/* Whether a message that was due at INTENDED_NS belongs to the window. */
bool agent_in_window(const struct agent *agent, int64_t intended_ns);
/* The other end sent MESSAGES datagrams in all: the drain is over when as many have come. */
void agent_window_expect(struct agent *agent, uint64_t messages);
/* A flow has seen its end of file; when all have, the drain is over. */
void agent_flow_finished(struct agent_flow *flow);

#endif

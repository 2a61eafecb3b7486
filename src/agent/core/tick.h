/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_TICK_H
#define AGENT_CORE_TICK_H

/* For agents that are `blocking`: how a call that waits comes back. */

#include "agent/core/agent.h"

/* Makes the timer that interrupts the calling thread, the one that runs AGENT. */
int agent_tick_make(struct agent *agent, struct lad_error *err);
/* Safe without one. */
void agent_tick_free(struct agent *agent);
/* The loop wants to be back at EDGE_NS, and calls that wait are interrupted there; 0: now, and no more of them. */
void agent_set_edge(struct agent *agent, int64_t edge_ns);
/* Whether EDGE_NS is over, without a reading of the clock as long as no tick says that it may be. */
bool agent_edge_passed(struct agent *agent);
/* For recv() and its like: nobody waits while no tick would end it, which is whenever no traffic is due. */
static inline int agent_wait_flags(const struct agent *agent)
{
	return agent->edge_ns > 0 ? 0 : MSG_DONTWAIT;
}

/*
 * direct.c: a handler's first step, IO being its watcher. True: IO has left epoll, and the handler returns and is
 * called again at once; false: it goes on. And back into epoll, where it is again when nothing comes.
 */
bool agent_direct_begin(struct agent *agent, ev_io *io);
void agent_direct_end(struct agent *agent);

#endif

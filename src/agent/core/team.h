/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_TEAM_H
#define AGENT_CORE_TEAM_H

/*
 * A job with several threads. Each thread is a whole agent with a loop, sockets and counters of its own, which does its
 * share of the flows: between the edges of the window the threads know nothing of each other, and share no lock and no
 * cache line. The first, the lead, is the one that the control channel knows: it passes on when the window begins and
 * merges what the others report into its own result.
 */

#include "agent/core/agent.h"

/* What THREAD of JOB does, the lead being 0: flow number F goes to thread F % threads, and what the kernel paces with
 * it. The rate of messages and the amount stay whole: see pace.c and agent_team_claim(). */
struct lad_job agent_team_share(const struct lad_job *job, int thread);
/* Starts the other threads of JOB, each with its sockets open and its privileges given up. LEAD has its own sockets. */
int agent_team_make(struct agent *lead, const struct lad_job *job, struct lad_error *err);
/* The lead's window begins; is cut short; a sample of the lead's is there; the lead has its result. */
void agent_team_start(struct agent *lead);
void agent_team_cut(struct agent *lead);
void agent_team_sampled(struct agent *lead);
void agent_team_report(struct agent *lead);
/*
 * AGENT, any of the threads, takes what it counts next from what is left of the job's amount: LEAST or more, less only
 * when no more is left (0: nothing). As in guided self-scheduling (Polychronopoulos and Kuck, 1987) the parts get
 * smaller towards the end, so that all threads come to it together, each at its own speed, and their sum is exact.
 */
uint64_t agent_team_claim(struct agent *agent, uint64_t least);
/* AGENT has counted all that it took, and nothing is left. When this is so of each thread, the window ends. */
void agent_team_enough(struct agent *agent);
/* Connection FD is a flow of THREAD's, not the lead's (1 or above); at most as many as the job has flows. */
void agent_team_give(struct agent *lead, int thread, int fd);
/* Whether others have still to report. */
bool agent_team_waits(const struct agent *lead);
/* Ends the threads. What they had counted in an unfinished window is the lead's then. Safe without a team. */
void agent_team_halt(struct agent *lead);

#endif

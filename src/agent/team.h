/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_TEAM_H
#define AGENT_TEAM_H

/*
 * A job with several threads. Each thread is a whole agent with a loop, sockets and counters of its own, which does its
 * share of the flows: between the edges of the window the threads know nothing of each other, and share no lock and no
 * cache line. The first, the lead, is the one that the control channel knows: it passes on when the window begins and
 * merges what the others report into its own result.
 */

#include "agent/agent.h"

/* What THREAD of JOB does, the lead being 0: flow number F goes to thread F % threads, and the rate with it. */
struct lad_job agent_team_share(const struct lad_job *job, int thread);
/* Starts the other threads of JOB, each with its sockets open and its privileges given up. LEAD has its own sockets. */
int agent_team_make(struct agent *lead, const struct lad_job *job, struct lad_error *err);
/* The lead's window begins; is cut short; a sample of the lead's is there; the lead has its result. */
void agent_team_start(struct agent *lead);
void agent_team_cut(struct agent *lead);
void agent_team_sampled(struct agent *lead);
void agent_team_report(struct agent *lead);
/* Whether others have still to report. */
bool agent_team_waits(const struct agent *lead);
/* Ends the threads. What they had counted in an unfinished window is the lead's then. Safe without a team. */
void agent_team_halt(struct agent *lead);

/* merge.c: adds PART to SUM. SHARE is PART's share of the flows of both, for what is a mean. */
void agent_merge_sample(struct lad_sample *sum, const struct lad_sample *part, double share);
void agent_merge_result(struct lad_agent_result *sum, const struct lad_agent_result *part, double share);

#endif

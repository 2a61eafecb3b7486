/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

/*
 * A session is the atom of a trial: one generator, one sink, one workload between them. A trial runs all its sessions
 * behind one barrier and writes one row, which tells of the sessions of the judged workload; those of its background
 * load the path meanwhile.
 */

#include "netladder/lab.h"
#include "netladder/run.h"
#include "run/barrier.h"
#include "run/cpu.h"

struct session {
	const struct lad_workload *workload; /* the trial's, or one of its background */
	bool background;
	const struct lad_testbed_session *place; /* the testbed's */
	struct trial_agent *agents;		 /* the barrier's two, by role */
	uint64_t word[2];			 /* that its datagrams' senders are known by; 0: none */
	struct lad_agent_result results[LAD_ROLE_COUNT];
};

/* A trial under way. */
struct trial_run {
	const struct lad_trial_context *context;
	const struct lad_trial *trial;
	struct lad_testbed testbed;
	struct barrier barrier;
	struct session *sessions; /* owned, as many as the testbed has, and in that order */
	int judged_count;	  /* how many of them, the first, are of the judged workload */
	struct cpu_probe probe;
	/* At the window's two edges: CPU time, and what the devices have counted where the figures arise. */
	struct cpu_time cpu[2];
	struct lad_link_counters counters[2];
	int64_t delay_ns;		 /* of the wire, one way */
	int64_t begun_ns, set_up_ns;	 /* the network's first command, and the last agent's start */
	int64_t reachable_ns;		 /* all flows are open; 0: the workload opens none before the window */
	struct lad_agent_result *merged; /* owned, by role: of the judged sessions; NULL for one */
};

/* What the agent of ROLE in SESSION is told to do. */
struct lad_job session_job(const struct trial_run *run, const struct session *session, enum lad_role role);

/* Gets the agents ready, first all sinks and then all generators. */
int sessions_prepare(struct trial_run *run, struct lad_error *err);
/* Tells all when to begin, each by its own clock. WINDOW is by ours, its start filled in here. */
int sessions_start(struct trial_run *run, struct lad_window *window, struct lad_error *err);
/* After the window: hears all results, and lets the agents go. */
int sessions_finish(struct trial_run *run, struct lad_error *err);

/* merge.c: all results into ROW, and with several sessions into the context's. An error where they are no measurement.
 */
int merge_results(struct trial_run *run, struct lad_row *row, struct lad_error *err);

/* load.c: what a search has to know of an open loop. */
void fill_load(const struct trial_run *run, struct lad_trial_load *load);

#endif

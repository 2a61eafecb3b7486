/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_TRAFFIC_H
#define RUN_TRAFFIC_H

/* How a workload is sent and received: into the agents' jobs, and out of their results into the row. */

#include "netladder/plan.h"
#include "netladder/protocol.h"
#include "netladder/results.h"
#include "netladder/run.h"
#include "netladder/scenario.h"

void job_set_traffic(struct lad_job *job, const struct lad_workload *workload, const struct lad_scenario *scenario,
		     int64_t duration_ns);

/* The columns that are known before the trial. */
void describe_traffic(struct lad_row *row, const struct lad_workload *workload);

/* The role whose counts are the figures: of streams who receives, else the generator, which times the transactions. */
enum lad_role counter_of(const struct lad_workload *workload);
/* What ends the measurement early, in bytes or transactions as the kind has them; 0: nothing. */
int64_t amount_of(const struct lad_workload *workload);

/*
 * sockets.c: what the agents' sockets had, into the columns that tell of it. In TEXTS a congestion control
 * has theirs in place of what a file below /proc/sys said, and buffers and TTLs stand beside the sysctls that are to
 * set them. Nothing where the agents are too old to tell.
 */
void fill_sockets(struct lad_row *row, struct lad_trial_texts *texts, const struct lad_trial *trial,
		  const struct lad_agent_result results[LAD_ROLE_COUNT]);

/*
 * stall.c: how late an agent came at most to an interval sample or to the window's end: so long it was not run, or was
 * busy with one call. NAN when its window ended by an amount and there are no samples.
 */
double stall_of(const struct lad_agent_result *result, const struct lad_job *job, int64_t duration_ns);
/* A window far longer than DURATION_NS is none of its length: -1, with who was not run. */
int check_window(const struct lad_agent_result *result, const char *agent, int64_t duration_ns, struct lad_error *err);

/* An older agent (`run --versus`) knows no direction of datagrams, sends forward and says nothing: -1 when SINK did. */
int check_direction(const struct lad_workload *workload, const struct lad_agent_result *sink, struct lad_error *err);
/* The columns that the agents' results fill in, save those of trial.c. */
void fill_traffic(struct lad_row *row, const struct lad_workload *workload, const struct lad_agent_result *generator,
		  const struct lad_agent_result *sink);

#endif

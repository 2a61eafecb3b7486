/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_RUN_H
#define NETLADDER_RUN_H

/*
 * Runs a plan in the scenario's lab: has each trial's network built afresh, starts both agents behind a barrier,
 * collects what they counted, and writes a row a trial. A failed trial is a row with its reason and the run goes on.
 */

#include <stdbool.h>

#include "netladder/error.h"
#include "netladder/lab.h"
#include "netladder/network.h"
#include "netladder/plan.h"
#include "netladder/protocol.h"
#include "netladder/results.h"

/* What every row says of its run when the lab alone does not tell: the native lab inside the vm lab's guest. */
struct lad_run_identity {
	const char *run_id, *lab, *clock, *kernel;
};

struct lad_run_options {
	const char *directory;	   /* existing, empty: where the results go */
	bool resume;		   /* it holds the beginning of this very plan's results: go on behind them */
	const char *scenario_path; /* copied beside the results */
	bool progress_terminal;	   /* one line that is redrawn; else plain lines */
	bool quiet;
	const char *other_agent; /* path of the netladder-agent of variant a, the base; NULL: the same */
	/*
	 * For a plan that goes on until all is decided: asked after each block, its rows on disk. 1: enough, 0: go on,
	 * -1 with ERR. May be NULL.
	 */
	int (*enough)(int block, void *data, struct lad_error *err);
	void *enough_data;
	const struct lad_run_identity *identity; /* NULL: this machine, now */
	bool fresh;	       /* the vm lab boots its machine anew, also where an earlier run has frozen one */
	bool without_loopback; /* the agents' own round trip over loopback is not measured */
};

struct lad_run_outcome {
	int ok, failed, skipped; /* those that a resumed run found there among them */
	bool interrupted;	 /* SIGINT, SIGTERM or SIGHUP: what was measured is kept */
};

/* Blocks SIGINT, SIGTERM and SIGHUP while it runs. */
int lad_run_plan(const struct lad_scenario *scenario, const struct lad_plan *plan,
		 const struct lad_run_options *options, struct lad_run_outcome *outcome, struct lad_error *err);

/* Looks on from outside, for tests: called with the network standing, before the agents start and after they reported.
 */
struct lad_trial_observer {
	void (*built)(const struct lad_host *hosts, const struct lad_path *path, void *data);
	void (*measured)(const struct lad_host *hosts, const struct lad_path *path,
			 const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data);
	void *data;
};

/* The interval samples of one trial, by enum lad_role. */
struct lad_trial_samples {
	int counts[LAD_ROLE_COUNT];
	struct lad_sample samples[LAD_ROLE_COUNT][LAD_SAMPLES_MAX];
};

/* The sessions of one trial, where there are several: a row of measured columns each. Those of the background last. */
struct lad_trial_sessions {
	int count; /* 0: one, which the trial's row tells of */
	struct lad_row rows[LAD_TRIAL_SESSIONS_MAX];
	int generator_host[LAD_TRIAL_SESSIONS_MAX], sink_host[LAD_TRIAL_SESSIONS_MAX]; /* 0, 1, … */
	char names[LAD_TRIAL_SESSIONS_MAX][LAD_WORKLOAD_NAME_MAX];		       /* of the workloads; "": none */
	bool background[LAD_TRIAL_SESSIONS_MAX];
};

/* What a trial's row borrows until the next trial. */
struct lad_trial_texts {
	char effective[LAD_TUNING_TEXT_MAX], note[512];
};

/*
 * What a search asks of a trial beside its row: how much of what was due in the window arrived, of all sessions. Late
 * and unsent messages are lost.
 */
struct lad_trial_load {
	int64_t deadlines_ns[LAD_SEARCH_GOALS_MAX]; /* asked; 0: however late */
	int deadline_count;
	double intended, delivered;
	double unsent; /* of intended; NAN of requests, where it is among what was not delivered */
	double in_time[LAD_SEARCH_GOALS_MAX];		       /* of delivered, by each deadline */
	double latency_p50_us, latency_p99_us, latency_max_us; /* of datagrams one way; NAN: none */
};

/* What one trial needs from the run. */
struct lad_trial_context {
	struct lad_lab *lab; /* opened */
	int64_t warmup_ns, duration_ns;
	int signal_fd;				   /* readable when the run is to stop */
	const struct lad_trial_observer *observer; /* NULL: nobody */
	struct lad_trial_samples *samples;	   /* filled in by each trial; NULL: not wanted */
	struct lad_trial_texts *texts;		   /* likewise; NULL: the row gets none of them */
	struct lad_trial_sessions *sessions;	   /* likewise; NULL: not wanted */
	struct lad_trial_load *load; /* likewise; NULL: no search, and that nothing arrives is a failure */
	int64_t drain_ns;	     /* after the window; 0: the agents' own limit */
};

enum lad_trial_status { LAD_TRIAL_DONE, LAD_TRIAL_FAILED, LAD_TRIAL_INTERRUPTED, LAD_TRIAL_SKIPPED };

/*
 * Runs TRIAL and fills the measured columns of ROW and LATENCY (empty for streams). On LAD_TRIAL_FAILED and
 * LAD_TRIAL_SKIPPED (this machine cannot have what the trial asks for) the reason is in ERR. Nothing of the trial is
 * left when it returns.
 */
enum lad_trial_status lad_trial_run(const struct lad_trial_context *context, const struct lad_trial *trial,
				    struct lad_row *row, struct lad_histogram *latency, struct lad_error *err);

/*
 * Opens (O_PATH) the program NAME that belongs to netladder: what the environment's VARIABLE names, else beside the
 * running program, else in ../libexec/netladder. -1 with ERR, exit code LAD_EXIT_UNABLE.
 */
int lad_program_open(const char *name, const char *variable, struct lad_error *err);
/* netladder-agent, or $NETLADDER_AGENT. */
int lad_agent_open(struct lad_error *err);
/* Opens another one by its path: an executable regular file, or LAD_EXIT_USAGE. */
int lad_agent_open_path(const char *path, struct lad_error *err);

/* Writes DIRECTORY/environment.json: machine, kernel, sysctls and versions that matter, what LAB (opened) is made of.
 */
struct run_loopback; /* run/loopback.h */
int lad_environment_write(const char *directory, const struct lad_lab *lab, const struct lad_plan *plan,
			  const struct run_loopback *loopback, struct lad_error *err);
/* Fills the columns of ROW that are the same for the whole run. */
void lad_environment_row(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_row *row);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/run.h"
#include "netladder/units.h"
#include "run/cpu.h"
#include "run/session.h"
#include "run/traffic.h"

/* The order of a trial's steps: the lab sets up the testbed, the sessions measure behind the barrier, merge.c says
 * what. */

/* An agent that says nothing for this long is broken. */
#define ANSWER_LIMIT_NS (8 * LAD_NS_PER_S)

static int read_edge(struct trial_run *run, int edge, struct lad_error *err)
{
	const struct lab_ops *lab = run->context->lab->ops;
	/* Of a stream, the end where what counts arrives; of transactions, the sink. */
	const struct lad_workload *workload = run->trial->workload;
	enum lad_role role = lad_is_stream(workload->kind) ? counter_of(workload) : LAD_SINK;
	run->cpu[edge] = cpu_probe_read(&run->probe);
	return lab->count ? lab->count(&run->testbed, role, &run->counters[edge], err) : 0;
}

/* From edge to edge of the window, which the amount of the workload may cut short. */
static int watch_window(struct trial_run *run, const struct lad_window *window, struct lad_error *err)
{
	int64_t begin_ns = window->start_ns + window->warmup_ns, end_ns = begin_ns + window->duration_ns;
	if (barrier_pass_time(&run->barrier, begin_ns, err) < 0 || read_edge(run, 0, err) < 0)
		return -1;
	int status = amount_of(run->trial->workload) ? barrier_await_enough(&run->barrier, end_ns, err)
						     : barrier_pass_time(&run->barrier, end_ns, err);
	return status < 0 ? -1 : read_edge(run, 1, err);
}

static int measure(struct trial_run *run, struct lad_error *err)
{
	struct lad_window window = {0, run->context->warmup_ns, run->context->duration_ns};
	if (sessions_prepare(run, err) < 0 || sessions_start(run, &window, err) < 0 ||
	    watch_window(run, &window, err) < 0)
		return -1;
	return sessions_finish(run, err);
}

static void hand_over_samples(const struct trial_run *run)
{
	struct lad_trial_samples *samples = run->context->samples;
	for (int role = 0; samples && role < LAD_ROLE_COUNT; role++) {
		const struct lad_agent_result *result = &(run->merged ? run->merged : run->sessions[0].results)[role];
		samples->counts[role] = result->sample_count;
		memcpy(samples->samples[role], result->samples, sizeof samples->samples[role]);
	}
}

/* The agents of a session of the background, by the name of its workload: "bulk's sink", or "bulk's sink 3". */
static void name_background(const struct trial_run *run, const struct session *session, int number)
{
	static const char *const names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct trial_agent *agent = &session->agents[role];
		int used = snprintf(agent->name, sizeof agent->name, "%s's %s", session->workload->name, names[role]);
		if (run->judged_count > 1)
			snprintf(agent->name + used, sizeof agent->name - (size_t)used, " %d", number);
	}
}

/* Who is to talk on the testbed that the lab has set, and of what. */
static void meet_agents(struct trial_run *run)
{
	for (int i = 0; i < run->testbed.session_count; i++) {
		struct session *session = &run->sessions[i];
		session->background = i >= run->judged_count;
		session->workload =
		    session->background ? &run->trial->backgrounds[i / run->judged_count - 1] : run->trial->workload;
		session->place = &run->testbed.sessions[i];
		session->agents = &run->barrier.agents[i * LAD_ROLE_COUNT];
		for (int role = 0; role < LAD_ROLE_COUNT; role++) {
			session->agents[role].channel = session->place->agents[role];
			session->agents[role].result = &session->results[role];
		}
		if (session->background)
			name_background(run, session, i % run->judged_count + 1);
	}
}

static int run_on_testbed(struct trial_run *run, struct lad_row *row, struct lad_error *err)
{
	const struct lad_trial_context *context = run->context;
	const struct lad_trial_observer *observer = context->observer;
	const struct lad_testbed *testbed = &run->testbed;
	run->begun_ns = barrier_now_ns();
	if (context->lab->ops->set_up(context->lab, run->trial, &run->testbed, err) < 0)
		return -1;
	run->set_up_ns = barrier_now_ns();
	if (observer && observer->built)
		observer->built(testbed->hosts, testbed->path, observer->data);
	meet_agents(run);
	if (measure(run, err) < 0 || merge_results(run, row, err) < 0)
		return -1;
	row->setup_s = (double)(run->set_up_ns - run->begun_ns) / 1e9;
	if (run->reachable_ns)
		row->reachable_s = (double)(run->reachable_ns - run->begun_ns) / 1e9;
	if (context->load)
		fill_load(run, context->load);
	if (observer && observer->measured)
		observer->measured(testbed->hosts, testbed->path, &run->sessions[0].results[LAD_GENERATOR],
				   &run->sessions[0].results[LAD_SINK], observer->data);
	return 0;
}

static int make_run(struct trial_run *run, struct lad_error *err)
{
	const struct lad_trial_context *context = run->context;
	int sessions = lad_trial_session_count(run->trial);
	run->judged_count = lad_topology_sessions(lad_trial_topology(run->trial));
	run->delay_ns =
	    lad_tuning_integer(run->trial->tuning, LAD_SETTING_DELAY, context->lab->scenario->wire_delay_ns);
	run->testbed.sessions = calloc((size_t)sessions, sizeof *run->testbed.sessions);
	run->sessions = calloc((size_t)sessions, sizeof *run->sessions);
	if (run->judged_count > 1)
		run->merged = calloc(LAD_ROLE_COUNT, sizeof *run->merged);
	if (context->sessions)
		context->sessions->count = 0;
	run->testbed.session_count = sessions;
	if (!run->testbed.sessions || !run->sessions || (run->judged_count > 1 && !run->merged))
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (barrier_make(&run->barrier, sessions, run->judged_count, err) < 0)
		return -1;
	run->barrier.signal_fd = context->signal_fd;
	/* An agent's own limits are shorter: it says why. */
	run->barrier.limit_ns = ANSWER_LIMIT_NS + 12 * run->delay_ns;
	return 0;
}

static void free_run(struct trial_run *run)
{
	barrier_free(&run->barrier);
	free(run->testbed.sessions);
	free(run->sessions);
	free(run->merged);
}

enum lad_trial_status lad_trial_run(const struct lad_trial_context *context, const struct lad_trial *trial,
				    struct lad_row *row, struct lad_histogram *latency, struct lad_error *err)
{
	struct trial_run run = {.context = context, .trial = trial};
	lad_histogram_reset(latency);
	if (make_run(&run, err) < 0) {
		free_run(&run);
		return LAD_TRIAL_FAILED;
	}
	cpu_probe_open(&run.probe);
	int status = run_on_testbed(&run, row, err);
	cpu_probe_close(&run.probe);
	if (!lad_is_stream(trial->workload->kind)) /* one-way delay is no latency of transactions */
		*latency = (run.merged ? run.merged : run.sessions[0].results)[LAD_GENERATOR].latency;
	bool interrupted = run.barrier.interrupted || (status < 0 && err && err->exit_code == LAD_EXIT_INTERRUPTED);
	bool impossible = run.testbed.impossible || run.barrier.impossible;
	hand_over_samples(&run);
	context->lab->ops->tear_down(context->lab, &run.testbed);
	free_run(&run);
	if (status == 0)
		return LAD_TRIAL_DONE;
	return interrupted ? LAD_TRIAL_INTERRUPTED : impossible ? LAD_TRIAL_SKIPPED : LAD_TRIAL_FAILED;
}

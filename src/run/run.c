/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/run.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/output.h"
#include "run/limits.h"
#include "run/loopback.h"
#include "run/resume.h"
#include "run/search_run.h"
#include "run/state.h"
#include "run/traffic.h"

#define RUNNER_FILES 64
#define RUNNER_FILES_EACH 8  /* of each session more: its ends, and its agents' pipes and processes */
#define ENGINE_FILES 8	     /* connections to one */
#define ENGINE_FILES_EACH 12 /* of each session: its agents' connections and pipes */
#define AGENT_FILES 32	     /* of each of an agent's threads, besides a flow's */

static void find_cpus(struct lad_lab *lab)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof set, &set);
	lab->cpu_first = lab->cpu_last = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET((unsigned)cpu, &set))
			continue;
		if (lab->cpu_first < 0)
			lab->cpu_first = cpu;
		lab->cpu_last = cpu;
	}
}

static bool is_planned(const struct lad_plan *plan, enum lad_mode mode)
{
	for (int i = 0; i < plan->trial_count; i++)
		if (plan->trials[i].mode == mode)
			return true;
	return false;
}

/* Which of the plan's modes this lab has here. That it cannot even make the host mode is no skip: the whole run is
 * impossible. */
static int probe_modes(struct run *run, struct lad_error *err)
{
	struct lad_error inner;
	const struct lab_ops *lab = run->lab.ops;
	if (!lab->usable && lab->probe(run->scenario, LAD_MODE_HOST, err) < 0)
		return -1;
	for (int i = 0; i < run->scenario->mode_count; i++) {
		enum lad_mode mode = run->scenario->modes[i];
		if (!is_planned(run->plan, mode))
			continue;
		inner.saved_errno = 0;
		run->usable[mode] =
		    (lab->usable ? lab->usable(&run->lab, mode, &inner) : lab->probe(run->scenario, mode, &inner)) == 0;
		if (run->usable[mode])
			continue;
		if (lad_is_shortage(inner.saved_errno)) { /* the mode may well be there */
			if (err)
				*err = inner;
			return lad_error_context(err, "%s", lad_mode_name(mode));
		}
		snprintf(run->reasons[mode], sizeof run->reasons[mode], "%.500s", lad_error_line(&inner).text);
	}
	return 0;
}

static int agent_files(const struct lad_workload *workload)
{
	return workload->flows + AGENT_FILES * (workload->traffic.threads > 1 ? workload->traffic.threads : 1);
}

/*
 * The descriptors that a run needs, so that it fails before its first trial and not in the middle of one: the runner's
 * own (it has up to 30 open at a time), and in the labs of this machine the agents', which have the same limit.
 */
static int want_files(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_error *err)
{
	int most = 0;
	bool native = scenario->lab == LAD_LAB_NATIVE, docker = scenario->lab == LAD_LAB_DOCKER;
	for (int i = 0; i < plan->trial_count && (native || docker); i++) {
		const struct lad_trial *trial = &plan->trials[i];
		int sessions = lad_trial_session_count(trial);
		int own =
		    RUNNER_FILES + (docker ? ENGINE_FILES * scenario->docker.host_count + ENGINE_FILES_EACH * sessions
					   : RUNNER_FILES_EACH * (sessions - 1));
		most = own > most ? own : most;
		for (int b = -1; native && b < trial->background_count; b++) {
			int files = agent_files(b < 0 ? trial->workload : &trial->backgrounds[b]);
			most = files > most ? files : most;
		}
	}
	return lad_want_files(most > RUNNER_FILES ? most : RUNNER_FILES, err);
}

/* In the labs of this machine the agents are its processes. */
static int want_room(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_error *err)
{
	int sessions = 1, hosts = 2;
	for (int i = 0; i < plan->trial_count; i++) {
		const struct lad_topology *topology = lad_trial_topology(&plan->trials[i]);
		int own = lad_trial_session_count(&plan->trials[i]);
		sessions = own > sessions ? own : sessions;
		hosts = topology->hosts > hosts ? topology->hosts : hosts;
	}
	struct run_needs needs = run_needs_of(sessions, hosts);
	return scenario->lab == LAD_LAB_NATIVE ? run_needs_check(&needs, err) : 0;
}

static void identify(const struct lad_run_identity *identity, struct lad_row *row)
{
	snprintf(row->run_id, sizeof row->run_id, "%s", identity->run_id);
	snprintf(row->lab, sizeof row->lab, "%s", identity->lab);
	snprintf(row->clock, sizeof row->clock, "%s", identity->clock);
	snprintf(row->kernel, sizeof row->kernel, "%s", identity->kernel);
}

/* After the workload's own words and before the topology's, which stand last. */
static void describe_background(struct lad_row *row, const struct lad_trial *trial)
{
	size_t used = strlen(row->options);
	lad_backgrounds_describe(trial->backgrounds, trial->background_count, row->background);
	if (row->background[0])
		snprintf(row->options + used, sizeof row->options - used, "%sbackground=%s", used ? " " : "",
			 row->background);
}

/* The words that tell its rows from others stand with the workload's. */
static void describe_topology(struct lad_row *row, const struct lad_topology *topology)
{
	char words[64];
	size_t used = strlen(row->options);
	row->sessions = lad_topology_sessions(topology);
	row->hosts = topology->hosts;
	lad_topology_describe(topology, words, sizeof words);
	if (!words[0])
		return;
	snprintf(row->options + used, sizeof row->options - used, "%s%s", used ? " " : "", words);
	snprintf(row->topology, sizeof row->topology, "%s=%d", lad_pattern_name(topology->pattern), topology->count);
}

/* The goal's words stand before the topology's. The search says when messages leave. */
static void describe_goal(struct lad_row *row, const struct lad_search_goal *goal)
{
	char words[128];
	size_t used = strlen(row->options);
	if (!goal)
		return;
	lad_search_goal_describe(goal, words, sizeof words);
	snprintf(row->options + used, sizeof row->options - used, "%s%s", used ? " " : "", words);
	snprintf(row->goal, sizeof row->goal, "%s", goal->name);
	snprintf(row->loop, sizeof row->loop, "open");
	row->duration_s = goal->final_duration_s;
}

void run_describe(struct run *run, const struct lad_trial *trial, struct lad_row *row)
{
	*row = run->template_row;
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(row->time, sizeof row->time, "%Y-%m-%dT%H:%M:%SZ", &utc);
	row->block = trial->block;
	row->variant[0] = trial->variant;
	row->max_blocks = run->plan->stop_when_decided ? run->plan->blocks : -1;
	snprintf(row->tuning, sizeof row->tuning, "%s", trial->tuning->name);
	snprintf(row->tuning_base, sizeof row->tuning_base, "%s", run->scenario->tunings[0].name);
	lad_tuning_describe(trial->tuning, run->settings, sizeof run->settings);
	row->tuning_settings = run->settings;
	row->trial = trial->number;
	row->mode = trial->mode;
	row->placement = trial->placement;
	row->workload = trial->workload->kind;
	row->flows = trial->workload->flows;
	row->message_bytes = trial->workload->message_bytes;
	row->cpus = trial->workload->cpus;
	snprintf(row->congestion_control, sizeof row->congestion_control, "%s", trial->workload->congestion_control);
	bool by_kernel = trial->workload->leave_send_buffer || trial->workload->leave_receive_buffer;
	row->socket_buffer_bytes = by_kernel ? 0 : trial->workload->socket_buffer_bytes;
	describe_traffic(row, trial->workload);
	describe_background(row, trial);
	describe_goal(row, trial->goal);
	describe_topology(row, lad_trial_topology(trial));
}

const char *run_obstacle(const struct run *run, const struct lad_trial *trial)
{
	if (trial->background_count && !run->lab.ops->takes_backgrounds)
		return "this lab measures one workload at a time; try: --lab native or --lab vm";
	return run->usable[trial->mode] ? NULL : run->reasons[trial->mode];
}

int run_write_without(struct run *run, const struct lad_trial *trial, enum lad_status status, const char *reason,
		      struct lad_error *err)
{
	struct lad_row row;
	run_describe(run, trial, &row); /* no half-measured figure beside a failure */
	row.status = status;
	snprintf(row.reason, sizeof row.reason, "%.510s", reason);
	if (lad_results_append(run->writer, &row, NULL, err) < 0)
		return -1;
	if (status == LAD_STATUS_SKIPPED)
		run->outcome->skipped++;
	else
		run->outcome->failed++;
	return 0;
}

static int write_measured(struct run *run, const struct lad_row *row, struct lad_error *err)
{
	const struct lad_trial_samples *samples = run->context.samples;
	if (lad_results_append(run->writer, row, run->latency->total ? run->latency : NULL, err) < 0)
		return -1;
	for (int agent = 0; agent < LAD_ROLE_COUNT; agent++)
		if (lad_results_append_samples(run->writer, row, agent == LAD_SINK ? "sink" : "generator",
					       samples->samples[agent], samples->counts[agent], err) < 0)
			return -1;
	const struct lad_trial_sessions *sessions = run->context.sessions;
	for (int i = 0; i < sessions->count; i++) {
		const struct lad_session_about about = {i + 1, sessions->generator_host[i] + 1,
							sessions->sink_host[i] + 1, sessions->names[i],
							sessions->background[i]};
		if (lad_results_append_session(run->writer, row, &about, &sessions->rows[i], err) < 0)
			return -1;
	}
	run->outcome->ok++;
	return 0;
}

void run_choose_agent(struct run *run, const struct lad_trial *trial)
{
	run->lab.agent_fd = trial->variant == 'a' ? run->base_agent : run->agent;
}

/* 0: a row was written. 1: interrupted. */
static int run_trial(struct run *run, const struct lad_trial *trial, struct lad_error *err)
{
	struct lad_row row;
	struct lad_error inner = {0};
	const char *obstacle = run_obstacle(run, trial);
	if (obstacle)
		return run_write_without(run, trial, LAD_STATUS_SKIPPED, obstacle, err);
	run_describe(run, trial, &row);
	lad_histogram_reset(run->latency);
	run_choose_agent(run, trial);
	switch (lad_trial_run(&run->context, trial, &row, run->latency, &inner)) {
	case LAD_TRIAL_INTERRUPTED:
		run->outcome->interrupted = true;
		return 1;
	case LAD_TRIAL_SKIPPED:
		return run_write_without(run, trial, LAD_STATUS_SKIPPED, lad_error_line(&inner).text, err);
	case LAD_TRIAL_FAILED:
		return run_write_without(run, trial, LAD_STATUS_FAILED, lad_error_line(&inner).text, err);
	case LAD_TRIAL_DONE:
		break;
	}
	return write_measured(run, &row, err);
}

static bool stop_asked(int signal_fd)
{
	struct signalfd_siginfo info;
	return read(signal_fd, &info, sizeof info) == sizeof info;
}

bool run_stop_asked(const struct run *run)
{
	return stop_asked(run->context.signal_fd);
}

/* What was measured of BLOCK is safe. 1: nothing more needs to be. */
static int end_block(struct run *run, int block, struct lad_error *err)
{
	if (lad_results_sync(run->writer, err) < 0)
		return -1;
	if (!run->plan->stop_when_decided || !run->options->enough)
		return 0;
	return run->options->enough(block, run->options->enough_data, err);
}

static bool ends_block(const struct lad_plan *plan, int index)
{
	return index + 1 == plan->trial_count || plan->trials[index + 1].block != plan->trials[index].block;
}

/* Those of the group that trial *INDEX is of, which becomes that of the last one. 1: interrupted. */
static int run_searches(struct run *run, int *index, struct lad_error *err)
{
	int first = *index, count = search_group(run, &first);
	*index = first + count - 1;
	int status = search_run_group(run, first, count, err);
	run->outcome->interrupted |= status == 1;
	return status;
}

static int run_trials(struct run *run, struct lad_error *err)
{
	const struct lad_plan *plan = run->plan;
	progress_begin(&run->progress, plan, run->done, lad_lab_estimate_ns(run->lab.ops, run->scenario, plan),
		       run->options->progress_terminal, run->options->quiet);
	/* A run that ended between the last row of a block and the look at it takes that look now. */
	bool at_look = run->done > 0 && ends_block(plan, run->done - 1);
	int status = at_look ? end_block(run, plan->trials[run->done - 1].block, err) : 0;
	for (int i = run->done; i < plan->trial_count && status == 0; i++) {
		const struct lad_trial *trial = &plan->trials[i];
		if (run_stop_asked(run)) {
			run->outcome->interrupted = true;
			break;
		}
		progress_trial(&run->progress, trial);
		status = trial->goal ? run_searches(run, &i, err) : run_trial(run, trial, err);
		if (status == 0 && ends_block(plan, i))
			status = end_block(run, trial->block, err);
	}
	progress_end(&run->progress);
	if (status == 1) /* interrupted, or enough: what was measured is kept */
		return lad_results_sync(run->writer, err);
	return status;
}

static int copy_scenario(const char *from, const char *directory, struct lad_error *err)
{
	char path[4200];
	lad_cleanup_free char *text = NULL;
	size_t size = 0;
	lad_cleanup_file FILE *in = fopen(from, "re");
	/* The whole stream: YAML has no NUL. */
	ssize_t got = in ? getdelim(&text, &size, '\0', in) : -1;
	if (!in || ferror(in))
		return lad_error_errno(err, errno, "cannot read %s", from);
	snprintf(path, sizeof path, "%s/scenario.yaml", directory);
	return lad_output_write(path, text, got > 0 ? (size_t)got : 0, err);
}

static int begin_results(struct run *run, struct lad_error *err)
{
	const char *directory = run->options->directory;
	struct run_loopback loopback = {.tcp_p50_us = NAN, .udp_p50_us = NAN};
	if (!run->options->without_loopback)
		run_loopback_measure(&run->context, &loopback);
	return lad_environment_write(directory, &run->lab, run->plan, &loopback, err) < 0 ||
		       copy_scenario(run->options->scenario_path, directory, err) < 0
		   ? -1
		   : lad_results_create(directory, &run->writer, err);
}

/* Holds every row against the plan, and counts it. */
static int take_over(struct run *run, const struct lad_table *table, struct lad_error *err)
{
	for (; run->done < table->row_count; run->done++) {
		const struct lad_row *row = &table->rows[run->done];
		struct lad_row expected;
		run_describe(run, &run->plan->trials[run->done], &expected);
		if (run_resume_check(row, &expected, err) < 0 || search_remember(run, row, err) < 0)
			return -1;
		run->outcome->ok += row->status == LAD_STATUS_OK;
		run->outcome->failed += row->status == LAD_STATUS_FAILED;
		run->outcome->skipped += row->status == LAD_STATUS_SKIPPED;
	}
	if (run->done)
		memcpy(run->template_row.run_id, table->rows[0].run_id, sizeof run->template_row.run_id);
	return 0;
}

static int resume_results(struct run *run, struct lad_error *err)
{
	const char *directory = run->options->directory;
	struct lad_table table;
	if (run_resume_read(directory, run->options->scenario_path, run->plan, &table, err) < 0)
		return -1;
	int status = take_over(run, &table, err);
	lad_table_free(&table);
	return status < 0 ? -1 : lad_results_open(directory, &run->writer, err);
}

/* In an opened lab. */
static int run_in_lab(struct run *run, struct lad_error *err)
{
	if (probe_modes(run, err) < 0 ||
	    (run->options->resume ? resume_results(run, err) : begin_results(run, err)) < 0)
		return -1;
	int status = run_trials(run, err);
	search_forget(run);
	lad_results_close(run->writer);
	return status;
}

static int run_with_signals_blocked(struct run *run, const sigset_t *signals, struct lad_error *err)
{
	lad_cleanup_fd int signal_fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
	lad_cleanup_fd int agent_fd = lad_agent_open(err);
	const char *other = run->options->other_agent;
	lad_cleanup_fd int other_fd = agent_fd >= 0 && other ? lad_agent_open_path(other, err) : -1;
	lad_cleanup_free struct lad_histogram *latency = calloc(1, sizeof *latency);
	lad_cleanup_free struct lad_trial_samples *samples = calloc(1, sizeof *samples);
	lad_cleanup_free struct lad_trial_sessions *sessions = calloc(1, sizeof *sessions);
	if (agent_fd < 0 || (other && other_fd < 0))
		return -1;
	if (signal_fd < 0 || !latency || !samples || !sessions)
		return lad_error_errno(err, errno, "cannot watch for signals");
	run->latency = latency;
	run->lab.agent_fd = run->agent = agent_fd;
	run->lab.base_agent_fd = run->base_agent = other ? other_fd : agent_fd;
	run->context = (struct lad_trial_context){.lab = &run->lab,
						  .texts = &run->texts,
						  .warmup_ns = run->plan->warmup_ns,
						  .duration_ns = run->plan->duration_ns,
						  .signal_fd = signal_fd,
						  .samples = samples,
						  .sessions = sessions};
	find_cpus(&run->lab);
	lad_environment_row(run->scenario, run->plan, &run->template_row);
	if (run->options->identity)
		identify(run->options->identity, &run->template_row);
	memcpy(run->run_id, run->template_row.run_id,
	       sizeof run->run_id); /* a resumed run's rows have the first one's */
	run->lab.run_id = run->run_id;
	const struct lab_ops *ops = run->lab.ops;
	if (ops->open && ops->open(&run->lab, err) < 0) {
		/* Whatever else may have gone wrong then, who asked for the end has got it. */
		while (stop_asked(signal_fd))
			err->exit_code = LAD_EXIT_INTERRUPTED;
		return -1;
	}
	if (ops->describe)
		ops->describe(&run->lab, &run->template_row);
	int status = run_in_lab(run, err);
	if (ops->close)
		ops->close(&run->lab);
	/* Taken here, a signal is answered with exit code 130; left pending it would kill us once it is unblocked. */
	while (stop_asked(signal_fd))
		run->outcome->interrupted = true;
	return status;
}

int lad_run_plan(const struct lad_scenario *scenario, const struct lad_plan *plan,
		 const struct lad_run_options *options, struct lad_run_outcome *outcome, struct lad_error *err)
{
	memset(outcome, 0, sizeof *outcome);
	if (want_files(scenario, plan, err) < 0 || want_room(scenario, plan, err) < 0)
		return -1;
	const struct lab_ops *ops = lad_lab_of(scenario->lab);
	if (!ops)
		return lad_error_set(err, LAD_EXIT_UNABLE, "this build has no %s lab", lad_lab_name(scenario->lab));
	if (ops->run)
		return ops->run(scenario, plan, options, outcome, err);
	lad_cleanup_free struct run *run = calloc(1, sizeof *run);
	if (!run)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	run->lab = (struct lad_lab){.ops = ops, .scenario = scenario};
	run->scenario = scenario;
	run->plan = plan;
	run->options = options;
	run->outcome = outcome;
	sigset_t signals, before;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	signal(SIGPIPE, SIG_IGN); /* an agent that died is a failed trial, not our death */
	int status = run_with_signals_blocked(run, &signals, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

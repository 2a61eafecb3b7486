/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "netladder/units.h"
#include "run/search_member.h"

/* The Measurer of a search (RFC 9971, 4.9.1): one trial at a load. */

/* A trial that broke is repeated so often before its search is given up. */
#define REPEATS 2
/* The least that what is under way at the window's end gets beyond the wire's round trip. */
#define LEAST_DRAIN_NS (5 * LAD_NS_PER_MS)

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * How long after the window a message still counts: as long as the backlog lasts that an overload of one width makes in
 * it. A queue that holds more would let a short trial at too high a load pass for one without loss, because whatever is
 * too much waits there until the trial is over. RFC 2544's two seconds (23) are little beside its trials of 60.
 */
static int64_t drain_ns(const struct lad_plan *plan, double duration_s)
{
	int64_t longest_ns = LEAST_DRAIN_NS;
	double narrowest = 1;
	for (int g = 0; g < plan->goal_count; g++) {
		narrowest = fmin(narrowest, plan->goals[g].width_ratio);
		if (plan->goals[g].deadline_ns > longest_ns)
			longest_ns = plan->goals[g].deadline_ns;
	}
	int64_t backlog_ns = (int64_t)(narrowest * duration_s * 1e9);
	return backlog_ns > longest_ns ? backlog_ns : longest_ns;
}

/* The deadlines of the plan's goals. */
static struct lad_trial_load questions(const struct lad_plan *plan)
{
	struct lad_trial_load load = {.deadline_count = plan->goal_count};
	for (int g = 0; g < plan->goal_count; g++)
		load.deadlines_ns[g] = plan->goals[g].deadline_ns;
	return load;
}

static enum lad_search_limit limit_of(const struct lad_plan *plan, const struct lad_workload *workload,
				      const struct lad_row *row, const struct lad_trial_load *load)
{
	bool reverse = workload->traffic.direction == LAD_REVERSE;
	struct lad_search_load_facts facts = {.intended = load->intended,
					      .unsent = isnan(load->unsent) ? 0 : load->unsent,
					      .schedule_error_mean_us = row->schedule_error_mean_us,
					      .window_s = row->duration_s,
					      .sender_cpu_s = reverse ? row->cpu_receiver_s : row->cpu_sender_s,
					      .all_cpu_s = row->cpu_sender_s + row->cpu_receiver_s,
					      .sender_threads = row->sessions * row->threads,
					      .shared = workload->cpus == LAD_CPUS_SHARED,
					      .machine_cpu_s = row->cpu_system_s,
					      .machine_cpus = (int)sysconf(_SC_NPROCESSORS_ONLN)};
	for (int g = 0; g < plan->goal_count; g++) {
		int64_t deadline_ns = plan->goals[g].deadline_ns;
		if (deadline_ns && (!facts.deadline_ns || deadline_ns < facts.deadline_ns))
			facts.deadline_ns = deadline_ns;
	}
	return lad_search_limit_of(&facts);
}

static double loss_ratio(double delivered, double intended)
{
	return intended > 0 ? fmax(0, 1 - delivered / intended) : 1;
}

static struct lad_search_outcome outcome_of(const struct lad_plan *plan, const struct lad_search_trial *wanted,
					    const struct lad_row *row, const struct lad_trial_load *load, double cost_s)
{
	struct lad_search_outcome outcome = {.duration_s = wanted->duration_s,
					     .forwarding_rate = forwarded_per_s(row) / row->sessions,
					     .cost_s = cost_s};
	for (int g = 0; g < plan->goal_count; g++)
		outcome.loss_ratio[g] = loss_ratio(load->in_time[g], load->intended);
	return outcome;
}

static void fill_step(const struct lad_plan *plan, struct lad_search_step *step, const struct lad_row *row,
		      const struct lad_trial_load *load, const struct lad_search_outcome *outcome)
{
	size_t used = 0;
	for (int g = 0; g < plan->goal_count && used < sizeof step->goal_loss_ratios; g++)
		used += (size_t)snprintf(step->goal_loss_ratios + used, sizeof step->goal_loss_ratios - used,
					 "%s%s=%.6g", g ? " " : "", plan->goals[g].name, outcome->loss_ratio[g]);
	step->intended_total = load->intended;
	step->unsent_total = load->unsent;
	step->delivered_total = load->delivered;
	step->loss_ratio = loss_ratio(load->delivered, load->intended);
	step->forwarded_per_s = forwarded_per_s(row);
	step->latency_p50_us = load->latency_p50_us;
	step->latency_p99_us = load->latency_p99_us;
	step->latency_max_us = load->latency_max_us;
	step->schedule_error_mean_us = row->schedule_error_mean_us;
	step->cpu_sender_s = row->cpu_sender_s;
	step->cpu_receiver_s = row->cpu_receiver_s;
	snprintf(step->limited_by, sizeof step->limited_by, "%s", lad_search_limit_name(outcome->limited_by));
}

/* A trial that broke says nothing of its load. */
static void take_failure(struct member *member, enum lad_trial_status status, const struct lad_error *why)
{
	struct lad_search_step *step = &member->steps[member->step_count - 1];
	snprintf(step->phase, sizeof step->phase, "failed");
	snprintf(step->reason, sizeof step->reason, "%.500s", lad_error_line(why).text);
	if (status == LAD_TRIAL_SKIPPED)
		member_give_up(member, LAD_STATUS_SKIPPED, lad_error_line(why).text);
	else if (++member->repeats > REPEATS)
		member_give_up(member, LAD_STATUS_FAILED, lad_error_line(why).text);
}

static int take_trial(struct run *run, struct member *member, const struct lad_search_trial *wanted,
		      const struct lad_row *row, const struct lad_trial_load *load, double cost_s,
		      struct lad_error *err)
{
	struct lad_search_outcome outcome = outcome_of(run->plan, wanted, row, load, cost_s);
	outcome.limited_by = limit_of(run->plan, member->trial->workload, row, load);
	fill_step(run->plan, &member->steps[member->step_count - 1], row, load, &outcome);
	member->repeats = 0;
	if (member_keep(member, row, run->latency, err) < 0 || lad_search_take(member->search, &outcome, err) < 0)
		return -1;
	return 0;
}

int member_step(struct run *run, struct member *member, int left, struct lad_error *err)
{
	struct lad_search_trial wanted;
	if (!lad_search_next(member->search, &wanted)) {
		member->over = true;
		return 0;
	}
	if (!member_add_step(member, &wanted, err))
		return -1;
	progress_search(&run->progress, member->trial, member->step_count, wanted.load, left);
	struct lad_workload workload = *member->trial->workload;
	workload.traffic.rate_per_s = wanted.load;
	struct lad_trial trial = *member->trial;
	trial.workload = &workload;
	struct lad_trial_load load = questions(run->plan);
	struct lad_trial_context context = run->context;
	context.duration_ns = (int64_t)(wanted.duration_s * 1e9 + 0.5);
	context.samples = NULL;
	context.texts = &member->texts;
	context.load = &load;
	context.drain_ns = drain_ns(run->plan, wanted.duration_s);
	struct lad_row row;
	struct lad_error why = {0};
	run_describe(run, member->trial, &row);
	row.offered_per_s = wanted.load;
	run_choose_agent(run, member->trial);
	double begin_s = now_s();
	enum lad_trial_status status = lad_trial_run(&context, &trial, &row, run->latency, &why);
	if (status == LAD_TRIAL_INTERRUPTED)
		return 1;
	if (status != LAD_TRIAL_DONE) {
		take_failure(member, status, &why);
		return 0;
	}
	return take_trial(run, member, &wanted, &row, &load, now_s() - begin_s, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/search_run.h"

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/row_key.h"
#include "netladder/units.h"

/* A trial that broke is repeated so often before its search is given up. */
#define REPEATS 2
/* The least that what is under way at the window's end gets beyond the wire's round trip. */
#define LEAST_DRAIN_NS (5 * LAD_NS_PER_MS)

/* What is kept of a trial's latency: its buckets that are not empty. */
struct bucket {
	int bucket;
	uint64_t count;
};

/* One trial of a search, as far as a row may come to be made of it. */
struct kept_trial {
	struct lad_row row;
	struct bucket *buckets; /* owned */
	int bucket_count;
	uint64_t total;
	int64_t min_ns, max_ns;
	double sum_ns;
};

/* One combination of the group and its search. */
struct member {
	const struct lad_trial *trial; /* that of its first goal */
	struct lad_search *search;     /* owned; NULL: there is none */
	bool over;
	enum lad_status status;
	char reason[512]; /* where the status is not ok */
	int repeats;	  /* of the trial that is to come */
	struct lad_trial_texts texts;
	struct kept_trial *kept; /* owned; of trial number N the place N - 1 */
	int kept_count, kept_capacity;
	struct lad_search_step *steps; /* owned */
	int step_count, step_capacity;
};

struct group {
	struct run *run;
	int first, count;	/* the plan's trials */
	struct member *members; /* owned; of trial T the place (T - first) / goals */
	int member_count;
	gsl_rng *random; /* owned */
};

/* What searches have found before, to begin there. */
struct search_memory {
	struct lad_row_key key;
	double lower, upper;
	struct search_memory *next; /* owned */
};

static struct search_memory *recall(const struct run *run, const struct lad_row *row)
{
	struct search_memory *at = run->memory;
	while (at && !lad_row_key_fits(&at->key, row, 0))
		at = at->next;
	return at;
}

int search_remember(struct run *run, const struct lad_row *row, struct lad_error *err)
{
	if (!row->goal[0] || !(row->load_lower_per_s > 0) || !(row->load_upper_per_s > 0))
		return 0;
	struct search_memory *known = recall(run, row);
	if (!known) {
		known = calloc(1, sizeof *known);
		if (!known)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
		known->key = lad_row_key_of(row);
		known->next = run->memory;
		run->memory = known;
	}
	known->lower = row->load_lower_per_s;
	known->upper = row->load_upper_per_s;
	return 0;
}

void search_forget(struct run *run)
{
	while (run->memory) {
		struct search_memory *next = run->memory->next;
		free(run->memory);
		run->memory = next;
	}
}

/* Which entry of the scenario's workloads it is, whatever the tuning made of it. */
static long workload_number(const struct run *run, const struct lad_trial *trial)
{
	return (trial->workload - run->plan->workloads) % run->scenario->workload_count;
}

static bool same_group(const struct run *run, int a, int b)
{
	const struct lad_trial *one = &run->plan->trials[a], *other = &run->plan->trials[b];
	return one->block == other->block && one->placement == other->placement && one->topology == other->topology &&
	       workload_number(run, one) == workload_number(run, other);
}

int search_group(const struct run *run, int *first)
{
	int end = *first + 1;
	while (*first > 0 && same_group(run, *first - 1, *first))
		(*first)--;
	while (end < run->plan->trial_count && same_group(run, *first, end))
		end++;
	return end - *first;
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void give_up(struct member *member, enum lad_status status, const char *reason)
{
	member->over = true;
	member->status = status;
	snprintf(member->reason, sizeof member->reason, "%.500s", reason);
}

static int grow(void **array, int *capacity, int count, size_t element, struct lad_error *err)
{
	if (count < *capacity)
		return 0;
	int larger = *capacity ? 2 * *capacity : 64;
	void *moved = realloc(*array, (size_t)larger * element);
	if (!moved)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	*array = moved;
	*capacity = larger;
	return 0;
}

/* Each search draws its own, lest found loads are always the same few; exact figures are to be the same. */
static double grid_offset(const struct group *group)
{
	bool exact = strcmp(group->run->template_row.clock, "instructions") == 0;
	return exact ? 0 : gsl_rng_uniform(group->random);
}

static int begin_search(struct group *group, struct member *member, struct lad_error *err)
{
	struct run *run = group->run;
	const struct lad_plan *plan = run->plan;
	struct lad_search_input input = {.goals = plan->goals,
					 .goal_count = plan->goal_count,
					 .max_load =
					     lad_search_max_load(&run->scenario->search, member->trial->workload),
					 .min_load = lad_search_min_load(plan->goals, plan->goal_count),
					 .grid_offset = grid_offset(group),
					 .limit_s = (double)run->scenario->search.limit_ns / 1e9};
	for (int g = 0; g < plan->goal_count; g++) {
		struct lad_row row;
		run_describe(run, member->trial + g, &row);
		const struct search_memory *known = recall(run, &row);
		if (known)
			input.hints[g] = (struct lad_search_hint){known->lower, known->upper};
	}
	member->search = lad_search_begin(&input, err);
	return member->search ? 0 : -1;
}

static int begin_member(struct group *group, int number, struct lad_error *err)
{
	struct run *run = group->run;
	struct member *member = &group->members[number];
	int goals = run->plan->goal_count, first = group->first + number * goals;
	member->trial = &run->plan->trials[first];
	if (first + goals <= run->done) { /* its rows are there */
		member->over = true;
		return 0;
	}
	const char *obstacle = run_obstacle(run, member->trial);
	if (obstacle) {
		give_up(member, LAD_STATUS_SKIPPED, obstacle);
		return 0;
	}
	return begin_search(group, member, err);
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
	bool reverse = workload->manner.direction == LAD_REVERSE;
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

static double forwarded_per_s(const struct lad_row *row)
{
	return row->workload == LAD_UDP_STREAM ? row->packets_per_s : row->transactions_per_s;
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

/* The step of the trial that is to come, without figures. */
static struct lad_search_step *add_step(struct member *member, const struct lad_search_trial *wanted,
					struct lad_error *err)
{
	if (grow((void **)&member->steps, &member->step_capacity, member->step_count, sizeof *member->steps, err) < 0)
		return NULL;
	struct lad_search_step *step = &member->steps[member->step_count++];
	*step = (struct lad_search_step){.step = member->step_count,
					 .load_per_s = wanted->load,
					 .duration_s = wanted->duration_s,
					 .intended_total = NAN,
					 .unsent_total = NAN,
					 .delivered_total = NAN,
					 .loss_ratio = NAN,
					 .forwarded_per_s = NAN,
					 .latency_p50_us = NAN,
					 .latency_p99_us = NAN,
					 .latency_max_us = NAN,
					 .schedule_error_mean_us = NAN,
					 .cpu_sender_s = NAN,
					 .cpu_receiver_s = NAN};
	snprintf(step->phase, sizeof step->phase, "%s", wanted->warm_up ? "warmup" : "search");
	return step;
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

static int keep_trial(struct member *member, const struct lad_row *row, const struct lad_histogram *latency,
		      struct lad_error *err)
{
	int used = 0;
	if (grow((void **)&member->kept, &member->kept_capacity, member->kept_count, sizeof *member->kept, err) < 0)
		return -1;
	for (int i = 0; i < LAD_HISTOGRAM_BUCKETS; i++)
		used += latency->counts[i] > 0;
	struct kept_trial *kept = &member->kept[member->kept_count];
	*kept = (struct kept_trial){.row = *row,
				    .total = latency->total,
				    .min_ns = latency->min_ns,
				    .max_ns = latency->max_ns,
				    .sum_ns = latency->sum_ns};
	kept->buckets = used ? calloc((size_t)used, sizeof *kept->buckets) : NULL;
	if (used && !kept->buckets)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	for (int i = 0; i < LAD_HISTOGRAM_BUCKETS; i++)
		if (latency->counts[i])
			kept->buckets[kept->bucket_count++] = (struct bucket){i, latency->counts[i]};
	member->kept_count++;
	return 0;
}

static void unpack_latency(const struct kept_trial *kept, struct lad_histogram *latency)
{
	lad_histogram_reset(latency);
	for (int i = 0; i < kept->bucket_count; i++)
		latency->counts[kept->buckets[i].bucket] = kept->buckets[i].count;
	latency->total = kept->total;
	latency->min_ns = kept->min_ns;
	latency->max_ns = kept->max_ns;
	latency->sum_ns = kept->sum_ns;
}

/* A trial that broke says nothing of its load. */
static void take_failure(struct member *member, enum lad_trial_status status, const struct lad_error *why)
{
	struct lad_search_step *step = &member->steps[member->step_count - 1];
	snprintf(step->phase, sizeof step->phase, "failed");
	snprintf(step->reason, sizeof step->reason, "%.500s", lad_error_line(why).text);
	if (status == LAD_TRIAL_SKIPPED)
		give_up(member, LAD_STATUS_SKIPPED, lad_error_line(why).text);
	else if (++member->repeats > REPEATS)
		give_up(member, LAD_STATUS_FAILED, lad_error_line(why).text);
}

static int take_trial(struct group *group, struct member *member, const struct lad_search_trial *wanted,
		      const struct lad_row *row, const struct lad_trial_load *load, double cost_s,
		      struct lad_error *err)
{
	struct run *run = group->run;
	struct lad_search_outcome outcome = outcome_of(run->plan, wanted, row, load, cost_s);
	outcome.limited_by = limit_of(run->plan, member->trial->workload, row, load);
	fill_step(run->plan, &member->steps[member->step_count - 1], row, load, &outcome);
	member->repeats = 0;
	if (keep_trial(member, row, run->latency, err) < 0 || lad_search_take(member->search, &outcome, err) < 0)
		return -1;
	return 0;
}

/* The search's next trial. 0: done, or the search is over. 1: interrupted. -1 with ERR. */
static int step(struct group *group, struct member *member, int left, struct lad_error *err)
{
	struct run *run = group->run;
	struct lad_search_trial wanted;
	if (!lad_search_next(member->search, &wanted)) {
		member->over = true;
		return 0;
	}
	if (!add_step(member, &wanted, err))
		return -1;
	progress_search(&run->progress, member->trial, member->step_count, wanted.load, left);
	struct lad_workload workload = *member->trial->workload;
	workload.manner.rate_per_s = wanted.load;
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
	return take_trial(group, member, &wanted, &row, &load, now_s() - begin_s, err);
}

static int search_all(struct group *group, struct lad_error *err)
{
	lad_cleanup_free int *order = calloc((size_t)group->member_count + 1, sizeof *order);
	if (!order)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	for (;;) {
		int left = 0;
		for (int i = 0; i < group->member_count; i++)
			if (!group->members[i].over)
				order[left++] = i;
		if (!left)
			return 0;
		gsl_ran_shuffle(group->random, order, (size_t)left, sizeof *order);
		for (int i = 0; i < left; i++) {
			if (run_stop_asked(group->run))
				return 1;
			int status = step(group, &group->members[order[i]], left, err);
			if (status != 0)
				return status;
		}
	}
}

/* Puts what was found for goal G into ROW, which is the bounding trial's. */
static void fill_found(const struct member *member, const struct lad_search_found *found, struct lad_row *row)
{
	double rate = found->conditional_throughput * row->sessions, was = forwarded_per_s(row);
	if (row->workload == LAD_UDP_STREAM) {
		row->goodput_bps = was > 0 ? row->goodput_bps * rate / was : 0;
		row->packets_per_s = rate;
	} else {
		row->transactions_per_s = rate;
	}
	row->load_per_s = found->conditional_throughput;
	row->load_lower_per_s = found->lower;
	row->load_upper_per_s = found->upper;
	row->load_trials = lad_search_trial_count(member->search);
	snprintf(row->load_regular, sizeof row->load_regular, found->regular ? "yes" : "no");
	snprintf(row->load_limited_by, sizeof row->load_limited_by, "%s", lad_search_limit_name(found->limited_by));
}

/* Why there is no load that meets the goal. */
static void say_none(const struct member *member, const struct lad_trial *trial, const struct lad_search_found *found,
		     char *out, size_t size)
{
	if (found->limited_by == LAD_LIMIT_TIME)
		snprintf(out, size, "goal %s: search.limit was reached after %d trials, before any load met it",
			 trial->goal->name, lad_search_trial_count(member->search));
	else
		snprintf(out, size, "goal %s: the least load that is tried, %.0f/s, does not meet it",
			 trial->goal->name, found->upper);
}

static int write_found(struct group *group, const struct member *member, const struct lad_trial *trial,
		       struct lad_error *err)
{
	struct run *run = group->run;
	struct lad_row row;
	char reason[256];
	struct lad_search_found found = lad_search_goal_found(member->search, (int)(trial - member->trial));
	if (!found.bounding_trial) {
		say_none(member, trial, &found, reason, sizeof reason);
		return run_write_without(run, trial, LAD_STATUS_SKIPPED, reason, err);
	}
	const struct kept_trial *kept = &member->kept[found.bounding_trial - 1];
	struct lad_row described;
	run_describe(run, trial, &described); /* and the text that the rows of this tuning share */
	row = kept->row;
	row.trial = described.trial;
	row.tuning_settings = described.tuning_settings;
	memcpy(row.goal, described.goal, sizeof row.goal);
	memcpy(row.options, described.options, sizeof row.options);
	fill_found(member, &found, &row);
	unpack_latency(kept, run->latency);
	if (lad_results_append(run->writer, &row, run->latency->total ? run->latency : NULL, err) < 0)
		return -1;
	run->outcome->ok++;
	return search_remember(run, &row, err);
}

static int write_steps(struct group *group, const struct member *member, struct lad_error *err)
{
	struct lad_row row;
	run_describe(group->run, member->trial, &row);
	for (int i = 0; i < member->step_count; i++)
		if (lad_results_append_step(group->run->writer, &row, &member->steps[i], err) < 0)
			return -1;
	return 0;
}

static int write_group(struct group *group, struct lad_error *err)
{
	struct run *run = group->run;
	for (int i = group->first; i < group->first + group->count; i++) {
		const struct lad_trial *trial = &run->plan->trials[i];
		const struct member *member = &group->members[(i - group->first) / run->plan->goal_count];
		if (i < run->done)
			continue;
		int status = member->status == LAD_STATUS_OK
				 ? write_found(group, member, trial, err)
				 : run_write_without(run, trial, member->status, member->reason, err);
		if (status < 0 || (trial == member->trial && write_steps(group, member, err) < 0))
			return -1;
	}
	return 0;
}

static void free_group(struct group *group)
{
	for (int i = 0; i < group->member_count; i++) {
		struct member *member = &group->members[i];
		for (int j = 0; j < member->kept_count; j++)
			free(member->kept[j].buckets);
		free(member->kept);
		free(member->steps);
		lad_search_end(member->search);
	}
	free(group->members);
	if (group->random)
		gsl_rng_free(group->random);
}

static int make_group(struct group *group, struct lad_error *err)
{
	const struct lad_plan *plan = group->run->plan;
	group->members = calloc((size_t)group->count, sizeof *group->members);
	group->random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!group->members || !group->random)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	/* The same seed gives the same orders and grids, in each group others. */
	gsl_rng_set(group->random, (unsigned long)((plan->seed ^ plan->seed >> 32) * 2654435761U +
						   (uint64_t)plan->trials[group->first].number) &
				       UINT32_MAX);
	group->member_count = group->count / plan->goal_count;
	for (int i = 0; i < group->member_count; i++)
		if (begin_member(group, i, err) < 0)
			return -1;
	return 0;
}

int search_run_group(struct run *run, int first, int count, struct lad_error *err)
{
	struct group group = {.run = run, .first = first, .count = count};
	int status = make_group(&group, err);
	if (status == 0)
		status = search_all(&group, err);
	if (status == 0)
		status = write_group(&group, err);
	free_group(&group);
	return status;
}

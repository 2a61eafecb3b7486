/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/plan.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/text.h"
#include "netladder/units.h"

#define BLOCKS_MAX 1000

/* What a trial takes beside its warm-up and its window: prepare, connect, the barrier, drain and results. */
#define TRIAL_OVERHEAD_NS (60 * LAD_NS_PER_MS)

/*
 * gsl's mt19937 looks at 32 bits of the seed and takes 0 for 4357. Folded, every bit of ours counts, and 0 is a seed
 * like any other (the finaliser of SplitMix64: Steele, Lea & Flood, OOPSLA 2014).
 */
static unsigned long fold_seed(uint64_t seed)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
	seed ^= seed >> 31;
	return (unsigned long)(seed & UINT32_MAX);
}

static bool has_mode(const struct lad_scenario *scenario, enum lad_mode mode)
{
	for (int i = 0; i < scenario->mode_count; i++)
		if (scenario->modes[i] == mode)
			return true;
	return false;
}

static int complain_mode(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err)
{
	const char *names[LAD_MODE_COUNT];
	for (int i = 0; i < scenario->mode_count; i++)
		names[i] = lad_mode_name(scenario->modes[i]);
	char valid[128];
	lad_join(valid, sizeof valid, names, (size_t)scenario->mode_count);
	return lad_error_set(err, LAD_EXIT_USAGE, "%s is not a mode of scenario %s; valid: %s", lad_mode_name(mode),
			     scenario->name, valid);
}

/* Which of the scenario's modes to measure: those of --only, in the scenario's order. Returns how many, or -1. */
static int select_modes(const struct lad_scenario *scenario, const bool only[LAD_MODE_COUNT],
			enum lad_mode modes[LAD_MODE_COUNT], struct lad_error *err)
{
	bool any = false;
	for (int i = 0; i < LAD_MODE_COUNT; i++) {
		if (only[i] && !has_mode(scenario, (enum lad_mode)i))
			return complain_mode(scenario, (enum lad_mode)i, err);
		any = any || only[i];
	}
	int count = 0;
	for (int i = 0; i < scenario->mode_count; i++)
		if (!any || only[scenario->modes[i]])
			modes[count++] = scenario->modes[i];
	return count;
}

/* What the sysctl KEY sets for sockets governs: a default of the workload is then not set on them. */
static void give_way(struct lad_workload *workload, const struct lad_tuning *tuning, const char *key)
{
	bool own_buffer = workload->buffer_given || tuning->settings[LAD_SETTING_SOCKET_BUFFER].set;
	bool own_control = workload->congestion_given || tuning->settings[LAD_SETTING_CONGESTION_CONTROL].set;
	enum lad_socket_setting setting = lad_sysctl_of_sockets(key, workload->kind);
	if (setting == LAD_SOCKET_CONGESTION_CONTROL && !own_control)
		workload->congestion_control[0] = '\0';
	workload->leave_send_buffer |= setting == LAD_SOCKET_SEND_BUFFER && !own_buffer;
	workload->leave_receive_buffer |= setting == LAD_SOCKET_RECEIVE_BUFFER && !own_buffer;
}

/* WORKLOAD of SCENARIO with what TUNING puts in its place. */
static struct lad_workload tuned_workload(const struct lad_scenario *scenario, const struct lad_workload *workload,
					  const struct lad_tuning *tuning)
{
	struct lad_workload tuned = *workload;
	tuned.flows = (int)lad_tuning_integer(tuning, LAD_SETTING_FLOWS, workload->flows);
	tuned.socket_buffer_bytes =
	    lad_tuning_integer(tuning, LAD_SETTING_SOCKET_BUFFER, workload->socket_buffer_bytes);
	tuned.traffic.ip = (enum lad_ip)lad_tuning_integer(tuning, LAD_SETTING_IP, workload->traffic.ip);
	const struct lad_setting_value *algorithm = &tuning->settings[LAD_SETTING_CONGESTION_CONTROL];
	if (algorithm->set && *workload->congestion_control) /* UDP has none */
		snprintf(tuned.congestion_control, sizeof tuned.congestion_control, "%.15s", algorithm->text);
	for (int i = 0; i < tuning->sysctl_count; i++)
		give_way(&tuned, tuning, tuning->sysctls[i].key);
	for (int i = 0; i < scenario->docker.sysctl_count; i++)
		give_way(&tuned, tuning, scenario->docker.sysctls[i].key);
	return tuned;
}

static int make_workloads(const struct lad_scenario *scenario, struct lad_plan *plan)
{
	plan->workloads =
	    calloc((size_t)scenario->tuning_count * (size_t)scenario->workload_count, sizeof *plan->workloads);
	if (!plan->workloads)
		return -1;
	for (int t = 0; t < scenario->tuning_count; t++)
		for (int w = 0; w < scenario->workload_count; w++)
			plan->workloads[t * scenario->workload_count + w] =
			    tuned_workload(scenario, &scenario->workloads[w], &scenario->tunings[t]);
	return 0;
}

/* Whatever its own entry says of CPUs and IP, it is between the containers of the workload that it loads. */
static struct lad_workload as_background_of(const struct lad_workload *judged, struct lad_workload background)
{
	background.cpus = judged->cpus;
	background.traffic.ip = judged->traffic.ip;
	return background;
}

/* After the workloads. */
static int make_backgrounds(const struct lad_scenario *scenario, struct lad_plan *plan)
{
	if (!scenario->background_count)
		return 0;
	size_t count = (size_t)scenario->tuning_count * (size_t)scenario->workload_count;
	plan->backgrounds = calloc(count * LAD_BACKGROUNDS_MAX, sizeof *plan->backgrounds);
	for (size_t i = 0; plan->backgrounds && i < count; i++) {
		const struct lad_workload *judged = &plan->workloads[i];
		const struct lad_tuning *tuning = &scenario->tunings[i / (size_t)scenario->workload_count];
		for (int b = 0; b < judged->background_count; b++)
			plan->backgrounds[i * LAD_BACKGROUNDS_MAX + (size_t)b] = as_background_of(
			    judged, tuned_workload(scenario, &scenario->backgrounds[judged->backgrounds[b]], tuning));
	}
	return plan->backgrounds ? 0 : -1;
}

/* What is combined: the modes and tunings that were chosen, and how often each combination stands in a block. */
struct combinations {
	enum lad_mode modes[LAD_MODE_COUNT];
	int mode_count;
	int tunings[LAD_TUNINGS_MAX]; /* numbers in the scenario */
	int tuning_count;
	int versus_tuning; /* of variant b; -1: the same as a's */
	int variants;	   /* 1 or 2 */
};

static int find_tuning(const struct lad_scenario *scenario, const char *name, struct lad_error *err)
{
	const char *names[LAD_TUNINGS_MAX];
	char valid[512];
	for (int i = 0; i < scenario->tuning_count; i++) {
		names[i] = scenario->tunings[i].name;
		if (strcmp(names[i], name) == 0)
			return i;
	}
	lad_join(valid, sizeof valid, names, (size_t)scenario->tuning_count);
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a tuning of scenario %s; valid: %s",
			     lad_excerpt(name).text, scenario->name, valid);
}

static int choose(const struct lad_scenario *scenario, const struct lad_plan_options *options,
		  struct combinations *chosen, struct lad_error *err)
{
	chosen->mode_count = select_modes(scenario, options->only, chosen->modes, err);
	if (chosen->mode_count < 0)
		return -1;
	chosen->variants = options->versus || options->versus_tuning ? 2 : 1;
	chosen->versus_tuning = -1;
	for (int i = 0; i < scenario->tuning_count; i++)
		chosen->tunings[chosen->tuning_count++] = i;
	if (!options->versus_tuning)
		return 0;
	chosen->tuning_count = 1;
	chosen->versus_tuning = find_tuning(scenario, options->versus_tuning, err);
	if (chosen->versus_tuning == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "tuning %s is the base, and the same as itself",
				     options->versus_tuning);
	return chosen->versus_tuning;
}

/* One combination in each variant. Returns how many trials that is. */
static int fill_variants(const struct lad_scenario *scenario, const struct lad_plan *plan,
			 const struct combinations *chosen, int workload, struct lad_trial trial, int tuning,
			 struct lad_trial *trials)
{
	for (int v = 0; v < chosen->variants; v++) {
		int t = v == 1 && chosen->versus_tuning >= 0 ? chosen->versus_tuning : tuning;
		trials[v] = trial;
		int place = t * scenario->workload_count + workload;
		trials[v].workload = &plan->workloads[place];
		trials[v].background_count = trials[v].workload->background_count;
		if (trials[v].background_count)
			trials[v].backgrounds = &plan->backgrounds[place * LAD_BACKGROUNDS_MAX];
		trials[v].tuning = &scenario->tunings[t];
		trials[v].variant = chosen->variants == 1 ? 0 : v == 0 ? 'a' : 'b';
	}
	return chosen->variants;
}

/* Writes what one block measures of one workload in one placement to TRIALS, variants side by side. Returns how many.
 */
static int fill_group(const struct lad_scenario *scenario, const struct lad_plan *plan,
		      const struct combinations *chosen, struct lad_trial trial, int workload, struct lad_trial *trials)
{
	int count = 0;
	for (int m = 0; m < chosen->mode_count; m++)
		for (int t = 0; t < chosen->tuning_count; t++) {
			trial.mode = chosen->modes[m];
			count +=
			    fill_variants(scenario, plan, chosen, workload, trial, chosen->tunings[t], trials + count);
		}
	return count;
}

/* Fisher-Yates over the combinations; then a coin for each pair of variants: which goes first. */
static void shuffle(gsl_rng *random, struct lad_trial *trials, int count, int variants)
{
	gsl_ran_shuffle(random, trials, (size_t)(count / variants), (size_t)variants * sizeof *trials);
	for (int i = 0; variants == 2 && i < count; i += 2) {
		if (gsl_rng_uniform_int(random, 2) == 0)
			continue;
		struct lad_trial first = trials[i];
		trials[i] = trials[i + 1];
		trials[i + 1] = first;
	}
}

/*
 * One block, in a random order of groups and a random order within each. What the analysis pairs, the modes and tunings
 * of one workload in one placement, thus stands together: a machine whose speed wanders over seconds (a neighbour, a
 * clock step) then changes both halves of a pair, and not their ratio (Box, Hunter & Hunter, Statistics for
 * Experimenters, 2nd ed., ch. 4: block what you can). Returns how many trials it wrote.
 */
static int fill_block(const struct lad_scenario *scenario, const struct lad_plan *plan,
		      const struct combinations *chosen, gsl_rng *random, int block, struct lad_trial *trials)
{
	int groups[LAD_PLACEMENT_COUNT * LAD_TOPOLOGIES_MAX * LAD_WORKLOADS_MAX];
	int each = scenario->topology_count * scenario->workload_count;
	int group_count = scenario->placement_count * each;
	int count = 0;
	for (int g = 0; g < group_count; g++)
		groups[g] = g;
	gsl_ran_shuffle(random, groups, (size_t)group_count, sizeof *groups);
	for (int g = 0; g < group_count; g++) {
		struct lad_trial trial = {.block = block,
					  .placement = scenario->placements[groups[g] / each],
					  .topology =
					      &scenario->topologies[groups[g] % each / scenario->workload_count]};
		int written =
		    fill_group(scenario, plan, chosen, trial, groups[g] % scenario->workload_count, trials + count);
		shuffle(random, trials + count, written, chosen->variants);
		count += written;
	}
	return count;
}

/* Each of the COUNT combinations in TRIALS once for each goal, side by side. Returns how many trials that is. */
static int spread_goals(const struct lad_plan *plan, struct lad_trial *trials, int count)
{
	if (!plan->goal_count)
		return count;
	for (int i = count - 1; i >= 0; i--) {
		struct lad_trial combination = trials[i];
		for (int g = 0; g < plan->goal_count; g++) {
			trials[i * plan->goal_count + g] = combination;
			trials[i * plan->goal_count + g].goal = &plan->goals[g];
		}
	}
	return count * plan->goal_count;
}

static int fill_plan(const struct lad_scenario *scenario, const struct combinations *chosen, struct lad_plan *plan)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!random)
		return -1;
	gsl_rng_set(random, fold_seed(plan->seed));
	struct lad_trial *at = plan->trials;
	for (int block = 1; block <= plan->blocks; block++)
		at += spread_goals(plan, at, fill_block(scenario, plan, chosen, random, block, at));
	gsl_rng_free(random);
	for (int i = 0; i < plan->trial_count; i++)
		plan->trials[i].number = i + 1;
	return 0;
}

/* How many blocks, and how long. */
static void set_length(const struct lad_scenario *scenario, const struct lad_plan_options *options,
		       struct lad_plan *plan)
{
	plan->stop_when_decided =
	    !options->blocks && (options->stop_when_decided || (scenario->blocks_auto && !options->quick));
	plan->blocks = options->quick ? scenario->quick_blocks : scenario->blocks;
	if (options->stop_when_decided)
		plan->blocks = scenario->max_blocks;
	plan->blocks = options->blocks ? options->blocks : plan->blocks;
	plan->warmup_ns = options->quick ? scenario->quick_warmup_ns : scenario->warmup_ns;
	plan->duration_ns = options->quick ? scenario->quick_duration_ns : scenario->duration_ns;
	plan->seed = options->has_seed ? options->seed : scenario->seed;
}

/* TCP paced by the kernel leaves in bursts of two segments; a window of few of them tells little of the rate. */
#define BURST_BITS (2 * 1448 * 8.)
#define BURSTS_LEAST 20

static int check_bursts(const struct lad_workload *workloads, int count, const struct lad_plan *plan,
			struct lad_error *err)
{
	for (int i = 0; i < count; i++) {
		const struct lad_workload *workload = &workloads[i];
		double rate_bps = lad_workload_rate_bps(workload);
		double least_s = BURSTS_LEAST * BURST_BITS / rate_bps;
		if (workload->kind != LAD_TCP_STREAM || !(rate_bps > 0) || (double)plan->duration_ns / 1e9 >= least_s)
			continue;
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "tcp_stream with rate %.10gbit: TCP sends it in bursts, of which a window of %g ms has "
		    "%.0f; valid: a window of %.0f ms or more, or a higher rate",
		    rate_bps, (double)plan->duration_ns / 1e6, (double)plan->duration_ns / 1e9 * rate_bps / BURST_BITS,
		    ceil(least_s * 1e3));
	}
	return 0;
}

static int check_search(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_error *err)
{
	if (!plan->goal_count)
		return 0;
	if (scenario->lab == LAD_LAB_DOCKER)
		return lad_error_set(err, LAD_EXIT_USAGE, "search: the %s lab cannot search; valid: lab native or vm",
				     lad_lab_name(scenario->lab));
	double least = lad_search_min_load(plan->goals, plan->goal_count);
	for (int i = 0; i < scenario->workload_count; i++) {
		double most = lad_search_max_load(&scenario->search, &scenario->workloads[i]);
		if (most < 2 * least)
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "search.max: %.0f/s leaves nothing to search, because the least load is "
					     "100 messages in a trial, %.0f/s; valid: %.0f/s or more",
					     most, least, 2 * least);
	}
	return 0;
}

static int make_goals(const struct lad_scenario *scenario, bool quick, struct lad_plan *plan, struct lad_error *err)
{
	plan->goals = calloc(LAD_SEARCH_GOALS_MAX, sizeof *plan->goals);
	if (!plan->goals)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the plan");
	plan->goal_count = scenario->search.goal_count;
	lad_search_goals_of(&scenario->search, (double)plan->duration_ns / 1e9, quick, plan->goals);
	/* On the instruction clock a second trial at a load says what the first one said. */
	for (int i = 0; i < plan->goal_count; i++)
		if (scenario->lab == LAD_LAB_VM && scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS)
			plan->goals[i].duration_sum_s = plan->goals[i].final_duration_s;
	return check_search(scenario, plan, err);
}

int lad_plan_make(const struct lad_scenario *scenario, const struct lad_plan_options *options, struct lad_plan *plan,
		  struct lad_error *err)
{
	static const struct lad_plan_options as_written;
	struct combinations chosen = {0};
	memset(plan, 0, sizeof *plan);
	options = options ? options : &as_written;
	if (options->blocks < 0 || options->blocks > BLOCKS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d blocks is out of range; valid: 1 to %d", options->blocks,
				     BLOCKS_MAX);
	if (choose(scenario, options, &chosen, err) < 0)
		return -1;
	set_length(scenario, options, plan);
	if (check_bursts(scenario->workloads, scenario->workload_count, plan, err) < 0 ||
	    check_bursts(scenario->backgrounds, scenario->background_count, plan, err) < 0)
		return -1;
	if (make_goals(scenario, options->quick, plan, err) < 0) {
		lad_plan_free(plan);
		return -1;
	}
	plan->variants = chosen.variants == 2;
	plan->trial_count = plan->blocks * chosen.mode_count * scenario->placement_count * scenario->topology_count *
			    scenario->workload_count * chosen.tuning_count * chosen.variants *
			    (plan->goal_count ? plan->goal_count : 1);
	plan->trials = calloc((size_t)plan->trial_count + 1, sizeof *plan->trials);
	if (!plan->trials || make_workloads(scenario, plan) < 0 || make_backgrounds(scenario, plan) < 0 ||
	    fill_plan(scenario, &chosen, plan) < 0) {
		lad_plan_free(plan);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the plan");
	}
	return 0;
}

void lad_plan_free(struct lad_plan *plan)
{
	free(plan->trials);
	free(plan->workloads);
	free(plan->backgrounds);
	free(plan->goals);
	memset(plan, 0, sizeof *plan);
}

/* About so many trials find one goal's load, where half of those that are asked for at a load agree; and of each
 * further goal this share, for it uses the others' trials. */
#define SEARCH_LOADS 10
#define SEARCH_REPEATS 1.5
#define SEARCH_FURTHER 0.3

static int64_t estimate_search_ns(const struct lad_plan *plan)
{
	double longest_ns = 0;
	for (int g = 0; g < plan->goal_count; g++) {
		const struct lad_search_goal *goal = &plan->goals[g];
		double trials = SEARCH_LOADS + SEARCH_REPEATS * goal->duration_sum_s / goal->final_duration_s;
		double trial_ns = (double)(TRIAL_OVERHEAD_NS + plan->warmup_ns) + goal->final_duration_s * 1e9;
		longest_ns = fmax(longest_ns, trials * trial_ns);
	}
	double search_ns = longest_ns * (1 + SEARCH_FURTHER * (plan->goal_count - 1));
	return (int64_t)(search_ns * plan->trial_count / plan->goal_count);
}

int64_t lad_plan_estimate_ns(const struct lad_plan *plan)
{
	if (plan->goal_count)
		return estimate_search_ns(plan);
	return plan->trial_count * (TRIAL_OVERHEAD_NS + plan->warmup_ns + plan->duration_ns);
}

bool lad_scenario_uses_ipv6(const struct lad_scenario *scenario)
{
	for (int i = 0; i < scenario->workload_count; i++)
		if (scenario->workloads[i].traffic.ip == LAD_IP_V6)
			return true;
	for (int i = 0; i < scenario->tuning_count; i++)
		if (lad_tuning_integer(&scenario->tunings[i], LAD_SETTING_IP, LAD_IP_V4) == LAD_IP_V6)
			return true;
	return false;
}

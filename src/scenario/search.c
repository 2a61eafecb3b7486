/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "netladder/plan.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "scenario/convert.h"
#include "scenario/schema.h"

/* `search`: the goals, their attributes by the preset, and which workloads can be searched. */

/* What a goal has that does not say; durations of 0 follow the plan's trials. */
struct preset {
	double final_duration_s, duration_sum_s, exceed_ratio, width_ratio;
	int goals; /* of the first so many of `named`, where none are given */
};

static const struct preset presets[RAW_PRESET_COUNT] = {
    [RAW_PRESET_OWN] = {0, 0, 0.5, 0.01, 2},
    [RAW_PRESET_CSIT] = {1, 21, 0.5, 0.005, 2},	   /* csit.fd.io, MLRsearch */
    [RAW_PRESET_RFC2544] = {60, 60, 0, 0.01, 1},   /* RFC 9971, 4.10.2 */
    [RAW_PRESET_TST009] = {60, 120, 0.5, 0.01, 1}, /* 4.10.3 */
};

static const struct {
	const char *name;
	double loss_ratio;
} named[] = {{"ndr", 0}, {"pdr", 0.005}};
#define NAMED (sizeof named / sizeof *named)

/* Of the trials at one load where nothing else is said: as many as FD.io CSIT has, with --quick fewer. */
#define SUM_TRIALS 21
#define QUICK_SUM_TRIALS 5

/* So many messages in a trial tell a loss of 1 %. */
#define LEAST_MESSAGES 100

/* The limit of one search where none is given: so long, or so many of its trials. */
#define LIMIT_S 600.
#define LIMIT_TRIALS 100

static int find_named(const char *name)
{
	for (size_t i = 0; i < NAMED; i++)
		if (strcmp(named[i].name, name) == 0)
			return (int)i;
	return -1;
}

static double seconds_or(const char *text, const char *path, double otherwise_s)
{
	return text ? (double)scenario_value_or_default(text, path).integer / 1e9 : otherwise_s;
}

static double ratio_or(const char *text, const char *path, double otherwise)
{
	return text ? scenario_value_or_default(text, path).real : otherwise;
}

static int check_name(struct scenario_source *source, unsigned index, const char *name,
		      const struct lad_search_settings *search)
{
	for (int i = 0; i < search->goal_count; i++) {
		if (strcmp(search->goals[i].name, name) == 0)
			return source_complain_entry(source, "search.goals", index, "",
						     "%s is the name of goal %d already; valid: each name once", name,
						     i + 1);
	}
	return 0;
}

static int convert_goal(struct scenario_source *source, unsigned index, const struct raw_goal *raw,
			const struct preset *preset, struct lad_search_settings *search)
{
	int known = find_named(raw->name);
	if (check_name(source, index, raw->name, search) < 0)
		return -1;
	if (known < 0 && !raw->loss)
		return source_complain_entry(
		    source, "search.goals", index, "",
		    "%s does not say what may be lost; valid: a goal with the key loss, as {name: %s, "
		    "loss: 1%%}, or one of ndr, pdr",
		    raw->name, raw->name);
	struct lad_search_goal goal = {
	    .final_duration_s = seconds_or(raw->duration, "search.goals[].duration", preset->final_duration_s),
	    .duration_sum_s = seconds_or(raw->sum, "search.goals[].sum", preset->duration_sum_s),
	    .loss_ratio = ratio_or(raw->loss, "search.goals[].loss", known < 0 ? 0 : named[known].loss_ratio),
	    .exceed_ratio = ratio_or(raw->exceed, "search.goals[].exceed", preset->exceed_ratio),
	    .width_ratio = ratio_or(raw->width, "search.goals[].width", preset->width_ratio),
	    .deadline_ns = scenario_value_or_default(raw->deadline, "search.goals[].deadline").integer};
	snprintf(goal.name, sizeof goal.name, "%s", raw->name);
	search->goals[search->goal_count++] = goal;
	return 0;
}

static bool is_searched(enum lad_workload_kind kind)
{
	return kind == LAD_UDP_STREAM || kind == LAD_UDP_RR || kind == LAD_TCP_RR || kind == LAD_TCP_CRR;
}

/* What a workload says that a load of the search's choice does not go with. */
static int check_workload(struct scenario_source *source, unsigned index, const struct raw_workload *raw)
{
	static const char *const keys[] = {"rate",	 "pacing", "pipeline",	  "think_time",
					   "timestamps", "bytes",  "transactions"};
	if (!is_searched(raw->kind))
		return source_complain_entry(
		    source, "workloads", index, "kind",
		    "has no load that could be searched; valid with search: udp_stream, udp_rr, tcp_rr, tcp_crr");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct lad_workload said = {.kind = raw->kind};
		const struct lad_workload_option *option = lad_workload_option_find(keys[i]);
		if (!option_given(raw, keys[i]) || !lad_option_applies(option, raw->kind))
			continue;
		option_set_members(raw, &said);
		if (option->workload.size && lad_option_is_default(option, &said, option->workload))
			continue;
		return source_complain_entry(
		    source, "workloads", index, keys[i],
		    "does not go together with search, which says itself when messages leave; valid: leave "
		    "this key out");
	}
	struct lad_workload said = {.kind = raw->kind};
	option_set_members(raw, &said);
	if (raw->kind == LAD_UDP_STREAM && said.traffic.direction == LAD_BOTH_WAYS)
		return source_complain_entry(source, "workloads", index, "direction",
					     "has two loads at once; valid with search: forward, reverse");
	return 0;
}

int scenario_convert_search(struct scenario_source *source, const struct raw_scenario *raw,
			    struct lad_scenario *scenario)
{
	struct lad_search_settings *search = &scenario->search;
	if (!raw->search)
		return 0;
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (scenario_is_judged(&raw->workloads[i]) && check_workload(source, i, &raw->workloads[i]) < 0)
			return -1;
	const struct preset *preset = &presets[raw->search->preset];
	for (unsigned i = 0; i < raw->search->goals_count; i++)
		if (convert_goal(source, i, &raw->search->goals[i], preset, search) < 0)
			return -1;
	for (int i = 0; !raw->search->goals_count && i < preset->goals; i++) {
		char name[sizeof search->goals[0].name];
		snprintf(name, sizeof name, "%s", named[i].name);
		const struct raw_goal plain = {.name = name};
		convert_goal(source, (unsigned)i, &plain, preset, search); /* cannot be wrong */
	}
	struct scenario_value max = scenario_value_or_default(raw->search->max, "search.max");
	search->max = max.real > 0 ? (struct lad_load){max.real, max.integer == 1}
				   : (struct lad_load){LAD_LOAD_MESSAGES_MAX, true};
	if (raw->search->limit)
		search->limit_ns = scenario_value_or_default(raw->search->limit, "search.limit").integer;
	return 0;
}

void lad_search_goals_of(const struct lad_search_settings *search, double duration_s, bool quick,
			 struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX])
{
	for (int i = 0; i < search->goal_count; i++) {
		struct lad_search_goal *goal = &goals[i];
		*goal = search->goals[i];
		if (quick || goal->final_duration_s == 0)
			goal->final_duration_s = duration_s;
		if (quick || goal->duration_sum_s == 0)
			goal->duration_sum_s = goal->final_duration_s * (quick ? QUICK_SUM_TRIALS : SUM_TRIALS);
	}
}

double lad_search_max_load(const struct lad_search_settings *search, const struct lad_workload *workload)
{
	struct lad_sizes sizes;
	double bytes = (double)workload->message_bytes;
	if (workload->traffic.sizes[0] && lad_sizes_parse(workload->traffic.sizes, &sizes, NULL) == 0)
		bytes = lad_sizes_mean(&sizes);
	double load = search->max.messages ? search->max.per_s : search->max.per_s / (8 * bytes);
	return load < LAD_LOAD_MESSAGES_MAX ? load : LAD_LOAD_MESSAGES_MAX;
}

double lad_search_limit_s(const struct lad_search_settings *search, const struct lad_search_goal *goals, int count)
{
	double limit_s = LIMIT_S;
	for (int i = 0; i < count; i++)
		if (goals[i].final_duration_s * LIMIT_TRIALS > limit_s)
			limit_s = goals[i].final_duration_s * LIMIT_TRIALS;
	return search->limit_ns ? (double)search->limit_ns / 1e9 : limit_s;
}

double lad_search_min_load(const struct lad_search_goal *goals, int count)
{
	double shortest_s = goals[0].final_duration_s;
	for (int i = 1; i < count; i++)
		if (goals[i].final_duration_s < shortest_s)
			shortest_s = goals[i].final_duration_s;
	return LEAST_MESSAGES / shortest_s;
}

/* "1ms", "250us", "1500ns" */
static void print_duration(char *out, size_t size, int64_t ns)
{
	if (ns % LAD_NS_PER_MS == 0)
		snprintf(out, size, "%lldms", (long long)(ns / LAD_NS_PER_MS));
	else if (ns % LAD_NS_PER_US == 0)
		snprintf(out, size, "%lldus", (long long)(ns / LAD_NS_PER_US));
	else
		snprintf(out, size, "%lldns", (long long)ns);
}

void lad_search_goal_describe(const struct lad_search_goal *goal, char *out, size_t size)
{
	int known = find_named(goal->name);
	char loss[48] = "", deadline[48] = "", exceed[48] = "", time[24];
	if (known < 0 || named[known].loss_ratio != goal->loss_ratio)
		snprintf(loss, sizeof loss, " goal_loss=%.6g%%", goal->loss_ratio * 100);
	print_duration(time, sizeof time, goal->deadline_ns);
	if (goal->deadline_ns)
		snprintf(deadline, sizeof deadline, " goal_deadline=%s", time);
	if (goal->exceed_ratio != presets[RAW_PRESET_OWN].exceed_ratio)
		snprintf(exceed, sizeof exceed, " goal_exceed=%.6g%%", goal->exceed_ratio * 100);
	snprintf(out, size, "goal=%s%s%s%s", goal->name, loss, deadline, exceed);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scenario may say of a search, and the plan that comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/plan.h"

static int parse_with(const char *workloads, const char *rest, struct lad_scenario *scenario, struct lad_error *err)
{
	char text[1024];
	snprintf(text, sizeof text, "modes: [host, bridge]\nworkloads: [%s]\n%s\n", workloads, rest);
	return lad_scenario_parse("my.yaml", text, strlen(text), scenario, err);
}

static struct lad_scenario parse(const char *rest)
{
	struct lad_scenario scenario;
	struct lad_error err;
	if (parse_with("{kind: udp_stream}", rest, &scenario, &err) < 0)
		fail_msg("%s", err.message);
	return scenario;
}

static void assert_goal(const struct lad_search_goal *goal, const char *name, double loss, double exceed, double width)
{
	assert_string_equal(goal->name, name);
	assert_true(fabs(goal->loss_ratio - loss) < 1e-12);
	assert_true(fabs(goal->exceed_ratio - exceed) < 1e-12);
	assert_true(fabs(goal->width_ratio - width) < 1e-12);
}

static void test_without_search_there_is_none(void **state)
{
	(void)state;
	struct lad_scenario scenario = parse("");
	assert_int_equal(scenario.search.goal_count, 0);
}

static void test_names_stand_for_goals_and_entries_say_more(void **state)
{
	(void)state;
	struct lad_scenario scenario = parse("search: {}");
	assert_int_equal(scenario.search.goal_count, 2);
	assert_goal(&scenario.search.goals[0], "ndr", 0, 0.5, 0.01);
	assert_goal(&scenario.search.goals[1], "pdr", 0.005, 0.5, 0.01);
	struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX];
	lad_search_goals_of(&scenario.search, 0.5, false, goals);
	assert_true(lad_search_limit_s(&scenario.search, goals, 2) == 600);
	lad_search_goals_of(&scenario.search, 60, false, goals);
	assert_true(lad_search_limit_s(&scenario.search, goals, 2) == 6000);
	scenario = parse("search: {goals: [pdr, {name: slo, loss: 1%, deadline: 1ms, width: 2%, exceed: 0%, sum: 4s, "
			 "duration: 2s}], max: 5000/s, limit: 1min}");
	assert_int_equal(scenario.search.goal_count, 2);
	assert_goal(&scenario.search.goals[0], "pdr", 0.005, 0.5, 0.01);
	assert_goal(&scenario.search.goals[1], "slo", 0.01, 0, 0.02);
	assert_int_equal(scenario.search.goals[1].deadline_ns, LAD_NS_PER_MS);
	assert_true(scenario.search.goals[1].final_duration_s == 2 && scenario.search.goals[1].duration_sum_s == 4);
	assert_true(lad_search_max_load(&scenario.search, &scenario.workloads[0]) == 5000);
	assert_true(lad_search_limit_s(&scenario.search, goals, 2) == 60);
}

static void test_durations_follow_the_trials_unless_given(void **state)
{
	(void)state;
	struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX];
	struct lad_scenario scenario = parse("search: {goals: [ndr, {name: pdr, duration: 2s}]}");
	lad_search_goals_of(&scenario.search, 0.25, false, goals);
	assert_true(goals[0].final_duration_s == 0.25 && goals[0].duration_sum_s == 5.25);
	assert_true(goals[1].final_duration_s == 2 && goals[1].duration_sum_s == 42);
	assert_true(lad_search_min_load(goals, 2) == 400);
	lad_search_goals_of(&scenario.search, 0.1, true, goals);
	assert_true(goals[1].final_duration_s == 0.1 && fabs(goals[1].duration_sum_s - 0.5) < 1e-12);
}

static void test_presets_are_those_of_the_rfc(void **state)
{
	(void)state;
	static const struct {
		const char *preset;
		int goals;
		double final_s, sum_s, exceed;
	} presets[] = {{"csit", 2, 1, 21, 0.5}, {"rfc2544", 1, 60, 60, 0}, {"tst009", 1, 60, 120, 0.5}};
	for (size_t i = 0; i < 3; i++) {
		char text[64];
		struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX];
		snprintf(text, sizeof text, "search: {preset: %s}", presets[i].preset);
		struct lad_scenario scenario = parse(text);
		lad_search_goals_of(&scenario.search, 0.5, false, goals);
		assert_int_equal(scenario.search.goal_count, presets[i].goals);
		assert_string_equal(goals[0].name, "ndr");
		assert_true(goals[0].loss_ratio == 0);
		assert_true(goals[0].final_duration_s == presets[i].final_s);
		assert_true(goals[0].duration_sum_s == presets[i].sum_s);
		assert_true(goals[0].exceed_ratio == presets[i].exceed);
	}
}

static void test_a_largest_load_in_bits_is_of_messages(void **state)
{
	(void)state;
	struct lad_scenario scenario = parse("search: {max: 512Mbit}");
	assert_true(fabs(lad_search_max_load(&scenario.search, &scenario.workloads[0]) - 1e6) < 1e-3); /* 64 bytes */
}

static void test_what_is_wrong_is_said_with_its_place_and_what_is_valid(void **state)
{
	(void)state;
	static const struct {
		const char *workloads, *search, *says;
	} wrong[] = {
	    {"{kind: udp_stream}", "search: {goals: [slo]}",
	     "my.yaml:3:18: search.goals[1]: slo does not say what may be lost; valid: a goal with the key loss"},
	    {"{kind: udp_stream}", "search: {goals: [ndr, ndr]}",
	     "my.yaml:3:23: search.goals[2]: ndr is the name of goal 1 already; valid: each name once"},
	    {"{kind: udp_stream}", "search: {goals: [a b]}",
	     "my.yaml:3:18: search.goals[1]: \"a b\" cannot name a goal"},
	    {"{kind: udp_stream}", "search: {goals: [{loss: 1%}]}",
	     "my.yaml:3:18: search.goals[1].name: required, but missing"},
	    {"{kind: udp_stream}", "search: {goals: [{name: ndr, los: 1%}]}",
	     "my.yaml:3:30: search.goals[1].los: unknown key, did you mean \"loss\"?"},
	    {"{kind: udp_stream}", "search: {goals: [{name: ndr, loss: 1}]}", "my.yaml:3:36: search.goals[1].loss: "},
	    {"{kind: udp_stream}", "search: {goals: [{name: ndr, exceed: 95%}]}",
	     "search.goals[1].exceed: 95% is too large; valid: 0% to 90%"},
	    {"{kind: udp_stream}", "search: {goals: ndr}",
	     "my.yaml:3:17: search.goals: a single value has no place here; valid: a list of entries"},
	    {"{kind: udp_stream}", "search: {preset: csti}",
	     "search.preset: \"csti\" is unknown, did you mean \"csit\"?"},
	    {"{kind: udp_stream}", "search: {max: lots}",
	     "my.yaml:3:15: search.max: \"lots\" is no rate; valid: unlimited, "},
	    {"{kind: tcp_stream}", "search: {}",
	     "my.yaml:2:20: workloads[1].kind: has no load that could be searched; valid with search: udp_stream, "
	     "udp_rr"},
	    {"{kind: udp_rr}, {kind: udp_stream, rate: 1000/s}", "search: {}",
	     "my.yaml:2:54: workloads[2].rate: does not go together with search"},
	    {"{kind: tcp_rr, pipeline: 4}", "search: {}", "workloads[1].pipeline: does not go together with search"},
	    {"{kind: tcp_rr, transactions: 4}", "search: {}",
	     "workloads[1].transactions: does not go together with search"},
	    {"{kind: udp_stream, direction: both}", "search: {}",
	     "workloads[1].direction: has two loads at once; valid with search: forward, reverse"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct lad_scenario scenario;
		struct lad_error err = {0};
		assert_int_equal(parse_with(wrong[i].workloads, wrong[i].search, &scenario, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		if (!strstr(err.message, wrong[i].says))
			fail_msg("%s: %s, not: %s", wrong[i].search, err.message, wrong[i].says);
	}
}

static void test_what_a_search_may_say_to_no_effect_is_taken(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	struct lad_error err;
	if (parse_with("{kind: tcp_rr, pipeline: 1}, {kind: udp_stream, direction: reverse}, {kind: tcp_crr, flows: 4}",
		       "search: {}", &scenario, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_each_combination_has_a_row_for_each_goal_side_by_side(void **state)
{
	(void)state;
	struct lad_plan plan;
	struct lad_error err;
	struct lad_scenario scenario = parse("search: {}\ntopologies: [{pairs: 1}, {pairs: 2}]\ntrials: {blocks: 3}");
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), 0);
	assert_int_equal(plan.trial_count, 3 * 2 * 2 * 2);
	for (int i = 0; i < plan.trial_count; i += 2) {
		const struct lad_trial *first = &plan.trials[i], *second = first + 1;
		assert_int_equal(first->number, i + 1);
		assert_ptr_equal(first->goal, &plan.goals[0]);
		assert_ptr_equal(second->goal, &plan.goals[1]);
		assert_true(first->mode == second->mode && first->topology == second->topology &&
			    first->block == second->block);
	}
	lad_plan_free(&plan);
}

static void test_a_lab_that_cannot_search_is_refused(void **state)
{
	(void)state;
	struct lad_plan plan;
	struct lad_error err;
	struct lad_scenario scenario = parse("lab: docker\nsearch: {}");
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_string_equal(err.message, "search: the docker lab cannot search; valid: lab native or vm");
}

static void test_a_largest_load_that_leaves_nothing_to_search_is_refused(void **state)
{
	(void)state;
	struct lad_plan plan;
	struct lad_error err;
	struct lad_scenario scenario = parse("search: {max: 300/s}");
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), -1);
	assert_non_null(strstr(err.message,
			       "300/s leaves nothing to search, because the least load is 100 messages in a "
			       "trial, 200/s; valid: 400/s or more"));
}

static void test_the_words_of_a_goal_say_what_its_name_does_not(void **state)
{
	(void)state;
	static const struct {
		const char *goal, *words;
	} goals[] = {{"ndr", "goal=ndr"},
		     {"pdr", "goal=pdr"},
		     {"{name: ndr, loss: 0.1%}", "goal=ndr goal_loss=0.1%"},
		     {"{name: pdr, exceed: 0%}", "goal=pdr goal_exceed=0%"},
		     {"{name: slo, loss: 1%, deadline: 250us}", "goal=slo goal_loss=1% goal_deadline=250us"}};
	for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
		char text[128], words[128];
		snprintf(text, sizeof text, "search: {goals: [%s]}", goals[i].goal);
		struct lad_scenario scenario = parse(text);
		lad_search_goal_describe(&scenario.search.goals[0], words, sizeof words);
		assert_string_equal(words, goals[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_search_there_is_none),
	    cmocka_unit_test(test_names_stand_for_goals_and_entries_say_more),
	    cmocka_unit_test(test_durations_follow_the_trials_unless_given),
	    cmocka_unit_test(test_presets_are_those_of_the_rfc),
	    cmocka_unit_test(test_a_largest_load_in_bits_is_of_messages),
	    cmocka_unit_test(test_what_is_wrong_is_said_with_its_place_and_what_is_valid),
	    cmocka_unit_test(test_what_a_search_may_say_to_no_effect_is_taken),
	    cmocka_unit_test(test_each_combination_has_a_row_for_each_goal_side_by_side),
	    cmocka_unit_test(test_a_lab_that_cannot_search_is_refused),
	    cmocka_unit_test(test_a_largest_load_that_leaves_nothing_to_search_is_refused),
	    cmocka_unit_test(test_the_words_of_a_goal_say_what_its_name_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

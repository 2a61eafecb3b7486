/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "netladder/plan.h"
#include "netladder/units.h"

static struct lad_scenario ladder(void)
{
	static const char text[] = "modes: [host, bridge, overlay]\nplacements: [cross-host, same-host]\n"
				   "workloads:\n- {kind: tcp_rr, cpus: [shared, pinned]}\n- kind: udp_rr\n"
				   "trials: {blocks: 5, warmup: 100ms, duration: 1s, seed: 7}\n"
				   "quick: {blocks: 2, warmup: 10ms, duration: 20ms}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("ladder.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	return scenario;
}

static struct lad_plan make(const struct lad_scenario *scenario, const struct lad_plan_options *options)
{
	struct lad_plan plan;
	struct lad_error err;
	if (lad_plan_make(scenario, options, &plan, &err) < 0)
		fail_msg("%s", err.message);
	return plan;
}

static bool same_trial(const struct lad_trial *a, const struct lad_trial *b)
{
	return a->mode == b->mode && a->placement == b->placement && a->tuning == b->tuning &&
	       memcmp(a->workload, b->workload, sizeof *a->workload) == 0;
}

/* Whether two runs of COUNT trials are the same, in the same order. */
static bool same_order(const struct lad_trial *a, const struct lad_trial *b, int count)
{
	for (int i = 0; i < count; i++)
		if (!same_trial(&a[i], &b[i]))
			return false;
	return true;
}

static void test_each_block_holds_every_combination_once(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan plan = make(&scenario, NULL);
	const int combinations = 3 * 2 * 3;
	assert_int_equal(plan.trial_count, 5 * combinations);
	assert_int_equal(plan.blocks, 5);
	for (int block = 0; block < 5; block++) {
		const struct lad_trial *trials = plan.trials + block * combinations;
		for (int i = 0; i < combinations; i++) {
			assert_int_equal(trials[i].block, block + 1);
			assert_int_equal(trials[i].number, block * combinations + i + 1);
			assert_string_equal(trials[i].tuning->name, "default");
			for (int j = 0; j < i; j++)
				assert_false(same_trial(&trials[i], &trials[j]));
		}
	}
	lad_plan_free(&plan);
}

static void test_the_same_seed_gives_the_same_plan(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan a = make(&scenario, NULL), b = make(&scenario, NULL);
	assert_true(same_order(a.trials, b.trials, a.trial_count));
	lad_plan_free(&a);
	lad_plan_free(&b);
}

static void test_different_blocks_have_different_orders(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan plan = make(&scenario, NULL);
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < i; j++)
			assert_false(same_order(plan.trials + i * 18, plan.trials + j * 18, 18));
	lad_plan_free(&plan);
}

static void test_every_bit_of_the_seed_changes_the_plan(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan_options zero = {.has_seed = true, .seed = 0};
	struct lad_plan_options gsl_default = {.has_seed = true, .seed = 4357};
	struct lad_plan a = make(&scenario, &zero), b = make(&scenario, &gsl_default);
	assert_false(same_order(a.trials, b.trials, a.trial_count));
	lad_plan_free(&b);
	for (int bit = 0; bit < 64; bit++) {
		struct lad_plan_options other = {.has_seed = true, .seed = UINT64_C(1) << bit};
		b = make(&scenario, &other);
		assert_true(b.seed == other.seed);
		assert_false(same_order(a.trials, b.trials, a.trial_count));
		lad_plan_free(&b);
	}
	lad_plan_free(&a);
}

/* Each of 3 combinations should come first about as often: a shuffle that leaves an end out fails this. */
static void test_each_combination_comes_first_equally_often(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	scenario.placement_count = scenario.workload_count = 1;
	struct lad_plan_options options = {.blocks = 1000};
	struct lad_plan plan = make(&scenario, &options);
	int firsts[LAD_MODE_COUNT] = {0};
	for (int i = 0; i < plan.trial_count; i += 3)
		firsts[plan.trials[i].mode]++;
	/* Binomial(1000, 1/3): 333 +- 15; this is four standard deviations, and the seed is fixed. */
	assert_in_range(firsts[LAD_MODE_HOST], 273, 393);
	assert_in_range(firsts[LAD_MODE_BRIDGE], 273, 393);
	assert_in_range(firsts[LAD_MODE_OVERLAY], 273, 393);
	lad_plan_free(&plan);
}

/* What is paired stands together: as many trials as there are modes have one workload and one placement. */
static void test_the_modes_of_a_workload_stand_together(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan plan = make(&scenario, NULL);
	bool group_order_differs = false;
	int group_count = plan.trial_count / scenario.mode_count;
	int groups_in_block = group_count / plan.blocks;
	for (int g = 0; g < group_count; g++) {
		const struct lad_trial *group = plan.trials + g * scenario.mode_count;
		for (int i = 1; i < scenario.mode_count; i++) {
			assert_ptr_equal(group[i].workload, group->workload);
			assert_int_equal(group[i].placement, group->placement);
		}
		if (g >= groups_in_block)
			group_order_differs |=
			    group->workload != group[-groups_in_block * scenario.mode_count].workload;
	}
	assert_true(group_order_differs);
	lad_plan_free(&plan);
}

static void test_only_measures_the_named_modes(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan_options options = {.only = {[LAD_MODE_OVERLAY] = true, [LAD_MODE_HOST] = true}};
	struct lad_plan plan = make(&scenario, &options);
	assert_int_equal(plan.trial_count, 5 * 2 * 2 * 3);
	for (int i = 0; i < plan.trial_count; i++)
		assert_int_not_equal(plan.trials[i].mode, LAD_MODE_BRIDGE);
	lad_plan_free(&plan);
}

static void test_only_with_a_mode_that_is_not_in_the_scenario_is_refused(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan_options options = {.only = {[LAD_MODE_MACVLAN] = true}};
	struct lad_plan plan;
	struct lad_error err;
	assert_int_equal(lad_plan_make(&scenario, &options, &plan, &err), -1);
	assert_string_equal(err.message, "macvlan is not a mode of scenario ladder; valid: host, bridge, overlay");
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	lad_plan_free(&plan);
}

static void test_quick_and_options_go_before_the_scenario(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan_options options = {.quick = true};
	struct lad_plan plan = make(&scenario, &options);
	assert_int_equal(plan.blocks, 2);
	assert_int_equal(plan.warmup_ns, 10 * LAD_NS_PER_MS);
	assert_int_equal(plan.duration_ns, 20 * LAD_NS_PER_MS);
	assert_int_equal(plan.seed, 7);
	lad_plan_free(&plan);
	options.blocks = 3;
	plan = make(&scenario, &options);
	assert_int_equal(plan.blocks, 3);
	assert_int_equal(plan.trial_count, 3 * 18);
	lad_plan_free(&plan);
}

static void test_blocks_out_of_range_are_refused(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan plan;
	struct lad_error err;
	for (int i = 0; i < 2; i++) {
		struct lad_plan_options options = {.blocks = i ? 1001 : -1};
		assert_int_equal(lad_plan_make(&scenario, &options, &plan, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	}
}

static void test_the_estimate_counts_overhead_warmup_and_window(void **state)
{
	(void)state;
	struct lad_scenario scenario = ladder();
	struct lad_plan plan = make(&scenario, NULL);
	assert_int_equal(lad_plan_estimate_ns(&plan), 90 * (60 + 100 + 1000) * LAD_NS_PER_MS);
	lad_plan_free(&plan);
	assert_int_equal(lad_plan_estimate_ns(&plan), 0);
}

static void test_each_tuning_is_measured_once_in_each_combination_and_block(void **state)
{
	(void)state;
	static const char text[] = "modes: [host, bridge]\nworkloads: [{kind: tcp_stream, flows: 2}, {kind: udp_rr}]\n"
				   "trials: {blocks: 3}\n"
				   "tunings:\n- {name: many, flows: 8, socket_buffer: auto, congestion_control: bbr}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("tuned.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	struct lad_plan plan = make(&scenario, NULL);
	assert_int_equal(plan.trial_count, 3 * 2 * 2 * 2);
	for (int i = 0; i < plan.trial_count; i++) {
		const struct lad_trial *trial = &plan.trials[i];
		bool many = trial->tuning == &scenario.tunings[1], udp = trial->workload->kind == LAD_UDP_RR;
		assert_true(many || trial->tuning == &scenario.tunings[0]);
		assert_int_equal(trial->workload->flows, many ? 8 : udp ? 1 : 2);
		assert_int_equal(trial->workload->socket_buffer_bytes, many || udp ? 0 : 512 * 1024);
		assert_string_equal(trial->workload->congestion_control, udp ? "" : many ? "bbr" : "cubic");
		for (int j = i - i % 8; j < i; j++)
			assert_false(same_trial(trial, &plan.trials[j]));
	}
	lad_plan_free(&plan);
}

/* A sysctl of TCP is nothing to UDP, and what a tuning says itself gives way to none. */
static void test_a_default_gives_way_to_the_sysctl_of_the_same_sockets_and_nothing_else_does(void **state)
{
	(void)state;
	static const char text[] =
	    "modes: [host]\nworkloads: [{kind: tcp_stream}, {kind: udp_rr}, {kind: tcp_rr}]\n"
	    "trials: {blocks: 1}\n"
	    "sweep: {factors: [{setting: net.ipv4.tcp_wmem, values: [4096 8192 16384]}]}\n"
	    "tunings: [{name: reno, sysctls: [net.ipv4.tcp_congestion_control=reno]},\n"
	    "          {name: own, socket_buffer: auto, sysctls: [net.ipv4.tcp_rmem=4096 8192 16384]},\n"
	    "          {name: other, sysctls: [net.ipv4.ip_forward=1]}]\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("tuned.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	struct lad_plan plan = make(&scenario, NULL);
	assert_int_equal(plan.trial_count, 3 * 5);
	for (int i = 0; i < plan.trial_count; i++) {
		const struct lad_workload *workload = plan.trials[i].workload;
		const char *name = plan.trials[i].tuning->name;
		bool udp = lad_is_udp(workload->kind), stream = workload->kind == LAD_TCP_STREAM;
		bool reno = strcmp(name, "reno") == 0, wmem = strncmp(name, "tcp_wmem", 8) == 0;
		assert_string_equal(workload->congestion_control, udp || reno ? "" : "cubic");
		assert_int_equal(workload->leave_send_buffer, wmem && !udp);
		assert_false(workload->leave_receive_buffer); /* `own` says itself what sockets have */
		assert_int_equal(workload->socket_buffer_bytes, stream && strcmp(name, "own") != 0 ? 512 * 1024 : 0);
	}
	lad_plan_free(&plan);
}

static void test_a_tuning_measures_a_workload_over_ipv6_beside_ipv4_under_the_same_options(void **state)
{
	(void)state;
	static const char text[] = "modes: [host]\nworkloads: [{kind: tcp_rr}]\ntrials: {blocks: 4}\n"
				   "sweep: {factors: [{setting: ip, values: [base, 6]}]}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("tuned.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	struct lad_plan plan = make(&scenario, NULL);
	int v6 = 0;
	assert_int_equal(plan.trial_count, 8);
	for (int i = 0; i < plan.trial_count; i++) {
		const struct lad_trial *trial = &plan.trials[i];
		char options[LAD_OPTIONS_MAX];
		bool six = strcmp(trial->tuning->name, "ip=6") == 0;
		lad_traffic_describe(&trial->workload->traffic, options);
		assert_int_equal(trial->workload->traffic.ip, six ? LAD_IP_V6 : LAD_IP_V4);
		assert_string_equal(options, ""); /* so that the gain of the tuning is found */
		v6 += six;
	}
	assert_int_equal(v6, 4);
	lad_plan_free(&plan);
}

static void test_a_rate_of_each_flow_grows_with_the_flows_of_a_tuning(void **state)
{
	(void)state;
	static const char text[] = "modes: [host]\nworkloads: [{kind: tcp_rr, flows: 2, rate: 50/s, rate_per: flow}]\n"
				   "trials: {blocks: 1}\ntunings:\n- {name: many, flows: 8}\n";
	struct lad_scenario scenario;
	struct lad_plan plan;
	assert_int_equal(lad_scenario_parse("t.yaml", text, strlen(text), &scenario, NULL), 0);
	assert_int_equal(lad_plan_make(&scenario, &(struct lad_plan_options){0}, &plan, NULL), 0);
	assert_int_equal(plan.trial_count, 2);
	for (int i = 0; i < plan.trial_count; i++) {
		char options[LAD_OPTIONS_MAX];
		const struct lad_workload *workload = plan.trials[i].workload;
		lad_traffic_describe(&workload->traffic, options);
		assert_true(lad_workload_rate_per_s(workload) == 50. * workload->flows);
		assert_string_equal(options, "rate=50/s rate_per=flow"); /* which rows of tunings are matched by */
	}
	lad_plan_free(&plan);
}

/* The scenario with a second and a third tuning. */
static struct lad_scenario tuned(void)
{
	static const char text[] =
	    "modes: [host, bridge]\nworkloads: [{kind: tcp_rr}, {kind: udp_rr}]\n"
	    "trials: {blocks: 200}\ntunings:\n- {name: many, flows: 8}\n- {name: few, flows: 2}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("tuned.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	return scenario;
}

static void test_variants_stand_side_by_side_and_either_goes_first(void **state)
{
	(void)state;
	struct lad_scenario scenario = tuned();
	struct lad_plan_options options = {.versus = true};
	struct lad_plan plan = make(&scenario, &options);
	assert_int_equal(plan.trial_count, 200 * 2 * 2 * 3 * 2);
	int a_first = 0;
	for (int i = 0; i < plan.trial_count; i += 2) {
		const struct lad_trial *one = &plan.trials[i], *other = &plan.trials[i + 1];
		assert_true(same_trial(one, other) && one->block == other->block);
		assert_true(one->variant + other->variant == 'a' + 'b' && one->variant != other->variant);
		a_first += one->variant == 'a';
	}
	assert_in_range(a_first, 1200 - 100, 1200 + 100); /* half of 2400, and four standard errors */
	lad_plan_free(&plan);
}

static void test_a_versus_tuning_stands_against_the_base_alone(void **state)
{
	(void)state;
	struct lad_scenario scenario = tuned();
	struct lad_plan_options options = {.versus_tuning = "few"};
	struct lad_plan plan = make(&scenario, &options);
	assert_int_equal(plan.trial_count, 200 * 2 * 2 * 2);
	for (int i = 0; i < plan.trial_count; i++) {
		const struct lad_trial *trial = &plan.trials[i];
		assert_string_equal(trial->tuning->name, trial->variant == 'a' ? "default" : "few");
		assert_int_equal(trial->workload->flows, trial->variant == 'a' ? 1 : 2);
	}
	lad_plan_free(&plan);
	struct lad_error err;
	options.versus_tuning = "fewer";
	assert_int_equal(lad_plan_make(&scenario, &options, &plan, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_string_equal(err.message, "\"fewer\" is not a tuning of scenario tuned; valid: default, many, few");
	options.versus_tuning = "default";
	assert_int_equal(lad_plan_make(&scenario, &options, &plan, &err), -1);
}

static void test_automatic_blocks_plan_the_most_and_a_number_overrules_them(void **state)
{
	(void)state;
	static const char text[] = "modes: [host, bridge]\nworkloads: [{kind: tcp_rr}]\n"
				   "trials: {blocks: auto, max_blocks: 40, precision: 1%}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("auto.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(scenario.blocks_auto && scenario.max_blocks == 40 && scenario.precision == 0.01);
	struct lad_plan plan = make(&scenario, NULL);
	assert_true(plan.stop_when_decided && plan.blocks == 40);
	lad_plan_free(&plan);
	struct lad_plan_options options = {.blocks = 12};
	plan = make(&scenario, &options);
	assert_true(!plan.stop_when_decided && plan.blocks == 12);
	lad_plan_free(&plan);
	options = (struct lad_plan_options){.quick = true};
	plan = make(&scenario, &options);
	assert_true(!plan.stop_when_decided && plan.blocks == 6);
	lad_plan_free(&plan);
	scenario = ladder();
	options = (struct lad_plan_options){.stop_when_decided = true};
	plan = make(&scenario, &options);
	assert_true(plan.stop_when_decided && plan.blocks == 60);
	lad_plan_free(&plan);
}

static void test_a_paced_stream_has_a_window_of_enough_bursts_or_is_refused(void **state)
{
	(void)state;
	static const char text[] = "modes: [host]\nworkloads: [{kind: tcp_stream, rate: 500kbit}]\n"
				   "trials: {blocks: 1, duration: 500ms}\nquick: {blocks: 1, duration: 1s}\n";
	struct lad_scenario scenario;
	struct lad_error err;
	struct lad_plan plan;
	assert_int_equal(lad_scenario_parse("paced.yaml", text, strlen(text), &scenario, &err), 0);
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_string_equal(err.message,
			    "tcp_stream with rate 500000bit: TCP sends it in bursts, of which a window of 500 "
			    "ms has 11; valid: a window of 927 ms or more, or a higher rate");
	plan = make(&scenario, &(struct lad_plan_options){.quick = true});
	lad_plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_block_holds_every_combination_once),
	    cmocka_unit_test(test_the_same_seed_gives_the_same_plan),
	    cmocka_unit_test(test_different_blocks_have_different_orders),
	    cmocka_unit_test(test_every_bit_of_the_seed_changes_the_plan),
	    cmocka_unit_test(test_each_combination_comes_first_equally_often),
	    cmocka_unit_test(test_the_modes_of_a_workload_stand_together),
	    cmocka_unit_test(test_only_measures_the_named_modes),
	    cmocka_unit_test(test_only_with_a_mode_that_is_not_in_the_scenario_is_refused),
	    cmocka_unit_test(test_quick_and_options_go_before_the_scenario),
	    cmocka_unit_test(test_blocks_out_of_range_are_refused),
	    cmocka_unit_test(test_the_estimate_counts_overhead_warmup_and_window),
	    cmocka_unit_test(test_each_tuning_is_measured_once_in_each_combination_and_block),
	    cmocka_unit_test(test_a_default_gives_way_to_the_sysctl_of_the_same_sockets_and_nothing_else_does),
	    cmocka_unit_test(test_a_tuning_measures_a_workload_over_ipv6_beside_ipv4_under_the_same_options),
	    cmocka_unit_test(test_a_rate_of_each_flow_grows_with_the_flows_of_a_tuning),
	    cmocka_unit_test(test_variants_stand_side_by_side_and_either_goes_first),
	    cmocka_unit_test(test_a_versus_tuning_stands_against_the_base_alone),
	    cmocka_unit_test(test_automatic_blocks_plan_the_most_and_a_number_overrules_them),
	    cmocka_unit_test(test_a_paced_stream_has_a_window_of_enough_bursts_or_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

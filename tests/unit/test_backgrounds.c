/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workloads that run beside a judged one: what a scenario says of them, and what the plan makes of that. */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

#include "netladder/plan.h"

#define MODES "modes: [host, bridge]\n"

static const char rrul[] = MODES "workloads:\n"
				 "- {name: bulk, kind: tcp_stream, flows: 4, direction: both, judged: false}\n"
				 "- {name: ask, kind: udp_rr, rate: 100/s, cpus: [shared, free]}\n"
				 "- {kind: udp_rr, rate: 100/s, cpus: free, background: [bulk]}\n"
				 "- {kind: tcp_rr, ip: 6, background: [ask, bulk]}\n";

static void test_a_background_is_found_by_its_name_and_is_no_trial_of_its_own(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	scenarios_parse(rrul, &scenario);
	assert_int_equal(scenario.workload_count, 4); /* with two values of cpus */
	assert_int_equal(scenario.background_count, 2);
	assert_string_equal(scenario.backgrounds[0].name, "bulk");
	assert_int_equal(scenario.backgrounds[0].flows, 4);
	assert_int_equal(scenario.backgrounds[0].traffic.direction, LAD_BOTH_WAYS);
	assert_string_equal(scenario.backgrounds[1].name, "ask");
	assert_int_equal(scenario.workloads[0].background_count, 0);
	assert_int_equal(scenario.workloads[2].background_count, 1);
	assert_int_equal(scenario.workloads[2].backgrounds[0], 0);
	/* In the file's order, whatever the list's. */
	assert_int_equal(scenario.workloads[3].background_count, 2);
	assert_int_equal(scenario.workloads[3].backgrounds[0], 0);
	assert_int_equal(scenario.workloads[3].backgrounds[1], 1);
}

static void test_a_background_has_the_cpus_and_the_ip_of_what_it_loads_and_the_tuning_of_the_trial(void **state)
{
	(void)state;
	char text[1024];
	struct lad_scenario scenario;
	struct lad_plan plan;
	struct lad_error err = {0};
	int loaded = 0;
	snprintf(text, sizeof text, "%stunings: [{name: many, congestion_control: reno}]\ntrials: {blocks: 2}\n", rrul);
	scenarios_parse(text, &scenario);
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), 0);
	assert_int_equal(plan.trial_count, 2 * 2 * 2 * 4);
	for (int i = 0; i < plan.trial_count; i++) {
		const struct lad_trial *trial = &plan.trials[i];
		bool tuned = strcmp(trial->tuning->name, "many") == 0;
		assert_int_equal(lad_trial_session_count(trial), 1 + trial->background_count);
		for (int b = 0; b < trial->background_count; b++) {
			const struct lad_workload *background = &trial->backgrounds[b];
			assert_int_equal(background->cpus, trial->workload->cpus);
			assert_int_equal(background->traffic.ip, trial->workload->traffic.ip);
			if (background->kind == LAD_TCP_STREAM)
				assert_string_equal(background->congestion_control, tuned ? "reno" : "cubic");
			loaded++;
		}
	}
	assert_int_equal(loaded, 2 * 2 * 2 * 3);
	lad_plan_free(&plan);
}

static void test_the_words_of_a_background_are_its_names(void **state)
{
	(void)state;
	const struct lad_workload workloads[] = {{.name = "up"}, {.name = "a-name-of-15-by"}};
	char text[LAD_BACKGROUND_TEXT_MAX];
	struct lad_workload many[LAD_BACKGROUNDS_MAX];
	lad_backgrounds_describe(workloads, 0, text);
	assert_string_equal(text, "");
	lad_backgrounds_describe(workloads, 2, text);
	assert_string_equal(text, "up+a-name-of-15-by");
	for (int i = 0; i < LAD_BACKGROUNDS_MAX; i++)
		many[i] = workloads[1];
	lad_backgrounds_describe(many, LAD_BACKGROUNDS_MAX, text);
	assert_int_equal(strlen(text), LAD_BACKGROUNDS_MAX * LAD_WORKLOAD_NAME_MAX - 1);
}

/* The same requests alone and beside a background are two entries; the same background twice is one. */
static void test_entries_that_differ_in_the_background_differ(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	scenarios_parse(MODES "workloads:\n- {name: bulk, kind: tcp_stream}\n- {kind: tcp_rr}\n"
			      "- {kind: tcp_rr, background: [bulk]}\ntunings: [{name: many, flows: 8}]\n",
			&scenario);
	scenarios_refuse(MODES "workloads:\n- {name: a, kind: tcp_stream}\n- {name: b, kind: udp_stream}\n"
			       "- {kind: tcp_rr, background: [a, b]}\n- {kind: tcp_rr, background: [b, a]}\n",
			 "test.yaml:6:3: workloads[4]: tcp_rr with cpus shared is the same as in workloads[3]; valid: "
			 "entries that differ");
}

static void test_what_cannot_be_a_background_is_refused_with_its_place_and_what_can(void **state)
{
	(void)state;
	static const struct {
		const char *entries, *message;
	} cases[] = {
	    {"- {name: up, kind: tcp_stream}\n- {kind: udp_rr, background: [bulk]}\n",
	     "test.yaml:4:31: workloads[2].background[1]: no workload is called \"bulk\"; valid: up"},
	    {"- {kind: tcp_stream}\n- {kind: udp_rr, background: [bulk]}\n",
	     "test.yaml:4:31: workloads[2].background[1]: no workload is called \"bulk\"; valid: the `name` of another "
	     "entry"},
	    {"- {name: up, kind: tcp_stream}\n- {name: me, kind: udp_rr, background: [me]}\n",
	     "test.yaml:4:41: workloads[2].background[1]: a workload cannot be its own background; valid: up"},
	    {"- {name: up, kind: tcp_stream}\n- {name: b, kind: udp_rr, background: [up]}\n"
	     "- {kind: tcp_rr, background: [up, b]}\n",
	     "test.yaml:5:35: workloads[3].background[2]: b has a background itself, and a background cannot have a "
	     "background; valid: up"},
	    {"- {name: up, kind: tcp_stream}\n- {kind: udp_rr, background: [up, up]}\n",
	     "test.yaml:4:35: workloads[2].background[2]: up is listed twice; valid: each name once"},
	    {"- {name: up, kind: tcp_stream, bytes: 1MB}\n- {kind: udp_rr, background: [up]}\n",
	     "test.yaml:4:31: workloads[2].background[1]: up ends with its bytes or transactions, and a background "
	     "lasts "
	     "as long as the window; valid: the `name` of another entry"},
	    {"- {name: up, kind: tcp_stream}\n- {name: up, kind: udp_rr}\n",
	     "test.yaml:4:10: workloads[2].name: workloads[1] is called up already; valid: each name once"},
	    {"- {kind: tcp_stream, judged: false}\n",
	     "test.yaml:3:30: workloads[1].judged: without a name no workload can have it as its background; valid: a "
	     "name, or true"},
	    {"- {name: up, kind: tcp_stream, judged: false}\n- {kind: udp_rr}\n",
	     "test.yaml:3:40: workloads[1].judged: no workload has it as its background; valid: `background: [up]` in "
	     "another entry, or true"},
	    {"- {name: up, kind: tcp_stream, judged: false, cpus: free}\n- {kind: udp_rr, background: [up]}\n",
	     "test.yaml:3:53: workloads[1].cpus: is that of the workload whose background it is; valid: leave this key "
	     "out"},
	    {"- {name: up, kind: tcp_stream}\n- {name: b, kind: udp_rr, background: [up], judged: false}\n",
	     "test.yaml:4:39: workloads[2].background: a background cannot have a background; valid: judged: true, or "
	     "leave this key out"},
	    {"- {name: bulk, kind: tcp_stream, judged: false}\n- {kind: tcp_rr, background: [blk]}\n",
	     "test.yaml:4:31: workloads[2].background[1]: no workload is called \"blk\"; valid: bulk"},
	    {"- {name: \"a b\", kind: tcp_stream}\n",
	     "test.yaml:3:10: workloads[1].name: \"a b\" cannot be a name; valid: letters, digits, - and _, with "
	     "single dots between them"},
	    {"- {name: sixteen-bytes-it, kind: tcp_stream}\n",
	     "test.yaml:3:10: workloads[1].name: is 16 bytes long; valid: 1 to 15 bytes"},
	    {"- {name: a.example, kind: dns_rr, judged: false}\n- {kind: tcp_rr, background: [a.example]}\n",
	     "test.yaml:3:43: workloads[1].judged: dns_rr cannot be a background; valid: true"},
	    {"- {kind: tcp_rr, background: [a, b, c, d, e, f, g, h, i]}\n",
	     "test.yaml:3:30: workloads[1].background: has 9 entries; valid: 1 to 8"},
	    {"- {kind: tcp_rr, background: bulk}\n",
	     "test.yaml:3:30: workloads[1].background: a single value has no place here; valid: a list, as in "
	     "background: [bulk]"},
	    {"- {name: a, kind: tcp_stream}\n- {name: b, kind: tcp_stream, flows: 2}\n"
	     "- {name: c, kind: tcp_stream, flows: 3}\n- {name: d, kind: tcp_stream, flows: 4}\n"
	     "- {kind: tcp_rr, background: [a, b, c, d]}\ntopologies: [{pairs: 64}]\n",
	     "test.yaml:8:14: topologies[1]: with 4 backgrounds it has 320 sessions; valid: at most 256"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1024];
		snprintf(text, sizeof text, MODES "workloads:\n%s", cases[i].entries);
		scenarios_refuse(text, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_background_is_found_by_its_name_and_is_no_trial_of_its_own),
	    cmocka_unit_test(test_a_background_has_the_cpus_and_the_ip_of_what_it_loads_and_the_tuning_of_the_trial),
	    cmocka_unit_test(test_the_words_of_a_background_are_its_names),
	    cmocka_unit_test(test_entries_that_differ_in_the_background_differ),
	    cmocka_unit_test(test_what_cannot_be_a_background_is_refused_with_its_place_and_what_can),
	};
	return cmocka_run_group_tests_name("backgrounds", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who talks to whom: layouts, their words, and what a scenario may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "netladder/plan.h"
#include "netladder/topology.h"

static struct lad_layout layout;

static void lay_out(enum lad_pattern pattern, int count, int hosts, enum lad_placement placement)
{
	const struct lad_topology topology = {pattern, count, hosts};
	lad_topology_lay_out(&topology, placement, &layout);
	assert_int_equal(layout.edge_count, lad_topology_sessions(&topology));
}

static int host_of(int member)
{
	return layout.members[member].host;
}

static void test_a_pair_is_a_generator_on_the_first_host_and_a_sink_on_the_second(void **state)
{
	(void)state;
	lad_topology_lay_out(&lad_topology_pair, LAD_CROSS_HOST, &layout);
	assert_int_equal(layout.member_count, 2);
	assert_int_equal(layout.edges[0].generator, 0);
	assert_int_equal(layout.edges[0].sink, 1);
	assert_int_equal(host_of(0), 0);
	assert_int_equal(host_of(1), 1);
	lad_topology_lay_out(&lad_topology_pair, LAD_SAME_HOST, &layout);
	assert_int_equal(host_of(0), 0);
	assert_int_equal(host_of(1), 0);
}

static void test_the_ends_of_each_session_stand_as_the_placement_says(void **state)
{
	(void)state;
	for (int pattern = LAD_PAIRS; pattern <= LAD_FANOUT; pattern++)
		for (int hosts = 2; hosts <= 8; hosts++)
			for (int count = 2; count <= LAD_SESSIONS_MAX; count++)
				for (int p = 0; p < LAD_PLACEMENT_COUNT; p++) {
					lay_out((enum lad_pattern)pattern, count, hosts, (enum lad_placement)p);
					for (int i = 0; i < layout.edge_count; i++) {
						int from = host_of(layout.edges[i].generator);
						int to = host_of(layout.edges[i].sink);
						assert_in_range(from, 0, hosts - 1);
						assert_in_range(to, 0, hosts - 1);
						assert_int_equal(from == to, p == LAD_SAME_HOST);
					}
				}
}

/* How many sessions have MEMBER for their generator, or their sink. */
static int degree(int member, bool generator)
{
	int count = 0;
	for (int i = 0; i < layout.edge_count; i++)
		count += (generator ? layout.edges[i].generator : layout.edges[i].sink) == member;
	return count;
}

static void test_patterns_share_the_containers_that_they_are_named_for(void **state)
{
	(void)state;
	lay_out(LAD_PAIRS, 16, 2, LAD_CROSS_HOST);
	assert_int_equal(layout.member_count, 32);
	for (int i = 0; i < 32; i++)
		assert_int_equal(degree(i, true) + degree(i, false), 1);
	lay_out(LAD_INCAST, 8, 4, LAD_CROSS_HOST);
	assert_int_equal(layout.member_count, 9);
	assert_int_equal(degree(layout.edges[0].sink, false), 8);
	lay_out(LAD_FANOUT, 8, 4, LAD_CROSS_HOST);
	assert_int_equal(layout.member_count, 9);
	assert_int_equal(degree(layout.edges[0].generator, true), 8);
	lay_out(LAD_MESH, 4, 4, LAD_CROSS_HOST);
	assert_int_equal(layout.member_count, 4);
	assert_int_equal(layout.edge_count, 12);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(degree(i, true), 3);
		assert_int_equal(degree(i, false), 3);
	}
}

/* Over four hosts, eight pairs are two on each. */
static void test_members_are_dealt_over_the_hosts(void **state)
{
	(void)state;
	int on[8] = {0};
	lay_out(LAD_PAIRS, 8, 4, LAD_CROSS_HOST);
	for (int i = 0; i < layout.edge_count; i++)
		on[host_of(layout.edges[i].generator)]++;
	for (int host = 0; host < 4; host++)
		assert_int_equal(on[host], 2);
}

static void test_words_tell_topologies_apart_and_a_pair_has_none(void **state)
{
	(void)state;
	static const struct {
		struct lad_topology topology;
		const char *words;
	} cases[] = {
	    {{LAD_PAIRS, 1, 2}, ""},
	    {{LAD_PAIRS, 16, 2}, "topology=pairs=16"},
	    {{LAD_PAIRS, 1, 4}, "topology=pairs=1 hosts=4 wire=switch"},
	    {{LAD_INCAST, 8, 4}, "topology=incast=8 hosts=4 wire=switch"},
	    {{LAD_MESH, 2, 2}, "topology=mesh=2"},
	    {{LAD_MESH, 4, 4}, "topology=mesh=4 wire=switch"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char words[64];
		lad_topology_describe(&cases[i].topology, words, sizeof words);
		assert_string_equal(words, cases[i].words);
	}
}

static int parse(const char *lines, struct lad_scenario *scenario, struct lad_error *err)
{
	char text[512];
	snprintf(text, sizeof text, "modes: [host, bridge]\nworkloads: [{kind: tcp_rr}]\n%s", lines);
	return lad_scenario_parse("my.yaml", text, strlen(text), scenario, err);
}

static void test_a_scenario_names_topologies_and_each_is_measured(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	struct lad_plan plan;
	struct lad_error err = {0};
	assert_int_equal(parse("", &scenario, &err), 0);
	assert_int_equal(scenario.topology_count, 1);
	assert_true(lad_topology_is_pair(&scenario.topologies[0]));
	if (parse("topologies: [{pairs: 1}, {incast: 8, hosts: 4}, {mesh: true, hosts: 3}]\n"
		  "trials: {blocks: 2}\n",
		  &scenario, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(scenario.topology_count, 3);
	assert_int_equal(scenario.topologies[1].pattern, LAD_INCAST);
	assert_int_equal(scenario.topologies[1].count, 8);
	assert_int_equal(scenario.topologies[1].hosts, 4);
	assert_int_equal(scenario.topologies[2].count, 3);
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, &err), 0);
	assert_int_equal(plan.trial_count, 2 * 3 * 2);
	/* What is compared stands together: the modes of one topology behind each other. */
	for (int i = 0; i < plan.trial_count; i += 2)
		assert_ptr_equal(plan.trials[i].topology, plan.trials[i + 1].topology);
	lad_plan_free(&plan);
}

static void test_what_a_scenario_may_not_say_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *lines, *message;
	} cases[] = {
	    {"topologies: [{pairs: 1}, {pairs: 128}]",
	     "my.yaml:3:34: topologies[2].pairs: 128 is too large; valid: 1 to 64"},
	    {"topologies: [{incast: 1}]", "topologies[1].incast: 1 is too small; valid: 2 to 64"},
	    {"topologies: [{pairs: 4, incast: 4}]", "my.yaml:3:14: topologies[1]: only one pattern at a time; valid: "
						    "exactly one of pairs, incast, fanout, mesh"},
	    {"topologies: [{hosts: 4}]",
	     "topologies[1]: no pattern; valid: exactly one of pairs, incast, fanout, mesh"},
	    {"topologies: [{pairs: 4}, {pairs: 4, hosts: 2}]", "topologies[2]: is the same as topologies[1]"},
	    {"topologies: [{pairs: 4, hosts: 9}]", "topologies[1].hosts: 9 is too large; valid: 2 to 8"},
	    {"placements: [same-host]\ntopologies: [{mesh: true}]",
	     "topologies[1].mesh: same-host has no meaning for a mesh"},
	    {"topologies: [{tiers: []}]",
	     "topologies[1].tiers: unknown key; valid: pairs, incast, fanout, mesh, hosts"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_scenario scenario;
		struct lad_error err = {0};
		assert_int_equal(parse(cases[i].lines, &scenario, &err), -1);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].lines, err.message);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	}
}

static void test_engines_are_counted_before_a_run_and_the_topology_that_wants_more_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *lines;
		int engines;
		const char *message; /* "": enough */
	} cases[] = {
	    {"topologies: [{mesh: true, hosts: 4}]", 2, "topology mesh needs 4 hosts; hosts names 2 engines"},
	    {"topologies: [{mesh: true, hosts: 4}]", 4, ""},
	    {"topologies: [{pairs: 4}]", 1, "topology pairs=4 needs 2 hosts; hosts names 1 engine"},
	    {"topologies: [{pairs: 1}, {incast: 4, hosts: 3}]", 2,
	     "topology incast=4 needs 3 hosts; hosts names 2 engines"},
	    {"placements: [same-host]\ntopologies: [{incast: 4, hosts: 3}]", 1, ""},
	    {"placements: [same-host]\ntopologies: [{pairs: 8, hosts: 3}]", 2,
	     "topology pairs=8 needs 3 hosts; hosts names 2 engines"},
	    {"", 1, ""}, /* the lab says what a pair lacks */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_scenario scenario;
		struct lad_error err = {.message = ""};
		if (parse(cases[i].lines, &scenario, &err) < 0)
			fail_msg("%s", err.message);
		scenario.docker.host_count = cases[i].engines;
		int status = lad_scenario_check_engines(&scenario, &err);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(status, cases[i].message[0] ? -1 : 0);
		assert_true(status == 0 || err.exit_code == LAD_EXIT_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_pair_is_a_generator_on_the_first_host_and_a_sink_on_the_second),
	    cmocka_unit_test(test_the_ends_of_each_session_stand_as_the_placement_says),
	    cmocka_unit_test(test_patterns_share_the_containers_that_they_are_named_for),
	    cmocka_unit_test(test_members_are_dealt_over_the_hosts),
	    cmocka_unit_test(test_words_tell_topologies_apart_and_a_pair_has_none),
	    cmocka_unit_test(test_a_scenario_names_topologies_and_each_is_measured),
	    cmocka_unit_test(test_what_a_scenario_may_not_say_is_refused_with_its_place),
	    cmocka_unit_test(test_engines_are_counted_before_a_run_and_the_topology_that_wants_more_is_named),
	};
	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}

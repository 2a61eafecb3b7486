/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person types: help, errors and exit codes. */
#include "support.h"

#include <string.h>

#include "netladder/error.h"

static struct finished finished;

static void run(const char *a, const char *b, const char *c, const char *d)
{
	const char *const argv[] = {LAD_BUILD "/netladder", a, b, c, d, NULL};
	support_run(&finished, -1, -1, argv);
}

static void test_help_and_version_go_to_stdout_with_exit_0(void **state)
{
	(void)state;
	run("help", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "sudo netladder run scenarios/ladder.yaml", NULL);
	run("--help", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "Commands:", NULL);
	run("help", "run", NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "--dry-run", NULL);
	run("verdict", "--help", NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "--margin", NULL);
	run("version", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "netladder 0.", NULL);
}

static void test_bad_usage_is_exit_2_and_says_what_is_valid(void **state)
{
	(void)state;
	run(NULL, NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "Usage: netladder");
	run("fly", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "unknown command 'fly'");
	run("run", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "name a SCENARIO file");
	run("run", "scenarios/ladder.yaml", "--only", "bridges");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "unknown mode 'bridges'; valid: host");
	run("run", "scenarios/ladder.yaml", "--blocks", "0");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "valid: a whole number from 1 to 1000");
	run("run", "scenarios/nothing.yaml", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "scenarios/nothing.yaml");
	run("run", "scenarios/ladder.yaml", "--out", "/tmp");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "cannot make the results folder /tmp: File exists");
	run("verdict", "scenarios/ladder.yaml", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "scenarios/ladder.yaml:1: run_id: this column is missing");
	run("verdict", "results/example/results.csv", "--expect", "host > hose");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "--expect");
}

static void test_a_dry_run_prints_the_plan_and_builds_nothing(void **state)
{
	(void)state;
	run("run", "scenarios/ladder.yaml", "--dry-run", NULL);
	support_expect(&finished, LAD_EXIT_OK, "520 trials in 13 blocks", NULL);
	run("run", "scenarios/ladder.yaml", "--dry-run", "--quick");
	support_expect(&finished, LAD_EXIT_OK, "240 trials in 6 blocks", NULL);
	/* A virtual machine takes more time than it measures. */
	run("run", "scenarios/ladder-vm.yaml", "--dry-run", NULL);
	support_expect(&finished, LAD_EXIT_OK, "30 trials in 1 block, seed", NULL);
	long minutes = 0, seconds = 0;
	assert_int_equal(sscanf(strstr(finished.out, "about "), "about %ld:%ld", &minutes, &seconds), 2);
	assert_true(60 * minutes + seconds > 8);
}

static void test_the_example_is_judged_without_root_or_network(void **state)
{
	(void)state;
	run("verdict", "results/example/results.csv", NULL, NULL);
	support_expect(&finished, LAD_EXIT_REFUTED, "bridge > overlay         refuted", NULL);
	run("verdict", "results/example/", NULL, NULL); /* the folder will do */
	support_expect(&finished, LAD_EXIT_REFUTED, "bridge > overlay         refuted", NULL);
	run("verdict", "results/reference", NULL, NULL); /* by the order of its own scenario.yaml */
	support_expect(&finished, LAD_EXIT_REFUTED, "ipvlan-l3 > bridge", NULL);
	run("verdict", "results/reference", "--expect", "host > bridge");
	support_expect(&finished, LAD_EXIT_OK, "host > bridge", NULL);
	assert_null(strstr(finished.out, "ipvlan-l3 > bridge"));
	run("compare", "results/example,results/example", "results/example/results.csv", NULL);
	support_expect(&finished, LAD_EXIT_OK, "0 of ", NULL);
	run("compare", "results/example", "tests", NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "tests/results.csv");
	run("verdict", "results/example/results.csv", "--json", NULL);
	support_expect(&finished, LAD_EXIT_REFUTED, "\"verdict\":\t\"confirmed\"", NULL);
}

static void test_columns_are_told_in_each_format(void **state)
{
	(void)state;
	run("columns", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "\n  goodput_bps (number, bit/s; since 0.1.0)\n", NULL);
	run("columns", "--format", "markdown", NULL);
	support_expect(&finished, LAD_EXIT_OK, "\n| `goodput_bps` | number | bit/s | 0.1.0 |", NULL);
	run("columns", "--format=json", NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "\"name\":\t\"goodput_bps\"", NULL);
	run("columns", "-f", "xml", NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "--format 'xml': valid: text, markdown, json");
	run("columns", "goodput_bps", "--format", "json");
	support_expect(&finished, LAD_EXIT_USAGE, "\"exit_code\":2", "unexpected argument 'goodput_bps'");
}

static void test_a_folder_of_runs_is_answered_with_the_newest(void **state)
{
	(void)state;
	run("verdict", "results", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "; try: results/");
	assert_non_null(strstr(finished.err, ", the newest of the runs there\n"));
}

static void test_probe_tells_each_mode(void **state)
{
	(void)state;
	run("probe", NULL, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "native   overlay    yes", NULL);
	run("probe", "--json", NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "\"mode\":\t\"macvlan\"", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_help_and_version_go_to_stdout_with_exit_0),
	    cmocka_unit_test(test_bad_usage_is_exit_2_and_says_what_is_valid),
	    cmocka_unit_test(test_a_dry_run_prints_the_plan_and_builds_nothing),
	    cmocka_unit_test(test_the_example_is_judged_without_root_or_network),
	    cmocka_unit_test(test_columns_are_told_in_each_format),
	    cmocka_unit_test(test_a_folder_of_runs_is_answered_with_the_newest),
	    cmocka_unit_test(test_probe_tells_each_mode),
	};
	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}

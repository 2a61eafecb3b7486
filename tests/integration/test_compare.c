/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regression gate on real runs, as short as they go: variants in the same blocks, automatic blocks, ci-gate.sh. */
#include "folders.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/error.h"
#include "netladder/results.h"

static char folder[] = "/tmp/netladder-test-compare-XXXXXX";
static char scenario[96], versus[96], automatic[96];
static struct finished finished;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(scenario, sizeof scenario, "%s/tiny.yaml", folder);
	snprintf(versus, sizeof versus, "%s/versus", folder);
	snprintf(automatic, sizeof automatic, "%s/auto", folder);
	folder_put(folder, "tiny.yaml",
		   /* Until so many transactions are there, on however busy a machine. */
		   "modes: [host, bridge]\nworkloads: [{kind: tcp_rr, transactions: 2000}]\n"
		   "tunings: [{name: many, flows: 4}]\n"
		   "trials: {blocks: 3, max_blocks: 12, warmup: 20ms, duration: 1min}\n"
		   "expect: {order: host > bridge}\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static struct lad_table read_results(const char *directory)
{
	char path[128];
	struct lad_table table;
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/results.csv", directory);
	if (lad_table_read(path, &table, &err) < 0)
		fail_msg("%s", err.message);
	return table;
}

static void test_versus_measures_both_agents_in_every_block_and_compares_them(void **state)
{
	(void)state;
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    scenario,
				    "--versus",
				    LAD_BUILD "/netladder-agent",
				    "--out",
				    versus,
				    "--quiet",
				    "--metric",
				    "cpu_us_per_transaction",
				    NULL};
	support_run(&finished, -1, -1, argv);
	/* Three blocks cannot prove anything: no regression, whatever the machine does. */
	support_expect(&finished, LAD_EXIT_OK, "0 of 4 worse by more than 3 %", NULL);
	support_expect(&finished, LAD_EXIT_OK, "too few blocks to decide anything", NULL);
	/* Which of the two is which. */
	support_expect(&finished, LAD_EXIT_OK, "base: variant a, the agent named after --versus\n", NULL);
	struct lad_table table = read_results(versus);
	int a = 0, b = 0;
	for (int i = 0; i < table.row_count; i++) {
		assert_int_equal(table.rows[i].status, LAD_STATUS_OK);
		a += strcmp(table.rows[i].variant, "a") == 0;
		b += strcmp(table.rows[i].variant, "b") == 0;
	}
	assert_int_equal(a, 3 * 2 * 2); /* blocks, modes, tunings */
	assert_int_equal(b, a);
	lad_table_free(&table);
}

static void test_versus_tuning_compares_the_tuning_with_the_base(void **state)
{
	(void)state;
	char out[96];
	snprintf(out, sizeof out, "%s/tuned", folder);
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    scenario,
				    "--versus-tuning",
				    "many",
				    "--only",
				    "host",
				    "--out",
				    out,
				    "--quiet",
				    NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, "variant b, tuning many", NULL);
	support_expect(&finished, LAD_EXIT_OK, "3 paired blocks", NULL);
}

static void test_what_cannot_be_the_other_agent_is_refused_before_measuring(void **state)
{
	(void)state;
	char out[96];
	snprintf(out, sizeof out, "%s/none", folder);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", scenario, "--versus", folder, "--out", out, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "is no program; valid: the path of another netladder-agent");
}

static void test_automatic_blocks_end_at_a_look(void **state)
{
	(void)state;
	const char *const argv[] = {
	    LAD_BUILD "/netladder", "run", scenario, "--blocks", "auto", "--out", automatic, "--quiet", NULL};
	support_run(&finished, -1, -1, argv);
	/* 12 blocks at most: one look, at the end. */
	support_expect(&finished, finished.code, "The run stopped by itself after 12 of at most 12 blocks", NULL);
	assert_in_range(finished.code, LAD_EXIT_OK, LAD_EXIT_REFUTED);
	struct lad_table table = read_results(automatic);
	assert_int_equal(table.rows[0].max_blocks, 12);
	lad_table_free(&table);
	char path[128], text[65536] = "";
	snprintf(path, sizeof path, "%s/environment.json", automatic);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "\"cpus_online\":")); /* what was there stays */
	assert_non_null(strstr(text, "\"other_cpus\":"));
}

static void compare(const char *a, const char *b, const char *option, const char *value)
{
	const char *const argv[] = {LAD_BUILD "/netladder", "compare", a, b, option, value, NULL};
	support_run(&finished, -1, -1, argv);
}

static void test_compare_says_the_same_of_files_in_every_format(void **state)
{
	(void)state;
	static const char *const formats[][2] = {{"table", "what "},
						 {"markdown", "### netladder: "},
						 {"json", "\"lines\":"},
						 {"junit", "<testsuite name=\"netladder compare\" tests=\"2\""},
						 {"github", "::notice title=netladder::"}};
	char file[128], option[32];
	snprintf(file, sizeof file, "%s/results.csv", versus);
	for (int i = 0; i < 5; i++) {
		snprintf(option, sizeof option, "--format=%s", formats[i][0]);
		compare(file, option, "--ignore=tuning,flows", NULL);
		support_expect(&finished, LAD_EXIT_OK, formats[i][1], NULL);
	}
	compare(file, "--format=prose", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "valid: table, markdown, json, junit, github");
	compare("results/example/results.csv", "results/example/results.csv", "--metric", "speed");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "\"speed\" is no metric; valid: all");
	compare("results/example/results.csv", "--strict", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "there are no variants a and b to compare");
}

static void test_strict_refuses_another_machine_and_require_all_misses_what_is_gone(void **state)
{
	(void)state;
	static const char robust[] = "--metric=cpu_us_per_transaction";
	char file[128], fewer[128];
	snprintf(file, sizeof file, "%s/results.csv", automatic);
	snprintf(fewer, sizeof fewer, "%s/tuned/results.csv", folder);
	/* The bridge was left out there. At this level 3 blocks prove nothing, whatever the machine did meanwhile. */
	compare(file, fewer, robust, "--alpha=0.1%");
	support_expect(&finished, LAD_EXIT_OK, "missing      no such row", NULL);
	compare(file, fewer, robust, "--require-all");
	support_expect(&finished, LAD_EXIT_REFUTED, "missing      no such row", NULL);
	compare(file, file, "--strict", NULL);
	support_expect(&finished, LAD_EXIT_OK, "0 of ", NULL);
	/* The same rows from a machine with more CPUs. */
	char other[96], path[160], command[400];
	snprintf(other, sizeof other, "%s/other", folder);
	snprintf(path, sizeof path, "%s/results.csv", other);
	snprintf(command, sizeof command,
		 "cp -r %s %s && sed -i 's/\"cpus_online\":.*/\"cpus_online\": 4096,/' %s/environment.json", automatic,
		 other, other);
	const char *const argv[] = {"sh", "-c", command, NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, 0);
	compare(file, path, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "DIFFERENT machine.cpus_online", NULL);
	compare(file, path, "--strict", NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "--strict: machine.cpus_online differs");
}

static void test_ci_gate_makes_a_baseline_and_then_compares_with_it(void **state)
{
	(void)state;
	char command[800];
	snprintf(
	    command, sizeof command,
	    "BUILD=" LAD_BUILD " OUT=%s/gate1 scripts/ci-gate.sh baseline %s/baseline %s && BUILD=" LAD_BUILD
	    " OUT=%s/gate2 MARGIN=50%% GITHUB_STEP_SUMMARY=%s/summary.md scripts/ci-gate.sh baseline %s/baseline %s && "
	    "cat %s/summary.md %s/gate2/gate.xml",
	    folder, folder, scenario, folder, folder, folder, scenario, folder, folder);
	const char *const argv[] = {"bash", "-c", command, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, "this run is it now; commit it", NULL);
	support_expect(&finished, LAD_EXIT_OK, "3 against 3 blocks", NULL);
	support_expect(&finished, LAD_EXIT_OK, "### netladder: ", NULL);
	support_expect(&finished, LAD_EXIT_OK, "<testsuite name=\"netladder compare\"", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versus_measures_both_agents_in_every_block_and_compares_them),
	    cmocka_unit_test(test_versus_tuning_compares_the_tuning_with_the_base),
	    cmocka_unit_test(test_what_cannot_be_the_other_agent_is_refused_before_measuring),
	    cmocka_unit_test(test_automatic_blocks_end_at_a_look),
	    cmocka_unit_test(test_compare_says_the_same_of_files_in_every_format),
	    cmocka_unit_test(test_strict_refuses_another_machine_and_require_all_misses_what_is_gone),
	    cmocka_unit_test(test_ci_gate_makes_a_baseline_and_then_compares_with_it),
	};
	return cmocka_run_group_tests_name("compare on real runs", tests, set_up, tear_down);
}

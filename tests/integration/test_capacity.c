/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command: its answer and exit codes from a results folder, and from rows that a run of several pairs has written.
 */
#include "carried.h"
#include "folders.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "netladder/error.h"

static struct finished finished;
static char folder[64];

static int set_up(void **state)
{
	(void)state;
	struct carried_plan plan = carried_usual;
	plan.spread = 0.01;
	carried_folder(&plan, folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* Runs `netladder capacity WORDS…` with the folder in the place of %. */
static void ask(const char *words)
{
	const char *argv[32] = {LAD_BUILD "/netladder", "capacity"};
	char copy[512], *rest = copy, *word;
	int count = 2;
	snprintf(copy, sizeof copy, "%s", words);
	while ((word = strsep(&rest, " ")) && count < 31)
		argv[count++] = strcmp(word, "%") == 0 ? folder : word;
	argv[count] = NULL;
	support_run(&finished, -1, -1, argv);
}

static void test_it_answers_for_each_mode_and_in_detail_for_one(void **state)
{
	(void)state;
	ask("% --need 20k/s --size 1000 --containers 2 --headroom 20%");
	support_expect(&finished, LAD_EXIT_OK, "20k/s of 1000 bytes (tcp_rr, cpus free); 2 containers; 20 % headroom",
		       "");
	support_expect(&finished, LAD_EXIT_OK, "\nhost    yes ", NULL);
	support_expect(&finished, LAD_EXIT_OK, "\nbridge  yes ", NULL);
	support_expect(&finished, LAD_EXIT_OK, "the CPUs: 1.95 of 2 busy", NULL);
	ask("% --need 20k/s --size 1000 --mode bridge --format markdown");
	support_expect(&finished, LAD_EXIT_OK, "bridge: fits: yes", NULL);
	ask("% --need 0.1Gbit@5000 --need 1k/s@300 --containers 3 --format json");
	support_expect(&finished, LAD_EXIT_OK, "\"basis\":	\"interpolated\"", NULL);
	cJSON *root = cJSON_Parse(finished.out);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "modes")), 2);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "needs")), 2);
	cJSON_Delete(root);
}

static void test_an_expectation_that_is_missed_is_exit_1(void **state)
{
	(void)state;
	ask("% --need 20k/s --size 1000 --expect cpus<=1 --expect rate>=10k/s");
	support_expect(&finished, LAD_EXIT_OK, "expected cpus<=1: holds\nexpected rate>=10k/s: holds\n", NULL);
	ask("% --need 20k/s --size 1000 --expect cpus<=0.3");
	support_expect(&finished, LAD_EXIT_REFUTED, "expected cpus<=0.3: missed by bridge\n", NULL);
	ask("% --need 20k/s --size 1000 --expect cpus<=0.3 --mode host");
	support_expect(&finished, LAD_EXIT_OK, "expected cpus<=0.3: holds\n", NULL);
}

static void test_bad_usage_is_exit_2_and_says_what_is_valid(void **state)
{
	(void)state;
	static const char *const asked[][2] = {
	    {"%", "say what is needed: --need 40Gbit"},
	    {"--need 1k/s", "name a results.csv"},
	    {"% --need 200", "--need '200': valid: bits with their unit such as 40Gbit"},
	    {"% --need 40Gbps", "'40Gbps': valid"},
	    {"% --need 1k/s --size x", "--size 'x': valid: bytes"},
	    {"% --need 1k/s --slo p98=1ms", "--slo 'p98=1ms': valid: p50, p90, p99"},
	    {"% --need 1k/s --containers 0", "valid: a whole number from 1"},
	    {"% --need 1k/s --headroom 95%", "valid: 0% to 90%"},
	    {"% --need 1k/s --mode bridges", "valid: host, macvlan, ipvlan-l2, ipvlan-l3, bridge, overlay, all"},
	    {"% --need 1k/s --mode macvlan --size 1000", "--mode macvlan: it was not measured"},
	    {"% --need 1k/s --expect cpus=8", "--expect 'cpus=8': valid: cpus<=8"},
	    {"% --need 1k/s --format xml", "valid: text, json, markdown"},
	    {"% --need 1k/s", "--size is missing; tcp_rr was measured from 100 to 10000 bytes"},
	    {"% --need 1k/s@50", "nothing is answered outside of that; measure that too"},
	    {"% --need 1k/s@1000 --containers 9", "nothing is answered beyond twice that; measure that too"},
	    {"% --need 1k/s@1000 --slo p99=1ms", "search: {goals: [{name: slo, deadline: 1ms, loss: 1%}]}"},
	    {"results/gate --need 1Gbit@1400", "bytes, and nothing is answered outside of that"},
	    {"results/gate --need 1Gbit --containers 3", "the vm lab, whose machine has one CPU"},
	};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		ask(asked[i][0]);
		support_expect(&finished, LAD_EXIT_USAGE, NULL, asked[i][1]);
	}
}

/* The way out that a refusal prints is a scenario that this version takes. */
static void test_the_scenario_of_a_refusal_can_be_run(void **state)
{
	(void)state;
	ask("% --need 1k/s@1000 --containers 12");
	char scenario[512], *begin = strstr(finished.err, "echo '"), *end = begin ? strchr(begin + 6, '\'') : NULL;
	assert_non_null(end);
	snprintf(scenario, sizeof scenario, "%.*s", (int)(end - begin - 6), begin + 6);
	folder_put(folder, "more.yaml", scenario);
	char path[96];
	snprintf(path, sizeof path, "%s/more.yaml", folder);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", path, "--dry-run", NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, "scenario more: 14 trials", NULL);
}

static void test_validation_prints_signed_errors_and_fails_beyond_its_limits(void **state)
{
	(void)state;
	ask("% --need 20k/s --size 1000 --validate");
	support_expect(&finished, LAD_EXIT_OK, "held out", NULL);
	support_expect(&finished, LAD_EXIT_OK, "\nvalidated: ", NULL);
	char words[256];
	struct carried_plan wild = carried_usual;
	char path[64];
	wild.spread = 0.4;
	carried_folder(&wild, path);
	snprintf(words, sizeof words, "%s --need 20k/s --size 1000 --validate", path);
	ask(words);
	support_expect(&finished, LAD_EXIT_REFUTED, "\nnot validated\n", NULL);
	assert_int_equal(folder_remove(path), 0);
}

/* A short run of the real thing: what a row has is what the command reads. */
static void test_rows_that_a_run_has_written_are_answered_from(void **state)
{
	(void)state;
	char path[96], out[96], words[256];
	folder_put(folder, "short.yaml",
		   "name: short\nmodes: [host, bridge]\ntopologies: [{pairs: 1}, {pairs: 2}, {pairs: 3}]\n"
		   "workloads:\n  - {kind: tcp_rr, cpus: free, message_bytes: 100}\n"
		   "  - {kind: tcp_rr, cpus: free, message_bytes: 1000}\n"
		   "  - {kind: tcp_rr, cpus: free, message_bytes: 8000}\n"
		   "trials: {blocks: 2, warmup: 500ms, duration: 50ms}\n");
	snprintf(path, sizeof path, "%s/short.yaml", folder);
	snprintf(out, sizeof out, "%s/short", folder);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", path, "--out", out, NULL};
	support_run(&finished, -1, -1, argv);
	if (finished.code != LAD_EXIT_TRIALS) /* a busy machine may fail one; the others tell enough */
		support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	snprintf(words, sizeof words, "%s --need 100/s@500 --containers 4 --format json", out);
	ask(words);
	support_expect(&finished, LAD_EXIT_OK, "\"basis\":	\"extrapolated\"", NULL);
	cJSON *root = cJSON_Parse(finished.out);
	const cJSON *modes = cJSON_GetObjectItem(root, "modes");
	for (int i = 0; i < 2; i++) {
		const cJSON *mode = cJSON_GetArrayItem(modes, i);
		const cJSON *cpus = cJSON_GetObjectItem(cJSON_GetObjectItem(mode, "cpus"), "value");
		assert_true(cJSON_IsNumber(cpus));
		assert_that(cpus->valuedouble, >, 0);
		assert_that(cpus->valuedouble, <, 1); /* 100 requests: less than 10 ms each on any machine */
	}
	cJSON_Delete(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_answers_for_each_mode_and_in_detail_for_one),
	    cmocka_unit_test(test_an_expectation_that_is_missed_is_exit_1),
	    cmocka_unit_test(test_bad_usage_is_exit_2_and_says_what_is_valid),
	    cmocka_unit_test(test_the_scenario_of_a_refusal_can_be_run),
	    cmocka_unit_test(test_validation_prints_signed_errors_and_fails_beyond_its_limits),
	    cmocka_unit_test(test_rows_that_a_run_has_written_are_answered_from),
	};
	return cmocka_run_group_tests_name("capacity", tests, set_up, tear_down);
}

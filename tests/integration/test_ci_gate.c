/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scripts/ci-gate.sh, as a CI job calls it. */
#include "folders.h"
#include "support.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/error.h"

static char folder[] = "/tmp/netladder-gate-XXXXXX";
static char scenario[64];
static struct finished finished;

/* Two blocks prove nothing, whatever else the machine does meanwhile: what is tested here is the script. */
static const char text[] = "name: gate\nmodes: [host]\nworkloads: [{kind: tcp_rr, transactions: 1000}]\n"
			   "trials: {blocks: 2, warmup: 20ms, duration: 1min}\n";

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(scenario, sizeof scenario, "%s/gate.yaml", folder);
	folder_put(folder, "gate.yaml", text);
	unsetenv("GITHUB_STEP_SUMMARY");
	return setenv("BUILD", LAD_BUILD, 1) || setenv("MARGIN", "50%", 1);
}

static int remove_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* Its output goes to FOLDER/NAME. */
static void gate(const char *name, const char *kind, const char *against)
{
	char out[64];
	snprintf(out, sizeof out, "%s/%s", folder, name);
	setenv("OUT", out, 1);
	const char *const argv[] = {"scripts/ci-gate.sh", kind, against, scenario, NULL};
	support_run(&finished, -1, -1, argv);
}

static void assert_file(const char *name, const char *file)
{
	char path[128];
	struct stat about;
	snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
	assert_int_equal(stat(path, &about), 0);
	assert_true(about.st_size > 0);
}

static void test_a_commit_is_built_and_measured_in_the_same_blocks(void **state)
{
	(void)state;
	const char *const argv[] = {"git", "rev-parse", "--verify", "--quiet", "HEAD", NULL};
	support_run(&finished, -1, -1, argv);
	if (geteuid() != 0 || finished.code != 0)
		support_skip("it takes root, and the history of this repository");
	gate("versus", "versus", "HEAD");
	support_expect(&finished, LAD_EXIT_OK, "2 paired blocks", NULL);
	assert_file("versus", "results.csv");
	assert_file("versus", "gate.xml");
	assert_file("versus", "run.log");
	gate("nothing", "versus", "no-such-branch");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "'no-such-branch' is no commit of this repository");
}

static void test_the_first_run_is_the_baseline_and_the_second_is_held_against_it(void **state)
{
	(void)state;
	char baseline[64];
	if (geteuid() != 0)
		support_skip("it takes root");
	snprintf(baseline, sizeof baseline, "%s/baseline", folder);
	gate("first", "baseline", baseline);
	support_expect(&finished, LAD_EXIT_OK, "there was no baseline", NULL);
	assert_file("baseline", "results.csv");
	assert_file("baseline", "environment.json");
	gate("second", "baseline", baseline);
	support_expect(&finished, LAD_EXIT_OK, "0 of 1 worse by more than 50 %", NULL);
	assert_file("second", "gate.xml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_commit_is_built_and_measured_in_the_same_blocks),
	    cmocka_unit_test(test_the_first_run_is_the_baseline_and_the_second_is_held_against_it),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

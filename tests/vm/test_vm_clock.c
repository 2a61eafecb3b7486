/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The instruction clock never jumps unseen: boots and trials whose clock did are thrown away and begun anew, and frozen
 * machines that are kept for the next run are the ones that were kept.
 */
#include "folders.h"
#include "support.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/error.h"

static char folder[] = "/tmp/netladder-vmclock-XXXXXX", cache[64];
static struct finished finished;

static const char scenario[] = "name: clock\nlab: vm\nmodes: [host]\nworkloads: [{kind: tcp_rr}]\n"
			       "trials: {blocks: 2, warmup: 5ms, duration: 20ms}\n";

/* Runs the scenario into FOLDER/NAME, with OPTION. */
static void run(const char *name, const char *option)
{
	char path[96], out[96];
	snprintf(path, sizeof path, "%s/clock.yaml", folder);
	snprintf(out, sizeof out, "%s/%s", folder, name);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", path, "--out", out, option, NULL};
	support_run(&finished, -1, -1, argv);
}

static void run_planted(const char *variable, const char *count, const char *name, const char *option)
{
	setenv(variable, count, 1);
	run(name, option);
	unsetenv(variable);
}

static void assert_same(const char *name)
{
	char path[64];
	size_t length, again;
	snprintf(path, sizeof path, "%s/results.csv", name);
	char *first = folder_get(folder, "first/results.csv", &length), *other = folder_get(folder, path, &again);
	assert_true(length > 500);
	assert_string_equal(first, other);
	free(first);
	free(other);
}

/* Whether environment.json of NAME has "KEY": VALUE. */
static bool says(const char *name, const char *key, const char *value)
{
	char path[64], wanted[64];
	size_t length;
	snprintf(path, sizeof path, "%s/environment.json", name);
	snprintf(wanted, sizeof wanted, "\"%s\":\t%s", key, value);
	char *text = folder_get(folder, path, &length);
	bool found = strstr(text, wanted);
	if (!found)
		print_message("%s: no %s in %s\n", name, wanted, text);
	free(text);
	return found;
}

/* A cache of our own, with the user's kernels. */
static int make_folder(void **state)
{
	(void)state;
	char own[96], path[PATH_MAX];
	const char *users = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (!mkdtemp(folder))
		return -1;
	folder_put(folder, "clock.yaml", scenario);
	snprintf(cache, sizeof cache, "%s/cache", folder);
	snprintf(own, sizeof own, "%s/netladder", cache);
	if (mkdir(cache, 0755) < 0 || mkdir(own, 0755) < 0)
		return -1;
	snprintf(path, sizeof path, "ln -s %s%s/netladder/kernel-* %s/", users ? users : home, users ? "" : "/.cache",
		 own);
	const char *const link[] = {"sh", "-c", path, NULL};
	support_run(&finished, -1, -1, link);
	setenv("XDG_CACHE_HOME", cache, 1);
	run("first", "--quiet");
	if (finished.code != LAD_EXIT_OK)
		print_error("exit %d: %s\n", finished.code, finished.err);
	return finished.code == LAD_EXIT_OK ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	const char *const remove[] = {"rm", "-rf", cache, NULL};
	support_run(&finished, -1, -1, remove);
	return folder_remove(folder);
}

static void test_the_next_run_goes_on_from_the_frozen_machine_of_the_first(void **state)
{
	(void)state;
	run("next", "--quiet");
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_true(says("first", "frozen_by_earlier_run", "false"));
	assert_true(says("next", "frozen_by_earlier_run", "true"));
	assert_same("next");
}

static void test_compare_says_that_nothing_differs_in_how_two_runs_began(void **state)
{
	(void)state;
	char base[64], next[64];
	snprintf(base, sizeof base, "%s/first", folder);
	snprintf(next, sizeof next, "%s/next", folder);
	const char *const argv[] = {LAD_BUILD "/netladder", "compare", base, next, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_non_null(strstr(finished.out, "began with the same programs, plan and frozen machine"));
	assert_null(strstr(finished.out, "DIFFERENT"));
}

static void test_a_trial_whose_clock_jumped_is_run_again(void **state)
{
	(void)state;
	run_planted("NETLADDER_VM_WARP_TRIALS", "1", "jumped", "--quiet");
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_true(says("jumped", "trials", "1"));
	assert_same("jumped");
}

static void test_a_trial_whose_clock_always_jumps_is_not_written_and_says_why(void **state)
{
	(void)state;
	char rows[64];
	run_planted("NETLADDER_VM_WARP_TRIALS", "99", "always", "--quiet");
	support_expect(&finished, LAD_EXIT_TRIALS, NULL, NULL);
	assert_non_null(strstr(finished.err, "its clock jumped each time, the last time by 1000 ns"));
	snprintf(rows, sizeof rows, "%s/always/results.csv", folder);
	assert_int_equal(access(rows, F_OK), -1);
}

static void test_a_boot_whose_clock_jumped_is_begun_anew(void **state)
{
	(void)state;
	run_planted("NETLADDER_VM_WARP_BOOTS", "1", "booted", "--fresh");
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_true(says("booted", "boots", "1"));
	assert_true(says("booted", "frozen_by_earlier_run", "false"));
	assert_same("booted");
}

static void test_a_machine_whose_clock_jumps_in_every_boot_is_exit_4_with_the_reason(void **state)
{
	(void)state;
	run_planted("NETLADDER_VM_WARP_BOOTS", "99", "never", "--fresh");
	support_expect(&finished, LAD_EXIT_TRIALS, NULL, NULL);
	/* The clock jumped; once in fifty boots it does not, and the machine is another than the one that is known. */
	assert_non_null(strstr(finished.err, "in each of 3 boots the "));
}

static void test_a_kept_machine_that_was_damaged_is_booted_anew(void **state)
{
	(void)state;
	const char *const damage[] = {
	    "sh", "-c",
	    "printf x | dd of=$(echo \"$XDG_CACHE_HOME\"/netladder/states/*/memory) bs=1 seek=5000000 conv=notrunc",
	    NULL};
	support_run(&finished, -1, -1, damage);
	assert_int_equal(finished.code, 0);
	run("mended", "--quiet");
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_true(says("mended", "frozen_by_earlier_run", "false"));
	assert_same("mended");
}

/* Four boots, one in each of its conditions. */
static void test_a_short_soak_finds_nothing_that_differs(void **state)
{
	(void)state;
	char path[96];
	snprintf(path, sizeof path, "%s/clock.yaml", folder);
	setenv("BUILD", LAD_BUILD, 1);
	const char *const argv[] = {"scripts/soak-vm.sh", "--runs", "4", "--modes", "host", path, NULL};
	support_run(&finished, -1, -1, argv);
	print_message("%s", finished.out);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_non_null(strstr(finished.out, "one-cpu         1       2          0            0"));
}

static void test_clean_removes_what_is_kept(void **state)
{
	(void)state;
	const char *const clean[] = {LAD_BUILD "/netladder", "clean", "--cache", NULL};
	support_run(&finished, -1, -1, clean);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_non_null(strstr(finished.out, "removed 1 frozen machine of the vm lab"));
	support_run(&finished, -1, -1, clean);
	assert_null(strstr(finished.out, "removed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_next_run_goes_on_from_the_frozen_machine_of_the_first),
	    cmocka_unit_test(test_compare_says_that_nothing_differs_in_how_two_runs_began),
	    cmocka_unit_test(test_a_trial_whose_clock_jumped_is_run_again),
	    cmocka_unit_test(test_a_trial_whose_clock_always_jumps_is_not_written_and_says_why),
	    cmocka_unit_test(test_a_boot_whose_clock_jumped_is_begun_anew),
	    cmocka_unit_test(test_a_machine_whose_clock_jumps_in_every_boot_is_exit_4_with_the_reason),
	    cmocka_unit_test(test_a_kept_machine_that_was_damaged_is_booted_anew),
	    cmocka_unit_test(test_a_short_soak_finds_nothing_that_differs),
	    cmocka_unit_test(test_clean_removes_what_is_kept),
	};
	return cmocka_run_group_tests_name("vm_clock", tests, make_folder, remove_folder);
}

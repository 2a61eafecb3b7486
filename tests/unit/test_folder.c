/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of a run's results: each run has one to itself. */
#include "folders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"

#define RUNS 200

static char before[4096], folder[64];

static int enter(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/netladder-folder-XXXXXX");
	return getcwd(before, sizeof before) && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	return chdir(before) == 0 ? folder_remove(folder) : -1;
}

static void test_runs_that_begin_in_one_second_have_a_folder_each(void **state)
{
	(void)state;
	static char paths[RUNS][128];
	for (int i = 0; i < RUNS; i++) {
		struct lad_error err = {0};
		if (command_folder_make(NULL, "ladder", paths[i], sizeof paths[i], &err) < 0)
			fail_msg("%s", err.message);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(paths[i], paths[j]);
		assert_int_equal(rmdir(paths[i]) | mkdir(paths[i], 0700), 0); /* it was there */
	}
}

static void test_a_folder_by_name_must_be_new(void **state)
{
	(void)state;
	char path[128];
	struct lad_error err = {0};
	assert_int_equal(command_folder_make("mine", "ladder", path, sizeof path, &err), 0);
	assert_string_equal(path, "mine");
	assert_int_equal(command_folder_make("mine", "ladder", path, sizeof path, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_string_equal(err.message, "cannot make the results folder mine: File exists");
	assert_int_equal(command_folder_make("mine", "ladder", path, sizeof path, NULL), -1);
}

static void test_a_folder_is_locked_by_one_at_a_time(void **state)
{
	(void)state;
	struct lad_error err = {0};
	assert_int_equal(mkdir("mine", 0700), 0);
	int first = command_folder_lock("mine", &err);
	assert_true(first >= 0);
	assert_int_equal(command_folder_lock("mine", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "another netladder is writing into the results folder mine"));
	assert_int_equal(command_folder_lock("mine", NULL), -1);
	close(first);
	int second = command_folder_lock("mine", &err);
	assert_true(second >= 0);
	close(second);
	assert_int_equal(command_folder_lock("nothing", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
}

static void test_a_folder_is_discarded_unless_something_else_is_in_it(void **state)
{
	(void)state;
	assert_int_equal(mkdir("mine", 0700), 0);
	folder_put("mine", "results.csv", "run_id\n");
	folder_put("mine", "notes.txt", "mine");
	command_folder_discard("mine");
	assert_int_equal(access("mine/notes.txt", F_OK), 0);
	assert_int_equal(unlink("mine/notes.txt"), 0);
	command_folder_discard("mine");
	assert_int_not_equal(access("mine", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_runs_that_begin_in_one_second_have_a_folder_each, enter, leave),
	    cmocka_unit_test_setup_teardown(test_a_folder_by_name_must_be_new, enter, leave),
	    cmocka_unit_test_setup_teardown(test_a_folder_is_locked_by_one_at_a_time, enter, leave),
	    cmocka_unit_test_setup_teardown(test_a_folder_is_discarded_unless_something_else_is_in_it, enter, leave),
	};
	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}

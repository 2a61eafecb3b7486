/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scripts/run-tests.sh: nothing that goes wrong in a test program is counted as well, and each is named. */
#include "folders.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/netladder-run-tests-XXXXXX";
static struct finished finished;

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* A program that says LINES of TAP and then does what LAST says. Returns its path (static, by NUMBER). */
static const char *program(int number, const char *name, const char *lines, const char *last)
{
	static char paths[8][96];
	char text[512];
	snprintf(text, sizeof text, "#!/bin/sh\nprintf '%s'\n%s\n", lines, last);
	folder_put(folder, name, text);
	snprintf(paths[number], sizeof paths[number], "%s/%s", folder, name);
	assert_int_equal(chmod(paths[number], 0755), 0);
	return paths[number];
}

static void expect(const char *text)
{
	if (!strstr(finished.out, text))
		fail_msg("\"%s\" is not in %s%s", text, finished.out, finished.err);
}

static void test_a_program_that_hangs_dies_or_stops_short_has_failed_and_is_named(void **state)
{
	(void)state;
	const char *const argv[] = {"scripts/run-tests.sh",
				    program(0, "good", "1..2\\nok 1 - a\\nok 2 # SKIP b\\n", "exit 0"),
				    program(1, "bad", "1..2\\nok 1 - a\\nnot ok 2 - of_this_name\\n", "exit 1"),
				    program(2, "hangs", "1..3\\nok 1 - a\\n", "sleep 600"),
				    program(3, "dies", "1..2\\nok 1 - a\\n", "kill -SEGV $$"),
				    program(4, "stops", "1..3\\nok 1 - a\\nok 2 - b\\n", "exit 0"),
				    program(5, "leaks", "1..1\\nok 1 - a\\n", "exit 23"),
				    program(6, "silent", "", "exit 0"),
				    NULL};
	setenv("NETLADDER_TEST_LIMIT_S", "2", 1);
	support_run(&finished, -1, -1, argv);
	unsetenv("NETLADDER_TEST_LIMIT_S");
	assert_int_equal(finished.code, 1);
	expect("/bad: of_this_name\n");
	expect("/hangs: did not end within 2 s, in test 2 of 3\n");
	expect("/dies: died of SIGSEGV, in test 2 of 2\n");
	expect("/stops: ended after 2 of 3 tests\n");
	expect("/leaks: ended with exit code 23\n");
	expect("/silent: ended after 0 of ? tests\n");
	/* ok: one each of good, bad, hangs, dies and leaks, and two of stops. */
	const char *last = "\n7 passed, 6 failed, 1 skipped\n";
	expect(last);
	assert_string_equal(finished.out + strlen(finished.out) - strlen(last), last);
}

/* What program NAME does: it ends only when OTHER has begun, too. */
static const char *wait_for(const char *name, const char *other)
{
	static char wait[4][256];
	static int number;
	char *text = wait[number++ % 4];
	snprintf(text, sizeof *wait,
		 ": > %1$s/%2$s.begun; while [ ! -e %1$s/%3$s.begun ]; do sleep 0.01; done; : > %1$s/%2$s.ended",
		 folder, name, other);
	return text;
}

/* Behind a list of arguments is what was said: all of it, in the programs' order, and that three have passed. */
static void assert_all_told(const char *const argv[])
{
	support_run(&finished, -1, -1, argv);
	expect("3 passed, 0 failed, 0 skipped\n");
	assert_int_equal(finished.code, 0);
	assert_non_null(strstr(finished.out, "first"));
	assert_true(strstr(finished.out, "first") < strstr(finished.out, "second"));
	assert_true(strstr(finished.out, "second") < strstr(finished.out, "third"));
}

static void test_what_runs_at_once_is_told_in_order_and_the_rest_waits_for_it(void **state)
{
	(void)state;
	char see[128];
	snprintf(see, sizeof see, "[ -e %s/one.ended ] && [ -e %s/two.ended ]", folder, folder);
	const char *one = program(0, "one", "1..1\\nok 1 - first\\n", wait_for("one", "two"));
	const char *two = program(1, "two", "1..1\\nok 1 - second\\n", wait_for("two", "one"));
	const char *three = program(2, "three", "1..1\\nok 1 - third\\n", see);
	const char *const argv[] = {"scripts/run-tests.sh", "--jobs", "2", one, two, "--", three, NULL};
	assert_all_told(argv);
}

static void test_groups_run_beside_each_other_and_in_each_no_more_than_its_number(void **state)
{
	(void)state;
	char see[128];
	/* The second of the first group waits for its first, which waits for the other group's. */
	snprintf(see, sizeof see, "[ -e %s/left.ended ]", folder);
	const char *left = program(0, "left", "1..1\\nok 1 - first\\n", wait_for("left", "right"));
	const char *next = program(1, "next", "1..1\\nok 1 - second\\n", see);
	const char *right = program(2, "right", "1..1\\nok 1 - third\\n", wait_for("right", "left"));
	const char *const argv[] = {"scripts/run-tests.sh", "--jobs", "1", left, next, "--jobs", "1", right, NULL};
	assert_all_told(argv);
}

static void test_seconds_and_the_reason_of_a_skip_are_told(void **state)
{
	(void)state;
	const char *slow = program(0, "slow", "1..1\\nskipped: no such thing here\\nok 1 # SKIP a\\n", "sleep 1");
	const char *const argv[] = {"scripts/run-tests.sh", slow, NULL};
	support_run(&finished, -1, -1, argv);
	const char *seconds = strstr(finished.out, "/slow (");
	assert_non_null(seconds);
	assert_that(atoi(seconds + strlen("/slow (")), >=, 1);
	expect(" s)\nskipped: no such thing here\nok 1 # SKIP a\n0 passed, 0 failed, 1 skipped\n");
	assert_int_equal(finished.code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_program_that_hangs_dies_or_stops_short_has_failed_and_is_named),
	    cmocka_unit_test(test_what_runs_at_once_is_told_in_order_and_the_rest_waits_for_it),
	    cmocka_unit_test(test_groups_run_beside_each_other_and_in_each_no_more_than_its_number),
	    cmocka_unit_test(test_seconds_and_the_reason_of_a_skip_are_told),
	};
	return cmocka_run_group_tests_name("run-tests.sh", tests, make_folder, remove_folder);
}

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

static void test_what_runs_at_once_is_told_in_order_and_the_rest_waits_for_it(void **state)
{
	(void)state;
	char wait[256], see[128];
	/* Each of the first two ends only when the other has begun; the third begins when both have ended. */
	static const char both[] = ": > %1$s/%2$s.begun; while [ ! -e %1$s/%3$s.begun ]; do sleep 0.01; done; "
				   ": > %1$s/%2$s.ended";
	snprintf(wait, sizeof wait, both, folder, "one", "two");
	const char *one = program(0, "one", "1..1\\nok 1 - first\\n", wait);
	snprintf(wait, sizeof wait, both, folder, "two", "one");
	const char *two = program(1, "two", "1..1\\nok 1 - second\\n", wait);
	snprintf(see, sizeof see, "[ -e %s/one.ended ] && [ -e %s/two.ended ]", folder, folder);
	const char *three = program(2, "three", "1..1\\nok 1 - third\\n", see);
	const char *const argv[] = {"scripts/run-tests.sh", "--jobs", "2", one, two, "--", three, NULL};
	support_run(&finished, -1, -1, argv);
	expect("3 passed, 0 failed, 0 skipped\n");
	assert_int_equal(finished.code, 0);
	assert_true(strstr(finished.out, "first") < strstr(finished.out, "second"));
	assert_true(strstr(finished.out, "second") < strstr(finished.out, "third"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_program_that_hangs_dies_or_stops_short_has_failed_and_is_named),
	    cmocka_unit_test(test_what_runs_at_once_is_told_in_order_and_the_rest_waits_for_it),
	};
	return cmocka_run_group_tests_name("run-tests.sh", tests, make_folder, remove_folder);
}

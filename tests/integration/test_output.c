/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a command prints or writes is all there, or its exit code and one line say that it is not. */
#include "folders.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FULL_MINOR 7 /* /dev/full; a node of our own, because one of the machine's might be replaced */
#define NULL_MINOR 3

static struct finished finished;
static char folder[64];

static void make_node(const char *name, unsigned minor_number)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(1, minor_number)), 0);
}

static int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/netladder-output-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	make_node("full", FULL_MINOR);
	make_node("full.svg", FULL_MINOR);
	make_node("full.png", FULL_MINOR);
	make_node("full.ps", FULL_MINOR);
	make_node("null.svg", NULL_MINOR);
	make_node("null", NULL_MINOR);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* "netladder" or "netladder-agent" with ARGUMENTS, in a shell: REDIRECTION is its own, %s in it the folder. */
static void run(const char *program, const char *arguments, const char *redirection)
{
	char line[1024], tail[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(tail, sizeof tail, redirection, folder);
#pragma GCC diagnostic pop
	snprintf(line, sizeof line, "exec " LAD_BUILD "/%s %s %s", program, arguments, tail);
	const char *const argv[] = {"sh", "-c", line, NULL};
	support_run(&finished, -1, -1, argv);
}

static const struct {
	const char *program, *arguments;
} printing[] = {
    {"netladder", "verdict results/example"},
    {"netladder", "verdict results/example --json"},
    {"netladder", "compare results/example results/example"},
    {"netladder", "compare results/example results/example --format json"},
    {"netladder", "compare results/example results/example --format junit"},
    {"netladder", "compare results/example results/example --format markdown"},
    {"netladder", "run scenarios/ladder.yaml --dry-run"},
    {"netladder", "probe"},
    {"netladder", "probe --json"},
    {"netladder", "chart results/example --describe"},
    {"netladder", "chart results/example -o -"},
    {"netladder", "report results/example -o -"},
    {"netladder", "report results/example --format markdown -o -"},
    {"netladder", "columns"},
    {"netladder", "columns --format markdown"},
    {"netladder", "columns --format json"},
    {"netladder", "version"},
    {"netladder", "help"},
    {"netladder", "help run"},
    {"netladder", "verdict --help"},
    {"netladder", "chart --usage"},
    {"netladder-agent", "--help"},
    {"netladder-agent", "--version"},
    {"netladder-agent", "--facts"},
    {"netladder-agent", "sink --help"},
    {"netladder-agent", "generate --help"},
};

static void test_output_that_is_lost_is_exit_3_and_said_once(void **state)
{
	(void)state;
	static const char *const ways[] = {"> %s/full", ">&-"};
	for (size_t i = 0; i < sizeof printing / sizeof *printing; i++)
		for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
			run(printing[i].program, printing[i].arguments, ways[way]);
			const char *message = strstr(finished.err, ": cannot write ");
			if (finished.code != LAD_EXIT_UNABLE || !message || strstr(message + 1, ": cannot write "))
				fail_msg("%s %s %s: exit %d, %s", printing[i].program, printing[i].arguments, ways[way],
					 finished.code, finished.err);
		}
}

static void test_a_reader_that_went_away_is_no_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof printing / sizeof *printing; i++) {
		/* SIGPIPE ignored, as under many a supervisor: else the signal ends it. */
		char line[512];
		snprintf(line, sizeof line, "trap '' PIPE; { sleep 0.05; " LAD_BUILD "/%s %s; } | true",
			 printing[i].program, printing[i].arguments);
		const char *const argv[] = {"sh", "-c", line, NULL};
		support_run(&finished, -1, -1, argv);
		if (strstr(finished.err, "standard output"))
			fail_msg("%s: %s", line, finished.err);
	}
}

static void test_devices_stay_what_they_are_for_every_kind_of_file(void **state)
{
	(void)state;
	static const char *const full[] = {
	    "report results/example -o %s/full", "report results/example --format markdown -o %s/full",
	    "chart results/example -o %s/full.svg", "chart results/example -o %s/full.png",
	    "chart results/example -o %s/full.ps"};
	static const char *const null[] = {"report results/example -o %s/null", "chart results/example -o %s/null.svg"};
	for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
		run("netladder", "", full[i]);
		support_expect(&finished, LAD_EXIT_UNABLE, NULL, "No space left on device");
	}
	for (size_t i = 0; i < sizeof null / sizeof *null; i++) {
		run("netladder", "", null[i]);
		support_expect(&finished, LAD_EXIT_OK, folder, NULL);
	}
	static const char *const names[] = {"full", "full.svg", "full.png", "full.ps", "null", "null.svg"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[128];
		struct stat info;
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		assert_int_equal(lstat(path, &info), 0);
		assert_true(S_ISCHR(info.st_mode));
	}
}

static void test_a_report_to_dev_stdout_comes_out_of_it_alone(void **state)
{
	(void)state;
	run("netladder", "report results/example --format markdown -o /dev/stdout", "");
	support_expect(&finished, LAD_EXIT_OK, "# ", NULL);
	assert_null(strstr(finished.out, "/dev/stdout"));
	/* Into a file that is open for appending, too: what stands there stays. */
	char line[512];
	size_t length;
	snprintf(line, sizeof line,
		 "echo before > %s/log; " LAD_BUILD "/netladder report results/example --format markdown -o /dev/stdout"
		 " >> %s/log",
		 folder, folder);
	const char *const argv[] = {"sh", "-c", line, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	char *log = folder_get(folder, "log", &length);
	assert_true(strncmp(log, "before\n", 7) == 0 && length > 1000);
	free(log);
}

/* With 0 to 2 closed the first files that are opened would be them, and what is printed would end up inside. */
static void test_closed_standard_descriptors_become_no_file(void **state)
{
	(void)state;
	size_t length;
	run("netladder", "chart results/example --describe -o", "%s/a.svg <&- >&- 2>&-");
	assert_int_equal(finished.code, LAD_EXIT_UNABLE);
	char *svg = folder_get(folder, "a.svg", &length);
	assert_int_equal(strncmp(svg, "<svg ", 5), 0);
	assert_string_equal(svg + length - 7, "</svg>\n");
	free(svg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_output_that_is_lost_is_exit_3_and_said_once, make, clear),
	    cmocka_unit_test(test_a_reader_that_went_away_is_no_error),
	    cmocka_unit_test_setup_teardown(test_devices_stay_what_they_are_for_every_kind_of_file, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_report_to_dev_stdout_comes_out_of_it_alone, make, clear),
	    cmocka_unit_test_setup_teardown(test_closed_standard_descriptors_become_no_file, make, clear),
	};
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing that netladder starts outlives it, however it ends; and what was measured is kept. */
#include "folders.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/results.h"

#define MOMENTS 20

static void pause_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

static int same(struct leftovers a, struct leftovers b)
{
	return a.processes == b.processes && a.agents == b.agents && a.namespaces == b.namespaces &&
	       a.links == b.links && a.mounts == b.mounts;
}

static void assert_nothing_left(struct leftovers before)
{
	struct leftovers after = support_leftovers();
	for (int tries = 0; tries < 1000 && !same(before, after); tries++) {
		pause_ms(40); /* the kernel reaps a killed agent on its own time */
		after = support_leftovers();
	}
	assert_int_equal(after.processes, before.processes);
	assert_int_equal(after.agents, before.agents);
	assert_int_equal(after.namespaces, before.namespaces);
	assert_int_equal(after.links, before.links);
	assert_int_equal(after.mounts, before.mounts);
}

static void make_folder(char *path, size_t size)
{
	snprintf(path, size, "/tmp/netladder-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	strncat(path, "/out", size - strlen(path) - 1);
}

static void remove_folder(char *path)
{
	path[strlen(path) - strlen("/out")] = '\0';
	folder_remove(path);
}

static pid_t start_run(char *folder)
{
	const char *const argv[] = {
	    LAD_BUILD "/netladder", "run", "scenarios/ladder.yaml", "--quick", "--blocks", "50", "--out", folder, NULL};
	return support_start(-1, -1, argv);
}

static void test_kill_9_at_random_moments_leaves_nothing(void **state)
{
	(void)state;
	struct leftovers before = support_leftovers();
	assert_int_equal(before.agents, 0);
	srand(7);
	for (int i = 0; i < MOMENTS; i++) {
		char folder[64];
		make_folder(folder, sizeof folder);
		pid_t pid = start_run(folder);
		pause_ms(20 + rand() % 700);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_nothing_left(before);
		remove_folder(folder);
	}
}

/* Whole lines of FOLDER/results.csv behind its header. */
static int rows_of(const char *folder)
{
	char path[128];
	int lines = 0;
	snprintf(path, sizeof path, "%s/results.csv", folder);
	FILE *file = fopen(path, "re");
	for (int c; file && (c = getc(file)) != EOF;)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines - 1;
}

static void test_interrupt_and_terminate_keep_the_rows_and_exit_130(void **state)
{
	(void)state;
	struct leftovers before = support_leftovers();
	static const int signals[] = {SIGINT, SIGTERM};
	for (int i = 0; i < 2; i++) {
		char folder[64], csv[80];
		struct lad_table table;
		struct lad_error err = {0};
		make_folder(folder, sizeof folder);
		pid_t pid = start_run(folder);
		for (int tries = 0; tries < 6000 && rows_of(folder) < 3; tries++)
			pause_ms(10);
		kill(pid, signals[i]);
		assert_int_equal(support_end_of(pid), LAD_EXIT_INTERRUPTED);
		snprintf(csv, sizeof csv, "%s/results.csv", folder);
		assert_int_equal(lad_table_read(csv, &table, &err), 0);
		assert_true(table.row_count >= 3);
		lad_table_free(&table);
		assert_nothing_left(before);
		remove_folder(folder);
	}
}

static void test_a_killed_agent_is_a_failed_row_and_the_run_goes_on(void **state)
{
	(void)state;
	static struct finished finished;
	char folder[64];
	make_folder(folder, sizeof folder);
	/* An agent that is not one: it ends before it says anything. */
	setenv("NETLADDER_AGENT", "/bin/true", 1);
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    "scenarios/ladder.yaml",
				    "--quick",
				    "--blocks",
				    "1",
				    "--only",
				    "host",
				    "--out",
				    folder,
				    NULL};
	support_run(&finished, -1, -1, argv);
	unsetenv("NETLADDER_AGENT");
	assert_int_equal(finished.code, LAD_EXIT_TRIALS);
	assert_non_null(strstr(finished.err, "8 of 8 trials failed"));
	assert_non_null(strstr(finished.out, "ended in the middle of the trial"));
	remove_folder(folder);
}

static void test_a_run_writes_everything_and_skips_what_the_kernel_lacks(void **state)
{
	(void)state;
	static struct finished finished;
	static const char *const files[] = {"results.csv",   "histograms.csv", "environment.json",
					    "scenario.yaml", "ladder.svg",     "ladder.png"};
	char folder[64], path[128];
	struct lad_table table;
	struct lad_error err = {0};
	struct leftovers before = support_leftovers();
	make_folder(folder, sizeof folder);
	const char *const argv[] = {
	    LAD_BUILD "/netladder", "run", "scenarios/ladder.yaml", "--quick", "--blocks", "1", "--out", folder, NULL};
	support_run(&finished, -1, -1, argv);
	if (finished.code != LAD_EXIT_OK && finished.code != LAD_EXIT_REFUTED)
		fail_msg("exit code %d: %.1000s", finished.code, finished.err);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct stat info;
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		assert_return_code(stat(path, &info), errno);
		assert_true(info.st_size > 100);
	}
	snprintf(path, sizeof path, "%s/results.csv", folder);
	assert_int_equal(lad_table_read(path, &table, &err), 0);
	assert_int_equal(table.row_count, 40);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		if (row->status == LAD_STATUS_OK)
			continue;
		assert_int_equal(row->status, LAD_STATUS_SKIPPED);
		assert_int_equal(row->mode, LAD_MODE_IPVLAN_L2);
		assert_non_null(strstr(row->reason, "ipvlan"));
	}
	lad_table_free(&table);
	assert_nothing_left(before);
	remove_folder(folder);
}

static int set_up(void **state)
{
	(void)state;
	support_reap_orphans();
	support_leave_namespaces();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_run_writes_everything_and_skips_what_the_kernel_lacks),
	    cmocka_unit_test(test_a_killed_agent_is_a_failed_row_and_the_run_goes_on),
	    cmocka_unit_test(test_interrupt_and_terminate_keep_the_rows_and_exit_130),
	    cmocka_unit_test(test_kill_9_at_random_moments_leaves_nothing),
	};
	return cmocka_run_group_tests_name("cleanup", tests, set_up, NULL);
}

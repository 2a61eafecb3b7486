/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interrupted run goes on where it ended, and only as the run it was. */
#include "folders.h"
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/results.h"

#define TRIALS 24

static const char scenario_text[] = "name: short\n"
				    "modes: [host, macvlan]\n"
				    "workloads:\n"
				    "  - {kind: tcp_rr, transactions: 2000}\n"
				    "  - {kind: udp_rr, transactions: 2000}\n"
				    "trials: {blocks: 6, warmup: 10ms, duration: 1min, seed: 3}\n";

struct place {
	char folder[64], scenario[96], out[96];
};

static struct finished finished;

static struct place make_place(void)
{
	struct place place = {.folder = "/tmp/netladder-resume-XXXXXX"};
	assert_non_null(mkdtemp(place.folder));
	folder_put(place.folder, "short.yaml", scenario_text);
	snprintf(place.scenario, sizeof place.scenario, "%s/short.yaml", place.folder);
	snprintf(place.out, sizeof place.out, "%s/out", place.folder);
	return place;
}

static int rows_of(const struct place *place)
{
	char path[128], line[8192];
	int lines = 0;
	snprintf(path, sizeof path, "%s/results.csv", place->out);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		lines += strchr(line, '\n') != NULL;
	if (file)
		fclose(file);
	return lines - 1;
}

/* Begins the run and breaks it off with SIGNAL once some rows are there. */
static void break_off(const struct place *place, int signal)
{
	const char *const argv[] = {LAD_BUILD "/netladder", "run", place->scenario, "--out", place->out, NULL};
	int status;
	pid_t pid = support_start(-1, -1, argv);
	for (int tries = 0; tries < 12000 && rows_of(place) < 5; tries++)
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	kill(pid, signal);
	waitpid(pid, &status, 0);
	assert_in_range(rows_of(place), 5, TRIALS - 1);
}

static void resume(const struct place *place, const char *scenario, const char *option, const char *value)
{
	const char *const argv[] = {
	    LAD_BUILD "/netladder", "run", scenario, "--quiet", "--resume", place->out, option, value, NULL};
	support_run(&finished, -1, -1, argv);
}

/* WITH_HISTOGRAMS: kill -9 may fall between the last row and its histogram. */
static void assert_whole(const struct place *place, bool with_histograms)
{
	char path[128];
	struct lad_table table;
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/results.csv", place->out);
	if (lad_table_read(path, &table, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(table.row_count, TRIALS);
	size_t length;
	char *histograms = folder_get(place->out, "histograms.csv", &length);
	for (int i = 0; i < TRIALS; i++) {
		char start[96];
		const struct lad_row *row = &table.rows[i];
		assert_int_equal(row->trial, i + 1);
		assert_int_equal(row->status, LAD_STATUS_OK);
		assert_string_equal(row->run_id, table.rows[0].run_id);
		snprintf(start, sizeof start, "\n%s,%d,%d,", row->run_id, row->block, row->trial);
		assert_true(!with_histograms || strstr(histograms, start));
	}
	free(histograms);
	lad_table_free(&table);
}

static void test_an_interrupted_or_killed_run_goes_on_to_the_whole_plan(void **state)
{
	(void)state;
	static const int signals[] = {SIGINT, SIGKILL};
	for (size_t i = 0; i < 2; i++) {
		struct place place = make_place();
		break_off(&place, signals[i]);
		resume(&place, place.scenario, NULL, NULL);
		support_expect(&finished, LAD_EXIT_OK, "short", NULL);
		assert_whole(&place, signals[i] == SIGINT);
		resume(&place, place.scenario, NULL, NULL); /* nothing is left to do */
		support_expect(&finished, LAD_EXIT_OK, "short", NULL);
		assert_whole(&place, signals[i] == SIGINT);
		folder_remove(place.folder);
	}
}

static void test_another_run_than_the_one_that_was_begun_is_refused(void **state)
{
	(void)state;
	struct place place = make_place();
	break_off(&place, SIGINT);
	int rows = rows_of(&place);
	resume(&place, place.scenario, "--seed", "4");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "valid: --seed 3");
	resume(&place, place.scenario, "--blocks", "9"); /* more, after a look at the verdict */
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "24 trials in 6 blocks, this one as 36 in 9");
	resume(&place, place.scenario, "--only", "host");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "this one as 12 in 6");
	resume(&place, "scenarios/gate.yaml", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "is not the scenario of that run");
	resume(&place, place.scenario, "--out", "/tmp/elsewhere");
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "without --out");
	assert_int_equal(rows_of(&place), rows);
	folder_put(place.out, "results.csv", "run_id,trial\n");
	resume(&place, place.scenario, NULL, NULL);
	assert_int_equal(finished.code, LAD_EXIT_USAGE);
	assert_int_equal(rows_of(&place), 0);
	folder_remove(place.folder);
	resume(&place, "scenarios/gate.yaml", NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "cannot open the results folder");
}

static void append_to(const struct place *place, const char *name, const char *text)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", place->out, name);
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void test_a_line_that_a_killed_run_has_left_torn_is_cut_off(void **state)
{
	(void)state;
	struct place place = make_place();
	break_off(&place, SIGINT);
	append_to(&place, "results.csv", "2026-01-01T00:00:00Z-1,2026");
	append_to(&place, "histograms.csv", "2026-01-01T00:00:00Z-1,1,");
	append_to(&place, "samples.csv", "2026");
	resume(&place, place.scenario, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "short", NULL);
	assert_whole(&place, true);
	folder_remove(place.folder);
}

static void test_a_folder_takes_one_run_at_a_time(void **state)
{
	(void)state;
	struct place place = make_place();
	const char *const argv[] = {LAD_BUILD "/netladder", "run", place.scenario, "--out", place.out, NULL};
	/* So long that it is still under way whatever happens. */
	char longer[sizeof scenario_text + 64];
	snprintf(longer, sizeof longer, "%.*s, duration: 1min}\n",
		 (int)(strstr(scenario_text, ", warmup") - scenario_text), scenario_text);
	folder_put(place.folder, "short.yaml", longer);
	pid_t pid = support_start(-1, -1, argv);
	for (int tries = 0; tries < 12000 && rows_of(&place) < 0; tries++)
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	resume(&place, place.scenario, NULL, NULL);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "another netladder is writing into the results folder");
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "File exists");
	kill(pid, SIGINT);
	assert_int_equal(support_end_of(pid), LAD_EXIT_INTERRUPTED);
	folder_remove(place.folder);
}

/* A limit of 512-byte blocks on each file is as a full disk, and needs none. */
static void run_with_room(const struct place *place, int blocks)
{
	char line[512];
	snprintf(line, sizeof line, "ulimit -f %d; exec " LAD_BUILD "/netladder run %s --quiet --out %s", blocks,
		 place->scenario, place->out);
	const char *const argv[] = {"sh", "-c", line, NULL};
	support_run(&finished, -1, -1, argv);
}

static void test_a_full_disk_keeps_what_was_measured_and_nothing_torn(void **state)
{
	(void)state;
	static const char *const names[] = {"results.csv", "histograms.csv", "samples.csv"};
	struct place place = make_place();
	/*
	 * So few transactions that there is always room for the histogram of the first trial, of a line for each at
	 * most; and never for all rows.
	 */
	char few[sizeof scenario_text];
	snprintf(few, sizeof few,
		 "name: short\n"
		 "modes: [host, macvlan]\n"
		 "workloads:\n"
		 "  - {kind: tcp_rr, transactions: 100}\n"
		 "  - {kind: udp_rr, transactions: 100}\n"
		 "%s",
		 strstr(scenario_text, "trials:"));
	folder_put(place.folder, "short.yaml", few);
	run_with_room(&place, 16);
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "cannot write the results: File too large");
	int rows = rows_of(&place), said = 0;
	assert_in_range(rows, 1, TRIALS - 1);
	assert_int_equal(sscanf(finished.err, "netladder: %d of 24 trials are in ", &said), 1);
	assert_int_equal(said, rows);
	assert_non_null(strstr(finished.err, "--resume"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t length;
		char *text = folder_get(place.out, names[i], &length);
		assert_true(length > 0 && text[length - 1] == '\n');
		free(text);
	}
	resume(&place, place.scenario, NULL, NULL);
	support_expect(&finished, LAD_EXIT_OK, "short", NULL);
	assert_whole(&place, true);
	folder_remove(place.folder);
}

static void test_a_run_that_wrote_nothing_leaves_no_folder(void **state)
{
	(void)state;
	struct place place = make_place();
	run_with_room(&place, 1); /* not even environment.json has room */
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "environment.json: File too large");
	assert_int_not_equal(access(place.out, F_OK), 0);
	folder_remove(place.folder);
}

/* All of 0 to 2 are closed: what is opened first must not become the place where errors and the verdict go. */
static void test_closed_standard_descriptors_do_not_spoil_the_results(void **state)
{
	(void)state;
	struct place place = make_place();
	char line[512];
	snprintf(line, sizeof line, "exec " LAD_BUILD "/netladder run %s --out %s <&- >&- 2>&-", place.scenario,
		 place.out);
	const char *const argv[] = {"sh", "-c", line, NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, LAD_EXIT_UNABLE); /* the verdict went nowhere */
	assert_whole(&place, true);
	folder_remove(place.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_interrupted_or_killed_run_goes_on_to_the_whole_plan),
	    cmocka_unit_test(test_another_run_than_the_one_that_was_begun_is_refused),
	    cmocka_unit_test(test_a_line_that_a_killed_run_has_left_torn_is_cut_off),
	    cmocka_unit_test(test_a_folder_takes_one_run_at_a_time),
	    cmocka_unit_test(test_a_full_disk_keeps_what_was_measured_and_nothing_torn),
	    cmocka_unit_test(test_a_run_that_wrote_nothing_leaves_no_folder),
	    cmocka_unit_test(test_closed_standard_descriptors_do_not_spoil_the_results),
	};
	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}

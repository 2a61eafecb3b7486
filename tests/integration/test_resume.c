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
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "cannot read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_interrupted_or_killed_run_goes_on_to_the_whole_plan),
	    cmocka_unit_test(test_another_run_than_the_one_that_was_begun_is_refused),
	};
	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}

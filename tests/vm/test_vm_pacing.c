/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vm lab's kernel has fq: datagrams that the kernel paces leave at their rate, and at their times. */
#include "folders.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/results.h"

static char folder[] = "/tmp/netladder-vmpace-XXXXXX";
static struct finished finished;
static struct lad_table table;

/*
 * A rate alone lets two frames' worth go at a time, 28 of the small datagrams: it has to be so high that one such
 * cluster more or less in the window is no matter. host's device is the wire itself, bridge's the container's own.
 */
static const char scenario[] =
    "name: paced\nlab: vm\nmodes: [host, bridge]\nworkloads:\n"
    "- {kind: udp_stream, rate: 2000/s, pacing: timer}\n"
    "- {kind: udp_stream, rate: 2000/s, pacing: txtime}\n"
    "- {kind: udp_stream, rate: 2000/s, pacing: txtime, io: batch, flows: 4}\n"
    "- {kind: udp_stream, rate: 20000/s, pacing: max_pacing_rate}\n"
    "- {kind: udp_stream, rate: 44.8Mbit, pacing: max_pacing_rate, message_bytes: 1400, flows: 2}\n"
    "tunings: [{name: fq, qdisc: fq}]\n"
    "trials: {blocks: 1, warmup: 50ms, duration: 150ms}\n";

static int run(void **state)
{
	char path[96], out[64];
	struct lad_error err = {0};
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	folder_put(folder, "paced.yaml", scenario);
	snprintf(path, sizeof path, "%s/paced.yaml", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", path, "--out", out, "--quiet", NULL};
	support_run(&finished, -1, -1, argv);
	snprintf(path, sizeof path, "%s/results.csv", out);
	if (finished.code == LAD_EXIT_OK && lad_table_read(path, &table, &err) == 0)
		return 0;
	print_error("exit %d: %s%s\n", finished.code, finished.err, err.message);
	return -1;
}

static int clear(void **state)
{
	(void)state;
	lad_table_free(&table);
	return folder_remove(folder);
}

static const struct lad_row *row_of(enum lad_mode mode, const char *tuning, const char *options)
{
	for (int i = 0; i < table.row_count; i++)
		if (table.rows[i].mode == mode && strcmp(table.rows[i].tuning, tuning) == 0 &&
		    strcmp(table.rows[i].options, options) == 0)
			return &table.rows[i];
	fail_msg("no row of %s, %s, %s", lad_mode_name(mode), tuning, options);
	return NULL;
}

static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_BRIDGE};
#define MODES (sizeof modes / sizeof *modes)

static const struct {
	const char *options;
	double per_s;
} paced[] = {
    {"rate=2000/s pacing=txtime", 2000},
    {"rate=2000/s pacing=timer", 2000}, /* which needs no fq */
    {"io=batch rate=2000/s pacing=txtime", 2000},
    {"rate=10240000bit pacing=max_pacing_rate", 20000},
    {"rate=44800000bit pacing=max_pacing_rate", 4000},
};
#define PACED (sizeof paced / sizeof *paced)

static void test_with_fq_the_rate_is_met_and_nothing_is_lost(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++)
		for (size_t i = 0; i < PACED; i++) {
			const struct lad_row *row = row_of(modes[m], "fq", paced[i].options);
			if (row->status != LAD_STATUS_OK)
				fail_msg("%s: %s", row->options, row->reason);
			print_message("# %s, %s: %.1f/s\n", lad_mode_name(modes[m]), row->options, row->packets_per_s);
			/* A rate alone goes by clusters, and the window begins and ends anywhere in one. */
			double within = strstr(paced[i].options, "max_pacing_rate") ? 0.03 : 0.01;
			assert_true(fabs(row->packets_per_s / paced[i].per_s - 1) < within);
			assert_true(row->loss_ratio == 0.);
			assert_true(row->send_drops_total == 0.);
			/* 200 ms with the warm-up: what is due later never leaves, though the kernel is given it ahead.
			 */
			if (!strstr(paced[i].options, "max_pacing_rate"))
				assert_that(row->sent_total, ==, 0.2 * paced[i].per_s);
		}
}

static void test_without_fq_it_is_skipped_and_the_timers_rows_are_not(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		assert_int_equal(row_of(modes[m], "default", "rate=2000/s pacing=timer")->status, LAD_STATUS_OK);
		for (size_t i = 0; i < PACED; i++) {
			if (strstr(paced[i].options, "timer"))
				continue;
			const struct lad_row *row = row_of(modes[m], "default", paced[i].options);
			assert_int_equal(row->status, LAD_STATUS_SKIPPED);
			assert_non_null(strstr(row->reason, "eth0 has noqueue"));
		}
	}
}

/*
 * Handed over ahead of their times, none is late, and the qdisc lets go of them when it is time: the arrivals are
 * spaced as the times are. A rate alone lets small datagrams go two frames at once.
 */
static void test_times_are_kept_where_a_rate_alone_sends_clusters(void **state)
{
	(void)state;
	for (size_t m = 0; m < MODES; m++) {
		const struct lad_row *timer = row_of(modes[m], "fq", "rate=2000/s pacing=timer");
		const struct lad_row *txtime = row_of(modes[m], "fq", paced[0].options);
		const struct lad_row *rate = row_of(modes[m], "fq", paced[3].options);
		print_message("# %s: jitter %.2f us by timer, %.2f by txtime, %.2f by rate\n", lad_mode_name(modes[m]),
			      timer->jitter_us, txtime->jitter_us, rate->jitter_us);
		assert_true(timer->schedule_error_mean_us > 0);
		assert_true(txtime->schedule_error_max_us < timer->schedule_error_max_us);
		assert_true(isnan(rate->schedule_error_max_us));
		assert_true(txtime->jitter_us < rate->jitter_us / 2);
		/* Which is a fraction of the 500 us between two of them. */
		assert_true(txtime->oneway_p99_us < 250);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_with_fq_the_rate_is_met_and_nothing_is_lost),
	    cmocka_unit_test(test_without_fq_it_is_skipped_and_the_timers_rows_are_not),
	    cmocka_unit_test(test_times_are_kept_where_a_rate_alone_sends_clusters),
	};
	return cmocka_run_group_tests_name("vm_pacing", tests, run, clear);
}

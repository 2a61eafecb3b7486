/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart_made.h"

#include "chart/percentiles.h"

/* ---- latency ---- */

static void test_percentile_points_are_where_they_were_worked_out(void **state)
{
	(void)state;
	static struct lad_histogram histogram;
	struct line curve = {0}, cdf = {0};
	/* 90 times 0.2 us, 9 times 0.25 us (both exact), once 100 us. */
	for (int i = 0; i < 90; i++)
		lad_histogram_record(&histogram, 200);
	for (int i = 0; i < 9; i++)
		lad_histogram_record(&histogram, 250);
	lad_histogram_record(&histogram, 100000);
	assert_int_equal(percentile_curve(&histogram, &curve), 0);
	/* 0 %: 0.2 us; from 90 % (one nine): 0.25 us; from 99 % (two nines): 100 us; its end at 1 - 1/100. */
	static const double x[] = {0, 1, 2, 2}, y[] = {0.2, 0.25, 100, 100};
	assert_int_equal(curve.count, 4);
	for (int i = 0; i < 4; i++)
		assert_true(fabs(curve.points[i].x - x[i]) < 1e-9 && fabs(curve.points[i].y - y[i]) < 1e-9);
	assert_int_equal(percentile_cdf(&histogram, &cdf), 0);
	assert_int_equal(cdf.count, 4);
	static const double share[] = {0, 90, 99, 100};
	for (int i = 0; i < 4; i++)
		assert_true(fabs(cdf.points[i].y - share[i]) < 1e-9);
	assert_true(fabs(percentile_nines(0.999) - 3) < 1e-9);
	free(curve.points);
	free(cdf.points);
}

static void test_latency_curves_come_from_histograms_csv(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-histograms-XXXXXX";
	struct made made = make_ladder(2, 3); /* tcp_rr is the third */
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,low_ns,high_ns,count\n", file);
	for (int i = 0; i < made.table.row_count; i++) {
		const struct lad_row *row = &made.table.rows[i];
		for (int b = 0; row->workload == LAD_TCP_RR && b < 40; b++) {
			int bucket = lad_histogram_bucket(20000 + 5000 * (int)row->mode + b * b * 400);
			fprintf(file, "test,%d,%d,%lld,%lld,%d\n", row->block, row->trial,
				(long long)lad_histogram_low(bucket), (long long)lad_histogram_high(bucket),
				1 + 100000 / (1 + b * b));
		}
	}
	fclose(file);
	made.source.histograms_path = path;
	struct lad_chart_request request = request_of(&made, LAD_CHART_LATENCY);
	assert_draws_well(request, "latency");
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	/* Half of the 207 000 are not yet in 20.0 us; the next bucket, 16384 + 31 * 128 to 127 more, holds 20.4 us. */
	assert_non_null(strstr(text, "tcp_rr, one shared core, in microseconds: host 50 % 20.5"));
	request.workload = "tcp_stream";
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "needs a tcp_rr, tcp_crr, udp_rr or dns_rr workload"));
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("test,1,1,5,x,1\n", file);
	fclose(file);
	request.workload = NULL;
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, ":562: high_ns: \"x\" is no whole number"));
	unlink(path);
	lad_table_free(&made.table);
}

/* ---- load ---- */

/* Two goals of one search are one panel of loss and one of latency, with the trials of the first row. */
static void test_a_load_chart_comes_from_search_csv_and_marks_what_was_found(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-search-XXXXXX";
	struct made made = {0};
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,step,phase,load_per_s,loss_ratio,latency_p99_us\n", file);
	for (int mode = 0; mode < 2; mode++)
		for (int goal = 0; goal < 2; goal++) {
			struct lad_row *row = add_row(&made, 1, mode ? LAD_MODE_BRIDGE : LAD_MODE_HOST, LAD_UDP_RR);
			row->status = LAD_STATUS_OK;
			row->sessions = 2;
			strcpy(row->goal, goal ? "pdr" : "ndr");
			snprintf(row->options, sizeof row->options, "dscp=46 goal=%s topology=pairs=2", row->goal);
			row->load_per_s = 10000 - 2000 * mode + 100 * goal;
			for (int step = 0; goal == 0 && step < 10; step++)
				fprintf(file, "test,1,%d,%d,%s,%d,%g,%d\n", row->trial, step + 1,
					step ? "search" : "warmup", 6000 + 500 * step, step < 7 ? 0 : 0.01 * step,
					100 + 10 * step);
		}
	fclose(file);
	made.source = (struct lad_chart_source){.name = "made", .table = &made.table, .search_path = path};
	struct lad_chart_request request = request_of(&made, LAD_CHART_LOAD);
	assert_draws_well(request, "load");
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	/* At 10000/s of a session, 20000/s of both, a trial lost 8 %. */
	if (!strstr(
		text,
		"udp_rr, one shared core, dscp=46 topology=pairs=2, loss, %: host 8.00 at 20000/s, 8.20 at 20200/s; "
		"bridge 0.000 at 16000/s"))
		fail_msg("%s", text);
	assert_non_null(strstr(text, "lower is better: host 180 at 20000/s"));
	request.sources = &(struct lad_chart_source){.name = "made", .table = &made.table};
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "a load chart needs search.csv beside the results of made"));
	unlink(path);
	lad_table_free(&made.table);
}

/* Rows that differ in their options, or in the variant, are two measurements, and two panels. */
static void test_latency_of_different_options_is_not_put_together(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-histograms-XXXXXX";
	struct made made = {0};
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL, *variants = NULL;
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,low_ns,high_ns,count\n", file);
	for (int i = 0; i < 2; i++) {
		struct lad_row *row = add_row(&made, 1, LAD_MODE_HOST, LAD_UDP_RR);
		row->status = LAD_STATUS_OK;
		strcpy(row->options, i ? "dscp=46" : "");
		int bucket = lad_histogram_bucket(i ? 80000 : 20000);
		fprintf(file, "test,1,%d,%lld,%lld,1000\n", row->trial, (long long)lad_histogram_low(bucket),
			(long long)lad_histogram_high(bucket));
	}
	fclose(file);
	made.source = (struct lad_chart_source){.name = "made", .table = &made.table, .histograms_path = path};
	struct lad_chart_request request = request_of(&made, LAD_CHART_LATENCY);
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	assert_non_null(strstr(text, "udp_rr, one shared core, in microseconds: host 50 % 20.1"));
	assert_non_null(strstr(text, "udp_rr, one shared core, dscp=46, in microseconds: host 50 % 80"));
	for (int i = 0; i < 2; i++) {
		strcpy(made.table.rows[i].options, "");
		strcpy(made.table.rows[i].variant, i ? "b" : "a");
	}
	assert_int_equal(lad_chart_describe(&request, &variants, &err), 0);
	assert_non_null(strstr(variants, "udp_rr, one shared core, variant a, in microseconds: host 50 % 20.1"));
	assert_non_null(strstr(variants, "udp_rr, one shared core, variant b, in microseconds: host 50 % 80"));
	unlink(path);
	lad_table_free(&made.table);
}

/* ---- timeline ---- */

static void test_timeline_draws_what_a_counter_gained_in_each_interval(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-samples-XXXXXX";
	struct made made = make_ladder(2, 1); /* tcp_stream */
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,side,time_s,bytes,messages,transactions,retransmits,rtt_us,cwnd_segments,"
	      "pacing_rate_bps\n",
	      file);
	for (int i = 0; i < made.table.row_count; i++) {
		const struct lad_row *row = &made.table.rows[i];
		/* 1 Gbit/s in the first tenth, 3 in the second, twice that in the other mode. The generator's differ.
		 */
		for (int s = 1; s <= 2; s++) {
			long long bytes = (s == 1 ? 12500000 : 50000000) * (1LL + (int)row->mode);
			fprintf(file, "test,%d,%d,generator,%.1f,%lld,0,0,%d,%d,10,\n", row->block, row->trial,
				s / 10.0, bytes * 7, 0, 50 * s);
			fprintf(file, "test,%d,%d,sink,%.1f,%lld,0,0,,,,\n", row->block, row->trial, s / 10.0, bytes);
		}
	}
	fclose(file);
	made.source.samples_path = path;
	struct lad_chart_request request = request_of(&made, LAD_CHART_TIMELINE);
	assert_draws_well(request, "timeline");
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL, *rtt = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	assert_non_null(strstr(text, "goodput, Gbit/s: host 1.00 to 3.00, macvlan 2.00 to 6.00."));
	request.metric = "rtt_us";
	assert_int_equal(lad_chart_describe(&request, &rtt, &err), 0);
	assert_non_null(strstr(rtt, "host 50.0 to 100, macvlan 50.0 to 100."));
	request.metric = "goodput_bps";
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "valid: bytes, messages, transactions, retransmits, rtt_us"));
	unlink(path);
	lad_table_free(&made.table);
}

/* ---- matrix and fairness ---- */

/* Six sessions, each ordered pair of three hosts; from host 2 they carry half of what the others do. */
static void write_sessions(const struct made *made, char *path)
{
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,session,generator_host,sink_host,goodput_bps,packets_per_s,transactions_per_s,"
	      "background\n",
	      file);
	for (int i = 0; i < made->table.row_count; i++) {
		struct lad_row *row = &made->table.rows[i];
		int session = 0;
		row->sessions = 6;
		row->fairness_ratio = 0.9;
		for (int from = 1; from <= 3; from++)
			for (int to = 1; to <= 3; to++)
				if (from != to)
					fprintf(file, "test,%d,%d,%d,%d,%d,%g,,,no\n", row->block, row->trial,
						++session, from, to, (from == 2 ? 1e9 : 2e9) * (1 + (int)row->mode));
		fprintf(file, "test,%d,%d,7,1,2,9e9,,,yes\n", row->block, row->trial); /* of the background */
	}
	fclose(file);
}

static void test_the_matrix_has_what_goes_from_each_host_to_each(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-sessions-XXXXXX";
	struct made made = make_ladder(2, 1); /* tcp_stream */
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	struct lad_chart_request request = request_of(&made, LAD_CHART_MATRIX);
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "a matrix chart needs sessions.csv"));
	write_sessions(&made, path);
	made.source.sessions_path = path;
	assert_draws_well(request, "matrix");
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	assert_non_null(strstr(text, " host: tcp_stream, goodput, Gbit/s, one shared core: 1 to 2 2.00, 1 to 3 2.00, "
				     "2 to 1 1.00, 2 to 3 1.00, 3 to 1 2.00, 3 to 2 2.00."));
	assert_non_null(strstr(text, " macvlan: tcp_stream, goodput, Gbit/s, one shared core: 1 to 2 4.00,"));
	unlink(path);
	lad_table_free(&made.table);
}

static void test_fairness_has_each_session_in_terms_of_the_mean(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-sessions-XXXXXX";
	struct made made = make_ladder(2, 1);
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	write_sessions(&made, path);
	made.source.sessions_path = path;
	struct lad_chart_request request = request_of(&made, LAD_CHART_FAIRNESS);
	assert_draws_well(request, "fairness");
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	/* Of 2, 2, 1, 1, 2, 2 the mean is 10/6. */
	assert_non_null(strstr(text, "host 60.0 to 120 % of the mean, Jain's index 0.900; macvlan 60.0 to 120 %"));
	for (int i = 0; i < made.table.row_count; i++)
		made.table.rows[i].sessions = 1;
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "trials with several sessions"));
	unlink(path);
	lad_table_free(&made.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percentile_points_are_where_they_were_worked_out),
	    cmocka_unit_test(test_latency_curves_come_from_histograms_csv),
	    cmocka_unit_test(test_a_load_chart_comes_from_search_csv_and_marks_what_was_found),
	    cmocka_unit_test(test_latency_of_different_options_is_not_put_together),
	    cmocka_unit_test(test_timeline_draws_what_a_counter_gained_in_each_interval),
	    cmocka_unit_test(test_the_matrix_has_what_goes_from_each_host_to_each),
	    cmocka_unit_test(test_fairness_has_each_session_in_terms_of_the_mean),
	};
	return cmocka_run_group_tests_name("chart records", tests, NULL, NULL);
}

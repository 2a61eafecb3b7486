/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planner's question, answered from a machine whose laws are known (carried.h): the figures are reckoned by hand.
 */
#include "carried.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/capacity.h"
#include "netladder/cleanup.h"
#include "noise.h"

static void assert_near(double value, double wanted, double relative, const char *what)
{
	if (!(fabs(value - wanted) <= relative * fabs(wanted)))
		fail_msg("%s is %.9g, not %.9g", what, value, wanted);
}

static struct lad_capacity_question question_of(const char *need, const char *more, int containers)
{
	struct lad_capacity_question question = {.containers = containers, .machine_cpus = 2};
	struct lad_error err = {0};
	if (lad_need_parse(need, &question.needs[question.need_count++], &err) < 0 ||
	    (more && lad_need_parse(more, &question.needs[question.need_count++], &err) < 0))
		fail_msg("%s", err.message);
	return question;
}

static struct lad_capacity *answer_to(const struct carried_plan *plan, const struct lad_capacity_question *question)
{
	struct lad_table table;
	struct lad_capacity *capacity;
	struct lad_error err = {0};
	carried_make(&table, plan);
	if (lad_capacity_make(&table, question, &capacity, &err) < 0)
		fail_msg("%s", err.message);
	lad_table_free(&table);
	return capacity;
}

static void assert_refused(const struct carried_plan *plan, const struct lad_capacity_question *question,
			   const char *why)
{
	struct lad_table table;
	struct lad_capacity *capacity;
	struct lad_error err = {0};
	carried_make(&table, plan);
	assert_int_equal(lad_capacity_make(&table, question, &capacity, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_null(capacity);
	if (!strstr(lad_error_line(&err).text, why))
		fail_msg("'%s' does not say '%s'", lad_error_line(&err).text, why);
	lad_table_free(&table);
}

/* ---- The question ---- */

static void test_needs_have_a_unit_that_says_what_they_are_of(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool stream;
		double per_s;
		int64_t bytes;
	} good[] = {{"40Gbit", true, 40e9, 0},
		    {"2.5Gbit/s@128KiB", true, 2.5e9, 131072},
		    {"200k/s", false, 200e3, 0},
		    {"1.5M/s@1400", false, 1.5e6, 1400},
		    {"7/s", false, 7, 0}};
	static const char *const bad[] = {"",	 "200",	 "200k",    "0/s",	"40Gbps",
					  "k/s", "-1/s", "40Gbit@", "40Gbit@x", "1e3/s"};
	struct lad_error err = {0};
	struct lad_need need;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (lad_need_parse(good[i].text, &need, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(need.stream, good[i].stream);
		assert_near(need.per_s, good[i].per_s, 1e-12, good[i].text);
		assert_true(need.message_bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(lad_need_parse(bad[i], &need, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		assert_non_null(strstr(err.message, "such as 40Gbit"));
	}
}

static void test_an_slo_is_a_quantile_and_a_time(void **state)
{
	(void)state;
	struct lad_slo slo;
	struct lad_error err = {0};
	assert_int_equal(lad_slo_parse("p99.9=250us", &slo, &err), 0);
	assert_true(slo.quantile == 0.999 && slo.deadline_ns == 250000);
	static const char *const bad[] = {"p99", "99=1ms", "p99=1", "p99=0", "p98=1ms", "=1ms", "p99=1ms "};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(lad_slo_parse(bad[i], &slo, &err), -1);
}

/* ---- The answer ---- */

/* 20,000 of 12 us are 0.24 CPUs; 0.8 Gbit/s in writes of 10,000 bytes are 10,000 of 2 us, 0.02; 20 % stay free. */
static void test_cpus_are_rate_times_cpu_time_and_headroom(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", "0.8Gbit@10000", 2);
	question.headroom = 0.2;
	struct lad_capacity *capacity = answer_to(&carried_usual, &question);
	assert_int_equal(capacity->mode_count, 2);
	const struct lad_capacity_mode *host = &capacity->modes[0], *bridge = &capacity->modes[1];
	assert_near(host->needs[0].cost_s.value, 12e-6, 1e-9, "a request's CPU time");
	assert_near(host->needs[1].cost_s.value, 2e-6, 1e-9, "a write's CPU time");
	assert_near(host->cpus.value, 0.26 / 0.8, 1e-9, "host's CPUs");
	assert_near(host->cpus.interval.low, 0.26 / 0.8, 1e-9, "the interval of figures without noise");
	assert_near(bridge->cpus.value, 2 * 0.26 / 0.8, 1e-9, "bridge's CPUs");
	assert_near(bridge->from_host.value, 2, 1e-9, "bridge against host");
	/* Two pairs carry 100,000 / 1.1 requests or writes. */
	assert_near(host->needs[0].rate.value, 100000 / 1.1, 1e-9, "what two pairs carry");
	assert_near(host->share.value, (20000 + 10000) / (100000 / 1.1) / 0.8, 1e-9, "the share");
	assert_int_equal(host->needs[0].rate.basis, LAD_BASIS_MEASURED);
	assert_int_equal(host->fits, LAD_FITS_YES);
	lad_capacity_free(capacity);
}

static void test_what_was_not_measured_is_interpolated_and_says_so(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@500", NULL, 3);
	struct lad_capacity *capacity = answer_to(&carried_usual, &question);
	const struct lad_need_answer *need = &capacity->modes[0].needs[0];
	assert_near(need->cost_s.value, 11e-6, 1e-6, "CPU time between the sizes");
	assert_int_equal(need->cost_s.basis, LAD_BASIS_INTERPOLATED);
	assert_near(need->rate.value, 150000 / 1.2, 1e-5, "the rate of 3 pairs");
	assert_int_equal(need->rate.basis, LAD_BASIS_INTERPOLATED);
	assert_near(need->scaling.contention, 0.1, 1e-5, "contention");
	assert_near(need->line.fixed, 10e-6, 1e-6, "the fixed part");
	assert_near(need->line.slope, 2e-9, 1e-6, "the part of a byte");
	assert_near(need->efficiency, 1 / 1.2, 1e-5, "efficiency");
	lad_capacity_free(capacity);
	question.containers = 8; /* twice the largest */
	capacity = answer_to(&carried_usual, &question);
	assert_near(capacity->modes[0].needs[0].rate.value, 400000 / 1.7, 1e-4, "the rate of 8 pairs");
	assert_int_equal(capacity->modes[0].needs[0].rate.basis, LAD_BASIS_EXTRAPOLATED);
	lad_capacity_free(capacity);
}

/* 52 bytes of headers leave 1448: below that 10 us + 2 ns a byte, above it 20 us more. */
static void test_the_line_breaks_where_a_request_takes_several_packets(void **state)
{
	(void)state;
	const struct carried_plan plan = {.levels = {1, 2, 4},
					  .request_bytes = {100, 500, 1448, 1449, 4000, 10000},
					  .write_bytes = {1000},
					  .mtu = 1500};
	static const struct {
		const char *need;
		double cost_s;
	} cases[] = {{"1k/s@200", 10.4e-6}, {"1k/s@1440", 12.88e-6}, {"1k/s@1500", 33e-6}, {"1k/s@8000", 46e-6}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_capacity_question question = question_of(cases[i].need, NULL, 1);
		struct lad_capacity *capacity = answer_to(&plan, &question);
		const struct lad_need_answer *answer = &capacity->modes[0].needs[0];
		assert_near(answer->cost_s.value, cases[i].cost_s, 1e-6, cases[i].need);
		assert_true(answer->line_to == (i < 2 ? 1448 : 10000) && answer->line_from == (i < 2 ? 100 : 1449));
		for (int c = 0; c < capacity->check_count; c++) /* no size is predicted across the break */
			assert_that(fabs(capacity->checks[c].error), <, 0.01);
		lad_capacity_free(capacity);
	}
}

static void test_a_load_that_is_too_much_does_not_fit(void **state)
{
	(void)state;
	/* 80,000 of 12 us are 0.96 of 2 CPUs, and of the 100,000 / 1.1 that are carried 88 %; bridge carries half. */
	struct lad_capacity_question question = question_of("80k/s@1000", NULL, 2);
	struct lad_capacity *capacity = answer_to(&carried_usual, &question);
	assert_int_equal(capacity->modes[0].fits, LAD_FITS_YES);
	assert_int_equal(capacity->modes[1].fits, LAD_FITS_NO);
	assert_near(capacity->modes[1].share.value, 1.76, 1e-6, "the share of what bridge carries");
	lad_capacity_free(capacity);
	question.host_cpus = 16; /* another machine: its CPU time is known, not what it carries */
	capacity = answer_to(&carried_usual, &question);
	assert_int_equal(capacity->modes[1].fits, LAD_FITS_YES);
	assert_non_null(strstr(capacity->modes[1].why, "by CPU time alone"));
	lad_capacity_free(capacity);
}

/* A search found 60 % of one pair's rate; three pairs do that times their efficiency. */
static void test_the_rate_under_an_slo_comes_from_the_search(void **state)
{
	(void)state;
	struct carried_plan plan = carried_usual;
	plan.slo = true;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 1);
	assert_int_equal(lad_slo_parse("p99=1ms", &question.slo, NULL), 0);
	struct lad_capacity *capacity = answer_to(&plan, &question);
	assert_near(capacity->modes[0].needs[0].rate.value, 30000, 1e-9, "one pair under the SLO");
	assert_int_equal(capacity->modes[0].needs[0].rate.basis, LAD_BASIS_MEASURED);
	lad_capacity_free(capacity);
	question.containers = 3;
	capacity = answer_to(&plan, &question);
	assert_near(capacity->modes[0].needs[0].rate.value, 30000 * 3 / 1.2, 1e-5, "three pairs under the SLO");
	assert_true(capacity->modes[0].needs[0].slo_by_efficiency);
	lad_capacity_free(capacity);
	assert_int_equal(lad_slo_parse("p99=2ms", &question.slo, NULL), 0);
	assert_refused(&plan, &question, "no row of tcp_rr is of a load search with goal_deadline=2ms goal_loss=1%");
	assert_refused(&carried_usual, &question, "search: {goals: [{name: slo, deadline: 2ms, loss: 1%}]}");
}

static void test_too_far_from_what_was_measured_is_refused_with_the_scenario_that_would_do(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 9);
	assert_refused(&carried_usual, &question,
		       "9 containers; measured were 1 to 4, and nothing is answered beyond twice that");
	assert_refused(&carried_usual, &question,
		       "echo '{modes: [host, bridge], topologies: [{pairs: 9}], workloads: [{kind: tcp_rr, cpus: free, "
		       "message_bytes: 1000}]}'");
	question = question_of("20k/s@99", NULL, 1);
	assert_refused(&carried_usual, &question, "messages of 99 bytes; tcp_rr was measured from 100 to 10000 bytes");
	question = question_of("20k/s@10001", NULL, 1);
	assert_refused(&carried_usual, &question, "nothing is answered outside of that");
	question = question_of("20k/s", NULL, 1);
	assert_refused(&carried_usual, &question, "--size is missing; tcp_rr was measured from 100 to 10000 bytes");
	struct carried_plan two = carried_usual;
	two.request_bytes[2] = 0;
	question = question_of("20k/s@500", NULL, 1);
	assert_refused(&two, &question, "2 sizes are too few to go between them (3)");
	struct carried_plan few = carried_usual; /* one and two pairs, and no law between them and four */
	few.levels[2] = 0;
	question = question_of("20k/s@1000", NULL, 3);
	assert_refused(&few, &question,
		       "3 containers were not measured, and 2 numbers of them are too few for a law of scaling (3)");
	assert_refused(&few, &question, "topologies: [{pairs: 3}]");
	struct carried_plan none = carried_usual;
	none.request_bytes[0] = 0;
	assert_refused(&none, &question, "no row tells how many requests can be carried");
}

static void test_without_cpu_columns_the_answer_is_what_was_carried(void **state)
{
	(void)state;
	struct carried_plan plan = carried_usual;
	plan.no_cpu = true;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 2);
	struct lad_capacity *capacity = answer_to(&plan, &question);
	assert_true(isnan(capacity->modes[0].cpus.value));
	assert_near(capacity->modes[0].needs[0].rate.value, 100000 / 1.1, 1e-9, "what two pairs carry");
	assert_int_equal(capacity->modes[0].fits, LAD_FITS_YES);
	assert_non_null(strstr(capacity->modes[0].why, "CPU time was not measured"));
	struct lad_expectation expectation;
	struct lad_error err = {0};
	char why[128];
	bool holds;
	assert_int_equal(lad_expectation_parse("cpus<=8", &expectation, &err), 0);
	assert_int_equal(lad_expectation_holds(&expectation, capacity, -1, &holds, why, sizeof why, &err), -1);
	assert_non_null(strstr(err.message, "there is no such figure for host"));
	lad_capacity_free(capacity);
}

static void test_rows_of_two_machines_are_not_mixed(void **state)
{
	(void)state;
	struct lad_table table;
	struct lad_capacity *capacity;
	struct lad_error err = {0};
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 2);
	carried_make(&table, &carried_usual);
	strcpy(table.rows[table.row_count - 1].cpu_model, "another CPU");
	assert_int_equal(lad_capacity_make(&table, &question, &capacity, &err), -1);
	assert_non_null(strstr(err.message, "of different machines"));
	lad_table_free(&table);
}

/* ---- Intervals and validation ---- */

static const struct carried_plan noisy = {.levels = {1, 2, 3, 4, 8, 16},
					  .request_bytes = {100, 400, 1000, 4000, 10000},
					  .write_bytes = {1000, 10000, 100000},
					  .spread = 0.02};

static void test_an_interval_holds_the_truth_and_is_the_same_each_time(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 12);
	struct lad_capacity *first = answer_to(&noisy, &question), *second = answer_to(&noisy, &question);
	const struct lad_capacity_mode *mode = &first->modes[0];
	assert_that(mode->cpus.interval.low, <, 0.24);
	assert_that(mode->cpus.interval.high, >, 0.24);
	assert_that(mode->cpus.interval.high / mode->cpus.interval.low, <, 1.2);
	double truth = 600000 / 2.1;
	assert_that(mode->needs[0].rate.interval.low, <, truth);
	assert_that(mode->needs[0].rate.interval.high, >, truth);
	assert_that(mode->needs[0].rate.interval.high / mode->needs[0].rate.interval.low, <, 1.3);
	assert_memory_equal(&first->modes, &second->modes, sizeof first->modes);
	lad_capacity_free(first);
	lad_capacity_free(second);
}

/* Whether a new run's median, of five figures about TRUTH, lies in FIGURE's interval. */
static bool covers(const struct lad_figure *figure, double truth, unsigned *seed)
{
	double values[CARRIED_BLOCKS];
	for (int i = 0; i < CARRIED_BLOCKS; i++)
		values[i] = truth * exp(noisy.spread * noise(seed));
	double median = lad_median(values, CARRIED_BLOCKS);
	return median >= figure->interval.low && median <= figure->interval.high;
}

/* 20 machines that differ in their noise alone, 3 pairs and 12, 1000 bytes and 2000: 160 intervals of 90 %. */
static void test_intervals_hold_what_another_run_measures(void **state)
{
	(void)state;
	int held = 0, count = 0;
	unsigned seed = 3;
	for (int machine = 0; machine < 20; machine++) {
		struct carried_plan plan = noisy;
		bool far = machine % 2;
		plan.seed = 100 + (unsigned)machine;
		struct lad_capacity_question question =
		    question_of(far ? "1k/s@2000" : "1k/s@1000", NULL, far ? 12 : 3);
		struct lad_capacity *capacity = answer_to(&plan, &question);
		double n = question.containers, rate = 50000 * n / (1 + 0.1 * (n - 1)), cost_s = far ? 14e-6 : 12e-6;
		for (int m = 0; m < 2; m++) {
			const struct lad_need_answer *need = &capacity->modes[m].needs[0];
			for (int again = 0; again < 2; again++, count += 2) {
				held += covers(&need->rate, rate / (m + 1), &seed);
				held += covers(&need->cost_s, cost_s * (m + 1), &seed);
			}
		}
		lad_capacity_free(capacity);
	}
	assert_that(held, >=, LAD_VALID_COVERAGE_LOW * count);
}

/* A machine that keeps to its laws is predicted; one that does not is not. */
static void test_validation_passes_on_a_lawful_machine_and_fails_on_another(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", "0.8Gbit@10000", 2);
	struct lad_capacity *capacity = answer_to(&noisy, &question);
	const struct lad_validation *validation = &capacity->modes[0].validation;
	assert_that(validation->checks, >, 40);
	assert_that(validation->median, <, LAD_VALID_MEDIAN);
	assert_that(validation->coverage, >=, LAD_VALID_COVERAGE_LOW);
	assert_true(validation->passed);
	lad_capacity_free(capacity);
	struct carried_plan wild = noisy;
	wild.spread = 0.25;
	capacity = answer_to(&wild, &question);
	assert_false(capacity->modes[0].validation.passed);
	assert_that(fabs(capacity->modes[0].validation.worst), >, LAD_VALID_WORST);
	lad_capacity_free(capacity);
}

static int count_held(const struct lad_capacity *capacity, enum lad_held_out held)
{
	int count = 0;
	for (int i = 0; i < capacity->check_count; i++)
		count += capacity->checks[i].held == held;
	return count;
}

/* Of 1 2 3 4 8 16 the inner 2 3 4 8 and the largest, of five sizes the inner three, of two runs the last. */
static void test_what_is_held_out_is_each_level_the_inner_sizes_and_the_last_run(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 2);
	struct lad_capacity *capacity = answer_to(&noisy, &question);
	int modes = 2, quantities = 2; /* rate and CPU time */
	assert_int_equal(count_held(capacity, LAD_HELD_LEVEL), modes * quantities * 4 * 5);
	assert_int_equal(count_held(capacity, LAD_HELD_LARGEST), modes * quantities * 5);
	assert_int_equal(count_held(capacity, LAD_HELD_SIZE), modes * quantities * 3 * 6);
	assert_int_equal(count_held(capacity, LAD_HELD_RUN), 0);
	lad_capacity_free(capacity);
	struct carried_plan runs = noisy;
	runs.runs = 3;
	runs.drift = 0.01;
	capacity = answer_to(&runs, &question);
	assert_int_equal(capacity->runs, 3);
	assert_int_equal(capacity->blocks, 3 * CARRIED_BLOCKS);
	assert_int_equal(count_held(capacity, LAD_HELD_RUN), modes * quantities * 5 * 6);
	for (int i = 0; i < capacity->check_count; i++) /* the last run is 1 to 2 % faster than the two before */
		if (capacity->checks[i].held == LAD_HELD_RUN && strcmp(capacity->checks[i].quantity, "rate") == 0)
			assert_that(fabs(capacity->checks[i].error + 0.015), <, 0.08);
	lad_capacity_free(capacity);
}

/* ---- Expectations ---- */

static void test_an_expectation_is_held_against_the_far_end_of_the_interval(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 12);
	struct lad_capacity *capacity = answer_to(&noisy, &question);
	struct lad_error err = {0};
	struct lad_expectation expectation;
	char text[32], why[128];
	bool holds;
	double high = capacity->modes[0].cpus.interval.high;
	snprintf(text, sizeof text, "cpus<=%.5f", high * 1.001);
	assert_int_equal(lad_expectation_parse(text, &expectation, &err), 0);
	assert_int_equal(lad_expectation_holds(&expectation, capacity, LAD_MODE_HOST, &holds, why, sizeof why, &err),
			 0);
	assert_true(holds);
	assert_int_equal(lad_expectation_holds(&expectation, capacity, -1, &holds, why, sizeof why, &err), 0);
	assert_false(holds); /* bridge takes twice as many */
	assert_string_equal(why, "missed by bridge");
	snprintf(text, sizeof text, "cpus<=%.5f", (high + capacity->modes[0].cpus.value) / 2);
	assert_int_equal(lad_expectation_parse(text, &expectation, &err), 0);
	assert_int_equal(lad_expectation_holds(&expectation, capacity, LAD_MODE_HOST, &holds, why, sizeof why, &err),
			 0);
	assert_false(holds);
	static const char *const good[] = {"rate>=200k/s", "rate>40Gbit", "share<80%", "efficiency>=50%",
					   "from_host<=1.5"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(lad_expectation_parse(good[i], &expectation, &err), 0);
	static const char *const bad[] = {"cpus", "cpus=8", "cpus<=", "cpu<=8", "rate>=200", "share<=80", "<=8"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(lad_expectation_parse(bad[i], &expectation, &err), -1);
		assert_non_null(strstr(err.message, "valid: cpus<=8"));
	}
	lad_capacity_free(capacity);
}

/* ---- Output ---- */

static char *printed(const struct lad_capacity *capacity, struct lad_capacity_view view)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	lad_capacity_print(capacity, &view, out);
	fclose(out);
	return text;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in\n%s", part, text);
}

static void test_text_markdown_and_json_say_the_same(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", "0.8Gbit@10000", 3);
	question.headroom = 0.2;
	struct lad_capacity *capacity = answer_to(&carried_usual, &question);
	lad_cleanup_free char *text = printed(capacity, (struct lad_capacity_view){.mode = -1});
	assert_says(text,
		    "20k/s of 1000 bytes (tcp_rr, cpus free) and 0.8Gbit of 10000 bytes (tcp_stream, cpus free); 3 "
		    "containers; 20 % headroom");
	assert_says(text, "0.325 [0.325, 0.325]");
	assert_says(text, "the CPUs: 1.95 of 2 busy");
	assert_says(
	    text, "tcp_rr: rate interpolated, CPU time interpolated; measured are 100, 1000, 10000 bytes and 1, 2, 4");
	lad_cleanup_free char *one = printed(capacity, (struct lad_capacity_view){.mode = LAD_MODE_BRIDGE});
	assert_says(one, "bridge: fits: yes");
	assert_says(one, "a message costs 24.0 us [24.0, 24.0] of CPU time");
	assert_says(one, "scaling: Amdahl over 1, 2, 4: contention 10.0 %");
	assert_says(one, "tuning that saves most: none was measured");
	lad_cleanup_free char *table =
	    printed(capacity, (struct lad_capacity_view){.mode = -1, .format = LAD_CAPACITY_MARKDOWN});
	assert_says(table, "| mode | fits | CPUs |");
	assert_says(table, "| bridge | yes | 0.650 [0.650, 0.650] | 2.00 [2.00, 2.00] |");
	lad_cleanup_free char *json =
	    printed(capacity, (struct lad_capacity_view){.mode = -1, .format = LAD_CAPACITY_JSON, .validate = true});
	cJSON *root = cJSON_Parse(json);
	const cJSON *bridge = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "modes"), 1);
	assert_string_equal(cJSON_GetObjectItem(bridge, "mode")->valuestring, "bridge");
	assert_near(cJSON_GetObjectItem(cJSON_GetObjectItem(bridge, "cpus"), "value")->valuedouble, 0.65, 1e-5, "CPUs");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "checks")), capacity->check_count);
	cJSON_Delete(root);
	lad_capacity_free(capacity);
}

static void test_what_was_held_out_is_listed_with_its_signed_error(void **state)
{
	(void)state;
	struct lad_capacity_question question = question_of("20k/s@1000", NULL, 3);
	struct lad_capacity *capacity = answer_to(&noisy, &question);
	lad_cleanup_free char *all = printed(capacity, (struct lad_capacity_view){.mode = -1, .validate = true});
	assert_says(all, "held out");
	assert_says(all, "the largest N");
	assert_says(all, "\nvalidated: median error");
	lad_cleanup_free char *one = printed(capacity, (struct lad_capacity_view){.mode = 0, .validate = true});
	assert_says(one, "a size         tcp_rr, 400 bytes, 1 container: rate");
	lad_capacity_free(capacity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_needs_have_a_unit_that_says_what_they_are_of),
	    cmocka_unit_test(test_an_slo_is_a_quantile_and_a_time),
	    cmocka_unit_test(test_cpus_are_rate_times_cpu_time_and_headroom),
	    cmocka_unit_test(test_what_was_not_measured_is_interpolated_and_says_so),
	    cmocka_unit_test(test_the_line_breaks_where_a_request_takes_several_packets),
	    cmocka_unit_test(test_a_load_that_is_too_much_does_not_fit),
	    cmocka_unit_test(test_the_rate_under_an_slo_comes_from_the_search),
	    cmocka_unit_test(test_too_far_from_what_was_measured_is_refused_with_the_scenario_that_would_do),
	    cmocka_unit_test(test_without_cpu_columns_the_answer_is_what_was_carried),
	    cmocka_unit_test(test_rows_of_two_machines_are_not_mixed),
	    cmocka_unit_test(test_an_interval_holds_the_truth_and_is_the_same_each_time),
	    cmocka_unit_test(test_intervals_hold_what_another_run_measures),
	    cmocka_unit_test(test_validation_passes_on_a_lawful_machine_and_fails_on_another),
	    cmocka_unit_test(test_what_is_held_out_is_each_level_the_inner_sizes_and_the_last_run),
	    cmocka_unit_test(test_an_expectation_is_held_against_the_far_end_of_the_interval),
	    cmocka_unit_test(test_text_markdown_and_json_say_the_same),
	    cmocka_unit_test(test_what_was_held_out_is_listed_with_its_signed_error),
	};
	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}

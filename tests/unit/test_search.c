/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The controller of the load search: the RFC's own example, and systems whose answer is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/search.h"

/* RFC 9971, Appendix C: four goals, one load. */
static const struct lad_search_goal example_goals[] = {
    {.name = "RFC2544", .final_duration_s = 60, .duration_sum_s = 60, .loss_ratio = 0, .exceed_ratio = 0},
    {.name = "TST009", .final_duration_s = 60, .duration_sum_s = 120, .loss_ratio = 0, .exceed_ratio = 0.5},
    {.name = "1s final", .final_duration_s = 1, .duration_sum_s = 120, .loss_ratio = 0.005, .exceed_ratio = 0.5},
    {.name = "20% exceed", .final_duration_s = 60, .duration_sum_s = 60, .loss_ratio = 0.005, .exceed_ratio = 0.2},
};
#define EXAMPLE_GOALS 4

static struct lad_search_result example_results[122];
static int example_count;

static void add(int times, double duration_s, double loss_ratio)
{
	for (int i = 0; i < times; i++) {
		struct lad_search_result *result = &example_results[example_count++];
		*result = (struct lad_search_result){.number = example_count, .intended_s = duration_s};
		result->outcome.duration_s = duration_s;
		for (int g = 0; g < EXAMPLE_GOALS; g++)
			result->outcome.loss_ratio[g] = loss_ratio;
	}
}

static void expect_classes(int point, enum lad_load_class a, enum lad_load_class b, enum lad_load_class c,
			   enum lad_load_class d)
{
	const enum lad_load_class expected[EXAMPLE_GOALS] = {a, b, c, d};
	for (int g = 0; g < EXAMPLE_GOALS; g++) {
		enum lad_load_class class = lad_search_classify(&example_goals[g], g, example_results, example_count);
		if (class != expected[g])
			fail_msg("point %d, goal %s: class %d, not %d", point, example_goals[g].name, class,
				 expected[g]);
	}
}

/*
 * One goal is another matter at points 5 and 6: the tables of draft 15 call the load a lower bound for "20% exceed"
 * there, beside exceed ratios of 42.857 % and 27.273 %, which are above the 20 % that the goal tolerates. By 4.7.2 and
 * by the code of Appendix A it is an upper bound.
 */
static void test_the_example_of_the_rfc_is_classified_at_each_of_its_six_points(void **state)
{
	(void)state;
	const enum lad_load_class none = LAD_LOAD_UNDECIDED, lower = LAD_LOAD_LOWER_BOUND, upper = LAD_LOAD_UPPER_BOUND;
	example_count = 0;
	expect_classes(0, none, none, none, none);
	add(59, 1, 0);
	expect_classes(1, none, none, none, none);
	add(1, 1, 0.01);
	expect_classes(2, upper, none, none, none);
	add(59, 1, 0.01);
	expect_classes(3, upper, none, none, upper);
	add(1, 1, 0);
	expect_classes(4, upper, none, lower, upper);
	add(1, 60, 0.001);
	expect_classes(5, upper, none, lower, upper);
	add(1, 60, 0);
	expect_classes(6, upper, lower, lower, upper);
}

static void test_the_conditional_throughput_of_the_rfcs_example_is_what_it_says(void **state)
{
	(void)state;
	const double expected[EXAMPLE_GOALS] = {NAN, 1e6, 1e6, 999e3};
	for (int g = 1; g < EXAMPLE_GOALS; g++) {
		int number;
		double rate = lad_search_conditional_throughput(&example_goals[g], g, 1e6, example_results,
								example_count, &number);
		assert_true(fabs(rate - expected[g]) < 1e-6);
		double loss = example_results[number - 1].outcome.loss_ratio[g];
		assert_true(fabs(1e6 * (1 - loss) - expected[g]) < 1e-6);
	}
}

/* Eleven like results of 21 settle it, and what was not measured counts as lost. */
static void test_half_of_the_trials_settle_a_load_when_they_agree(void **state)
{
	(void)state;
	const struct lad_search_goal goal = {
	    .final_duration_s = 0.5, .duration_sum_s = 10.5, .loss_ratio = 0, .exceed_ratio = 0.5};
	int number;
	for (int bad = 0; bad < 2; bad++) {
		example_count = 0;
		add(10, 0.5, bad ? 0.1 : 0);
		assert_int_equal(lad_search_classify(&goal, 0, example_results, example_count), LAD_LOAD_UNDECIDED);
		assert_true(lad_search_conditional_throughput(&goal, 0, 100, example_results, 10, &number) == 0);
		assert_int_equal(number, 0);
		add(1, 0.5, bad ? 0.1 : 0);
		assert_int_equal(lad_search_classify(&goal, 0, example_results, example_count),
				 bad ? LAD_LOAD_UPPER_BOUND : LAD_LOAD_LOWER_BOUND);
	}
	assert_true(fabs(lad_search_conditional_throughput(&goal, 0, 100, example_results, 11, &number) - 90) < 1e-9);
}

/* Systems with a known answer. */
struct system {
	double capacity; /* where half of the trials lose */
	double noise;	 /* how blurred that is, as a share of it; 0: not at all */
	double collapse; /* the share of the capacity that is forwarded far beyond it */
	gsl_rng *random;
};

/* Above its capacity a system loses what is too much; close to it that happens in some trials and in others not. */
static double loss_at(const struct system *system, double load)
{
	double capacity = system->capacity;
	if (system->noise > 0)
		capacity *= 1 + gsl_ran_logistic(system->random, system->noise);
	if (load <= capacity)
		return 0;
	double forwarded = fmax(system->collapse * capacity, capacity - (load - capacity) * 0.2);
	return 1 - forwarded / load;
}

static const struct lad_search_goal ndr = {.name = "ndr",
					   .final_duration_s = 0.5,
					   .duration_sum_s = 10.5,
					   .loss_ratio = 0,
					   .exceed_ratio = 0.5,
					   .width_ratio = 0.01};
static const struct lad_search_goal pdr = {.name = "pdr",
					   .final_duration_s = 0.5,
					   .duration_sum_s = 10.5,
					   .loss_ratio = 0.005,
					   .exceed_ratio = 0.5,
					   .width_ratio = 0.01};

struct walk {
	int trials, loads;
	double cost_s;
	struct lad_search_found found[LAD_SEARCH_GOALS_MAX];
};

static struct walk search_in(const struct system *system, const struct lad_search_input *input)
{
	struct walk walk = {0};
	struct lad_error err;
	struct lad_search_trial trial, again;
	double before = 0;
	struct lad_search *search = lad_search_begin(input, &err);
	if (!search)
		fail_msg("%s", err.message);
	while (lad_search_next(search, &trial)) {
		assert_true(lad_search_next(search, &again));
		assert_true(trial.load == again.load);
		assert_true(trial.load <= input->max_load && trial.load >= input->min_load * (1 - 1e-9));
		double loss = loss_at(system, trial.load);
		struct lad_search_outcome outcome = {
		    .duration_s = trial.duration_s, .forwarding_rate = trial.load * (1 - loss), .cost_s = 1};
		for (int g = 0; g < input->goal_count; g++)
			outcome.loss_ratio[g] = loss;
		assert_int_equal(lad_search_take(search, &outcome, &err), 0);
		walk.loads += trial.load != before;
		before = trial.load;
	}
	walk.trials = lad_search_trial_count(search);
	for (int g = 0; g < input->goal_count; g++)
		walk.found[g] = lad_search_goal_found(search, g);
	lad_search_end(search);
	return walk;
}

static struct lad_search_input input_of(const struct lad_search_goal *goals, int count)
{
	return (struct lad_search_input){.goals = goals, .goal_count = count, .max_load = 1e7, .min_load = 200};
}

static void test_a_system_without_noise_is_found_within_the_width_wherever_it_is(void **state)
{
	(void)state;
	struct lad_search_goal exact = ndr;
	exact.duration_sum_s = exact.final_duration_s;
	exact.exceed_ratio = 0;
	for (double capacity = 250; capacity < 9e6; capacity *= 1.37) {
		const struct system system = {.capacity = capacity, .collapse = 0.3};
		struct lad_search_input input = input_of(&exact, 1);
		struct walk walk = search_in(&system, &input);
		assert_true(walk.found[0].regular);
		assert_true(walk.found[0].lower <= capacity && walk.found[0].upper > capacity);
		assert_true(walk.found[0].upper * (1 - exact.width_ratio) <= walk.found[0].lower * (1 + 1e-9));
		assert_true(walk.found[0].conditional_throughput == walk.found[0].lower);
		assert_int_equal(walk.found[0].inversions, 0);
		assert_in_range(walk.trials, 3, 40);
	}
}

/* As many loads as halving takes from Min Load to Max Load down to the width, with the same trials at each. */
static int bisection_trials(const struct system *system, const struct lad_search_goal *goal, double low, double high)
{
	int trials = 0;
	while ((high - low) / high > goal->width_ratio) {
		double load = sqrt(low * high);
		struct lad_search_result results[64];
		int count = 0;
		enum lad_load_class class = LAD_LOAD_UNDECIDED;
		while (class == LAD_LOAD_UNDECIDED) {
			results[count] =
			    (struct lad_search_result){.number = count + 1, .intended_s = goal->final_duration_s};
			results[count].outcome.duration_s = goal->final_duration_s;
			results[count++].outcome.loss_ratio[0] = loss_at(system, load);
			class = lad_search_classify(goal, 0, results, count);
		}
		trials += count;
		*(class == LAD_LOAD_LOWER_BOUND ? &low : &high) = load;
	}
	return trials;
}

#define SYSTEMS 1000

static void test_of_a_thousand_noisy_systems_95_percent_are_found_within_the_width(void **state)
{
	(void)state;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	int within = 0, regular = 0, trials = 0, bisection = 0;
	double worst = 0;
	for (int i = 0; i < SYSTEMS; i++) {
		struct system system = {.capacity = 1000 * pow(5000, gsl_rng_uniform(random)),
					.noise = 0.0005 + 0.0035 * gsl_rng_uniform(random),
					.collapse = gsl_rng_uniform(random),
					.random = random};
		struct lad_search_input input = input_of(&ndr, 1);
		input.grid_offset = gsl_rng_uniform(random);
		struct walk walk = search_in(&system, &input);
		double error = fabs(walk.found[0].lower / system.capacity - 1);
		regular += walk.found[0].regular;
		within += error <= ndr.width_ratio;
		worst = fmax(worst, error);
		trials += walk.trials;
		bisection += bisection_trials(&system, &ndr, input.min_load, input.max_load);
	}
	gsl_rng_free(random);
	print_message("# %d of %d within the width, %d regular, worst %.2f %%; %.1f trials each, by bisection %.1f\n",
		      within, SYSTEMS, regular, worst * 100, (double)trials / SYSTEMS, (double)bisection / SYSTEMS);
	assert_in_range(within, SYSTEMS * 95 / 100, SYSTEMS);
	assert_int_equal(regular, SYSTEMS);
	assert_true(trials < bisection / 2);
}

static void test_two_goals_share_their_trials(void **state)
{
	(void)state;
	const struct lad_search_goal goals[] = {ndr, pdr};
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	int together = 0, apart = 0;
	for (int i = 0; i < 100; i++) {
		const struct system system = {.capacity = 50000, .noise = 0.002, .collapse = 0.5, .random = random};
		struct lad_search_input both = input_of(goals, 2), first = input_of(goals, 1),
					second = input_of(goals + 1, 1);
		struct walk walk = search_in(&system, &both);
		assert_true(walk.found[0].lower <= walk.found[1].lower);
		together += walk.trials;
		apart += search_in(&system, &first).trials + search_in(&system, &second).trials;
	}
	gsl_rng_free(random);
	print_message("# %d trials together, %d apart\n", together / 100, apart / 100);
	assert_true(together < apart);
}

static void test_a_search_that_knows_where_to_look_takes_fewer_trials(void **state)
{
	(void)state;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	const struct system system = {.capacity = 50000, .noise = 0.001, .collapse = 0.5, .random = random};
	struct lad_search_input input = input_of(&ndr, 1);
	int first = 0, later = 0;
	for (int i = 0; i < 100; i++) {
		input.hints[0] = (struct lad_search_hint){0, 0};
		input.grid_offset = gsl_rng_uniform(random);
		struct walk walk = search_in(&system, &input);
		first += walk.trials;
		input.hints[0] = (struct lad_search_hint){walk.found[0].lower, walk.found[0].upper};
		input.grid_offset = gsl_rng_uniform(random);
		walk = search_in(&system, &input);
		later += walk.trials;
		assert_true(fabs(walk.found[0].lower / system.capacity - 1) < 2 * ndr.width_ratio);
	}
	gsl_rng_free(random);
	print_message("# %d trials, with a hint %d\n", first / 100, later / 100);
	assert_true(later < first);
}

static void test_a_wrong_hint_is_left_again(void **state)
{
	(void)state;
	const double wrong[] = {300, 20000, 9e6};
	for (size_t i = 0; i < 3; i++) {
		const struct system system = {.capacity = 50000, .collapse = 0.5};
		struct lad_search_input input = input_of(&ndr, 1);
		input.hints[0] = (struct lad_search_hint){wrong[i], wrong[i] * 1.01};
		struct walk walk = search_in(&system, &input);
		assert_true(walk.found[0].regular);
		assert_true(walk.found[0].lower <= 50000 && walk.found[0].upper > 50000);
	}
}

static void test_a_system_that_carries_max_load_is_known_to_carry_at_least_that(void **state)
{
	(void)state;
	const struct system system = {.capacity = 2e7};
	struct lad_search_input input = input_of(&ndr, 1);
	struct walk walk = search_in(&system, &input);
	assert_false(walk.found[0].regular);
	assert_int_equal(walk.found[0].limited_by, LAD_LIMIT_MAX);
	assert_true(walk.found[0].lower == input.max_load && isnan(walk.found[0].upper));
	assert_in_range(walk.trials, 11, 13);
}

static void test_a_system_that_always_loses_has_no_lower_bound(void **state)
{
	(void)state;
	const struct system system = {.capacity = 10};
	struct lad_search_input input = input_of(&ndr, 1);
	struct walk walk = search_in(&system, &input);
	assert_false(walk.found[0].regular);
	assert_int_equal(walk.found[0].limited_by, LAD_LIMIT_MIN);
	assert_true(isnan(walk.found[0].lower) && isnan(walk.found[0].conditional_throughput));
	assert_int_equal(walk.found[0].bounding_trial, 0);
}

static void test_a_search_ends_at_its_limit_of_time_and_says_so(void **state)
{
	(void)state;
	const struct system system = {.capacity = 50000, .collapse = 0.5};
	struct lad_search_input input = input_of(&ndr, 1);
	input.limit_s = 8;
	struct walk walk = search_in(&system, &input);
	assert_int_equal(walk.trials, 8);
	assert_false(walk.found[0].regular);
	assert_int_equal(walk.found[0].limited_by, LAD_LIMIT_TIME);
}

/* One trial at each load, and the load classified as the trials before made it: an inversion is counted, not believed.
 */
static void test_a_lower_bound_above_an_upper_one_is_counted_and_not_believed(void **state)
{
	(void)state;
	struct lad_search_goal goals[] = {ndr, pdr};
	struct lad_error err;
	struct lad_search_trial trial;
	for (int g = 0; g < 2; g++)
		goals[g].duration_sum_s = goals[g].final_duration_s;
	struct lad_search_input input = input_of(goals, 2);
	struct lad_search *search = lad_search_begin(&input, &err);
	while (lad_search_next(search, &trial)) {
		/* Below 1000 a little is lost and above it nothing, up to 50000. */
		double loss = trial.load > 50000 ? 0.5 : trial.load < 1000 ? 0 : trial.load < 20000 ? 0.001 : 0;
		struct lad_search_outcome outcome = {
		    .loss_ratio = {loss, loss}, .duration_s = trial.duration_s, .forwarding_rate = 3000};
		assert_int_equal(lad_search_take(search, &outcome, &err), 0);
	}
	struct lad_search_found none = lad_search_goal_found(search, 0), some = lad_search_goal_found(search, 1);
	assert_true(none.regular && some.regular);
	assert_true(none.lower < 1000 && none.upper >= 1000 && none.upper < 1020);
	assert_true(some.lower <= 50000 && some.upper > 50000);
	assert_in_range(none.inversions, 1, 100);
	assert_int_equal(some.inversions, 0);
	lad_search_end(search);
}

static void test_what_cannot_be_searched_is_refused(void **state)
{
	(void)state;
	struct lad_error err;
	struct lad_search_goal goal = ndr;
	struct lad_search_input input = input_of(&goal, 1);
	input.min_load = input.max_load;
	assert_null(lad_search_begin(&input, &err));
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	input = input_of(&goal, 0);
	assert_null(lad_search_begin(&input, &err));
	input = input_of(&goal, 1);
	goal.exceed_ratio = 1;
	assert_null(lad_search_begin(&input, &err));
}

static void test_who_could_not_keep_up_is_told_from_the_network(void **state)
{
	(void)state;
	struct lad_search_load_facts facts = {.intended = 100000,
					      .unsent = 50,
					      .schedule_error_mean_us = NAN,
					      .window_s = 1,
					      .sender_cpu_s = 1,
					      .all_cpu_s = 1.5,
					      .sender_threads = 1,
					      .machine_cpu_s = 1.6,
					      .machine_cpus = 2};
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_NETWORK); /* all was sent */
	facts.unsent = 5000;
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_GENERATOR);
	facts.sender_threads = 2; /* not as busy as it could be: held back by the socket */
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_NETWORK);
	facts.machine_cpu_s = 1.95;
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_CPU);
	facts.shared = true;
	facts.all_cpu_s = 0.96;
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_CPU);
	facts.all_cpu_s = 0.5; /* others use the machine up */
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_CPU);
	facts.machine_cpu_s = 0.6;
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_NETWORK);
	facts.all_cpu_s = 0.96;
	facts.unsent = 0; /* the receiver had no time for what it lost */
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_CPU);
	facts = (struct lad_search_load_facts){.intended = 1000,
					       .schedule_error_mean_us = 300,
					       .window_s = 1,
					       .sender_cpu_s = 1,
					       .sender_threads = 1,
					       .machine_cpus = 2};
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_NETWORK);
	facts.deadline_ns = 1000000;
	assert_int_equal(lad_search_limit_of(&facts), LAD_LIMIT_GENERATOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_example_of_the_rfc_is_classified_at_each_of_its_six_points),
	    cmocka_unit_test(test_the_conditional_throughput_of_the_rfcs_example_is_what_it_says),
	    cmocka_unit_test(test_half_of_the_trials_settle_a_load_when_they_agree),
	    cmocka_unit_test(test_a_system_without_noise_is_found_within_the_width_wherever_it_is),
	    cmocka_unit_test(test_of_a_thousand_noisy_systems_95_percent_are_found_within_the_width),
	    cmocka_unit_test(test_two_goals_share_their_trials),
	    cmocka_unit_test(test_a_search_that_knows_where_to_look_takes_fewer_trials),
	    cmocka_unit_test(test_a_wrong_hint_is_left_again),
	    cmocka_unit_test(test_a_system_that_carries_max_load_is_known_to_carry_at_least_that),
	    cmocka_unit_test(test_a_system_that_always_loses_has_no_lower_bound),
	    cmocka_unit_test(test_a_search_ends_at_its_limit_of_time_and_says_so),
	    cmocka_unit_test(test_a_lower_bound_above_an_upper_one_is_counted_and_not_believed),
	    cmocka_unit_test(test_what_cannot_be_searched_is_refused),
	    cmocka_unit_test(test_who_could_not_keep_up_is_told_from_the_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

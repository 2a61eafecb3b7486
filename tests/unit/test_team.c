/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the threads of an agent make of one job: their shares of it, and one result out of theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/team.h"
#include "agent/socket/flow.h"

static void test_shares_add_up_to_the_job(void **state)
{
	(void)state;
	static const int flows[] = {2, 3, 4, 5, 64, 1001};
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
		for (int threads = 1; threads <= flows[i] && threads <= LAD_THREADS_MAX; threads++) {
			struct lad_job job = {
			    .flows = flows[i], .threads = threads, .rate_per_s = 1000, .pacing_bps = 1e9};
			int sum = 0, least = flows[i], most = 0;
			double pacing = 0;
			for (int thread = 0; thread < threads; thread++) {
				struct lad_job share = agent_team_share(&job, thread);
				sum += share.flows;
				assert_true(share.rate_per_s == 1000); /* the flows' messages are dealt, not it */
				pacing += share.pacing_bps;
				least = share.flows < least ? share.flows : least;
				most = share.flows > most ? share.flows : most;
			}
			assert_int_equal(sum, flows[i]);
			assert_true(least >= 1 && most - least <= 1);
			assert_true(fabs(pacing / 1e9 - 1) < 1e-9);
		}
}

/* Thread NUMBER's generator of JOB, as far as pace.c looks at it. */
static struct agent pacing(const struct lad_job *job, int number)
{
	struct agent agent = {.thread = number, .all_flows = job->flows, .job = agent_team_share(job, number)};
	agent.pace = (struct agent_pace){.base_ns = 1000, .interval_ns = 1e9 / job->rate_per_s};
	return agent;
}

static void test_messages_of_all_threads_are_due_when_those_of_one_would_be(void **state)
{
	(void)state;
	enum { ROUNDS = 7, FLOWS = 11 };
	for (int flows = 1; flows <= FLOWS; flows++)
		for (int i = 0; i < flows * 13; i++) {
			struct lad_job job = {
			    .flows = flows, .threads = 1 + i % flows, .burst = 1 + i / flows, .rate_per_s = 1000};
			struct lad_job by_hand = job;
			by_hand.threads = 1;
			struct agent one = pacing(&by_hand, 0);
			/* Each of the first messages belongs to one thread, to its flow's, and is due when it was. */
			int due[ROUNDS * FLOWS] = {0};
			uint64_t overdue = 0;
			int64_t end_ns = 1000 + 1000000 * (int64_t)(flows * 3 + 1);
			for (int thread = 0; thread < job.threads; thread++) {
				struct agent agent = pacing(&job, thread);
				overdue += agent_pace_overdue(&agent, end_ns);
				for (int own = 0; own < ROUNDS * agent.job.flows; own++) {
					int flow = own % agent.job.flows * job.threads + thread;
					int number = own / agent.job.flows * flows + flow;
					assert_int_equal(agent_pace_due_ns(&agent, (uint64_t)own),
							 agent_pace_due_ns(&one, (uint64_t)number));
					due[number]++;
				}
			}
			for (int number = 0; number < ROUNDS * flows; number++)
				assert_int_equal(due[number], 1);
			assert_int_equal(overdue, agent_pace_overdue(&one, end_ns));
		}
}

static void test_each_flow_begins_elsewhere_in_a_mix_whatever_thread_has_it(void **state)
{
	(void)state;
	enum { FLOWS = 60, THREADS = 3 };
	static struct agent agents[THREADS];
	uint32_t places[FLOWS];
	int alike = 0;
	for (int i = 0; i < THREADS; i++) {
		struct lad_job job = {.flows = FLOWS,
				      .threads = THREADS,
				      .seed = 11,
				      .message_bytes = 1000,
				      .sizes = "1..1000",
				      .workload = LAD_TCP_RR};
		struct lad_error err;
		agents[i].thread = i;
		agents[i].job = agent_team_share(&job, i);
		if (agent_make_flows(&agents[i], agents[i].job.flows, &err) < 0)
			fail_msg("%s", err.message);
		for (int j = 0; j < agents[i].flow_count; j++)
			places[agent_flow_number(&agents[i].flows[j])] = agents[i].flows[j].place;
	}
	/* Of 4096 places: that two of sixty flows have the same is no surprise, that many have is. */
	for (int i = 0; i < FLOWS; i++) {
		assert_int_equal(places[i], agent_mix_place(&agents[0].job, i));
		for (int j = 0; j < i; j++)
			alike += places[i] == places[j];
	}
	assert_int_equal(places[0], 0); /* one flow alone goes through it from the beginning */
	assert_true(alike < 5);
	/* Each goes through the same order from there on, around its end as well. */
	const struct agent_flow *first = &agents[0].flows[0], *other = &agents[1].flows[0];
	for (uint64_t number = 0; number < 10000; number += 7)
		assert_int_equal(agent_message_size(other, number), agent_message_size(first, number + other->place));
	/* By the seed. */
	struct lad_job another = {.seed = 12};
	assert_int_not_equal(agent_mix_place(&another, 1), places[1]);
	for (int i = 0; i < THREADS; i++) {
		free(agents[i].flows);
		free(agents[i].payload);
		free(agents[i].buffer);
		free(agents[i].sizes);
	}
}

static void test_one_thread_has_the_whole_job(void **state)
{
	(void)state;
	struct lad_job job = {.flows = 7, .rate_per_s = 3}; /* threads 0: as an older runner says it */
	struct lad_job share = agent_team_share(&job, 0);
	assert_int_equal(share.flows, 7);
	assert_true(share.rate_per_s == 3);
}

static void test_counts_are_summed_and_the_rest_is_a_mean_over_the_flows(void **state)
{
	(void)state;
	static struct lad_agent_result sum, part;
	sum = (struct lad_agent_result){.elapsed_ns = 1000,
					.bytes = 10,
					.transactions = 1,
					.timeouts = 1,
					.segments = 1,
					.cpu_system_ns = 77,
					.rtt_us = 10,
					.retransmits = 1,
					.pacing_rate_bps = 5,
					.schedule_error_mean_us = NAN,
					.schedule_error_max_us = NAN,
					.jitter_us = 4,
					.sample_count = 2};
	part = (struct lad_agent_result){.elapsed_ns = 2000,
					 .bytes = 30,
					 .transactions = 2,
					 .segments = 64,
					 .cpu_system_ns = 33,
					 .rtt_us = 30,
					 .retransmits = 2,
					 .pacing_rate_bps = 6,
					 .schedule_error_mean_us = 2,
					 .schedule_error_max_us = 9,
					 .jitter_us = NAN,
					 .sample_count = 1};
	sum.samples[0] = (struct lad_sample){.time_ns = 100, .bytes = 1, .rtt_us = 4};
	part.samples[0] = (struct lad_sample){.time_ns = 200, .bytes = 2, .rtt_us = 8};
	lad_histogram_record(&sum.latency, 50);
	lad_histogram_record_many(&part.latency, 70, 2);
	lad_result_merge(&sum, &part, 0.25); /* three flows there, one here */
	assert_int_equal(sum.elapsed_ns, 1250);
	assert_int_equal(sum.bytes, 40);
	assert_int_equal(sum.transactions, 3);
	assert_int_equal(sum.timeouts, 1);
	assert_int_equal(sum.segments, 64);
	assert_int_equal(sum.cpu_system_ns, 77); /* of the process, which is one */
	assert_true(sum.rtt_us == 15 && sum.retransmits == 3 && sum.pacing_rate_bps == 11);
	assert_true(sum.schedule_error_mean_us == 2 && sum.schedule_error_max_us == 9 && sum.jitter_us == 4);
	assert_int_equal(sum.sample_count, 1);
	assert_int_equal(sum.samples[0].time_ns, 125);
	assert_int_equal(sum.samples[0].bytes, 3);
	assert_true(sum.samples[0].rtt_us == 5);
	assert_int_equal(sum.latency.total, 3);
	assert_int_equal(sum.latency.min_ns, 50);
	assert_int_equal(sum.latency.max_ns, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shares_add_up_to_the_job),
	    cmocka_unit_test(test_each_flow_begins_elsewhere_in_a_mix_whatever_thread_has_it),
	    cmocka_unit_test(test_messages_of_all_threads_are_due_when_those_of_one_would_be),
	    cmocka_unit_test(test_one_thread_has_the_whole_job),
	    cmocka_unit_test(test_counts_are_summed_and_the_rest_is_a_mean_over_the_flows),
	};
	return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}

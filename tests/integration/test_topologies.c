/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several sessions at once: what the row says of all together is what the kernel's devices counted. */
#include "support.h"
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"

static struct lad_trial_sessions sessions;
static struct lad_histogram latency;
static uint64_t arrived_at_sinks; /* packets, as the devices of the sinks' ends counted them */

/* Each device once: in host mode the ends of one host share theirs. */
static void count_arrivals(const struct lad_host *hosts, const struct lad_path *path,
			   const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	(void)hosts;
	(void)generator;
	(void)sink;
	(void)data;
	struct lad_error err = {0};
	arrived_at_sinks = 0;
	for (int i = 0; i < path->reach_count; i++) {
		const struct lad_endpoint *end = &path->ends[path->reaches[i].sink];
		struct lad_link_counters counters;
		bool before = false;
		for (int j = 0; j < i; j++)
			before |= strcmp(path->ends[path->reaches[j].sink].address, end->address) == 0;
		if (before)
			continue;
		assert_int_equal(lad_link_counters(end->netns_fd, end->device, &counters, &err), 0);
		arrived_at_sinks += counters.rx_packets;
	}
}

static void (*seen_when_built)(const struct lad_host *hosts, const struct lad_path *path, void *data);

static struct lad_row run(enum lad_mode mode, const struct lad_topology *topology, const struct lad_workload *workload,
			  double rate_bps, double duration_s)
{
	struct lad_scenario scenario = {.wire_rate_bps = rate_bps, .wire_mtu_bytes = 1500, .sample_ns = 50000000};
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = mode,
				  .placement = LAD_CROSS_HOST,
				  .workload = workload,
				  .tuning = &lad_no_tuning,
				  .topology = topology};
	struct lad_trial_observer observer = {.built = seen_when_built, .measured = count_arrivals};
	struct lad_trial_context context = support_context(&scenario, 0.1, duration_s);
	struct lad_error err = {0};
	struct lad_row row;
	context.observer = &observer;
	context.sessions = &sessions;
	lad_row_clear(&row);
	row.workload = workload->kind;
	enum lad_trial_status status = lad_trial_run(&context, &trial, &row, &latency, &err);
	support_close_context(&context);
	if (status != LAD_TRIAL_DONE)
		fail_msg("%s: %s", lad_mode_name(mode), err.message);
	return row;
}

static const struct lad_topology topologies[] = {
    {LAD_PAIRS, 4, 2}, {LAD_INCAST, 4, 2}, {LAD_FANOUT, 4, 2}, {LAD_MESH, 3, 3}, {LAD_PAIRS, 6, 4}};
#define TOPOLOGIES (sizeof topologies / sizeof *topologies)

static void test_every_datagram_of_every_session_is_in_the_row_and_on_a_device(void **state)
{
	(void)state;
	struct lad_workload workload =
	    trial_workload_of("kind: udp_stream, rate: 1000/s, message_bytes: 200, cpus: free");
	for (size_t t = 0; t < TOPOLOGIES; t++)
		for (size_t m = 0; m < TRIAL_MODES; m++) {
			struct lad_row row = run(trial_modes[m], &topologies[t], &workload, 0, 0.3);
			int count = lad_topology_sessions(&topologies[t]);
			double sum = 0;
			assert_int_equal(sessions.count, count);
			for (int i = 0; i < count; i++)
				sum += sessions.rows[i].packets_per_s;
			print_message("# %s, %s of %d: %.0f received, %llu on the devices, fairness %.3f\n",
				      lad_mode_name(trial_modes[m]), lad_pattern_name(topologies[t].pattern),
				      topologies[t].count, row.received_total, (unsigned long long)arrived_at_sinks,
				      row.fairness_ratio);
			assert_true(fabs(row.packets_per_s / sum - 1) < 0.01); /* windows end microseconds apart */
			/* Besides, devices see greetings, and neighbours asking for each other. */
			assert_that((double)arrived_at_sinks, >=, row.received_total);
			assert_that((double)arrived_at_sinks, <, row.received_total + 30 * count);
			assert_that(row.session_min, <=, row.session_max);
			assert_in_range((unsigned)(row.fairness_ratio * 1000), 1000 / (unsigned)count, 1000);
		}
}

static void test_the_sum_over_a_shared_wire_is_the_wire(void **state)
{
	(void)state;
	static const struct lad_topology incast = {LAD_INCAST, 8, 2};
	struct lad_workload workload = trial_workload_of("kind: tcp_stream, cpus: free");
	struct lad_row row = run(LAD_MODE_BRIDGE, &incast, &workload, 100e6, 1.5);
	print_message("# 8 to 1 over 100 Mbit/s: %.1f Mbit/s, of each %.1f to %.1f, fairness %.3f\n",
		      row.goodput_bps / 1e6, row.session_min / 1e6, row.session_max / 1e6, row.fairness_ratio);
	assert_that(row.goodput_bps, <, 1.03 * 100e6);
	assert_that(row.goodput_bps, >, 0.8 * 100e6);
}

/* Of eight equal sessions of transactions the merged distribution has all: its total is the row's count. */
static void test_latency_is_merged_and_the_worst_session_is_told(void **state)
{
	(void)state;
	static const struct lad_topology pairs = {LAD_PAIRS, 8, 2};
	struct lad_workload workload = trial_workload_of("kind: tcp_rr, cpus: free");
	struct lad_row row = run(LAD_MODE_MACVLAN, &pairs, &workload, 0, 0.3);
	double worst_us = 0;
	for (int i = 0; i < sessions.count; i++)
		worst_us = fmax(worst_us, sessions.rows[i].latency_p99_us);
	assert_true(row.latency_p99_worst_us == worst_us);
	assert_that(row.latency_p99_us, <=, worst_us);
	assert_true(fabs((double)latency.total / row.duration_s / row.transactions_per_s - 1) < 0.01);
	assert_that(row.latency_max_us, >=, worst_us);
	/* All its connections stand after the network does. */
	assert_that(row.setup_s, >, 0);
	assert_that(row.reachable_s, >, row.setup_s);
}

#define SPREAD_PAIRS 4

static int agents_on[CPU_SETSIZE]; /* those that may run on this CPU alone */

/* Each agent pins itself before it becomes the agent's program. */
static void see_cpus(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	(void)hosts;
	(void)path;
	(void)data;
	char name[64];
	snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
	int pinned = 0;
	for (int look = 0; look < 1000 && pinned < 2 * SPREAD_PAIRS; look++) {
		int pid;
		lad_cleanup_file FILE *in = fopen(name, "re");
		assert_non_null(in);
		memset(agents_on, 0, sizeof agents_on);
		usleep(10000);
		for (pinned = 0; fscanf(in, "%d", &pid) == 1;) {
			cpu_set_t set;
			if (sched_getaffinity(pid, sizeof set, &set) < 0 || CPU_COUNT(&set) != 1)
				continue;
			for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
				agents_on[cpu] += CPU_ISSET(cpu, &set) != 0;
			pinned++;
		}
	}
}

static void test_spread_deals_the_pairs_over_the_cpus(void **state)
{
	(void)state;
	static const struct lad_topology pairs = {LAD_PAIRS, SPREAD_PAIRS, 2};
	struct lad_workload workload = trial_workload_of("kind: tcp_rr, cpus: spread");
	cpu_set_t own;
	assert_return_code(sched_getaffinity(0, sizeof own, &own), errno);
	int cpus = CPU_COUNT(&own);
	if (cpus < 2)
		support_skip("one CPU: there is nothing to deal over");
	seen_when_built = see_cpus;
	run(LAD_MODE_HOST, &pairs, &workload, 0, 0.05);
	seen_when_built = NULL;
	int used = 0, sum = 0;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		assert_int_equal(agents_on[cpu] % 2, 0); /* both ends of a pair */
		used += agents_on[cpu] > 0;
		sum += agents_on[cpu];
	}
	assert_int_equal(sum, 2 * SPREAD_PAIRS);
	assert_int_equal(used, cpus < SPREAD_PAIRS ? cpus : SPREAD_PAIRS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_datagram_of_every_session_is_in_the_row_and_on_a_device),
	    cmocka_unit_test(test_the_sum_over_a_shared_wire_is_the_wire),
	    cmocka_unit_test(test_spread_deals_the_pairs_over_the_cpus),
	    cmocka_unit_test(test_latency_is_merged_and_the_worst_session_is_told),
	};
	return cmocka_run_group_tests_name("topologies", tests, NULL, NULL);
}

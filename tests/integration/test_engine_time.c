/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the engine sends, and what it says of time: stalls, offered rates, pacing, the kernel's time stamps. */
#include "trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/netlink.h"

static struct trial_seen seen;

/* The agent in the namespace NETNS_FD: in host mode two are ours, and each is in its own host. */
static pid_t agent_in(int netns_fd)
{
	struct stat wanted;
	pid_t found = 0;
	assert_return_code(fstat(netns_fd, &wanted), errno);
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *entry; (entry = readdir(proc));) {
		char path[300], name[32] = "";
		struct stat space;
		snprintf(path, sizeof path, "/proc/%s/ns/net", entry->d_name);
		if (atoi(entry->d_name) <= 0 || stat(path, &space) < 0 || space.st_ino != wanted.st_ino)
			continue;
		snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
		FILE *comm = fopen(path, "re");
		if (comm && fgets(name, sizeof name, comm) && strncmp(name, "netladder-agent", 15) == 0)
			found = (pid_t)atoi(entry->d_name);
		if (comm)
			fclose(comm);
	}
	closedir(proc);
	return found;
}

static void sleep_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int read_tcp_segments(void *arg)
{
	double *segments = arg;
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		sscanf(line, "Tcp: %*f %*f %*f %*f %*f %*f %*f %*f %*f %lf", segments); /* InSegs */
	fclose(file);
	return 0;
}

static double segments_in(int netns_fd)
{
	double segments = 0;
	lad_netns_run(netns_fd, read_tcp_segments, &segments, NULL);
	return segments;
}

static pid_t staller;
static int stall_report; /* its pipe */

#define STALL_AFTER_MS 500 /* the first packets: some of it is the warm-up, and 2 s more the window */
#define STALL_MS 200

/* Starts a process that stops the sink for STALL_MS in the middle of the window, and says how long it was. */
static void stall_later(const struct lad_path *path)
{
	int report[2];
	pid_t sink = agent_in(path->sink.netns_fd);
	assert_that(sink, >, 0);
	assert_return_code(pipe2(report, O_CLOEXEC), errno);
	staller = fork();
	assert_return_code(staller, errno);
	if (staller == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (segments_in(path->sink.netns_fd) < 10)
			sleep_ms(5);
		sleep_ms(STALL_AFTER_MS);
		double begin_ms = now_ms();
		kill(sink, SIGSTOP);
		sleep_ms(STALL_MS);
		kill(sink, SIGCONT);
		double length_ms = now_ms() - begin_ms;
		_exit(write(report[1], &length_ms, sizeof length_ms) != sizeof length_ms);
	}
	close(report[1]);
	stall_report = report[0];
}

static double stalled_ms(void)
{
	double length_ms = 0;
	int status;
	assert_int_equal(read(stall_report, &length_ms, sizeof length_ms), sizeof length_ms);
	close(stall_report);
	assert_int_equal(waitpid(staller, &status, 0), staller);
	assert_int_equal(status, 0);
	return length_ms;
}

/*
 * 2000 requests are due in the window, one a millisecond. While the sink is stopped for S ms, S of them wait, the first
 * for S ms and the last for none: so 20 requests, the slowest hundredth, waited longer than S - 20 ms, and that is the
 * 99th percentile. In a closed loop one request of many thousands waits, and only the maximum knows.
 */
static void test_a_stall_of_200_ms_is_in_the_open_loops_p99_and_not_in_the_closed_ones(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload(LAD_TCP_RR, 1, 1);
	struct trial_wish wish = {.mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 2, .built = stall_later};
	workload.cpus = LAD_CPUS_PINNED;
	workload.traffic.rate_per_s = 1000;
	struct lad_row row = trial_wished(&wish, &seen);
	double stall_ms = stalled_ms();
	print_message("# stopped %.1f ms; open loop: p90 %.2f, p99 %.2f, max %.2f ms\n", stall_ms,
		      row.latency_p90_us / 1e3, row.latency_p99_us / 1e3, row.latency_max_us / 1e3);
	assert_int_equal(seen.latency.total, 2000); /* each of them answered, and counted once */
	assert_that(fabs(row.transactions_per_s - 1000), <,
		    300); /* what a busy machine moves over the window's edges */
	/* A busy machine makes some wait for longer, and none less. */
	double longest_ms = row.latency_max_us / 1e3;
	assert_that(longest_ms, >, stall_ms - 3);
	assert_that(row.latency_p99_us / 1e3, >, stall_ms - 20 - 5);
	assert_that(row.latency_p99_us / 1e3, <=, longest_ms);
	/* A millisecond more of latency for each request less: the count above 100 ms is the stall's first half. */
	uint64_t slow = 0;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++)
		if (lad_histogram_low(bucket) >= 100000000)
			slow += seen.latency.counts[bucket];
	assert_that((double)slow, >, stall_ms - 100 - 10);

	workload.traffic.rate_per_s = 0;
	row = trial_wished(&wish, &seen);
	stall_ms = stalled_ms();
	print_message("# stopped %.1f ms; closed loop: p99 %.2f, max %.2f ms\n", stall_ms, row.latency_p99_us / 1e3,
		      row.latency_max_us / 1e3);
	assert_that(row.latency_p99_us / 1e3, <, stall_ms / 2);
	assert_that(row.latency_max_us / 1e3, >, stall_ms - 10);
}

static void test_offered_rates_are_met_and_the_schedules_error_is_told(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR, LAD_TCP_CRR, LAD_UDP_STREAM};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct lad_workload workload = trial_workload(kinds[i], 64, 4);
		workload.cpus = LAD_CPUS_PINNED;
		workload.traffic.rate_per_s = 400;
		struct lad_row row = trial_run(LAD_MODE_HOST, &workload, 0.5, &seen);
		double achieved = kinds[i] == LAD_UDP_STREAM ? row.packets_per_s : row.transactions_per_s;
		double late_s = row.schedule_error_max_us / 1e6;
		print_message("# %s: %.1f/s of 400, late by up to %.1f ms\n", lad_workload_name(kinds[i]), achieved,
			      late_s * 1e3);
		/* At the window's edges a busy machine may move what is due to either side. */
		assert_that(fabs(achieved / 400 - 1), <, 0.1 + (late_s + 2 * fabs(row.duration_s - 0.5)) / 0.5);
		assert_that(row.schedule_error_mean_us, >=, 0);
		assert_that(row.schedule_error_max_us, >=, row.schedule_error_mean_us);
		if (kinds[i] != LAD_UDP_STREAM)
			assert_int_equal(seen.latency.total + (uint64_t)row.timeouts, 200);
	}
}

static void test_a_paced_stream_keeps_its_rate(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload(LAD_TCP_STREAM, 16384, 2);
	workload.cpus = LAD_CPUS_PINNED;
	workload.traffic.rate_bps = 80e6;
	struct lad_row row = trial_run(LAD_MODE_HOST, &workload, 1, &seen);
	/* The kernel paces what it sends, headers and all, and does not catch up on what a busy machine made it miss.
	 */
	print_message("# %.2f Mbit/s\n", row.goodput_bps / 1e6);
	assert_that(row.pacing_rate_bps, <=, 80e6); /* to the byte, as the kernel tells it */
	assert_that(row.goodput_bps, >, 0.3 * 80e6);
	assert_that(row.goodput_bps, <, 1.25 * 80e6); /* a sink that comes late to its window counts more */
	/* One each 50 ms; those that a stall at the end has made due with the last one are taken with it. */
	assert_in_range(seen.sink.sample_count, 2, 20);
	assert_int_equal(seen.sink.samples[seen.sink.sample_count - 1].bytes, seen.sink.bytes);
}

static void test_the_kernels_time_stamps_leave_the_agent_its_share(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR};
	for (size_t i = 0; i < 2 * TRIAL_MODES; i++) {
		struct lad_workload workload = trial_workload(kinds[i % 2], 1, 1);
		workload.traffic.timestamps = true;
		struct lad_row row = trial_run(trial_modes[i / 2], &workload, 0.2, &seen);
		/* All but the few whose stamp was late: that of the next one is then taken. */
		assert_that((double)seen.generator.kernel_latency.total, >, 0.9 * (double)seen.generator.latency.total);
		assert_that(row.kernel_latency_p50_us, >, 0);
		assert_that(row.kernel_latency_p50_us, <, row.latency_p50_us);
		assert_that(row.agent_time_us, >, 0);
		assert_that(row.agent_time_us, <, row.latency_mean_us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_stall_of_200_ms_is_in_the_open_loops_p99_and_not_in_the_closed_ones),
	    cmocka_unit_test(test_offered_rates_are_met_and_the_schedules_error_is_told),
	    cmocka_unit_test(test_a_paced_stream_keeps_its_rate),
	    cmocka_unit_test(test_the_kernels_time_stamps_leave_the_agent_its_share),
	};
	return cmocka_run_group_tests_name("engine time", tests, NULL, NULL);
}

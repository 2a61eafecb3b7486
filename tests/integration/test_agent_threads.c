/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent with several threads: all of them work, together they are one, and each is as locked in as the first. */
#include "driven.h"
#include "trial.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENT LAD_BUILD "/netladder-agent"
#define THREADS 2
#define TASKS_MAX 8
#define DURATION_NS INT64_C(600000000)
/* Long enough that each thread gets CPU time in it beside whatever else wants some. */
#define LOOK_NS INT64_C(2000000000)

static struct lad_agent_result results[LAD_ROLE_COUNT];

/* What /proc says of one thread. */
struct task {
	long ticks; /* of CPU time, in user mode and in the kernel */
	char cpus[64];
	bool locked_in; /* no capability, a seccomp filter */
};

static struct task read_task(pid_t pid, const char *name)
{
	struct task task = {0};
	char path[300], line[1024];
	int locks = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%.200s/stat", pid, name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	long user = 0, system = 0;
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	assert_int_equal(
	    sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system), 2);
	task.ticks = user + system;
	snprintf(path, sizeof path, "/proc/%d/task/%.200s/status", pid, name);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		locks += strcmp(line, "CapEff:\t0000000000000000\n") == 0;
		locks += strcmp(line, "CapPrm:\t0000000000000000\n") == 0;
		locks += strcmp(line, "NoNewPrivs:\t1\n") == 0;
		locks += strcmp(line, "Seccomp:\t2\n") == 0;
		sscanf(line, "Cpus_allowed_list:\t%63s", task.cpus);
	}
	fclose(file);
	task.locked_in = locks == 4;
	return task;
}

/* Returns how many threads PID has. */
static int read_tasks(pid_t pid, struct task tasks[TASKS_MAX])
{
	char path[64];
	int count = 0;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) && count < TASKS_MAX;)
		if (entry->d_name[0] != '.')
			tasks[count++] = read_task(pid, entry->d_name);
	closedir(folder);
#ifdef __SANITIZE_THREAD__ /* which begins a thread of its own before the second of ours */
	if (count > 1)
		tasks[1] = tasks[--count];
#endif
	return count;
}

static struct lad_job job_of(enum lad_workload_kind kind, int flows)
{
	struct lad_job job = told_job(LAD_SINK, kind, flows);
	job.threads = THREADS;
	job.sample_ns = 100000000;
	return job;
}

static void hear_results(struct driven told[LAD_ROLE_COUNT])
{
	for (int role = LAD_ROLE_COUNT - 1; role >= 0; role--) {
		struct lad_message message = driven_hear(&told[role], &results[role], TOLD_PATIENCE_MS);
		if (message.type != LAD_MESSAGE_RESULT)
			fail_msg("%s: %s", role == LAD_SINK ? "sink" : "generator", message.text);
		driven_say(&told[role], lad_protocol_bye());
		assert_int_equal(told_leave(&told[role]), 0);
	}
}

/* Waits until each thread of PID has had CPU time, which it has before the window ends. */
static void assert_all_work(pid_t pid, const char *name)
{
	struct task tasks[TASKS_MAX];
	int64_t end_ns = driven_now_ns() + LOOK_NS;
	for (bool work = false; !work;) {
		if (driven_now_ns() > end_ns)
			fail_msg("%s: after the window the threads have %ld and %ld ticks of CPU time", name,
				 tasks[0].ticks, tasks[1].ticks);
		driven_pause_ms(20);
		assert_int_equal(read_tasks(pid, tasks), THREADS);
		work = tasks[0].ticks > 0 && tasks[1].ticks > 0;
	}
	print_message("# %s: %ld and %ld ticks\n", name, tasks[0].ticks, tasks[1].ticks);
	assert_true(TOLD_SANITIZED || (tasks[0].locked_in && tasks[1].locked_in));
}

static void test_every_thread_works_and_is_locked_in(void **state)
{
	(void)state;
	for (int kind = 0; kind < LAD_DNS_RR; kind++) {
		/* The kernel deals a udp_rr's flows and a crr's connections over the sink's threads by their ports. */
		int netns = driven_new_netns(), flows = kind == LAD_UDP_RR || kind == LAD_TCP_CRR ? 32 : 4;
		struct driven told[LAD_ROLE_COUNT];
		driven_start_pair(netns, job_of((enum lad_workload_kind)kind, flows), told);
		told_begin_all(told, LAD_ROLE_COUNT, LOOK_NS);
		for (int role = 0; role < LAD_ROLE_COUNT; role++) {
			char name[64];
			snprintf(name, sizeof name, "%s %s", lad_workload_name((enum lad_workload_kind)kind),
				 role == LAD_SINK ? "sink" : "generator");
			assert_all_work(told[role].pid, name);
		}
		hear_results(told);
		const struct lad_agent_result *generator = &results[LAD_GENERATOR], *sink = &results[LAD_SINK];
		bool stream = lad_is_stream((enum lad_workload_kind)kind);
		/* Every transaction is one of the sink's as well (a thread's less would be a half), and every byte
		 * arrives or was dropped there. */
		if (kind == LAD_TCP_STREAM)
			assert_int_equal(sink->bytes_total, generator->bytes_total);
		else if (kind == LAD_UDP_STREAM)
			assert_int_equal(sink->messages_total + sink->receive_queue_drops, generator->messages_total);
		else if (fabs((double)sink->transactions_total / (double)generator->transactions_total - 1) > 0.3)
			/* The two end their windows by the same clock, and a loaded machine lets one of them wait. */
			fail_msg("the sink counts %llu transactions and the generator %llu",
				 (unsigned long long)sink->transactions_total,
				 (unsigned long long)generator->transactions_total);
		assert_true(stream ? sink->bytes > 0 : generator->transactions > 0);
		assert_in_range(generator->elapsed_ns, LOOK_NS / 2, 20 * LOOK_NS);
		assert_true(stream || generator->latency.total == generator->transactions);
		/* The samples are sums, too: the last stands at the window's end. */
		const struct lad_agent_result *counted = stream ? sink : generator;
		assert_in_range(counted->sample_count, 2, LOOK_NS / 100000000);
		const struct lad_sample *last = &counted->samples[counted->sample_count - 1];
		assert_true(fabs((double)last->bytes / (double)counted->bytes - 1) < 0.1);
		close(netns);
	}
}

static void test_an_open_loops_rate_is_that_of_all_threads_together(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR, LAD_TCP_CRR, LAD_UDP_STREAM};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		int netns = driven_new_netns();
		struct driven told[LAD_ROLE_COUNT];
		struct lad_job job = job_of(kinds[i], 5); /* three flows and two */
		job.rate_per_s = 1000;
		driven_start_pair(netns, job, told);
		told_begin_all(told, LAD_ROLE_COUNT, DURATION_NS);
		hear_results(told);
		const struct lad_agent_result *generator = &results[LAD_GENERATOR];
		double done = (double)(kinds[i] == LAD_UDP_STREAM ? results[LAD_SINK].messages_total
								  : generator->transactions_total);
		print_message("# %s: %.0f of 600\n", lad_workload_name(kinds[i]), done);
		/* What a stall held up until the end, and what came too late, are told. */
		assert_that(done + (double)generator->timeouts, >=, 598 - trial_unsent_most(1000, generator, NULL));
		assert_that(done, <=, 602);
		assert_true(generator->schedule_error_mean_us >= 0);
		close(netns);
	}
}

static void test_pinned_threads_have_a_cpu_each_and_the_ends_begin_at_different_ones(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct driven told[LAD_ROLE_COUNT];
	char first[LAD_ROLE_COUNT][64];
	if (sysconf(_SC_NPROCESSORS_ONLN) < THREADS)
		support_skip("each of two threads needs a CPU");
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct lad_job job = job_of(LAD_TCP_RR, 4);
		struct task tasks[TASKS_MAX];
		job.role = (enum lad_role)role;
		job.pin = role == LAD_SINK ? LAD_PIN_FROM_FIRST : LAD_PIN_FROM_LAST;
		told[role] = driven_start(netns, NULL);
		driven_expect(&told[role], LAD_MESSAGE_HELLO);
		driven_say(&told[role], lad_protocol_prepare(&job));
		driven_expect(&told[role], LAD_MESSAGE_READY);
		assert_int_equal(read_tasks(told[role].pid, tasks), THREADS);
		assert_null(strpbrk(tasks[0].cpus, ",-"));
		assert_null(strpbrk(tasks[1].cpus, ",-"));
		assert_string_not_equal(tasks[0].cpus, tasks[1].cpus);
		snprintf(first[role], sizeof first[role], "%s", tasks[0].cpus);
	}
	assert_string_not_equal(first[LAD_SINK], first[LAD_GENERATOR]);
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		driven_say(&told[role], lad_protocol_bye());
		assert_int_equal(told_leave(&told[role]), 0);
	}
	close(netns);
}

static void test_a_sink_that_dies_is_said_by_whichever_thread_sees_it(void **state)
{
	(void)state;
	for (int kind = 0; kind < LAD_DNS_RR; kind++) {
		if (lad_is_udp((enum lad_workload_kind)kind)) /* an answer of the network ends no trial */
			continue;
		int netns = driven_new_netns();
		struct driven told[LAD_ROLE_COUNT];
		driven_start_pair(netns, job_of((enum lad_workload_kind)kind, 4), told);
		told_begin_all(told, LAD_ROLE_COUNT, 10 * DURATION_NS);
		driven_pause_ms(200); /* whether that is before the window, in it or, on no machine, after its 6 s */
		kill(told[LAD_SINK].pid, SIGKILL);
		struct lad_message message =
		    driven_hear(&told[LAD_GENERATOR], &results[LAD_GENERATOR], TOLD_PATIENCE_MS);
		assert_int_equal(message.type, LAD_MESSAGE_ERROR);
		assert_non_null(strstr(message.text, lad_workload_name((enum lad_workload_kind)kind)));
		assert_int_equal(told_leave(&told[LAD_GENERATOR]), 1);
		assert_int_equal(told_leave(&told[LAD_SINK]), 128 + SIGKILL);
		close(netns);
	}
}

static void test_a_sink_that_dies_leaves_every_threads_datagrams_unanswered(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct driven told[LAD_ROLE_COUNT];
	static struct lad_agent_result *result = &results[LAD_GENERATOR];
	driven_start_pair(netns, job_of(LAD_UDP_RR, 4), told);
	kill(told[LAD_SINK].pid, SIGKILL);
	assert_int_equal(told_leave(&told[LAD_SINK]), 128 + SIGKILL);
	told_begin(&told[LAD_GENERATOR], 3 * DURATION_NS);
	struct lad_message message = driven_hear(&told[LAD_GENERATOR], result, TOLD_PATIENCE_MS);
	assert_int_equal(message.type, LAD_MESSAGE_RESULT);
	print_message("# %llu none, %llu refused\n", (unsigned long long)result->timeouts,
		      (unsigned long long)result->send_drops);
	assert_int_equal(result->transactions, 0);
	assert_that(result->timeouts, >=, 1);
	driven_say(&told[LAD_GENERATOR], lad_protocol_bye());
	assert_int_equal(told_leave(&told[LAD_GENERATOR]), 0);
	close(netns);
}

static void test_more_threads_than_flows_are_refused(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct driven sink = driven_start(netns, NULL);
	struct lad_job job = job_of(LAD_TCP_RR, THREADS - 1);
	told_refuses(&sink, &job, "2 threads need as many flows");
	close(netns);
}

static double transactions_of(const cJSON *object)
{
	return cJSON_GetObjectItem(object, "transactions_per_s")->valuedouble *
	       cJSON_GetObjectItem(object, "seconds")->valuedouble;
}

/* In all the interval lines of TEXT together. */
static double transactions_in(const char *text)
{
	double sum = 0;
	for (const char *at = text; (at = strstr(at, "{\"type\":\"interval\"")); at++) {
		cJSON *interval = cJSON_Parse(at);
		sum += transactions_of(interval);
		cJSON_Delete(interval);
	}
	return sum;
}

static void test_threads_by_hand_end_well_and_keep_what_was_measured_when_stopped(void **state)
{
	(void)state;
	static struct finished finished;
	const char *const sink_argv[] = {AGENT, "sink", "--token", "t", "--bind", "127.0.0.1", NULL};
	for (int stopped = 0; stopped < 2; stopped++) {
		int netns = driven_new_netns();
		pid_t sink = support_start(netns, -1, sink_argv);
		assert_true(support_wait_listening(netns, false, 5202));
		struct support_program generator;
		const char *duration = stopped ? "30s" : "2s";
		const char *const argv[] = {AGENT,     "generate",  "tcp_rr",	  "--to",   "127.0.0.1",
					    "--token", "t",	    "--duration", duration, "--flows",
					    "4",       "--threads", "2",	  "--json", NULL};
		support_begin(&generator, &finished, netns, -1, argv);
		support_hear(&generator, "{\"type\":\"interval\"");
		if (stopped)
			kill(sink, SIGKILL);
		support_finish(&generator);
		char *last = strstr(finished.out, "{\"type\":\"result\"");
		if (!last || finished.code != (stopped ? LAD_EXIT_TRIALS : LAD_EXIT_OK))
			fail_msg("code %d: %s %s", finished.code, finished.out, finished.err);
		cJSON *result = cJSON_Parse(last);
		double live = transactions_in(finished.out), all = transactions_of(result);
		print_message("# %.0f transactions in the intervals, %.0f in all\n", live, all);
		/* One thread's alone would be the half; an interval may come after a moment that is not in the window.
		 */
		assert_true(live > 0 && (stopped || live > all * 0.95) && live < all * 1.05);
		assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(result, "complete")), !stopped);
		cJSON_Delete(result);
		assert_int_equal(support_end_of(sink), stopped ? 128 + SIGKILL : 0);
		close(netns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_thread_works_and_is_locked_in),
	    cmocka_unit_test(test_an_open_loops_rate_is_that_of_all_threads_together),
	    cmocka_unit_test(test_pinned_threads_have_a_cpu_each_and_the_ends_begin_at_different_ones),
	    cmocka_unit_test(test_a_sink_that_dies_is_said_by_whichever_thread_sees_it),
	    cmocka_unit_test(test_a_sink_that_dies_leaves_every_threads_datagrams_unanswered),
	    cmocka_unit_test(test_more_threads_than_flows_are_refused),
	    cmocka_unit_test(test_threads_by_hand_end_well_and_keep_what_was_measured_when_stopped),
	};
	return cmocka_run_group_tests_name("agent threads", tests, NULL, NULL);
}

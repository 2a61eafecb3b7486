/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent does when the other end, the machine or a person does something else than it should. */
#include "driven.h"
#include "support.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/netlink.h"
#include "netladder/protocol.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define MEMORY_MAX_KIB (100 * 1024)
#define MANY 10000

/* How a false sink treats its generator. */
enum manners { CLOSES, RESETS, ANSWERS_WRONG, SAYS_NOTHING };

/* Inside the namespace: a listener of ours on the data port. */
static int listen_falsely(void *arg)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(LAD_DATA_PORT)};
	int *fd = arg, on = 1;
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(*fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : listen(*fd, 16);
}

static pid_t false_sink(int netns, enum manners manners)
{
	int listener;
	assert_return_code(lad_netns_run(netns, listen_falsely, &listener, NULL), errno);
	pid_t pid = fork();
	if (pid > 0)
		close(listener);
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(30);
	for (;;) {
		char bytes[100000];
		int fd = accept(listener, NULL, NULL);
		struct linger linger = {1, 0};
		if (recv(fd, bytes, sizeof bytes, 0) <= 0) {
			close(fd);
			continue;
		}
		memset(bytes, 'x', sizeof bytes);
		if (manners == ANSWERS_WRONG) /* far more than was asked for */
			send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
		if (manners == SAYS_NOTHING)
			pause();
		if (manners == RESETS)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		close(fd);
	}
}

static void test_a_sink_that_closes_or_resets_or_answers_wrong_is_an_error_that_says_so(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_STREAM, LAD_TCP_RR, LAD_TCP_CRR};
	static struct lad_agent_result result;
	for (int i = 0; i < 9; i++) {
		enum lad_workload_kind kind = kinds[i / 3];
		enum manners manners = (enum manners)(i % 3);
		/* Whatever a sink of a stream says, nobody reads it; and a close ends a crr connection in any case. */
		if (kind != LAD_TCP_RR && manners == ANSWERS_WRONG)
			continue;
		int netns = driven_new_netns();
		pid_t sink = false_sink(netns, manners);
		struct driven generator = driven_start(netns, NULL);
		struct lad_job job = told_job(LAD_GENERATOR, kind, 1);
		driven_expect(&generator, LAD_MESSAGE_HELLO);
		driven_say(&generator, lad_protocol_prepare(&job));
		driven_expect(&generator, LAD_MESSAGE_READY);
		told_begin(&generator, 1000000000);
		struct lad_message message = driven_hear(&generator, &result, TOLD_PATIENCE_MS);
		if (message.type != LAD_MESSAGE_ERROR || !strstr(message.text, lad_workload_name(kind)))
			fail_msg("%s, manners %d: message %d", lad_workload_name(kind), manners, (int)message.type);
		assert_int_equal(told_leave(&generator), 1);
		kill(sink, SIGKILL);
		waitpid(sink, NULL, 0);
		close(netns);
	}
}

static void test_a_sink_that_says_nothing_does_not_hang_the_trial(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_STREAM, LAD_TCP_RR, LAD_TCP_CRR};
	static struct lad_agent_result result;
	for (int i = 0; i < 3; i++) {
		int netns = driven_new_netns();
		pid_t sink = false_sink(netns, SAYS_NOTHING);
		struct driven generator = driven_start(netns, NULL);
		struct lad_job job = told_job(LAD_GENERATOR, kinds[i], 1);
		driven_expect(&generator, LAD_MESSAGE_HELLO);
		driven_say(&generator, lad_protocol_prepare(&job));
		driven_expect(&generator, LAD_MESSAGE_READY);
		told_begin(&generator, 300000000);
		assert_int_equal(driven_hear(&generator, &result, TOLD_PATIENCE_MS).type, LAD_MESSAGE_RESULT);
		assert_int_equal(result.transactions, 0);
		driven_say(&generator, lad_protocol_bye());
		assert_int_equal(told_leave(&generator), 0);
		kill(sink, SIGKILL);
		waitpid(sink, NULL, 0);
		close(netns);
	}
}

static int read_opened(void *arg)
{
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	while (file && fgets(line, sizeof line, file))
		sscanf(line, "Tcp: %*d %*d %*d %*d %*d %ld", (long *)arg); /* PassiveOpens */
	return file ? fclose(file) : -1;
}

/* Waits until so many connections have come about in NETNS; false: they do not. */
static bool wait_opened(int netns, long count)
{
	long opened = 0;
	int64_t limit_ns = driven_now_ns() + TOLD_PATIENCE_MS * INT64_C(1000000);
	while (opened < count && driven_now_ns() < limit_ns) {
		driven_pause_ms(20);
		lad_netns_run(netns, read_opened, &opened, NULL);
	}
	return opened >= count;
}

/* Both ends in one namespace, to the window's end or until OPENED (0: not) connections have come about. Returns the
 * generator's message after the trial. */
static struct lad_message run_both(int netns, struct lad_job job, int64_t duration_ns, long opened,
				   struct lad_agent_result *generator_result, long peak_kib[2])
{
	static struct lad_agent_result sink_result;
	struct driven sink = driven_start(netns, NULL), generator = driven_start(netns, NULL);
	job.role = LAD_SINK;
	driven_expect(&sink, LAD_MESSAGE_HELLO);
	driven_say(&sink, lad_protocol_prepare(&job));
	driven_expect(&sink, LAD_MESSAGE_READY);
	job.role = LAD_GENERATOR;
	driven_expect(&generator, LAD_MESSAGE_HELLO);
	driven_say(&generator, lad_protocol_prepare(&job));
	driven_expect(&generator, LAD_MESSAGE_READY);
	told_begin(&sink, duration_ns);
	told_begin(&generator, duration_ns);
	if (opened) {
		assert_true(wait_opened(netns, opened));
		driven_say(&generator, lad_protocol_enough());
		driven_say(&sink, lad_protocol_enough());
	}
	struct lad_message message = driven_hear(&generator, generator_result, TOLD_PATIENCE_MS);
	for (int i = 0; i < 2; i++) {
		char path[64], line[256];
		snprintf(path, sizeof path, "/proc/%d/status", i ? sink.pid : generator.pid);
		FILE *status = fopen(path, "re");
		while (status && fgets(line, sizeof line, status))
			sscanf(line, "VmHWM: %ld kB", &peak_kib[i]);
		if (status)
			fclose(status);
	}
	driven_hear(&sink, &sink_result, TOLD_PATIENCE_MS);
	told_leave(&generator);
	told_leave(&sink);
	return message;
}

static void test_ten_thousand_connections_fit_in_a_hundred_megabytes(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR};
	static struct lad_agent_result result;
	for (int i = 0; i < 2; i++) {
		int netns = driven_new_netns();
		long peak_kib[2] = {0};
		lad_sysctl_write(netns, "net/ipv4/ip_local_port_range", "1024 65535", NULL);
		struct lad_message message = run_both(netns, told_job(LAD_GENERATOR, kinds[i], MANY),
						      2 * TOLD_PATIENCE_MS * INT64_C(1000000), MANY, &result, peak_kib);
		if (message.type != LAD_MESSAGE_RESULT)
			fail_msg("%s: %s", lad_workload_name(kinds[i]), message.text);
		print_message("# %s, %d flows: %llu transactions, at most %ld and %ld MiB\n",
			      lad_workload_name(kinds[i]), MANY, (unsigned long long)result.transactions,
			      peak_kib[0] / 1024, peak_kib[1] / 1024);
		/* Every connection has been opened: run_both waits until the kernel says so. */
		assert_in_range(peak_kib[0], 1000, MEMORY_MAX_KIB);
		assert_in_range(peak_kib[1], 1000, MEMORY_MAX_KIB);
		close(netns);
	}
}

static void test_running_out_of_local_ports_is_said_and_does_not_hang(void **state)
{
	(void)state;
	static struct lad_agent_result result;
	long peak_kib[2];
	int netns = driven_new_netns();
	assert_int_equal(lad_sysctl_write(netns, "net/ipv4/ip_local_port_range", "20000 20050", NULL), 0);
	struct lad_message message =
	    run_both(netns, told_job(LAD_GENERATOR, LAD_TCP_CRR, 200), 2000000000, 0, &result, peak_kib);
	assert_int_equal(message.type, LAD_MESSAGE_ERROR);
	assert_non_null(strstr(message.text, "no free local port"));
	close(netns);
}

static void test_too_few_open_files_are_said_with_the_number_that_is_needed(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct driven_options limits = {.files_max = 64};
	struct driven sink = driven_start(netns, &limits);
	struct lad_job job = told_job(LAD_SINK, LAD_TCP_RR, 1000);
	told_refuses(&sink, &job, "1000 flows need 1032 open files");
	close(netns);
}

static void test_too_little_memory_is_said(void **state)
{
	(void)state;
	if (TOLD_SANITIZED)
		support_skip("a sanitizer's own shadow of the memory is larger than any such limit");
	int netns = driven_new_netns();
	struct driven_options limits = {.memory_max_bytes = 64 << 20};
	/* Enough to start, not enough for 16384 flows' sequence histories of 8 KiB. */
	struct driven sink = driven_start(netns, &limits);
	struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, LAD_FLOWS_MAX);
	told_refuses(&sink, &job, "out of memory");
	close(netns);
}

static void test_the_agent_at_work_has_no_capability_and_a_seccomp_filter(void **state)
{
	(void)state;
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++) {
		int netns = driven_new_netns(), found = 0;
		struct driven sink = driven_start(netns, NULL);
		struct lad_job job = told_job(LAD_SINK, (enum lad_workload_kind)kind, 1);
		driven_expect(&sink, LAD_MESSAGE_HELLO);
		driven_say(&sink, lad_protocol_prepare(&job));
		driven_expect(&sink, LAD_MESSAGE_READY);
		char path[64], line[256];
		snprintf(path, sizeof path, "/proc/%d/status", sink.pid);
		FILE *status = fopen(path, "re");
		assert_non_null(status);
		while (fgets(line, sizeof line, status)) {
			found += strcmp(line, "CapEff:\t0000000000000000\n") == 0;
			found += strcmp(line, "CapPrm:\t0000000000000000\n") == 0;
			found += strcmp(line, "NoNewPrivs:\t1\n") == 0;
			found += strcmp(line, "Seccomp:\t2\n") == 0;
		}
		fclose(status);
		assert_int_equal(found, TOLD_SANITIZED ? 3 : 4);
		driven_say(&sink, lad_protocol_bye());
		assert_int_equal(told_leave(&sink), 0);
		close(netns);
	}
}

/* A machine that stands still past the window's end wakes both ends at once, and the sink may be gone first. */
static void wake_after_the_sink(enum lad_workload_kind workload, double rate_per_s)
{
	static struct lad_agent_result results[LAD_ROLE_COUNT];
	struct driven told[LAD_ROLE_COUNT];
	int netns = driven_new_netns();
	struct lad_job job = told_job(LAD_SINK, workload, 1);
	job.rate_per_s = rate_per_s;
	driven_start_pair(netns, job, told);
	told_begin_all(told, LAD_ROLE_COUNT, INT64_C(500000000));
	driven_pause_ms(200);
	assert_return_code(kill(told[LAD_GENERATOR].pid, SIGSTOP), errno);
	assert_int_equal(driven_hear(&told[LAD_SINK], &results[LAD_SINK], TOLD_PATIENCE_MS).type, LAD_MESSAGE_RESULT);
	driven_say(&told[LAD_SINK], lad_protocol_bye());
	assert_int_equal(told_leave(&told[LAD_SINK]), 0);
	assert_return_code(kill(told[LAD_GENERATOR].pid, SIGCONT), errno);
	struct lad_message message = driven_hear(&told[LAD_GENERATOR], &results[LAD_GENERATOR], TOLD_PATIENCE_MS);
	if (message.type != LAD_MESSAGE_RESULT)
		fail_msg("%s", message.text);
	const struct lad_agent_result *generator = &results[LAD_GENERATOR];
	/* Of 500 that were due those of the first part were answered, and each of the others is counted. */
	if (rate_per_s > 0) {
		assert_int_equal(generator->transactions_total + generator->timeouts, 500);
		assert_that((double)generator->timeouts, >, 0);
	}
	assert_that((double)(generator->bytes_total + generator->transactions_total), >, 0);
	driven_say(&told[LAD_GENERATOR], lad_protocol_bye());
	assert_int_equal(told_leave(&told[LAD_GENERATOR]), 0);
	close(netns);
}

static void test_a_generator_that_wakes_after_its_sink_has_gone_tells_what_it_measured(void **state)
{
	(void)state;
	static const enum lad_workload_kind workloads[] = {LAD_TCP_STREAM, LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		wake_after_the_sink(workloads[i], 0);
		if (workloads[i] != LAD_TCP_STREAM)
			wake_after_the_sink(workloads[i], 1000);
	}
}

/* A pair by hand in one namespace; STOP (0: generator, 1: sink) is stopped for STOP_MS after the first second of
 * four. */
static cJSON *run_stopped(const char *workload, const char *rate, int stop, long stop_ms)
{
	int netns = driven_new_netns();
	static struct finished finished;
	const char *const sink_argv[] = {AGENT, "sink", "--token", "t", "--bind", "127.0.0.1", NULL};
	pid_t sink = support_start(netns, -1, sink_argv);
	assert_true(support_wait_listening(netns, false, 5202));
	struct support_program generator;
	const char *const argv[] = {AGENT,	  "generate", workload, "--to",	  "127.0.0.1", "--token", "t",
				    "--duration", "4s",	      "--json", "--rate", rate,	       NULL};
	const char *const closed[] = {AGENT, "generate",   workload, "--to",   "127.0.0.1", "--token",
				      "t",   "--duration", "4s",     "--json", NULL};
	support_begin(&generator, &finished, netns, -1, rate ? argv : closed);
	support_hear(&generator, "\"type\":\"interval\"");
	assert_return_code(kill(stop ? sink : generator.pid, SIGSTOP), errno);
	driven_pause_ms(stop_ms);
	assert_return_code(kill(stop ? sink : generator.pid, SIGCONT), errno);
	support_finish(&generator);
	assert_int_equal(support_end_of(sink), 0);
	char *last = strstr(finished.out, "{\"type\":\"result\"");
	if (finished.code || !last)
		fail_msg("%s: code %d %s %s", workload, finished.code, finished.out, finished.err);
	close(netns);
	return cJSON_Parse(last);
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);
	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static void test_a_stopped_end_is_seen_in_the_longest_latency_and_in_the_open_loops_quantiles(void **state)
{
	(void)state;
	for (int stop = 0; stop < 2; stop++) {
		/* Of 4 s at 1000/s, 800 requests were due in the 800 ms: a fifth waits, up to all of it. */
		cJSON *open = run_stopped("tcp_rr", "1000", stop, 800);
		cJSON *closed = run_stopped("tcp_rr", NULL, stop, 800);
		print_message("# open loop: p90 %.0f, p99 %.0f, max %.0f ms; closed: p90 %.3f, max %.0f ms\n",
			      number(open, "latency_p90_us") / 1e3, number(open, "latency_p99_us") / 1e3,
			      number(open, "latency_max_us") / 1e3, number(closed, "latency_p90_us") / 1e3,
			      number(closed, "latency_max_us") / 1e3);
		assert_that(number(open, "latency_max_us"), >, 780e3);
		assert_that(number(open, "latency_p99_us"), >, 700e3);
		assert_that(number(open, "latency_p90_us"), >, 300e3);
		/* The closed loop sends nothing while it waits: one in thousands, which p90 does not show. */
		assert_that(number(closed, "latency_max_us"), >, 780e3);
		assert_that(number(closed, "latency_p90_us"), <, 300e3);
		cJSON_Delete(open);
		cJSON_Delete(closed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_sink_that_closes_or_resets_or_answers_wrong_is_an_error_that_says_so),
	    cmocka_unit_test(test_a_sink_that_says_nothing_does_not_hang_the_trial),
	    cmocka_unit_test(test_ten_thousand_connections_fit_in_a_hundred_megabytes),
	    cmocka_unit_test(test_running_out_of_local_ports_is_said_and_does_not_hang),
	    cmocka_unit_test(test_too_few_open_files_are_said_with_the_number_that_is_needed),
	    cmocka_unit_test(test_too_little_memory_is_said),
	    cmocka_unit_test(test_the_agent_at_work_has_no_capability_and_a_seccomp_filter),
	    cmocka_unit_test(test_a_generator_that_wakes_after_its_sink_has_gone_tells_what_it_measured),
	    cmocka_unit_test(test_a_stopped_end_is_seen_in_the_longest_latency_and_in_the_open_loops_quantiles),
	};
	return cmocka_run_group_tests_name("agent robust", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netladder-agent by hand: sink and generate, in the networks of the native lab, and when things go wrong. */
#include "support.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define AGENT LAD_BUILD "/netladder-agent"

struct ground {
	struct lad_host hosts[2];
	int wire_fd;
	struct lad_path path;
	char target[64], port[8];
};

static void build(struct ground *ground, enum lad_mode mode)
{
	struct lad_error err = {0};
	struct lad_path_request request = {.hosts = ground->hosts, .host_count = 2};
	if (lad_hosts_make(ground->hosts, 2, LAD_IP_V4, 1500, 0, &ground->wire_fd, &err) < 0 ||
	    lad_path_up(mode, &request, &ground->path, &err) < 0)
		fail_msg("%s: %s", lad_mode_name(mode), err.message);
	snprintf(ground->target, sizeof ground->target, "%s:%u", ground->path.target_address, ground->path.target_port);
	snprintf(ground->port, sizeof ground->port, "%u", ground->path.listen_port);
}

static void clear(struct ground *ground)
{
	lad_path_close(&ground->path);
	lad_hosts_close(ground->hosts, 2, &ground->wire_fd);
}

static pid_t start_sink(const struct ground *ground)
{
	const char *const argv[] = {AGENT, "sink", "--port", ground->port, "--token", "secret", NULL};
	pid_t pid = support_start(ground->path.sink.netns_fd, -1, argv);
	assert_true(support_wait_listening(ground->path.sink.netns_fd, false, ground->path.listen_port));
	return pid;
}

/* A generator in the middle of its window: it has told of the first second, and has half a minute before it. */
static void begin_generator(const struct ground *ground, struct finished *finished, const char *workload,
			    struct support_program *generator)
{
	const char *const argv[] = {AGENT,	  "generate", workload, "--to", ground->target, "--token", "secret",
				    "--duration", "30s",      "--json", NULL};
	support_begin(generator, finished, ground->path.generator.netns_fd, -1, argv);
	support_hear(generator, "\"type\":\"interval\"");
}

static void generate(const struct ground *ground, struct finished *finished, const char *workload, const char *token,
		     const char *duration)
{
	const char *const argv[] = {AGENT,	  "generate", workload, "--to", ground->target, "--token", token,
				    "--duration", duration,   "--json", NULL};
	support_run(finished, ground->path.generator.netns_fd, -1, argv);
}

/* The last of the JSON lines, which is the result; the caller frees it. INTERVALS receives how many came before. */
static cJSON *result_of(const struct finished *finished, int *intervals)
{
	char *copy = strdup(finished->out), *rest = NULL;
	cJSON *last = NULL;
	*intervals = 0;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		cJSON_Delete(last);
		last = cJSON_Parse(line);
		if (!last)
			fail_msg("no JSON: %s", line);
		const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(last, "type"));
		assert_non_null(type);
		*intervals += strcmp(type, "interval") == 0;
	}
	free(copy);
	if (!last || strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(last, "type")), "result") != 0)
		fail_msg("no result, code %d: %s %s", finished->code, finished->out, finished->err);
	return last;
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);
	if (!cJSON_IsNumber(item))
		fail_msg("no number %s in %s", name, cJSON_PrintUnformatted(object));
	return item->valuedouble;
}

static void test_every_workload_runs_by_hand_in_every_network(void **state)
{
	(void)state;
	static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
	static struct finished finished;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct ground ground;
		build(&ground, modes[i]);
		for (int kind = 0; kind < LAD_DNS_RR; kind++) { /* which has no sink */
			pid_t sink = start_sink(&ground);
			int intervals;
			generate(&ground, &finished, lad_workload_name((enum lad_workload_kind)kind), "secret",
				 "200ms");
			cJSON *result = result_of(&finished, &intervals);
			bool stream = lad_is_stream((enum lad_workload_kind)kind);
			assert_int_equal(finished.code, 0);
			assert_true(cJSON_IsTrue(cJSON_GetObjectItem(result, "complete")));
			assert_true(number(result, stream ? "goodput_bps" : "transactions_per_s") > 0);
			assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(result, "counted_by")),
					    stream ? "sink" : "generator");
			assert_int_equal(intervals, 1);
			cJSON_Delete(result);
			assert_int_equal(support_end_of(sink), 0);
		}
		clear(&ground);
	}
}

static void test_an_amount_ends_the_run_and_one_that_does_not_come_is_said(void **state)
{
	(void)state;
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	for (int kind = 0; kind < LAD_DNS_RR; kind++) { /* which has no sink */
		const char *name = lad_workload_name((enum lad_workload_kind)kind);
		bool stream = lad_is_stream((enum lad_workload_kind)kind);
		const char *amount = stream ? "--bytes=1MB" : "--transactions=300";
		const char *const argv[] = {AGENT,     "generate", name,   "--to",   ground.target,
					    "--token", "secret",   amount, "--json", NULL};
		pid_t sink = start_sink(&ground);
		support_run(&finished, ground.path.generator.netns_fd, -1, argv);
		cJSON *result = result_of(&finished, &intervals);
		assert_int_equal(finished.code, 0);
		assert_true(cJSON_IsTrue(cJSON_GetObjectItem(result, "complete")));
		assert_true(number(result, "seconds") < 5);
		if (stream)
			assert_true(number(result, "bytes") >= 1e6);
		else
			assert_int_equal(number(result, "transactions_per_s") * number(result, "seconds") + 0.5, 300);
		cJSON_Delete(result);
		assert_int_equal(support_end_of(sink), 0);
	}
	const char *const argv[] = {AGENT,    "generate",   "tcp_rr", "--to",		ground.target, "--token",
				    "secret", "--duration", "200ms",  "--transactions", "1000000000",  NULL};
	pid_t sink = start_sink(&ground);
	support_run(&finished, ground.path.generator.netns_fd, -1, argv);
	assert_int_equal(finished.code, 4);
	assert_non_null(strstr(finished.err, "of 1000000000 transactions came within the duration of 0.2 s"));
	assert_int_equal(support_end_of(sink), 0);
	clear(&ground);
}

static void test_a_rate_by_hand_is_met_whatever_it_is_said_in(void **state)
{
	(void)state;
	static const struct {
		const char *workload, *rate, *per, *key;
		double expected, least, most;
	} cases[] = {
	    /* A unit or a flow misread would be a factor of two or more; a stall at an edge moves what is due. */
	    {"tcp_rr", "--rate=500", "--rate-per=total", "transactions_per_s", 500, 0.7, 1.3},
	    {"tcp_crr", "--rate=400/s", "--rate-per=flow", "transactions_per_s", 800, 0.7, 1.3},
	    {"udp_rr", "--rate=800kbit", "--rate-per=flow", "transactions_per_s", 2000, 0.7, 1.3},
	    {"udp_stream", "--rate=800kbit", "--rate-per=total", "goodput_bps", 800e3, 0.7, 1.3},
	    {"tcp_stream", "--rate=500/s", "--rate-per=flow", "goodput_bps", 800e3, 0.7, 1.3},
	    {"tcp_stream", "--rate=20Mbit", "--rate-per=flow", "goodput_bps", 40e6, 0.3, 1.25}, /* by the kernel */
	};
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const argv[] = {
		    AGENT,	   "generate",	 cases[i].workload, "--to",	 ground.target,
		    "--token",	   "secret",	 "--duration=1s",   "--flows=2", "--message-bytes=100",
		    cases[i].rate, cases[i].per, "--json",	    NULL};
		pid_t sink = start_sink(&ground);
		support_run(&finished, ground.path.generator.netns_fd, -1, argv);
		cJSON *result = result_of(&finished, &intervals);
		double ratio = number(result, cases[i].key) / cases[i].expected;
		/* What was due and stayed without an answer, on a machine that lets an agent wait, is told, too. */
		if (strcmp(cases[i].key, "transactions_per_s") == 0)
			ratio *= 1 + number(result, "timeouts") / number(result, "transactions");
		print_message("# %s %s: %.4f of it\n", cases[i].workload, cases[i].rate, ratio);
		assert_true(ratio > cases[i].least && ratio < cases[i].most);
		cJSON_Delete(result);
		assert_int_equal(support_end_of(sink), 0);
	}
	clear(&ground);
}

static void test_messages_of_a_mix_are_of_its_sizes(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_rr", "tcp_crr", "udp_rr", "udp_stream"};
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		bool stream = strcmp(workloads[i], "udp_stream") == 0;
		/* A rate in bits is one of messages of the mean size. */
		const char *const argv[] = {AGENT,
					    "generate",
					    workloads[i],
					    "--to",
					    ground.target,
					    "--token",
					    "secret",
					    "--verify",
					    "--message-mix=100*3 500*1",
					    stream ? "--rate=160kbit" : "--transactions=2000",
					    "--json",
					    stream ? "--duration=1s" : NULL,
					    NULL};
		pid_t sink = start_sink(&ground);
		support_run(&finished, ground.path.generator.netns_fd, -1, argv);
		cJSON *result = result_of(&finished, &intervals);
		double messages =
		    number(result, stream ? "datagrams_per_s" : "transactions_per_s") * number(result, "seconds");
		double mean = number(result, "bytes") / messages;
		print_message("# %s: %.0f messages of %.1f bytes\n", workloads[i], messages, mean);
		assert_non_null(strstr(finished.out, "\"message_mix\":\"100*3 500*1\""));
		/* 200, give or take the draw of so many: its standard deviation is 4, of the hundred datagrams 17. */
		assert_true(fabs(mean - 200) < (stream ? 70 : 16));
		assert_true(!stream || (messages > 50 && messages < 150));
		cJSON_Delete(result);
		assert_int_equal(support_end_of(sink), 0);
	}
	clear(&ground);
}

static void run_direction(const struct ground *ground, struct finished *finished, const char *workload,
			  const char *direction, const char *json)
{
	bool udp = strcmp(workload, "udp_stream") == 0;
	const char *const argv[] = {AGENT,
				    "generate",
				    workload,
				    "--to",
				    ground->target,
				    "--token",
				    "secret",
				    "--duration=300ms",
				    "--flows=2",
				    "--direction",
				    direction,
				    "--verify",
				    udp ? "--io=batch" : "--message-bytes=64KiB",
				    json,
				    NULL};
	pid_t sink = start_sink(ground);
	support_run(finished, ground->path.generator.netns_fd, -1, argv);
	assert_int_equal(support_end_of(sink), 0);
}

static void test_the_sink_sends_by_hand_through_address_translation_as_well(void **state)
{
	(void)state;
	static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_BRIDGE};
	static const char *const workloads[] = {"tcp_stream", "udp_stream"};
	static struct finished finished;
	for (size_t i = 0; i < 8; i++) {
		struct ground ground;
		int intervals;
		bool both = i % 2, udp = i / 2 % 2;
		const char *workload = workloads[udp], *direction = both ? "both" : "reverse";
		build(&ground, modes[i / 4]);
		run_direction(&ground, &finished, workload, direction, "--json");
		assert_int_equal(finished.code, 0);
		cJSON *result = result_of(&finished, &intervals);
		assert_non_null(strstr(finished.out, both ? "\"direction\":\"both\"" : "\"direction\":\"reverse\""));
		assert_true(cJSON_IsTrue(cJSON_GetObjectItem(result, "complete")));
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(result, "counted_by")),
				    both ? "sink" : "generator");
		assert_true(number(result, "goodput_bps") > 0);
		assert_true(!both || number(result, "reverse_goodput_bps") > 0);
		assert_true(both || !cJSON_GetObjectItem(result, "reverse_goodput_bps"));
		if (udp)
			assert_true(number(result, "loss_ratio") >= 0 && number(result, "loss_ratio") < 1);
		else
			assert_true(number(result, "rtt_us") > 0); /* the sender's, wherever that is */
		cJSON_Delete(result);
		run_direction(&ground, &finished, workload, direction, NULL);
		support_expect(&finished, 0, both ? " to and from " : " from ", NULL);
		support_expect(&finished, 0, both ? "back in " : "counted by the generator", NULL);
		clear(&ground);
	}
}

static void test_a_line_comes_each_second(void **state)
{
	(void)state;
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	pid_t sink = start_sink(&ground);
	generate(&ground, &finished, "tcp_rr", "secret", "3s");
	cJSON *result = result_of(&finished, &intervals);
	print_message("# %d lines in %g s\n", intervals, number(result, "seconds"));
	assert_int_equal(intervals, 3);
	/* The edges of the window may be noticed late. */
	assert_true(number(result, "seconds") > 2.5 && number(result, "seconds") < 6);
	cJSON_Delete(result);
	assert_int_equal(support_end_of(sink), 0);
	clear(&ground);
}

static void test_a_wrong_token_is_refused_and_the_right_one_still_served(void **state)
{
	(void)state;
	static const char *const wrong[] = {"secre", "secrets", "Secret", "x"};
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	pid_t sink = start_sink(&ground);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		generate(&ground, &finished, "tcp_rr", wrong[i], "200ms");
		assert_int_equal(finished.code, 2);
		assert_non_null(strstr(finished.err, "wrong token"));
	}
	generate(&ground, &finished, "tcp_rr", "secret", "200ms");
	cJSON_Delete(result_of(&finished, &intervals));
	assert_int_equal(support_end_of(sink), 0);
	clear(&ground);
}

static void test_no_sink_is_said_with_the_command_that_starts_one(void **state)
{
	(void)state;
	static struct finished finished;
	struct ground ground;
	build(&ground, LAD_MODE_HOST);
	generate(&ground, &finished, "udp_stream", "secret", "200ms");
	assert_int_equal(finished.code, 3);
	assert_non_null(strstr(finished.err, "netladder-agent sink"));
	support_expect(&finished, 3, "{\"type\":\"error\",\"message\":\"no sink answers at ", NULL);
	clear(&ground);
}

static void test_a_sink_killed_in_the_middle_leaves_what_was_measured(void **state)
{
	(void)state;
	for (int kind = 0; kind < LAD_DNS_RR; kind++) { /* which has no sink */
		static struct finished finished;
		struct ground ground;
		int intervals;
		build(&ground, LAD_MODE_HOST);
		pid_t sink = start_sink(&ground);
		struct support_program generator;
		begin_generator(&ground, &finished, lad_workload_name((enum lad_workload_kind)kind), &generator);
		kill(sink, SIGKILL);
		support_finish(&generator);
		cJSON *result = result_of(&finished, &intervals);
		assert_int_equal(finished.code, 4);
		assert_non_null(cJSON_GetObjectItem(result, "error"));
		assert_true(cJSON_IsFalse(cJSON_GetObjectItem(result, "complete")));
		assert_true(number(result, "bytes") > 0);
		/* What was measured before is kept, and the rest of the 30 s is not in it. */
		print_message("# %s: %g s\n", lad_workload_name((enum lad_workload_kind)kind),
			      number(result, "seconds"));
		assert_true(number(result, "seconds") > 0.9 && number(result, "seconds") < 20);
		cJSON_Delete(result);
		assert_int_equal(support_end_of(sink), 128 + SIGKILL);
		clear(&ground);
	}
}

static void test_a_generator_killed_in_the_middle_ends_the_sink(void **state)
{
	(void)state;
	for (int kind = 0; kind < LAD_DNS_RR; kind++) { /* which has no sink */
		struct ground ground;
		build(&ground, LAD_MODE_HOST);
		pid_t sink = start_sink(&ground);
		static struct finished finished;
		struct support_program generator;
		begin_generator(&ground, &finished, lad_workload_name((enum lad_workload_kind)kind), &generator);
		kill(generator.pid, SIGKILL);
		support_finish(&generator);
		assert_int_equal(finished.code, 128 + SIGKILL);
		assert_int_equal(support_end_of(sink), 4);
		clear(&ground);
	}
}

static void test_an_interrupt_of_either_end_ends_both_with_a_result(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_stream", "udp_stream", "tcp_rr"};
	for (int i = 0; i < 6; i++) {
		int intervals;
		struct ground ground;
		build(&ground, LAD_MODE_HOST);
		pid_t sink = start_sink(&ground);
		static struct finished finished;
		struct support_program generator;
		begin_generator(&ground, &finished, workloads[i / 2], &generator);
		kill(i % 2 ? sink : generator.pid, SIGINT);
		support_finish(&generator);
		assert_int_equal(finished.code, i % 2 ? 4 : 130);
		assert_int_equal(support_end_of(sink), i % 2 ? 130 : 4);
		cJSON *result = result_of(&finished, &intervals);
		assert_true(cJSON_IsFalse(cJSON_GetObjectItem(result, "complete")));
		cJSON_Delete(result);
		clear(&ground);
	}
}

static int send_garbage(void *arg)
{
	const struct ground *ground = arg;
	static const char *const garbage[] = {"GET / HTTP/1.0\r\n\r\n",
					      "netladder-agent 1\n",
					      "netladder-agent 999 secret\n",
					      "\n",
					      "netladder-agent 1 secret secret secret",
					      ""};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ground->path.target_port)};
	inet_pton(AF_INET, ground->path.target_address, &to.sin_addr);
	char flood[4096];
	memset(flood, 'x', sizeof flood);
	for (int i = 0; i < 40; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof to), errno);
		const char *text = garbage[i % 6];
		if (i % 6 == 5)
			send(fd, flood, sizeof flood, MSG_NOSIGNAL);
		else
			send(fd, text, strlen(text), MSG_NOSIGNAL);
		close(fd);
	}
	return 0;
}

static void test_garbage_at_the_port_does_not_disturb_a_waiting_sink(void **state)
{
	(void)state;
	static struct finished finished;
	struct ground ground;
	int intervals;
	build(&ground, LAD_MODE_HOST);
	pid_t sink = start_sink(&ground);
	assert_int_equal(lad_netns_run(ground.path.generator.netns_fd, send_garbage, &ground, NULL), 0);
	generate(&ground, &finished, "udp_rr", "secret", "200ms");
	cJSON_Delete(result_of(&finished, &intervals));
	assert_int_equal(support_end_of(sink), 0);
	clear(&ground);
}

static void test_bad_usage_is_one_line_and_code_2(void **state)
{
	(void)state;
	static const char *const lines[][8] = {
	    {AGENT, "generate", "tcp_strem", "--to", "127.0.0.1", "--token", "x"},
	    {AGENT, "generate", "tcp_rr", "--to", "127.0.0.1"},
	    {AGENT, "generate", "tcp_rr", "--token", "x"},
	    {AGENT, "generate", "--to", "127.0.0.1", "--token", "x"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1:99999", "--token", "x"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--duration=5"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--message-bytes=8"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--io=gso"},
	    {AGENT, "generate", "udp_rr", "--to=127.0.0.1", "--token=x", "--congestion-control=cubic"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--flows=0"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--bytes=1000"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--transactions=1000"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--transactions=5", "--bytes=5"},
	    {AGENT, "generate", "udp_rr", "--to=127.0.0.1", "--token=x", "--direction=reverse"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--direction=backward"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--rate-per=flow"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--rate=10", "--rate-per=socket"},
	    {AGENT, "generate", "udp_rr", "--to=127.0.0.1", "--token=x", "--rate=10Gbit"},
	    {AGENT, "generate", "udp_rr", "--to=127.0.0.1", "--token=x", "--rate=10Mbps"},
	    {AGENT, "generate", "tcp_stream", "--to=127.0.0.1", "--token=x", "--rate=10Mbit", "--burst=2"},
	    {AGENT, "generate", "tcp_stream", "--to=127.0.0.1", "--token=x", "--pacing=timer"},
	    {AGENT, "generate", "tcp_stream", "--to=127.0.0.1", "--token=x", "--rate=10", "--pacing=txtime"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--rate=10", "--pacing=clock"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--message-mix=16 64"},
	    {AGENT, "generate", "tcp_crr", "--to=127.0.0.1", "--token=x", "--message-mix=2..64"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--message-mix=64 1kB"},
	    {AGENT, "generate", "tcp_rr", "--to=127.0.0.1", "--token=x", "--message-mix=64 65", "-m9"},
	    {AGENT, "generate", "udp_stream", "--to=127.0.0.1", "--token=x", "--message-mix=64 65", "--io=gso"},
	    {AGENT, "sink", "--port", "0"},
	    {AGENT, "sink", "--bind", "nowhere"},
	    {AGENT, "sink", "extra"},
	    {AGENT, "sing"},
	};
	static struct finished finished;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		support_run(&finished, -1, -1, lines[i]);
		if (finished.code != 2 || finished.out[0])
			fail_msg("line %zu: code %d, %s %s", i, finished.code, finished.out, finished.err);
		assert_non_null(strstr(finished.err, "netladder-agent"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_workload_runs_by_hand_in_every_network),
	    cmocka_unit_test(test_an_amount_ends_the_run_and_one_that_does_not_come_is_said),
	    cmocka_unit_test(test_a_rate_by_hand_is_met_whatever_it_is_said_in),
	    cmocka_unit_test(test_the_sink_sends_by_hand_through_address_translation_as_well),
	    cmocka_unit_test(test_a_line_comes_each_second),
	    cmocka_unit_test(test_a_wrong_token_is_refused_and_the_right_one_still_served),
	    cmocka_unit_test(test_no_sink_is_said_with_the_command_that_starts_one),
	    cmocka_unit_test(test_a_sink_killed_in_the_middle_leaves_what_was_measured),
	    cmocka_unit_test(test_a_generator_killed_in_the_middle_ends_the_sink),
	    cmocka_unit_test(test_an_interrupt_of_either_end_ends_both_with_a_result),
	    cmocka_unit_test(test_garbage_at_the_port_does_not_disturb_a_waiting_sink),
	    cmocka_unit_test(test_messages_of_a_mix_are_of_its_sizes),
	    cmocka_unit_test(test_bad_usage_is_one_line_and_code_2),
	};
	return cmocka_run_group_tests_name("agent by hand", tests, NULL, NULL);
}

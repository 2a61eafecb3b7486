/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netladder-agent by hand: however a run ends, its last line says so, and says nothing that is not so. */
#include "support.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driven.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define RUNNER LAD_BUILD "/netladder"

static struct finished finished, sink_finished;
static const char *const workloads[] = {"tcp_stream", "udp_stream", "tcp_rr", "tcp_crr", "udp_rr"};
#define WORKLOADS (sizeof workloads / sizeof *workloads)

static void begin_sink(struct support_program *sink, int netns)
{
	const char *const argv[] = {AGENT, "sink", "--token", "secret", "--json", NULL};
	support_begin(sink, &sink_finished, netns, -1, argv);
	support_hear(sink, "listening");
}

static void begin_generator(struct support_program *generator, int netns, const char *workload, const char *more)
{
	const char *const argv[] = {AGENT,    "generate",   workload, "--to",	"127.0.0.1", "--token",
				    "secret", "--duration", "30s",    "--json", more,	     NULL};
	support_begin(generator, &finished, netns, -1, argv);
}

/* The last line, which has to be the one object that closes the run; the caller frees it. */
static cJSON *last_of(const struct finished *of)
{
	const char *end = of->out + strlen(of->out);
	assert_true(end > of->out && end[-1] == '\n');
	const char *line = end - 1;
	while (line > of->out && line[-1] != '\n')
		line--;
	cJSON *object = cJSON_Parse(line);
	if (!object)
		fail_msg("no JSON: %s", line);
	return object;
}

/* It is not complete, and says why in a text with REASON. */
static void expect_broken_off(const struct finished *of, int code, const char *reason)
{
	cJSON *last = last_of(of);
	bool result = strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(last, "type")), "result") == 0;
	const char *said = cJSON_GetStringValue(cJSON_GetObjectItem(last, result ? "error" : "message"));
	if (of->code != code || !cJSON_IsFalse(cJSON_GetObjectItem(last, "complete")) || !said ||
	    !strstr(said, reason) || (int)cJSON_GetNumberValue(cJSON_GetObjectItem(last, "exit_code")) != code)
		fail_msg("exit %d, not %d, wanted: %s\n%s\n%s", of->code, code, reason, of->out, of->err);
	cJSON_Delete(last);
}

static void test_a_run_that_either_end_cuts_short_is_complete_at_neither(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	for (size_t i = 0; i < 2 * WORKLOADS; i++) {
		bool by_generator = i % 2;
		struct support_program sink, generator;
		begin_sink(&sink, netns);
		begin_generator(&generator, netns, workloads[i / 2], NULL);
		support_hear(&generator, "\"type\":\"interval\"");
		kill(by_generator ? generator.pid : sink.pid, by_generator ? SIGTERM : SIGINT);
		support_finish(&generator);
		support_finish(&sink);
		expect_broken_off(&finished, by_generator ? 130 : 4,
				  by_generator ? "interrupted" : "the sink was stopped before the window was over");
		expect_broken_off(&sink_finished, by_generator ? 4 : 130,
				  by_generator ? "the generator was stopped before the window was over"
					       : "interrupted");
	}
	close(netns);
}

static void test_a_run_that_ends_in_the_warm_up_has_a_closing_object(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	for (size_t i = 0; i < 2 * WORKLOADS; i++) {
		bool by_generator = i % 2;
		struct support_program sink, generator;
		begin_sink(&sink, netns);
		begin_generator(&generator, netns, workloads[i / 2], "--warmup=60s");
		support_hear(&generator, "\"type\":\"begin\"");
		support_hear(&sink, "\"type\":\"begin\"");
		kill(by_generator ? generator.pid : sink.pid, by_generator ? SIGINT : SIGTERM);
		support_finish(&generator);
		support_finish(&sink);
		expect_broken_off(by_generator ? &finished : &sink_finished, 130,
				  "interrupted before the window began");
		expect_broken_off(by_generator ? &sink_finished : &finished, 4, "before the window began");
	}
	struct support_program sink; /* and with nobody there */
	begin_sink(&sink, netns);
	kill(sink.pid, SIGTERM);
	support_finish(&sink);
	expect_broken_off(&sink_finished, 130, "interrupted");
	close(netns);
}

static void test_a_failure_before_the_start_is_an_object(void **state)
{
	(void)state;
	static const struct {
		const char *to, *token, *reason;
		int code;
	} cases[] = {{"127.0.0.1:5203", "secret", "no sink answers at 127.0.0.1 port 5203", 3},
		     {"no.such.name.invalid", "secret", "no.such.name.invalid", 0},
		     {"127.0.0.1", "wrong", "wrong token", 2}};
	int netns = driven_new_netns();
	struct support_program sink;
	begin_sink(&sink, netns);
	for (size_t i = 0; i < 3; i++) {
		const char *const argv[] = {AGENT,     "generate",     "tcp_rr", "--to", cases[i].to,
					    "--token", cases[i].token, "--json", NULL};
		support_run(&finished, netns, -1, argv);
		assert_that(finished.code, !=, 0);
		/* Without a resolver that answers, whether there is such a name is not known: 2 or 3. */
		expect_broken_off(&finished, cases[i].code ? cases[i].code : finished.code, cases[i].reason);
	}
	const char *const taken[] = {AGENT, "sink", "--json", NULL};
	support_run(&finished, netns, -1, taken);
	expect_broken_off(&finished, 3, "cannot listen on 0.0.0.0 port 5202: Address already in use");
	kill(sink.pid, SIGTERM);
	support_finish(&sink);
	close(netns);
}

static void test_a_token_is_whatever_it_is_in_json(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct support_program sink;
	const char *const argv[] = {AGENT, "sink", "--json", "--token", "a\"b\\", NULL};
	support_begin(&sink, &sink_finished, netns, -1, argv);
	support_hear(&sink, "\n");
	cJSON *said = last_of(&sink_finished);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(said, "token")), argv[4]);
	cJSON_Delete(said);
	kill(sink.pid, SIGTERM);
	support_finish(&sink);
	close(netns);
}

static void test_commands_that_print_json_fail_in_json(void **state)
{
	(void)state;
	static const char *const lines[][7] = {{RUNNER, "run", "no/such.yaml", "--json"},
					       {RUNNER, "compare", "no/such.csv", "no/such.csv", "--format", "json"},
					       {RUNNER, "verdict", "no/such.csv", "--json"},
					       {RUNNER, "probe", "--json", "--hosts", ","}};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		support_run(&finished, -1, -1, lines[i]);
		expect_broken_off(&finished, 2, i < 3 ? "no/such" : "");
	}
	const char *const table[] = {RUNNER, "compare", "no/such.csv", "no/such.csv", NULL};
	support_run(&finished, -1, -1, table);
	support_expect(&finished, 2, "", "no/such.csv");
	assert_string_equal(finished.out, "");
}

static void test_bad_usage_is_an_object_where_json_is_asked_for(void **state)
{
	(void)state;
	static const struct {
		const char *line[8], *reason;
	} cases[] = {{{AGENT, "generate", "tcp_rr", "--json"}, "no --to ADDRESS"},
		     {{AGENT, "generate", "tcp_strem", "-j", "--to=127.0.0.1"}, "did you mean 'tcp_stream'; valid"},
		     {{AGENT, "sink", "--json", "--port=0"}, "--port: 0 is not 1 to 65535"},
		     {{AGENT, "sink", "--json", "--pord=1"}, "an option is unknown"},
		     {{RUNNER, "run", "--json"}, "name a SCENARIO file"},
		     {{RUNNER, "run", "x.yaml", "--lab=moon", "--json"}, "unknown lab 'moon'"},
		     {{RUNNER, "compare", "--format=json"}, "name BASE and NEW"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		support_run(&finished, -1, -1, cases[i].line);
		expect_broken_off(&finished, 2, cases[i].reason);
		assert_true(strlen(finished.err) > 20);
	}
	const char *const help[] = {AGENT, "sink", "--json", "--help", NULL};
	support_run(&finished, -1, -1, help);
	support_expect(&finished, 0, "Listen on this address alone", NULL);
	assert_null(strstr(finished.out, "\"type\""));
}

/* From now on nothing that comes to this namespace over UDP reaches a socket, save what is sent to PORT. */
static const char *const eat_all =
    "table ip eater { chain in { type filter hook input priority 0; udp sport 5202 drop; }; }";

static void test_a_window_in_which_nothing_arrives_is_a_failure_at_both_ends(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
	    {"udp_rr", NULL}, {"udp_rr", "--rate=100"}, {"udp_stream", NULL}, {"udp_stream", "--rate=100"}};
	for (size_t i = 0; i < 4; i++) {
		int netns = driven_new_netns();
		struct support_program sink;
		const char *rule =
		    i < 2 ? eat_all
			  : "table ip eater { chain in { type filter hook input priority 0; udp dport 5202 drop; }; }";
		const char *const eat[] = {"nft", rule, NULL};
		support_run(&finished, netns, -1, eat);
		support_expect(&finished, 0, NULL, NULL);
		begin_sink(&sink, netns);
		const char *const argv[] = {AGENT,    "generate",   cases[i][0], "--to",   "127.0.0.1", "--token",
					    "secret", "--duration", "500ms",	 "--json", cases[i][1], NULL};
		support_run(&finished, netns, -1, argv);
		support_finish(&sink);
		/* A flow of datagrams begins with a greeting, and that is the first to be eaten. */
		expect_broken_off(&finished, 4, "does not answer datagrams");
		expect_broken_off(&sink_finished, 4, "does not answer datagrams");
		close(netns);
	}
}

static void test_what_is_over_in_no_time_has_no_rate(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	for (size_t i = 0; i < WORKLOADS; i++) {
		bool stream = strstr(workloads[i], "stream");
		const char *amount = stream ? "--bytes=1" : "--transactions=1";
		for (int json = 0; json < 2; json++) {
			struct support_program sink;
			const char *const argv[] = {
			    AGENT,    "generate", workloads[i],		  "--to", "127.0.0.1", "--token",
			    "secret", amount,	  json ? "--json" : NULL, NULL};
			begin_sink(&sink, netns);
			support_run(&finished, netns, -1, argv);
			support_finish(&sink);
			support_expect(&sink_finished, 0, "\"complete\":true", NULL);
			/* A busy machine may take a stream's sink so long that it has a rate. */
			double seconds = 0;
			if (json) {
				cJSON *last = last_of(&finished);
				seconds = cJSON_GetNumberValue(cJSON_GetObjectItem(last, "seconds"));
				assert_true(cJSON_IsTrue(cJSON_GetObjectItem(last, "complete")));
				assert_that(cJSON_GetNumberValue(cJSON_GetObjectItem(last, "bytes")), >=, 1);
				if (!stream || seconds < 1e-3) {
					assert_null(cJSON_GetObjectItem(last, "goodput_bps"));
					assert_null(cJSON_GetObjectItem(last, "datagrams_per_s"));
					assert_null(cJSON_GetObjectItem(last, "transactions_per_s"));
				}
				cJSON_Delete(last);
			} else if (!stream) {
				support_expect(&finished, 0, "result: 1 transaction in ", NULL);
			} else if (!strstr(finished.out, "bit/s in 0.0")) { /* a millisecond and more */
				support_expect(&finished, 0, " bytes in ", NULL);
			}
		}
	}
	close(netns);
}

static void test_an_end_that_stands_still_as_the_window_begins_measures_all_the_same(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	for (size_t i = 0; i < 2 * WORKLOADS; i++) {
		bool both = i % 2;
		struct support_program sink, generator;
		const char *workload = workloads[i / 2];
		const char *const argv[] = {AGENT,    "generate",   workload, "--to",	"127.0.0.1", "--token",
					    "secret", "--duration", "300ms",  "--json", NULL};
		if (!both && strstr(workload, "stream")) /* whose sink would have nothing to count */
			continue;
		begin_sink(&sink, netns);
		support_begin(&generator, &finished, netns, -1, argv);
		support_hear(&generator, "\"type\":\"begin\"");
		/* In the 300 ms before the window, and until long after its end; on a slow machine elsewhere. */
		driven_pause_ms(150);
		kill(generator.pid, SIGSTOP);
		if (both)
			kill(sink.pid, SIGSTOP);
		driven_pause_ms(1000);
		kill(sink.pid, SIGCONT);
		kill(generator.pid, SIGCONT);
		support_finish(&generator);
		support_finish(&sink);
		support_expect(&finished, 0, "\"complete\":true", NULL);
		support_expect(&sink_finished, 0, "\"complete\":true", NULL);
	}
	close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_run_that_either_end_cuts_short_is_complete_at_neither),
	    cmocka_unit_test(test_a_run_that_ends_in_the_warm_up_has_a_closing_object),
	    cmocka_unit_test(test_a_failure_before_the_start_is_an_object),
	    cmocka_unit_test(test_a_token_is_whatever_it_is_in_json),
	    cmocka_unit_test(test_commands_that_print_json_fail_in_json),
	    cmocka_unit_test(test_bad_usage_is_an_object_where_json_is_asked_for),
	    cmocka_unit_test(test_a_window_in_which_nothing_arrives_is_a_failure_at_both_ends),
	    cmocka_unit_test(test_what_is_over_in_no_time_has_no_rate),
	    cmocka_unit_test(test_an_end_that_stands_still_as_the_window_begins_measures_all_the_same),
	};
	return cmocka_run_group_tests_name("agent ends", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An engine that is silent, goes away or says something else than it was asked: never "nothing there". */
#include "fake_engine.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/docker.h"
#include "netladder/lab.h"

static struct fake_engine fake;
static struct lad_error err;

#define GET(path, how, code, body)                                                                                     \
	{                                                                                                              \
		{"GET " path, how, code, body},                                                                        \
		{                                                                                                      \
			.request = NULL                                                                                \
		}                                                                                                      \
	}

/* Connects to a fake that answers so, and has not failed until here. */
static struct lad_docker *open_fake(const struct fake_answer *answers)
{
	struct lad_docker *engine;
	err = (struct lad_error){0};
	fake_engine_start(&fake, answers);
	if (lad_docker_open(fake.host, NULL, &engine, &err) < 0)
		fail_msg("%s", err.message);
	return engine;
}

static void close_fake(struct lad_docker *engine)
{
	lad_docker_close(engine);
	fake_engine_stop(&fake);
}

static void assert_error(int code, const char *request, const char *text)
{
	assert_int_equal(err.exit_code, code);
	if (!strstr(err.message, fake.host) || !strstr(err.message, request) || !strstr(err.message, text))
		fail_msg("the message lacks the engine, \"%s\" or \"%s\": %s", request, text, err.message);
	for (const char *c = err.message; *c; c++)
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* That connecting to one that answers so fails, with TEXT. */
static void assert_not_opened(const struct fake_answer *answers, const char *text)
{
	struct lad_docker *engine;
	err = (struct lad_error){0};
	fake_engine_start(&fake, answers);
	assert_int_equal(lad_docker_open(fake.host, NULL, &engine, &err), -1);
	assert_null(engine);
	assert_error(LAD_EXIT_UNABLE, "GET /version", text);
	fake_engine_stop(&fake);
}

static void test_an_engine_that_is_silent_or_trickles_is_given_up_with_its_request(void **state)
{
	(void)state;
	static const struct fake_answer silent[] = GET("/version", FAKE_SILENT, 0, ""),
					trickle[] = GET("/version", FAKE_TRICKLE, 0, ""),
					later[] = GET("/info", FAKE_TRICKLE, 0, "");
	struct lad_docker_info info;
	assert_not_opened(silent, "does not answer GET /version within 1 s");
	assert_not_opened(trickle, "does not answer GET /version within 1 s");
	struct lad_docker *engine = open_fake(later);
	assert_int_equal(lad_docker_info(engine, &info, &err), -1);
	assert_error(LAD_EXIT_UNABLE, "GET /info", "within 1 s");
	close_fake(engine);
}

static void test_an_engine_that_did_not_answer_is_given_less_time_until_it_does(void **state)
{
	(void)state;
	struct lad_docker engine = {.host = "some"};
	setenv("NETLADDER_ENGINE_LIMIT_S", "100", 1);
	long first = docker_limit_ms(&engine, DOCKER_QUICK), change = docker_limit_ms(&engine, DOCKER_CHANGE);
	assert_int_equal(first, 100000);
	assert_true(change > first && docker_limit_ms(&engine, DOCKER_LASTING) > change);
	engine.unanswered = 1;
	assert_true(docker_limit_ms(&engine, DOCKER_QUICK) < first / 2);
	engine.unanswered = 1000;
	assert_true(docker_limit_ms(&engine, DOCKER_LASTING) <= 1000);
	setenv("NETLADDER_ENGINE_LIMIT_S", "nonsense", 1);
	engine.unanswered = 0;
	assert_int_equal(docker_limit_ms(&engine, DOCKER_QUICK), 10000);
	setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
}

static void test_what_lasts_has_a_limit_for_silence(void **state)
{
	(void)state;
	static const struct fake_answer answers[] = {{"POST /images/load", FAKE_SILENT, 0, ""}, {.request = NULL}};
	struct lad_docker *engine = open_fake(answers);
	engine->unanswered = 8; /* the least limit */
	assert_int_equal(lad_docker_upload(engine, "/images/load?quiet=1", "x", 1, &err), -1);
	assert_error(LAD_EXIT_UNABLE, "POST /images/load", "within 1 s");
	close_fake(engine);
}

static void test_no_engine_at_all_is_told_from_one(void **state)
{
	(void)state;
	static const struct {
		struct fake_answer answers[2];
		const char *text;
	} cases[] = {
	    {GET("/version", FAKE_TEXT, 200, "<html>\x1b[31m</html>"), "is no JSON"},
	    {GET("/version", FAKE_TEXT, 200, ""), "is empty"},
	    {GET("/version", FAKE_TEXT, 200, "{\"ApiVersion\":\"1.47\"} trailing"), "is no JSON"},
	    {GET("/version", FAKE_TEXT, 200, "[]"), "no Docker Engine"},
	    {GET("/version", FAKE_TEXT, 200, "{\"ApiVersion\":1.47}"), "no Docker Engine"},
	    {GET("/version", FAKE_TEXT, 200, "{\"ApiVersion\":\"1.99999999999999999999\"}"), "no Docker Engine"},
	    {GET("/version", FAKE_TEXT, 302, "{\"ApiVersion\":\"1.47\"}"), "HTTP 302"},
	    {GET("/version", FAKE_TEXT, 502, "<html>Bad Gateway</html>"), "HTTP 502"},
	    {GET("/version", FAKE_TEXT, 500, "{\"message\":\"out\\u001b[2J of\\r\\n\\u202ememory\"}"),
	     "memory (HTTP 500)"},
	    {GET("/version", FAKE_CUT, 200, "{\"ApiVersion\":\"1.47\"}"), "does not answer"},
	    {GET("/version", FAKE_CHUNKS, 200, "{\"ApiVersion\":\"1.47\"}"), "does not answer"},
	    {GET("/version", FAKE_HUGE, 200, ""), "larger than 16 MiB"},
	    {GET("/version", FAKE_RAW, 0, "SSH-2.0-OpenSSH\r\n"), "does not answer"},
	    {GET("/version", FAKE_HANG_UP, 0, ""), "does not answer"},
	    {GET("/version", FAKE_GONE, 0, ""), "does not answer"},
	};
	setenv("NETLADDER_ENGINE_LIMIT_S", "100", 1); /* a huge answer takes its time under a sanitizer */
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_not_opened(cases[i].answers, cases[i].text);
	setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
}

static void test_an_info_that_lacks_something_is_not_understood(void **state)
{
	(void)state;
	static const char *const keys[] = {"ID",   "Name",  "ServerVersion", "KernelVersion", "OperatingSystem",
					   "NCPU", "Swarm", "Plugins",	     "Architecture"};
	static const char whole[] =
	    "{\"ID\":\"A\",\"Name\":\"n\",\"ServerVersion\":\"27\",\"KernelVersion\":\"6\",\"OperatingSystem\":\"D\","
	    "\"Architecture\":\"x\",\"NCPU\":2,\"Swarm\":{\"LocalNodeState\":\"inactive\"},\"Plugins\":{\"Network\":[]}"
	    "}";
	for (size_t i = 0; i < 3 * sizeof keys / sizeof *keys; i++) {
		cJSON *answer = cJSON_Parse(whole);
		const char *key = keys[i / 3];
		struct lad_docker engine = {.host = "some", .request = "GET /info"};
		struct lad_docker_info info = {.cpus = 0};
		assert_int_equal(docker_read_info(&engine, answer, &info, &err), 0);
		cJSON_DeleteItemFromObjectCaseSensitive(answer, key);
		if (i % 3 == 1)
			cJSON_AddArrayToObject(answer, key);
		else if (i % 3 == 2)
			cJSON_AddNullToObject(answer, key);
		assert_int_equal(docker_read_info(&engine, answer, &info, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_UNABLE);
		assert_non_null(strstr(err.message, "engine some: the answer to GET /info is not understood"));
		assert_non_null(strstr(err.message, key));
		assert_int_equal(lad_docker_trouble(&engine, NULL), -1);
		cJSON_Delete(answer);
	}
}

static void test_a_time_of_another_age_is_no_time(void **state)
{
	(void)state;
	static const char *const times[] = {"9999-01-01T00:00:00Z", "2026-11-29T10:00:00+99999999999:00", "0000", ""};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char body[700];
		snprintf(
		    body, sizeof body,
		    "{\"ID\":\"A\",\"Name\":\"n\",\"ServerVersion\":\"27\",\"KernelVersion\":\"6\",\"OperatingSystem\":"
		    "\"D\",\"Architecture\":\"x\",\"NCPU\":2,\"Swarm\":{\"LocalNodeState\":\"inactive\"},\"Plugins\":"
		    "{\"Network\":[]},\"SystemTime\":\"%s\"}",
		    times[i]);
		const struct fake_answer answers[] = {{"GET /info", FAKE_TEXT, 200, body}, {.request = NULL}};
		struct lad_docker *engine = open_fake(answers);
		struct lad_docker_info info;
		assert_int_equal(lad_docker_info(engine, &info, &err), 0);
		assert_int_equal(info.clock_skew_ns, 0);
		close_fake(engine);
	}
}

static void test_clean_never_takes_what_it_does_not_understand_for_nothing(void **state)
{
	(void)state;
	static const struct {
		struct fake_answer answers[2];
		const char *request, *text;
	} cases[] = {
	    {GET("/containers/json", FAKE_TEXT, 200, "<html>"), "GET /containers/json", "no JSON"},
	    {GET("/containers/json", FAKE_TEXT, 200, "{}"), "GET /containers/json", "is not a list"},
	    {GET("/containers/json", FAKE_TEXT, 200, "null"), "GET /containers/json", "is not a list"},
	    {GET("/containers/json", FAKE_TEXT, 200, "[7]"), "GET /containers/json", "is not an object"},
	    {GET("/containers/json", FAKE_TEXT, 200, "[{}]"), "GET /containers/json", "lacks \"Id\""},
	    {GET("/containers/json", FAKE_TEXT, 200, "[{\"Id\":\"../networks/x\"}]"), "GET /containers/json",
	     "is no id"},
	    {GET("/containers/json", FAKE_TEXT, 404, "{\"message\":\"page not found\"}"), "GET /containers/json",
	     "page not found"},
	    {GET("/containers/json", FAKE_CHUNKS, 200, "[]"), "GET /containers/json", "does not answer"},
	    {GET("/networks", FAKE_TEXT, 200, "\"none\""), "GET /networks", "is not a list"},
	    {GET("/networks", FAKE_GONE, 0, ""), "", ""},
	    {GET("/volumes", FAKE_TEXT, 200, "[]"), "GET /volumes", "lacks \"Volumes\""},
	    {GET("/volumes", FAKE_TEXT, 200, "{\"Volumes\":{}}"), "GET /volumes", "is not a list"},
	    {GET("/volumes", FAKE_TEXT, 200, "{\"Volumes\":[{}]}"), "GET /volumes", "lacks \"Name\""},
	    {GET("/images/json", FAKE_TEXT, 200, "{}"), "GET /images/json", "is not a list"},
	    {GET("/images/json", FAKE_SILENT, 200, ""), "GET /images/json", "within 1 s"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_docker *engine = open_fake(cases[i].answers);
		struct lad_docker_cleaned cleaned;
		assert_int_equal(lad_docker_clean(engine, NULL, true, &cleaned, &err), -1);
		assert_error(LAD_EXIT_UNABLE, cases[i].request, cases[i].text);
		assert_false(fake_engine_heard(&fake, "DELETE"));
		close_fake(engine);
	}
	struct lad_docker *engine = open_fake(NULL);
	struct lad_docker_cleaned cleaned;
	assert_int_equal(lad_docker_clean(engine, NULL, true, &cleaned, &err), 0);
	close_fake(engine);
}

static void test_clean_removes_nothing_that_lacks_the_label_though_it_is_listed(void **state)
{
	(void)state;
	static const struct fake_answer answers[] = {
	    {"GET /containers/json", FAKE_TEXT, 200,
	     "[{\"Id\":\"a\",\"Labels\":{\"org.netladder.run\":\"other\"}},{\"Id\":\"b\",\"Labels\":{}},"
	     "{\"Id\":\"c\",\"Labels\":null},{\"Id\":\"d\",\"Labels\":{\"org.netladder.run\":\"r\"}}]"},
	    {.request = NULL}};
	struct lad_docker *engine = open_fake(answers);
	struct lad_docker_cleaned cleaned;
	assert_int_equal(lad_docker_clean(engine, "r", false, &cleaned, &err), -1);
	assert_error(LAD_EXIT_UNABLE, "GET /containers/json", "not understood");
	assert_int_equal(cleaned.containers, 1);
	assert_true(fake_engine_heard(&fake, "DELETE /containers/d?"));
	assert_false(fake_engine_heard(&fake, "DELETE /containers/a?"));
	assert_false(fake_engine_heard(&fake, "DELETE /containers/b?"));
	assert_false(fake_engine_heard(&fake, "DELETE /containers/c?"));
	close_fake(engine);
}

/* The words of a process that has ended. */
static void dead_runner(char text[DOCKER_RUNNER])
{
	int told[2];
	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char own[DOCKER_RUNNER] = "";
		docker_runner(own);
		_exit(write(told[1], own, sizeof own) != sizeof own);
	}
	assert_int_equal(read(told[0], text, DOCKER_RUNNER), DOCKER_RUNNER);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(told[0]);
	close(told[1]);
}

static void test_a_runner_is_gone_only_when_that_is_certain(void **state)
{
	(void)state;
	char own[DOCKER_RUNNER], dead[DOCKER_RUNNER], other[2 * DOCKER_RUNNER];
	docker_runner(own);
	dead_runner(dead);
	assert_false(docker_runner_gone(own));
	assert_true(docker_runner_gone(dead));
	snprintf(other, sizeof other, "x%s", dead); /* another boot, or another machine */
	assert_false(docker_runner_gone(other));
	strcpy(other, own); /* its number is used again, by us */
	strcpy(strrchr(other, ' '), " 1");
	assert_true(docker_runner_gone(other));
	static const char *const garbage[] = {"", "x", "a b c d", "a b 1", "a b -1 1"};
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
		assert_false(docker_runner_gone(garbage[i]));
}

static void test_what_killed_runs_have_left_is_removed_and_nothing_of_others(void **state)
{
	(void)state;
	char own[DOCKER_RUNNER], dead[DOCKER_RUNNER], list[1024];
	docker_runner(own);
	dead_runner(dead);
	snprintf(list, sizeof list,
		 "[{\"Id\":\"a\",\"Labels\":{\"org.netladder.run\":\"killed\",\"org.netladder.runner\":\"%s\"}}]",
		 dead);
	const struct fake_answer answers[] = {{"GET /networks", FAKE_TEXT, 200, list}, {.request = NULL}};
	struct lad_docker *engine = open_fake(answers);
	struct lad_docker_cleaned cleaned;
	assert_int_equal(lad_docker_clean_dead(engine, &cleaned, &err), 0);
	assert_int_equal(cleaned.networks, 1);
	assert_true(fake_engine_heard(&fake, "DELETE /networks/a"));
	close_fake(engine);
	snprintf(list, sizeof list,
		 "[{\"Id\":\"a\",\"Labels\":{\"org.netladder.run\":\"goes on\",\"org.netladder.runner\":\"%s\"}},"
		 "{\"Id\":\"b\",\"Labels\":{\"org.netladder.run\":\"older\"}},{\"Id\":\"c\",\"Labels\":null},7]",
		 own);
	engine = open_fake(answers);
	assert_int_equal(lad_docker_clean_dead(engine, &cleaned, &err), 0);
	assert_false(fake_engine_heard(&fake, "DELETE"));
	close_fake(engine);
}

static void test_a_page_with_404_is_not_the_end_of_a_container(void **state)
{
	(void)state;
	static const struct fake_answer page[] = {{"DELETE", FAKE_TEXT, 404, "<html>not found</html>"},
						  {.request = NULL}},
					word[] = {{"DELETE", FAKE_TEXT, 404, "{\"message\":\"no such container\"}"},
						  {.request = NULL}};
	struct lad_docker *engine = open_fake(page);
	assert_int_equal(lad_docker_container_remove(engine, "a", &err), -1);
	assert_error(LAD_EXIT_UNABLE, "DELETE /containers/a", "HTTP 404 and no reason");
	close_fake(engine);
	engine = open_fake(word);
	assert_int_equal(lad_docker_container_remove(engine, "a", &err), 0);
	assert_string_equal(err.message, ""); /* what is no failure says nothing */
	close_fake(engine);
}

static void test_an_image_that_is_not_there_is_loaded_and_looked_for_again(void **state)
{
	(void)state;
	static const struct fake_answer answers[] = {
	    {"GET /images/", FAKE_TEXT, 404, "{\"message\":\"no such image\"}"}, {.request = NULL}};
	struct lad_docker_image image = {.name = "netladder-agent:0", .archive = (char[]){"x"}, .size = 1};
	struct lad_docker *engine = open_fake(answers);
	assert_int_equal(lad_docker_image_ensure(engine, &image, NULL, &err), -1);
	assert_true(fake_engine_heard(&fake, "POST /images/load"));
	assert_error(LAD_EXIT_UNABLE, "", "took the agent's image and does not have it");
	close_fake(engine);
}

static void test_the_progress_of_an_image_tells_its_failure_and_is_a_progress(void **state)
{
	(void)state;
	static const struct {
		const char *body, *text;
	} cases[] = {
	    {"{\"stream\":\"a\"}\r\n{\"errorDetail\":{}, \"error\" : \"no space\\u009b left\"}\r\n", "no space"},
	    {"<html>", "is no word of its progress"},
	    {"{\"stream\":", "is no word of its progress"}};
	struct lad_docker *engine;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct fake_answer answers[] = {{"POST /images/load", FAKE_TEXT, 200, cases[i].body},
						      {.request = NULL}};
		engine = open_fake(answers);
		assert_int_equal(lad_docker_upload(engine, "/images/load?quiet=1", "x", 1, &err), -1);
		assert_error(LAD_EXIT_UNABLE, "POST /images/load", cases[i].text);
		close_fake(engine);
	}
}

static struct lad_scenario scenario;

/* The lab on one fake, up to its first trial. */
static int open_lab(struct lad_lab *lab)
{
	memset(&scenario, 0, sizeof scenario);
	scenario.lab = LAD_LAB_DOCKER;
	scenario.modes[0] = LAD_MODE_HOST;
	scenario.modes[1] = LAD_MODE_BRIDGE;
	scenario.mode_count = 2;
	scenario.placements[0] = LAD_SAME_HOST;
	scenario.placement_count = 1;
	snprintf(scenario.docker.hosts[0], sizeof scenario.docker.hosts[0], "%s", fake.host);
	scenario.docker.host_count = 1;
	*lab = (struct lad_lab){.ops = &lad_lab_docker, .scenario = &scenario, .run_id = "r"};
	lab->agent_fd = lab->base_agent_fd = open("/bin/true", O_PATH | O_CLOEXEC);
	assert_return_code(lab->agent_fd, errno);
	err = (struct lad_error){0};
	int status = lad_lab_docker.open(lab, &err);
	close(lab->agent_fd);
	return status;
}

static void test_the_lab_stands_on_an_engine_that_answers(void **state)
{
	(void)state;
	struct lad_lab lab;
	fake_engine_start(&fake, NULL);
	if (open_lab(&lab) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(lad_lab_docker.usable(&lab, LAD_MODE_HOST, &err), 0);
	assert_int_equal(lad_lab_docker.usable(&lab, LAD_MODE_BRIDGE, &err), 0);
	lad_lab_docker.close(&lab);
	fake_engine_stop(&fake);
}

static void test_an_engine_that_refuses_a_network_lacks_that_mode_alone(void **state)
{
	(void)state;
	static const struct fake_answer answers[] = {
	    {"POST /networks/create", FAKE_TEXT, 500, "{\"message\":\"no such driver\"}"}, {.request = NULL}};
	struct lad_lab lab;
	fake_engine_start(&fake, answers);
	if (open_lab(&lab) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(lad_lab_docker.usable(&lab, LAD_MODE_HOST, &err), 0);
	assert_int_equal(lad_lab_docker.usable(&lab, LAD_MODE_BRIDGE, &err), -1);
	assert_non_null(strstr(err.message, "no such driver"));
	lad_lab_docker.close(&lab);
	fake_engine_stop(&fake);
}

/* Each is the moment of another request; the lab never takes it for what the engine lacks. */
static void test_an_engine_that_goes_wrong_while_the_lab_gets_ready_ends_the_run(void **state)
{
	(void)state;
	static const struct {
		struct fake_answer answers[2];
		const char *text;
	} cases[] = {
	    {{{"GET /images/", FAKE_TEXT, 200, "[]"}}, "GET /images/netladder-agent"},
	    {{{"GET /images/", FAKE_TEXT, 500, "{\"message\":\"broken\"}"}}, "broken (HTTP 500)"},
	    {{{"POST /networks/create", FAKE_GONE, 0, ""}}, "does not answer POST /networks/create"},
	    {{{"POST /networks/create", FAKE_HANG_UP, 0, ""}}, "does not answer POST /networks/create"},
	    {{{"POST /networks/create", FAKE_TEXT, 200, "<html>"}}, "POST /networks/create is not understood"},
	    {{{"POST /networks/create", FAKE_TEXT, 201, "{\"Id\":{}}"}}, "its \"Id\" is not a text"},
	    {{{"POST /networks/create", FAKE_TEXT, 503, "busy"}}, "POST /networks/create is not understood: HTTP 503"},
	    {{{"GET /containers/c0ffee", FAKE_TEXT, 200, "{\"NetworkSettings\":{\"Networks\":[]}}"}},
	     "its \"Networks\" is not an object"},
	    {{{"GET /containers/c0ffee", FAKE_TEXT, 200,
	       "{\"NetworkSettings\":{\"Networks\":{\"n\":{\"IPAddress\":\"::x\"}}}}"}},
	     "is no address"},
	    {{{"POST /containers/c0ffee/attach", FAKE_SILENT, 0, ""}},
	     "does not answer POST /containers/attach within 1 s"},
	    {{{"POST /containers/c0ffee/attach", FAKE_RAW, 0, "nonsense\r\n\r\n"}}, "it is no HTTP"},
	    {{{"POST /containers/c0ffee/attach", FAKE_RAW, 0, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 nonsense"}},
	     "it is no attach stream"},
	    {{{"POST /containers/c0ffee/attach", FAKE_TEXT, 409, "{\"message\":\"is paused\"}"}},
	     "is paused (HTTP 409)"},
	    {{{"POST /containers/c0ffee/start", FAKE_GONE, 0, ""}}, "does not answer POST /containers/c0ffee/start"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_lab lab;
		fake_engine_start(&fake, cases[i].answers);
		assert_int_equal(open_lab(&lab), -1);
		assert_error(LAD_EXIT_UNABLE, "", cases[i].text);
		assert_null(lab.state);
		fake_engine_stop(&fake);
	}
}

static void test_a_signal_that_is_pending_ends_each_wait_and_not_the_cleaning(void **state)
{
	(void)state;
	static const struct fake_answer silent[] = GET("/info", FAKE_SILENT, 0, "");
	sigset_t signals, before;
	const struct timespec none = {0, 0};
	struct lad_docker_info info;
	struct lad_docker_cleaned cleaned;
	setenv("NETLADDER_ENGINE_LIMIT_S", "3600", 1);
	struct lad_docker *engine = open_fake(silent);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, &before);
	kill(getpid(), SIGINT);
	assert_int_equal(lad_docker_info(engine, &info, &err), -1);
	assert_error(LAD_EXIT_INTERRUPTED, "GET /info", "interrupted");
	assert_int_equal(lad_docker_trouble(engine, &err), 0);
	assert_int_equal(docker_wait(engine, fileno(stderr), 0, 3600000), -1);
	assert_int_equal(lad_docker_clean(engine, NULL, false, &cleaned, &err), 0);
	assert_int_equal(sigtimedwait(&signals, NULL, &none), SIGINT);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close_fake(engine);
	setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
}

static void test_texts_of_an_engine_have_nothing_that_acts_on_a_terminal(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
	} texts[] = {{"plain, gr\xc3\xbc\xc3\x9f, \xe2\x82\xac \xf0\x9f\x90\xb3",
		      "plain, gr\xc3\xbc\xc3\x9f, \xe2\x82\xac \xf0\x9f\x90\xb3"},
		     {"a\x1b[2J\a\r\n\tb\x7f", "a?[2J?   b?"},
		     {"a\xc2\x9b"
		      "b",
		      "a?b"},
		     {"a\xe2\x80\xae"
		      "b\xe2\x81\xa6"
		      "c\xe2\x80\xa8",
		      "a?b?c?"},
		     {"a\xff\xc0\x80\xed\xa0\x80z", "a??????z"},
		     {"a\xe2\x82", "a??"},
		     {"a\xf0", "a?"}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[64];
		strcpy(text, texts[i].from);
		docker_one_line(text);
		assert_string_equal(text, texts[i].to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_engine_that_is_silent_or_trickles_is_given_up_with_its_request),
	    cmocka_unit_test(test_an_engine_that_did_not_answer_is_given_less_time_until_it_does),
	    cmocka_unit_test(test_what_lasts_has_a_limit_for_silence),
	    cmocka_unit_test(test_no_engine_at_all_is_told_from_one),
	    cmocka_unit_test(test_an_info_that_lacks_something_is_not_understood),
	    cmocka_unit_test(test_a_time_of_another_age_is_no_time),
	    cmocka_unit_test(test_clean_never_takes_what_it_does_not_understand_for_nothing),
	    cmocka_unit_test(test_clean_removes_nothing_that_lacks_the_label_though_it_is_listed),
	    cmocka_unit_test(test_a_runner_is_gone_only_when_that_is_certain),
	    cmocka_unit_test(test_what_killed_runs_have_left_is_removed_and_nothing_of_others),
	    cmocka_unit_test(test_a_page_with_404_is_not_the_end_of_a_container),
	    cmocka_unit_test(test_an_image_that_is_not_there_is_loaded_and_looked_for_again),
	    cmocka_unit_test(test_the_progress_of_an_image_tells_its_failure_and_is_a_progress),
	    cmocka_unit_test(test_the_lab_stands_on_an_engine_that_answers),
	    cmocka_unit_test(test_an_engine_that_refuses_a_network_lacks_that_mode_alone),
	    cmocka_unit_test(test_an_engine_that_goes_wrong_while_the_lab_gets_ready_ends_the_run),
	    cmocka_unit_test(test_a_signal_that_is_pending_ends_each_wait_and_not_the_cleaning),
	    cmocka_unit_test(test_texts_of_an_engine_have_nothing_that_acts_on_a_terminal),
	};
	signal(SIGPIPE, SIG_IGN);
	setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
	return cmocka_run_group_tests_name("engine answers", tests, NULL, NULL);
}

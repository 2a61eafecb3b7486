/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person sees of an engine that is silent, goes away or talks nonsense: which, what was asked, and exit 3. */
#include "fake_engine.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fake_engine fake;
static struct finished finished;
static char scenario[64], folder[64];

/* netladder COMMAND --hosts FAKE, with the scenario and the results' folder for run. */
static void netladder(const char *command)
{
	const char *const clean[] = {LAD_BUILD "/netladder", command, "--hosts", fake.host, NULL};
	const char *const run[] = {
	    LAD_BUILD "/netladder", "run", scenario, "--lab", "docker", "--hosts", fake.host, "--out", folder, NULL};
	support_run(&finished, -1, -1, strcmp(command, "run") == 0 ? run : clean);
}

static void assert_unable(const char *request, const char *text)
{
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, fake.host);
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, request);
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, text);
	assert_int_equal(access(folder, F_OK), -1);
}

static void test_clean_never_says_clean_of_what_it_did_not_understand(void **state)
{
	(void)state;
	static const struct fake_answer nonsense[] = {{"GET /containers", FAKE_TEXT, 200, "<html>"}, {.request = NULL}};
	fake_engine_start(&fake, nonsense);
	netladder("clean");
	assert_unable("GET /containers/json", "is no JSON");
	assert_null(strstr(finished.out, "Nothing to clean up"));
	fake_engine_stop(&fake);
}

static void test_probe_asks_a_silent_engine_once_and_says_so_of_every_mode(void **state)
{
	(void)state;
	static const struct fake_answer silent[] = {{"GET /info", FAKE_SILENT, 0, ""}, {.request = NULL}};
	fake_engine_start(&fake, silent);
	netladder("probe");
	support_expect(&finished, LAD_EXIT_UNABLE, "does not answer GET /info within 1 s", NULL);
	int lines = 0;
	for (const char *at = finished.out; (at = strstr(at, "does not answer GET /info")); at++)
		lines++;
	assert_int_equal(lines, LAD_MODE_COUNT);
	assert_int_equal(fake_engine_count(&fake, "GET /info"), 1);
	fake_engine_stop(&fake);
}

static void test_an_engine_that_is_gone_while_the_run_gets_ready_is_exit_3(void **state)
{
	(void)state;
	static const struct {
		struct fake_answer answers[2];
		const char *request;
	} cases[] = {{{{"GET /info", FAKE_GONE, 0, ""}}, "GET /info"},
		     {{{"GET /images/", FAKE_HANG_UP, 0, ""}}, "GET /images/netladder-agent"},
		     {{{"POST /networks/create", FAKE_GONE, 0, ""}}, "POST /networks/create"},
		     {{{"GET /images/", FAKE_TRICKLE, 0, ""}}, "GET /images/netladder-agent"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_engine_start(&fake, cases[i].answers);
		netladder("run");
		assert_unable(cases[i].request, "does not answer");
		fake_engine_stop(&fake);
	}
}

static void test_an_interrupt_ends_the_wait_for_an_engine(void **state)
{
	(void)state;
	static const struct fake_answer cases[][2] = {
	    {{"GET /version", FAKE_SILENT, 0, ""}},
	    {{"GET /info", FAKE_TRICKLE, 0, ""}},
	    {{"POST /networks/create", FAKE_SILENT, 0, ""}},
	    {{"POST /containers/c0ffee/attach", FAKE_SILENT, 0, ""}},
	    {{"POST /images/load", FAKE_SILENT, 0, ""}, {"GET /images/", FAKE_TEXT, 404, "{\"message\":\"none\"}"}}};
	static const char *const commands[] = {"run", "clean", "probe"};
	setenv("NETLADDER_ENGINE_LIMIT_S", "3600", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answers[3] = {cases[i][0], cases[i][1]};
		for (size_t j = 0; j < (i == 0 ? 3 : 1); j++) {
			fake_engine_start(&fake, answers);
			const char *const argv[] = {LAD_BUILD "/netladder",
						    commands[j],
						    j ? "--hosts" : scenario,
						    j ? fake.host : "--lab",
						    j ? NULL : "docker",
						    "--hosts",
						    fake.host,
						    "--out",
						    folder,
						    NULL};
			pid_t pid = support_start(-1, -1, argv);
			fake_engine_wait(&fake, answers[0].request);
			kill(pid, SIGINT);
			int code = support_end_of(pid);
			/* What has nothing to put in order has the signal's own end, which is 130 to a shell. */
			assert_int_equal(code, j ? 128 + SIGINT : LAD_EXIT_INTERRUPTED);
			assert_int_equal(access(folder, F_OK), -1);
			fake_engine_stop(&fake);
		}
	}
	setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
}

static int set_up(void **state)
{
	(void)state;
	static const char text[] = "lab: docker\nmodes: [host, bridge]\nworkloads:\n- {kind: tcp_rr, cpus: free}\n"
				   "trials: {blocks: 1, warmup: 0, duration: 100ms}\n";
	strcpy(scenario, "/tmp/netladder-faults-XXXXXX");
	int fd = mkstemp(scenario);
	if (fd < 0 || write(fd, text, sizeof text - 1) != sizeof text - 1)
		return -1;
	close(fd);
	snprintf(folder, sizeof folder, "%s.results", scenario);
	return setenv("NETLADDER_ENGINE_LIMIT_S", "1", 1);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clean_never_says_clean_of_what_it_did_not_understand),
	    cmocka_unit_test(test_probe_asks_a_silent_engine_once_and_says_so_of_every_mode),
	    cmocka_unit_test(test_an_engine_that_is_gone_while_the_run_gets_ready_is_exit_3),
	    cmocka_unit_test(test_an_interrupt_ends_the_wait_for_an_engine),
	};
	return cmocka_run_group_tests_name("engine faults", tests, set_up, tear_down);
}

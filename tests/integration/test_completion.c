/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The completion of bash offers every command, option and word that the programs have. No root. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "netladder/error.h"

#define RUNNER LAD_BUILD "/netladder"
#define AGENT LAD_BUILD "/netladder-agent"

static struct finished finished, help;

/*
 * What is offered for the last word of LINE, a command line of PROGRAM without its name: one a line in finished.out,
 * each with a newline on both sides. An empty last word is "''".
 */
static void complete(const char *program, const char *line)
{
	char script[1024];
	snprintf(script, sizeof script,
		 ". scripts/netladder.bash-completion; COMP_WORDS=(%s %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
		 "%s %s \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; printf '\\n'; "
		 "printf '%%s\\n' \"${COMPREPLY[@]}\"",
		 program, line, strcmp(program, AGENT) == 0 ? "_netladder_agent" : "_netladder", program);
	const char *const argv[] = {"bash", "-c", script, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, "\n", NULL);
	assert_string_equal(finished.err, "");
}

static bool is_offered(const char *word, size_t length)
{
	char line[128];
	snprintf(line, sizeof line, "\n%.*s\n", (int)length, word);
	return strstr(finished.out, line) != NULL;
}

/* Exactly the words of LIST, between which are blanks, are offered, in this order. */
static void assert_offers(const char *program, const char *line, const char *list)
{
	char expected[1024];
	complete(program, line);
	snprintf(expected, sizeof expected, "\n%s\n", list);
	for (char *blank = strchr(expected, ' '); blank; blank = strchr(blank, ' '))
		*blank = '\n';
	assert_string_equal(finished.out, expected);
}

static void ask_help(const char *program, const char *command)
{
	const char *const argv[] = {program, command, *command == '-' ? NULL : "--help", NULL};
	support_run(&help, -1, -1, argv);
	support_expect(&help, LAD_EXIT_OK, "Usage: ", NULL);
}

/* Every --option that the help of COMMAND lists is offered. Returns how many there are. */
static int check_options(const char *program, const char *command)
{
	int count = 0;
	char line[64];
	ask_help(program, command);
	snprintf(line, sizeof line, "%s --", command);
	complete(program, line);
	/* "  -o, --out=DIR", "      --fresh" */
	for (const char *at = strchr(help.out, '\n'); at; at = strchr(at + 1, '\n')) {
		const char *option = at + 1 + strspn(at + 1, " ");
		if (option == at + 1 || *option != '-')
			continue;
		option += option[1] != '-' ? strspn(option + 2, ", ") + 2 : 0;
		size_t length = strcspn(option, "=[ \n");
		if (strncmp(option, "--", 2) != 0)
			continue;
		if (!is_offered(option, length))
			fail_msg("%s %s: %.*s is not offered", program, command, (int)length, option);
		count++;
	}
	return count;
}

static void test_every_command_and_each_of_its_options_is_offered(void **state)
{
	(void)state;
	int commands = 0;
	char names[16][16] = {""};
	ask_help(RUNNER, "--help");
	complete(RUNNER, "''");
	const char *at = strstr(help.out, "\nCommands:\n");
	assert_non_null(at);
	for (at += strlen("\nCommands:\n"); strncmp(at, "  ", 2) == 0; at = strchr(at, '\n') + 1) {
		size_t length = strcspn(at + 2, " ");
		assert_true(length < sizeof names[0] && commands < 16);
		snprintf(names[commands], sizeof names[0], "%.*s", (int)length, at + 2);
		if (!is_offered(names[commands], length))
			fail_msg("the command %s is not offered", names[commands]);
		commands++;
	}
	assert_true(commands > 2);
	for (int i = 0; i < commands; i++)
		if (strcmp(names[i], "help") != 0 && strcmp(names[i], "version") != 0)
			assert_true(check_options(RUNNER, names[i]) > 2); /* more than --help and --usage */
}

static void test_the_agent_has_its_commands_options_and_workloads_offered(void **state)
{
	(void)state;
	assert_offers(AGENT, "''", "sink generate --help --version");
	assert_true(check_options(AGENT, "sink") > 4);
	assert_true(check_options(AGENT, "generate") > 20);
	assert_offers(AGENT, "generate tc", "tcp_stream tcp_rr tcp_crr");
	assert_offers(AGENT, "generate tcp_stream --direction ''", "forward reverse both");
	assert_offers(AGENT, "generate tcp_stream --rate-per = ''", "total flow");
}

static void test_the_words_of_an_option_are_those_that_are_valid(void **state)
{
	(void)state;
	assert_offers(RUNNER, "run --lab ''", "native docker vm");
	assert_offers(RUNNER, "run -l n", "native");
	assert_offers(RUNNER, "run --lab = n", "native");
	assert_offers(RUNNER, "run --swarm =", "existing create");
	assert_offers(RUNNER, "compare --format ''", "table markdown json junit github");
	assert_offers(RUNNER, "report -f ''", "html markdown");
	assert_offers(RUNNER, "columns --format ''", "text markdown json");
	assert_offers(RUNNER, "capacity --format ''", "text json markdown");
	assert_offers(RUNNER, "chart --workload ''", "tcp_stream udp_stream tcp_rr tcp_crr udp_rr dns_rr");
	assert_offers(RUNNER, "chart --theme d", "dark");
	assert_offers(RUNNER, "verdict --metric latency_p9",
		      "latency_p90_us latency_p99_us latency_p999_us latency_p99_worst_us");
	assert_offers(RUNNER, "help co", "compare columns");
}

static void test_files_are_offered_where_no_words_are(void **state)
{
	(void)state;
	assert_offers(RUNNER, "run scenarios/ladder.y", "scenarios/ladder.yaml");
	assert_offers(RUNNER, "run --out scr", "scripts");
	assert_offers(RUNNER, "run --blocks LIC", "LICENSE"); /* a number has no words */
	assert_offers(RUNNER, "run --lab LIC", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_command_and_each_of_its_options_is_offered),
	    cmocka_unit_test(test_the_agent_has_its_commands_options_and_workloads_offered),
	    cmocka_unit_test(test_the_words_of_an_option_are_those_that_are_valid),
	    cmocka_unit_test(test_files_are_offered_where_no_words_are),
	};
	return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}

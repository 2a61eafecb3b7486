/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/by_hand/by_hand.h"
#include "agent/core/agent.h"
#include "agent/core/sandbox.h"
#include "agent/core/tools.h"
#include "netladder/output.h"
#include "netladder/text.h"

static void print_help(FILE *out)
{
	fputs("Usage: netladder-agent sink [OPTION...]\n"
	      "  or:  netladder-agent generate WORKLOAD --to ADDRESS --token WORD [OPTION...]\n"
	      "  or:  netladder-agent generate dns_rr --name NAME [--server ADDRESS[:PORT]] [OPTION...]\n"
	      "  or:  netladder-agent [--facts[=vxlan] | --help | --version]\n"
	      "\n"
	      "The traffic program of netladder: a generator or a sink of TCP and UDP traffic.\n"
	      "\n"
	      "  sink        wait for one generator, take its traffic, say what came\n"
	      "  generate    send traffic to a sink, say what it took\n"
	      "\n"
	      "`netladder-agent sink --help` and `netladder-agent generate --help` list the options.\n"
	      "\n"
	      "Without a command it is told what to do by one JSON object a line on its standard\n"
	      "input: so `netladder run` starts it inside containers. The protocol is in\n"
	      "include/netladder/protocol.h.\n"
	      "\n"
	      "--facts prints the network devices around it as JSON; =vxlan also tries to make one.\n"
	      "--ports takes the ports of a Swarm, --ports=ADDRESS tries them there.\n"
	      "--call=ADDRESS,PORT connects, and prints whether it was refused or hung up on.\n"
	      "\n"
	      "Examples:\n"
	      "  netladder-agent sink\n"
	      "  netladder-agent generate tcp_rr --to 192.0.2.1 --token WORD --duration 5s\n"
	      "\n"
	      "Exit: 0 done; 2 bad usage or wrong token; 3 this machine cannot, or no sink answers;\n"
	      "4 the run failed, was cut short, or nothing arrived: what was measured is printed;\n"
	      "130 interrupted, as 4.\n",
	      out);
}

/* Told by the runner, on standard input and output. */
static int serve_runner(void)
{
	agent_memory_for_runner();
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct agent *agent = loop ? agent_new(loop) : NULL;
	if (!agent) {
		fputs("netladder-agent: out of memory\n", stderr);
		return LAD_EXIT_UNABLE;
	}
	agent_control_start(agent);
	if (!agent->exit_code) /* the first word may not have gone out */
		ev_run(loop, 0);
	int exit_code = agent->exit_code;
	agent_free(agent);
	return exit_code;
}

static int by_hand(int argc, char **argv)
{
	static const struct {
		const char *word, *name;
		int (*main)(int argc, char **argv, struct lad_error *err);
	} commands[] = {{"sink", "netladder-agent sink", by_hand_sink},
			{"generate", "netladder-agent generate", by_hand_generate}};
	struct lad_error err = {0};
	argp_err_exit_status = LAD_EXIT_USAGE;
	agent_memory_by_hand();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(argv[1], commands[i].word) != 0)
			continue;
		argv[1] = (char *)commands[i].name;
		int code = commands[i].main(argc - 1, argv + 1, &err);
		if (err.message[0])
			fprintf(stderr, "netladder-agent: %s\n", lad_error_line(&err).text);
		return code;
	}
	fprintf(stderr, "netladder-agent: unexpected argument '%s'; valid: sink, generate, --help, --version\n",
		lad_excerpt(argv[1]).text);
	return LAD_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	lad_standard_streams("netladder-agent");
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return LAD_EXIT_OK;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("netladder-agent " LAD_VERSION);
		return LAD_EXIT_OK;
	}
	if (argc == 2 && (strcmp(argv[1], "--facts") == 0 || strcmp(argv[1], "--facts=vxlan") == 0))
		return agent_print_facts(strchr(argv[1], '=') != NULL);
	if (argc == 2 && strncmp(argv[1], "--ports", 7) == 0 && (!argv[1][7] || argv[1][7] == '='))
		return agent_ports(argv[1][7] ? argv[1] + 8 : NULL);
	if (argc == 2 && strncmp(argv[1], "--call=", 7) == 0)
		return agent_call(argv[1] + 7);
	if (argc > 1)
		return by_hand(argc, argv);
	if (isatty(STDIN_FILENO)) {
		print_help(stderr);
		return LAD_EXIT_USAGE;
	}
	return serve_runner();
}

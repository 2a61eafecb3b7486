/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

static void print_help(FILE *out)
{
	fputs("Usage: netladder-agent [--help | --version]\n"
	      "\n"
	      "The traffic program of netladder: a generator or a sink, told what to do by one JSON\n"
	      "object a line on its standard input. `netladder run` starts it inside containers;\n"
	      "it is not meant to be typed at. The protocol is in include/netladder/protocol.h.\n",
	      out);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		if (strcmp(argv[1], "--help") == 0) {
			print_help(stdout);
			return LAD_EXIT_OK;
		}
		if (strcmp(argv[1], "--version") == 0) {
			puts("netladder-agent " LAD_VERSION);
			return LAD_EXIT_OK;
		}
		fprintf(stderr, "netladder-agent: unexpected argument '%s'; valid: --help, --version\n", argv[1]);
		return LAD_EXIT_USAGE;
	}
	if (isatty(STDIN_FILENO)) {
		print_help(stderr);
		return LAD_EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);

	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct agent *agent = loop ? agent_new(loop) : NULL;
	if (!agent) {
		fputs("netladder-agent: out of memory\n", stderr);
		return LAD_EXIT_UNABLE;
	}
	agent_control_start(agent);
	ev_run(loop, 0);
	int exit_code = agent->exit_code;
	agent_free(agent);
	return exit_code;
}

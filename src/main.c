/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/output.h"
#include "netladder/text.h"

static int command_help(int argc, char **argv, struct lad_error *err);
static int command_version(int argc, char **argv, struct lad_error *err);

static const struct command commands[] = {
    {"run", "measure a scenario and judge the documented order", command_run},
    {"verdict", "judge results that were measured before", command_verdict},
    {"compare", "say whether results got worse against a base", command_compare},
    {"capacity", "say what a load takes: does it fit, how many CPUs", command_capacity},
    {"chart", "draw results as SVG, PNG or PostScript", command_chart},
    {"probe", "say which network modes this machine can measure", command_probe},
    {"report", "write a report of results as one HTML file, or Markdown", command_report},
    {"columns", "say what each column and metric of the results means", command_columns},
    {"clean", "put back what a killed run has left changed", command_clean},
    {"help", "this text, or `help COMMAND`", command_help},
    {"version", "print the version", command_version},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void print_help(FILE *out)
{
	fputs("Usage: netladder COMMAND [ARGUMENTS]\n\n"
	      "Measures what each container network mode costs: host, macvlan, ipvlan, bridge,\n"
	      "overlay. Builds each for real, sends real traffic, and says with statistics\n"
	      "whether the documented order holds here.\n\nCommands:\n",
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\nExamples:\n"
	      "  sudo netladder run scenarios/ladder.yaml\n"
	      "  netladder run scenarios/ladder.yaml --dry-run\n"
	      "  netladder verdict results/*/results.csv\n"
	      "  netladder report results/example -o report.html\n"
	      "  netladder help run\n"
	      "\nExit: 0 done; 1 refuted; 2 bad usage or file; 3 this machine cannot;\n"
	      "4 some trials failed; 130 interrupted.\n",
	      out);
}

static int call(const struct command *command, int argc, char **argv, struct lad_error *err)
{
	char name[64];
	snprintf(name, sizeof name, "netladder %s", command->name);
	argv[0] = name;
	return command->main(argc, argv, err);
}

static int command_help(int argc, char **argv, struct lad_error *err)
{
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "version") == 0) {
		print_help(stdout);
		return LAD_EXIT_OK;
	}
	const struct command *command = find_command(argv[1]);
	if (!command) {
		lad_error_set(err, LAD_EXIT_USAGE, "unknown command '%s'; `netladder help` lists them",
			      lad_excerpt(argv[1]).text);
		return LAD_EXIT_USAGE;
	}
	char help[] = "--help";
	char *arguments[] = {argv[0], help, NULL};
	return call(command, 2, arguments, err);
}

static int command_version(int argc, char **argv, struct lad_error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	puts("netladder " LAD_VERSION);
	return LAD_EXIT_OK;
}

int main(int argc, char **argv)
{
	lad_standard_streams("netladder");
	setlocale(LC_CTYPE, "");
	argp_err_exit_status = LAD_EXIT_USAGE;
	if (argc < 2) {
		print_help(stderr);
		return LAD_EXIT_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0)
		name = "version";
	const struct command *command = find_command(name);
	struct lad_error err = {0};
	if (!command) {
		fprintf(stderr, "netladder: unknown command '%s'; `netladder help` lists them\n",
			lad_excerpt(name).text);
		return LAD_EXIT_USAGE;
	}
	int code = call(command, argc - 1, argv + 1, &err);
	if (err.message[0])
		fprintf(stderr, "netladder: %s\n", lad_error_line(&err).text);
	return code;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/report.h"

#include <argp.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/incomplete.h"
#include "netladder/output.h"
#include "netladder/text.h"

struct arguments {
	const char *folders[LAD_REPORT_FOLDERS_MAX];
	int folder_count;
	const char *output, *title;
	enum lad_report_format format;
};

static const char *const format_names[] = {[LAD_REPORT_HTML] = "html", [LAD_REPORT_MARKDOWN] = "markdown"};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'o':
		arguments->output = text;
		return 0;
	case 't':
		arguments->title = text;
		return 0;
	case 'f':
		arguments->format = (enum lad_report_format)command_word(state, "format", text, format_names, 2);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->folder_count == LAD_REPORT_FOLDERS_MAX)
			argp_error(state, "more than %d results folders", LAD_REPORT_FOLDERS_MAX);
		else
			arguments->folders[arguments->folder_count++] = text;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->folder_count)
			argp_error(state, "name a results folder, such as results/example");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "Where to write it (default DIR/report.html, DIR/report.md; - is standard output)", 0},
    {"format", 'f', "FORMAT", 0, "html (default): one file that loads nothing; markdown: for a pull request or a wiki",
     0},
    {"title", 't', "TEXT", 0, "Title (default: the scenario's name)", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "DIR...",
    "Writes a report of results that were measured before; needs no root and no network. Several folders are compared "
    "with the first.\v"
    "Exit: 0 written, 2 bad usage or results, 3 it cannot be written.\n\n"
    "Examples:\n"
    "  netladder report results/2026-11-24T14-30-00Z-ladder\n"
    "  netladder report results/example -o /tmp/ladder.html --title \"Our two-core machines\"\n"
    "  netladder report results/monday results/friday -o week.html\n"
    "  netladder report results/example --format markdown -o -",
    NULL,
    NULL,
    NULL};

/* Says what the files of FOLDER lack, as the report does, too; those that cannot be read the report refuses. */
static void warn_of(const char *folder)
{
	char path[4200], line[4400];
	struct lad_table table;
	lad_report_path(folder, "results.csv", path, sizeof path);
	if (lad_table_read(path, &table, NULL) < 0)
		return;
	command_warn_incomplete(path, &table);
	lad_table_free(&table);
	lad_report_path(folder, "histograms.csv", path, sizeof path);
	if (lad_records_describe_cut(path, path, line, sizeof line))
		command_warn(line);
}

int command_report(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {0};
	char path[4200];
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	struct lad_report_request request = {.folders = arguments.folders,
					     .folder_count = arguments.folder_count,
					     .format = arguments.format,
					     .title = arguments.title};
	for (int i = 0; i < arguments.folder_count; i++)
		warn_of(arguments.folders[i]);
	if (arguments.output && strcmp(arguments.output, "-") == 0)
		return lad_report_write(&request, stdout, err) < 0 ? (int)err->exit_code : LAD_EXIT_OK;
	const char *name = arguments.format == LAD_REPORT_HTML ? "report.html" : "report.md";
	if (arguments.output)
		snprintf(path, sizeof path, "%s", arguments.output);
	else
		lad_report_path(arguments.folders[0], name, path, sizeof path);
	if (lad_report_save(&request, path, err) < 0)
		return (int)err->exit_code;
	if (!lad_output_is_stdout(path))
		printf("%s\n", lad_text_clean(path));
	return LAD_EXIT_OK;
}

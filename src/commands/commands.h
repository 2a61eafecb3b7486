/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

/* A subcommand: one file, and one line in the table of main.c. Each parses its own arguments with argp(3). */

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "netladder/compare.h"
#include "netladder/error.h"
#include "netladder/results.h"
#include "netladder/scenario.h"
#include "netladder/verdict.h"

struct command {
	const char *name, *summary;
	/* argv[0] is "netladder NAME". Returns the exit code; on failure fills ERR and returns its exit code. */
	int (*main)(int argc, char **argv, struct lad_error *err);
};

int command_run(int argc, char **argv, struct lad_error *err);
int command_verdict(int argc, char **argv, struct lad_error *err);
int command_compare(int argc, char **argv, struct lad_error *err);
int command_clean(int argc, char **argv, struct lad_error *err);
int command_probe(int argc, char **argv, struct lad_error *err);
int command_clean(int argc, char **argv, struct lad_error *err);
int command_chart(int argc, char **argv, struct lad_error *err);
int command_report(int argc, char **argv, struct lad_error *err);
int command_columns(int argc, char **argv, struct lad_error *err);
int command_capacity(int argc, char **argv, struct lad_error *err);

/* What several commands' options have in common: the names of Docker Engines, and --metric, which tells WHAT. */
#define COMMAND_ENGINES "unix:///path, tcp://node:port, ssh://user@node or a context's name"
#define COMMAND_METRIC(what)                                                                                           \
	{                                                                                                              \
		"metric", 'M', "COLUMN,...", 0, what ", or `all` (default: each workload's main figure)", 0            \
	}

/* print.c: what --format takes, the default first. --json is COMMAND_JSON. */
enum command_format {
	COMMAND_TABLE,
	COMMAND_MARKDOWN,
	COMMAND_JSON,
	COMMAND_JUNIT,
	COMMAND_GITHUB,
	COMMAND_FORMAT_COUNT
};
extern const char *const command_format_names[COMMAND_FORMAT_COUNT];
/* The one way to print each on standard output. REQUIRE_ALL: lines that are missing count as worse. */
void command_print_verdict(const struct lad_verdict *verdict, bool json);
void command_print_compare(const struct lad_compare *compare, enum command_format format, bool require_all);
/* The last of a command: a program that wanted JSON gets the failure in ERR as such, if there is one. Returns CODE. */
int command_end(bool json, int code, const struct lad_error *err);

/* How to print on this stdout: colours only on a terminal without NO_COLOR, ≈ only in a UTF-8 locale. */
struct lad_print_options command_print_options(FILE *out);

/*
 * Results by name (results.c): a results.csv, or the folder that holds one. The path of the file goes to PATH; whether
 * it is there is for the reader to find out. True: NAME is a folder.
 */
bool command_results_path(const char *name, char *path, size_t size);
/* As lad_table_read. Where PATH is not there, and folders beside it hold results, the newest is the error's remedy. */
int command_table_read(const char *path, struct lad_table *table, struct lad_error *err);
/*
 * What results are held against when the command line says nothing: the order, margin and level of the scenario.yaml
 * beside RESULTS_PATH; lad_documented for what is not there. The order is in RELATIONS, which the answer points to.
 */
struct lad_verdict_options command_expected(const char *results_path, struct lad_relation relations[LAD_RELATIONS_MAX]);
/*
 * Reads a comma list of such names into one TABLE, which lad_table_free releases; what a file lacks is said on standard
 * error, as the next one does.
 */
int command_read_results(const char *list, struct lad_table *table, struct lad_error *err);
/* Says on standard error what the file PATH, whose rows are TABLE, lacks: see incomplete.h. */
void command_warn_incomplete(const char *path, const struct lad_table *table);
void command_warn(const char *line);

/*
 * The folder of a run's results (folder.c): makes OUT, which must not exist, or NULL: results/<UTC time>-SCENARIO, with
 * a number behind it when that is taken. PATH gets its name.
 */
int command_folder_make(const char *out, const char *scenario, char *path, size_t size, struct lad_error *err);
/* Keeps every other run out of the folder PATH as long as the descriptor that it returns is open; -1 with ERR. */
int command_folder_lock(const char *path, struct lad_error *err);
/* Removes the folder of a run that has measured nothing; what is in it besides that run's files keeps it. */
void command_folder_discard(const char *path);

/* percent.c: an option's value in percent, with or without its sign, as a ratio; ends the program when out of range. */
double command_percent(struct argp_state *state, const char *option, const char *text, double low, double high);
/* words.c: which of COUNT WORDS an option's value is; another value ends the program with those that are valid. */
int command_word(struct argp_state *state, const char *option, const char *text, const char *const *words, int count);
/* The same for an option that is called as a COLUMN of words (columns.h) and takes those: returns TEXT. */
const char *command_column_word(struct argp_state *state, const char *column, const char *text);

/* The value of --hosts, "ENGINE,ENGINE": in place of the hosts that SETTINGS names. */
int command_parse_engines(const char *list, struct lad_docker_settings *settings, struct lad_error *err);

#endif

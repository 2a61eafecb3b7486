/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/incomplete.h"

bool command_results_path(const char *name, char *path, size_t size)
{
	struct stat about;
	size_t length = strlen(name);
	if (stat(name, &about) < 0 || !S_ISDIR(about.st_mode)) {
		snprintf(path, size, "%s", name);
		return false;
	}
	while (length > 1 && name[length - 1] == '/')
		length--;
	snprintf(path, size, "%.*s/results.csv", (int)length, name);
	return true;
}

struct lad_verdict_options command_expected(const char *results_path, struct lad_relation relations[LAD_RELATIONS_MAX])
{
	char path[PATH_MAX];
	struct lad_error unused = {0};
	const char *slash = strrchr(results_path, '/');
	int length = slash ? (int)(slash - results_path) : 1;
	snprintf(path, sizeof path, "%.*s/scenario.yaml", length, slash ? results_path : ".");
	lad_cleanup_free struct lad_scenario *scenario = calloc(1, sizeof *scenario);
	struct lad_verdict_options expected = lad_documented;
	if (!scenario || access(path, R_OK) < 0 || lad_scenario_load(path, scenario, &unused) < 0)
		return expected;
	expected.margin = scenario->margin;
	expected.alpha = scenario->alpha;
	memcpy(relations, scenario->relations, sizeof scenario->relations);
	expected.relations = relations;
	expected.relation_count = scenario->relation_count;
	return expected;
}

void command_warn(const char *line)
{
	fprintf(stderr, "netladder: %s\n", line);
}

void command_warn_incomplete(const char *path, const struct lad_table *table)
{
	char line[PATH_MAX + 200];
	struct lad_incomplete found;
	lad_incomplete_look(path, table, &found);
	if (lad_incomplete_describe(&found, path, line, sizeof line))
		command_warn(line);
}

int command_read_results(const char *list, struct lad_table *table, struct lad_error *err)
{
	lad_cleanup_free char *names = strdup(list);
	char *rest = names, *name;
	int status = 0;
	memset(table, 0, sizeof *table);
	if (!names)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	while (status == 0 && (name = strsep(&rest, ","))) {
		char path[PATH_MAX];
		struct lad_table one;
		command_results_path(name, path, sizeof path);
		status = lad_table_read(path, &one, err);
		if (status < 0)
			break;
		command_warn_incomplete(path, &one);
		if (table->row_count == 0) { /* one file needs no second copy of its rows */
			lad_table_free(table);
			*table = one;
			continue;
		}
		status = lad_table_append(table, &one, err);
		lad_table_free(&one);
	}
	if (status < 0)
		lad_table_free(table);
	return status;
}

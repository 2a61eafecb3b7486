/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
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

#define RUN_PATH_MAX (PATH_MAX + NAME_MAX + 2)

/* Of the folders in that of PATH, the one whose results.csv was written last; false: none has one. */
static bool newest_run(const char *path, char newest[RUN_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX], file[RUN_PATH_MAX + 16];
	time_t latest = 0;
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	DIR *directory = opendir(folder);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		struct stat about;
		snprintf(file, sizeof file, "%s/%s/results.csv", folder, entry->d_name);
		if (entry->d_name[0] == '.' || stat(file, &about) < 0 || about.st_mtime < latest)
			continue;
		latest = about.st_mtime;
		snprintf(newest, RUN_PATH_MAX, "%s/%s", folder, entry->d_name);
	}
	if (directory)
		closedir(directory);
	return latest > 0;
}

int command_table_read(const char *path, struct lad_table *table, struct lad_error *err)
{
	char newest[RUN_PATH_MAX];
	if (lad_table_read(path, table, err) == 0)
		return 0;
	if (access(path, F_OK) < 0 && newest_run(path, newest))
		lad_error_remedy(err, "%s, the newest of the runs there", newest);
	return -1;
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
		status = command_table_read(path, &one, err);
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

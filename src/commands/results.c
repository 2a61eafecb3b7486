/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"

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
		status = lad_table_append(table, &one, err);
		lad_table_free(&one);
	}
	if (status < 0)
		lad_table_free(table);
	return status;
}

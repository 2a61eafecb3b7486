/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/*
 * modules.dep(5): "kernel/net/bridge/bridge.ko: kernel/net/802/stp.ko kernel/net/llc/llc.ko". A module's own line names
 * all it needs; the order among those is found by following each one's line.
 */

/* No chain of modules is longer; a file that says so is not from depmod. */
#define DEPTH_MAX 32

/* "kernel/net/bridge/br_netfilter.ko.xz" is the module NAME "br-netfilter". */
static bool is_module(const char *path, size_t length, const char *name)
{
	size_t start = length;
	while (start > 0 && path[start - 1] != '/')
		start--;
	for (; *name; name++, start++) {
		char expected = *name == '-' ? '_' : *name;
		if (start >= length || (path[start] == '-' ? '_' : path[start]) != expected)
			return false;
	}
	return start + 3 <= length && strncmp(path + start, ".ko", 3) == 0;
}

static bool is_listed(const struct vm_modules *modules, const char *path)
{
	for (int i = 0; i < modules->count; i++)
		if (strcmp(modules->paths[i], path) == 0)
			return true;
	return false;
}

static int append(struct vm_modules *modules, const char *path, struct lad_error *err)
{
	if (is_listed(modules, path))
		return 0;
	char *copy = modules->count < VM_MODULES_MAX ? strdup(path) : NULL;
	if (!copy)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory, or more than %d modules", VM_MODULES_MAX);
	modules->paths[modules->count++] = copy;
	return 0;
}

/* The line of modules.dep whose module is PATH (exact) or NAME; malloc'd, or NULL. */
static char *find_line(const char *dep, const char *path, const char *name)
{
	for (const char *line = dep; *line;) {
		size_t length = strcspn(line, "\n");
		size_t own = strcspn(line, ":\n");
		bool found = path ? own == strlen(path) && strncmp(line, path, own) == 0 : is_module(line, own, name);
		if (found && line[own] == ':')
			return strndup(line, length);
		line += length;
		line += *line == '\n';
	}
	return NULL;
}

static int add_line(struct vm_modules *modules, const char *dep, char *line, int depth, struct lad_error *err)
{
	char *rest = strchr(line, ':');
	*rest++ = '\0';
	if (is_listed(modules, line))
		return 0;
	if (depth > DEPTH_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "modules.dep goes round in circles at %s", line);
	char *save = NULL;
	for (char *word = strtok_r(rest, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		lad_cleanup_free char *needed = find_line(dep, word, "");
		if (!needed)
			return lad_error_set(err, LAD_EXIT_USAGE, "modules.dep has no line for %s", word);
		if (add_line(modules, dep, needed, depth + 1, err) < 0)
			return -1;
	}
	return append(modules, line, err);
}

static int read_text(const char *folder, const char *name, char **text, struct lad_error *err)
{
	char path[PATH_MAX];
	struct lad_bytes bytes;
	snprintf(path, sizeof path, "%.3900s/%s", folder, name);
	if (lad_file_read(path, VM_FILE_BYTES_MAX, &bytes, err) < 0)
		return -1;
	bytes.data[bytes.size] = '\0';
	*text = (char *)bytes.data;
	return 0;
}

/* modules.builtin: one path a line. */
static bool is_builtin(const char *folder, const char *name)
{
	lad_cleanup_free char *text = NULL;
	if (read_text(folder, "modules.builtin", &text, NULL) < 0)
		return false;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (is_module(line, length, name))
			return true;
		line += length;
		line += *line == '\n';
	}
	return false;
}

int vm_modules_add(struct vm_modules *modules, const char *folder, const char *name, bool required,
		   struct lad_error *err)
{
	lad_cleanup_free char *dep = NULL;
	if (read_text(folder, "modules.dep", &dep, err) < 0)
		return -1;
	lad_cleanup_free char *line = find_line(dep, NULL, name);
	if (line)
		return add_line(modules, dep, line, 0, err);
	if (!required || is_builtin(folder, name))
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "the kernel of %s has no module %s", folder, name);
}

void vm_modules_free(struct vm_modules *modules)
{
	for (int i = 0; i < modules->count; i++)
		free(modules->paths[i]);
	modules->count = 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/*
 * A kernel is a folder with the bzImage `vmlinuz` and the folder `modules` (what is in /lib/modules/RELEASE):
 * scripts/fetch-kernel.sh makes such folders, and a user may make more.
 */

static int use_folder(const char *folder, struct vm_kernel *kernel, struct lad_error *err)
{
	char dep[PATH_MAX];
	snprintf(kernel->image, sizeof kernel->image, "%.4000s/vmlinuz", folder);
	snprintf(kernel->modules, sizeof kernel->modules, "%.4000s/modules", folder);
	snprintf(dep, sizeof dep, "%.4000s/modules/modules.dep", folder);
	const char *missing = access(kernel->image, R_OK) < 0 ? kernel->image : access(dep, R_OK) < 0 ? dep : NULL;
	if (missing)
		return lad_error_errno(err, errno, "%.300s", missing);
	return 0;
}

static int is_kernel(const struct dirent *entry)
{
	return strncmp(entry->d_name, "kernel-", strlen("kernel-")) == 0;
}

/* The newest kernel-VERSION in FOLDER. 0 and NEWEST "" when there is none. */
static void find_newest(const char *folder, char *newest, size_t size)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_kernel, versionsort);
	newest[0] = '\0';
	for (int i = 0; i < count; i++) {
		if (i == count - 1)
			snprintf(newest, size, "%.3000s/%s", folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

void vm_cache_folder(char *folder, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (cache && *cache)
		snprintf(folder, size, "%.3000s/netladder", cache);
	else
		snprintf(folder, size, "%.3000s/.cache/netladder", home ? home : "");
}

int vm_kernel_find(const char *wanted, struct vm_kernel *kernel, struct lad_error *err)
{
	char cache[PATH_MAX], folder[PATH_MAX];
	if (*wanted) {
		if (use_folder(wanted, kernel, err) == 0)
			return 0;
		err->exit_code = LAD_EXIT_USAGE;
		return lad_error_context(err,
					 "vm.kernel: valid: a folder with vmlinuz and modules (as /lib/modules/RELEASE "
					 "after depmod)");
	}
	vm_cache_folder(cache, sizeof cache);
	find_newest(cache, folder, sizeof folder);
	if (*folder)
		return use_folder(folder, kernel, err);
	lad_error_set(err, LAD_EXIT_UNABLE, "the vm lab's kernel is not in %.300s", cache);
	return lad_error_remedy(err, "scripts/fetch-kernel.sh (no root needed)");
}

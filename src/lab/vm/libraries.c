/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/* What the programs are linked with. Wherever a distribution's loader looks, it looks into /lib. */

static int add_links(struct vm_archive *archive)
{
	return vm_archive_link(archive, "lib64", "lib") < 0 || vm_archive_link(archive, "usr/lib", "../lib") < 0 ||
		       vm_archive_link(archive, "usr/lib64", "../lib") < 0 ||
		       vm_archive_link(archive, "lib/x86_64-linux-gnu", ".") < 0
		   ? -1
		   : 0;
}

static int add_library(struct vm_archive *archive, const char *path, struct lad_error *err)
{
	char inside[sizeof((struct lad_libraries *)0)->paths[0] + 8];
	lad_cleanup_bytes struct lad_bytes file;
	if (lad_file_read(path, VM_FILE_BYTES_MAX, &file, err) < 0)
		return -1;
	snprintf(inside, sizeof inside, "lib%s", strrchr(path, '/'));
	return vm_archive_file(archive, inside, file.data, file.size, true) < 0
		   ? lad_error_set(err, LAD_EXIT_UNABLE, "out of memory")
		   : 0;
}

int vm_libraries_add(struct vm_archive *archive, const int *program_fds, int count, struct lad_error *err)
{
	lad_cleanup_free struct lad_libraries *libraries = calloc(1, sizeof *libraries);
	if (!libraries || add_links(archive) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < count; i++)
		if (lad_libraries_add(libraries, program_fds[i], "a program of the guest's", err) < 0)
			return -1;
	for (int i = 0; i < libraries->count; i++)
		if (add_library(archive, libraries->paths[i], err) < 0)
			return -1;
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/* The "newc" format of cpio(5), as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst).
 */

#define MODE_FOLDER 0040755u
#define MODE_FILE 0100644u
#define MODE_PROGRAM 0100755u
#define MODE_LINK 0120777u

struct entry {
	char *path;
	unsigned mode;
	unsigned char *data;
	size_t size;
};

struct vm_archive {
	struct entry *entries;
	size_t count;
};

struct vm_archive *vm_archive_new(void)
{
	return calloc(1, sizeof(struct vm_archive));
}

void vm_archive_free(struct vm_archive *archive)
{
	for (size_t i = 0; archive && i < archive->count; i++) {
		free(archive->entries[i].path);
		free(archive->entries[i].data);
	}
	if (archive)
		free(archive->entries);
	free(archive);
}

static bool has_entry(const struct vm_archive *archive, const char *path)
{
	for (size_t i = 0; i < archive->count; i++)
		if (strcmp(archive->entries[i].path, path) == 0)
			return true;
	return false;
}

static int add(struct vm_archive *archive, const char *path, unsigned mode, const void *data, size_t size)
{
	struct entry entry = {.path = strdup(path), .mode = mode, .data = malloc(size + 1), .size = size};
	struct entry *entries = reallocarray(archive->entries, archive->count + 1, sizeof *entries);
	if (entries)
		archive->entries = entries;
	if (!entries || !entry.path || !entry.data) {
		free(entry.path);
		free(entry.data);
		return -1;
	}
	if (size)
		memcpy(entry.data, data, size);
	archive->entries[archive->count++] = entry;
	return 0;
}

int vm_archive_folder(struct vm_archive *archive, const char *path)
{
	lad_cleanup_free char *prefix = strdup(path);
	if (!prefix)
		return -1;
	for (char *slash = strchr(prefix, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (!has_entry(archive, prefix) && add(archive, prefix, MODE_FOLDER, NULL, 0) < 0)
			return -1;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static int add_parents(struct vm_archive *archive, const char *path)
{
	lad_cleanup_free char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	if (!slash)
		return parent ? 0 : -1;
	*slash = '\0';
	return vm_archive_folder(archive, parent);
}

int vm_archive_file(struct vm_archive *archive, const char *path, const void *data, size_t size, bool executable)
{
	if (add_parents(archive, path) < 0)
		return -1;
	return add(archive, path, executable ? MODE_PROGRAM : MODE_FILE, data, size);
}

int vm_archive_link(struct vm_archive *archive, const char *path, const char *target)
{
	return add_parents(archive, path) < 0 ? -1 : add(archive, path, MODE_LINK, target, strlen(target));
}

static void pad(FILE *out, size_t written)
{
	static const char zeros[4];
	fwrite(zeros, 1, (4 - written % 4) % 4, out);
}

static void write_entry(FILE *out, unsigned inode, const struct entry *entry)
{
	size_t name = strlen(entry->path) + 1;
	fprintf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode, entry->mode, 0u, 0u, 1u, 0u,
		(unsigned)entry->size, 0u, 0u, 0u, 0u, (unsigned)name, 0u);
	fwrite(entry->path, 1, name, out);
	pad(out, 110 + name);
	if (entry->size)
		fwrite(entry->data, 1, entry->size, out);
	pad(out, entry->size);
}

/* A folder sorts before what is in it, so the kernel can make it first. */
static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	return strcmp(a->path, b->path);
}

int vm_archive_write(struct vm_archive *archive, FILE *out)
{
	struct entry end = {.path = (char *)"TRAILER!!!"};
	qsort(archive->entries, archive->count, sizeof *archive->entries, compare);
	for (size_t i = 0; i < archive->count; i++)
		write_entry(out, (unsigned)i + 1, &archive->entries[i]);
	write_entry(out, 0, &end);
	return ferror(out) || fflush(out) != 0 ? -1 : 0;
}

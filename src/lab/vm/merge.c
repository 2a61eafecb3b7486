/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/* The guest's environment.json is not yet the run's: vm_environment.c completes it. */
static int keep_environment(struct vm_merger *merger, struct vm_file *file, struct lad_error *err)
{
	unsigned char *copy = realloc(merger->environment.data, file->bytes.size + 1);
	if (!copy)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	memcpy(copy, file->bytes.data, file->bytes.size);
	copy[file->bytes.size] = '\0';
	merger->environment = (struct lad_bytes){copy, file->bytes.size};
	return 0;
}

static int open_file(struct vm_merger *merger, const char *name, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%.4000s/%s", merger->directory, name);
	int fd = merger->file_count == VM_FILES_MAX
		     ? -1
		     : open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot create %s", path);
	snprintf(merger->files[merger->file_count].name, sizeof merger->files[0].name, "%s", name);
	merger->files[merger->file_count++].fd = fd;
	return fd;
}

static int find_file(const struct vm_merger *merger, const char *name)
{
	for (int i = 0; i < merger->file_count; i++)
		if (strcmp(merger->files[i].name, name) == 0)
			return merger->files[i].fd;
	return -1;
}

static bool is_table(const char *name)
{
	size_t length = strlen(name);
	return length > 4 && strcmp(name + length - 4, ".csv") == 0;
}

/* Up to and with the first newline; everything when there is none. */
static size_t header_size(const struct vm_file *file)
{
	const unsigned char *end = memchr(file->bytes.data, '\n', file->bytes.size);
	return end ? (size_t)(end - file->bytes.data) + 1 : file->bytes.size;
}

static int merge_file(struct vm_merger *merger, struct vm_file *file, struct lad_error *err)
{
	if (file->merged == file->bytes.size)
		return 0;
	int fd = find_file(merger, file->name);
	bool first_here = file->merged == 0 && fd < 0;
	if (first_here && (fd = open_file(merger, file->name, err)) < 0)
		return -1;
	if (!first_here && file->merged == 0)
		file->merged = is_table(file->name) ? header_size(file) : file->bytes.size;
	const unsigned char *data = file->bytes.data + file->merged;
	size_t size = file->bytes.size - file->merged;
	if (size && write(fd, data, size) != (ssize_t)size)
		return lad_error_errno(err, errno, "cannot write %s/%s", merger->directory, file->name);
	for (size_t i = 0; i < size && strcmp(file->name, "results.csv") == 0; i++)
		merger->rows += data[i] == '\n';
	merger->rows -= first_here && strcmp(file->name, "results.csv") == 0; /* the header */
	file->merged = file->bytes.size;
	return 0;
}

int vm_merge(struct vm_merger *merger, struct vm_receiver *receiver, struct lad_error *err)
{
	for (int i = 0; i < receiver->file_count; i++) {
		struct vm_file *file = &receiver->files[i];
		bool environment = strcmp(file->name, "environment.json") == 0;
		if ((environment ? keep_environment(merger, file, err) : merge_file(merger, file, err)) < 0)
			return -1;
	}
	return 0;
}

void vm_merger_close(struct vm_merger *merger)
{
	for (int i = 0; i < merger->file_count; i++) {
		fsync(merger->files[i].fd);
		close(merger->files[i].fd);
	}
	merger->file_count = 0;
	lad_bytes_free(&merger->environment);
}

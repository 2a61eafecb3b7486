/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm/guest.h"
#include "netladder/cleanup.h"

#define CHUNK_BYTES 32768

static off_t *offset_of(struct vm_shipper *shipper, const char *name)
{
	for (int i = 0; i < shipper->file_count; i++)
		if (strcmp(shipper->files[i].name, name) == 0)
			return &shipper->files[i].offset;
	if (shipper->file_count == VM_FILES_MAX || strlen(name) >= sizeof shipper->files[0].name)
		return NULL;
	strcpy(shipper->files[shipper->file_count].name, name);
	return &shipper->files[shipper->file_count++].offset;
}

static int ship_file(struct vm_shipper *shipper, const char *name, int port_fd)
{
	char path[512], frame[sizeof shipper->files[0].name + CHUNK_BYTES];
	off_t *offset = offset_of(shipper, name);
	if (!offset) {
		errno = EMFILE;
		return -1;
	}
	snprintf(path, sizeof path, "%s/%s", shipper->directory, name);
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t head = strlen(name) + 1;
	ssize_t got = -1;
	memcpy(frame, name, head);
	while (fd >= 0 && (got = pread(fd, frame + head, CHUNK_BYTES, *offset)) > 0) {
		if (vm_frame_write(port_fd, VM_FRAME_FILE, frame, head + (size_t)got) < 0)
			return -1;
		*offset += got;
	}
	return got < 0 ? -1 : 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int vm_ship(struct vm_shipper *shipper, int port_fd)
{
	struct dirent **entries = NULL;
	int count = scandir(shipper->directory, &entries, is_visible, alphasort);
	int status = count < 0 ? -1 : 0;
	for (int i = 0; i < count; i++) {
		if (status == 0)
			status = ship_file(shipper, entries[i]->d_name, port_fd);
		free(entries[i]);
	}
	free(entries);
	return status;
}

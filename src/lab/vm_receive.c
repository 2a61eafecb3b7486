/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"

/* The guest names files of the results folder, and nothing else: no way out, no hidden ones. */
static bool is_file_name(const char *name, size_t length)
{
	if (length == 0 || length >= sizeof((struct vm_receiver *)NULL)->files[0].name || name[0] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-.", name[i]))
			return false;
	return true;
}

/* The descriptor of a file, created when it is new; -1 with ERR. */
static int file_of(struct vm_receiver *receiver, const char *name, struct lad_error *err)
{
	for (int i = 0; i < receiver->file_count; i++)
		if (strcmp(receiver->files[i].name, name) == 0)
			return receiver->files[i].fd;
	if (receiver->file_count == VM_FILES_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the guest writes more than %d files", VM_FILES_MAX);
	int fd = openat(receiver->directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot create %s", name);
	snprintf(receiver->files[receiver->file_count].name, sizeof receiver->files[0].name, "%s", name);
	receiver->files[receiver->file_count++].fd = fd;
	return fd;
}

static int keep_environment(struct vm_receiver *receiver, const unsigned char *data, size_t size, struct lad_error *err)
{
	struct vm_bytes *kept = &receiver->environment;
	unsigned char *grown = realloc(kept->data, kept->size + size + 1);
	if (!grown)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	memcpy(grown + kept->size, data, size);
	*kept = (struct vm_bytes){grown, kept->size + size};
	kept->data[kept->size] = '\0';
	return 0;
}

static int append(struct vm_receiver *receiver, const struct vm_frame *frame, struct lad_error *err)
{
	const char *name = (const char *)frame->data;
	size_t length = strnlen(name, frame->size);
	if (length == frame->size || !is_file_name(name, length))
		return lad_error_set(err, LAD_EXIT_UNABLE, "the guest names no file that belongs to results");
	const unsigned char *data = frame->data + length + 1;
	size_t size = frame->size - length - 1;
	if (strcmp(name, "environment.json") == 0)
		return keep_environment(receiver, data, size, err);
	int fd = file_of(receiver, name, err);
	if (fd < 0)
		return -1;
	if (write(fd, data, size) != (ssize_t)size)
		return lad_error_errno(err, errno, "cannot write %s", name);
	for (size_t i = 0; i < size && strcmp(name, "results.csv") == 0; i++)
		receiver->rows += data[i] == '\n';
	return 0;
}

static int end(struct vm_receiver *receiver, const struct vm_frame *frame, struct lad_error *err)
{
	char text[1200];
	int used = 0;
	struct lad_run_outcome *outcome = &receiver->outcome;
	snprintf(text, sizeof text, "%.*s", (int)frame->size, (const char *)frame->data);
	if (sscanf(text, "%d %d %d %d %n", &outcome->ok, &outcome->failed, &outcome->skipped, &receiver->exit_code,
		   &used) != 4)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the guest's last word is not understood");
	snprintf(receiver->message, sizeof receiver->message, "%.1000s", text + used);
	receiver->ended = true;
	return 0;
}

static int handle(struct vm_receiver *receiver, const struct vm_frame *frame, struct lad_error *err)
{
	switch (frame->type) {
	case VM_FRAME_HELLO:
		receiver->hello = true;
		return 0;
	case VM_FRAME_FILE:
		return append(receiver, frame, err);
	case VM_FRAME_LOG:
		fwrite(frame->data, 1, frame->size, stderr);
		return 0;
	case VM_FRAME_END:
		return end(receiver, frame, err);
	case VM_FRAME_TYPES:
		break;
	}
	return 0;
}

ssize_t vm_receive(struct vm_receiver *receiver, int port_fd, off_t *offset, struct lad_error *err)
{
	unsigned char buffer[65536];
	ssize_t got, total = 0;
	while ((got = pread(port_fd, buffer, sizeof buffer, *offset)) > 0) {
		*offset += got;
		total += got;
		if (vm_decoder_add(&receiver->decoder, buffer, (size_t)got, err) < 0)
			return -1;
		struct vm_frame frame;
		int status;
		while ((status = vm_decoder_next(&receiver->decoder, &frame, err)) > 0)
			if (handle(receiver, &frame, err) < 0)
				return -1;
		if (status < 0)
			return -1;
	}
	return got < 0 ? lad_error_errno(err, errno, "cannot read the guest's port") : total;
}

void vm_receiver_close(struct vm_receiver *receiver)
{
	for (int i = 0; i < receiver->file_count; i++)
		close(receiver->files[i].fd);
	receiver->file_count = 0;
	vm_decoder_free(&receiver->decoder);
	vm_bytes_free(&receiver->environment);
	lad_close_fd(&receiver->directory_fd);
	receiver->directory_fd = -1;
}

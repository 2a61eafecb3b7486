/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm/vm.h"
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

static struct vm_file *file_of(struct vm_receiver *receiver, const char *name)
{
	for (int i = 0; i < receiver->file_count; i++)
		if (strcmp(receiver->files[i].name, name) == 0)
			return &receiver->files[i];
	if (receiver->file_count == VM_FILES_MAX)
		return NULL;
	struct vm_file *file = &receiver->files[receiver->file_count++];
	snprintf(file->name, sizeof file->name, "%s", name);
	return file;
}

static int append(struct vm_receiver *receiver, const struct vm_frame *frame, struct lad_error *err)
{
	const char *name = (const char *)frame->data;
	size_t length = strnlen(name, frame->size);
	if (length == frame->size || !is_file_name(name, length))
		return lad_error_set(err, LAD_EXIT_UNABLE, "the guest names no file that belongs to results");
	struct vm_file *file = file_of(receiver, name);
	size_t size = frame->size - length - 1;
	unsigned char *grown = file ? realloc(file->bytes.data, file->bytes.size + size + 1) : NULL;
	if (!grown)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory, or the guest writes more than %d files",
				     VM_FILES_MAX);
	memcpy(grown + file->bytes.size, frame->data + length + 1, size);
	file->bytes = (struct lad_bytes){grown, file->bytes.size + size};
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

ssize_t vm_receive(struct vm_receiver *receiver, int port_fd, struct lad_error *err)
{
	unsigned char buffer[65536];
	ssize_t got, total = 0;
	while ((got = pread(port_fd, buffer, sizeof buffer, receiver->offset)) > 0) {
		receiver->offset += got;
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
		lad_bytes_free(&receiver->files[i].bytes);
	vm_decoder_free(&receiver->decoder);
	*receiver = (struct vm_receiver){.file_count = 0};
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm/vm.h"

/* A frame: "nlf1", type and length as 32 bits little endian, then the bytes. */
static const char magic[4] = {'n', 'l', 'f', '1'};

static int write_all(int fd, const void *data, size_t size)
{
	const unsigned char *next = data;
	while (size > 0) {
		ssize_t written = write(fd, next, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		next += written;
		size -= (size_t)written;
	}
	return 0;
}

int vm_frame_write(int fd, enum vm_frame_type type, const void *data, size_t size)
{
	unsigned char header[VM_FRAME_HEADER];
	uint32_t type_field = htole32((uint32_t)type), size_field = htole32((uint32_t)size);
	if (size > VM_FRAME_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(header, magic, 4);
	memcpy(header + 4, &type_field, 4);
	memcpy(header + 8, &size_field, 4);
	return write_all(fd, header, sizeof header) < 0 ? -1 : write_all(fd, data, size);
}

int vm_decoder_add(struct vm_decoder *decoder, const void *data, size_t size, struct lad_error *err)
{
	if (decoder->consumed) {
		memmove(decoder->data, decoder->data + decoder->consumed, decoder->used - decoder->consumed);
		decoder->used -= decoder->consumed;
		decoder->consumed = 0;
	}
	if (decoder->used + size > decoder->capacity) {
		size_t capacity = 2 * (decoder->used + size);
		unsigned char *grown = realloc(decoder->data, capacity);
		if (!grown)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		decoder->data = grown;
		decoder->capacity = capacity;
	}
	memcpy(decoder->data + decoder->used, data, size);
	decoder->used += size;
	return 0;
}

int vm_decoder_next(struct vm_decoder *decoder, struct vm_frame *frame, struct lad_error *err)
{
	const unsigned char *next = decoder->data + decoder->consumed;
	size_t left = decoder->used - decoder->consumed;
	uint32_t type, size;
	if (left < VM_FRAME_HEADER)
		return 0;
	memcpy(&type, next + 4, 4);
	memcpy(&size, next + 8, 4);
	type = le32toh(type);
	size = le32toh(size);
	if (memcmp(next, magic, 4) != 0 || type >= VM_FRAME_TYPES || size > VM_FRAME_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the guest's port carries something that is no frame");
	if (left - VM_FRAME_HEADER < size)
		return 0;
	*frame = (struct vm_frame){(enum vm_frame_type)type, next + VM_FRAME_HEADER, size};
	decoder->consumed += VM_FRAME_HEADER + size;
	return 1;
}

void vm_decoder_free(struct vm_decoder *decoder)
{
	free(decoder->data);
	*decoder = (struct vm_decoder){0};
}

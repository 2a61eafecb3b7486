/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/protocol.h"

#define FIRST_CAPACITY 4096

static int make_room(struct lad_line_buffer *buffer)
{
	if (buffer->consumed) {
		memmove(buffer->data, buffer->data + buffer->consumed, buffer->used - buffer->consumed);
		buffer->used -= buffer->consumed;
		buffer->consumed = 0;
	}
	if (buffer->used < buffer->capacity)
		return 0;
	if (buffer->capacity >= LAD_LINE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	size_t capacity = buffer->capacity ? buffer->capacity * 2 : FIRST_CAPACITY;
	char *data = realloc(buffer->data, capacity);
	if (!data)
		return -1;
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int lad_line_fill(struct lad_line_buffer *buffer, int fd)
{
	if (make_room(buffer) < 0)
		return -1;
	ssize_t got = read(fd, buffer->data + buffer->used, buffer->capacity - buffer->used);
	if (got > 0)
		buffer->used += (size_t)got;
	return (int)got;
}

char *lad_line_next(struct lad_line_buffer *buffer, size_t *length)
{
	if (buffer->consumed == buffer->used)
		return NULL;
	char *line = buffer->data + buffer->consumed;
	char *end = memchr(line, '\n', buffer->used - buffer->consumed);
	if (!end)
		return NULL;
	*end = '\0';
	*length = (size_t)(end - line);
	buffer->consumed += *length + 1;
	return line;
}

void lad_line_free(struct lad_line_buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof *buffer);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "netladder/docker.h"

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Collects the eight bytes of a header. True when it is complete. */
static bool take_header(struct lad_docker_frames *frames, const unsigned char **data, size_t *size)
{
	size_t missing = sizeof frames->header - frames->header_used;
	size_t taken = *size < missing ? *size : missing;
	memcpy(frames->header + frames->header_used, *data, taken);
	frames->header_used += taken;
	*data += taken;
	*size -= taken;
	return frames->header_used == sizeof frames->header;
}

long lad_docker_frames_next(struct lad_docker_frames *frames, const unsigned char **data, size_t *size,
			    const unsigned char **payload, int *kind)
{
	while (*size > 0) {
		if (frames->left > 0) {
			size_t taken = *size < frames->left ? *size : frames->left;
			*payload = *data;
			*kind = frames->kind;
			*data += taken;
			*size -= taken;
			frames->left -= (uint32_t)taken;
			return (long)taken;
		}
		if (!take_header(frames, data, size))
			return 0;
		const unsigned char *header = frames->header;
		if (header[0] > LAD_DOCKER_STDERR || header[1] || header[2] || header[3])
			return -1;
		frames->kind = header[0];
		frames->left = big_endian(header + 4);
		frames->header_used = 0;
	}
	return 0;
}

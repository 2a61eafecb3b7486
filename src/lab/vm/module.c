/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <lzma.h>
#include <string.h>

#include "lab/vm/vm.h"

static int decompress_xz(const char *path, const struct lad_bytes *packed, struct lad_bytes *bytes,
			 struct lad_error *err)
{
	for (size_t capacity = packed->size * 8 + 65536; capacity < VM_FILE_BYTES_MAX; capacity *= 4) {
		uint64_t memory = UINT64_MAX;
		size_t in = 0, out = 0;
		unsigned char *data = malloc(capacity);
		if (!data)
			break;
		lzma_ret status =
		    lzma_stream_buffer_decode(&memory, 0, NULL, packed->data, &in, packed->size, data, &out, capacity);
		if (status == LZMA_OK) {
			*bytes = (struct lad_bytes){data, out};
			return 0;
		}
		free(data);
		if (status != LZMA_BUF_ERROR)
			break;
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "cannot decompress %s", path);
}

static bool ends_in(const char *text, const char *ending)
{
	size_t length = strlen(text), tail = strlen(ending);
	return length >= tail && strcmp(text + length - tail, ending) == 0;
}

int vm_module_read(const char *path, struct lad_bytes *bytes, struct lad_error *err)
{
	*bytes = (struct lad_bytes){0};
	if (ends_in(path, ".ko"))
		return lad_file_read(path, VM_FILE_BYTES_MAX, bytes, err);
	if (!ends_in(path, ".ko.xz"))
		return lad_error_set(err, LAD_EXIT_UNABLE, "%s: modules are read as .ko and .ko.xz only; decompress it",
				     path);
	lad_cleanup_bytes struct lad_bytes packed = {0};
	if (lad_file_read(path, VM_FILE_BYTES_MAX, &packed, err) < 0)
		return -1;
	return decompress_xz(path, &packed, bytes, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"

/* No kernel, program or library is near this. */
#define FILE_LIMIT_BYTES (INT64_C(1) << 30)

int vm_file_read_fd(int fd, const char *name, struct vm_bytes *bytes, struct lad_error *err)
{
	struct stat info;
	*bytes = (struct vm_bytes){0};
	if (fstat(fd, &info) < 0)
		return lad_error_errno(err, errno, "cannot read %s", name);
	if (!S_ISREG(info.st_mode) || info.st_size > FILE_LIMIT_BYTES)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s is no file of a fitting size", name);
	size_t size = (size_t)info.st_size, used = 0;
	unsigned char *data = malloc(size + 1);
	ssize_t got = 1;
	while (data && used < size && (got = pread(fd, data + used, size - used, (off_t)used)) > 0)
		used += (size_t)got;
	if (!data || used < size) {
		int error = data ? (got < 0 ? errno : EIO) : ENOMEM;
		free(data);
		return lad_error_errno(err, error, "cannot read %s", name);
	}
	*bytes = (struct vm_bytes){data, size};
	return 0;
}

int vm_file_read(const char *path, struct vm_bytes *bytes, struct lad_error *err)
{
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot open %s", path);
	return vm_file_read_fd(fd, path, bytes, err);
}

static int decompress_xz(const char *path, const struct vm_bytes *packed, struct vm_bytes *bytes, struct lad_error *err)
{
	for (size_t capacity = packed->size * 8 + 65536; capacity < (size_t)FILE_LIMIT_BYTES; capacity *= 4) {
		uint64_t memory = UINT64_MAX;
		size_t in = 0, out = 0;
		unsigned char *data = malloc(capacity);
		if (!data)
			break;
		lzma_ret status =
		    lzma_stream_buffer_decode(&memory, 0, NULL, packed->data, &in, packed->size, data, &out, capacity);
		if (status == LZMA_OK) {
			*bytes = (struct vm_bytes){data, out};
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

int vm_module_read(const char *path, struct vm_bytes *bytes, struct lad_error *err)
{
	*bytes = (struct vm_bytes){0};
	if (ends_in(path, ".ko"))
		return vm_file_read(path, bytes, err);
	if (!ends_in(path, ".ko.xz"))
		return lad_error_set(err, LAD_EXIT_UNABLE, "%s: modules are read as .ko and .ko.xz only; decompress it",
				     path);
	cleanup_bytes struct vm_bytes packed = {0};
	if (vm_file_read(path, &packed, err) < 0)
		return -1;
	return decompress_xz(path, &packed, bytes, err);
}

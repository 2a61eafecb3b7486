/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"

int lad_file_read_fd(int fd, const char *name, size_t most, struct lad_bytes *bytes, struct lad_error *err)
{
	struct stat info;
	*bytes = (struct lad_bytes){0};
	if (fstat(fd, &info) < 0)
		return lad_error_errno(err, errno, "cannot read %s", name);
	if (!S_ISREG(info.st_mode) || (size_t)info.st_size > most)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot read %s: valid: a file of at most %zu MiB", name,
				     most >> 20);
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
	data[size] = '\0';
	*bytes = (struct lad_bytes){data, size};
	return 0;
}

int lad_file_read(const char *path, size_t most, struct lad_bytes *bytes, struct lad_error *err)
{
	*bytes = (struct lad_bytes){0};
	/* Not waiting for the other end of a FIFO, which is no regular file anyway. */
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot read %s", path);
	return lad_file_read_fd(fd, path, most, bytes, err);
}

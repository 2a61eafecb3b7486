/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"

#define LINKS_MAX 40 /* as the kernel's own limit, path_resolution(7) */
#define PATH_BYTES 4096

/* "/proc/self/fd/1", "/dev/fd/1": the number, or -1. What stands there is a link, but its target is no path. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		const char *number = path + strlen(folders[i]);
		if (strncmp(path, folders[i], strlen(folders[i])) == 0 && *number && strlen(number) < 6 &&
		    number[strspn(number, "0123456789")] == '\0')
			return atoi(number);
	}
	return -1;
}

/* PATH with the symbolic links at its end followed, whether or not anything is there. *FD: a descriptor's, or -1. */
static int follow(const char *path, char out[PATH_BYTES], int *fd)
{
	snprintf(out, PATH_BYTES, "%s", path);
	for (int links = 0; links < LINKS_MAX; links++) {
		char target[PATH_BYTES], joined[PATH_BYTES * 2];
		*fd = descriptor_of(out);
		ssize_t length = *fd >= 0 ? -1 : readlink(out, target, sizeof target - 1);
		if (length < 0)
			return 0; /* no link: the end */
		target[length] = '\0';
		const char *slash = target[0] == '/' ? NULL : strrchr(out, '/');
		snprintf(joined, sizeof joined, "%.*s%s", slash ? (int)(slash - out) + 1 : 0, out, target);
		if (strlen(joined) >= PATH_BYTES) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(out, joined, strlen(joined) + 1);
	}
	errno = ELOOP;
	return -1;
}

static int write_all(int fd, const char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t put = write(fd, data + done, size - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			errno = put < 0 ? errno : EIO;
			return -1;
		}
		done += (size_t)put;
	}
	return 0;
}

/* No error is lost with the descriptor: some file systems tell of a full disk only now. */
static int close_checked(int *fd)
{
	int closing = lad_take_fd(fd);
	return close(closing) < 0 && errno != EINTR ? -1 : 0;
}

/* A device, a FIFO, a descriptor; or (FLAGS O_TRUNC) a file whose name cannot be taken by another. */
static int write_into(const char *path, int descriptor, int flags, const void *data, size_t size)
{
	lad_cleanup_fd int fd = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
						: open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags);
	return fd < 0 || write_all(fd, data, size) < 0 ? -1 : close_checked(&fd);
}

/* The mode that creat(2) would give, or that of the file which is replaced. */
static int give_mode(int fd, const struct stat *old)
{
	if (!old) {
		mode_t mask = umask(0);
		umask(mask);
		return fchmod(fd, 0666 & ~mask);
	}
	/* Whoever may not give files away keeps what is written for himself; giving resets the bits, so the mode is
	 * next.
	 */
	if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM && errno != EINVAL)
		return -1;
	return fchmod(fd, old->st_mode & 07777);
}

/* Beside the file first, then in its place. OLD: what is there, NULL: nothing. */
static int write_beside(const char *path, const struct stat *old, const void *data, size_t size)
{
	char partial[PATH_BYTES + 24];
	const char *slash = strrchr(path, '/');
	/* Hidden: whoever looks into the folder meanwhile, as the vm lab's guest does, sees whole files alone. */
	snprintf(partial, sizeof partial, "%.*s.netladder-XXXXXX", slash ? (int)(slash + 1 - path) : 0, path);
	lad_cleanup_fd int fd = mkostemp(partial, O_CLOEXEC);
	if (fd < 0)
		/* The folder takes no new file; the file itself may still be writable. */
		return old && (errno == EACCES || errno == EPERM) ? write_into(path, -1, O_TRUNC, data, size) : -1;
	int status = write_all(fd, data, size) < 0 || give_mode(fd, old) < 0 || close_checked(&fd) < 0 ? -1 : 0;
	if (status == 0)
		status = rename(partial, path);
	if (status == 0)
		return 0;
	int error = errno;
	unlink(partial);
	/* Something is mounted on it, as Docker does with single files. */
	if (error == EBUSY && old)
		return write_into(path, -1, O_TRUNC, data, size);
	errno = error;
	return -1;
}

int lad_output_write(const char *path, const void *data, size_t size, struct lad_error *err)
{
	char end[PATH_BYTES];
	struct stat info;
	int descriptor = -1, status = -1;
	if (!*path || strlen(path) >= sizeof end - 8)
		errno = *path ? ENAMETOOLONG : ENOENT;
	else if (follow(path, end, &descriptor) == 0) {
		bool there = descriptor < 0 && lstat(end, &info) == 0;
		bool file = descriptor < 0 && (there ? S_ISREG(info.st_mode) : errno == ENOENT);
		if (there && S_ISDIR(info.st_mode))
			errno = EISDIR;
		else if (file)
			status = write_beside(end, there ? &info : NULL, data, size);
		else if (there || descriptor >= 0)
			status = write_into(end, descriptor, 0, data, size);
	}
	if (status == 0)
		return 0;
	int error = errno;
	lad_error_errno(err, error, "cannot write %s", path);
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO || error == EPIPE ||
		    error == EMFILE || error == ENFILE || error == ENOMEM;
	if (!full)
		lad_error_change_exit(err, LAD_EXIT_USAGE);
	return -1;
}

int lad_output_is_stdout(const char *path)
{
	struct stat named, standard;
	return stat(path, &named) == 0 && fstat(STDOUT_FILENO, &standard) == 0 && named.st_dev == standard.st_dev &&
	       named.st_ino == standard.st_ino;
}

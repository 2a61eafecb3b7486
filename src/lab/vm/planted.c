/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

/* Faults that tests plant. */

/* Less than vm_guest_freeze.c leaves its timer: one that fell due while it is masked would never fire. */
#define JUMP_NS 1000

int vm_planted_warps(const char *name)
{
	const char *given = getenv(name);
	return given ? (int)strtol(given, NULL, 10) : 0;
}

int vm_planted_jump(int devices_fd, struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes stream = {0};
	lad_cleanup_fd int fd = memfd_create("netladder-planted", MFD_CLOEXEC);
	if (lad_file_read_fd(devices_fd, "the machine's devices", VM_FILE_BYTES_MAX, &stream, err) < 0 ||
	    vm_fingerprint_move(&stream, JUMP_NS, err) < 0)
		return -1;
	if (fd < 0 || write(fd, stream.data, stream.size) != (ssize_t)stream.size)
		return lad_error_errno(err, errno, "cannot make a memory file");
	return lad_take_fd(&fd);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_CLEANUP_H
#define NETLADDER_CLEANUP_H

/* Scope-bound release of what a function holds: `lad_cleanup_fd int fd = open(…)`. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void lad_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void lad_close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void lad_close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define lad_cleanup_free __attribute__((cleanup(lad_free_pointer)))
#define lad_cleanup_fd __attribute__((cleanup(lad_close_fd)))
#define lad_cleanup_file __attribute__((cleanup(lad_close_file)))

/* Hands the descriptor on to the caller: the variable no longer closes it. */
static inline int lad_take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_FILE_H
#define NETLADDER_FILE_H

/* Whole files in memory, and what a program is linked with. */

#include <stddef.h>
#include <stdlib.h>

#include "netladder/error.h"

struct lad_bytes {
	unsigned char *data; /* owned; NULL: none */
	size_t size;
};

/*
 * Reads the regular file PATH, of at most MOST bytes. Behind the bytes stands a NUL that size does not count, so that
 * text is a string. -1 with ERR, "cannot read PATH: …", exit code LAD_EXIT_UNABLE.
 */
int lad_file_read(const char *path, size_t most, struct lad_bytes *bytes, struct lad_error *err);
/* The same for an open descriptor, whatever its offset; NAME is for the message. */
int lad_file_read_fd(int fd, const char *name, size_t most, struct lad_bytes *bytes, struct lad_error *err);

static inline void lad_bytes_free(struct lad_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct lad_bytes){0};
}

#define lad_cleanup_bytes __attribute__((cleanup(lad_bytes_free)))

#define LAD_LIBRARIES_MAX 256

struct lad_libraries {
	char paths[LAD_LIBRARIES_MAX][256]; /* the dynamic loader's own among them; sorted, none twice */
	int count;
};

/*
 * Adds to LIBRARIES what PROGRAM_FD (O_PATH will do), an executable, is linked with, at the paths where its dynamic
 * loader finds it on this machine. One that is linked statically adds nothing. WHAT names it in messages.
 */
int lad_libraries_add(struct lad_libraries *libraries, int program_fd, const char *what, struct lad_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_OUTPUT_H
#define NETLADDER_OUTPUT_H

/* What a program writes arrives whole, or is missed loudly: files by their name, and standard output. */

#include <stddef.h>

#include "netladder/error.h"

/*
 * Makes PATH a file of the SIZE bytes at DATA, the way every command writes a file that its user names. A symbolic link
 * is followed. A regular file, or a name that is free, gets the bytes under another name first and has them all at once
 * or not at all; what was there keeps its mode and, where we may give it away, its owner. Anything else (a device, a
 * FIFO, a descriptor such as /dev/stdout) is written into and stays what it is. -1 with ERR: LAD_EXIT_USAGE where PATH
 * cannot be a file, LAD_EXIT_UNABLE where the bytes do not fit.
 */
int lad_output_write(const char *path, const void *data, size_t size, struct lad_error *err);

/* Whether what is written to PATH comes out of the standard output. */
int lad_output_is_stdout(const char *path);

/*
 * For a main function, first of all. A standard descriptor that its caller has closed is occupied, so that no file or
 * socket becomes one by chance; what is printed into it still fails. When the program exits, even from within a
 * library, standard output is closed and looked after: if something of it was lost, that is said in the name of
 * PROGRAM, and exit codes 0 and 1 become LAD_EXIT_UNABLE. A reader that went away (EPIPE) is no loss.
 */
void lad_standard_streams(const char *program);

#endif

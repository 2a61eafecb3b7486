/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_ERROR_H
#define NETLADDER_ERROR_H

/*
 * Errors are values. A function that can fail takes a `struct lad_error *`, returns 0 or -1 and, on -1, has filled
 * it in. Context is put in front as the error goes up:
 *   "trial 12, overlay: cannot create vxlan device vx0: Operation not supported".
 * Only the main functions print and exit.
 */

#include <stdbool.h>

/* The process exit codes (see `netladder help`). */
enum lad_exit {
	LAD_EXIT_OK = 0,	   /* done and every expectation met */
	LAD_EXIT_REFUTED = 1,	   /* an expectation was refuted, or a regression was found */
	LAD_EXIT_USAGE = 2,	   /* bad usage or a bad file */
	LAD_EXIT_UNABLE = 3,	   /* this machine cannot: a privilege, driver or program is missing */
	LAD_EXIT_TRIALS = 4,	   /* some trials failed, the rest is kept */
	LAD_EXIT_INTERRUPTED = 130 /* stopped by a signal, what was measured is kept */
};

/* A function that takes one takes NULL as well, from whoever does not want to know: then it is not looked at. */
struct lad_error {
	enum lad_exit exit_code; /* what main returns when the error reaches it */
	int saved_errno;	 /* 0 when no system call was involved */
	char message[1024];	 /* the cause: one line, no newline at the end, safe for a terminal (lad_text_clean) */
	char remedy[256];	 /* the command or setting that makes it go away, likewise; "": none is known */
};

/*
 * Fills in ERR (exit code CODE, errno 0) with a printf-style message. Returns -1 always, so that a caller can write
 * `return lad_error_set(...)`. ERR may be NULL: then only -1 is returned.
 */
int lad_error_set(struct lad_error *err, enum lad_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As lad_error_set, with `: strerror(errno_value)` after the message; the exit code is LAD_EXIT_UNABLE. */
int lad_error_errno(struct lad_error *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " in front of the message that ERR has. Returns -1 always. */
int lad_error_context(struct lad_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives the error that ERR holds its remedy: "sudo modprobe ipvlan". Returns -1 always. ERR may be NULL. */
int lad_error_remedy(struct lad_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The error as people read it: its message, and "; try: REMEDY" behind it where there is one. */
struct lad_error_line {
	char text[1024 + 8 + 256];
};
struct lad_error_line lad_error_line(const struct lad_error *err);

/* For whoever may have been given no ERR: changes the exit code, or errno, of the error that it holds. */
void lad_error_change_exit(struct lad_error *err, enum lad_exit code);
void lad_error_change_errno(struct lad_error *err, int errno_value);

/*
 * Whether ERRNO_VALUE says that something has run out (descriptors, memory, namespaces): a trial that ends of it has
 * failed, and the machine could do it all the same.
 */
bool lad_is_shortage(int errno_value);

/*
 * Raises the limit of open files of this process, and of those that it starts, to what it may be, and makes sure that
 * it is at least NEEDED: LAD_EXIT_UNABLE with the limit's name else.
 */
int lad_want_files(int needed, struct lad_error *err);

#endif

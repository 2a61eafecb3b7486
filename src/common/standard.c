/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/output.h"

/* The number of an error that stdio met earlier is gone; whether the reader is, can still be seen. */
#define NUMBER_GONE (-1)

static int earlier_error(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) ? EPIPE : NUMBER_GONE;
}

/* Closes it. 0, or the errno of what was lost. */
static int close_stdout(void)
{
	size_t pending = __fpending(stdout);
	int lost = ferror(stdout) ? earlier_error() : 0;
	if (fflush(stdout) != 0)
		lost = errno;
	/* Where a descriptor was never open, and nothing was printed, nothing is lost. */
	if (fclose(stdout) != 0 && !lost && (errno != EBADF || pending))
		lost = errno;
	return lost;
}

static void look_after_stdout(int status, void *program)
{
	int lost = close_stdout();
	if (!lost || lost == EPIPE || status == LAD_EXIT_USAGE || status == LAD_EXIT_UNABLE)
		return;
	fprintf(stderr, "%s: cannot write standard output: %s\n", (const char *)program,
		lost == NUMBER_GONE ? "not all of it was taken (is the disk full?)" : strerror(lost));
	if (status == LAD_EXIT_OK || status == LAD_EXIT_REFUTED)
		_exit(LAD_EXIT_UNABLE);
}

void lad_standard_streams(const char *program)
{
	/* Open the wrong way round, so that using it fails as it does with a closed one. */
	static const int wrong[] = {O_WRONLY, O_RDONLY, O_RDONLY};
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", wrong[fd]) < 0)
			(void)open("/", O_RDONLY | O_DIRECTORY);
	signal(SIGXFSZ, SIG_IGN); /* a file that reaches its limit is an error to report, not our death */
	on_exit(look_after_stdout, (void *)program);
}

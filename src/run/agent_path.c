/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/run.h"

int lad_program_open(const char *name, const char *variable, struct lad_error *err)
{
	const char *given = getenv(variable);
	char self[PATH_MAX] = "", path[PATH_MAX + 64];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = '\0';
	const char *directory = dirname(self);
	static const char *const places[] = {"", "../libexec/netladder/"};
	int fd = given ? open(given, O_PATH | O_CLOEXEC) : -1;
	if (given && fd < 0)
		return lad_error_errno(err, errno, "cannot open %s=%s", variable, given);
	for (int i = 0; fd < 0 && i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s%s", directory, places[i], name);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (fd < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "%s is not beside netladder in %s; `make` builds it, or name it in %s", name,
				     directory, variable);
	return fd;
}

int lad_agent_open(struct lad_error *err)
{
	return lad_program_open("netladder-agent", "NETLADDER_AGENT", err);
}

int lad_agent_open_path(const char *path, struct lad_error *err)
{
	struct stat status;
	lad_cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		lad_error_errno(err, errno, "cannot open the other agent %s", path);
		lad_error_change_exit(err, LAD_EXIT_USAGE);
		return -1;
	}
	if (!S_ISREG(status.st_mode) || !(status.st_mode & 0111))
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "the other agent %s is no program; valid: the path of another netladder-agent",
				     path);
	return lad_take_fd(&fd);
}

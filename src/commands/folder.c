/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"

#define SAME_SECOND_MAX 999 /* runs that begin in one second */

static int complain(const char *path, struct lad_error *err)
{
	bool cannot = errno == ENOSPC || errno == EDQUOT || errno == EROFS;
	lad_error_errno(err, errno, "cannot make the results folder %s", path);
	if (!cannot)
		lad_error_change_exit(err, LAD_EXIT_USAGE);
	return -1;
}

/* results/<UTC time>-<scenario>, or the next name after it that is free: runs may begin in the same second. */
static int make_by_time(const char *scenario, char *path, size_t size, struct lad_error *err)
{
	char stamp[32], number[16] = "";
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%SZ", &utc);
	if (mkdir("results", 0755) < 0 && errno != EEXIST)
		return lad_error_errno(err, errno, "cannot make the folder results");
	for (int i = 1; i <= SAME_SECOND_MAX; i++) {
		if (i > 1)
			snprintf(number, sizeof number, "-%d", i);
		snprintf(path, size, "results/%s-%s%s", stamp, scenario, number);
		if (mkdir(path, 0755) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return complain(path, err);
}

int command_folder_make(const char *out, const char *scenario, char *path, size_t size, struct lad_error *err)
{
	if (!out)
		return make_by_time(scenario, path, size, err);
	snprintf(path, size, "%s", out);
	return mkdir(path, 0755) < 0 ? complain(path, err) : 0;
}

int command_folder_lock(const char *path, struct lad_error *err)
{
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		lad_error_errno(err, errno, "cannot open the results folder %s", path);
		lad_error_change_exit(err, LAD_EXIT_USAGE);
		return -1;
	}
	/* Some network file systems lock no folder; what cannot be locked is used without. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "another netladder is writing into the results folder %s; valid: wait until it has "
		    "ended, or another folder",
		    path);
	return lad_take_fd(&fd);
}

void command_folder_discard(const char *path)
{
	static const char *const names[] = {"environment.json", "scenario.yaml", "results.csv", "histograms.csv",
					    "samples.csv",	"sessions.csv",	 "search.csv"};
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < sizeof names / sizeof *names; i++)
		unlinkat(fd, names[i], 0);
	rmdir(path); /* stays while anything else is in it */
}

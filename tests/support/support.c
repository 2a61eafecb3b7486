/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void support_not(const char *left, double left_value, const char *relation, const char *right, double right_value,
		 const char *file, int line)
{
	print_error("%s is %.9g and not %s %s, which is %.9g\n", left, left_value, relation, right, right_value);
	_fail(file, line);
}

void support_skip(const char *reason)
{
	print_message("skipped: %s\n", reason);
	skip();
}

static int count_lines(const char *path)
{
	int lines = 0;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	for (int c; (c = getc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	int parent = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *stat = fopen(path, "re");
	if (!stat)
		return 0;
	/* The name stands in parentheses and may hold anything, blanks too. */
	if (fscanf(stat, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	fclose(stat);
	return parent;
}

/* Whether PID descends from this test: an orphan does too, because the test is its reaper. */
static int descends_from_us(pid_t pid)
{
	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		if (pid == getpid())
			return 1;
		pid = parent_of(pid);
	}
	return 0;
}

void support_reap_orphans(void)
{
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), errno);
}

void support_leave_namespaces(void)
{
	assert_return_code(unshare(CLONE_NEWNET | CLONE_NEWNS), errno);
	assert_return_code(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), errno);
}

struct leftovers support_leftovers(void)
{
	struct leftovers found = {0};
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* orphans that have ended already */
	ino_t seen[4096];
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *entry; (entry = readdir(proc));) {
		char path[300], name[32] = "";
		struct stat ns;
		pid_t pid = (pid_t)atoi(entry->d_name);
		if (pid <= 0 || !descends_from_us(pid))
			continue;
		found.processes++;
		snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
		FILE *comm = fopen(path, "re");
		if (comm) {
			if (fgets(name, sizeof name, comm) && strncmp(name, "netladder-agent", 15) == 0)
				found.agents++;
			fclose(comm);
		}
		snprintf(path, sizeof path, "/proc/%s/ns/net", entry->d_name);
		if (stat(path, &ns) < 0)
			continue;
		int known = 0;
		for (int i = 0; i < found.namespaces; i++)
			known |= seen[i] == ns.st_ino;
		if (!known && found.namespaces < 4096)
			seen[found.namespaces++] = ns.st_ino;
	}
	closedir(proc);
	found.links = count_lines("/proc/self/net/dev");
	found.mounts = count_lines("/proc/self/mountinfo");
	return found;
}

struct lad_trial_context support_context(struct lad_scenario *scenario, double warmup_s, double duration_s)
{
	static struct lad_trial_texts texts; /* tests look at one trial's row at a time */
	sigset_t none;
	sigemptyset(&none);
	scenario->wire_mtu_bytes = 1500;
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	struct lad_lab *lab = calloc(1, sizeof *lab);
	assert_non_null(lab);
	*lab = (struct lad_lab){.ops = &lad_lab_native,
				.scenario = scenario,
				.agent_fd = open(LAD_BUILD "/netladder-agent", O_PATH | O_CLOEXEC),
				.cpu_last = cpus - 1};
	assert_return_code(lab->agent_fd, errno);
	return (struct lad_trial_context){.lab = lab,
					  .warmup_ns = (int64_t)(warmup_s * 1e9),
					  .duration_ns = (int64_t)(duration_s * 1e9),
					  .signal_fd = signalfd(-1, &none, SFD_CLOEXEC),
					  .texts = &texts};
}

void support_close_context(struct lad_trial_context *context)
{
	close(context->lab->agent_fd);
	close(context->signal_fd);
	free(context->lab);
}

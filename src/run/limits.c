/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "netladder/cleanup.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
/* `make bench-setup PAIRS=64` counts under 2 MiB of a waiting agent; the rest is buffers. */
#define AGENT_BYTES (3 * MIB)
#define NAMESPACE_BYTES (256 * KIB)
#define RESULT_BYTES (1 * MIB) /* of a session, in the runner */
/* What the overlay has besides, on each host: a namespace that bridges and encapsulates. And the switch between them.
 */
#define NAMESPACES_EACH_HOST 2
#define NO_LIMIT INT64_MAX

struct run_needs run_needs_of(int sessions, int hosts)
{
	struct run_needs needs = {.processes = 2 * sessions,
				  .namespaces = 2 * sessions + NAMESPACES_EACH_HOST * hosts + 1};
	needs.memory_bytes =
	    needs.processes * AGENT_BYTES + needs.namespaces * NAMESPACE_BYTES + sessions * RESULT_BYTES;
	return needs;
}

/* The first number in PATH; NO_LIMIT when there is none, as in "max". */
static int64_t read_number(const char *path)
{
	int64_t number = NO_LIMIT;
	lad_cleanup_file FILE *in = fopen(path, "re");
	if (in && fscanf(in, "%" SCNd64, &number) != 1)
		number = NO_LIMIT;
	return number;
}

/* The folder of this process's cgroup with the controller pids: of version 1 a hierarchy of its own, of 2 the one. */
static void find_cgroup(char *folder, size_t size)
{
	char line[1024];
	lad_cleanup_file FILE *in = fopen("/proc/self/cgroup", "re");
	folder[0] = '\0';
	while (in && fgets(line, sizeof line, in)) {
		const char *controller = strstr(line, ":pids:"), *unified = strncmp(line, "0::", 3) == 0 ? line : NULL;
		line[strcspn(line, "\n")] = '\0';
		if (controller)
			snprintf(folder, size, "/sys/fs/cgroup/pids%s", controller + strlen(":pids:"));
		else if (unified && !folder[0])
			snprintf(folder, size, "/sys/fs/cgroup%s", unified + strlen("0::"));
	}
}

/* How many processes the cgroup in FOLDER may still have. */
static int64_t left_in_cgroup(const char *folder)
{
	char path[1200];
	snprintf(path, sizeof path, "%s/pids.max", folder);
	int64_t most = read_number(path);
	snprintf(path, sizeof path, "%s/pids.current", folder);
	int64_t now = read_number(path);
	return most == NO_LIMIT || now == NO_LIMIT ? NO_LIMIT : most - now;
}

/* The same of this process's and of those above it; PATH names the file of the least. */
static int64_t left_in_cgroups(char *path, size_t size)
{
	char folder[1100];
	int64_t least = NO_LIMIT;
	find_cgroup(folder, sizeof folder);
	for (char *end; (end = strrchr(folder, '/')) && end > folder; *end = '\0') {
		int64_t left = left_in_cgroup(folder);
		if (left >= least)
			continue;
		least = left;
		snprintf(path, size, "%s/pids.max", folder);
	}
	return least;
}

static int64_t available_bytes(void)
{
	char line[256];
	int64_t kib = 0;
	lad_cleanup_file FILE *in = fopen("/proc/meminfo", "re");
	while (in && fgets(line, sizeof line, in))
		if (sscanf(line, "MemAvailable: %" SCNd64 " kB", &kib) == 1)
			return kib * KIB;
	return NO_LIMIT;
}

static int too_many(struct lad_error *err, const char *what, int64_t needed, int64_t limit, const char *name)
{
	return lad_error_set(err, LAD_EXIT_UNABLE, "this takes %" PRId64 " %s and there may be %" PRId64 " more (%s)",
			     needed, what, limit > 0 ? limit : 0, name);
}

static int check_processes(int needed, struct lad_error *err)
{
	char path[1200] = "";
	struct rlimit limit;
	if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur < (rlim_t)needed) {
		too_many(err, "processes", needed, (int64_t)limit.rlim_cur, "RLIMIT_NPROC");
		return lad_error_remedy(err, "ulimit -u %d", 2 * needed);
	}
	int64_t left = left_in_cgroups(path, sizeof path);
	if (left < needed) {
		too_many(err, "processes", needed, left, path);
		return lad_error_remedy(err, "sudo sh -c 'echo max >%s'", path);
	}
	int64_t threads = read_number("/proc/sys/kernel/threads-max");
	if (threads < needed) {
		too_many(err, "processes", needed, threads, "kernel.threads-max");
		return lad_error_remedy(err, "sudo sysctl kernel.threads-max=%d", 8 * needed);
	}
	return 0;
}

int run_needs_check(const struct run_needs *needs, struct lad_error *err)
{
	if (check_processes(needs->processes, err) < 0)
		return -1;
	int64_t namespaces = read_number("/proc/sys/user/max_net_namespaces");
	if (namespaces < needs->namespaces) {
		too_many(err, "network namespaces", needs->namespaces, namespaces, "user.max_net_namespaces");
		return lad_error_remedy(err, "sudo sysctl user.max_net_namespaces=%d", 4 * needs->namespaces);
	}
	int64_t memory = available_bytes();
	if (memory >= needs->memory_bytes)
		return 0;
	lad_error_set(err, LAD_EXIT_UNABLE,
		      "this takes about %" PRId64 " MiB of memory and there are %" PRId64 " (MemAvailable)",
		      needs->memory_bytes / MIB, memory / MIB);
	return lad_error_remedy(err, "fewer sessions in topologies, or in the vm lab a larger vm.memory");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/cpu.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"

/* The first line and more of a file of /proc, which makes its text anew at each reading from the start. */
static bool read_start(int fd, char *text, size_t size)
{
	ssize_t got = fd < 0 ? -1 : pread(fd, text, size - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static void read_stat(int fd, struct cpu_time *now)
{
	char text[256];
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	if (!read_start(fd, text, sizeof text) || sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user,
							 &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
		return;
	double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
	now->busy_s = (double)(user + nice + system + irq + softirq + steal) / ticks_per_s;
	now->steal_s = (double)steal / ticks_per_s;
	now->softirq_s = (double)softirq / ticks_per_s;
}

static double run_time_s(int fd)
{
	char text[64];
	uint64_t on_cpu_ns;
	if (!read_start(fd, text, sizeof text) || sscanf(text, "%" SCNu64, &on_cpu_ns) != 1)
		return 0;
	return (double)on_cpu_ns / 1e9;
}

/* Opens the schedstat of process PID if it is a ksoftirqd; -1 if not. */
static int open_softirqd(const char *pid)
{
	char path[300], name[32] = "";
	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	lad_cleanup_file FILE *comm = fopen(path, "re");
	if (!comm || !fgets(name, sizeof name, comm) || strncmp(name, "ksoftirqd/", 10) != 0)
		return -1;
	snprintf(path, sizeof path, "/proc/%s/schedstat", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void cpu_probe_open(struct cpu_probe *probe)
{
	*probe = (struct cpu_probe){.stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC)};
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	/* Kernel threads are started at boot: all of them are among the low process numbers. */
	while (proc && (entry = readdir(proc))) {
		int pid = atoi(entry->d_name);
		int fd = pid > 1 && pid < 4096 ? open_softirqd(entry->d_name) : -1;
		size_t count = (size_t)probe->softirqd_count + 1;
		int *fds = fd < 0 ? NULL : reallocarray(probe->softirqd_fds, count, sizeof *fds);
		if (fds) {
			fds[probe->softirqd_count++] = fd;
			probe->softirqd_fds = fds;
		} else if (fd >= 0) {
			close(fd);
		}
	}
	if (proc)
		closedir(proc);
}

struct cpu_time cpu_probe_read(const struct cpu_probe *probe)
{
	struct cpu_time now = {0};
	for (int i = 0; i < probe->softirqd_count; i++)
		now.softirqd_s += run_time_s(probe->softirqd_fds[i]);
	read_stat(probe->stat_fd, &now);
	return now;
}

void cpu_probe_close(struct cpu_probe *probe)
{
	lad_close_fd(&probe->stat_fd);
	for (int i = 0; i < probe->softirqd_count; i++)
		lad_close_fd(&probe->softirqd_fds[i]);
	free(probe->softirqd_fds);
	*probe = (struct cpu_probe){.stat_fd = -1};
}

struct cpu_time cpu_time_now(void)
{
	struct cpu_probe probe;
	cpu_probe_open(&probe);
	struct cpu_time now = cpu_probe_read(&probe);
	cpu_probe_close(&probe);
	return now;
}

double cpu_mhz_now(int cpu)
{
	char path[96];
	double khz;
	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu < 0 ? 0 : cpu);
	lad_cleanup_file FILE *file = fopen(path, "re");
	return file && fscanf(file, "%lf", &khz) == 1 ? khz / 1e3 : NAN;
}

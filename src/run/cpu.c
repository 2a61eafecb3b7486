/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"

static void read_stat(struct cpu_time *now)
{
	lad_cleanup_file FILE *file = fopen("/proc/stat", "re");
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait,
			    &irq, &softirq, &steal) != 8)
		return;
	double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
	now->busy_s = (double)(user + nice + system + irq + softirq + steal) / ticks_per_s;
	now->steal_s = (double)steal / ticks_per_s;
	now->softirq_s = (double)softirq / ticks_per_s;
}

static double run_time_s(const char *pid)
{
	char path[300];
	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	char name[32] = "";
	lad_cleanup_file FILE *comm = fopen(path, "re");
	if (!comm || !fgets(name, sizeof name, comm) || strncmp(name, "ksoftirqd/", 10) != 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%s/schedstat", pid);
	lad_cleanup_file FILE *schedstat = fopen(path, "re");
	uint64_t on_cpu_ns;
	if (!schedstat || fscanf(schedstat, "%" SCNu64, &on_cpu_ns) != 1)
		return 0;
	return (double)on_cpu_ns / 1e9;
}

static double softirqd_s(void)
{
	double total_s = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	/* Kernel threads are started at boot: all of them are among the low process numbers. */
	while (proc && (entry = readdir(proc)))
		if (atoi(entry->d_name) > 1 && atoi(entry->d_name) < 4096)
			total_s += run_time_s(entry->d_name);
	if (proc)
		closedir(proc);
	return total_s;
}

struct cpu_time cpu_time_now(void)
{
	struct cpu_time now = {.softirqd_s = softirqd_s()};
	read_stat(&now);
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

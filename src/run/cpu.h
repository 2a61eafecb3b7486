/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_CPU_H
#define RUN_CPU_H

/* CPU time of the machine between two instants. */

struct cpu_time {
	double busy_s;	   /* all CPUs, all but idle and iowait (proc_stat(5)); in steps of 1/100 s */
	double softirq_s;  /* of it, soft interrupts wherever they ran; in the same steps */
	double steal_s;	   /* of it, taken by the hypervisor */
	double softirqd_s; /* of the ksoftirqd threads, from the scheduler's own clock (/proc/PID/schedstat) */
};

/*
 * What is read for it, opened beforehand: looking for the threads takes as long as hundreds of transactions, on a CPU
 * that may be the measured one, and would fall into the window or beside it as luck has it.
 */
struct cpu_probe {
	int stat_fd;
	int *softirqd_fds; /* owned */
	int softirqd_count;
};

/* What cannot be opened counts as 0. */
void cpu_probe_open(struct cpu_probe *probe);
struct cpu_time cpu_probe_read(const struct cpu_probe *probe);
void cpu_probe_close(struct cpu_probe *probe);

/* The same at once, for whoever has the time. */
struct cpu_time cpu_time_now(void);

/* The frequency of CPU (any negative one: of the first) by cpufreq; NAN where the kernel has none. */
double cpu_mhz_now(int cpu);

#endif

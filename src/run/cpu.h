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

struct cpu_time cpu_time_now(void);

/* The frequency of CPU (any negative one: of the first) by cpufreq; NAN where the kernel has none. */
double cpu_mhz_now(int cpu);

#endif

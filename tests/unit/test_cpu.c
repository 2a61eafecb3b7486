/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's CPU time at the edges of a window. */
#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "run/cpu.h"

static double used_s(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void test_the_edges_of_a_window_open_no_file_and_see_the_time_between_them(void **state)
{
	(void)state;
	struct cpu_probe probe;
	struct rlimit before, none;
	cpu_probe_open(&probe);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int refused = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	struct cpu_time edges[2] = {cpu_probe_read(&probe)};
	for (double begin_s = used_s(); used_s() < begin_s + 0.2;)
		;
	edges[1] = cpu_probe_read(&probe);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	cpu_probe_close(&probe);
	assert_int_equal(refused, -1);
	assert_true(edges[0].busy_s > 0);
	assert_true(edges[1].busy_s - edges[0].busy_s >= 0.15); /* in steps of 1/100 s, which are sampled */
	assert_true(edges[1].softirqd_s >= edges[0].softirqd_s);
}

static void test_every_cpu_has_a_softirq_thread_that_is_found(void **state)
{
	(void)state;
	char name[16] = "";
	int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);
	bool shown = fd >= 0 && read(fd, name, sizeof name - 1) > 0 && strcmp(name, "kthreadd\n") == 0;
	if (fd >= 0)
		close(fd);
	if (!shown)
		support_skip("no kernel threads are to be seen, as in a container");
	struct cpu_probe probe;
	cpu_probe_open(&probe);
	assert_int_equal(probe.softirqd_count, sysconf(_SC_NPROCESSORS_ONLN));
	cpu_probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_edges_of_a_window_open_no_file_and_see_the_time_between_them),
	    cmocka_unit_test(test_every_cpu_has_a_softirq_thread_that_is_found),
	};
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}

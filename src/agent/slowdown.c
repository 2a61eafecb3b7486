/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <time.h>

#include "agent/agent.h"

#ifdef LAD_TEST_SLOWDOWN_PERCENT
/* Reading the CPU clock is a system call: it is read once for so many calls. */
#define CALLS_A_BURN 16

static int64_t cpu_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/*
 * For tests of the regression gate alone: built with -DLAD_TEST_SLOWDOWN_PERCENT=10, both agents are 10 % slower than
 * they would be. Of the CPU time that each has taken (softirq work on its behalf included) it burns as much more as
 * makes up these percents of both together: by its own clock, so that other load on the machine changes nothing.
 */
void agent_slow_down(void)
{
	static int64_t last_ns; /* an agent is one process with one loop */
	static int calls;
	if (++calls % CALLS_A_BURN)
		return;
	int64_t now_ns = cpu_now_ns(), until_ns = now_ns;
	if (last_ns)
		until_ns += (now_ns - last_ns) * LAD_TEST_SLOWDOWN_PERCENT / (100 - LAD_TEST_SLOWDOWN_PERCENT);
	while (now_ns < until_ns)
		now_ns = cpu_now_ns();
	last_ns = now_ns;
}
#endif

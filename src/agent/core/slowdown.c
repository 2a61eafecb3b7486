/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <time.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"

#ifdef LAD_TEST_SLOWDOWN_PERCENT
/*
 * Reading the CPU clock is a system call: it is read once for so many calls that what they take is this many readings,
 * and the cost of reading stays far below the percents.
 */
#define READINGS_APART 500

static int64_t cpu_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What a reading of the clock costs by that clock: the least of some, as an interrupt may fall into one. */
static int64_t reading_ns(void)
{
	int64_t least_ns = INT64_MAX;
	for (int i = 0; i < 8; i++) {
		int64_t from_ns = cpu_now_ns(), took_ns = cpu_now_ns() - from_ns;
		least_ns = took_ns < least_ns ? took_ns : least_ns;
	}
	return least_ns;
}

/*
 * For tests of the regression gate alone: built with -DLAD_TEST_SLOWDOWN_PERCENT=10, both agents are 10 % slower than
 * they would be. Of the CPU time that each has taken (softirq work on its behalf included) it burns as much more as
 * makes up these percents of both together: by its own clock, so that other load on the machine changes nothing, and
 * which on the vm lab's clock counts instructions. The readings of the clock are part of what is burnt, and what was
 * burnt too much is taken off the next time: 1 % is no more than 1 %.
 */
void agent_slow_down(void)
{
	static int64_t last_ns, owed_ns, read_ns; /* an agent is one process with one loop */
	static int calls, calls_a_burn = 1;
	if (++calls < calls_a_burn)
		return;
	calls = 0;
	if (!read_ns) {
		read_ns = reading_ns();
		last_ns = cpu_now_ns();
		return;
	}
	/* Half of the first reading lies before its result, half of the last one behind: one is in what seems used. */
	int64_t now_ns = cpu_now_ns(), used_ns = now_ns - last_ns - read_ns;
	owed_ns += used_ns * LAD_TEST_SLOWDOWN_PERCENT / (100 - LAD_TEST_SLOWDOWN_PERCENT) - read_ns;
	int64_t until_ns = now_ns + owed_ns;
	while (now_ns < until_ns)
		now_ns = cpu_now_ns();
	owed_ns = until_ns - now_ns;
	last_ns = now_ns;
	if (used_ns < READINGS_APART * read_ns)
		calls_a_burn *= 2;
	else if (used_ns > 4 * READINGS_APART * read_ns && calls_a_burn > 1)
		calls_a_burn /= 2;
}
#endif

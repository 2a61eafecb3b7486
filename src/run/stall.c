/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "netladder/units.h"
#include "run/traffic.h"

/* A machine with much else to do ends a short window late, but not by this. */
#define LATE_NS (500 * LAD_NS_PER_MS)

double stall_of(const struct lad_agent_result *result, const struct lad_job *job, int64_t duration_ns)
{
	int64_t longest_ns = job->amount ? 0 : result->elapsed_ns - duration_ns;
	/* A sample that would come near the end is taken there, see src/agent/core/window.c. */
	for (int i = 0; job->sample_ns && i < result->sample_count; i++) {
		int64_t due_ns = (i + 1) * job->sample_ns;
		if (due_ns + job->sample_ns / 2 >= duration_ns || (job->amount && i + 1 == result->sample_count))
			break;
		int64_t late_ns = result->samples[i].time_ns - due_ns;
		longest_ns = late_ns > longest_ns ? late_ns : longest_ns;
	}
	return job->amount && !result->sample_count ? NAN : (double)(longest_ns > 0 ? longest_ns : 0) / 1e9;
}

int check_window(const struct lad_agent_result *result, const char *agent, int64_t duration_ns, struct lad_error *err)
{
	if (result->elapsed_ns <= 2 * duration_ns + LATE_NS)
		return 0;
	return lad_error_set(
	    err, LAD_EXIT_TRIALS,
	    "the window of the %s lasted %.2f s in place of %.2f s: it was stopped, or the machine was", agent,
	    (double)result->elapsed_ns / 1e9, (double)duration_ns / 1e9);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "netladder/search.h"

/* What is due and never sent within this share is how a trial ends, not what it could not do. */
#define UNSENT_RATIO 0.001
/* Messages that leave later than this on average did not leave at their times; with a deadline: than its tenth. */
#define LATE_US 1000.
#define LATE_SHARE 0.1
/* A CPU that is so busy has nothing left. */
#define BUSY_RATIO 0.95

static const char *const names[LAD_LIMIT_COUNT] = {"network", "generator", "cpu", "max", "min", "time"};

const char *lad_search_limit_name(enum lad_search_limit limit)
{
	return (unsigned)limit < LAD_LIMIT_COUNT ? names[limit] : "?";
}

static bool kept_up(const struct lad_search_load_facts *facts)
{
	double late_us = facts->deadline_ns ? (double)facts->deadline_ns / 1e3 * LATE_SHARE : LATE_US;
	bool late = facts->schedule_error_mean_us > late_us; /* NAN is not */
	return facts->unsent <= facts->intended * UNSENT_RATIO && !late;
}

/* Also where all was sent: what the receiver then loses, it had no time for. */
static bool cpu_is_used_up(const struct lad_search_load_facts *facts)
{
	double busy_s = BUSY_RATIO * facts->window_s;
	return (facts->shared && facts->all_cpu_s >= busy_s) || facts->machine_cpu_s >= busy_s * facts->machine_cpus;
}

enum lad_search_limit lad_search_limit_of(const struct lad_search_load_facts *facts)
{
	double sender_busy_s = BUSY_RATIO * facts->window_s * facts->sender_threads;
	if (!kept_up(facts) && !facts->shared && facts->sender_cpu_s >= sender_busy_s)
		return LAD_LIMIT_GENERATOR;
	return cpu_is_used_up(facts) ? LAD_LIMIT_CPU : LAD_LIMIT_NETWORK;
}

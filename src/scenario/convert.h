/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SCENARIO_CONVERT_H
#define NETLADDER_SCENARIO_CONVERT_H

#include "netladder/scenario.h"
#include "scenario/source.h"

/* Fills in SCENARIO from RAW, with the defaults, and refuses what contradicts itself, at its place in SOURCE. */
int scenario_convert(struct scenario_source *source, const struct raw_scenario *raw, struct lad_scenario *scenario);

/* The part of it for `workloads`. */
int scenario_convert_workloads(struct scenario_source *source, const struct raw_scenario *raw,
			       struct lad_scenario *scenario);

/*
 * backgrounds.c: `background` of the entries, which made the workloads MADE, one each: fills in the scenario's
 * backgrounds, and in MADE which of them each has.
 */
int scenario_convert_backgrounds(struct scenario_source *source, const struct raw_scenario *raw,
				 struct lad_workload *made, struct lad_scenario *scenario);
bool scenario_is_judged(const struct raw_workload *raw);
/* By which others have it as their background; NULL: without one. The `name` of dns_rr is what it looks up. */
const char *scenario_workload_name(const struct raw_workload *raw);

/* `topologies`, after the workloads. */
int scenario_convert_topologies(struct scenario_source *source, const struct raw_scenario *raw,
				struct lad_scenario *scenario);
/* `search`, after the workloads. */
int scenario_convert_search(struct scenario_source *source, const struct raw_scenario *raw,
			    struct lad_scenario *scenario);
/* `tunings`, `sweep` and `allow_host_tuning`, after the workloads. */
int scenario_convert_tunings(struct scenario_source *source, const struct raw_scenario *raw,
			     struct lad_scenario *scenario);

/* What the options of entry INDEX of `workloads` make of WORKLOAD, which has its kind already, checked against that. */
int scenario_convert_traffic(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			     struct lad_workload *workload);

/* TEXT, or without it the default of the key PATH, as a value. Both are known to be valid. */
struct scenario_value scenario_value_or_default(const char *text, const char *path);

/* COUNT, or without it the default of the key PATH. */
int scenario_count_or_default(const int64_t *count, const char *path);

/* contradictions.c: what a workload and a tuning, the sweep or `limits` both say of the same sockets; after all else.
 */
int scenario_check_contradictions(struct scenario_source *source, const struct raw_scenario *raw);

/* The part of it for `hosts`, `docker` and `limits`. */
int scenario_convert_docker(struct scenario_source *source, const struct raw_scenario *raw,
			    struct lad_scenario *scenario);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "netladder/network.h"
#include "netladder/topology.h"
#include "scenario/convert.h"
#include "scenario/schema.h"

/* `topologies`: how many sessions run at once, between which containers. Without it there is one pair. */

static int convert_one(struct scenario_source *source, unsigned index, const struct raw_topology *raw,
		       struct lad_topology *topology)
{
	const int64_t *counts[] = {[LAD_PAIRS] = raw->pairs, [LAD_INCAST] = raw->incast, [LAD_FANOUT] = raw->fanout};
	int given = raw->mesh == RAW_TRUE;
	*topology = (struct lad_topology){.pattern = LAD_MESH, .count = 0, .hosts = 2};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		if (!counts[i])
			continue;
		given++;
		topology->pattern = (enum lad_pattern)i;
		topology->count = (int)*counts[i];
	}
	if (given != 1)
		return source_complain_entry(
		    source, "topologies", index, "",
		    given ? "only one pattern at a time; valid: exactly one of pairs, incast, fanout, mesh"
			  : "no pattern; valid: exactly one of pairs, incast, fanout, mesh, as `pairs: 16`");
	topology->hosts = scenario_count_or_default(raw->hosts, "topologies[].hosts");
	if (topology->pattern == LAD_MESH)
		topology->count = topology->hosts;
	return 0;
}

/* Each workload of the background has as many sessions as the topology. */
static int check_sessions(struct scenario_source *source, unsigned index, const struct lad_scenario *scenario,
			  const struct lad_topology *topology)
{
	int most = 0, sessions = lad_topology_sessions(topology);
	for (int i = 0; i < scenario->workload_count; i++)
		most = scenario->workloads[i].background_count > most ? scenario->workloads[i].background_count : most;
	if (sessions * (1 + most) <= LAD_TRIAL_SESSIONS_MAX)
		return 0;
	return source_complain_entry(source, "topologies", index, "",
				     "with %d backgrounds it has %d sessions; valid: at most %d", most,
				     sessions * (1 + most), LAD_TRIAL_SESSIONS_MAX);
}

int scenario_convert_topologies(struct scenario_source *source, const struct raw_scenario *raw,
				struct lad_scenario *scenario)
{
	for (unsigned i = 0; i < raw->topologies_count; i++) {
		struct lad_topology *topology = &scenario->topologies[scenario->topology_count];
		if (convert_one(source, i, &raw->topologies[i], topology) < 0 ||
		    check_sessions(source, i, scenario, topology) < 0)
			return -1;
		for (int j = 0; j < scenario->topology_count; j++)
			if (memcmp(topology, &scenario->topologies[j], sizeof *topology) == 0)
				return source_complain_entry(source, "topologies", i, "",
							     "is the same as topologies[%d]", j + 1);
		if (topology->pattern == LAD_MESH && scenario->placement_count == 2)
			return source_complain_entry(
			    source, "topologies", i, "mesh",
			    "same-host has no meaning for a mesh; valid: placements: cross-host");
		if (topology->pattern == LAD_MESH && scenario->placements[0] == LAD_SAME_HOST)
			return source_complain_entry(
			    source, "topologies", i, "mesh",
			    "same-host has no meaning for a mesh; valid: placements: cross-host");
		scenario->topology_count++;
	}
	if (!scenario->topology_count)
		scenario->topologies[scenario->topology_count++] = lad_topology_pair;
	return 0;
}

int lad_scenario_check_engines(const struct lad_scenario *scenario, struct lad_error *err)
{
	int engines = scenario->docker.host_count ? scenario->docker.host_count : 1; /* the default one */
	for (int i = 0; i < scenario->topology_count * scenario->placement_count; i++) {
		const struct lad_topology *topology = &scenario->topologies[i / scenario->placement_count];
		int needed = lad_topology_hosts_used(topology, scenario->placements[i % scenario->placement_count]);
		char count[16] = "";
		if (topology->pattern != LAD_MESH)
			snprintf(count, sizeof count, "=%d", topology->count);
		/* One pair that has no second engine says so itself, with more to it. */
		if (needed > engines && !lad_topology_is_pair(topology))
			return lad_error_set(
			    err, LAD_EXIT_USAGE, "topology %s%s needs %d hosts; hosts names %d engine%s",
			    lad_pattern_name(topology->pattern), count, needed, engines, engines == 1 ? "" : "s");
	}
	return 0;
}

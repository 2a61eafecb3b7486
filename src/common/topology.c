/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/topology.h"

#include <stdio.h>
#include <string.h>

const struct lad_topology lad_topology_pair = {.pattern = LAD_PAIRS, .count = 1, .hosts = 2};

static const char *const pattern_names[] = {"pairs", "incast", "fanout", "mesh"};
_Static_assert(sizeof pattern_names / sizeof *pattern_names == LAD_PATTERN_COUNT, "a word for every pattern");

const char *lad_pattern_name(enum lad_pattern pattern)
{
	return (unsigned)pattern < LAD_PATTERN_COUNT ? pattern_names[pattern] : "?";
}

static int add_member(struct lad_layout *layout, int host)
{
	layout->members[layout->member_count].host = host;
	return layout->member_count++;
}

static void add_edge(struct lad_layout *layout, int generator, int sink)
{
	layout->edges[layout->edge_count++] = (struct lad_edge){generator, sink};
}

/* The host of the other end of a session whose one end is on HOST. */
static int other_host(const struct lad_topology *topology, enum lad_placement placement, int host)
{
	return placement == LAD_SAME_HOST ? host : (host + 1) % topology->hosts;
}

static void lay_out_pairs(const struct lad_topology *topology, enum lad_placement placement, struct lad_layout *layout)
{
	for (int i = 0; i < topology->count; i++) {
		int host = i % topology->hosts;
		int generator = add_member(layout, host);
		add_edge(layout, generator, add_member(layout, other_host(topology, placement, host)));
	}
}

/* The one in the middle stands on host 1 where it answers, on host 0 where it asks, as in a pair. */
static void lay_out_star(const struct lad_topology *topology, enum lad_placement placement, struct lad_layout *layout)
{
	bool incast = topology->pattern == LAD_INCAST;
	int middle_host = incast && placement == LAD_CROSS_HOST ? 1 : 0;
	int middle = add_member(layout, middle_host);
	for (int i = 0; i < topology->count; i++) {
		int host = (middle_host + 1 + i % (topology->hosts - 1)) % topology->hosts;
		int other = add_member(layout, placement == LAD_SAME_HOST ? middle_host : host);
		add_edge(layout, incast ? other : middle, incast ? middle : other);
	}
}

static void lay_out_mesh(const struct lad_topology *topology, struct lad_layout *layout)
{
	for (int host = 0; host < topology->hosts; host++)
		add_member(layout, host);
	for (int from = 0; from < topology->hosts; from++)
		for (int to = 0; to < topology->hosts; to++)
			if (from != to)
				add_edge(layout, from, to);
}

void lad_topology_lay_out(const struct lad_topology *topology, enum lad_placement placement, struct lad_layout *layout)
{
	memset(layout, 0, sizeof *layout);
	if (topology->pattern == LAD_MESH)
		lay_out_mesh(topology, layout);
	else if (topology->pattern == LAD_PAIRS)
		lay_out_pairs(topology, placement, layout);
	else
		lay_out_star(topology, placement, layout);
}

bool lad_topology_is_pair(const struct lad_topology *topology)
{
	return topology->pattern == LAD_PAIRS && topology->count == 1 && topology->hosts == 2;
}

int lad_topology_sessions(const struct lad_topology *topology)
{
	return topology->pattern == LAD_MESH ? topology->hosts * (topology->hosts - 1) : topology->count;
}

int lad_topology_hosts_used(const struct lad_topology *topology, enum lad_placement placement)
{
	struct lad_layout layout;
	int hosts = placement == LAD_CROSS_HOST ? topology->hosts : 0;
	lad_topology_lay_out(topology, placement, &layout);
	for (int i = 0; i < layout.member_count; i++)
		hosts = layout.members[i].host >= hosts ? layout.members[i].host + 1 : hosts;
	return hosts;
}

void lad_topology_describe(const struct lad_topology *topology, char *out, size_t size)
{
	char hosts[24] = "";
	snprintf(out, size, "%s", "");
	if (lad_topology_is_pair(topology))
		return;
	if (topology->hosts != 2 && topology->pattern != LAD_MESH)
		snprintf(hosts, sizeof hosts, " hosts=%d", topology->hosts);
	snprintf(out, size, "topology=%s=%d%s%s", lad_pattern_name(topology->pattern), topology->count, hosts,
		 topology->hosts > 2 ? " wire=switch" : "");
}

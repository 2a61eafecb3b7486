/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_TOPOLOGY_H
#define NETLADDER_TOPOLOGY_H

/*
 * Who talks to whom in a trial. A session (one generator, one sink, one workload) stays the atom; a topology says how
 * many there are, and which container each agent sits in. `pair`, one session between two containers, is the default.
 */

#include <stdbool.h>
#include <stddef.h>

#include "netladder/error.h"
#include "netladder/mode.h"

#define LAD_SESSIONS_MAX 64
#define LAD_TRIAL_SESSIONS_MAX 256 /* of one trial, with those of the background */
#define LAD_MEMBERS_MAX (2 * LAD_SESSIONS_MAX)
#define LAD_TOPOLOGIES_MAX 16

enum lad_pattern {
	LAD_PAIRS,  /* COUNT sessions, each between two containers of its own */
	LAD_INCAST, /* COUNT containers, one generator each, to one container with all sinks */
	LAD_FANOUT, /* one container with all generators, to COUNT containers with one sink each */
	LAD_MESH,   /* one container a host, and a session for each ordered pair of them */
	LAD_PATTERN_COUNT
};

struct lad_topology {
	enum lad_pattern pattern;
	int count; /* 1 to LAD_SESSIONS_MAX; of a mesh its hosts */
	int hosts; /* 2 to LAD_HOSTS_MAX */
};

/* A pair between two hosts. */
extern const struct lad_topology lad_topology_pair;

/* Who stands where: what a topology is with a placement. */
struct lad_layout {
	struct lad_member {
		int host; /* 0, 1, … */
	} members[LAD_MEMBERS_MAX];
	int member_count;
	struct lad_edge {
		int generator, sink; /* members */
	} edges[LAD_SESSIONS_MAX];   /* the sessions */
	int edge_count;
};

/*
 * Lays TOPOLOGY out: members are dealt over the hosts in turn. Cross-host, the ends of a session stand on different
 * hosts; same-host, on one. A mesh is always cross-host.
 */
void lad_topology_lay_out(const struct lad_topology *topology, enum lad_placement placement, struct lad_layout *layout);

/* Whether it is the one pair between two hosts. */
bool lad_topology_is_pair(const struct lad_topology *topology);

/* How many sessions it has. */
int lad_topology_sessions(const struct lad_topology *topology);

/* How many hosts have to be there for its members, counted from the first. */
int lad_topology_hosts_used(const struct lad_topology *topology, enum lad_placement placement);

/*
 * The words that tell its rows from others in the column `options`: "topology=pairs=16", and "wire=switch" behind it
 * where more than two hosts are joined by a switch, which is one hop more. "" for a pair.
 */
void lad_topology_describe(const struct lad_topology *topology, char *out, size_t size);

/* "pairs", "incast", "fanout", "mesh". */
const char *lad_pattern_name(enum lad_pattern pattern);

#endif

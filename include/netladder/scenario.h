/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SCENARIO_H
#define NETLADDER_SCENARIO_H

/*
 * A scenario file: what to build, what to send, how often, and what is expected. Loading is strict: the first thing
 * that is wrong is reported as FILE:LINE:COLUMN with the key and what would be valid (exit code LAD_EXIT_USAGE).
 * scenarios/README.md documents every key; a test holds it against the schema.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/search.h"
#include "netladder/topology.h"
#include "netladder/tuning.h"
#include "netladder/units.h"
#include "netladder/workload.h"

#define LAD_NAME_MAX 64
#define LAD_WORKLOADS_MAX 64
#define LAD_BACKGROUND_WORKLOADS_MAX 16
#define LAD_WORKLOAD_FLOWS_MAX 1024
#define LAD_RELATIONS_MAX 32

/* What time is in the vm lab: the number of instructions executed, or the host's. */
enum lad_clock { LAD_CLOCK_INSTRUCTIONS, LAD_CLOCK_WALL, LAD_CLOCK_COUNT };

#define LAD_VM_MODULES_MAX 32
#define LAD_VM_MODULE_BYTES 64
#define LAD_VM_PATH_BYTES 1024

/* `vm:`, for the vm lab alone. */
struct lad_vm {
	enum lad_clock clock;
	int64_t memory_bytes;
	int cpus;			/* 1 with the instruction clock */
	char kernel[LAD_VM_PATH_BYTES]; /* a folder with vmlinuz and modules; "": the fetched one */
	char modules[LAD_VM_MODULES_MAX][LAD_VM_MODULE_BYTES];
	int module_count;
};

enum lad_relation_sign { LAD_GREATER, LAD_EQUIVALENT };

/* One adjacent pair of the expected order, "host > macvlan" or "macvlan ~ ipvlan-l2". */
struct lad_relation {
	enum lad_mode left, right;
	enum lad_relation_sign sign;
};

enum lad_swarm_use { LAD_SWARM_EXISTING, LAD_SWARM_CREATE };

#define LAD_ENGINES_MAX 8

/* What the docker lab is told: `hosts`, `docker` and `limits`. */
struct lad_docker_settings {
	char hosts[LAD_ENGINES_MAX][256];    /* as lad_docker_open takes them */
	int host_count;			     /* 0: the default context */
	char addresses[LAD_ENGINES_MAX][16]; /* of the hosts, in their order */
	int address_count;		     /* 0: found out */
	char tls[256];			     /* folder of ca.pem, cert.pem, key.pem; "": none */
	enum lad_swarm_use swarm;
	char parent[16]; /* macvlan, ipvlan: the hosts' device; "": the one with the host's address */
	char subnet[24], gateway[16], ip_range[24]; /* macvlan, ipvlan; "": from 198.19.0.0/16 */
	bool publish_same_host;			    /* bridge, same-host: through the published port as well */
	double cpus;				    /* limits of the containers; 0: none */
	char cpuset[64];			    /* "": none */
	int64_t memory_bytes;			    /* 0: none */
	struct lad_sysctl sysctls[LAD_TUNING_SYSCTLS_MAX];
	int sysctl_count;
};

/* `search`: what is looked for in each combination. */
struct lad_search_settings {
	struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX]; /* durations that are 0 follow those of the plan's trials */
	int goal_count;					    /* 0: no search */
	struct lad_load max;				    /* of one session */
	int64_t limit_ns;				    /* of one search; 0: see lad_search_limit_s */
};

struct lad_scenario {
	char name[LAD_NAME_MAX]; /* from `name:`, else the file's base name without .yaml */
	char description[512];
	enum lad_lab_kind lab;
	enum lad_mode modes[LAD_MODE_COUNT]; /* in the file's order, no duplicates */
	int mode_count;
	enum lad_placement placements[LAD_PLACEMENT_COUNT];
	int placement_count;
	struct lad_workload workloads[LAD_WORKLOADS_MAX]; /* those that are judged */
	int workload_count;
	/* Those that others have as their background; one that is judged as well stands in both lists. */
	struct lad_workload backgrounds[LAD_BACKGROUND_WORKLOADS_MAX];
	int background_count;
	struct lad_topology topologies[LAD_TOPOLOGIES_MAX]; /* a pair where the file has none */
	int topology_count;
	struct lad_search_settings search;
	int64_t wire_mtu_bytes; /* MTU of the hosts' eth0; overlay containers get 50 less (VXLAN, RFC 7348) */
	double wire_rate_bps;	/* token bucket on the wire, 0: unshaped */
	int blocks;
	int64_t warmup_ns, duration_ns; /* of one trial */
	int quick_blocks;		/* the same, with --quick */
	int64_t quick_warmup_ns, quick_duration_ns;
	uint64_t seed;
	struct lad_relation relations[LAD_RELATIONS_MAX]; /* of `expect: {order: …}`, chained into adjacent pairs */
	int relation_count;
	double margin; /* for ~ : ratio within 1/(1+margin) .. 1+margin; 0.03 is 3 % */
	struct lad_vm vm;
	double alpha; /* family-wise error rate of one verdict family, default 0.05 */
	/* The first is the base, which the others are compared with: "default", or what `sweep.base` names. */
	struct lad_tuning tunings[LAD_TUNINGS_MAX];
	int tuning_count;	/* at least 1 */
	bool allow_host_tuning; /* sysctls of the whole machine may be changed */
	int64_t wire_delay_ns;	/* one way; 0: none */
	double wire_loss_ratio; /* 0: none */
	bool blocks_auto;	/* `blocks: auto`: `blocks` is then max_blocks, and the run stops once all is decided */
	int max_blocks;
	double precision;    /* with it: a ratio known to this, either way, needs no more blocks */
	int64_t sample_ns;   /* between rows of samples.csv; 0: none */
	bool wire_mtu_given; /* false: wire_mtu_bytes is the default */
	struct lad_docker_settings docker;
};

/* Whether the docker lab has an engine for each host of the topologies; -1 with the topology that wants more. */
int lad_scenario_check_engines(const struct lad_scenario *scenario, struct lad_error *err);

/* Reads and checks FILE. SCENARIO owns nothing on the heap. */
int lad_scenario_load(const char *path, struct lad_scenario *scenario, struct lad_error *err);

/* The same from memory; NAME stands for the file in messages and, without .yaml, for a missing `name:`. */
int lad_scenario_parse(const char *name, const char *text, size_t length, struct lad_scenario *scenario,
		       struct lad_error *err);

/*
 * Parses an order such as "host > macvlan ~ ipvlan-l2 > bridge > overlay" (`~`, `≈` and `=` mean equivalent) into
 * adjacent relations. Used by the scenario's `expect.order` and by `netladder verdict --expect`.
 * Returns the number of relations, or -1.
 */
int lad_order_parse(const char *text, struct lad_relation *relations, int capacity, struct lad_error *err);

/* The goals of SEARCH in trials of DURATION_S, as `trials` or `quick` have it. */
void lad_search_goals_of(const struct lad_search_settings *search, double duration_s, bool quick,
			 struct lad_search_goal goals[LAD_SEARCH_GOALS_MAX]);
/* Max Load of one session of WORKLOAD, and Min Load, at which the shortest trial still tells a loss of 1 %. */
double lad_search_max_load(const struct lad_search_settings *search, const struct lad_workload *workload);
double lad_search_min_load(const struct lad_search_goal *goals, int count);
/* After how long a search for the COUNT goals of a plan ends as it is. */
double lad_search_limit_s(const struct lad_search_settings *search, const struct lad_search_goal *goals, int count);
/*
 * The words that tell its rows from others in the column `options`: "goal=ndr", with what has to hold behind it where
 * the name alone does not say so, "goal=slo goal_loss=1% goal_deadline=1ms".
 */
void lad_search_goal_describe(const struct lad_search_goal *goal, char *out, size_t size);

/* Whether a workload or a tuning of it asks for IPv6. */
bool lad_scenario_uses_ipv6(const struct lad_scenario *scenario);

/* Writes the Markdown table of every key (type, default, unit, meaning), for scenarios/README.md. */
void lad_scenario_write_reference(FILE *out);

#endif

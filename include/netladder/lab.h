/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_LAB_H
#define NETLADDER_LAB_H

/*
 * A lab provides the hosts and containers in which a plan is measured. One of two kinds of ops does the work: a lab
 * that sets up the testbed for each trial (native, docker) and leaves the measuring to src/run, or a lab that takes the
 * whole plan elsewhere (vm, where another netladder runs it inside a guest). One file and one line in registry.c add
 * one.
 */

#include <stdbool.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/netlink.h"
#include "netladder/plan.h"
#include "netladder/protocol.h"
#include "netladder/scenario.h"

struct lad_host;
struct lad_path;
struct lad_run_options;
struct lad_run_outcome;
struct lad_row;
struct cJSON;

/* The runner's end of an agent's standard streams. */
struct lad_channel {
	int input;  /* to write to; blocking */
	int output; /* to read from; non-blocking */
	struct lad_line_buffer lines;
};

/* One generator and one sink, both started and not yet told anything, and where they are to talk. */
struct lad_testbed_session {
	struct lad_channel *agents[LAD_ROLE_COUNT]; /* by enum lad_role; owned by the lab */
	char listen_address[46], target_address[46];
	uint16_t listen_port, target_port;
	char sink_name[64];	       /* as the generator's DNS server knows the sink; "": it does not */
	int64_t mtu_bytes;	       /* of the generator's device */
	int generator_host, sink_host; /* 0, 1, … */
};

/* What one trial runs on. */
struct lad_testbed {
	/* The runner's; the lab fills them in. Those of the judged workload come first, then each background's. */
	struct lad_testbed_session *sessions;
	int session_count;
	struct lad_tuning_report tuning;
	bool impossible; /* after a failure: not a fault, but what the trial asks for cannot be had here; it is skipped
			  */
	/* The native lab's own, for observers; NULL in the others. */
	const struct lad_host *hosts;
	const struct lad_path *path;
	bool settles;	 /* the network may take a moment until it carries what the generator sends */
	bool own_clocks; /* the agents' CLOCK_MONOTONIC may not be ours */
	bool strangers;	 /* others may reach the sinks: these answer nobody but who says the run's word */
	bool elsewhere;	 /* the agents run on other machines: our /proc tells nothing of them */
	void *state;	 /* the lab's own */
};

struct lab_ops;

/* A lab in use by one run. */
struct lad_lab {
	const struct lab_ops *ops;
	const struct lad_scenario *scenario;
	int agent_fd;		 /* O_PATH descriptor of netladder-agent, owned by the run */
	int base_agent_fd;	 /* that of variant a, owned by the run; the same where both have one agent */
	int cpu_first, cpu_last; /* the lowest and highest CPU this process may use */
	const char *run_id;	 /* of the results, to label by */
	void *state;		 /* the lab's own, from open */
};

struct lab_ops {
	enum lad_lab_kind lab;
	bool
	    takes_backgrounds; /* it sets up the testbed for several workloads at once; else their trials are skipped */
	/*
	 * Can MODE be measured here? Tries for real where that is quick. 0 when usable; -1 with the reason and its
	 * remedy in ERR. SCENARIO may be NULL (probe without a scenario).
	 */
	int (*probe)(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err);

	/* Once a run, before the first testbed and after the last; either may be NULL. */
	int (*open)(struct lad_lab *lab, struct lad_error *err);
	void (*close)(struct lad_lab *lab);
	/* As probe, with what open has found out; NULL: probe is asked. */
	int (*usable)(struct lad_lab *lab, enum lad_mode mode, struct lad_error *err);
	/* Corrects the columns of ROW that tell of the machine (kernel, …) when it is another; may be NULL. */
	void (*describe)(const struct lad_lab *lab, struct lad_row *row);
	/* What the lab is made of, for environment.json, under the lab's name: the caller's to delete. May be NULL. */
	struct cJSON *(*environment)(const struct lad_lab *lab);
	/* Builds TRIAL's network and starts the agents of all sessions. TESTBED comes zeroed, with room for its
	 * sessions. On failure nothing is left. */
	int (*set_up)(struct lad_lab *lab, const struct lad_trial *trial, struct lad_testbed *testbed,
		      struct lad_error *err);
	/* What the device of ROLE's end has counted so far; NULL where the lab cannot see it. */
	int (*count)(const struct lad_testbed *testbed, enum lad_role role, struct lad_link_counters *counters,
		     struct lad_error *err);
	/* Ends the agents and takes the network down; safe on a zeroed testbed and twice. */
	void (*tear_down)(struct lad_lab *lab, struct lad_testbed *testbed);

	/* What PLAN will take, in nanoseconds; NULL: as lad_plan_estimate_ns. */
	int64_t (*estimate_ns)(const struct lad_scenario *scenario, const struct lad_plan *plan);
	/* Takes the whole plan; the per-trial ops above are then NULL. As lad_run_plan. */
	int (*run)(const struct lad_scenario *scenario, const struct lad_plan *plan,
		   const struct lad_run_options *options, struct lad_run_outcome *outcome, struct lad_error *err);
};

/* The ops of a lab, or NULL when this build does not have it. */
const struct lab_ops *lad_lab_of(enum lad_lab_kind lab);

/* What PLAN will take in that lab, about. */
int64_t lad_lab_estimate_ns(const struct lab_ops *lab, const struct lad_scenario *scenario,
			    const struct lad_plan *plan);

/* Removes the vm lab's frozen machines, those that were not used for longest first, until MOST are left: how many. */
int lad_vm_cache_clear(int most);

#define LAD_LAB_OPS(NAME, name, word) extern const struct lab_ops lad_lab_##name;
LAD_LABS(LAD_LAB_OPS)

/*
 * The first process of the vm lab's guest (netladder-guest): does there what it is told from outside, and ends the
 * guest. CLOCK is a word of the kernel's command line. Returns only when it is not that process: -1.
 */
int lad_vm_guest(const char *clock, struct lad_error *err);

#endif

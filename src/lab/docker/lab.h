/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAB_DOCKER_LAB_H
#define LAB_DOCKER_LAB_H

/* What the files of the docker lab share. */

#include "netladder/docker.h"
#include "netladder/lab.h"
#include "netladder/network.h"

#define DOCKER_LANES_MAX 8 /* of an engine */

struct docker_node { /* an engine and its machine */
	struct lad_docker *engine;
	struct lad_docker *lanes[DOCKER_LANES_MAX - 1]; /* further connections, NULL until they are wanted */
	struct lad_docker_info info;
	struct lad_docker_facts facts;
	enum lad_docker_carrier carriers[LAD_IP_COUNT]; /* of a published port, from the host itself */
	struct lad_error no_carrier[LAD_IP_COUNT];	/* why that is not known */
};

struct docker_lab {
	struct docker_node nodes[LAD_ENGINES_MAX]; /* host N of a topology is engine N */
	int node_count;
	bool elsewhere; /* not all engines are on this machine */
	struct lad_docker_image image;
	struct lad_docker_image base; /* of variant a's agent; no archive: the same */
	int64_t mtu_bytes;	      /* of the machines' network */
	struct lad_error overlay;     /* why no Swarm was made; no message: nothing speaks against it */
	char obstacles[LAD_IP_COUNT][LAD_MODE_COUNT][512]; /* why a mode cannot be had; "": it can */
};

/* One network of a trial, to be removed. */
struct docker_network {
	bool made;
	char id[LAD_DOCKER_ID];
};

/* A network namespace of a trial, in which the agents of one member of the topology are. */
struct docker_member {
	int node;
	char network[LAD_DOCKER_ID]; /* id, or "host" */
	char fixed_address[16];	     /* "": the engine's choice */
	char fixed_address6[LAD_DOCKER_ADDRESS];
	char alias[24];			  /* its name in the network: short enough for a label of DNS */
	char address[LAD_DOCKER_ADDRESS]; /* its own; "" in the host's network */
	char container[LAD_DOCKER_ID];	  /* that has the namespace; "" in the host's network */
};

struct docker_agent { /* and its container */
	int session;  /* of the trial: those of a background come behind the judged ones, as often as there are edges */
	enum lad_role role;
	struct docker_member *member;
	bool leads; /* the namespace is its container's, and not another agent's */
	char container[LAD_DOCKER_ID];
	struct lad_docker_stream *stream;
	struct lad_channel channel;
};

struct docker_testbed {
	struct lad_layout layout;
	bool used[LAD_ENGINES_MAX];			 /* engine N has members */
	struct docker_network networks[LAD_ENGINES_MAX]; /* of engine N; overlay's is its manager's alone */
	struct docker_member members[LAD_MEMBERS_MAX];
	/* Of session S: S * LAD_ROLE_COUNT + role. */
	struct docker_agent agents[LAD_ROLE_COUNT * LAD_TRIAL_SESSIONS_MAX];
	int session_count;
};

/* lanes.c */

/* Items to be worked on, each on its engine. */
struct docker_work {
	int count;
	int (*node_of)(const void *data, int item);
	/* On a connection that is this thread's own. */
	int (*run)(struct lad_docker *engine, void *data, int item, struct lad_error *err);
	void *data;
	bool all; /* the failure of one keeps none of the others from being tried */
};

/* Works on up to DOCKER_LANES_MAX items of each engine at a time. 0, or -1 with the first failure. */
int docker_lanes_run(struct docker_lab *docker, const struct docker_work *work, struct lad_error *err);
/* For each of the NODE_COUNT first engines once, all of them in any case. */
int docker_lanes_each(struct docker_lab *docker, int node_count,
		      int (*run)(struct lad_docker *engine, void *data, int node, struct lad_error *err), void *data,
		      struct lad_error *err);
void docker_lanes_close(struct docker_node *node);

/* networks.c: makes the trial's networks and says in TESTBED where each member goes. */
int docker_networks_make(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
			 struct lad_error *err);
void docker_networks_remove(struct docker_lab *docker, struct docker_testbed *testbed);
/* Whether the scenario's subnet has room for the trial's containers. */
int docker_check_addresses(const struct lad_docker_settings *settings, const struct lad_trial *trial,
			   const struct lad_layout *layout, struct lad_error *err);
/* The MTU of the generator's device in this trial. */
int64_t docker_trial_mtu(const struct docker_lab *docker, const struct lad_trial *trial);

/* ip.c: whether TRIAL can be had over the IP that it asks for. */
int docker_check_ip(const struct lad_lab *lab, const struct lad_trial *trial, struct lad_error *err);

/*
 * swarm.c. The first makes a Swarm or looks at the one that is there; what speaks against overlay goes to
 * docker->overlay, and -1 is for what ends the run.
 */
int docker_swarm_prepare(struct lad_lab *lab, struct lad_error *err);
/* Whether overlay can be had of the engines' Swarm; -1 with the reason. */
int docker_swarm_check(const struct docker_lab *docker, struct lad_error *err);
/* Whether an overlay network that stands carries anything from each of its members to each other. */
int docker_swarm_try(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_testbed *testbed,
		     struct lad_error *err);
/* The first engine that manages the Swarm, or NULL. */
const struct docker_node *docker_swarm_manager(const struct docker_lab *docker);

/* environment.c */
cJSON *docker_environment(const struct lad_lab *lab);

/* check.c */
/* Which engines have members of LAYOUT. */
void docker_used(const struct lad_layout *layout, bool used[LAD_ENGINES_MAX]);
/* Whether containers can have TUNING: what an engine does not set is refused, so that it is no default under its name.
 */
int docker_check_tuning(const struct lad_tuning *tuning, bool host_network, struct lad_error *err);
/* What session NUMBER of TRIAL sends: the judged workload, or one of its background. */
const struct lad_workload *docker_workload_of(const struct lad_trial *trial, const struct lad_layout *layout,
					      int number);
/* Whether these engines can measure TRIAL at all; -1 with the reason for which it is skipped. */
int docker_check(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_layout *layout,
		 struct lad_error *err);

/* testbed.c */
int docker_testbed_set_up(struct lad_lab *lab, const struct lad_trial *trial, struct lad_testbed *testbed,
			  struct lad_error *err);
/* The same with the members and sessions of LAYOUT. */
int docker_stage_lay(struct lad_lab *lab, const struct lad_trial *trial, const struct lad_layout *layout,
		     struct lad_testbed *testbed, struct lad_error *err);
void docker_testbed_tear_down(struct lad_lab *lab, struct lad_testbed *testbed);

#endif

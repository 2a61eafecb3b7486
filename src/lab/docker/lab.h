/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAB_DOCKER_LAB_H
#define LAB_DOCKER_LAB_H

/* What the files of the docker lab share. */

#include "netladder/docker.h"
#include "netladder/lab.h"
#include "netladder/network.h"

struct docker_node { /* an engine and its machine */
	struct lad_docker *engine;
	struct lad_docker_info info;
	struct lad_docker_facts facts;
	enum lad_docker_carrier carriers[LAD_IP_COUNT]; /* of a published port, from the host itself */
	struct lad_error no_carrier[LAD_IP_COUNT];	/* why that is not known */
};

struct docker_lab {
	struct docker_node nodes[LAD_ENGINES_MAX];
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
	struct lad_docker *engine; /* NULL: none */
	char id[LAD_DOCKER_ID];
};

struct docker_end { /* an agent of a trial */
	const struct docker_node *node;
	char network[LAD_DOCKER_ID]; /* id, or "host" */
	char fixed_address[16];	     /* "": the engine's choice */
	char fixed_address6[LAD_DOCKER_ADDRESS];
	char container[LAD_DOCKER_ID];
	char address[LAD_DOCKER_ADDRESS]; /* the agent's own */
	struct lad_docker_stream *stream;
	struct lad_channel channel;
};

struct docker_stage {
	struct docker_network networks[LAD_ROLE_COUNT];
	struct docker_end ends[LAD_ROLE_COUNT];
};

/* docker_networks.c: makes the trial's networks and says in STAGE where each end goes. */
int docker_networks_make(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
			 struct lad_error *err);
/* The MTU of the generator's device in this trial. */
int64_t docker_trial_mtu(const struct docker_lab *docker, const struct lad_trial *trial);

/* docker_ip.c: whether TRIAL can be had over the IP that it asks for. */
int docker_check_ip(const struct lad_lab *lab, const struct lad_trial *trial, struct lad_error *err);

/*
 * docker_swarm.c. The first makes a Swarm or looks at the one that is there; what speaks against overlay goes to
 * docker->overlay, and -1 is for what ends the run.
 */
int docker_swarm_prepare(struct lad_lab *lab, struct lad_error *err);
/* Whether overlay can be had of the engines' Swarm; -1 with the reason. */
int docker_swarm_check(const struct docker_lab *docker, struct lad_error *err);
/* Whether an overlay network that stands carries anything between its two ends. */
int docker_swarm_try(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_stage *stage,
		     struct lad_error *err);
/* The first engine that manages the Swarm, or NULL. */
const struct docker_node *docker_swarm_manager(const struct docker_lab *docker);

/* docker_environment.c */
cJSON *docker_environment(const struct lad_lab *lab);

/* docker_stage.c */
/* Whether containers can have TUNING: what an engine does not set is refused, so that it is no default under its name.
 */
int docker_check_tuning(const struct lad_tuning *tuning, bool host_network, struct lad_error *err);
int docker_stage_set(struct lad_lab *lab, const struct lad_trial *trial, struct lad_stage *stage,
		     struct lad_error *err);
void docker_stage_clear(struct lad_lab *lab, struct lad_stage *stage);

#endif

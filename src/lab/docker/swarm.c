/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lab/docker/lab.h"
#include "netladder/units.h"

/* The Swarm that overlay needs: made for the run, or one that is there; and what speaks against it. */

/* What makes a Swarm fail in ways that are hard to read: TLS between nodes whose clocks differ, and closed ports. */
#define CLOCK_SKEW_MAX_NS (60 * LAD_NS_PER_S)

static int check_clocks(const struct docker_lab *docker, struct lad_error *err)
{
	for (int i = 1; i < docker->node_count; i++) {
		int64_t apart_ns = docker->nodes[i].info.clock_skew_ns - docker->nodes[0].info.clock_skew_ns;
		if (apart_ns < -CLOCK_SKEW_MAX_NS || apart_ns > CLOCK_SKEW_MAX_NS)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "the clocks of %s and %s are %d s apart: a Swarm's certificates need them "
					     "within a minute (`chronyc makestep` there)",
					     lad_docker_name(docker->nodes[0].engine),
					     lad_docker_name(docker->nodes[i].engine), (int)(apart_ns / LAD_NS_PER_S));
	}
	return 0;
}

/* Between the engines in a ring. Those of a Swarm that is there are in use, and not for us to take. */
static int check_ports(const struct lad_lab *lab, const struct docker_lab *docker, struct lad_error *err)
{
	bool create = lab->scenario->docker.swarm == LAD_SWARM_CREATE;
	for (int i = 0; i < docker->node_count; i++) {
		const struct docker_node *from = &docker->nodes[i];
		int next = (i + 1) % docker->node_count;
		const struct docker_node *to = &docker->nodes[next];
		char closed[256];
		if (from == to)
			return 0;
		bool manager = create ? next == 0 : to->info.swarm == LAD_SWARM_MANAGER;
		const char *address = create ? to->facts.address : to->info.node_address;
		if (strchr(address, ':')) /* the agent tries IPv4 alone */
			continue;
		if (lad_docker_ports(from->engine, to->engine, manager, create, address, &docker->image, lab->run_id,
				     closed, sizeof closed, err) < 0)
			return -1;
		if (closed[0])
			return lad_error_set(
			    err, LAD_EXIT_UNABLE,
			    "from %s to %s (%s) these ports are closed: %s; open them between the nodes",
			    lad_docker_name(from->engine), lad_docker_name(to->engine), address, closed);
	}
	return 0;
}

static int make_swarm(const struct lad_lab *lab, struct docker_lab *docker, struct lad_error *err)
{
	struct lad_docker *engines[LAD_ENGINES_MAX];
	const char *addresses[LAD_ENGINES_MAX];
	for (int i = 0; i < docker->node_count; i++) {
		struct docker_node *node = &docker->nodes[i];
		if (node->info.swarm != LAD_SWARM_INACTIVE)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "engine %s is in a Swarm already: swarm: existing uses that",
					     lad_docker_name(node->engine));
		engines[i] = node->engine;
		addresses[i] = node->facts.address;
	}
	if (lad_docker_swarm_make(engines, addresses, docker->node_count, lab->run_id, err) < 0)
		return -1;
	for (int i = 0; i < docker->node_count; i++)
		if (lad_docker_info(docker->nodes[i].engine, &docker->nodes[i].info, err) < 0)
			return -1;
	return 0;
}

int docker_swarm_check(const struct docker_lab *docker, struct lad_error *err)
{
	if (docker->overlay.message[0]) {
		*err = docker->overlay;
		return -1;
	}
	for (int i = 0; i < docker->node_count; i++) {
		const struct docker_node *node = &docker->nodes[i];
		if (node->facts.vxlan[0])
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "engine %s: its kernel makes no vxlan device: %s (`sudo modprobe vxlan`)",
					     lad_docker_name(node->engine), node->facts.vxlan);
		if (node->info.swarm == LAD_SWARM_INACTIVE || node->info.swarm == LAD_SWARM_PENDING)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "engine %s is in no Swarm: `docker swarm init` and `docker swarm join`, "
					     "or let netladder make one: --swarm create",
					     lad_docker_name(node->engine));
	}
	if (!docker_swarm_manager(docker))
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "none of the engines manages the Swarm: name a manager in hosts");
	return 0;
}

const struct docker_node *docker_swarm_manager(const struct docker_lab *docker)
{
	for (int i = 0; i < docker->node_count; i++)
		if (docker->nodes[i].info.swarm == LAD_SWARM_MANAGER)
			return &docker->nodes[i];
	return NULL;
}

/* One Swarm, whose manager hears from all of them. */
static int check_nodes(const struct docker_lab *docker, struct lad_error *err)
{
	const struct docker_node *manager = docker_swarm_manager(docker);
	for (int i = 0; i < docker->node_count; i++)
		if (lad_docker_swarm_node(manager->engine, docker->nodes[i].info.node_id, err) < 0)
			return lad_error_context(err, "engine %s", lad_docker_name(docker->nodes[i].engine));
	return 0;
}

int docker_swarm_prepare(struct lad_lab *lab, struct lad_error *err)
{
	struct docker_lab *docker = lab->state;
	struct lad_error *obstacle = &docker->overlay;
	if (check_clocks(docker, obstacle) < 0)
		return 0;
	if (lab->scenario->docker.swarm == LAD_SWARM_CREATE)
		return check_ports(lab, docker, obstacle) < 0 ? 0 : make_swarm(lab, docker, err);
	if (docker_swarm_check(docker, obstacle) == 0 && check_nodes(docker, obstacle) == 0)
		check_ports(lab, docker, obstacle);
	return 0;
}

/*
 * VXLAN's port is the kernel's, which answers nobody: what tells is a connection through the overlay. The containers
 * do not listen yet, so that a refusal says that both directions work.
 */
#define CONNECT_TRIES 2 /* of eight seconds each: the nodes tell each other of a container by gossip */

struct trying {
	const struct lad_lab *lab;
	const struct docker_testbed *testbed;
};

static int connect_members(struct lad_docker *engine, const struct trying *trying, const struct docker_member *from,
			   const struct docker_member *to, struct lad_error *err)
{
	const struct docker_lab *docker = trying->lab->state;
	const struct docker_node *here = &docker->nodes[from->node], *there = &docker->nodes[to->node];
	char answer[64];
	for (int tries = 0; tries < CONNECT_TRIES; tries++) {
		if (lad_docker_connect(engine, &docker->image, trying->lab->run_id, from->network, to->address,
				       LAD_DATA_PORT, answer, err) < 0)
			return -1;
		if (strcmp(answer, "refused") == 0)
			return 0;
	}
	return lad_error_set(err, LAD_EXIT_UNABLE,
			     "the Swarm's nodes hear each other, and an overlay network from %s to %s carries nothing "
			     "(%s): open %d/udp, VXLAN's port, between %s and %s, both ways",
			     lad_docker_name(here->engine), lad_docker_name(there->engine), answer,
			     docker_swarm_manager(docker)->info.data_path_port, here->info.node_address,
			     there->info.node_address);
}

/* From engine NODE to each other. */
static int connect_from(struct lad_docker *engine, void *data, int node, struct lad_error *err)
{
	const struct trying *trying = data;
	const struct docker_testbed *testbed = trying->testbed;
	const struct docker_member *from = NULL;
	for (int i = 0; i < testbed->layout.member_count && !from; i++)
		if (testbed->members[i].node == node)
			from = &testbed->members[i];
	for (int i = 0; from && i < testbed->layout.member_count; i++)
		if (testbed->members[i].node != node &&
		    connect_members(engine, trying, from, &testbed->members[i], err) < 0)
			return -1;
	return 0;
}

int docker_swarm_try(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_testbed *testbed,
		     struct lad_error *err)
{
	struct docker_lab *docker = lab->state;
	const struct docker_testbed *own = testbed->state;
	struct trying trying = {lab, own};
	/* No wire; or its ports have been tried, of two engines both ways. */
	if (trial->placement == LAD_SAME_HOST ||
	    (lab->scenario->docker.swarm == LAD_SWARM_CREATE && own->layout.member_count == 2))
		return 0;
	return docker_lanes_each(docker, docker->node_count, connect_from, &trying, err);
}

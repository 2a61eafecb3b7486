/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lab/docker/lab.h"
#include "netladder/cleanup.h"

/*
 * The rungs as Docker's own drivers build them. Each mode gives both ends a network and, where Docker's address
 * management of one engine does not know of the other, a fixed address.
 */

#define SUBNET "198.19.128.0/24" /* RFC 2544, as the native lab */
#define GATEWAY "198.19.128.1"

/*
 * The IPv6 subnets, of 2001:2::/48 (RFC 5180) as the native lab's. An engine is always told: before Engine 27 it had
 * none of its own to choose from. A network of Docker's has IPv4 besides.
 */
static const char *over_ipv6(const struct lad_trial *trial, const char *subnet)
{
	return trial->workload->manner.ip == LAD_IP_V6 ? subnet : NULL;
}

/* What a tuning or the machines' network gives the containers, before what a mode takes off. */
static int64_t path_mtu(const struct docker_lab *docker, const struct lad_tuning *tuning)
{
	return lad_tuning_integer(tuning, LAD_SETTING_CONTAINER_MTU,
				  lad_tuning_integer(tuning, LAD_SETTING_MTU, docker->mtu_bytes));
}

int64_t docker_trial_mtu(const struct docker_lab *docker, const struct lad_trial *trial)
{
	int64_t mtu = path_mtu(docker, trial->tuning);
	if (trial->mode == LAD_MODE_HOST)
		return trial->placement == LAD_SAME_HOST ? 65536 : docker->mtu_bytes;
	return trial->mode == LAD_MODE_OVERLAY ? mtu - LAD_VXLAN_OVERHEAD : mtu;
}

/* Each trial's own: a Swarm takes its time to forget a network that was removed. */
static void network_name(char name[LAD_DOCKER_ID], const struct lad_lab *lab, const struct lad_trial *trial)
{
	char what[24];
	snprintf(what, sizeof what, "%s-%d", lad_mode_name(trial->mode), trial->number);
	lad_docker_object_name(name, lab->run_id, what);
}

static int create(const struct docker_node *node, struct lad_docker_network *network, struct docker_network *made,
		  struct lad_error *err)
{
	if (lad_docker_network_create(node->engine, network, made->id, err) < 0)
		return -1;
	made->engine = node->engine;
	return 0;
}

/* A network on each end's engine, one alone when both are on one. */
static int create_on_each(struct docker_stage *stage, struct lad_docker_network *networks, struct lad_error *err)
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct docker_end *end = &stage->ends[role];
		bool shared = role > 0 && stage->ends[0].node == end->node;
		if (!shared && create(end->node, &networks[role], &stage->networks[role], err) < 0)
			return -1;
		strcpy(end->network, stage->networks[shared ? 0 : role].id);
	}
	return 0;
}

static int make_bridge(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
		       struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	/* The subnet is the engine's choice, as with `docker network create NAME`. */
	struct lad_docker_network network = {
	    .name = name, .run_id = lab->run_id, .driver = "bridge", .mtu_bytes = path_mtu(docker, trial->tuning)};
	struct lad_docker_network networks[LAD_ROLE_COUNT] = {network, network};
	networks[0].subnet6 = over_ipv6(trial, "2001:2:0:100::/64");
	networks[1].subnet6 = over_ipv6(trial, "2001:2:0:101::/64");
	return create_on_each(stage, networks, err);
}

/* The address NUMBER above the first of RANGE ("198.19.128.16/28"). */
static void nth_address(const char *range, unsigned number, char address[16])
{
	char first[24];
	struct in_addr ipv4 = {0};
	snprintf(first, sizeof first, "%s", range);
	first[strcspn(first, "/")] = '\0';
	inet_pton(AF_INET, first, &ipv4);
	ipv4.s_addr = htonl(ntohl(ipv4.s_addr) + number);
	inet_ntop(AF_INET, &ipv4, address, 16);
}

static const char *or_default(const char *given, const char *fallback)
{
	return given[0] ? given : fallback;
}

/* Both ends in one subnet, each engine giving out addresses from a range of its own. */
static int make_child(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
		      const char *driver, const char *ipvlan_mode, struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	static const char *const ranges[LAD_ROLE_COUNT] = {"198.19.128.16/28", "198.19.128.32/28"};
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	struct lad_docker_network networks[LAD_ROLE_COUNT];
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct docker_end *end = &stage->ends[role];
		/* A driver takes the device's MTU unless told; told the same, it is checked and not changed. */
		networks[role] = (struct lad_docker_network){
		    .name = name,
		    .run_id = lab->run_id,
		    .driver = driver,
		    .ipvlan_mode = ipvlan_mode,
		    .parent = or_default(settings->parent, end->node->facts.device),
		    .subnet = or_default(settings->subnet, SUBNET),
		    .gateway = settings->subnet[0] ? settings->gateway : GATEWAY,
		    .ip_range = or_default(settings->ip_range, settings->subnet[0] ? "" : ranges[role]),
		    .subnet6 = over_ipv6(trial, "2001:2:0:80::/64"),
		    .mtu_bytes = path_mtu(docker, trial->tuning)};
		if (networks[role].subnet6)
			snprintf(end->fixed_address6, sizeof end->fixed_address6, "2001:2:0:80::%d", 102 + role);
		if (stage->ends[0].node == stage->ends[1].node)
			networks[role].ip_range = settings->ip_range;
		const char *range = networks[role].ip_range[0] ? networks[role].ip_range : networks[role].subnet;
		/* .1 is mostly the gateway's: count from 2, and let the ends differ when they share a range. */
		nth_address(range, 2 + (unsigned)role, end->fixed_address);
	}
	return create_on_each(stage, networks, err);
}

/* Layer 3: each machine has a subnet of its own, and the machines route (or one machine holds both ends). */
static int make_ipvlan_l3(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
			  struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	static const char *const subnets[LAD_ROLE_COUNT] = {"198.19.129.0/24", "198.19.130.0/24"};
	static const char *const subnets6[LAD_ROLE_COUNT] = {"2001:2:0:81::/64", "2001:2:0:82::/64"};
	bool one = stage->ends[0].node == stage->ends[1].node;
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	struct lad_docker_network networks[LAD_ROLE_COUNT];
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct docker_end *end = &stage->ends[role];
		networks[role] = (struct lad_docker_network){
		    .name = name,
		    .run_id = lab->run_id,
		    .driver = "ipvlan",
		    .ipvlan_mode = "l3",
		    .parent = or_default(lab->scenario->docker.parent, end->node->facts.device),
		    .subnet = subnets[one ? 0 : role],
		    .subnet6 = over_ipv6(trial, subnets6[one ? 0 : role]),
		    .mtu_bytes = path_mtu(docker, trial->tuning)};
		nth_address(subnets[one ? 0 : role], 2 + (unsigned)role, end->fixed_address);
		if (networks[role].subnet6)
			snprintf(end->fixed_address6, sizeof end->fixed_address6, "2001:2:0:%d::%d",
				 one || !role ? 81 : 82, 102 + role);
	}
	return create_on_each(stage, networks, err);
}

/* One network of the whole Swarm: made on a manager, known to the others once a container asks for it. */
static int make_overlay(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
			struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	char name[LAD_DOCKER_ID], subnet[24];
	network_name(name, lab, trial);
	snprintf(subnet, sizeof subnet, "198.19.%d.0/24", 64 + trial->number % 32);
	/* The driver takes VXLAN's 50 bytes off what it is told. */
	struct lad_docker_network network = {.name = name,
					     .run_id = lab->run_id,
					     .driver = "overlay",
					     .subnet = subnet,
					     .mtu_bytes = path_mtu(docker, trial->tuning)};
	const struct docker_node *manager = docker_swarm_manager(docker);
	if (!manager)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "none of the engines manages the Swarm: name a manager in hosts");
	if (create(manager, &network, &stage->networks[0], err) < 0)
		return -1;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		strcpy(stage->ends[role].network, stage->networks[0].id);
	return 0;
}

int docker_networks_make(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_stage *stage,
			 struct lad_error *err)
{
	switch (trial->mode) {
	case LAD_MODE_HOST:
		for (int role = 0; role < LAD_ROLE_COUNT; role++)
			strcpy(stage->ends[role].network, "host");
		return 0;
	case LAD_MODE_MACVLAN:
		return make_child(lab, trial, stage, "macvlan", NULL, err);
	case LAD_MODE_IPVLAN_L2:
		return make_child(lab, trial, stage, "ipvlan", "l2", err);
	case LAD_MODE_IPVLAN_L3:
		return make_ipvlan_l3(lab, trial, stage, err);
	case LAD_MODE_BRIDGE:
		return make_bridge(lab, trial, stage, err);
	case LAD_MODE_OVERLAY:
		return make_overlay(lab, trial, stage, err);
	default:
		return lad_error_set(err, LAD_EXIT_UNABLE, "the docker lab does not know this mode");
	}
}

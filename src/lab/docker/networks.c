/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/docker/lab.h"
#include "netladder/cleanup.h"

/*
 * The rungs as Docker's own drivers build them. Each mode gives every engine in use a network and, where Docker's
 * address management of one engine does not know of the others, every member a fixed address.
 */

#define FIRST_ADDRESS "198.19.128.0" /* RFC 2544, as the native lab */
#define GATEWAY "198.19.128.1"
#define ADDRESSES_BEFORE 2 /* in a range, that no container gets: .1 is mostly the gateway's */
#define RANGE_MIN 16

struct wanted { /* a network on one engine */
	struct lad_docker_network network;
	char subnet[32], ip_range[32], subnet6[32]; /* that it points to */
};

struct making {
	struct docker_testbed *testbed;
	struct wanted wanted[LAD_ENGINES_MAX];
};

/*
 * The IPv6 subnets, of 2001:2::/48 (RFC 5180) as the native lab's. An engine is always told: before Engine 27 it had
 * none of its own to choose from. A network of Docker's has IPv4 besides.
 */
static const char *over_ipv6(const struct lad_trial *trial, const char *subnet)
{
	return trial->workload->traffic.ip == LAD_IP_V6 ? subnet : NULL;
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

static int create(struct lad_docker *engine, void *data, int node, struct lad_error *err)
{
	struct making *making = data;
	struct docker_network *made = &making->testbed->networks[node];
	if (!making->testbed->used[node])
		return 0;
	if (lad_docker_network_create(engine, &making->wanted[node].network, made->id, err) < 0)
		return -1;
	made->made = true;
	return 0;
}

/* On each engine in use, and every member in that of its engine. */
static int create_on_each(struct docker_lab *docker, struct making *making, struct lad_error *err)
{
	struct docker_testbed *testbed = making->testbed;
	if (docker_lanes_each(docker, docker->node_count, create, making, err) < 0)
		return -1;
	for (int i = 0; i < testbed->layout.member_count; i++)
		strcpy(testbed->members[i].network, testbed->networks[testbed->members[i].node].id);
	return 0;
}

static int make_bridge(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
		       struct lad_error *err)
{
	struct docker_lab *docker = lab->state;
	struct making making = {.testbed = testbed};
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	for (int i = 0; i < docker->node_count; i++) {
		struct wanted *wanted = &making.wanted[i];
		snprintf(wanted->subnet6, sizeof wanted->subnet6, "2001:2:0:%x::/64", 0x100U + (unsigned)i);
		/* The IPv4 subnet is the engine's choice, as with `docker network create NAME`. */
		wanted->network = (struct lad_docker_network){.name = name,
							      .run_id = lab->run_id,
							      .driver = "bridge",
							      .subnet6 = over_ipv6(trial, wanted->subnet6),
							      .mtu_bytes = path_mtu(docker, trial->tuning)};
	}
	return create_on_each(docker, &making, err);
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

/* The smallest power of two that is at least LEAST, and its place. */
static int power_of_two(int least, int *bits)
{
	int size = 1;
	for (*bits = 0; size < least; size *= 2)
		++*bits;
	return size;
}

/* How many addresses a range has, "198.19.128.16/28". */
static long addresses_in(const char *range)
{
	const char *slash = strchr(range, '/');
	return slash ? 1L << (32 - atoi(slash + 1)) : 1;
}

int docker_check_addresses(const struct lad_docker_settings *settings, const struct lad_trial *trial,
			   const struct lad_layout *layout, struct lad_error *err)
{
	const char *range = settings->ip_range[0] ? settings->ip_range : settings->subnet;
	bool child = trial->mode == LAD_MODE_MACVLAN || trial->mode == LAD_MODE_IPVLAN_L2;
	if (!child || !range[0] || addresses_in(range) >= ADDRESSES_BEFORE + layout->member_count)
		return 0;
	return lad_error_set(
	    err, LAD_EXIT_UNABLE, "docker.%s %s has %ld addresses, and this topology has %d containers",
	    settings->ip_range[0] ? "ip_range" : "subnet", range, addresses_in(range), layout->member_count);
}

/*
 * Where the scenario names no subnet: one that has a range for each engine, which gives out addresses of that alone,
 * and a range before them for the gateway. A pair has two of /28 in a /24.
 */
static void choose_ranges(struct making *making)
{
	const struct docker_testbed *testbed = making->testbed;
	int engines = 0, used = 0, bits, all_bits;
	for (int i = 0; i < LAD_ENGINES_MAX; i++)
		if (testbed->used[i])
			used++, engines = i + 1;
	int size = power_of_two(testbed->layout.member_count + ADDRESSES_BEFORE + 1, &bits);
	if (size < RANGE_MIN)
		size = power_of_two(RANGE_MIN, &bits);
	power_of_two(size * (engines + 1), &all_bits);
	for (int i = 0; i < LAD_ENGINES_MAX; i++) {
		struct wanted *wanted = &making->wanted[i];
		char first[16];
		nth_address(FIRST_ADDRESS, (unsigned)(size * (i + 1)), first);
		snprintf(wanted->subnet, sizeof wanted->subnet, FIRST_ADDRESS "/%d", all_bits > 8 ? 32 - all_bits : 24);
		/* One alone has nobody to share with. */
		if (used > 1)
			snprintf(wanted->ip_range, sizeof wanted->ip_range, "%s/%d", first, 32 - bits);
	}
}

static const char *or_default(const char *given, const char *fallback)
{
	return given[0] ? given : fallback;
}

/* Members have different numbers, so that they differ where engines share a range of the scenario's. */
static void fix_addresses(const struct making *making)
{
	struct docker_testbed *testbed = making->testbed;
	for (int i = 0; i < testbed->layout.member_count; i++) {
		struct docker_member *member = &testbed->members[i];
		const struct lad_docker_network *network = &making->wanted[member->node].network;
		const char *range = network->ip_range && network->ip_range[0] ? network->ip_range : network->subnet;
		nth_address(range, ADDRESSES_BEFORE + (unsigned)i, member->fixed_address);
		if (network->subnet6)
			snprintf(member->fixed_address6, sizeof member->fixed_address6, "%.*s%d",
				 (int)strcspn(network->subnet6, "/"), network->subnet6, 102 + i);
	}
}

/* All members in one subnet, each engine giving out addresses from a range of its own. */
static int make_child(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
		      const char *driver, const char *ipvlan_mode, struct lad_error *err)
{
	struct docker_lab *docker = lab->state;
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	struct making making = {.testbed = testbed};
	bool own = !settings->subnet[0];
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	choose_ranges(&making);
	for (int i = 0; i < docker->node_count; i++) {
		struct wanted *wanted = &making.wanted[i];
		/* A driver takes the device's MTU unless told; told the same, it is checked and not changed. */
		wanted->network =
		    (struct lad_docker_network){.name = name,
						.run_id = lab->run_id,
						.driver = driver,
						.ipvlan_mode = ipvlan_mode,
						.parent = or_default(settings->parent, docker->nodes[i].facts.device),
						.subnet = own ? wanted->subnet : settings->subnet,
						.gateway = own ? GATEWAY : settings->gateway,
						.ip_range = own ? wanted->ip_range : settings->ip_range,
						.subnet6 = over_ipv6(trial, "2001:2:0:80::/64"),
						.mtu_bytes = path_mtu(docker, trial->tuning)};
	}
	fix_addresses(&making);
	return create_on_each(docker, &making, err);
}

/* Layer 3: each machine has a subnet of its own, and the machines route (or one machine holds both ends). */
static int make_ipvlan_l3(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
			  struct lad_error *err)
{
	struct docker_lab *docker = lab->state;
	struct making making = {.testbed = testbed};
	char name[LAD_DOCKER_ID];
	network_name(name, lab, trial);
	for (int i = 0; i < docker->node_count; i++) {
		struct wanted *wanted = &making.wanted[i];
		snprintf(wanted->subnet, sizeof wanted->subnet, "198.19.%d.0/24", 129 + i);
		snprintf(wanted->subnet6, sizeof wanted->subnet6, "2001:2:0:%d::/64", 81 + i);
		wanted->network = (struct lad_docker_network){
		    .name = name,
		    .run_id = lab->run_id,
		    .driver = "ipvlan",
		    .ipvlan_mode = "l3",
		    .parent = or_default(lab->scenario->docker.parent, docker->nodes[i].facts.device),
		    .subnet = wanted->subnet,
		    .subnet6 = over_ipv6(trial, wanted->subnet6),
		    .mtu_bytes = path_mtu(docker, trial->tuning)};
	}
	fix_addresses(&making);
	return create_on_each(docker, &making, err);
}

/* One network of the whole Swarm: made on a manager, known to the others once a container asks for it. */
static int make_overlay(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
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
	struct docker_network *made = &testbed->networks[manager - docker->nodes];
	if (lad_docker_network_create(manager->engine, &network, made->id, err) < 0)
		return -1;
	made->made = true;
	for (int i = 0; i < testbed->layout.member_count; i++)
		strcpy(testbed->members[i].network, made->id);
	return 0;
}

int docker_networks_make(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *testbed,
			 struct lad_error *err)
{
	switch (trial->mode) {
	case LAD_MODE_HOST:
		for (int i = 0; i < testbed->layout.member_count; i++)
			strcpy(testbed->members[i].network, "host");
		return 0;
	case LAD_MODE_MACVLAN:
		return make_child(lab, trial, testbed, "macvlan", NULL, err);
	case LAD_MODE_IPVLAN_L2:
		return make_child(lab, trial, testbed, "ipvlan", "l2", err);
	case LAD_MODE_IPVLAN_L3:
		return make_ipvlan_l3(lab, trial, testbed, err);
	case LAD_MODE_BRIDGE:
		return make_bridge(lab, trial, testbed, err);
	case LAD_MODE_OVERLAY:
		return make_overlay(lab, trial, testbed, err);
	default:
		return lad_error_set(err, LAD_EXIT_UNABLE, "the docker lab does not know this mode");
	}
}

static int remove_from(struct lad_docker *engine, void *data, int node, struct lad_error *err)
{
	const struct docker_testbed *testbed = data;
	const struct docker_network *network = &testbed->networks[node];
	return network->made ? lad_docker_network_remove(engine, network->id, err) : 0;
}

void docker_networks_remove(struct docker_lab *docker, struct docker_testbed *testbed)
{
	docker_lanes_each(docker, docker->node_count, remove_from, testbed, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/docker/lab.h"

/* What each mode needs besides for IPv6, of the engines and of their hosts. */

/* The hosts' own addresses, where they are talked to. */
static int check_hosts(const struct docker_lab *docker, const bool used[LAD_ENGINES_MAX], struct lad_error *err)
{
	for (int i = 0; i < docker->node_count; i++)
		if (used[i] && !docker->nodes[i].facts.address6[0])
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "ip: 6: the host of engine %s has no IPv6 address on %s (`sudo ip address "
					     "add ADDRESS/64 dev %s`)",
					     lad_docker_name(docker->nodes[i].engine), docker->nodes[i].facts.device,
					     docker->nodes[i].facts.device);
	return 0;
}

/* Between hosts a bridge's packets leave masqueraded and come in through a published port: both are ip6tables' rules.
 */
static int check_bridges(const struct docker_lab *docker, const bool used[LAD_ENGINES_MAX], struct lad_error *err)
{
	for (int i = 0; i < docker->node_count; i++) {
		const struct docker_node *node = &docker->nodes[i];
		if (!used[i])
			continue;
		if (node->carriers[LAD_IP_V6] == LAD_CARRIER_UNKNOWN)
			return lad_error_set(err, LAD_EXIT_UNABLE, "ip: 6: %.400s",
					     node->no_carrier[LAD_IP_V6].message);
		if (node->carriers[LAD_IP_V6] != LAD_CARRIER_KERNEL)
			return lad_error_set(
			    err, LAD_EXIT_UNABLE,
			    "ip: 6: engine %s makes no ip6tables rules, so that bridges have no address "
			    "translation for IPv6; start it with --ip6tables (before Engine 27 with "
			    "--experimental, too)",
			    lad_docker_name(node->engine));
	}
	return 0;
}

int docker_check_ip(const struct lad_lab *lab, const struct lad_trial *trial, struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	bool across = trial->placement == LAD_CROSS_HOST;
	bool bridge = trial->mode == LAD_MODE_BRIDGE;
	if (trial->workload->traffic.ip == LAD_IP_V4)
		return 0;
	if (trial->mode == LAD_MODE_OVERLAY) /* moby/moby#43615, docker/for-linux#973, moby/libnetwork#1169 */
		return lad_error_set(
		    err, LAD_EXIT_UNABLE,
		    "ip: 6: Docker's overlay is IPv4: a Swarm hands out no IPv6 addresses, its nodes give "
		    "the same one to several containers; the native and vm labs have it over IPv6");
	if (lad_mtu_check(LAD_IP_V6, docker_trial_mtu(docker, trial), lad_mode_name(trial->mode), err) < 0)
		return -1;
	struct lad_layout layout;
	bool used[LAD_ENGINES_MAX];
	lad_topology_lay_out(lad_trial_topology(trial), trial->placement, &layout);
	docker_used(&layout, used);
	bool to_host = (bridge || trial->mode == LAD_MODE_HOST) && across;
	to_host |= bridge && lab->scenario->docker.publish_same_host;
	if (to_host && check_hosts(docker, used, err) < 0)
		return -1;
	if (across && bridge && check_bridges(docker, used, err) < 0)
		return -1;
	/* What trying the mode at the beginning has shown. */
	const char *why = docker->obstacles[LAD_IP_V6][trial->mode];
	return why[0] ? lad_error_set(err, LAD_EXIT_UNABLE, "ip: 6: %s", why) : 0;
}

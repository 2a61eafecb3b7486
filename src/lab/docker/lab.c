/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/docker/lab.h"
#include "netladder/cleanup.h"
#include "netladder/results.h"
#include "netladder/units.h"

/*
 * The docker lab: containers of one or more Docker Engines, on networks that Docker's own drivers make. Host N of a
 * topology is engine N: of a pair the first runs the generator, the second (or the first, for same-host) the sink.
 */

static bool wants(const struct lad_scenario *scenario, enum lad_mode mode)
{
	for (int i = 0; i < scenario->mode_count; i++)
		if (scenario->modes[i] == mode)
			return true;
	return false;
}

static bool is_local(const char *host)
{
	return strncmp(host, "unix://", 7) == 0 || host[0] == '/';
}

static int connect_engines(const struct lad_docker_settings *settings, struct docker_lab *docker, struct lad_error *err)
{
	int count = settings->host_count ? settings->host_count : 1;
	for (int i = 0; i < count; i++) {
		const char *host = settings->host_count ? settings->hosts[i] : "default";
		if (lad_docker_open(host, settings->tls[0] ? settings->tls : NULL, &docker->nodes[i].engine, err) < 0)
			return -1;
		docker->node_count++;
		docker->elsewhere |= settings->host_count && !is_local(host);
	}
	return 0;
}

static int ask_engines(struct docker_lab *docker, struct lad_error *err)
{
	for (int i = 0; i < docker->node_count; i++) {
		struct docker_node *node = &docker->nodes[i];
		if (lad_docker_info(node->engine, &node->info, err) < 0)
			return -1;
		for (int j = 0; j < i; j++)
			if (strcmp(docker->nodes[j].info.engine_id, node->info.engine_id) == 0)
				return lad_error_set(err, LAD_EXIT_USAGE, "hosts: %s and %s are the same engine",
						     lad_docker_name(docker->nodes[j].engine),
						     lad_docker_name(node->engine));
	}
	return 0;
}

/*
 * What killed runs have left would be in the way: a Swarm, a device with its child. The manager last, as at the end of
 * a run. What cannot be removed is said by whatever it is in the way of.
 */
static void clean_after_the_dead(struct docker_lab *docker)
{
	for (int i = docker->node_count - 1; i >= 0; i--) {
		struct lad_docker *engine = docker->nodes[i].engine;
		struct lad_docker_cleaned cleaned;
		if (lad_docker_clean_dead(engine, &cleaned, NULL) == 0 &&
		    cleaned.containers + cleaned.networks + cleaned.swarms > 0)
			fprintf(stderr,
				"netladder: engine %s: removed what a killed run has left: %d containers, %d networks, "
				"%d Swarms\n",
				lad_docker_name(engine), cleaned.containers, cleaned.networks, cleaned.swarms);
	}
}

static int find_facts_of(struct lad_docker *engine, void *data, int number, struct lad_error *err)
{
	const struct lad_lab *lab = data;
	struct docker_lab *docker = lab->state;
	struct docker_node *node = &docker->nodes[number];
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	const char *address = number < settings->address_count ? settings->addresses[number] : node->info.node_address;
	if (lad_docker_image_ensure(engine, &docker->image, NULL, err) < 0 ||
	    (docker->base.archive && lad_docker_image_ensure(engine, &docker->base, NULL, err) < 0))
		return -1;
	return lad_docker_facts(engine, &docker->image, lab->run_id, address, wants(lab->scenario, LAD_MODE_OVERLAY),
				&node->facts, err);
}

static int find_facts(struct lad_lab *lab, struct docker_lab *docker, struct lad_error *err)
{
	if (docker_lanes_each(docker, docker->node_count, find_facts_of, lab, err) < 0)
		return -1;
	for (int i = 0; i < docker->node_count; i++) {
		const struct docker_node *node = &docker->nodes[i];
		for (int j = 0; j < i; j++)
			if (strcmp(node->facts.address, docker->nodes[j].facts.address) == 0)
				return lad_error_set(
				    err, LAD_EXIT_UNABLE,
				    "engines %s and %s both have the address %s: name their addresses in "
				    "docker.addresses",
				    lad_docker_name(docker->nodes[j].engine), lad_docker_name(node->engine),
				    node->facts.address);
		/* The path is as wide as its narrowest end. */
		if (!docker->mtu_bytes || node->facts.mtu_bytes < docker->mtu_bytes)
			docker->mtu_bytes = node->facts.mtu_bytes;
	}
	return 0;
}

static int check_wire(const struct lad_scenario *scenario, const struct docker_lab *docker, struct lad_error *err)
{
	if (scenario->wire_rate_bps > 0 || scenario->wire_delay_ns > 0 || scenario->wire_loss_ratio > 0)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "wire.rate, delay and loss are for the native and vm labs: the wire between "
				     "engines is yours");
	if (scenario->wire_mtu_given && scenario->wire_mtu_bytes != docker->mtu_bytes)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "wire.mtu: the scenario says %d, the engines' network has %d; valid: leave it out",
				     (int)scenario->wire_mtu_bytes, (int)docker->mtu_bytes);
	return 0;
}

/* Between hosts where the scenario is: that shows more. */
static enum lad_placement placement_to_try(const struct lad_scenario *scenario, const struct docker_lab *docker)
{
	for (int i = 0; i < scenario->placement_count; i++)
		if (scenario->placements[i] == LAD_CROSS_HOST && docker->node_count > 1)
			return LAD_CROSS_HOST;
	return scenario->placements[0];
}

/* A container on each engine that the scenario uses, in pairs; an odd one is the peer of the first. */
static void lay_out_try(const struct lad_scenario *scenario, enum lad_placement placement, struct lad_layout *layout)
{
	int hosts = lad_topology_hosts_used(&lad_topology_pair, placement);
	for (int i = 0; i < scenario->topology_count; i++) {
		int needed = lad_topology_hosts_used(&scenario->topologies[i], placement);
		hosts = needed > hosts ? needed : hosts;
	}
	if (placement == LAD_SAME_HOST) {
		const struct lad_topology pairs = {LAD_PAIRS, hosts, hosts};
		lad_topology_lay_out(&pairs, placement, layout);
		return;
	}
	*layout = (struct lad_layout){.member_count = hosts, .edge_count = (hosts + 1) / 2};
	for (int i = 0; i < hosts; i++)
		layout->members[i].host = i;
	for (int i = 0; i < layout->edge_count; i++)
		layout->edges[i] = (struct lad_edge){2 * i, (2 * i + 1) % hosts};
}

/*
 * Starts containers of MODE once on every engine: only that tells whether its kernel has the driver. What is refused
 * over IPv6 without a try is refused for each trial by itself, for not every placement is.
 */
static int try_mode(struct lad_lab *lab, enum lad_mode mode, enum lad_ip ip, struct lad_error *err)
{
	const struct lad_scenario *scenario = lab->scenario;
	const struct lad_workload workload = {
	    .kind = LAD_TCP_RR, .cpus = LAD_CPUS_FREE, .flows = 1, .traffic = {.ip = ip}};
	const struct lad_trial trial = {.mode = mode,
					.placement = placement_to_try(scenario, lab->state),
					.workload = &workload,
					.tuning = &lad_no_tuning};
	struct lad_testbed_session sessions[LAD_ENGINES_MAX] = {0};
	struct lad_layout layout;
	lay_out_try(scenario, trial.placement, &layout);
	struct lad_testbed testbed = {.sessions = sessions, .session_count = layout.edge_count};
	if (docker_stage_lay(lab, &trial, &layout, &testbed, err) < 0)
		return ip == LAD_IP_V6 && testbed.impossible ? 0 : -1;
	int status = mode == LAD_MODE_OVERLAY ? docker_swarm_try(lab, &trial, &testbed, err) : 0;
	docker_testbed_tear_down(lab, &testbed);
	return status;
}

/* What was only tried and came to nothing has said so of a mode. That an engine is gone says nothing of any. */
static int check_engines(const struct docker_lab *docker, struct lad_error *err)
{
	for (int i = 0; i < docker->node_count; i++)
		if (lad_docker_trouble(docker->nodes[i].engine, err) < 0)
			return -1;
	return 0;
}

static int try_modes(struct lad_lab *lab, struct docker_lab *docker, enum lad_ip ip, struct lad_error *err)
{
	for (int i = 0; i < lab->scenario->mode_count; i++) {
		enum lad_mode mode = lab->scenario->modes[i];
		struct lad_error why = {0};
		if (docker->obstacles[LAD_IP_V4][mode][0])
			continue; /* which is IPv6's as well */
		int status = mode == LAD_MODE_OVERLAY ? docker_swarm_check(docker, &why) : 0;
		if (status == 0)
			status = try_mode(lab, mode, ip, &why);
		if (status < 0)
			snprintf(docker->obstacles[ip][mode], sizeof docker->obstacles[ip][mode], "%.500s",
				 why.message);
		if (why.exit_code == LAD_EXIT_INTERRUPTED) {
			*err = why;
			return -1;
		}
		if (check_engines(docker, err) < 0)
			return -1;
	}
	return 0;
}

/* What cannot be found out stays unknown: a port that cannot be published fails its own trials. */
static int find_carriers_of(struct lad_docker *engine, void *data, int number, struct lad_error *err)
{
	const struct lad_lab *lab = data;
	struct docker_lab *docker = lab->state;
	struct docker_node *node = &docker->nodes[number];
	bool ipv6 = lad_scenario_uses_ipv6(lab->scenario);
	const char *addresses[LAD_IP_COUNT] = {"127.0.0.1", ipv6 ? node->facts.address6 : ""};
	(void)err;
	for (int ip = 0; ip < LAD_IP_COUNT; ip++)
		if (addresses[ip][0])
			lad_docker_carrier(engine, &docker->image, lab->run_id, addresses[ip], &node->carriers[ip],
					   &node->no_carrier[ip]);
	return 0;
}

static void docker_close(struct lad_lab *lab)
{
	struct docker_lab *docker = lab->state;
	if (!docker)
		return;
	struct lad_docker_cleaned cleaned;
	/* The manager last: overlay networks are its, and its leaving ends the Swarm. */
	for (int i = docker->node_count - 1; i >= 0; i--) {
		docker_lanes_close(&docker->nodes[i]);
		lad_docker_clean(docker->nodes[i].engine, lab->run_id, false, &cleaned, NULL);
		lad_docker_close(docker->nodes[i].engine);
	}
	lad_docker_image_free(&docker->image);
	lad_docker_image_free(&docker->base);
	free(docker);
	lab->state = NULL;
}

/* What needs containers to be known. */
static int try_all(struct lad_lab *lab, struct docker_lab *docker, struct lad_error *err)
{
	bool ipv6 = lad_scenario_uses_ipv6(lab->scenario);
	if (check_engines(docker, err) < 0)
		return -1;
	if (wants(lab->scenario, LAD_MODE_BRIDGE))
		docker_lanes_each(docker, docker->node_count, find_carriers_of, lab, NULL);
	if (check_engines(docker, err) < 0 || try_modes(lab, docker, LAD_IP_V4, err) < 0)
		return -1;
	return ipv6 ? try_modes(lab, docker, LAD_IP_V6, err) : 0;
}

static int docker_open(struct lad_lab *lab, struct lad_error *err)
{
	struct docker_lab *docker = calloc(1, sizeof *docker);
	if (!docker)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lab->state = docker;
	const struct lad_scenario *scenario = lab->scenario;
	int status = connect_engines(&scenario->docker, docker, err);
	if (status == 0) {
		clean_after_the_dead(docker);
		status = ask_engines(docker, err);
	}
	if (status == 0)
		status = lad_docker_image_make(lab->agent_fd, &docker->image, err);
	if (status == 0 && lab->base_agent_fd != lab->agent_fd)
		status = lad_docker_image_make(lab->base_agent_fd, &docker->base, err);
	if (status == 0)
		status = find_facts(lab, docker, err);
	if (status == 0)
		status = check_wire(scenario, docker, err);
	if (status == 0 && wants(scenario, LAD_MODE_OVERLAY))
		status = docker_swarm_prepare(lab, err);
	if (status == 0)
		status = try_all(lab, docker, err);
	if (status < 0) {
		docker_close(lab);
		return -1;
	}
	return 0;
}

static int docker_usable(struct lad_lab *lab, enum lad_mode mode, struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	const char *obstacle = docker->obstacles[LAD_IP_V4][mode];
	return obstacle[0] ? lad_error_set(err, LAD_EXIT_UNABLE, "%s", obstacle) : 0;
}

static void docker_describe(const struct lad_lab *lab, struct lad_row *row)
{
	const struct docker_lab *docker = lab->state;
	const struct lad_docker_info *info = &docker->nodes[0].info;
	snprintf(row->kernel, sizeof row->kernel, "%s", info->kernel);
	snprintf(row->arch, sizeof row->arch, "%.23s", info->architecture);
	if (docker->elsewhere)
		snprintf(row->cpu_model, sizeof row->cpu_model, "%d CPUs of %.40s", info->cpus, info->name);
}

/* Without a run: does an engine answer, and has it the driver? Whether its kernel has it too, only a run tells. */
static int docker_probe(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err)
{
	static const struct lad_docker_settings none;
	const struct lad_docker_settings *settings = scenario ? &scenario->docker : &none;
	lad_cleanup_free struct docker_lab *docker = calloc(1, sizeof *docker);
	if (!docker)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = connect_engines(settings, docker, err);
	if (status == 0)
		status = ask_engines(docker, err);
	if (status < 0 && err && !err->remedy[0])
		lad_error_remedy(err, "sudo apt-get install docker.io, or scripts/engines.sh start");
	for (int i = 0; status == 0 && i < docker->node_count; i++) {
		const struct docker_node *node = &docker->nodes[i];
		const char *driver = lad_network_of(mode)->docker_driver;
		if (driver && !lad_docker_has_driver(&node->info, driver))
			status = lad_error_set(err, LAD_EXIT_UNABLE, "engine %s has no network driver %s",
					       lad_docker_name(node->engine), driver);
		else if (mode == LAD_MODE_OVERLAY && node->info.swarm == LAD_SWARM_INACTIVE) {
			lad_error_set(err, LAD_EXIT_UNABLE, "engine %s is in no Swarm", lad_docker_name(node->engine));
			status = lad_error_remedy(err, "docker swarm init, or netladder run --swarm create");
		}
	}
	/* An engine names drivers that its kernel lacks. On this machine the kernel can be asked, by root. */
	if (status == 0 && !docker->elsewhere && geteuid() == 0)
		status = lad_network_of(mode)->probe(err);
	for (int i = 0; i < docker->node_count; i++)
		lad_docker_close(docker->nodes[i].engine);
	return status;
}

/* Two containers and their networks take this long to come and go, and each container more, side by side: Engine 20.10
 * on the two cores it was tried on. */
#define TESTBED_NS (1000 * LAD_NS_PER_MS)
#define STAGE_EACH_NS (150 * LAD_NS_PER_MS)

/* Of the scenario's topologies, which have equally many trials. */
static int64_t mean_stage_ns(const struct lad_scenario *scenario)
{
	int64_t sessions = 0;
	for (int i = 0; i < scenario->topology_count; i++)
		sessions += lad_topology_sessions(&scenario->topologies[i]) - 1;
	return TESTBED_NS +
	       (scenario->topology_count ? sessions * LAD_ROLE_COUNT * STAGE_EACH_NS / scenario->topology_count : 0);
}

static int64_t docker_estimate_ns(const struct lad_scenario *scenario, const struct lad_plan *plan)
{
	/* Besides, each mode is tried at the beginning. */
	return lad_plan_estimate_ns(plan) + plan->trial_count * mean_stage_ns(scenario) +
	       scenario->mode_count * TESTBED_NS;
}

const struct lab_ops lad_lab_docker = {
    .lab = LAD_LAB_DOCKER,
    .takes_backgrounds = true,
    .probe = docker_probe,
    .open = docker_open,
    .close = docker_close,
    .usable = docker_usable,
    .describe = docker_describe,
    .environment = docker_environment,
    .set_up = docker_testbed_set_up,
    .tear_down = docker_testbed_tear_down,
    .estimate_ns = docker_estimate_ns,
};

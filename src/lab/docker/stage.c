/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/docker/lab.h"
#include "netladder/cleanup.h"

static const char *const role_names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};
/* In the trial's network, which is its own: short enough for a label of DNS, as the containers' names may not be. */
static const char *const aliases[LAD_ROLE_COUNT] = {
    [LAD_SINK] = "netladder-sink", [LAD_GENERATOR] = "netladder-generator"};

int docker_check_tuning(const struct lad_tuning *tuning, bool host_network, struct lad_error *err)
{
	for (int i = 0; i < LAD_SETTING_COUNT; i++) {
		bool mtu = i == LAD_SETTING_MTU || i == LAD_SETTING_CONTAINER_MTU;
		bool can = i == LAD_SETTING_FLOWS || i == LAD_SETTING_SOCKET_BUFFER ||
			   i == LAD_SETTING_CONGESTION_CONTROL || (mtu && !host_network);
		if (tuning->settings[i].set && !can)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "tuning %s: %s is of the machines, which an engine does not set; the "
					     "native lab does",
					     tuning->name, lad_setting_name((enum lad_setting)i));
	}
	for (int i = 0; i < tuning->sysctl_count; i++)
		if (lad_sysctl_check_container(tuning->sysctls[i].key, host_network, err) < 0)
			return lad_error_context(err, "tuning %s", tuning->name);
	return 0;
}

/* The CPU that END is pinned to, as its machine numbers them; "" for none. */
static void pin(const struct docker_end *end, const struct lad_trial *trial, int role, char cpuset[16])
{
	int last = end->node->info.cpus - 1;
	cpuset[0] = '\0';
	if (trial->workload->cpus == LAD_CPUS_SHARED)
		snprintf(cpuset, 16, "%d", last);
	else if (trial->workload->cpus == LAD_CPUS_PINNED &&
		 trial->workload->manner.threads <= 1) /* more pin themselves */
		snprintf(cpuset, 16, "%d", role == LAD_GENERATOR ? last : 0);
}

static bool publishes(const struct lad_lab *lab, const struct lad_trial *trial)
{
	return trial->mode == LAD_MODE_BRIDGE &&
	       (trial->placement == LAD_CROSS_HOST || lab->scenario->docker.publish_same_host);
}

/* Docker's DNS server answers for the containers of one network, wherever their engines are. */
static int check_lookup(const struct lad_trial *trial, struct lad_error *err)
{
	if (trial->workload->kind != LAD_DNS_RR || trial->workload->manner.name[0])
		return 0;
	if (trial->mode == LAD_MODE_HOST)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "the host's network has no names: dns_rr looks up the containers of a network of "
				     "Docker's, or a `name` of your own");
	if (trial->placement == LAD_SAME_HOST || trial->mode == LAD_MODE_OVERLAY)
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE,
			     "%s is a network of each engine's own, which knows no names of the other's: dns_rr needs "
			     "overlay, placement same-host, or a `name` of your own",
			     lad_mode_name(trial->mode));
}

/* The engines' CPUs count, not ours: they may be other machines. */
static int check_cpus(const struct docker_lab *docker, const struct lad_trial *trial, struct lad_error *err)
{
	if (trial->workload->cpus == LAD_CPUS_SPREAD) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cpus: spread is of the native lab");
		return lad_error_remedy(err, "cpus: free");
	}
	int used = trial->placement == LAD_SAME_HOST || docker->node_count < 2 ? 1 : 2;
	for (int i = 0; i < used && trial->workload->cpus == LAD_CPUS_PINNED; i++)
		if (docker->nodes[i].info.cpus == 1)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "cpus: pinned needs two CPUs and engine %s has one; way out: shared",
					     lad_docker_name(docker->nodes[i].engine));
	return 0;
}

static int check_limits(const struct lad_docker_settings *settings, bool host_network, struct lad_error *err)
{
	for (int i = 0; i < settings->sysctl_count; i++)
		if (lad_sysctl_check_container(settings->sysctls[i].key, host_network, err) < 0)
			return lad_error_context(err, "limits.sysctls");
	return 0;
}

static int find_address(const struct lad_trial *trial, struct docker_end *end, struct lad_error *err)
{
	struct lad_docker *engine = end->node->engine;
	enum lad_ip ip = trial->workload->manner.ip;
	if (trial->mode == LAD_MODE_HOST)
		return 0;
	if (lad_docker_container_address(engine, end->container, ip, end->address, err) < 0)
		return -1;
	if (end->address[0])
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: its %s driver gave the container no IPv%d address%s",
			     lad_docker_name(engine), lad_mode_name(trial->mode), ip == LAD_IP_V6 ? 6 : 4,
			     ip == LAD_IP_V6 ? "; the native and vm labs have every mode over IPv6" : "");
}

static int start_end(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_end *end, int role,
		     struct lad_error *err)
{
	const struct docker_lab *docker = lab->state;
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	struct lad_docker_limits limits = {.cpus = settings->cpus,
					   .memory_bytes = settings->memory_bytes,
					   .sysctls = settings->sysctls,
					   .sysctl_count = settings->sysctl_count};
	snprintf(limits.cpuset, sizeof limits.cpuset, "%s", settings->cpuset);
	char name[LAD_DOCKER_ID], cpuset[16];
	lad_docker_object_name(name, lab->run_id, role_names[role]);
	pin(end, trial, role, cpuset);
	bool published = role == LAD_SINK && publishes(lab, trial);
	struct lad_docker_container container = {
	    .name = name,
	    .run_id = lab->run_id,
	    .image = trial->variant == 'a' && docker->base.archive ? docker->base.name : docker->image.name,
	    .network = end->network,
	    .address = end->fixed_address[0] ? end->fixed_address : NULL,
	    .address6 = end->fixed_address6[0] ? end->fixed_address6 : NULL,
	    .ip = trial->workload->manner.ip,
	    .alias = aliases[role],
	    .cpuset = cpuset[0] ? cpuset : NULL,
	    .container_port = LAD_DATA_PORT,
	    .published_port = published ? LAD_PUBLISHED_PORT : 0,
	    .limits = &limits,
	    .sysctls = trial->tuning->sysctls,
	    .sysctl_count = trial->tuning->sysctl_count,
	    /* A connection a transaction: give the generator every port there is. */
	    .all_ports = role == LAD_GENERATOR && trial->workload->kind == LAD_TCP_CRR};
	struct lad_docker *engine = end->node->engine;
	if (lad_docker_container_create(engine, &container, end->container, err) < 0 ||
	    lad_docker_attach(engine, end->container, &end->stream, &end->channel.input, &end->channel.output, err) <
		0 ||
	    lad_docker_container_start(engine, end->container, err) < 0)
		return -1;
	return find_address(trial, end, err);
}

static void fill_stage(const struct lad_lab *lab, const struct lad_trial *trial, const struct docker_stage *docker,
		       struct lad_stage *stage)
{
	const struct docker_lab *state = lab->state;
	struct lad_stage_session *session = &stage->sessions[0];
	const struct docker_end *sink = &docker->ends[LAD_SINK];
	const char *listen = sink->address, *target = sink->address;
	session->listen_port = session->target_port = LAD_DATA_PORT;
	bool v6 = trial->workload->manner.ip == LAD_IP_V6;
	const char *loopback = v6 ? "::1" : "127.0.0.1";
	const char *of_host = v6 ? sink->node->facts.address6 : sink->node->facts.address;
	if (trial->mode == LAD_MODE_HOST)
		listen = target = trial->placement == LAD_SAME_HOST ? loopback : of_host;
	if (trial->workload->kind == LAD_DNS_RR) {
		snprintf(session->sink_name, sizeof session->sink_name, "%s", aliases[LAD_SINK]);
	} else if (publishes(lab, trial)) {
		target = of_host;
		session->target_port = LAD_PUBLISHED_PORT;
	}
	snprintf(session->listen_address, sizeof session->listen_address, "%s", listen);
	snprintf(session->target_address, sizeof session->target_address, "%s", target);
	session->mtu_bytes = docker_trial_mtu(state, trial);
	stage->elsewhere = state->elsewhere;
	stage->strangers = true; /* in host mode all of the host's network, else at least what else is on Docker's */
	/* A Swarm's nodes tell each other of a new container by gossip; a bridge's IPv6 address, the containers'
	 * gateway, holds once nobody has objected to it for a second (RFC 4862, duplicate address detection). */
	stage->settles = (trial->mode == LAD_MODE_OVERLAY && trial->placement == LAD_CROSS_HOST) ||
			 (trial->mode == LAD_MODE_BRIDGE && v6);
	stage->own_clocks = true; /* a container may be on another machine, or in a time namespace */
}

static int check_topology(const struct lad_trial *trial, struct lad_error *err)
{
	if (lad_topology_is_pair(lad_trial_topology(trial)))
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE,
			     "the docker lab has one pair of containers; way out: --lab native or --lab vm");
}

int docker_stage_set(struct lad_lab *lab, const struct lad_trial *trial, struct lad_stage *stage, struct lad_error *err)
{
	const struct docker_lab *state = lab->state;
	stage->impossible = check_topology(trial, err) < 0 || docker_check_ip(lab, trial, err) < 0 ||
			    docker_check_tuning(trial->tuning, trial->mode == LAD_MODE_HOST, err) < 0 ||
			    check_cpus(state, trial, err) < 0 || check_lookup(trial, err) < 0 ||
			    check_limits(&lab->scenario->docker, trial->mode == LAD_MODE_HOST, err) < 0;
	if (stage->impossible)
		return -1;
	if (trial->placement == LAD_CROSS_HOST && state->node_count < 2)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cross-host needs two engines: name them in hosts");
	struct docker_stage *docker = calloc(1, sizeof *docker);
	if (!docker)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	stage->state = docker;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		docker->ends[role].channel.input = docker->ends[role].channel.output = -1;
	docker->ends[LAD_GENERATOR].node = &state->nodes[0];
	docker->ends[LAD_SINK].node = &state->nodes[trial->placement == LAD_SAME_HOST ? 0 : 1];
	int status = docker_networks_make(lab, trial, docker, err);
	for (int role = 0; status == 0 && role < LAD_ROLE_COUNT; role++) {
		stage->sessions[0].agents[role] = &docker->ends[role].channel;
		status = start_end(lab, trial, &docker->ends[role], role, err);
	}
	if (status < 0) {
		docker_stage_clear(lab, stage);
		return -1;
	}
	fill_stage(lab, trial, docker, stage);
	return 0;
}

void docker_stage_clear(struct lad_lab *lab, struct lad_stage *stage)
{
	(void)lab;
	struct docker_stage *docker = stage->state;
	if (!docker)
		return;
	/* What cannot be removed now, because its engine is gone, `netladder clean` finds by its label. */
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct docker_end *end = &docker->ends[role];
		lad_docker_detach(end->stream);
		lad_line_free(&end->channel.lines);
		if (end->container[0])
			lad_docker_container_remove(end->node->engine, end->container, NULL);
	}
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		if (docker->networks[role].engine)
			lad_docker_network_remove(docker->networks[role].engine, docker->networks[role].id, NULL);
	free(docker);
	stage->state = NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/docker/lab.h"
#include "netladder/cleanup.h"

/*
 * A trial's containers, one for each agent. The agents of one member of the topology are in one network namespace, as
 * the containers of a pod are: the first has it, and the others are started in it (`--network container:ID`).
 *
 * All is made anew for each trial. A namespace that was kept would bring along the trial's before TCP metrics and
 * sockets in TIME_WAIT, and a kept macvlan child would look at every packet that the other modes' trials receive on its
 * parent.
 */

static const char *const role_names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};

struct building { /* a testbed, by several threads */
	const struct lad_lab *lab;
	const struct lad_trial *trial;
	struct docker_testbed *testbed;
	int items[LAD_ROLE_COUNT * LAD_TRIAL_SESSIONS_MAX]; /* the agents whose turn it is */
	int count;
};

static const struct lad_edge *edge_of(const struct docker_testbed *testbed, int session)
{
	return &testbed->layout.edges[session % testbed->layout.edge_count];
}

/* How many sinks stand before that of SESSION on its machine: that of its engine, or ours with all engines. */
static int sinks_before(const struct docker_lab *docker, const struct docker_testbed *testbed, int session)
{
	int sink = edge_of(testbed, session)->sink, count = 0;
	bool is_sink[LAD_MEMBERS_MAX] = {false};
	for (int i = 0; i < testbed->layout.edge_count; i++)
		is_sink[testbed->layout.edges[i].sink] = true;
	for (int i = 0; i < sink; i++)
		count += is_sink[i] && (!docker->elsewhere || testbed->members[i].node == testbed->members[sink].node);
	return count;
}

/* The CPU that an agent is pinned to, as its machine numbers them; "" for none. */
static void pin(const struct building *building, const struct docker_agent *agent, char cpuset[16])
{
	const struct docker_lab *docker = building->lab->state;
	const struct lad_workload *workload = building->trial->workload;
	int count = docker->nodes[agent->member->node].info.cpus;
	cpuset[0] = '\0';
	if (workload->cpus == LAD_CPUS_SHARED)
		snprintf(cpuset, 16, "%d", count - 1);
	else if (workload->cpus == LAD_CPUS_SPREAD)
		snprintf(cpuset, 16, "%d", sinks_before(docker, building->testbed, agent->session) % count);
	else if (workload->cpus == LAD_CPUS_PINNED && workload->traffic.threads <= 1) /* more pin themselves */
		snprintf(cpuset, 16, "%d", agent->role == LAD_GENERATOR ? count - 1 : 0);
}

/* Whether the sink of a session that sends WORKLOAD is reached through its host. */
static bool publishes(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_workload *workload)
{
	return trial->mode == LAD_MODE_BRIDGE && workload->kind != LAD_DNS_RR &&
	       (trial->placement == LAD_CROSS_HOST || lab->scenario->docker.publish_same_host);
}

/* Each session's sink has a port of its own: sinks may share a container, and in host mode all share their host. */
static uint16_t listen_port(int session)
{
	return (uint16_t)(LAD_DATA_PORT + session);
}

static uint16_t published_port(int session)
{
	return (uint16_t)(LAD_PUBLISHED_PORT + session);
}

static int member_number(const struct docker_testbed *testbed, const struct docker_agent *agent)
{
	return (int)(agent->member - testbed->members);
}

/* The ports of the sinks in AGENT's namespace, of their workload's protocol alone: each costs a docker-proxy process.
 */
static int list_ports(const struct building *building, const struct docker_agent *agent, struct lad_docker_port *ports)
{
	const struct docker_testbed *testbed = building->testbed;
	int count = 0;
	for (int i = 0; i < testbed->session_count && agent->leads; i++) {
		const struct lad_workload *workload = docker_workload_of(building->trial, &testbed->layout, i);
		if (edge_of(testbed, i)->sink == member_number(testbed, agent) &&
		    publishes(building->lab, building->trial, workload))
			ports[count++] =
			    (struct lad_docker_port){listen_port(i), published_port(i), lad_is_udp(workload->kind)};
	}
	return count;
}

/* A connection a transaction: a namespace with such generators gets every port there is. */
static bool wants_all_ports(const struct building *building, const struct docker_agent *agent)
{
	const struct docker_testbed *testbed = building->testbed;
	for (int i = 0; i < testbed->session_count; i++)
		if (edge_of(testbed, i)->generator == member_number(testbed, agent) &&
		    docker_workload_of(building->trial, &testbed->layout, i)->kind == LAD_TCP_CRR)
			return agent->leads;
	return false;
}

static int create_container(struct lad_docker *engine, const struct building *building, struct docker_agent *agent,
			    struct lad_error *err)
{
	const struct lad_lab *lab = building->lab;
	const struct lad_trial *trial = building->trial;
	const struct docker_lab *docker = lab->state;
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	const struct docker_member *member = agent->member;
	struct lad_docker_limits limits = {.cpus = settings->cpus,
					   .memory_bytes = settings->memory_bytes,
					   .sysctls = settings->sysctls,
					   .sysctl_count = settings->sysctl_count};
	snprintf(limits.cpuset, sizeof limits.cpuset, "%s", settings->cpuset);
	char name[LAD_DOCKER_ID], what[24], cpuset[16];
	bool many = building->testbed->session_count > 1;
	snprintf(what, sizeof what, many ? "%s-%d" : "%s", role_names[agent->role], agent->session + 1);
	lad_docker_object_name(name, lab->run_id, what);
	pin(building, agent, cpuset);
	struct lad_docker_port ports[LAD_TRIAL_SESSIONS_MAX];
	struct lad_docker_container container = {
	    .name = name,
	    .run_id = lab->run_id,
	    .image = trial->variant == 'a' && docker->base.archive ? docker->base.name : docker->image.name,
	    .network = member->network,
	    .namespace_of = agent->leads ? NULL : member->container,
	    .address = member->fixed_address[0] ? member->fixed_address : NULL,
	    .address6 = member->fixed_address6[0] ? member->fixed_address6 : NULL,
	    .ip = trial->workload->traffic.ip,
	    .alias = member->alias,
	    .cpuset = cpuset[0] ? cpuset : NULL,
	    .ports = ports,
	    .port_count = list_ports(building, agent, ports),
	    .limits = &limits,
	    .sysctls = trial->tuning->sysctls,
	    .sysctl_count = trial->tuning->sysctl_count,
	    .all_ports = wants_all_ports(building, agent)};
	return lad_docker_container_create(engine, &container, agent->container, err);
}

/* Of a namespace that has just come. */
static int find_address(struct lad_docker *engine, const struct lad_trial *trial, const struct docker_agent *agent,
			struct lad_error *err)
{
	struct docker_member *member = agent->member;
	enum lad_ip ip = trial->workload->traffic.ip;
	if (trial->mode == LAD_MODE_HOST || !agent->leads)
		return 0;
	strcpy(member->container, agent->container);
	if (lad_docker_container_address(engine, agent->container, ip, member->address, err) < 0)
		return -1;
	if (member->address[0])
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: its %s driver gave the container no IPv%d address%s",
			     lad_docker_name(engine), lad_mode_name(trial->mode), ip == LAD_IP_V6 ? 6 : 4,
			     ip == LAD_IP_V6 ? "; the native and vm labs have every mode over IPv6" : "");
}

static int node_of_turn(const void *data, int item)
{
	const struct building *building = data;
	return building->testbed->agents[building->items[item]].member->node;
}

static int start_agent(struct lad_docker *engine, void *data, int item, struct lad_error *err)
{
	const struct building *building = data;
	struct docker_agent *agent = &building->testbed->agents[building->items[item]];
	if (create_container(engine, building, agent, err) < 0 ||
	    lad_docker_attach(engine, agent->container, &agent->stream, &agent->channel.input, &agent->channel.output,
			      err) < 0 ||
	    lad_docker_container_start(engine, agent->container, err) < 0)
		return -1;
	return find_address(engine, building->trial, agent, err);
}

/* First those that have their namespaces (LEADS), then those that join them. */
static int start_agents(struct building *building, bool leads, struct lad_error *err)
{
	const struct docker_testbed *testbed = building->testbed;
	building->count = 0;
	for (int i = 0; i < testbed->session_count * LAD_ROLE_COUNT; i++)
		if (testbed->agents[i].leads == leads)
			building->items[building->count++] = i;
	struct docker_work work = {
	    .count = building->count, .node_of = node_of_turn, .run = start_agent, .data = building};
	return docker_lanes_run(building->lab->state, &work, err);
}

static void fill_session(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *docker,
			 int number, struct lad_testbed_session *session)
{
	const struct docker_lab *state = lab->state;
	const struct lad_edge *edge = edge_of(docker, number);
	const struct lad_workload *workload = docker_workload_of(trial, &docker->layout, number);
	const struct docker_member *sink = &docker->members[edge->sink];
	const struct lad_docker_facts *facts = &state->nodes[sink->node].facts;
	const char *listen = sink->address, *target = sink->address;
	bool v6 = trial->workload->traffic.ip == LAD_IP_V6;
	const char *of_host = v6 ? facts->address6 : facts->address;
	session->listen_port = session->target_port = listen_port(number);
	if (trial->mode == LAD_MODE_HOST)
		listen = target = trial->placement == LAD_CROSS_HOST ? of_host : v6 ? "::1" : "127.0.0.1";
	if (workload->kind == LAD_DNS_RR) {
		snprintf(session->sink_name, sizeof session->sink_name, "%s", sink->alias);
	} else if (publishes(lab, trial, workload)) {
		target = of_host;
		session->target_port = published_port(number);
	}
	snprintf(session->listen_address, sizeof session->listen_address, "%s", listen);
	snprintf(session->target_address, sizeof session->target_address, "%s", target);
	session->mtu_bytes = docker_trial_mtu(state, trial);
	session->generator_host = docker->layout.members[edge->generator].host;
	session->sink_host = docker->layout.members[edge->sink].host;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		session->agents[role] = &docker->agents[number * LAD_ROLE_COUNT + role].channel;
}

static void fill_testbed(const struct lad_lab *lab, const struct lad_trial *trial, struct docker_testbed *docker,
			 struct lad_testbed *testbed)
{
	const struct docker_lab *state = lab->state;
	for (int i = 0; i < docker->session_count; i++)
		fill_session(lab, trial, docker, i, &testbed->sessions[i]);
	testbed->elsewhere = state->elsewhere;
	testbed->strangers = true; /* in host mode all of the host's network, else at least what else is on Docker's */
	/* A Swarm's nodes tell each other of a new container by gossip; a bridge's IPv6 address, the containers'
	 * gateway, holds once nobody has objected to it for a second (RFC 4862, duplicate address detection). */
	testbed->settles = (trial->mode == LAD_MODE_OVERLAY && trial->placement == LAD_CROSS_HOST) ||
			   (trial->mode == LAD_MODE_BRIDGE && trial->workload->traffic.ip == LAD_IP_V6);
	testbed->own_clocks = true; /* a container may be on another machine, or in a time namespace */
}

static void place_members(struct docker_testbed *testbed)
{
	bool pair = testbed->layout.edge_count == 1;
	for (int i = 0; i < testbed->layout.member_count; i++) {
		struct docker_member *member = &testbed->members[i];
		member->node = testbed->layout.members[i].host;
		snprintf(member->alias, sizeof member->alias, "netladder-%d", i + 1);
	}
	for (int role = 0; pair && role < LAD_ROLE_COUNT; role++) {
		const struct lad_edge *edge = &testbed->layout.edges[0];
		struct docker_member *member = &testbed->members[role == LAD_SINK ? edge->sink : edge->generator];
		snprintf(member->alias, sizeof member->alias, "netladder-%s", role_names[role]);
	}
}

/* In the host's network nobody has a namespace to share. */
static void place_agents(struct docker_testbed *testbed, bool host_network)
{
	bool led[LAD_MEMBERS_MAX] = {false};
	for (int i = 0; i < testbed->session_count * LAD_ROLE_COUNT; i++) {
		struct docker_agent *agent = &testbed->agents[i];
		const struct lad_edge *edge = edge_of(testbed, i / LAD_ROLE_COUNT);
		agent->session = i / LAD_ROLE_COUNT;
		agent->role = (enum lad_role)(i % LAD_ROLE_COUNT);
		int member = agent->role == LAD_SINK ? edge->sink : edge->generator;
		agent->member = &testbed->members[member];
		agent->leads = host_network || !led[member];
		led[member] = true;
		agent->channel.input = agent->channel.output = -1;
	}
}

int docker_stage_lay(struct lad_lab *lab, const struct lad_trial *trial, const struct lad_layout *layout,
		     struct lad_testbed *testbed, struct lad_error *err)
{
	const struct docker_lab *state = lab->state;
	testbed->impossible = docker_check(lab, trial, layout, err) < 0;
	if (testbed->impossible)
		return -1;
	struct docker_testbed *docker = calloc(1, sizeof *docker);
	if (!docker)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	docker->layout = *layout;
	docker->session_count = layout->edge_count * (1 + trial->background_count);
	docker_used(layout, docker->used);
	for (int i = state->node_count; i < LAD_ENGINES_MAX; i++)
		if (docker->used[i]) {
			free(docker);
			return lad_error_set(err, LAD_EXIT_UNABLE, "cross-host needs %s engines: name them in hosts",
					     layout->edge_count == 1 ? "two" : "more");
		}
	testbed->state = docker;
	place_members(docker);
	place_agents(docker, trial->mode == LAD_MODE_HOST);
	struct building building = {.lab = lab, .trial = trial, .testbed = docker};
	struct lad_error why = {0};
	if (docker_networks_make(lab, trial, docker, &why) < 0 || start_agents(&building, true, &why) < 0 ||
	    start_agents(&building, false, &why) < 0) {
		docker_testbed_tear_down(lab, testbed);
		if (err)
			*err = why;
		return -1;
	}
	fill_testbed(lab, trial, docker, testbed);
	return 0;
}

int docker_testbed_set_up(struct lad_lab *lab, const struct lad_trial *trial, struct lad_testbed *testbed,
			  struct lad_error *err)
{
	struct lad_layout layout;
	lad_topology_lay_out(lad_trial_topology(trial), trial->placement, &layout);
	return docker_stage_lay(lab, trial, &layout, testbed, err);
}

static int node_of_agent(const void *data, int item)
{
	const struct docker_testbed *testbed = data;
	return testbed->agents[item].member->node;
}

/* What cannot be removed now, because its engine is gone, `netladder clean` finds by its label. */
static int end_agent(struct lad_docker *engine, void *data, int item, struct lad_error *err)
{
	struct docker_testbed *testbed = data;
	struct docker_agent *agent = &testbed->agents[item];
	lad_docker_detach(agent->stream);
	lad_line_free(&agent->channel.lines);
	return agent->container[0] ? lad_docker_container_remove(engine, agent->container, err) : 0;
}

void docker_testbed_tear_down(struct lad_lab *lab, struct lad_testbed *testbed)
{
	struct docker_testbed *docker = testbed->state;
	if (!docker)
		return;
	struct docker_work work = {.count = docker->session_count * LAD_ROLE_COUNT,
				   .node_of = node_of_agent,
				   .run = end_agent,
				   .data = docker,
				   .all = true};
	docker_lanes_run(lab->state, &work, NULL);
	docker_networks_remove(lab->state, docker);
	free(docker);
	testbed->state = NULL;
}

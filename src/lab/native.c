/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/container.h"
#include "netladder/lab.h"
#include "netladder/network.h"

/* The native lab: hosts and containers are anonymous namespaces of this machine, made afresh for each trial. */

struct native_stage {
	struct lad_host hosts[2];
	int wire_fd;
	struct lad_path path;
	struct lad_container agents[LAD_ROLE_COUNT];
};

static const char *const host_names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};

static const char *const modules[LAD_MODE_COUNT] = {
    "sudo modprobe veth",
    "sudo modprobe macvlan",
    "sudo modprobe ipvlan",
    "sudo modprobe ipvlan",
    "sudo modprobe -a bridge br_netfilter nf_nat nf_conntrack nft_masq nft_fib_ipv4",
    "sudo modprobe -a vxlan bridge",
};

static int native_probe(const struct lad_scenario *scenario, enum lad_mode mode, char *way_out, size_t size,
			struct lad_error *err)
{
	(void)scenario;
	if (lad_network_of(mode)->probe(err) == 0)
		return 0;
	snprintf(way_out, size, "%s", geteuid() == 0 ? modules[mode] : "sudo netladder probe");
	return -1;
}

static int build(const struct lad_lab *lab, const struct lad_trial *trial, struct native_stage *stage,
		 struct lad_error *err)
{
	const struct lad_scenario *scenario = lab->scenario;
	if (lad_hosts_make(stage->hosts, 2, scenario->wire_mtu_bytes, scenario->wire_rate_bps, &stage->wire_fd, err) <
	    0)
		return -1;
	struct lad_path_request request = {stage->hosts, 2, trial->placement};
	if (lad_network_of(trial->mode)->up(&request, &stage->path, err) < 0)
		return -1;
	if (trial->workload->kind != LAD_TCP_CRR)
		return 0;
	/* A connection a transaction: give the generator every port there is. */
	return lad_sysctl_write(stage->path.generator.netns_fd, "net/ipv4/ip_local_port_range", "1024 65535", err);
}

static int cpu_of(const struct lad_lab *lab, const struct lad_trial *trial, int role)
{
	switch (trial->workload->cpus) {
	case LAD_CPUS_SHARED:
		return lab->cpu_last;
	case LAD_CPUS_PINNED:
		return role == LAD_GENERATOR ? lab->cpu_last : lab->cpu_first;
	default:
		return LAD_ANY_CPU;
	}
}

static int start_agents(const struct lad_lab *lab, const struct lad_trial *trial, struct native_stage *stage,
			struct lad_error *err)
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		const struct lad_endpoint *end = role == LAD_SINK ? &stage->path.sink : &stage->path.generator;
		if (lad_container_start(&stage->agents[role], lab->agent_fd, end->netns_fd, host_names[role],
					cpu_of(lab, trial, role), err) < 0)
			return -1;
	}
	return 0;
}

static void native_clear(struct lad_lab *lab, struct lad_stage *stage)
{
	(void)lab;
	struct native_stage *native = stage->state;
	if (!native)
		return;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		lad_container_stop(&native->agents[role]);
	lad_path_close(&native->path);
	lad_hosts_close(native->hosts, 2, &native->wire_fd);
	free(native);
	memset(stage, 0, sizeof *stage);
}

static struct native_stage *new_stage(void)
{
	struct native_stage *stage = calloc(1, sizeof *stage);
	if (!stage)
		return NULL;
	stage->wire_fd = -1;
	stage->hosts[0].netns_fd = stage->hosts[1].netns_fd = -1;
	stage->path.generator.netns_fd = stage->path.sink.netns_fd = -1;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		stage->agents[role].channel.input = stage->agents[role].channel.output = -1;
	return stage;
}

static int native_stage(struct lad_lab *lab, const struct lad_trial *trial, struct lad_stage *stage,
			struct lad_error *err)
{
	memset(stage, 0, sizeof *stage);
	if (trial->workload->cpus == LAD_CPUS_PINNED && lab->cpu_first == lab->cpu_last)
		return lad_error_set(err, LAD_EXIT_UNABLE, "pinned needs two CPUs and this process may use one");
	struct native_stage *native = new_stage();
	if (!native)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	stage->state = native;
	if (build(lab, trial, native, err) < 0 || start_agents(lab, trial, native, err) < 0) {
		native_clear(lab, stage);
		return -1;
	}
	const struct lad_path *path = &native->path;
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		stage->agents[role] = &native->agents[role].channel;
	snprintf(stage->listen_address, sizeof stage->listen_address, "%s", path->sink.address);
	snprintf(stage->target_address, sizeof stage->target_address, "%s", path->target_address);
	stage->listen_port = path->listen_port;
	stage->target_port = path->target_port;
	stage->mtu_bytes = path->generator.mtu_bytes;
	stage->hosts = native->hosts;
	stage->path = path;
	return 0;
}

static int native_count(const struct lad_stage *stage, struct lad_link_counters *counters, struct lad_error *err)
{
	const struct lad_endpoint *sink = &stage->path->sink;
	return lad_link_counters(sink->netns_fd, sink->device, counters, err);
}

const struct lab_ops lad_lab_native = {
    .lab = LAD_LAB_NATIVE,
    .probe = native_probe,
    .stage = native_stage,
    .count = native_count,
    .clear = native_clear,
};

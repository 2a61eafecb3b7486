/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/network.h"

/*
 * Every mode is built by the same steps: each host is prepared, each member added, hosts are joined, hosts are finished
 * and sessions told where to go. For one pair these are the devices, addresses and order that a pair always had.
 */

static bool has_members(const struct lad_building *building, int host)
{
	for (int i = 0; i < building->layout.member_count; i++)
		if (building->layout.members[i].host == host)
			return true;
	return false;
}

static int prepare(const struct network_ops *ops, struct lad_building *building, struct lad_error *err)
{
	const struct lad_path_request *request = building->request;
	for (int i = 0; ops->prepare_host && i < request->host_count; i++)
		if (has_members(building, i) && ops->prepare_host(building, &request->hosts[i], err) < 0)
			return -1;
	return 0;
}

static int add_members(const struct network_ops *ops, struct lad_building *building, struct lad_error *err)
{
	struct lad_path *path = building->path;
	for (int i = 0; i < building->layout.member_count; i++) {
		const struct lad_host *host = &building->request->hosts[building->layout.members[i].host];
		struct lad_endpoint *end = &path->ends[path->end_count++];
		*end = (struct lad_endpoint){.netns_fd = -1, .device = "eth0"};
		if (ops->add_member(building, host, i, end, err) < 0)
			return -1;
	}
	return 0;
}

static int join(const struct network_ops *ops, struct lad_building *building, struct lad_error *err)
{
	const struct lad_path_request *request = building->request;
	for (int i = 0; ops->join_hosts && i < request->host_count; i++)
		for (int j = 0; j < request->host_count; j++)
			if (i != j && has_members(building, i) && has_members(building, j) &&
			    ops->join_hosts(building, &request->hosts[i], &request->hosts[j], err) < 0)
				return -1;
	return 0;
}

static int finish(const struct network_ops *ops, struct lad_building *building, struct lad_error *err)
{
	const struct lad_path_request *request = building->request;
	for (int i = 0; ops->finish_host && i < request->host_count; i++)
		if (has_members(building, i) && ops->finish_host(building, &request->hosts[i], err) < 0)
			return -1;
	return 0;
}

static int workloads_of(const struct lad_path_request *request)
{
	return request->workloads > 1 ? request->workloads : 1;
}

/* Each session has a port of its own: sinks may share a container, and in host mode all share their host. */
static int reach_sinks(const struct network_ops *ops, struct lad_building *building, struct lad_error *err)
{
	struct lad_path *path = building->path;
	int edges = building->layout.edge_count;
	for (int i = 0; i < edges * workloads_of(building->request); i++) {
		const struct lad_edge *edge = &building->layout.edges[i % edges];
		const struct lad_endpoint *sink = &path->ends[edge->sink];
		struct lad_reach *reach = &path->reaches[path->reach_count++];
		*reach = (struct lad_reach){.generator = edge->generator, .sink = edge->sink};
		reach->listen_port = reach->target_port = (uint16_t)(LAD_DATA_PORT + i);
		memcpy(reach->target_address, sink->address, sizeof reach->target_address);
		if (ops->reach && ops->reach(building, &building->request->hosts[sink->host_index], i, reach, err) < 0)
			return -1;
	}
	return 0;
}

static void show_first(struct lad_path *path)
{
	const struct lad_reach *first = &path->reaches[0];
	path->generator = path->ends[first->generator];
	path->sink = path->ends[first->sink];
	memcpy(path->target_address, first->target_address, sizeof path->target_address);
	path->target_port = first->target_port;
	path->listen_port = first->listen_port;
}

int lad_path_up(enum lad_mode mode, const struct lad_path_request *request, struct lad_path *path,
		struct lad_error *err)
{
	const struct network_ops *ops = lad_network_of(mode);
	struct lad_building building = {.request = request, .path = path};
	lad_topology_lay_out(request->topology ? request->topology : &lad_topology_pair, request->placement,
			     &building.layout);
	for (int i = 0; i < LAD_HOSTS_MAX; i++)
		building.segments[i] = -1;
	*path = (struct lad_path){.ip = request->ip,
				  .ends = calloc((size_t)building.layout.member_count, sizeof *path->ends),
				  .reaches = calloc((size_t)building.layout.edge_count * (size_t)workloads_of(request),
						    sizeof *path->reaches)};
	path->generator.netns_fd = path->sink.netns_fd = -1;
	if (!path->ends || !path->reaches)
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (path->ends && path->reaches && prepare(ops, &building, err) == 0 && add_members(ops, &building, err) == 0 &&
	    join(ops, &building, err) == 0 && finish(ops, &building, err) == 0 &&
	    reach_sinks(ops, &building, err) == 0) {
		show_first(path);
		return 0;
	}
	lad_path_close(path);
	return -1;
}

void lad_path_close(struct lad_path *path)
{
	for (int i = 0; i < path->end_count; i++)
		lad_close_fd(&path->ends[i].netns_fd);
	free(path->ends);
	free(path->reaches);
	path->ends = NULL;
	path->reaches = NULL;
	path->end_count = path->reach_count = 0;
	path->generator.netns_fd = path->sink.netns_fd = -1;
	while (path->held_count > 0)
		close(path->held_fds[--path->held_count]);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

/*
 * A Swarm that netladder made is known by a mark on each of its engines: a volume (the one kind of object that is
 * small, lasting and labelled on any engine) whose labels name the run and the engine's node in that Swarm. An engine
 * whose node is another by now has been taken elsewhere by somebody, and is left alone.
 */

#define MARK_PREFIX "netladder-swarm-"
#define NODE_LABEL "org.netladder.swarm-node"
#define DATA_PATH_PORT 4789
#define ADDRESS_POOL "198.19.0.0/18" /* RFC 2544, as the native lab; Docker's own default is 10.0.0.0/8 */

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

/* RFC 3339 with a fraction, "2026-11-25T01:30:49.362345075Z" or with an offset; 0 when it is not one. */
static int64_t parse_time_ns(const char *text)
{
	struct tm utc = {0};
	int offset_h = 0, offset_m = 0;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	if (!rest || utc.tm_year < 70 || utc.tm_year > 300) /* beyond 2262 nanoseconds do not fit 64 bits */
		return 0;
	int64_t fraction_ns = 0, scale = LAD_NS_PER_S / 10;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			fraction_ns += (*rest - '0') * scale;
	if (*rest == '+' || *rest == '-') {
		sscanf(rest + 1, "%2d:%2d", &offset_h, &offset_m);
		if (*rest == '-') {
			offset_h = -offset_h;
			offset_m = -offset_m;
		}
	}
	return ((int64_t)timegm(&utc) - offset_h * 3600 - offset_m * 60) * LAD_NS_PER_S + fraction_ns;
}

static enum lad_docker_swarm_state swarm_state(const cJSON *swarm)
{
	const char *state = docker_text(swarm, "LocalNodeState");
	if (strcmp(state, "active") == 0)
		return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(swarm, "ControlAvailable")) ? LAD_SWARM_MANAGER
												 : LAD_SWARM_WORKER;
	return state[0] == '\0' || strcmp(state, "inactive") == 0 ? LAD_SWARM_INACTIVE : LAD_SWARM_PENDING;
}

static void read_drivers(const cJSON *answer, struct lad_docker_info *info)
{
	static const char *const names[] = {"bridge", "macvlan", "ipvlan", "overlay"};
	const cJSON *plugins = cJSON_GetObjectItemCaseSensitive(answer, "Plugins");
	const cJSON *name;
	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(plugins, "Network"))
	{
		for (int i = 0; i < 4; i++)
			if (cJSON_IsString(name) && strcmp(name->valuestring, names[i]) == 0)
				info->has_driver[i] = true;
	}
}

int lad_docker_info(struct lad_docker *engine, struct lad_docker_info *info, struct lad_error *err)
{
	cJSON *answer;
	memset(info, 0, sizeof *info);
	int64_t began_ns = now_ns(CLOCK_MONOTONIC);
	int64_t ours_ns = now_ns(CLOCK_REALTIME);
	if (lad_docker_call(engine, "GET", "/info", NULL, &answer, err) < 0)
		return -1;
	int64_t half_ns = (now_ns(CLOCK_MONOTONIC) - began_ns) / 2;
	int64_t theirs_ns = parse_time_ns(docker_text(answer, "SystemTime"));
	info->clock_error_ns = half_ns;
	info->clock_skew_ns = theirs_ns ? theirs_ns - (ours_ns + half_ns) : 0;
	snprintf(info->engine_id, sizeof info->engine_id, "%s", docker_text(answer, "ID"));
	snprintf(info->name, sizeof info->name, "%s", docker_text(answer, "Name"));
	snprintf(info->version, sizeof info->version, "%s", docker_text(answer, "ServerVersion"));
	snprintf(info->kernel, sizeof info->kernel, "%s", docker_text(answer, "KernelVersion"));
	snprintf(info->operating_system, sizeof info->operating_system, "%s", docker_text(answer, "OperatingSystem"));
	snprintf(info->architecture, sizeof info->architecture, "%s", docker_text(answer, "Architecture"));
	const cJSON *cpus = cJSON_GetObjectItemCaseSensitive(answer, "NCPU");
	info->cpus = cJSON_IsNumber(cpus) ? cpus->valueint : 0;
	const cJSON *swarm = cJSON_GetObjectItemCaseSensitive(answer, "Swarm");
	info->swarm = swarm_state(swarm);
	snprintf(info->node_id, sizeof info->node_id, "%s", docker_text(swarm, "NodeID"));
	snprintf(info->node_address, sizeof info->node_address, "%s", docker_text(swarm, "NodeAddr"));
	const cJSON *port =
	    cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(swarm, "Cluster"), "DataPathPort");
	info->data_path_port = cJSON_IsNumber(port) && port->valueint > 0 && port->valueint <= UINT16_MAX
				   ? port->valueint
				   : DATA_PATH_PORT;
	read_drivers(answer, info);
	cJSON_Delete(answer);
	return 0;
}

int lad_docker_swarm_node(struct lad_docker *engine, const char *node_id, struct lad_error *err)
{
	char path[96];
	cJSON *node;
	snprintf(path, sizeof path, "/nodes/%.64s", node_id);
	if (lad_docker_call(engine, "GET", path, NULL, &node, err) < 0)
		return lad_docker_status(engine) == 404
			   ? lad_error_set(err, LAD_EXIT_UNABLE, "is in another Swarm than %s", engine->host)
			   : -1;
	char state[32];
	snprintf(state, sizeof state, "%s", docker_text(cJSON_GetObjectItemCaseSensitive(node, "Status"), "State"));
	cJSON_Delete(node);
	return strcmp(state, "ready") == 0
		   ? 0
		   : lad_error_set(err, LAD_EXIT_UNABLE,
				   "is %s to the Swarm's manager %s: do they reach each other's port 2377/tcp?", state,
				   engine->host);
}

/* Marks ENGINE as a node of the Swarm that RUN_ID made. */
static int mark(struct lad_docker *engine, const char *run_id, struct lad_error *err)
{
	char name[LAD_DOCKER_ID];
	struct lad_docker_info info;
	if (lad_docker_info(engine, &info, err) < 0)
		return -1;
	snprintf(name, sizeof name, MARK_PREFIX "%.40s", info.node_id);
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "Name", name);
	cJSON *labels = docker_labels(run_id);
	cJSON_AddStringToObject(labels, NODE_LABEL, info.node_id);
	cJSON_AddItemToObject(body, "Labels", labels);
	int status = lad_docker_call(engine, "POST", "/volumes/create", body, NULL, err);
	cJSON_Delete(body);
	return status < 0 ? lad_error_context(err, "cannot mark the Swarm as ours") : 0;
}

static int init(struct lad_docker *engine, const char *address, const char *run_id, struct lad_error *err)
{
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "ListenAddr", "0.0.0.0:2377");
	cJSON_AddStringToObject(body, "AdvertiseAddr", address);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "DefaultAddrPool"), cJSON_CreateString(ADDRESS_POOL));
	cJSON_AddNumberToObject(body, "SubnetSize", 24);
	cJSON *spec = cJSON_AddObjectToObject(body, "Spec");
	cJSON_AddItemToObject(spec, "Labels", docker_labels(run_id));
	int status = lad_docker_call(engine, "POST", "/swarm/init", body, NULL, err);
	cJSON_Delete(body);
	if (status == 0)
		status = mark(engine, run_id, err);
	return status < 0 ? lad_error_context(err, "cannot make a Swarm") : 0;
}

static int worker_token(struct lad_docker *engine, char token[128], struct lad_error *err)
{
	cJSON *answer;
	if (lad_docker_call(engine, "GET", "/swarm", NULL, &answer, err) < 0)
		return -1;
	snprintf(token, 128, "%s", docker_text(cJSON_GetObjectItemCaseSensitive(answer, "JoinTokens"), "Worker"));
	cJSON_Delete(answer);
	return 0;
}

static int join(struct lad_docker *engine, const char *manager, const char *address, const char *token,
		const char *run_id, struct lad_error *err)
{
	char remote[80];
	snprintf(remote, sizeof remote, "%s:2377", manager);
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "ListenAddr", "0.0.0.0:2377");
	cJSON_AddStringToObject(body, "AdvertiseAddr", address);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "RemoteAddrs"), cJSON_CreateString(remote));
	cJSON_AddStringToObject(body, "JoinToken", token);
	int status = lad_docker_call(engine, "POST", "/swarm/join", body, NULL, err);
	cJSON_Delete(body);
	if (status == 0)
		status = mark(engine, run_id, err);
	return status < 0 ? lad_error_context(err, "cannot join the Swarm at %s (is port 2377/tcp open?)", remote) : 0;
}

int lad_docker_swarm_make(struct lad_docker *const *engines, const char *const *addresses, int count,
			  const char *run_id, struct lad_error *err)
{
	char token[128];
	int status = init(engines[0], addresses[0], run_id, err);
	if (status == 0)
		status = worker_token(engines[0], token, err);
	for (int i = 1; status == 0 && i < count; i++)
		status = join(engines[i], addresses[0], addresses[i], token, run_id, err);
	/* The workers first: the manager's leaving ends the Swarm. */
	for (int i = count - 1; status < 0 && i >= 0; i--)
		lad_docker_swarm_leave(engines[i], run_id, NULL, NULL);
	return status;
}

static int leave(struct lad_docker *engine, const char *volume, const char *node_id, bool *left, struct lad_error *err)
{
	struct lad_docker_info info;
	char path[LAD_DOCKER_ID + 16];
	if (lad_docker_info(engine, &info, err) < 0)
		return -1;
	if (info.swarm != LAD_SWARM_INACTIVE && strcmp(info.node_id, node_id) == 0) {
		if (lad_docker_call(engine, "POST", "/swarm/leave?force=1", NULL, NULL, err) < 0)
			return -1;
		if (left)
			*left = true;
	}
	snprintf(path, sizeof path, "/volumes/%s", volume);
	if (lad_docker_call(engine, "DELETE", path, NULL, NULL, err) < 0 && lad_docker_status(engine) != 404)
		return -1;
	return 0;
}

int lad_docker_swarm_leave(struct lad_docker *engine, const char *run_id, bool *left, struct lad_error *err)
{
	cJSON *answer;
	const cJSON *volume;
	int status = 0;
	if (left)
		*left = false;
	if (lad_docker_call(engine, "GET", "/volumes?filters=%7B%22label%22:%5B%22" NODE_LABEL "%22%5D%7D", NULL,
			    &answer, err) < 0)
		return -1;
	cJSON_ArrayForEach(volume, cJSON_GetObjectItemCaseSensitive(answer, "Volumes"))
	{
		const cJSON *labels = cJSON_GetObjectItemCaseSensitive(volume, "Labels");
		bool ours = !run_id || strcmp(docker_text(labels, LAD_DOCKER_LABEL), run_id) == 0;
		if (status == 0 && ours)
			status = leave(engine, docker_text(volume, "Name"), docker_text(labels, NODE_LABEL), left, err);
	}
	cJSON_Delete(answer);
	return status;
}

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
#define CPUS_MAX 65536
#define ADDRESS_POOL "198.19.0.0/18" /* RFC 2544, as the native lab; Docker's own default is 10.0.0.0/8 */

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

static bool within(int number, int low, int high)
{
	return number >= low && number <= high;
}

/* RFC 3339 with a fraction, "2026-11-25T01:30:49.362345075Z" or with an offset; 0 when it is not one. */
static int64_t parse_time_ns(const char *text)
{
	struct tm utc = {0};
	int offset_h = 0, offset_m = 0;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	if (!rest || !within(utc.tm_year, 1970 - 1900, 2200 - 1900)) /* int64_t nanoseconds end in 2262 */
		return 0;
	int64_t fraction_ns = 0, scale = LAD_NS_PER_S / 10;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			fraction_ns += (*rest - '0') * scale;
	if ((*rest == '+' || *rest == '-') && (sscanf(rest + 1, "%2d:%2d", &offset_h, &offset_m) != 2 ||
					       !within(offset_h, 0, 24) || !within(offset_m, 0, 59)))
		return 0;
	int64_t offset_s = (*rest == '-' ? -1 : 1) * (offset_h * 3600 + offset_m * 60);
	return ((int64_t)timegm(&utc) - offset_s) * LAD_NS_PER_S + fraction_ns;
}

static enum lad_docker_swarm_state swarm_state(const cJSON *swarm)
{
	const char *state = docker_text(swarm, "LocalNodeState");
	if (strcmp(state, "active") == 0)
		return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(swarm, "ControlAvailable")) ? LAD_SWARM_MANAGER
												 : LAD_SWARM_WORKER;
	return state[0] == '\0' || strcmp(state, "inactive") == 0 ? LAD_SWARM_INACTIVE : LAD_SWARM_PENDING;
}

static int read_drivers(struct lad_docker *engine, const cJSON *answer, struct lad_docker_info *info,
			struct lad_error *err)
{
	const cJSON *plugins, *list, *name;
	if (docker_need(engine, answer, "Plugins", DOCKER_OBJECT, &plugins, err) < 0 ||
	    docker_need(engine, plugins, "Network", DOCKER_LIST, &list, err) < 0)
		return -1;
	cJSON_ArrayForEach(name, list)
	{
		const cJSON *text;
		if (docker_need(engine, name, NULL, DOCKER_TEXT, &text, err) < 0)
			return -1;
		size_t used = strlen(info->drivers);
		snprintf(info->drivers + used, sizeof info->drivers - used, " %.60s ", text->valuestring);
	}
	return 0;
}

bool lad_docker_has_driver(const struct lad_docker_info *info, const char *driver)
{
	char word[64];
	snprintf(word, sizeof word, " %.60s ", driver);
	return strstr(info->drivers, word) != NULL;
}

static int read_swarm(struct lad_docker *engine, const cJSON *answer, struct lad_docker_info *info,
		      struct lad_error *err)
{
	const cJSON *swarm, *state;
	if (docker_need(engine, answer, "Swarm", DOCKER_OBJECT, &swarm, err) < 0 ||
	    docker_need(engine, swarm, "LocalNodeState", DOCKER_TEXT, &state, err) < 0)
		return -1;
	info->swarm = swarm_state(swarm);
	bool in = info->swarm == LAD_SWARM_MANAGER || info->swarm == LAD_SWARM_WORKER;
	if (in && docker_need_id(engine, swarm, "NodeID", info->node_id, err) < 0)
		return -1;
	snprintf(info->node_address, sizeof info->node_address, "%s", docker_text(swarm, "NodeAddr"));
	const cJSON *cluster = cJSON_GetObjectItemCaseSensitive(swarm, "Cluster");
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(cluster, "DataPathPort"); /* since Engine 19.03 */
	bool told = cJSON_IsNumber(port) && port->valueint > 0 && port->valueint <= 65535;
	info->data_path_port = told ? port->valueint : DATA_PATH_PORT;
	return 0;
}

int docker_read_info(struct lad_docker *engine, const cJSON *answer, struct lad_docker_info *info,
		     struct lad_error *err)
{
	const struct {
		const char *key;
		char *out;
		size_t size;
	} texts[] = {{"ID", info->engine_id, sizeof info->engine_id},
		     {"Name", info->name, sizeof info->name},
		     {"ServerVersion", info->version, sizeof info->version},
		     {"KernelVersion", info->kernel, sizeof info->kernel},
		     {"OperatingSystem", info->operating_system, sizeof info->operating_system},
		     {"Architecture", info->architecture, sizeof info->architecture}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (docker_need_text(engine, answer, texts[i].key, texts[i].out, texts[i].size, err) < 0)
			return -1;
	if (!info->engine_id[0])
		return docker_not_understood(engine, err, "its \"ID\" is empty");
	if (docker_need_number(engine, answer, "NCPU", 1, CPUS_MAX, &info->cpus, err) < 0 ||
	    read_swarm(engine, answer, info, err) < 0)
		return -1;
	return read_drivers(engine, answer, info, err);
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
	int status = docker_read_info(engine, answer, info, err);
	cJSON_Delete(answer);
	return status;
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
	char state[32] = "";
	const cJSON *item;
	int status = docker_need(engine, node, "Status", DOCKER_OBJECT, &item, err);
	if (status == 0)
		status = docker_need_text(engine, item, "State", state, sizeof state, err);
	cJSON_Delete(node);
	if (status < 0)
		return -1;
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
	const cJSON *tokens;
	int status = docker_need(engine, answer, "JoinTokens", DOCKER_OBJECT, &tokens, err);
	if (status == 0)
		status = docker_need_text(engine, tokens, "Worker", token, 128, err);
	cJSON_Delete(answer);
	return status;
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

/* VOLUME is one that the engine was asked for: with the label of a Swarm's mark. */
static int leave_by(struct lad_docker *engine, const cJSON *volume, const char *run_id, bool *left,
		    struct lad_error *err)
{
	char name[LAD_DOCKER_ID];
	const cJSON *labels, *node;
	if (docker_read_labelled(engine, volume, NODE_LABEL, NULL, "Name", name, err) < 0 ||
	    docker_need(engine, volume, "Labels", DOCKER_OBJECT, &labels, err) < 0 ||
	    docker_need(engine, labels, NODE_LABEL, DOCKER_TEXT, &node, err) < 0)
		return -1;
	if (run_id && strcmp(docker_text(labels, LAD_DOCKER_LABEL), run_id) != 0)
		return 0;
	return leave(engine, name, node->valuestring, left, err);
}

static int leave_all(struct lad_docker *engine, const char *run_id, bool *left, struct lad_error *err)
{
	cJSON *answer;
	const cJSON *volumes, *volume;
	if (lad_docker_call(engine, "GET", "/volumes?filters=%7B%22label%22:%5B%22" NODE_LABEL "%22%5D%7D", NULL,
			    &answer, err) < 0)
		return -1;
	int status = docker_need(engine, answer, "Volumes", DOCKER_LIST_OR_NULL, &volumes, err);
	if (status < 0)
		volumes = NULL;
	cJSON_ArrayForEach(volume, volumes)
	{
		if (status == 0)
			status = leave_by(engine, volume, run_id, left, err);
	}
	cJSON_Delete(answer);
	return status;
}

int lad_docker_swarm_leave(struct lad_docker *engine, const char *run_id, bool *left, struct lad_error *err)
{
	if (left)
		*left = false;
	bool before = docker_clean_on(engine, true);
	struct lad_error why = {0};
	int status = leave_all(engine, run_id, left, &why);
	docker_clean_on(engine, before);
	if (status < 0 && err)
		*err = why; /* and not what was got over on the way */
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "docker/engine.h"

#define REMOVE_TRIES 50

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text && text[0])
		cJSON_AddStringToObject(object, key, text);
}

static void add_subnet(cJSON *configs, const char *subnet, const char *gateway, const char *ip_range)
{
	if (!subnet)
		return;
	cJSON *config = cJSON_CreateObject();
	add_text(config, "Subnet", subnet);
	add_text(config, "Gateway", gateway);
	add_text(config, "IPRange", ip_range);
	cJSON_AddItemToArray(configs, config);
}

static void add_ipam(cJSON *body, const struct lad_docker_network *network)
{
	if (!network->subnet && !network->subnet6)
		return;
	cJSON *ipam = cJSON_AddObjectToObject(body, "IPAM");
	cJSON_AddStringToObject(ipam, "Driver", "default");
	cJSON *configs = cJSON_AddArrayToObject(ipam, "Config");
	add_subnet(configs, network->subnet, network->gateway, network->ip_range);
	add_subnet(configs, network->subnet6, NULL, NULL);
}

static cJSON *describe(const struct lad_docker_network *network)
{
	char mtu[24];
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "Name", network->name);
	cJSON_AddStringToObject(body, "Driver", network->driver);
	/* As docker network create: a name that is taken is an error, not a second network of that name. */
	cJSON_AddBoolToObject(body, "CheckDuplicate", true);
	if (strcmp(network->driver, "overlay") == 0)
		cJSON_AddBoolToObject(body, "Attachable", true);
	if (network->subnet6)
		cJSON_AddBoolToObject(body, "EnableIPv6", true);
	cJSON_AddItemToObject(body, "Labels", docker_labels(network->run_id));
	cJSON *options = cJSON_AddObjectToObject(body, "Options");
	add_text(options, "parent", network->parent);
	add_text(options, "ipvlan_mode", network->ipvlan_mode);
	snprintf(mtu, sizeof mtu, "%" PRId64, network->mtu_bytes);
	if (network->mtu_bytes)
		cJSON_AddStringToObject(options, "com.docker.network.driver.mtu", mtu);
	add_ipam(body, network);
	return body;
}

int lad_docker_network_create(struct lad_docker *engine, const struct lad_docker_network *network,
			      char id[LAD_DOCKER_ID], struct lad_error *err)
{
	cJSON *body = describe(network), *answer;
	int status = lad_docker_call(engine, "POST", "/networks/create", body, &answer, err);
	cJSON_Delete(body);
	if (status == 0)
		status = docker_need_id(engine, answer, "Id", id, err);
	cJSON_Delete(answer);
	return status < 0 ? lad_error_context(err, "cannot create the %s network", network->driver) : 0;
}

static int remove_network(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	char path[LAD_DOCKER_ID + 16];
	struct timespec pause = {0, 100000000};
	snprintf(path, sizeof path, "/networks/%s", id);
	for (int tries = 0; tries < REMOVE_TRIES; tries++) {
		if (lad_docker_call(engine, "DELETE", path, NULL, NULL, err) == 0 || lad_docker_status(engine) == 404)
			return 0;
		/* 403, 409: "has active endpoints": those of a container that is on its way out. 500: "not found", by a
		 * Swarm that has the network no more, from an engine that has not heard of it yet. */
		long status = lad_docker_status(engine);
		if (status != 400 && status != 403 && status != 409 && status != 500)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

int lad_docker_network_remove(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	bool before = docker_clean_on(engine, true);
	struct lad_error why = {0};
	int status = remove_network(engine, id, &why);
	docker_clean_on(engine, before);
	if (status < 0 && err)
		*err = why; /* and not what was got over on the way */
	return status;
}

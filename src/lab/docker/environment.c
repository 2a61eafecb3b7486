/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lab/docker/lab.h"

/* What the engines say of themselves, for environment.json, and what was tried on them. */

static void copy_texts(cJSON *to, const cJSON *from, const char *const names[][2], int count)
{
	for (int i = 0; i < count; i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, names[i][0]);
		if (cJSON_IsString(item))
			cJSON_AddItemToObject(to, names[i][1], cJSON_Duplicate(item, true));
		else
			cJSON_AddNullToObject(to, names[i][1]);
	}
}

/* Engine, containerd, runc and docker-init, as `docker version` lists them. */
static void add_components(cJSON *engine, const cJSON *version)
{
	const cJSON *component;
	cJSON *versions = cJSON_AddObjectToObject(engine, "versions");
	cJSON_ArrayForEach(component, cJSON_GetObjectItemCaseSensitive(version, "Components"))
	{
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(component, "Name"));
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(component, "Version"));
		if (name && text)
			cJSON_AddStringToObject(versions, name, text);
	}
}

/* True or false as a published port has shown it, null where none was tried or it showed neither. */
static void add_carrier(cJSON *engine, const char *name, enum lad_docker_carrier carrier, enum lad_docker_carrier yes)
{
	if (carrier == LAD_CARRIER_UNKNOWN)
		cJSON_AddNullToObject(engine, name);
	else
		cJSON_AddBoolToObject(engine, name, carrier == yes);
}

static cJSON *describe(const struct docker_node *node)
{
	static const char *const of_info[][2] = {{"Name", "name"},
						 {"KernelVersion", "kernel"},
						 {"OperatingSystem", "operating_system"},
						 {"Driver", "storage_driver"},
						 {"CgroupVersion", "cgroup_version"},
						 {"CgroupDriver", "cgroup_driver"}};
	cJSON *engine = cJSON_CreateObject(), *version = NULL, *info = NULL;
	/* One that does not answer now will fail its trials; here its lines are null. */
	lad_docker_call(node->engine, "GET", "/version", NULL, &version, NULL);
	lad_docker_call(node->engine, "GET", "/info", NULL, &info, NULL);
	cJSON_AddStringToObject(engine, "host", lad_docker_name(node->engine));
	cJSON_AddStringToObject(engine, "api_version", lad_docker_api_version(node->engine));
	add_components(engine, version);
	copy_texts(engine, info, of_info, sizeof of_info / sizeof *of_info);
	cJSON_AddStringToObject(engine, "device", node->facts.device);
	cJSON_AddStringToObject(engine, "address", node->facts.address);
	cJSON_AddStringToObject(engine, "address6", node->facts.address6);
	cJSON_AddNumberToObject(engine, "mtu_bytes", (double)node->facts.mtu_bytes);
	add_carrier(engine, "userland_proxy", node->carriers[LAD_IP_V4], LAD_CARRIER_PROXY);
	add_carrier(engine, "ip6tables", node->carriers[LAD_IP_V6], LAD_CARRIER_KERNEL);
	cJSON_Delete(version);
	cJSON_Delete(info);
	return engine;
}

cJSON *docker_environment(const struct lad_lab *lab)
{
	const struct docker_lab *docker = lab->state;
	cJSON *object = cJSON_CreateObject();
	cJSON *engines = cJSON_AddArrayToObject(object, "engines");
	for (int i = 0; i < docker->node_count; i++)
		cJSON_AddItemToArray(engines, describe(&docker->nodes[i]));
	return object;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "docker/engine.h"

static void add_port(cJSON *exposed, cJSON *bindings, const struct lad_docker_port *port, enum lad_ip ip)
{
	char inside[16], outside[8];
	snprintf(inside, sizeof inside, "%u/%s", port->container, port->udp ? "udp" : "tcp");
	snprintf(outside, sizeof outside, "%u", port->published);
	cJSON_AddObjectToObject(exposed, inside);
	cJSON *binding = cJSON_CreateObject();
	/* What is measured alone: each address family costs a docker-proxy process. */
	cJSON_AddStringToObject(binding, "HostIp", ip == LAD_IP_V6 ? "::" : "0.0.0.0");
	cJSON_AddStringToObject(binding, "HostPort", outside);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(bindings, inside), binding);
}

static void add_ports(cJSON *body, cJSON *host, const struct lad_docker_container *container)
{
	if (!container->port_count)
		return;
	cJSON *exposed = cJSON_AddObjectToObject(body, "ExposedPorts");
	cJSON *bindings = cJSON_AddObjectToObject(host, "PortBindings");
	for (int i = 0; i < container->port_count; i++)
		add_port(exposed, bindings, &container->ports[i], container->ip);
}

/* Those of a namespace that another container has are set by that. */
static void add_each_sysctl(cJSON *object, const struct lad_sysctl *sysctls, int count, bool shared)
{
	for (int i = 0; i < count; i++) {
		char name[LAD_SYSCTL_KEY_MAX];
		lad_sysctl_dotted(sysctls[i].key, name);
		if (!shared || strncmp(name, "net.", 4) != 0)
			cJSON_AddStringToObject(object, name, sysctls[i].value);
	}
}

static void add_sysctls(cJSON *host, const struct lad_docker_container *container, bool own_network)
{
	bool shared = container->namespace_of;
	cJSON *sysctls = cJSON_AddObjectToObject(host, "Sysctls");
	add_each_sysctl(sysctls, container->sysctls, container->sysctl_count, shared);
	if (container->limits)
		add_each_sysctl(sysctls, container->limits->sysctls, container->limits->sysctl_count, shared);
	if (container->all_ports && own_network)
		cJSON_AddStringToObject(sysctls, "net.ipv4.ip_local_port_range", "1024 65535");
}

static void add_limits(cJSON *host, const struct lad_docker_container *container)
{
	const struct lad_docker_limits *limits = container->limits;
	const char *cpuset = container->cpuset ? container->cpuset : limits ? limits->cpuset : "";
	if (cpuset[0])
		cJSON_AddStringToObject(host, "CpusetCpus", cpuset);
	if (limits && limits->cpus > 0)
		cJSON_AddNumberToObject(host, "NanoCpus", limits->cpus * 1e9);
	if (limits && limits->memory_bytes)
		cJSON_AddNumberToObject(host, "Memory", (double)limits->memory_bytes);
}

/* As in the native lab, of all capabilities only NET_ADMIN: socket buffers, restricted congestion controls. */
static void add_security(cJSON *host)
{
	cJSON_AddItemToArray(cJSON_AddArrayToObject(host, "CapDrop"), cJSON_CreateString("ALL"));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(host, "CapAdd"), cJSON_CreateString("NET_ADMIN"));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(host, "SecurityOpt"), cJSON_CreateString("no-new-privileges"));
	cJSON_AddBoolToObject(host, "ReadonlyRootfs", true);
}

static void add_endpoint(cJSON *body, const struct lad_docker_container *container)
{
	cJSON *networks = cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "NetworkingConfig"), "EndpointsConfig");
	cJSON *endpoint = cJSON_AddObjectToObject(networks, container->network);
	cJSON *fixed = cJSON_AddObjectToObject(endpoint, "IPAMConfig");
	if (container->address)
		cJSON_AddStringToObject(fixed, "IPv4Address", container->address);
	if (container->address6)
		cJSON_AddStringToObject(fixed, "IPv6Address", container->address6);
	if (container->alias)
		cJSON_AddItemToArray(cJSON_AddArrayToObject(endpoint, "Aliases"), cJSON_CreateString(container->alias));
}

static cJSON *describe(const struct lad_docker_container *container)
{
	bool own_network = !container->namespace_of && strcmp(container->network, "host") != 0;
	char network[LAD_DOCKER_ID + 16];
	snprintf(network, sizeof network, "%s%s", container->namespace_of ? "container:" : "",
		 container->namespace_of ? container->namespace_of : container->network);
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "Image", container->image);
	if (container->argument)
		cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "Cmd"), cJSON_CreateString(container->argument));
	if (own_network)
		cJSON_AddStringToObject(body, "Hostname", container->name);
	cJSON_AddBoolToObject(body, "Tty", false);
	cJSON_AddBoolToObject(body, "OpenStdin", true);
	/* The agent's stdin closes with our connection, and then the agent ends: nothing outlives us. */
	cJSON_AddBoolToObject(body, "StdinOnce", true);
	cJSON_AddBoolToObject(body, "AttachStdin", true);
	cJSON_AddBoolToObject(body, "AttachStdout", true);
	cJSON_AddBoolToObject(body, "AttachStderr", true);
	cJSON_AddItemToObject(body, "Labels", docker_labels(container->run_id));
	cJSON *host = cJSON_AddObjectToObject(body, "HostConfig");
	cJSON_AddStringToObject(host, "NetworkMode", network);
	cJSON_AddBoolToObject(host, "AutoRemove", true);
	/* What it says is for us alone, and would otherwise be written to the engine's disk while it is measured. */
	cJSON_AddStringToObject(cJSON_AddObjectToObject(host, "LogConfig"), "Type", "none");
	add_security(host);
	add_limits(host, container);
	add_sysctls(host, container, own_network);
	add_ports(body, host, container);
	if (own_network)
		add_endpoint(body, container);
	return body;
}

int lad_docker_container_create(struct lad_docker *engine, const struct lad_docker_container *container,
				char id[LAD_DOCKER_ID], struct lad_error *err)
{
	char path[128];
	snprintf(path, sizeof path, "/containers/create?name=%s", container->name);
	cJSON *body = describe(container), *answer;
	int status = lad_docker_call(engine, "POST", path, body, &answer, err);
	cJSON_Delete(body);
	if (status == 0)
		status = docker_need_id(engine, answer, "Id", id, err);
	cJSON_Delete(answer);
	return status < 0 ? lad_error_context(err, "cannot create the container %s", container->name) : 0;
}

int lad_docker_container_start(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	char path[LAD_DOCKER_ID + 32];
	snprintf(path, sizeof path, "/containers/%s/start", id);
	return lad_docker_call(engine, "POST", path, NULL, NULL, err);
}

int docker_read_address(struct lad_docker *engine, const cJSON *answer, enum lad_ip ip,
			char address[LAD_DOCKER_ADDRESS], struct lad_error *err)
{
	const char *key = ip == LAD_IP_V6 ? "GlobalIPv6Address" : "IPAddress";
	const cJSON *settings, *networks, *network;
	address[0] = '\0';
	if (docker_need(engine, answer, "NetworkSettings", DOCKER_OBJECT, &settings, err) < 0 ||
	    docker_need(engine, settings, "Networks", DOCKER_OBJECT, &networks, err) < 0 ||
	    docker_need(engine, networks->child, NULL, DOCKER_OBJECT, &network, err) < 0 ||
	    docker_need_text(engine, network, key, address, LAD_DOCKER_ADDRESS, err) < 0)
		return -1;
	unsigned char bytes[16];
	/* "": the driver gives none. */
	if (address[0] && inet_pton(ip == LAD_IP_V6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return docker_not_understood(engine, err, "its \"%s\", '%s', is no address", key, address);
	return 0;
}

int lad_docker_container_address(struct lad_docker *engine, const char *id, enum lad_ip ip,
				 char address[LAD_DOCKER_ADDRESS], struct lad_error *err)
{
	char path[LAD_DOCKER_ID + 32];
	cJSON *answer;
	snprintf(path, sizeof path, "/containers/%s/json", id);
	if (lad_docker_call(engine, "GET", path, NULL, &answer, err) < 0)
		return -1;
	int status = docker_read_address(engine, answer, ip, address, err);
	cJSON_Delete(answer);
	return status;
}

static int remove_container(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	char path[LAD_DOCKER_ID + 48];
	snprintf(path, sizeof path, "/containers/%s?force=1&v=1", id);
	if (lad_docker_call(engine, "DELETE", path, NULL, NULL, err) == 0 || lad_docker_status(engine) == 404)
		return 0;
	if (lad_docker_status(engine) != 409) /* 409: the engine is removing it already */
		return -1;
	snprintf(path, sizeof path, "/containers/%s/wait?condition=removed", id);
	if (lad_docker_call(engine, "POST", path, NULL, NULL, err) == 0 || lad_docker_status(engine) == 404)
		return 0;
	return -1;
}

int lad_docker_container_remove(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	bool before = docker_clean_on(engine, true);
	struct lad_error why = {0};
	int status = remove_container(engine, id, &why);
	docker_clean_on(engine, before);
	if (status < 0 && err)
		*err = why; /* and not what was got over on the way */
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "docker/engine.h"

/*
 * What the Swarm itself uses over there answers a connection, but not our datagram: silence says nothing. That it was
 * sent back does, but for VXLAN's, which is nobody's while no network of the Swarm is in use over there.
 */
static bool refused(const char *port, const char *answer)
{
	if (strcmp(answer, "no answer") == 0)
		return false;
	return strcmp(port, "4789/udp") != 0 || strcmp(answer, "Connection refused") != 0;
}

/* Adds "4789/udp no answer" to CLOSED for each port that was taken over there and could not be reached. */
static void compare(const cJSON *taken, const cJSON *reached, bool manager, char *closed, size_t size)
{
	const cJSON *port;
	cJSON_ArrayForEach(port, reached)
	{
		const char *answer = cJSON_GetStringValue(port);
		bool ours = strcmp(docker_text(taken, port->string), "Success") == 0;
		bool datagram = strstr(port->string, "/udp");
		if (!answer || strcmp(answer, "Success") == 0 || (!ours && datagram && !refused(port->string, answer)))
			continue;
		if (!manager && strncmp(port->string, "2377/", 5) == 0)
			continue;
		size_t used = strlen(closed);
		snprintf(closed + used, size - used, "%s%s: %s", used ? ", " : "", port->string, answer);
	}
}

/* A port that is not spoken of is not open. */
static int check_all(struct lad_docker *engine, const cJSON *reached, struct lad_error *err)
{
	static const char *const ports[] = {"2377/tcp", "7946/tcp", "7946/udp", "4789/udp"};
	const cJSON *item;
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (docker_need(engine, reached, ports[i], DOCKER_TEXT, &item, err) < 0)
			return -1;
	return 0;
}

int lad_docker_ports(struct lad_docker *from, struct lad_docker *to, bool manager, bool take, const char *address,
		     const struct lad_docker_image *image, const char *run_id, char *closed, size_t size,
		     struct lad_error *err)
{
	char id[LAD_DOCKER_ID], name[LAD_DOCKER_ID], argument[32];
	struct lad_docker_stream *stream = NULL;
	cJSON *taken = NULL, *reached = NULL;
	int output;
	closed[0] = '\0';
	lad_docker_object_name(name, run_id, "ports");
	struct lad_docker_container server = {
	    .name = name, .run_id = run_id, .image = image->name, .network = "host", .argument = "--ports"};
	if (take && docker_start_attached(to, &server, id, &stream, &output, err) < 0)
		return -1;
	int status = 0;
	if (take)
		status = docker_hear(to, stream, output, &taken, err);
	snprintf(argument, sizeof argument, "--ports=%.15s", address);
	struct lad_docker_container client = server;
	client.argument = argument;
	if (status == 0)
		status = docker_ask(from, &client, &reached, err);
	if (status == 0)
		status = check_all(from, reached, err);
	if (status == 0)
		compare(taken, reached, manager, closed, size);
	cJSON_Delete(taken);
	cJSON_Delete(reached);
	lad_docker_detach(stream);
	if (take)
		lad_docker_container_remove(to, id, NULL);
	return status;
}

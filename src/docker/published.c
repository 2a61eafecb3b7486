/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "docker/engine.h"
#include "netladder/network.h"

#define SUBNET6 "2001:2:0:1ff::/64" /* RFC 5180, beside those of the bridge mode */

#define CONNECT_TRIES 2 /* of eight seconds each: on a busy machine a bridge's IPv6 address can be late */

/* What the agent's word for how its connection went says of who took it. */
static enum lad_docker_carrier carrier_of(const char *answer)
{
	if (strcmp(answer, "refused") == 0)
		return LAD_CARRIER_KERNEL;
	if (strcmp(answer, "hung up") == 0)
		return LAD_CARRIER_PROXY;
	return strcmp(answer, "silent") == 0 ? LAD_CARRIER_NONE : LAD_CARRIER_UNKNOWN;
}

/* With a container that has the port of its own published, and nothing that listens there. */
static int try_connection(struct lad_docker *engine, const struct lad_docker_image *image,
			  const struct lad_docker_container *container, const char *address,
			  enum lad_docker_carrier *carrier, struct lad_error *err)
{
	char id[LAD_DOCKER_ID], answer[64];
	struct lad_docker_stream *stream;
	int output;
	if (docker_start_attached(engine, container, id, &stream, &output, err) < 0)
		return -1;
	int status = 0;
	for (int tries = 0; tries < CONNECT_TRIES && status == 0 && *carrier == LAD_CARRIER_UNKNOWN; tries++) {
		status = lad_docker_connect(engine, image, container->run_id, "host", address,
					    container->ports[0].published, answer, err);
		if (status == 0)
			*carrier = carrier_of(answer);
	}
	if (status == 0 && *carrier == LAD_CARRIER_UNKNOWN)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: a port published at %s: %s", engine->host,
				       address, answer);
	lad_docker_detach(stream);
	lad_docker_container_remove(engine, id, NULL);
	return status;
}

int lad_docker_carrier(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		       const char *address, enum lad_docker_carrier *carrier, struct lad_error *err)
{
	bool v6 = strchr(address, ':');
	char name[LAD_DOCKER_ID], id[LAD_DOCKER_ID];
	*carrier = LAD_CARRIER_UNKNOWN;
	lad_docker_object_name(name, run_id, "published");
	struct lad_docker_network network = {
	    .name = name, .run_id = run_id, .driver = "bridge", .subnet6 = v6 ? SUBNET6 : NULL};
	if (lad_docker_network_create(engine, &network, id, err) < 0)
		return -1;
	static const struct lad_docker_port port = {LAD_DATA_PORT, LAD_PUBLISHED_PORT, false};
	struct lad_docker_container container = {.name = name,
						 .run_id = run_id,
						 .image = image->name,
						 .network = id,
						 .ports = &port,
						 .port_count = 1,
						 .ip = v6 ? LAD_IP_V6 : LAD_IP_V4};
	int status = try_connection(engine, image, &container, address, carrier, err);
	lad_docker_network_remove(engine, id, NULL);
	return status;
}

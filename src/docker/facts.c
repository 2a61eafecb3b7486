/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "docker/engine.h"

#define MTU_MAX 65536 /* the loopback device's, the largest there is */

#define ANSWER_LIMIT_MS 15000

int docker_read_line(const struct lad_docker *engine, int fd, char *text, size_t size)
{
	size_t used = 0;
	for (;;) {
		int waited = docker_wait(engine, fd, POLLIN, ANSWER_LIMIT_MS);
		if (waited <= 0)
			return waited;
		ssize_t got = read(fd, text + used, size - 1 - used);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0 || used == size - 1)
			break;
		used += (size_t)got;
		if (text[used - 1] == '\n')
			break;
	}
	text[used] = '\0';
	return 1;
}

int docker_start_attached(struct lad_docker *engine, const struct lad_docker_container *container,
			  char id[LAD_DOCKER_ID], struct lad_docker_stream **stream, int *output, struct lad_error *err)
{
	int input;
	*stream = NULL;
	if (lad_docker_container_create(engine, container, id, err) < 0)
		return -1;
	if (lad_docker_attach(engine, id, stream, &input, output, err) == 0 &&
	    lad_docker_container_start(engine, id, err) == 0)
		return 0;
	lad_docker_detach(*stream);
	*stream = NULL;
	lad_docker_container_remove(engine, id, NULL);
	return -1;
}

int docker_hear(struct lad_docker *engine, const struct lad_docker_stream *stream, int output, cJSON **answer,
		struct lad_error *err)
{
	char text[32768];
	docker_request(engine, "POST", "/containers/attach");
	int waited = docker_read_line(engine, output, text, sizeof text);
	if (waited <= 0)
		return docker_waited(engine, waited, ANSWER_LIMIT_MS, err);
	if (docker_stream_garbled(stream))
		return docker_not_understood(engine, err, "it is no attach stream");
	*answer = cJSON_Parse(text);
	if (cJSON_IsObject(*answer))
		return 0;
	cJSON_Delete(*answer);
	*answer = NULL;
	return docker_trouble(engine, err, "engine %s: the agent did not run there", engine->host);
}

int docker_ask(struct lad_docker *engine, const struct lad_docker_container *container, cJSON **answer,
	       struct lad_error *err)
{
	char id[LAD_DOCKER_ID];
	struct lad_docker_stream *stream;
	int output;
	*answer = NULL;
	if (docker_start_attached(engine, container, id, &stream, &output, err) < 0)
		return -1;
	int status = docker_hear(engine, stream, output, answer, err);
	lad_docker_detach(stream);
	lad_docker_container_remove(engine, id, NULL);
	/* For what is not understood of the agent's words. */
	docker_request(engine, "POST", "/containers/attach");
	return status;
}

int lad_docker_connect(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		       const char *network, const char *address, int port, char answer[64], struct lad_error *err)
{
	char name[LAD_DOCKER_ID], argument[96];
	cJSON *said;
	lad_docker_object_name(name, run_id, "caller");
	snprintf(argument, sizeof argument, "--call=%.45s,%d", address, port);
	struct lad_docker_container caller = {
	    .name = name, .run_id = run_id, .image = image->name, .network = network, .argument = argument};
	if (docker_ask(engine, &caller, &said, err) < 0)
		return -1;
	int status = docker_need_text(engine, said, "answer", answer, 64, err);
	cJSON_Delete(said);
	return status;
}

/* The first IPv6 address of the device that was found. */
static void find_address6(const cJSON *answer, struct lad_docker_facts *facts)
{
	const cJSON *address;
	cJSON_ArrayForEach(address, cJSON_GetObjectItemCaseSensitive(answer, "ipv6"))
	{
		if (facts->address6[0] || strcmp(docker_text(address, "name"), facts->device) != 0)
			continue;
		snprintf(facts->address6, sizeof facts->address6, "%s", docker_text(address, "address"));
	}
}

int docker_read_facts(struct lad_docker *engine, const cJSON *answer, const char *address,
		      struct lad_docker_facts *facts, struct lad_error *err)
{
	const char *device = docker_text(answer, "default_device");
	const cJSON *interface;
	cJSON_ArrayForEach(interface, cJSON_GetObjectItemCaseSensitive(answer, "interfaces"))
	{
		bool meant = address && address[0] ? strcmp(docker_text(interface, "address"), address) == 0
						   : strcmp(docker_text(interface, "name"), device) == 0;
		const cJSON *mtu = cJSON_GetObjectItemCaseSensitive(interface, "mtu");
		if (!meant || !cJSON_IsNumber(mtu) || mtu->valuedouble < 0 || mtu->valuedouble > MTU_MAX)
			continue;
		snprintf(facts->device, sizeof facts->device, "%s", docker_text(interface, "name"));
		snprintf(facts->address, sizeof facts->address, "%s", docker_text(interface, "address"));
		facts->mtu_bytes = mtu->valueint;
		find_address6(answer, facts);
		return 0;
	}
	return lad_error_set(
	    err, LAD_EXIT_UNABLE, "engine %s: its host has no IPv4 device %s%s; name its address in docker.addresses",
	    engine->host, address && address[0] ? "with the address " : "on a default route", address ? address : "");
}

int lad_docker_facts(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		     const char *address, bool vxlan, struct lad_docker_facts *facts, struct lad_error *err)
{
	char name[LAD_DOCKER_ID];
	cJSON *answer;
	memset(facts, 0, sizeof *facts);
	lad_docker_object_name(name, run_id, "facts");
	struct lad_docker_container container = {
	    .name = name, .run_id = run_id, .image = image->name, .network = "host", .argument = "--facts"};
	if (docker_ask(engine, &container, &answer, err) < 0)
		return -1;
	int status = docker_read_facts(engine, answer, address, facts, err);
	cJSON_Delete(answer);
	if (status < 0 || !vxlan)
		return status;
	container.network = "none";
	container.argument = "--facts=vxlan";
	if (docker_ask(engine, &container, &answer, err) < 0)
		return -1;
	status = docker_need_text(engine, answer, "vxlan", facts->vxlan, sizeof facts->vxlan, err);
	cJSON_Delete(answer);
	if (status == 0 && !facts->vxlan[0])
		return docker_not_understood(engine, err, "its \"vxlan\" is empty");
	if (strcmp(facts->vxlan, "Success") == 0)
		facts->vxlan[0] = '\0';
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/engine.h"

/*
 * What a Docker Engine answers. The first line says what was asked and the HTTP status, "info 200"; behind it is the
 * body as it came, or (attach, frames) the bytes of the connection.
 */

struct input {
	const char *data;
	size_t size;
	struct lad_docker *engine;
	struct lad_error *err;
};

/* What goes to a terminal or into a path. */
static void assert_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void assert_id(const char *id)
{
	if (!id[0] || strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.:-") != strlen(id))
		abort();
}

static int parse(const struct input *in, cJSON **answer)
{
	int status = docker_answered(in->engine, in->data, in->size, answer, in->err);
	if (status == 0 && !*answer)
		abort();
	return status;
}

static int read_version(const struct input *in)
{
	cJSON *answer;
	if (parse(in, &answer) < 0)
		return -1;
	int status = docker_read_version(in->engine, answer, in->err);
	cJSON_Delete(answer);
	if (status == 0 && strncmp(in->engine->api, "1.", 2) != 0)
		abort();
	return status;
}

static int read_info(const struct input *in)
{
	cJSON *answer;
	struct lad_docker_info info = {.cpus = 0};
	if (parse(in, &answer) < 0)
		return -1;
	int status = docker_read_info(in->engine, answer, &info, in->err);
	cJSON_Delete(answer);
	if (status < 0)
		return -1;
	assert_plain(info.kernel);
	assert_plain(info.name);
	bool in_swarm = info.swarm == LAD_SWARM_MANAGER || info.swarm == LAD_SWARM_WORKER;
	if (in_swarm)
		assert_id(info.node_id);
	if (info.cpus < 1 || !info.engine_id[0] || info.data_path_port < 1 || info.data_path_port > 65535)
		abort();
	return 0;
}

static int read_address(const struct input *in)
{
	cJSON *answer;
	int status = 0;
	if (parse(in, &answer) < 0)
		return -1;
	for (int ip = 0; ip < LAD_IP_COUNT && status == 0; ip++) {
		char address[LAD_DOCKER_ADDRESS];
		status = docker_read_address(in->engine, answer, (enum lad_ip)ip, address, in->err);
		if (status == 0 && strspn(address, "0123456789abcdefABCDEF.:") != strlen(address))
			abort();
	}
	cJSON_Delete(answer);
	return status;
}

static int read_facts(const struct input *in)
{
	cJSON *answer;
	struct lad_docker_facts facts = {.mtu_bytes = 0};
	if (parse(in, &answer) < 0)
		return -1;
	int status = docker_read_facts(in->engine, answer, "", &facts, in->err);
	cJSON_Delete(answer);
	return status;
}

static int read_list(const struct input *in)
{
	cJSON *answer;
	const cJSON *list, *item;
	if (parse(in, &answer) < 0)
		return -1;
	int status = docker_need(in->engine, answer, NULL, DOCKER_LIST, &list, in->err);
	if (status < 0)
		list = NULL;
	cJSON_ArrayForEach(item, list)
	{
		char id[LAD_DOCKER_ID];
		if (docker_read_labelled(in->engine, item, LAD_DOCKER_LABEL, NULL, "Id", id, in->err) < 0)
			status = -1;
		else
			assert_id(id);
	}
	cJSON_Delete(answer);
	return status;
}

static int read_nothing(const struct input *in)
{
	return docker_answered(in->engine, in->data, in->size, NULL, in->err);
}

static int read_progress(const struct input *in)
{
	return docker_loaded(in->engine, in->data, in->size, in->err);
}

static int read_head(const struct input *in)
{
	char *text = calloc(1, in->size + 1);
	if (!text)
		abort();
	memcpy(text, in->data, in->size);
	char *empty_line = strstr(text, "\r\n\r\n");
	int status = docker_attached(in->engine, text, empty_line ? empty_line + 4 : text + strlen(text), in->err);
	if (status == 0 && in->engine->status != 101 && in->engine->status != 200)
		abort();
	free(text);
	return status;
}

/* A sum over the payload in pieces of STEP bytes; what is behind bytes that are no frames does not count. */
static uint64_t sum_frames(const struct input *in, size_t step)
{
	struct lad_docker_frames frames = {.left = 0};
	uint64_t sum = 14695981039346656037u;
	for (size_t at = 0; at < in->size; at += step) {
		const unsigned char *data = (const unsigned char *)in->data + at, *payload;
		size_t left = in->size - at < step ? in->size - at : step;
		int kind;
		long length;
		while ((length = lad_docker_frames_next(&frames, &data, &left, &payload, &kind)) > 0)
			for (long i = 0; i < length; i++)
				sum = (sum ^ payload[i] ^ ((unsigned)kind << 8)) * 1099511628211u;
		if (length < 0)
			return sum ^ 1;
	}
	return sum;
}

static int read_frames(const struct input *in)
{
	uint64_t whole = sum_frames(in, in->size + 1);
	if (sum_frames(in, 1) != whole || sum_frames(in, 7) != whole)
		abort();
	return 0;
}

static const struct {
	const char *name;
	int (*read)(const struct input *);
} questions[] = {{"version", read_version}, {"info", read_info},   {"address", read_address},
		 {"facts", read_facts},	    {"list", read_list},   {"nothing", read_nothing},
		 {"load", read_progress},   {"attach", read_head}, {"frames", read_frames}};

void fuzz_engine(const uint8_t *data, size_t size)
{
	char line[24] = "", name[16] = "";
	const uint8_t *end = memchr(data, '\n', size < sizeof line ? size : sizeof line - 1);
	if (!end)
		return;
	memcpy(line, data, (size_t)(end - data));
	struct lad_docker engine = {.host = "some", .request = "GET /something"};
	if (sscanf(line, "%15s %3ld", name, &engine.status) != 2)
		return;
	struct lad_error err = {0};
	struct input in = {(const char *)end + 1, size - (size_t)(end + 1 - data), &engine, &err};
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		if (strcmp(questions[i].name, name) != 0)
			continue;
		/* A failure says which engine, and is kept unless the engine itself said no. */
		if (questions[i].read(&in) < 0 &&
		    (err.exit_code != LAD_EXIT_UNABLE || !strstr(err.message, "engine some")))
			abort();
		assert_plain(err.message);
		assert_plain(engine.trouble.message);
	}
}

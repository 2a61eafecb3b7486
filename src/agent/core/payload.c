/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"
#include "netladder/sizes.h"

#define PAGE 4096
/* A prime, so that the pattern does not fall in step with pages, segments or messages; small enough for the cache. */
#define PERIOD 65521
/* Many small responses leave in one write, and a sink that copies reads this much at a time. */
#define SPAN_LEAST 65536
#define BUFFER_LEAST 131072
/* Zeros are taken from here on, because datagrams are sent, and get their headers, at the very beginning. */
#define ZEROS_AT PAGE
/* A power of two. */
#define SIZES_DRAWN 4096

static void *page_aligned(size_t bytes)
{
	void *memory = NULL;
	if (posix_memalign(&memory, PAGE, bytes))
		return NULL;
	memset(memory, 0, bytes); /* and faulted in: not in the measurement */
	return memory;
}

static void fill_random(char *payload, size_t bytes, uint64_t seed)
{
	uint64_t state = seed, number = 0;
	for (size_t i = 0; i < PERIOD; i++) {
		if (i % sizeof number == 0)
			number = lad_random_next(&state);
		payload[i] = (char)(number >> (i % sizeof number * 8));
	}
	for (size_t i = PERIOD; i < bytes; i++)
		payload[i] = payload[i - PERIOD];
}

static int draw_sizes(struct agent *agent, struct lad_error *err)
{
	struct lad_sizes sizes;
	uint64_t state = agent->job.seed;
	agent->least_bytes = agent->job.message_bytes;
	if (!agent->job.sizes[0])
		return 0;
	if (lad_sizes_parse(agent->job.sizes, &sizes, err) < 0)
		return -1;
	if (lad_sizes_most(&sizes) > agent->job.message_bytes)
		return lad_error_set(err, LAD_EXIT_USAGE, "a size in \"%s\" is above message_bytes", agent->job.sizes);
	agent->least_bytes = lad_sizes_least(&sizes);
	if (agent->job.workload == LAD_TCP_CRR && agent->least_bytes < LAD_CRR_MIX_LEAST)
		return lad_error_set(err, LAD_EXIT_USAGE, "a mix of tcp_crr has messages of %d bytes or more",
				     LAD_CRR_MIX_LEAST);
	agent->sizes = calloc(SIZES_DRAWN, sizeof *agent->sizes);
	if (!agent->sizes)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < SIZES_DRAWN; i++)
		agent->sizes[i] = (int32_t)lad_sizes_draw(&sizes, &state);
	return 0;
}

int agent_make_payload(struct agent *agent, struct lad_error *err)
{
	size_t request = (size_t)agent->job.message_bytes, response = (size_t)agent->job.response_bytes;
	size_t message = request > response ? request : response;
	size_t span = message > SPAN_LEAST ? message : SPAN_LEAST;
	bool random = agent->job.payload == LAD_PAYLOAD_RANDOM;
	agent->payload_bytes = random ? PERIOD + span : ZEROS_AT + span;
	agent->buffer_bytes = message > BUFFER_LEAST ? message : BUFFER_LEAST;
	agent->payload = page_aligned(agent->payload_bytes);
	agent->buffer = page_aligned(agent->buffer_bytes);
	if (!agent->payload || !agent->buffer)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the payload");
	if (random)
		fill_random(agent->payload, agent->payload_bytes, agent->job.seed);
	return draw_sizes(agent, err);
}

const char *agent_payload_at(const struct agent *agent, uint64_t offset)
{
	return agent->payload + (agent->job.payload == LAD_PAYLOAD_RANDOM ? offset % PERIOD : ZEROS_AT);
}

bool agent_payload_check(struct agent *agent, uint64_t offset, const char *bytes, size_t count)
{
	for (size_t done = 0; done < count;) {
		size_t part = count - done < SPAN_LEAST ? count - done : SPAN_LEAST;
		const char *expected = agent_payload_at(agent, offset + done);
		if (memcmp(bytes + done, expected, part) != 0) {
			size_t at = 0;
			while (bytes[done + at] == expected[at])
				at++;
			agent_fail(agent, "payload byte %llu is corrupt: 0x%02x in place of 0x%02x",
				   (unsigned long long)offset + done + at, (unsigned char)bytes[done + at],
				   (unsigned char)expected[at]);
			return false;
		}
		done += part;
	}
	return true;
}

size_t agent_message_size(const struct agent_flow *flow, uint64_t number)
{
	const struct agent *agent = flow->agent;
	return agent->sizes ? (size_t)agent->sizes[(flow->place + number) % SIZES_DRAWN]
			    : (size_t)agent->job.message_bytes;
}

size_t agent_response_size(const struct agent_flow *flow, uint64_t number)
{
	int64_t own = flow->agent->job.response_bytes;
	return own ? (size_t)own : agent_message_size(flow, number);
}

/* Flows that went through it in step would send their large messages all at once. */
uint32_t agent_mix_place(const struct lad_job *job, int index)
{
	uint64_t state = job->seed ^ (uint64_t)index << 32;
	return index ? (uint32_t)(lad_random_next(&state) % SIZES_DRAWN) : 0;
}

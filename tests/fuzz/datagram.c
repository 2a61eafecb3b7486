/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"
#include "agent/workload/udp_sequence.h"
#include "agent/workload/udp_stamp.h"

#define FLOWS 3
#define HEADER 3 /* flags, and the segment size in two bytes */

static void complain(struct agent *agent, const char *message)
{
	(void)agent;
	if (!message[0])
		abort();
}

/*
 * What a sink of udp_stream makes of one packet, three times over: never more datagrams than fit it, and every one that
 * is taken is new or a duplicate.
 */
void fuzz_datagram(const uint8_t *data, size_t size)
{
	static struct agent agent;
	static struct udp_sequence sequences[FLOWS];
	if (size < HEADER)
		return;
	struct lad_error err = {0};
	agent = (struct agent){.loop = ev_default_loop(EVBACKEND_SELECT),
			       .job = {.flows = FLOWS,
				       .message_bytes = 64,
				       .verify = data[0] & 1,
				       .shared_clock = data[0] & 2,
				       .payload = data[0] & 4 ? LAD_PAYLOAD_RANDOM : LAD_PAYLOAD_ZERO,
				       .role = LAD_SINK},
			       .sequences = sequences,
			       .enough = UINT64_MAX,
			       .complain = complain};
	memset(sequences, 0, sizeof sequences);
	if (agent_make_payload(&agent, &err) < 0)
		abort();
	size_t length = size - HEADER, segment = (size_t)data[1] | (size_t)data[2] << 8;
	if (segment == 0)
		segment = length;
	for (int64_t time_ns = 1; time_ns <= 3 && length; time_ns++)
		udp_stream_count(&agent, (const char *)data + HEADER, length, segment, time_ns);
	uint64_t most = segment >= sizeof(struct udp_stamp) ? 3 * (length / segment + 1) : 0, duplicates = 0;
	for (int flow = 0; flow < FLOWS; flow++)
		duplicates += sequences[flow].duplicates;
	if (agent.counters.messages + duplicates > most || agent.counters.bytes > 3 * length ||
	    agent.result.window_messages > agent.counters.messages)
		abort();
	free(agent.payload);
	free(agent.buffer);
}

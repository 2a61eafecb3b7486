/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

/*
 * Datagrams as fast as they go, one system call each: the honest cost of small packets. Each carries its flow, the
 * phase in which it was sent and a sequence number, so loss is exact: the sink counts what arrived of those stamped
 * as sent in the window, whenever they arrive.
 */

#define CALLS_A_TURN 64
#define STAMP_MAGIC UINT32_C(0x6e6c6431) /* "nld1" */

struct stamp {
	uint32_t magic, flow;
	uint64_t phase_sequence; /* phase in the top byte, sequence number below: big endian, like the rest */
};

/* How far back a datagram may come and still be told from a duplicate. */
#define HISTORY_BITS 65536

struct udp_sequence {
	uint64_t next; /* one above the highest sequence number seen */
	uint64_t seen[HISTORY_BITS / 64];
};

static bool test_and_set(struct udp_sequence *sequence, uint64_t number)
{
	uint64_t bit = number % HISTORY_BITS;
	uint64_t mask = UINT64_C(1) << (bit % 64);
	bool was_set = sequence->seen[bit / 64] & mask;
	sequence->seen[bit / 64] |= mask;
	return was_set;
}

/* Marks the numbers that were jumped over as not seen. */
static void advance(struct udp_sequence *sequence, uint64_t number)
{
	uint64_t gap = number - sequence->next;
	if (gap >= HISTORY_BITS) {
		memset(sequence->seen, 0, sizeof sequence->seen);
	} else {
		for (uint64_t n = sequence->next; n <= number; n++)
			sequence->seen[n % HISTORY_BITS / 64] &= ~(UINT64_C(1) << (n % HISTORY_BITS % 64));
	}
	sequence->next = number + 1;
}

static void count_datagram(struct agent *agent, const struct stamp *stamp, size_t size)
{
	uint32_t flow = be32toh(stamp->flow);
	if (be32toh(stamp->magic) != STAMP_MAGIC || flow >= (uint32_t)agent->job.flows)
		return; /* not ours */
	uint64_t value = be64toh(stamp->phase_sequence);
	uint64_t number = value & ((UINT64_C(1) << 56) - 1);
	struct udp_sequence *sequence = &agent->sequences[flow];
	if (number >= sequence->next) {
		if (number == sequence->next) {
			sequence->next++;
			sequence->seen[number % HISTORY_BITS / 64] &= ~(UINT64_C(1) << (number % HISTORY_BITS % 64));
		} else {
			advance(sequence, number);
		}
	} else {
		agent->result.reordered++; /* RFC 4737, 3.3: below the next expected number */
	}
	if (test_and_set(sequence, number)) {
		agent->result.duplicates++;
		return;
	}
	agent->counters.bytes += size;
	agent->counters.messages++;
	if (value >> 56 == AGENT_WINDOW)
		agent->result.window_messages++;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	size_t capacity = (size_t)agent->job.message_bytes;
	for (int call = 0; call < CALLS_A_TURN; call++) {
		ssize_t got = recv(io->fd, agent->payload, capacity, MSG_TRUNC);
		if (got < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "udp_stream receive: %s", strerror(errno));
			return;
		}
		if ((size_t)got >= sizeof(struct stamp))
			count_datagram(agent, (const struct stamp *)agent->payload, (size_t)got);
	}
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, 1, err) < 0)
		return -1;
	agent->sequences = calloc((size_t)agent->job.flows, sizeof *agent->sequences);
	if (!agent->sequences)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	agent->listener = agent_socket_bind(agent, err);
	if (agent->listener < 0)
		return -1;
	ev_io_init(&agent->listener_io, on_readable, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	struct stamp *stamp = (struct stamp *)agent->payload;
	size_t size = (size_t)agent->job.message_bytes;
	uint64_t phase = (uint64_t)agent->phase << 56;
	stamp->flow = htobe32((uint32_t)(flow - agent->flows));
	for (int call = 0; call < CALLS_A_TURN; call++) {
		stamp->phase_sequence = htobe64(phase | flow->sequence);
		if (send(flow->fd, agent->payload, size, MSG_NOSIGNAL) < 0) {
			if (!agent_would_block(errno) && errno != ENOBUFS) {
				agent_fail(agent, "udp_stream send: %s", strerror(errno));
				return;
			}
			agent->result.send_drops++;
			break;
		}
		flow->sequence++;
		agent->counters.bytes += size;
		agent->counters.messages++;
		if (agent->phase == AGENT_WINDOW)
			agent->result.window_messages++;
	}
	if (agent->job.yield)
		sched_yield();
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent->job.message_bytes < (int64_t)sizeof(struct stamp))
		return lad_error_set(err, LAD_EXIT_USAGE, "udp_stream needs messages of %zu bytes or more",
				     sizeof(struct stamp));
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	((struct stamp *)agent->payload)->magic = htobe32(STAMP_MAGIC);
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		flow->fd = agent_socket_connect(agent, err);
		if (flow->fd < 0)
			return -1;
		ev_io_init(&flow->io, on_writable, flow->fd, EV_WRITE);
	}
	return 0;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_start(agent->loop, &agent->flows[i].io);
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_stop(agent->loop, &agent->flows[i].io);
}

const struct workload_ops agent_udp_stream = {
    .kind = LAD_UDP_STREAM,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
    .sink_drains = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"
#include "agent/udp_batch.h"
#include "agent/udp_sequence.h"
#include "agent/udp_stamp.h"

/*
 * Datagrams as fast as they go, or at their intended times (open loop). `io: plain` is one system call each, the honest
 * cost of small packets; the other ways are in udp_batch.c. Each datagram is numbered and stamped with the phase in
 * which it was sent: the sink counts what arrived of those sent in the window, whenever they arrive.
 */

#define CALLS_A_TURN 64
#define BATCHES_A_TURN 4

/* How many datagrams of the piece from BYTES on are of one flow and phase and follow each other. */
static uint64_t run_length(const char *bytes, size_t count, size_t segment)
{
	const struct udp_stamp *first = (const struct udp_stamp *)bytes;
	uint64_t number = be64toh(first->phase_number), run = 1;
	for (; run < count; run++) {
		const struct udp_stamp *stamp = (const struct udp_stamp *)(bytes + run * segment);
		if (be64toh(stamp->phase_number) != number + run || stamp->flow != first->flow ||
		    stamp->magic != first->magic)
			break;
	}
	return run;
}

/* Counts RUN datagrams that follow each other, of BYTES together. */
static void count_run(struct agent *agent, const struct udp_stamp *stamp, uint64_t run, size_t bytes, int64_t now_ns)
{
	uint32_t flow = be32toh(stamp->flow);
	if (be32toh(stamp->magic) != UDP_STAMP_MAGIC || flow >= (uint32_t)agent->job.flows)
		return; /* not ours */
	uint64_t value = be64toh(stamp->phase_number);
	/* Without sign: a stranger's stamp may say anything, and must not overflow. */
	int64_t transit_ns = (int64_t)((uint64_t)now_ns - be64toh(stamp->time_ns));
	struct udp_sequence *sequence = &agent->sequences[flow];
	uint64_t number = value & ((UINT64_C(1) << UDP_STAMP_NUMBER_BITS) - 1);
	uint64_t fresh = udp_sequence_note_run(sequence, number, run);
	udp_sequence_transit(sequence, transit_ns);
	agent->counters.bytes += bytes / run * fresh;
	agent->counters.messages += fresh;
	agent_counted(agent, agent->counters.bytes);
	if (value >> UDP_STAMP_NUMBER_BITS != AGENT_WINDOW)
		return;
	agent->result.window_messages += fresh;
	if (agent->job.shared_clock && fresh)
		lad_histogram_record_many(&agent->result.latency, transit_ns, fresh);
}

static bool verify(struct agent *agent, const char *bytes, size_t length, size_t segment)
{
	for (size_t at = 0; at < length; at += segment) {
		size_t size = length - at < segment ? length - at : segment;
		if (size > sizeof(struct udp_stamp) &&
		    !agent_payload_check(agent, sizeof(struct udp_stamp), bytes + at + sizeof(struct udp_stamp),
					 size - sizeof(struct udp_stamp)))
			return false;
	}
	return true;
}

void udp_stream_count(struct agent *agent, const char *bytes, size_t length, size_t segment, int64_t now_ns)
{
	if (segment < sizeof(struct udp_stamp) || (agent->job.verify && !verify(agent, bytes, length, segment)))
		return;
	size_t whole = length / segment, rest = length % segment;
	for (size_t done = 0; done < whole;) {
		const char *at = bytes + done * segment;
		uint64_t run = run_length(at, whole - done, segment);
		count_run(agent, (const struct udp_stamp *)at, run, run * segment, now_ns);
		done += run;
	}
	if (rest >= sizeof(struct udp_stamp))
		count_run(agent, (const struct udp_stamp *)(bytes + whole * segment), 1, rest, now_ns);
}

static void on_datagram(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	int64_t now_ns = 0;
	if (agent_direct_begin(agent, io))
		return;
	agent_slow_down();
	for (int call = 0; call < CALLS_A_TURN && (call == 0 || now_ns < agent->edge_ns); call++) {
		if (agent->batch) {
			if (udp_batch_receive(agent, &now_ns) <= 0)
				return;
			continue;
		}
		ssize_t got = recv(io->fd, agent->buffer, agent->buffer_bytes, 0);
		if (got < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "udp_stream receive: %s", strerror(errno));
			return;
		}
		agent->result.io_calls++;
		now_ns = agent_now_ns();
		udp_stream_count(agent, agent->buffer, (size_t)got, (size_t)got, now_ns);
	}
	agent->busy = true;
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, 1, err) < 0)
		return -1;
	agent->sequences = calloc((size_t)agent->job.flows, sizeof *agent->sequences);
	if (!agent->sequences)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	agent->listener = agent_socket_bind(agent, err);
	if (agent->listener < 0 || (agent->job.io != LAD_IO_PLAIN && udp_batch_make_receiver(agent, err) < 0))
		return -1;
	ev_io_init(&agent->listener_io, on_datagram, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

/* What only has to be known at the end: the socket's own drops, and what all flows saw together. */
static void sink_end(struct agent *agent)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t length = sizeof memory;
	double jitter_ns = 0;
	int counted = 0;
	if (getsockopt(agent->listener, SOL_SOCKET, SO_MEMINFO, memory, &length) == 0)
		agent->result.receive_queue_drops = memory[SK_MEMINFO_DROPS];
	for (int i = 0; i < agent->job.flows; i++) {
		const struct udp_sequence *sequence = &agent->sequences[i];
		agent->result.reordered += sequence->reordered;
		agent->result.duplicates += sequence->duplicates;
		jitter_ns += sequence->jitter_ns;
		counted += sequence->has_transit;
	}
	agent->result.jitter_us = counted ? jitter_ns / counted / 1e3 : NAN;
}

/* Sends the flow's next datagram. False: not now (a send drop), or the agent has failed. */
static bool send_one(struct agent_flow *flow, int64_t time_ns)
{
	struct agent *agent = flow->agent;
	size_t size = agent_message_size(agent, flow->sequence);
	udp_stamp_identify(agent->payload, (int)(flow - agent->flows));
	udp_stamp_write(agent->payload, agent->phase, flow->sequence, time_ns);
	agent->result.io_calls++;
	if (send(flow->fd, agent->payload, size, MSG_NOSIGNAL) < 0) {
		if (!agent_would_block(errno) && errno != ENOBUFS)
			agent_fail(agent, "udp_stream send: %s", strerror(errno));
		agent->result.send_drops++;
		return false;
	}
	flow->sequence++;
	agent->counters.bytes += size;
	agent->counters.messages++;
	if (agent->phase == AGENT_WINDOW)
		agent->result.window_messages++;
	return true;
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	bool batched = agent->job.io != LAD_IO_PLAIN;
	int calls = !batched ? CALLS_A_TURN : agent->job.yield ? 1 : BATCHES_A_TURN;
	agent_slow_down();
	while (calls-- > 0)
		if (batched ? udp_batch_send(flow) <= 0 : !send_one(flow, agent_now_ns()))
			break;
	if (agent->job.yield)
		sched_yield();
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent->job.message_bytes < (int64_t)sizeof(struct udp_stamp))
		return lad_error_set(err, LAD_EXIT_USAGE, "udp_stream needs messages of %zu bytes or more",
				     sizeof(struct udp_stamp));
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		flow->fd = agent_socket_connect(agent, err);
		if (flow->fd < 0)
			return -1;
		ev_io_init(&flow->io, on_writable, flow->fd, EV_WRITE);
	}
	agent->result.segments = 1;
	return agent->job.io != LAD_IO_PLAIN ? udp_batch_make_sender(agent, err) : 0;
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	return send_one(&agent->flows[number % (uint64_t)agent->flow_count], intended_ns);
}

static void generator_start(struct agent *agent)
{
	if (agent->job.rate_per_s > 0) {
		agent_pace_start(agent, send_due);
		return;
	}
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_start(agent->loop, &agent->flows[i].io);
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_stop(agent->loop, &agent->flows[i].io);
}

static bool drains(const struct agent *agent)
{
	return agent->job.role == LAD_SINK;
}

const struct workload_ops agent_udp_stream = {
    .kind = LAD_UDP_STREAM,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
    .sink_end = sink_end,
    .drains = drains,
};

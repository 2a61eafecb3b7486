/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/tick.h"
#include "agent/core/window.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "agent/workload/udp_batch.h"
#include "agent/workload/udp_greeting.h"
#include "agent/workload/udp_pacing.h"
#include "agent/workload/udp_sequence.h"
#include "agent/workload/udp_stamp.h"
#include "agent/workload/workload.h"

/*
 * Datagrams as fast as they go, or at their intended times (open loop). `io: plain` is one system call each, the honest
 * cost of small packets; the other ways are in udp_batch.c. Each datagram is numbered and stamped with the phase in
 * which it was sent: who receives counts what arrived of those sent in the window, whenever they arrive. `direction`
 * says who that is; the generator has a socket a flow, the sink one for all, and where the sink sends udp_greeting.c
 * has told it where to.
 */

#define CALLS_A_TURN 64
#define BATCHES_A_TURN 4
/* The loops' timers tick in milliseconds. */
#define REST_NS INT64_C(2000000)

/* How many datagrams of the piece from BYTES on are of one flow, phase and time and follow each other. */
static uint64_t run_length(const char *bytes, size_t count, size_t segment)
{
	const struct udp_stamp *first = (const struct udp_stamp *)bytes;
	uint64_t number = be64toh(first->phase_number), run = 1;
	for (; run < count; run++) {
		const struct udp_stamp *stamp = (const struct udp_stamp *)(bytes + run * segment);
		if (be64toh(stamp->phase_number) != number + run || stamp->flow != first->flow ||
		    stamp->magic != first->magic || stamp->time_ns != first->time_ns)
			break;
	}
	return run;
}

/* Of the datagrams stamped as sent in the window, these many were SENT (else received). */
static void count_window(struct agent *agent, bool sent, uint64_t datagrams)
{
	struct lad_agent_result *result = &agent->result;
	if (agent_is_reverse(agent, sent))
		result->reverse_window_messages += datagrams;
	else
		result->window_messages += datagrams;
}

int udp_stream_own(const struct agent *agent, uint32_t number)
{
	uint32_t threads = (uint32_t)agent->job.threads;
	if (threads > 1) { /* of all flows every so many'th is this thread's, and comes here: deal_by_flow() */
		if (number % threads != (uint32_t)agent->thread)
			return -1;
		number /= threads;
	}
	return number < (uint32_t)agent->job.flows ? (int)number : -1;
}

/* Counts RUN datagrams that follow each other, of BYTES together. */
static void count_run(struct agent *agent, const struct udp_stamp *stamp, uint64_t run, size_t bytes, int64_t now_ns)
{
	int flow = udp_stream_own(agent, be32toh(stamp->flow));
	if (be32toh(stamp->magic) != UDP_STAMP_MAGIC || flow < 0)
		return; /* not ours */
	uint64_t value = be64toh(stamp->phase_number);
	/* Without sign: a stranger's stamp may say anything, and must not overflow. */
	int64_t transit_ns = (int64_t)((uint64_t)now_ns - be64toh(stamp->time_ns));
	struct udp_sequence *sequence = &agent->sequences[flow];
	uint64_t number = value & ((UINT64_C(1) << UDP_STAMP_NUMBER_BITS) - 1);
	uint64_t fresh = udp_sequence_note_run(sequence, number, run);
	udp_sequence_transit(sequence, transit_ns);
	agent_count(agent, false, bytes / run * fresh, fresh);
	if (value >> UDP_STAMP_NUMBER_BITS != AGENT_WINDOW)
		return;
	count_window(agent, false, fresh);
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

static void receive_some(struct agent *agent, int fd)
{
	int64_t now_ns = 0;
	/* Who also sends, from one socket, reads as much in a turn as all the flows of the other end have sent in one.
	 */
	int calls = fd == agent->listener && agent_sends(agent) ? CALLS_A_TURN * agent->flow_count : CALLS_A_TURN;
	agent_slow_down();
	for (int call = 0; call < calls && (call == 0 || now_ns < agent->edge_ns); call++) {
		if (agent->incoming) {
			if (udp_batch_receive(agent, fd, &now_ns) <= 0)
				return;
			continue;
		}
		ssize_t got = recv(fd, agent->buffer, agent->buffer_bytes, agent_wait_flags(agent));
		if (got < 0) {
			if (!agent_would_block(errno) && !agent_network_answered(errno))
				agent_fail(agent, "udp_stream receive: %s", strerror(errno));
			return;
		}
		agent->result.io_calls++;
		now_ns = agent_now_ns();
		udp_stream_count(agent, agent->buffer, (size_t)got, (size_t)got, now_ns);
	}
	agent->busy = true;
}

static void on_datagram(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	if (!agent_direct_begin(agent, io))
		receive_some(agent, io->fd);
}

/* The sink's socket where the sink sends; greetings come before everything else. */
static void on_greeting(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent *agent = io->data;
	int taken;
	do
		taken = udp_greeting_take(agent);
	while (taken > 0);
	if (taken < 0)
		return;
	ev_io_stop(loop, io);
	ev_set_cb(io, on_datagram);
	ev_io_start(loop, io);
	receive_some(agent, io->fd);
}

void udp_stream_count_sent(struct agent_flow *flow, uint64_t bytes, uint64_t datagrams)
{
	struct agent *agent = flow->agent;
	flow->sequence += datagrams;
	agent_count(agent, true, bytes, datagrams);
	if (agent->phase == AGENT_WINDOW)
		count_window(agent, true, datagrams);
}

void udp_stream_count_refused(struct agent *agent, uint64_t datagrams)
{
	if (errno == ENOBUFS || agent->job.pacing_bps == 0.)
		agent->result.send_drops += datagrams;
}

static ssize_t send_datagram(struct agent_flow *flow, size_t size, int64_t time_ns)
{
	struct agent *agent = flow->agent;
	socklen_t address_bytes;
	const struct sockaddr *address = udp_greeting_peer(flow, &address_bytes);
	return agent->job.txtime ? udp_txtime_send(flow, size, time_ns)
				 : sendto(flow->fd, agent->payload, size, MSG_NOSIGNAL, address, address_bytes);
}

/* Sends the flow's next datagram. False: not now (a send drop), or the agent has failed. */
static bool send_one(struct agent_flow *flow, int64_t time_ns)
{
	struct agent *agent = flow->agent;
	size_t size = agent_message_size(flow, flow->sequence);
	udp_stamp_identify(agent->payload, agent_flow_number(flow));
	udp_stamp_write(agent->payload, agent->phase, flow->sequence, time_ns);
	agent->result.io_calls++;
	ssize_t sent = send_datagram(flow, size, time_ns);
	if (sent < 0 && agent_network_answered(errno)) {
		agent->result.send_drops++;
		sent = send_datagram(flow, size, time_ns);
	}
	/* What the network does not take at all, as a datagram that must not be cut, is lost. */
	if (sent < 0 && !agent_network_answered(errno)) {
		if (!agent_would_block(errno) && errno != ENOBUFS)
			agent_fail(agent, "udp_stream send: %s", strerror(errno));
		udp_stream_count_refused(agent, 1);
		return false;
	}
	udp_stream_count_sent(flow, size, 1);
	return true;
}

static void send_some(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	bool batched = agent->outgoing;
	int calls = !batched ? CALLS_A_TURN : agent->job.yield ? 1 : BATCHES_A_TURN;
	agent_slow_down();
	/* Its one socket takes what all flows of the other end send: read before each flow has its turn to send, lest
	 * it overflows in a round of them. */
	if (agent->listener >= 0 && agent_receives(agent))
		receive_some(agent, agent->listener);
	while (calls-- > 0)
		if (batched ? !udp_batch_send(flow) : !send_one(flow, agent_now_ns()))
			break;
	if (agent->job.yield)
		sched_yield();
}

static void on_flow(struct ev_loop *loop, ev_io *io, int events)
{
	struct agent_flow *flow = (struct agent_flow *)io;
	if (events & EV_READ)
		on_datagram(loop, io, events);
	if (events & EV_WRITE && ev_is_active(io))
		send_some(flow);
}

/* Once the sockets stand, at either end. */
static int prepare(struct agent *agent, struct lad_error *err)
{
	bool batched = agent->job.io != LAD_IO_PLAIN;
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		ev_io_init(&flow->io, on_flow, flow->fd, EV_WRITE);
		flow->io.data = agent;
	}
	if (agent_receives(agent)) {
		agent->sequences = calloc((size_t)agent->job.flows, sizeof *agent->sequences);
		if (!agent->sequences)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		if (batched && udp_batch_make_receiver(agent, err) < 0)
			return -1;
	}
	if (!agent_sends(agent))
		return 0;
	agent->result.segments = 1;
	return batched ? udp_batch_make_sender(agent, err) : 0;
}

static int check_size(const struct agent *agent, struct lad_error *err)
{
	if (agent->job.message_bytes >= (int64_t)sizeof(struct udp_stamp))
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "udp_stream needs messages of %zu bytes or more",
			     sizeof(struct udp_stamp));
}

/* The one socket under a descriptor for each flow, each with a watcher of its own, as a generator's. */
static int share_socket(struct agent *agent, struct lad_error *err)
{
	for (int i = 0; i < agent->flow_count; i++) {
		agent->flows[i].fd = fcntl(agent->listener, F_DUPFD_CLOEXEC, 0);
		if (agent->flows[i].fd < 0)
			return lad_error_errno(err, errno, "cannot open a descriptor a flow");
	}
	return 0;
}

/*
 * Of the threads' sockets on one port, the kernel hands a datagram to that of its flow: to the one with the number that
 * this program computes from the stamp (SO_ATTACH_REUSEPORT_CBPF, socket(7)). They are bound in the threads' order.
 */
static int deal_by_flow(const struct agent *agent, struct lad_error *err)
{
	struct sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct udp_stamp, flow)),
				      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)agent->job.threads),
				      BPF_STMT(BPF_RET | BPF_A, 0)};
	struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
	if (agent->job.threads <= 1 || agent->lead)
		return 0;
	if (setsockopt(agent->listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) < 0)
		return lad_error_errno(err, errno, "cannot deal the flows over the threads");
	return 0;
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	bool sending = agent_sends(agent), greeted = sending || agent_has_word(&agent->job);
	if (check_size(agent, err) < 0 || agent_make_flows(agent, sending ? agent->job.flows : 1, err) < 0)
		return -1;
	agent->listener = agent_socket_bind(agent, err);
	if (agent->listener < 0 || deal_by_flow(agent, err) < 0 || (sending && share_socket(agent, err) < 0) ||
	    (greeted && udp_greeting_expect(agent, err) < 0) || prepare(agent, err) < 0)
		return -1;
	ev_io_init(&agent->listener_io, greeted ? on_greeting : on_datagram, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

/* Each datagram of a joined packet has to fit the path: nothing on it would cut those up, see udp(7), UDP_SEGMENT. */
static int check_segment(struct agent *agent, struct lad_error *err)
{
	int headers = agent->address.ss_family == AF_INET6 ? 48 : 28, mtu = agent_socket_mtu(agent);
	if (agent->job.io != LAD_IO_GSO || !mtu || agent->job.message_bytes + headers <= mtu)
		return 0;
	lad_error_set(err, LAD_EXIT_UNABLE,
		      "io gso joins only datagrams that fit the path, and %lld bytes do not: its MTU of %d leaves %d",
		      (long long)agent->job.message_bytes, mtu, mtu - headers);
	if (err)
		err->saved_errno = EOPNOTSUPP;
	return -1;
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (check_size(agent, err) < 0 || check_segment(agent, err) < 0 ||
	    agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	for (int i = 0; i < agent->flow_count; i++) {
		agent->flows[i].fd = agent_socket_connect(agent, err);
		if (agent->flows[i].fd < 0)
			return -1;
	}
	bool is_greeted = agent_receives(agent) || agent_has_word(&agent->job);
	if (udp_pacing_begin(agent, err) < 0 || (is_greeted && udp_greet(agent, err) < 0))
		return -1;
	if (prepare(agent, err) < 0)
		return -1;
	for (int i = 0; agent_receives(agent) && i < agent->flow_count; i++)
		agent_flow_wait(&agent->flows[i], EV_READ);
	return 0;
}

/* What only has to be known at the end: the sockets' own drops, and what all flows saw together. */
static void end(struct agent *agent)
{
	double jitter_ns = 0;
	int counted = 0;
	for (int i = 0; agent_receives(agent) && i < agent_receiver_count(agent); i++) {
		uint32_t memory[SK_MEMINFO_VARS] = {0};
		socklen_t length = sizeof memory;
		if (getsockopt(agent_receiver(agent, i), SOL_SOCKET, SO_MEMINFO, memory, &length) == 0)
			agent->result.receive_queue_drops += memory[SK_MEMINFO_DROPS];
	}
	for (int i = 0; agent->sequences && i < agent->job.flows; i++) {
		const struct udp_sequence *sequence = &agent->sequences[i];
		agent->result.reordered += sequence->reordered;
		agent->result.duplicates += sequence->duplicates;
		jitter_ns += sequence->jitter_ns;
		counted += sequence->has_transit;
	}
	agent->result.jitter_us = counted ? jitter_ns / counted / 1e3 : NAN;
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	return send_one(&agent->flows[number % (uint64_t)agent->flow_count], intended_ns);
}

static void start(struct agent *agent)
{
	int receiving = agent_receives(agent) && agent->job.role == LAD_GENERATOR ? EV_READ : 0;
	if (!agent_sends(agent))
		return;
	if (agent->peers && !udp_greeting_complete(agent)) {
		agent_fail(agent, "udp_stream: %d of %d flows have not said where they receive", agent->peers_known,
			   agent->job.flows);
		return;
	}
	if (agent->job.rate_per_s > 0) {
		if (agent->outgoing)
			agent->pace.send_many = udp_batch_send_due;
		if (agent->job.io == LAD_IO_GSO)
			agent->pace.most_a_turn = udp_batch_capacity(agent);
		agent_pace_start(agent, send_due);
		return;
	}
	for (int i = 0; i < agent->flow_count; i++)
		agent_flow_wait(&agent->flows[i], EV_WRITE | receiving);
}

static void stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		if (agent_receives(agent) && agent->job.role == LAD_GENERATOR)
			agent_flow_wait(&agent->flows[i], EV_READ);
		else
			ev_io_stop(agent->loop, &agent->flows[i].io);
	}
}

/*
 * Who sends at a rate makes no report before the last datagrams have left the qdisc, where they may wait, and the
 * receiver has had time to close its window. On the CPU that the two share, the report would hold it up, with nothing
 * more to come in a window that grows longer: too low a rate.
 */
static bool drains(const struct agent *agent)
{
	return agent_receives(agent) || agent->job.rate_per_s > 0 || agent->job.pacing_bps > 0;
}

static bool drained(const struct agent *agent)
{
	return !agent_receives(agent) && agent_now_ns() - agent->drain_begun_ns > REST_NS && udp_pacing_is_over(agent);
}

const struct workload_ops agent_udp_stream = {
    .kind = LAD_UDP_STREAM,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = start,
    .stop = stop,
    .sink_start = start,
    .sink_stop = stop,
    .end = end,
    .drains = drains,
    .drained = drained,
};

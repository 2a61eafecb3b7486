/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/tick.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/workload/udp_greeting.h"
#include "agent/workload/udp_pacing.h"
#include "agent/workload/udp_stamp.h"

#define BATCH 64    /* datagrams a sendmmsg() */
#define SUPERS 8    /* super-packets a sendmmsg() */
#define RECEIVES 64 /* packets a recvmmsg() */
#define PACKET_MAX 65507
/* UDP_MAX_SEGMENTS is 64 in old kernels and 128 since 6.9: tried from the top. */
#define SEGMENTS_MOST 128
#define SEGMENTS_OLD 64
/* Buffers lie this much beyond a power of two apart, or all of them would meet in the same few cache lines. */
#define SKEW 4160
#define CONTROL_BYTES CMSG_SPACE(sizeof(int))
_Static_assert(CONTROL_BYTES >= UDP_TXTIME_BYTES, "room for either");

struct udp_batch {
	struct mmsghdr messages[RECEIVES];
	struct iovec pieces[RECEIVES];
	char control[RECEIVES][CONTROL_BYTES];
	int count;	     /* of messages */
	size_t segments;     /* datagrams in a message of a sender */
	size_t segment_size; /* bytes of each, when there is more than one */
	size_t stride;	     /* of the buffers */
	char *buffers;	     /* behind this struct, in the same allocation */
	int turn;	     /* open loop: the flow that sends next */
};

static struct udp_batch *make(int count, size_t buffer_bytes, struct lad_error *err)
{
	size_t stride = (buffer_bytes + 63) / 64 * 64 + SKEW;
	size_t offset = (sizeof(struct udp_batch) + 63) / 64 * 64;
	struct udp_batch *batch = aligned_alloc(64, offset + ((size_t)count * stride + 63) / 64 * 64);
	if (!batch) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for batches");
		return NULL;
	}
	memset(batch, 0, offset + (size_t)count * stride);
	batch->count = count;
	batch->segments = 1;
	batch->stride = stride;
	batch->buffers = (char *)batch + offset;
	for (int i = 0; i < count; i++) {
		batch->pieces[i] = (struct iovec){batch->buffers + (size_t)i * stride, buffer_bytes};
		batch->messages[i].msg_hdr.msg_iov = &batch->pieces[i];
		batch->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return batch;
}

static void set_segments(struct agent *agent, size_t segments)
{
	struct udp_batch *batch = agent->outgoing;
	size_t most = PACKET_MAX / batch->segment_size;
	batch->segments = segments < most ? segments : most;
	agent->result.segments = 1; /* until more have gone in one */
}

static int turn_segmentation_on(const struct agent *agent, struct lad_error *err)
{
	int size = (int)agent->job.message_bytes;
	for (int i = 0; i < agent->flow_count; i++)
		if (setsockopt(agent->flows[i].fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) < 0)
			return lad_error_errno(err, errno, "cannot use UDP_SEGMENT (io: gso)");
	return 0;
}

int udp_batch_make_sender(struct agent *agent, struct lad_error *err)
{
	bool gso = agent->job.io == LAD_IO_GSO;
	size_t size = (size_t)agent->job.message_bytes;
	if (gso && agent->sizes)
		return lad_error_set(err, LAD_EXIT_USAGE, "io gso needs datagrams of one size");
	size_t segments = gso ? SEGMENTS_MOST : 1;
	struct udp_batch *batch = agent->outgoing = make(gso ? SUPERS : BATCH, segments * size, err);
	if (!batch)
		return -1;
	for (int i = 0; i < batch->count; i++)
		for (size_t j = 0; j < segments; j++)
			memcpy((char *)batch->pieces[i].iov_base + j * size, agent_payload_at(agent, 0), size);
	batch->segment_size = size;
	set_segments(agent, segments);
	return gso ? turn_segmentation_on(agent, err) : 0;
}

/* What the first datagram of a batch is due as: open loop, message NUMBER; else it leaves at NOW_NS, as all do. */
struct due {
	bool paced;
	uint64_t number;
	int64_t now_ns;
};

/*
 * Writes addresses, lengths and stamps of COUNT datagrams, numbered from the flow's next one on. Returns how many
 * messages they fill; only the last may be shorter than the others.
 */
static unsigned fill(struct agent_flow *flow, struct udp_batch *batch, uint64_t count, struct due due)
{
	const struct agent *agent = flow->agent;
	uint64_t number = flow->sequence;
	int index = agent_flow_number(flow);
	unsigned used = 0;
	socklen_t address_bytes;
	struct sockaddr *address = udp_greeting_peer(flow, &address_bytes);
	for (; count; used++) {
		size_t segments = count < batch->segments ? (size_t)count : batch->segments;
		char *datagram = batch->pieces[used].iov_base;
		batch->messages[used].msg_hdr.msg_name = address;
		batch->messages[used].msg_hdr.msg_namelen = address_bytes;
		batch->pieces[used].iov_len =
		    agent->sizes ? agent_message_size(flow, number) : segments * batch->segment_size;
		if (agent->job.txtime)
			udp_txtime_write(&batch->messages[used].msg_hdr, batch->control[used],
					 agent_pace_due_ns(agent, due.number));
		for (size_t j = 0; j < segments; j++, datagram += batch->segment_size) {
			int64_t time_ns = due.paced ? agent_pace_due_ns(agent, due.number++) : due.now_ns;
			udp_stamp_identify(datagram, index);
			udp_stamp_write(datagram, agent->phase, number++, time_ns);
		}
		count -= segments;
	}
	return used;
}

/* A path that has become too narrow for a segment: from now on datagrams go one by one, and the kernel cuts them. */
static bool stop_segmentation(struct agent *agent)
{
	int off = 0;
	if (agent->job.io != LAD_IO_GSO || agent->outgoing->segments == 1)
		return false;
	for (int i = 0; i < agent->flow_count; i++)
		setsockopt(agent->flows[i].fd, IPPROTO_UDP, UDP_SEGMENT, &off, sizeof off);
	agent->outgoing->segments = 1;
	return true;
}

static uint64_t send_batch(struct agent_flow *flow, uint64_t count, struct due due)
{
	struct agent *agent = flow->agent;
	struct udp_batch *batch = agent->outgoing;
	unsigned messages = fill(flow, batch, count, due);
	int sent = sendmmsg(flow->fd, batch->messages, messages, MSG_NOSIGNAL | MSG_DONTWAIT);
	agent->result.io_calls++;
	bool answered = sent < 0 && agent_network_answered(errno);
	if (answered) {
		agent->result.send_drops++;
		sent = sendmmsg(flow->fd, batch->messages, messages, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	if (sent < 0 && answered && (errno == EMSGSIZE || errno == EINVAL) && stop_segmentation(agent)) {
		uint64_t most = udp_batch_capacity(agent);
		return send_batch(flow, count < most ? count : most, due);
	}
	if (sent < 0 && agent_network_answered(errno)) { /* lost: the first of them, as the kernel took none */
		udp_stream_count_sent(flow, batch->pieces[0].iov_len, 1);
		return 1;
	}
	if (sent < 0 && errno == EINVAL && batch->segments > SEGMENTS_OLD) {
		set_segments(agent, SEGMENTS_OLD);
		uint64_t most = udp_batch_capacity(agent);
		return send_batch(flow, count < most ? count : most, due);
	}
	if (sent < 0 && !agent_would_block(errno) && errno != ENOBUFS) {
		agent_fail(agent, "udp_stream send: %s%s", strerror(errno),
			   errno == EINVAL ? " (with io gso a datagram must fit the MTU)" : "");
		return 0;
	}
	uint64_t segments = count < batch->segments ? count : batch->segments;
	if (sent < 0) {
		udp_stream_count_refused(agent, segments);
		return 0;
	}
	if (agent->result.segments < segments)
		agent->result.segments = segments;
	uint64_t datagrams = (uint64_t)sent * batch->segments, bytes = 0;
	for (int i = 0; i < sent; i++)
		bytes += batch->messages[i].msg_len;
	if (datagrams > count)
		datagrams = count;
	udp_stream_count_sent(flow, bytes, datagrams);
	return datagrams;
}

uint64_t udp_batch_capacity(const struct agent *agent)
{
	const struct udp_batch *batch = agent->outgoing;
	return (uint64_t)batch->count * batch->segments;
}

uint64_t udp_batch_send(struct agent_flow *flow)
{
	struct due now = {.now_ns = agent_now_ns()};
	return send_batch(flow, udp_batch_capacity(flow->agent), now);
}

uint64_t udp_batch_send_due(struct agent *agent, uint64_t number, uint64_t most)
{
	struct udp_batch *batch = agent->outgoing;
	uint64_t capacity = udp_batch_capacity(agent);
	struct agent_flow *flow = &agent->flows[batch->turn];
	uint64_t went = send_batch(flow, most < capacity ? most : capacity, (struct due){true, number, 0});
	if (went)
		batch->turn = (batch->turn + 1) % agent->flow_count;
	return went;
}

int udp_batch_make_receiver(struct agent *agent, struct lad_error *err)
{
	bool gso = agent->job.io == LAD_IO_GSO;
	size_t size = gso ? PACKET_MAX + 1 : (size_t)agent->job.message_bytes;
	int on = 1;
	agent->incoming = make(RECEIVES, size, err);
	if (!agent->incoming)
		return -1;
	for (int i = 0; gso && i < agent_receiver_count(agent); i++)
		if (setsockopt(agent_receiver(agent, i), IPPROTO_UDP, UDP_GRO, &on, sizeof on) < 0)
			return lad_error_errno(err, errno, "cannot use UDP_GRO (io: gso)");
	return 0;
}

/* The size that the kernel joined the datagrams of MESSAGE at; its whole length when it is a single one. */
static size_t segment_size(const struct mmsghdr *message)
{
	struct msghdr *header = (struct msghdr *)&message->msg_hdr;
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		int size;
		if (control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO)
			continue;
		memcpy(&size, CMSG_DATA(control), sizeof size);
		if (size > 0)
			return (size_t)size;
	}
	return message->msg_len;
}

static size_t count_joined(struct agent *agent, const struct mmsghdr *message)
{
	size_t size = segment_size(message);
	uint64_t joined = size ? (message->msg_len + size - 1) / size : 0;
	if (joined > agent->result.joined_most)
		agent->result.joined_most = joined;
	return size;
}

int udp_batch_receive(struct agent *agent, int fd, int64_t *now_ns)
{
	struct udp_batch *batch = agent->incoming;
	bool gso = agent->job.io == LAD_IO_GSO;
	for (int i = 0; gso && i < batch->count; i++) {
		batch->messages[i].msg_hdr.msg_control = batch->control[i];
		batch->messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
	}
	int got = recvmmsg(fd, batch->messages, (unsigned)batch->count, MSG_WAITFORONE | agent_wait_flags(agent), NULL);
	if (got < 0 && (agent_would_block(errno) || agent_network_answered(errno)))
		return 0;
	if (got < 0) {
		agent_fail(agent, "udp_stream receive: %s", strerror(errno));
		return -1;
	}
	*now_ns = agent_now_ns();
	agent->result.io_calls++;
	for (int i = 0; i < got; i++)
		udp_stream_count(agent, batch->pieces[i].iov_base, batch->messages[i].msg_len,
				 gso ? count_joined(agent, &batch->messages[i]) : batch->messages[i].msg_len, *now_ns);
	return got;
}

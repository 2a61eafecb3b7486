/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/barrier.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/units.h"

/* How often an agent with a clock of its own is asked for it. */
#define CLOCK_ROUNDS 7
/*
 * Who waits for an answer looks this often, and counts no look for longer than twice this: while the whole machine
 * stood still no agent could answer, and none was silent.
 */
#define LOOK_NS (500 * LAD_NS_PER_MS)

int64_t barrier_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

int barrier_make(struct barrier *barrier, int sessions, int counting, struct lad_error *err)
{
	static const char *const names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};
	barrier->count = sessions * LAD_ROLE_COUNT;
	barrier->counting = counting * LAD_ROLE_COUNT;
	barrier->agents = calloc((size_t)barrier->count, sizeof *barrier->agents);
	if (!barrier->agents)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < barrier->count; i++) {
		struct trial_agent *agent = &barrier->agents[i];
		agent->role = (enum lad_role)(i % LAD_ROLE_COUNT);
		agent->last = LAD_MESSAGE_BYE;
		if (counting == 1)
			snprintf(agent->name, sizeof agent->name, "%s", names[agent->role]);
		else
			snprintf(agent->name, sizeof agent->name, "%s %d", names[agent->role], i / LAD_ROLE_COUNT + 1);
	}
	return 0;
}

void barrier_free(struct barrier *barrier)
{
	free(barrier->agents);
	*barrier = (struct barrier){0};
}

static int handle_line(struct barrier *barrier, struct trial_agent *agent, const char *line, size_t length,
		       struct lad_error *err)
{
	struct lad_message message;
	if (lad_protocol_parse(line, length, &message, agent->result, err) < 0)
		return lad_error_context(err, "%s", agent->name);
	if (message.type == LAD_MESSAGE_ERROR) {
		barrier->impossible |= message.impossible;
		return lad_error_set(err, LAD_EXIT_TRIALS, "%s: %s", agent->name, message.text);
	}
	if (message.type == LAD_MESSAGE_HELLO)
		snprintf(agent->backend, sizeof agent->backend, "%.15s", message.text);
	if (message.type == LAD_MESSAGE_ENOUGH) { /* its result may follow in the same breath */
		agent->enough = true;
		return 0;
	}
	if (message.type == LAD_MESSAGE_READY)
		agent->mtu_bytes = message.mtu_bytes, agent->fq = message.fq;
	agent->last = message.type;
	if (message.type == LAD_MESSAGE_CLOCK)
		agent->clock_ns = message.clock_ns;
	return 0;
}

static int read_agent(struct barrier *barrier, struct trial_agent *agent, struct lad_error *err)
{
	struct lad_channel *channel = agent->channel;
	int got = lad_line_fill(&channel->lines, channel->output);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return lad_error_errno(err, errno, "%s: control channel", agent->name);
	if (got == 0)
		return lad_error_set(err, LAD_EXIT_TRIALS, "%s ended in the middle of the trial", agent->name);
	char *line;
	size_t length;
	while ((line = lad_line_next(&channel->lines, &length)))
		if (handle_line(barrier, agent, line, length, err) < 0)
			return -1;
	return 0;
}

/* Takes what the agents say, as soon as any says something, or LEFT_NS later. */
static int listen_once(struct barrier *barrier, int64_t left_ns, struct lad_error *err)
{
	lad_cleanup_free struct pollfd *polled = calloc((size_t)barrier->count + 1, sizeof *polled);
	if (!polled)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < barrier->count; i++)
		polled[i] = (struct pollfd){barrier->agents[i].channel->output, POLLIN, 0};
	polled[barrier->count] = (struct pollfd){barrier->signal_fd, POLLIN, 0};
	struct timespec wait = {left_ns / LAD_NS_PER_S, left_ns % LAD_NS_PER_S};
	if (ppoll(polled, (nfds_t)barrier->count + 1, &wait, NULL) < 0)
		return errno == EINTR ? 0 : lad_error_errno(err, errno, "cannot poll");
	if (polled[barrier->count].revents) {
		barrier->interrupted = true;
		return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted");
	}
	for (int i = 0; i < barrier->count; i++)
		if (polled[i].revents && read_agent(barrier, &barrier->agents[i], err) < 0)
			return -1;
	return 0;
}

int barrier_tell(const struct trial_agent *agent, char *line, struct lad_error *err)
{
	size_t length = line ? strlen(line) : 0;
	bool sent = line && write(agent->channel->input, line, length) == (ssize_t)length;
	int error = errno;
	free(line);
	return sent ? 0 : lad_error_errno(err, error, "%s: cannot write to its control channel", agent->name);
}

int barrier_await(struct barrier *barrier, const struct trial_agent *agent, enum lad_message_type wanted,
		  struct lad_error *err)
{
	int64_t left_ns = barrier->limit_ns, before_ns = barrier_now_ns();
	while (agent->last != wanted) {
		if (left_ns <= 0)
			return lad_error_set(err, LAD_EXIT_TRIALS, "%s gave no answer within %d s", agent->name,
					     (int)(barrier->limit_ns / LAD_NS_PER_S));
		if (listen_once(barrier, left_ns < LOOK_NS ? left_ns : LOOK_NS, err) < 0)
			return -1;
		int64_t now_ns = barrier_now_ns(), took_ns = now_ns - before_ns;
		left_ns -= took_ns < 2 * LOOK_NS ? took_ns : 2 * LOOK_NS;
		before_ns = now_ns;
	}
	return 0;
}

int barrier_await_all(struct barrier *barrier, enum lad_role role, enum lad_message_type wanted, struct lad_error *err)
{
	for (int i = (int)role; i < barrier->count; i += LAD_ROLE_COUNT)
		if (barrier_await(barrier, &barrier->agents[i], wanted, err) < 0)
			return -1;
	return 0;
}

int barrier_pass_time(struct barrier *barrier, int64_t deadline_ns, struct lad_error *err)
{
	int64_t left_ns;
	while ((left_ns = deadline_ns - barrier_now_ns()) > 0)
		if (listen_once(barrier, left_ns, err) < 0)
			return -1;
	return 0;
}

static bool all_have_enough(const struct barrier *barrier)
{
	for (int i = 0; i < barrier->counting; i += LAD_ROLE_COUNT)
		if (!barrier->agents[i + LAD_SINK].enough && !barrier->agents[i + LAD_GENERATOR].enough)
			return false;
	return true;
}

int barrier_await_enough(struct barrier *barrier, int64_t deadline_ns, struct lad_error *err)
{
	int64_t left_ns;
	while (!all_have_enough(barrier) && (left_ns = deadline_ns - barrier_now_ns()) > 0)
		if (listen_once(barrier, left_ns, err) < 0)
			return -1;
	return 0;
}

int barrier_clock_offset(struct barrier *barrier, struct trial_agent *agent, int64_t *offset_ns, int64_t *round_trip_ns,
			 struct lad_error *err)
{
	int64_t shortest_ns = INT64_MAX;
	for (int i = 0; i < CLOCK_ROUNDS; i++) {
		agent->last = LAD_MESSAGE_READY;
		int64_t asked_ns = barrier_now_ns();
		if (barrier_tell(agent, lad_protocol_clock(0), err) < 0 ||
		    barrier_await(barrier, agent, LAD_MESSAGE_CLOCK, err) < 0)
			return -1;
		int64_t took_ns = barrier_now_ns() - asked_ns;
		if (took_ns > *round_trip_ns)
			*round_trip_ns = took_ns;
		if (took_ns >= shortest_ns)
			continue;
		shortest_ns = took_ns;
		*offset_ns = agent->clock_ns - (asked_ns + took_ns / 2);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/doorstep.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/socket/socket.h"

#define BEAT_S 0.1
#define SILENCE_NS INT64_C(5000000000) /* to say who one is */
#define LEAVE_NS INT64_C(1000000000)   /* to read why one has to leave */
#define ACCEPTED_A_TURN 256	       /* flows come in crowds */
#define STRANGERS_A_BEAT 64
#define TRIES_PER_S 50
#define TRIES_MOST 10

static void send_away(struct visitor *visitor, const char *reason)
{
	char *line = reason ? lad_protocol_error(reason, false) : NULL;
	if (line && send(visitor->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		line[0] = '\0'; /* gone already: nobody to tell */
	free(line);
}

int doorstep_take(struct visitor *visitor)
{
	int fd = visitor->fd;
	ev_io_stop(visitor->doorstep->loop, &visitor->io);
	visitor->state = VISITOR_NOBODY;
	visitor->fd = -1;
	return fd;
}

static void let_go(struct visitor *visitor)
{
	close(doorstep_take(visitor));
}

/* What it sent and nobody read would make the close a reset, and the reason might never be read: so it may leave first.
 */
static void turn_away(struct visitor *visitor, const char *reason)
{
	send_away(visitor, reason);
	shutdown(visitor->fd, SHUT_WR);
	visitor->state = VISITOR_LEAVES;
	visitor->since_ns = agent_now_ns();
}

static void not_ours(struct visitor *visitor, const char *reason)
{
	if (visitor->used > 0 || reason || !visitor->doorstep->brief)
		visitor->doorstep->strangers++;
	if (reason)
		turn_away(visitor, reason);
	else
		let_go(visitor);
}

static bool may_try(struct doorstep *doorstep)
{
	int64_t now_ns = agent_now_ns();
	doorstep->tries += (double)(now_ns - doorstep->tries_ns) / 1e9 * TRIES_PER_S;
	if (doorstep->tries > TRIES_MOST)
		doorstep->tries = TRIES_MOST;
	doorstep->tries_ns = now_ns;
	return doorstep->tries >= 1;
}

/* VISITOR's line is whole. */
static void judge(struct visitor *visitor)
{
	struct doorstep *doorstep = visitor->doorstep;
	bool wrong = false;
	if (!may_try(doorstep)) {
		visitor->state = VISITOR_WAITS;
		visitor->since_ns = agent_now_ns();
		ev_io_stop(doorstep->loop, &visitor->io);
		return;
	}
	ev_io_start(doorstep->loop, &visitor->io); /* it may have waited */
	const char *reason = doorstep->greeted(doorstep->owner, visitor, &wrong);
	doorstep->tries -= wrong;
	if (reason)
		turn_away(visitor, reason);
}

/* The first bytes are there. False: they are no word. */
static bool is_flow(struct visitor *visitor)
{
	struct doorstep *doorstep = visitor->doorstep;
	if (!doorstep->flow || !agent_same_bytes(visitor->line, doorstep->word.bytes, WORD_BYTES))
		return false;
	doorstep->accepted--;
	doorstep->flow(doorstep->owner, doorstep_take(visitor));
	return true;
}

/* Reads on, a byte at a time after the first ones, so that what follows the line stays in the socket for the channel.
 */
static void hear(struct visitor *visitor)
{
	ssize_t got;
	do {
		size_t want = visitor->used < WORD_BYTES ? WORD_BYTES - visitor->used : 1;
		got = recv(visitor->fd, visitor->line + visitor->used, want, MSG_DONTWAIT);
		if (got <= 0)
			break;
		char *end = memchr(visitor->line + visitor->used, '\n', (size_t)got);
		visitor->used += (size_t)got;
		if (visitor->used == WORD_BYTES && is_flow(visitor))
			return;
		if (end && visitor->used >= WORD_BYTES) {
			*end = '\0';
			judge(visitor);
			return;
		}
		if (end || visitor->used == sizeof visitor->line) {
			not_ours(visitor, "this is no netladder-agent greeting");
			return;
		}
	} while (true);
	if (got == 0 || !agent_would_block(errno))
		not_ours(visitor, NULL);
}

static void on_visitor(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct visitor *visitor = (struct visitor *)io;
	char ignored[4096];
	if (visitor->state == VISITOR_SPEAKS) {
		hear(visitor);
		return;
	}
	ssize_t got = recv(visitor->fd, ignored, sizeof ignored, MSG_DONTWAIT);
	if (got == 0 || (got < 0 && !agent_would_block(errno)))
		let_go(visitor);
}

/* One machine is a network of its own in IPv6. */
static bool same_place(const struct sockaddr_storage *one, const struct sockaddr_storage *other)
{
	if (one->ss_family != other->ss_family)
		return false;
	if (one->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr,
			      &((const struct sockaddr_in6 *)other)->sin6_addr, 8) == 0;
	return one->ss_family != AF_INET || ((const struct sockaddr_in *)one)->sin_addr.s_addr ==
						((const struct sockaddr_in *)other)->sin_addr.s_addr;
}

static int visitors_alike(const struct doorstep *doorstep, const struct visitor *visitor)
{
	int crowd = 0;
	for (int i = 0; i < doorstep->places; i++)
		crowd += doorstep->visitors[i].state != VISITOR_NOBODY &&
			 same_place(&doorstep->visitors[i].from, &visitor->from);
	return crowd;
}

/* Who goes to make room: who is leaving, else the oldest silent one of the address that has the most; or nobody. */
static struct visitor *first_to_go(struct doorstep *doorstep)
{
	struct visitor *first = NULL;
	int most = 0;
	int64_t young_ns = agent_now_ns() - doorstep->patience_ns;
	for (int i = 0; i < doorstep->places; i++) {
		struct visitor *visitor = &doorstep->visitors[i];
		if (visitor->state == VISITOR_LEAVES)
			return visitor;
		if (visitor->state != VISITOR_SPEAKS || visitor->since_ns > young_ns)
			continue;
		int crowd = visitors_alike(doorstep, visitor);
		if (crowd > most || (first && crowd == most && visitor->since_ns < first->since_ns)) {
			first = visitor;
			most = crowd;
		}
	}
	return first;
}

static bool make_room(struct doorstep *doorstep)
{
	struct visitor *first = first_to_go(doorstep);
	if (!first)
		return false;
	if (first->state == VISITOR_SPEAKS) {
		send_away(first, "no greeting came, and others want to come in");
		doorstep->strangers++;
	}
	let_go(first);
	return true;
}

static struct visitor *free_place(struct doorstep *doorstep)
{
	for (int i = 0; i < doorstep->places; i++)
		if (doorstep->visitors[i].state == VISITOR_NOBODY)
			return &doorstep->visitors[i];
	return NULL;
}

static void begin_beats(struct doorstep *doorstep)
{
	if (!ev_is_active(&doorstep->beat))
		ev_timer_again(doorstep->loop, &doorstep->beat);
}

void doorstep_admit(struct doorstep *doorstep, int fd, const struct sockaddr_storage *from)
{
	struct visitor *visitor = free_place(doorstep);
	if (!visitor) {
		close(fd);
		return;
	}
	ev_init(&visitor->io, on_visitor);
	ev_io_set(&visitor->io, fd, EV_READ);
	visitor->fd = fd;
	visitor->state = VISITOR_SPEAKS;
	visitor->since_ns = agent_now_ns();
	visitor->from = *from;
	visitor->used = 0;
	doorstep->accepted++;
	hear(visitor); /* whoever belongs here speaks at once */
	if (visitor->state == VISITOR_NOBODY)
		return;
	if (visitor->state != VISITOR_WAITS)
		ev_io_start(doorstep->loop, &visitor->io);
	begin_beats(doorstep);
}

static void rest(struct doorstep *doorstep)
{
	ev_io_stop(doorstep->loop, &doorstep->io);
	begin_beats(doorstep);
}

static void on_knock(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct doorstep *doorstep = io->data;
	for (int i = 0; i < ACCEPTED_A_TURN && ev_is_active(io); i++) {
		struct sockaddr_storage from = {0};
		socklen_t length = sizeof from;
		if (doorstep->accepted >= STRANGERS_A_BEAT || (!free_place(doorstep) && !make_room(doorstep))) {
			rest(doorstep);
			return;
		}
		int fd = accept4(doorstep->fd, (struct sockaddr *)&from, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			doorstep_admit(doorstep, fd, &from);
		else if (agent_is_short(errno) && make_room(doorstep))
			continue;
		else if (agent_would_block(errno))
			return;
		else if (errno != ECONNABORTED)
			rest(doorstep); /* whatever it is, it is not over at once */
	}
}

static void look_after(struct visitor *visitor, int64_t now_ns)
{
	if (visitor->state == VISITOR_SPEAKS && now_ns - visitor->since_ns > SILENCE_NS)
		not_ours(visitor, "no greeting came");
	else if (visitor->state == VISITOR_LEAVES && now_ns - visitor->since_ns > LEAVE_NS)
		let_go(visitor);
}

static struct visitor *first_in_turn(struct doorstep *doorstep)
{
	struct visitor *first = NULL;
	for (int i = 0; i < doorstep->places; i++) {
		struct visitor *visitor = &doorstep->visitors[i];
		if (visitor->state == VISITOR_WAITS && (!first || visitor->since_ns < first->since_ns))
			first = visitor;
	}
	return first;
}

static void on_beat(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct doorstep *doorstep = timer->data;
	struct visitor *next;
	int64_t now_ns = agent_now_ns();
	bool resting = doorstep->fd >= 0 && !ev_is_active(&doorstep->io), present = false;
	doorstep->accepted = 0;
	while (may_try(doorstep) && (next = first_in_turn(doorstep)))
		judge(next);
	for (int i = 0; i < doorstep->places; i++) {
		look_after(&doorstep->visitors[i], now_ns);
		present = present || doorstep->visitors[i].state != VISITOR_NOBODY;
	}
	if (resting)
		ev_io_start(loop, &doorstep->io);
	else if (!present)
		ev_timer_stop(loop, timer);
}

void doorstep_open(struct doorstep *doorstep, struct ev_loop *loop, int fd)
{
	doorstep->loop = loop;
	doorstep->fd = fd;
	doorstep->tries = TRIES_MOST;
	doorstep->tries_ns = agent_now_ns();
	for (int i = 0; i < DOORSTEP_PLACES; i++)
		doorstep->visitors[i] = (struct visitor){.doorstep = doorstep, .fd = -1};
	ev_io_init(&doorstep->io, on_knock, fd, EV_READ);
	ev_init(&doorstep->beat, on_beat);
	doorstep->beat.repeat = BEAT_S;
	doorstep->io.data = doorstep->beat.data = doorstep;
	if (fd >= 0)
		ev_io_start(loop, &doorstep->io);
}

void doorstep_clear(struct doorstep *doorstep, const char *reason)
{
	for (int i = 0; doorstep->loop && i < DOORSTEP_PLACES; i++) {
		struct visitor *visitor = &doorstep->visitors[i];
		if (visitor->state == VISITOR_NOBODY)
			continue;
		if (visitor->state != VISITOR_LEAVES)
			send_away(visitor, reason);
		let_go(visitor);
	}
}

void doorstep_close(struct doorstep *doorstep)
{
	if (!doorstep->loop)
		return;
	doorstep_clear(doorstep, NULL);
	ev_io_stop(doorstep->loop, &doorstep->io);
	ev_timer_stop(doorstep->loop, &doorstep->beat);
}

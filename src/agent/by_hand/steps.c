/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "agent/by_hand/door.h"

/*
 * Nobody keeps a sink by saying nothing: each step of the conversation has its limit. While the traffic runs the
 * channel is idle, and a machine that has vanished would never be missed: so the kernel asks it now and then
 * (keepalive, tcp(7)). Under a full load many of these questions get lost, so that the kernel is not to end the
 * connection: what counts is whether anything came, of the traffic or of the answers.
 */

#define LOOK_S 1.
#define SILENCE_NS (20 * LAD_NS_PER_S) /* of a machine */
#define QUESTION_S 4

static void ask_now_and_then(int fd)
{
	const struct {
		int level, option, value;
	} options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
		       {IPPROTO_TCP, TCP_KEEPIDLE, QUESTION_S},
		       {IPPROTO_TCP, TCP_KEEPINTVL, QUESTION_S},
		       {IPPROTO_TCP, TCP_KEEPCNT, 127}};
	/* Where one of them is not known, less is noticed. */
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof options[i].value);
}

/* When the channel's other end last acknowledged anything; now, when nobody can tell. */
static int64_t acknowledged_ns(const struct by_hand *by_hand)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	if (getsockopt(by_hand->channel_fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return agent_now_ns();
	return agent_now_ns() - (int64_t)info.tcpi_last_ack_recv * 1000000;
}

/* What grows as long as the generator gets on. */
static uint64_t signs_of(const struct by_hand *by_hand)
{
	const struct agent *agent = by_hand->agent;
	if (by_hand->door->awaited)
		return (uint64_t)__atomic_load_n(&agent->flows_known, __ATOMIC_RELAXED);
	return agent_receives(agent) || !lad_is_stream(agent->job.workload) ? agent->counters.messages : 0;
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct by_hand *by_hand = timer->data;
	struct door *door = by_hand->door;
	uint64_t signs = signs_of(by_hand);
	int64_t now_ns = agent_now_ns();
	if (by_hand->reported) { /* what follows has its own limits: by_hand_end.c */
		ev_timer_stop(loop, timer);
		return;
	}
	if (signs != door->heard)
		door->heard_ns = now_ns;
	door->heard = signs;
	if (door->awaited) {
		if (now_ns - door->heard_ns > door->limit_s * LAD_NS_PER_S)
			by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the generator did not send %s within %d s",
					door->awaited, door->limit_s);
		return;
	}
	int64_t acknowledged = acknowledged_ns(by_hand);
	int64_t last_ns = acknowledged > door->heard_ns ? acknowledged : door->heard_ns;
	if (now_ns - last_ns > SILENCE_NS)
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "nothing has come from the generator's machine for %d s",
				(int)(SILENCE_NS / LAD_NS_PER_S));
}

void door_await(struct by_hand *by_hand, const char *what, int limit_s)
{
	struct door *door = by_hand->door;
	door->awaited = what;
	door->limit_s = limit_s;
	door->heard_ns = agent_now_ns();
	door->heard = signs_of(by_hand);
	if (!what)
		ask_now_and_then(by_hand->channel_fd);
	ev_timer_stop(by_hand->loop, &door->step);
	ev_timer_init(&door->step, on_look, LOOK_S, LOOK_S);
	door->step.data = by_hand;
	ev_timer_start(by_hand->loop, &door->step);
}

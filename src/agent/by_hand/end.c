/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/by_hand/by_hand.h"
#include "agent/core/team.h"
#include "agent/core/window.h"

/*
 * How a run by hand ends. After the window each waits for the other, and on a slow path for what its queues still hold:
 * for as long as any of that moves, or the other says that it is at it (a "clock" a second). And whatever ends a run,
 * how early ever, is said in one closing object.
 */

#define PULSE_S 1.

void by_hand_note(struct by_hand *by_hand, enum lad_exit code, const char *format, ...)
{
	char message[512];
	va_list args;
	if (by_hand->err.message[0]) /* the first cause is the cause */
		return;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	lad_error_set(&by_hand->err, code, "%s", message);
}

/* What FD's socket holds that is not sent, or (TCP) not acknowledged: tcp(7), SIOCOUTQ. */
static uint64_t held(int fd)
{
	int bytes = 0;
	return fd >= 0 && ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

static uint64_t on_the_way(const struct agent *agent)
{
	uint64_t bytes = 0;
	if (lad_is_udp(agent->job.workload) && agent->listener >= 0) /* its flows share that socket */
		return held(agent->listener);
	for (int i = 0; i < agent->flow_count; i++)
		bytes += held(agent->flows[i].fd);
	return bytes;
}

/* Something has moved, or the other has said so: the patience begins anew. */
void by_hand_moves(struct by_hand *by_hand)
{
	by_hand->quiet_looks = 0;
}

static void look_for_moves(struct by_hand *by_hand)
{
	const struct agent *agent = by_hand->agent;
	struct by_hand_progress now = {.waiting = on_the_way(agent),
				       .telling = held(by_hand->channel_fd),
				       .came = agent->counters.bytes + agent->counters.reverse_bytes};
	bool moved = memcmp(&now, &by_hand->progress, sizeof now) != 0;
	if (moved)
		by_hand_moves(by_hand);
	if (moved && (now.waiting || now.came != by_hand->progress.came))
		by_hand_print_draining(by_hand, now.waiting);
	by_hand->progress = now;
}

static void on_pulse(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct by_hand *by_hand = timer->data;
	const struct agent *agent = by_hand->agent;
	if (agent->phase < AGENT_DRAIN) { /* the window begins, or ends, later than it was to */
		by_hand_moves(by_hand);
		return;
	}
	look_for_moves(by_hand);
	if (!by_hand->reported) { /* what is on the way to us has its own limit, in window.c */
		by_hand_tell(by_hand, lad_protocol_clock(agent_now_ns()));
		by_hand_moves(by_hand);
	}
	/* Looks, and not the time since: in a pause of the whole machine nothing could come, and nobody was silent. */
	if (++by_hand->quiet_looks <= (int)(BY_HAND_ANSWER_S / PULSE_S))
		return;
	if (agent->job.role == LAD_GENERATOR)
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the sink gave no result, and for %d s nothing came from it",
				BY_HAND_ANSWER_S);
	else
		ev_break(loop, EVBREAK_ALL);
}

void by_hand_watch_end(struct by_hand *by_hand, int64_t end_ns)
{
	double until_s = (double)(end_ns - agent_now_ns()) / 1e9;
	ev_timer_stop(by_hand->loop, &by_hand->pulse);
	ev_timer_init(&by_hand->pulse, on_pulse, (until_s > 0 ? until_s : 0) + PULSE_S, PULSE_S);
	by_hand->pulse.data = by_hand;
	ev_now_update(by_hand->loop);
	ev_timer_start(by_hand->loop, &by_hand->pulse);
	by_hand_moves(by_hand);
}

bool by_hand_cut(struct by_hand *by_hand, const char *reason)
{
	const struct agent *agent = by_hand->agent;
	if (agent->phase < AGENT_WINDOW)
		by_hand_note(by_hand, LAD_EXIT_TRIALS, "%s before the window began", reason);
	else if (agent->phase < AGENT_DRAIN)
		by_hand_note(by_hand, LAD_EXIT_TRIALS, "%s before the window was over", reason);
	if (by_hand->reported || !agent_window_cut(by_hand->agent)) {
		ev_break(by_hand->loop, EVBREAK_ALL);
		return false;
	}
	by_hand_watch_end(by_hand, agent_now_ns());
	return true;
}

/* The sink knows this of what it counts itself; else the generator tells it. */
bool by_hand_check_something(struct by_hand *by_hand)
{
	const struct lad_job *job = &by_hand->agent->job;
	const struct lad_agent_result *own = &by_hand->agent->result;
	bool generates = job->role == LAD_GENERATOR, stream = lad_is_stream(job->workload);
	bool ours = lad_counting_role(job->workload, job->direction) == job->role;
	const struct lad_agent_result *counted = ours ? own : by_hand->other;
	if (!by_hand->reported || by_hand->err.message[0] || (!ours && !generates))
		return true;
	double seconds = (double)counted->elapsed_ns / 1e9;
	if ((stream ? counted->bytes : counted->transactions) == 0)
		by_hand_note(by_hand, LAD_EXIT_TRIALS, "nothing %s in the window of %.3g s",
			     stream ? "arrived" : "was answered", seconds);
	else if (generates && job->direction == LAD_BOTH_WAYS && own->reverse_bytes == 0)
		by_hand_note(by_hand, LAD_EXIT_TRIALS, "nothing came from the sink in the window of %.3g s", seconds);
	return !by_hand->err.message[0];
}

int by_hand_conclude(struct by_hand *by_hand, int status, struct lad_error *err)
{
	if (status == 0) {
		agent_team_halt(by_hand->agent);
		if (!by_hand->reported)
			by_hand_note(by_hand, LAD_EXIT_TRIALS, "ended before there was a result");
		by_hand_print_result(by_hand);
		*err = by_hand->err;
	} else {
		by_hand_print_failure(by_hand->options, err);
	}
	return status < 0 || err->message[0] ? (int)err->exit_code : LAD_EXIT_OK;
}

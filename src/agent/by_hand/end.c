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

void alone_note(struct alone *alone, enum lad_exit code, const char *format, ...)
{
	char message[512];
	va_list args;
	if (alone->err.message[0]) /* the first cause is the cause */
		return;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	lad_error_set(&alone->err, code, "%s", message);
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
void alone_moves(struct alone *alone)
{
	alone->quiet_looks = 0;
}

static void look_for_moves(struct alone *alone)
{
	const struct agent *agent = alone->agent;
	struct alone_progress now = {.waiting = on_the_way(agent),
				     .telling = held(alone->channel_fd),
				     .came = agent->counters.bytes + agent->counters.reverse_bytes};
	bool moved = memcmp(&now, &alone->progress, sizeof now) != 0;
	if (moved)
		alone_moves(alone);
	if (moved && (now.waiting || now.came != alone->progress.came))
		alone_print_draining(alone, now.waiting);
	alone->progress = now;
}

static void on_pulse(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct alone *alone = timer->data;
	const struct agent *agent = alone->agent;
	if (agent->phase < AGENT_DRAIN) { /* the window begins, or ends, later than it was to */
		alone_moves(alone);
		return;
	}
	look_for_moves(alone);
	if (!alone->reported) { /* what is on the way to us has its own limit, in window.c */
		alone_tell(alone, lad_protocol_clock(agent_now_ns()));
		alone_moves(alone);
	}
	/* Looks, and not the time since: in a pause of the whole machine nothing could come, and nobody was silent. */
	if (++alone->quiet_looks <= (int)(ALONE_ANSWER_S / PULSE_S))
		return;
	if (agent->job.role == LAD_GENERATOR)
		alone_give_up(alone, LAD_EXIT_TRIALS, "the sink gave no result, and for %d s nothing came from it",
			      ALONE_ANSWER_S);
	else
		ev_break(loop, EVBREAK_ALL);
}

void alone_watch_end(struct alone *alone, int64_t end_ns)
{
	double until_s = (double)(end_ns - agent_now_ns()) / 1e9;
	ev_timer_stop(alone->loop, &alone->pulse);
	ev_timer_init(&alone->pulse, on_pulse, (until_s > 0 ? until_s : 0) + PULSE_S, PULSE_S);
	alone->pulse.data = alone;
	ev_now_update(alone->loop);
	ev_timer_start(alone->loop, &alone->pulse);
	alone_moves(alone);
}

bool alone_cut(struct alone *alone, const char *reason)
{
	const struct agent *agent = alone->agent;
	if (agent->phase < AGENT_WINDOW)
		alone_note(alone, LAD_EXIT_TRIALS, "%s before the window began", reason);
	else if (agent->phase < AGENT_DRAIN)
		alone_note(alone, LAD_EXIT_TRIALS, "%s before the window was over", reason);
	if (alone->reported || !agent_window_cut(alone->agent)) {
		ev_break(alone->loop, EVBREAK_ALL);
		return false;
	}
	alone_watch_end(alone, agent_now_ns());
	return true;
}

/* The sink knows this of what it counts itself; else the generator tells it. */
bool alone_check_something(struct alone *alone)
{
	const struct lad_job *job = &alone->agent->job;
	const struct lad_agent_result *own = &alone->agent->result;
	bool generates = job->role == LAD_GENERATOR, stream = lad_is_stream(job->workload);
	bool ours = lad_counting_role(job->workload, job->direction) == job->role;
	const struct lad_agent_result *counted = ours ? own : alone->other;
	if (!alone->reported || alone->err.message[0] || (!ours && !generates))
		return true;
	double seconds = (double)counted->elapsed_ns / 1e9;
	if ((stream ? counted->bytes : counted->transactions) == 0)
		alone_note(alone, LAD_EXIT_TRIALS, "nothing %s in the window of %.3g s",
			   stream ? "arrived" : "was answered", seconds);
	else if (generates && job->direction == LAD_BOTH_WAYS && own->reverse_bytes == 0)
		alone_note(alone, LAD_EXIT_TRIALS, "nothing came from the sink in the window of %.3g s", seconds);
	return !alone->err.message[0];
}

int alone_conclude(struct alone *alone, int status, struct lad_error *err)
{
	if (status == 0) {
		agent_team_halt(alone->agent);
		if (!alone->reported)
			alone_note(alone, LAD_EXIT_TRIALS, "ended before there was a result");
		alone_print_result(alone);
		*err = alone->err;
	} else {
		alone_print_failure(alone->options, err);
	}
	return status < 0 || err->message[0] ? (int)err->exit_code : LAD_EXIT_OK;
}

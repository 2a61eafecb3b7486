/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/by_hand/by_hand.h"
#include "agent/by_hand/door.h"
#include "agent/core/window.h"
#include "agent/socket/address.h"

#define START_MOST_NS INT64_C(60000000000) /* from the message to the first byte */
#define START_LIMIT_S 10		   /* the generator has sockets to open */

/* The port is for datagrams of the generator's machine alone, before it is bound and anything can come. */
static int keep_others_out(struct agent *agent, int fd, struct lad_error *err)
{
	struct alone *alone = agent->owner;
	struct lad_error why = {0};
	if (agent_only_from(fd, &alone->door->peer, &why) == 0)
		return 0;
	if (why.saved_errno != EPERM) {
		if (err)
			*err = why;
		return -1;
	}
	/* Some kernels let only root filter. The run's word is still asked for; what is lost is the second lock. */
	fputs("netladder-agent: this kernel lets nobody but root keep other machines off the port: whatever reaches it "
	      "is looked at\n",
	      stderr);
	return 0;
}

/*
 * The generator's order, on the address that it called: what it cannot know, and must not choose. A socket on any
 * address would answer a datagram from the one that the way back prefers, which nobody at the other end waits for.
 */
static int take_job(struct alone *alone, struct lad_job job, struct lad_error *err)
{
	struct door *door = alone->door;
	if (alone->agent->ops)
		return lad_error_set(err, LAD_EXIT_USAGE, "prepared twice");
	job.role = LAD_SINK;
	job.port = alone->options->port;
	job.sample_ns = 1000000000;
	job.shared_clock = false;
	agent_address_text(&door->here, job.address);
	job.zone = agent_address_zone(&door->here);
	if (agent_word_draw(job.word, err) < 0 || door_expect(door, &job, err) < 0 ||
	    agent_prepare(alone->agent, &job, err) < 0)
		return -1;
	alone_print_begin(alone, &job, door->peer_address);
	door_await(alone, "the start of its traffic", START_LIMIT_S);
	return alone_tell(alone, lad_protocol_ready_with(job.word))
		   ? 0
		   : lad_error_set(err, LAD_EXIT_TRIALS, "the generator went away");
}

static void obey(struct alone *alone, const struct lad_message *message)
{
	struct agent *agent = alone->agent;
	struct lad_error err = {0};
	switch (message->type) {
	case LAD_MESSAGE_PREPARE:
		if (take_job(alone, message->job, &err) < 0) {
			alone_tell(alone, lad_protocol_error(err.message, false));
			alone_give_up(alone, LAD_EXIT_TRIALS, "%s", err.message);
		}
		return;
	case LAD_MESSAGE_START:
		if (!agent->ops || agent->phase != AGENT_IDLE || message->window.start_ns > START_MOST_NS ||
		    message->window.duration_ns > ALONE_SECONDS_MAX * LAD_NS_PER_S) {
			alone_give_up(alone, LAD_EXIT_TRIALS,
				      "the generator's start came at a wrong time, or is too late or too long");
			return;
		}
		agent->window = message->window;
		agent->window.start_ns += agent_now_ns();
		agent_window_start(agent);
		door_await(alone, NULL, 0);
		alone_watch_end(alone, agent->window.start_ns + agent->window.warmup_ns + agent->window.duration_ns);
		return;
	case LAD_MESSAGE_ENOUGH:
		agent_window_enough(agent);
		alone_watch_end(alone, agent_now_ns());
		return;
	case LAD_MESSAGE_CLOCK: /* the generator waits for what is on the way to it */
		alone_moves(alone);
		return;
	case LAD_MESSAGE_BYE:
		alone_cut(alone, "the generator was stopped");
		return;
	case LAD_MESSAGE_ERROR:
		alone_give_up(alone, LAD_EXIT_TRIALS, "the generator failed: %s", message->text);
		return;
	default:
		alone_give_up(alone, LAD_EXIT_TRIALS, "a message that only a sink sends");
	}
}

static void gone(struct alone *alone)
{
	if (alone->reported)
		ev_break(alone->loop, EVBREAK_ALL);
	else
		alone_give_up(alone, LAD_EXIT_TRIALS, "the generator went away");
}

static void finished(struct alone *alone)
{
	if (!alone_tell(alone, lad_protocol_result(&alone->agent->result))) {
		ev_break(alone->loop, EVBREAK_ALL);
		return;
	}
	/* The generator closes when it has read it; until then the data sockets stay, lest it sees a reset. */
	alone_watch_end(alone, agent_now_ns());
}

static void let_in(struct alone *alone)
{
	door_await(alone, "its order", ALONE_ANSWER_S);
	alone_listen(alone);
}

static void tell_strangers(const struct door *door)
{
	uint64_t strangers = door->busy_ns ? door_strangers(door) : 0;
	if (strangers)
		fprintf(stderr, "netladder-agent: %llu connection%s that did not belong to this run %s closed\n",
			(unsigned long long)strangers, strangers == 1 ? "" : "s", strangers == 1 ? "was" : "were");
}

static int serve(struct alone *alone, struct lad_error *err)
{
	const struct alone_options *options = alone->options;
	struct door *door = alone->door;
	if (door_open(door, alone, err) < 0)
		return -1;
	if (options->json)
		alone_print_listening(options, door->token);
	else
		printf("waiting on %s port %u for:  netladder-agent generate WORKLOAD --to ADDRESS:%u --token %s\n",
		       options->host, options->port, options->port, door->token);
	fflush(stdout);
	ev_run(alone->loop, 0);
	return 0;
}

int alone_sink(int argc, char **argv, struct lad_error *err)
{
	struct alone_options options = {.host = "0.0.0.0", .port = ALONE_PORT};
	struct alone alone;
	struct door door = {.fd = -1, .let_in = let_in};
	alone_parse_sink(argc, argv, &options);
	int status = alone_begin(&alone, &options, err);
	if (status == 0) {
		alone.door = &door;
		alone.agent->guard = keep_others_out;
		alone.agent->heard = door_hear;
		alone.obey = obey;
		alone.gone = gone;
		alone.finished = finished;
		status = serve(&alone, err);
	}
	if (status == 0)
		alone_check_something(&alone);
	int code = alone_conclude(&alone, status, err);
	ev_timer_stop(alone.loop, &door.step);
	tell_strangers(&door);
	door_close(&door);
	alone_end(&alone);
	return code;
}

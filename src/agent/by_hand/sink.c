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
	struct by_hand *by_hand = agent->owner;
	struct lad_error why = {0};
	if (agent_only_from(fd, &by_hand->door->peer, &why) == 0)
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
static int take_job(struct by_hand *by_hand, struct lad_job job, struct lad_error *err)
{
	struct door *door = by_hand->door;
	if (by_hand->agent->ops)
		return lad_error_set(err, LAD_EXIT_USAGE, "prepared twice");
	job.role = LAD_SINK;
	job.port = by_hand->options->port;
	job.sample_ns = 1000000000;
	job.shared_clock = false;
	agent_address_text(&door->here, job.address);
	job.zone = agent_address_zone(&door->here);
	if (agent_word_draw(job.word, err) < 0 || door_expect(door, &job, err) < 0 ||
	    agent_prepare(by_hand->agent, &job, err) < 0)
		return -1;
	by_hand_print_begin(by_hand, &job, door->peer_address);
	door_await(by_hand, "the start of its traffic", START_LIMIT_S);
	return by_hand_tell(by_hand, lad_protocol_ready_with(job.word))
		   ? 0
		   : lad_error_set(err, LAD_EXIT_TRIALS, "the generator went away");
}

static void obey(struct by_hand *by_hand, const struct lad_message *message)
{
	struct agent *agent = by_hand->agent;
	struct lad_error err = {0};
	switch (message->type) {
	case LAD_MESSAGE_PREPARE:
		if (take_job(by_hand, message->job, &err) < 0) {
			by_hand_tell(by_hand, lad_protocol_error(lad_error_line(&err).text, false));
			by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "%s", err.message);
		}
		return;
	case LAD_MESSAGE_START:
		if (!agent->ops || agent->phase != AGENT_IDLE || message->window.start_ns > START_MOST_NS ||
		    message->window.duration_ns > BY_HAND_SECONDS_MAX * LAD_NS_PER_S) {
			by_hand_give_up(by_hand, LAD_EXIT_TRIALS,
					"the generator's start came at a wrong time, or is too late or too long");
			return;
		}
		agent->window = message->window;
		agent->window.start_ns += agent_now_ns();
		agent_window_start(agent);
		door_await(by_hand, NULL, 0);
		by_hand_watch_end(by_hand,
				  agent->window.start_ns + agent->window.warmup_ns + agent->window.duration_ns);
		return;
	case LAD_MESSAGE_ENOUGH:
		agent_window_enough(agent);
		by_hand_watch_end(by_hand, agent_now_ns());
		return;
	case LAD_MESSAGE_CLOCK: /* the generator waits for what is on the way to it */
		by_hand_moves(by_hand);
		return;
	case LAD_MESSAGE_BYE:
		by_hand_cut(by_hand, "the generator was stopped");
		return;
	case LAD_MESSAGE_ERROR:
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the generator failed: %s", message->text);
		return;
	default:
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "a message that only a sink sends");
	}
}

static void gone(struct by_hand *by_hand)
{
	if (by_hand->reported)
		ev_break(by_hand->loop, EVBREAK_ALL);
	else
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the generator went away");
}

static void finished(struct by_hand *by_hand)
{
	if (!by_hand_tell(by_hand, lad_protocol_result(&by_hand->agent->result))) {
		ev_break(by_hand->loop, EVBREAK_ALL);
		return;
	}
	/* The generator closes when it has read it; until then the data sockets stay, lest it sees a reset. */
	by_hand_watch_end(by_hand, agent_now_ns());
}

static void let_in(struct by_hand *by_hand)
{
	door_await(by_hand, "its order", BY_HAND_ANSWER_S);
	by_hand_listen(by_hand);
}

static void tell_strangers(const struct door *door)
{
	uint64_t strangers = door->busy_ns ? door_strangers(door) : 0;
	if (strangers)
		fprintf(stderr, "netladder-agent: %llu connection%s that did not belong to this run %s closed\n",
			(unsigned long long)strangers, strangers == 1 ? "" : "s", strangers == 1 ? "was" : "were");
}

static int serve(struct by_hand *by_hand, struct lad_error *err)
{
	const struct by_hand_options *options = by_hand->options;
	struct door *door = by_hand->door;
	if (door_open(door, by_hand, err) < 0)
		return -1;
	if (options->json)
		by_hand_print_listening(options, door->token);
	else
		printf("waiting on %s port %u for:  netladder-agent generate WORKLOAD --to ADDRESS:%u --token %s\n",
		       options->host, options->port, options->port, door->token);
	fflush(stdout);
	ev_run(by_hand->loop, 0);
	return 0;
}

int by_hand_sink(int argc, char **argv, struct lad_error *err)
{
	struct by_hand_options options = {.host = "0.0.0.0", .port = BY_HAND_PORT};
	struct by_hand by_hand;
	struct door door = {.fd = -1, .let_in = let_in};
	by_hand_parse_sink(argc, argv, &options);
	int status = by_hand_begin(&by_hand, &options, err);
	if (status == 0) {
		by_hand.door = &door;
		by_hand.agent->guard = keep_others_out;
		by_hand.agent->heard = door_hear;
		by_hand.obey = obey;
		by_hand.gone = gone;
		by_hand.finished = finished;
		status = serve(&by_hand, err);
	}
	if (status == 0)
		by_hand_check_something(&by_hand);
	int code = by_hand_conclude(&by_hand, status, err);
	ev_timer_stop(by_hand.loop, &door.step);
	tell_strangers(&door);
	door_close(&door);
	by_hand_end(&by_hand);
	return code;
}

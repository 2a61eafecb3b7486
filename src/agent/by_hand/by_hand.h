/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_BY_HAND_BY_HAND_H
#define AGENT_BY_HAND_BY_HAND_H

/*
 * The agent by hand: `netladder-agent sink` and `netladder-agent generate`. The two agree over one TCP connection to
 * the sink's port, the channel: the generator says "netladder-agent PROTOCOL TOKEN", and after that both speak the
 * control protocol of include/netladder/protocol.h, with the generator in the runner's place. The window's start is
 * relative there (the clocks of two machines have nothing in common): nanoseconds after the message is read. With
 * "ready" the sink says the run's word (word.h), and whatever comes to the same port belongs to the run when it begins
 * with that; any other generator hears that the sink is busy.
 */

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/core/agent.h"
#include "netladder/error.h"
#include "netladder/protocol.h"
#include "netladder/units.h"
#include "netladder/workload.h"

#define BY_HAND_PORT 5202
#define BY_HAND_TOKEN_MAX 64
#define BY_HAND_ANSWER_S 5 /* how long either waits for a word of the other */
#define BY_HAND_SECONDS_MAX 3600

struct by_hand_options {
	bool json;
	char host[256]; /* generate: where the sink is; sink: the address to listen on */
	uint16_t port;
	char token[BY_HAND_TOKEN_MAX + 1]; /* sink: "": make one up */
	struct lad_job job;		   /* generate */
	struct lad_load rate;		   /* as it was given; per_s 0: none */
	struct lad_workload workload;	   /* generate: the options that the job has no member for */
	int64_t warmup_ns, duration_ns;
	int64_t wait_ns; /* generate: for the sink to appear */
};

/* What moves while a path drains, in bytes. */
struct by_hand_progress {
	uint64_t waiting; /* of the traffic: not sent, or not acknowledged */
	uint64_t telling; /* of the channel: the same */
	uint64_t came;
};

/* One end at work. */
struct by_hand {
	const struct by_hand_options *options;
	struct ev_loop *loop;
	struct agent *agent;
	struct door *door; /* sink: where the generator comes in (alone_door.h); borrowed */
	int channel_fd;	   /* -1: none */
	ev_io channel;
	struct lad_line_buffer lines;
	ev_signal interrupt, terminate;
	ev_timer pulse; /* after the window, see by_hand_end.c */
	struct by_hand_progress progress;
	int quiet_looks;		/* since it was last another, one a pulse */
	bool interrupted;		/* by a signal */
	bool reported;			/* our own window is over */
	bool heard;			/* the other end's result has come */
	struct lad_agent_result *other; /* the other end's result, owned */
	struct lad_sample last;		/* the last interval that was printed */
	struct lad_error err;		/* why it ended early; empty message: it did not */
	void (*obey)(struct by_hand *by_hand, const struct lad_message *message);
	void (*gone)(struct by_hand *by_hand); /* the channel's end of file, or its error */
	void (*finished)(struct by_hand *by_hand);
};

/* Each parses its arguments and does the work. Returns the exit code; a message for a person is in ERR. */
int by_hand_sink(int argc, char **argv, struct lad_error *err);
int by_hand_generate(int argc, char **argv, struct lad_error *err);

/* by_hand_options.c */
void by_hand_parse_sink(int argc, char **argv, struct by_hand_options *options);
void by_hand_parse_generate(int argc, char **argv, struct by_hand_options *options);

/* by_hand_channel.c */
int by_hand_begin(struct by_hand *by_hand, const struct by_hand_options *options, struct lad_error *err);
void by_hand_end(struct by_hand *by_hand);
/* Sends LINE over the channel and frees it; false when it did not go. */
bool by_hand_tell(struct by_hand *by_hand, char *line);
/* Lets signals be noticed while nothing else goes on. Whether one wants this to end. */
bool by_hand_attend(struct by_hand *by_hand);
/* Waits until something comes over the channel. 1: it did; 0: not within ALONE_ANSWER_S; -1: a signal came. */
int by_hand_await(struct by_hand *by_hand);
/* From now on what comes over the channel goes to `obey`, and its end to `gone`. */
void by_hand_listen(struct by_hand *by_hand);
/* Ends the loop early with a message, in err. What was measured so far is kept. */
void by_hand_give_up(struct by_hand *by_hand, enum lad_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* by_hand_dial.c: connects to the sink, and says in TO where it was found. The channel, or -1. */
int by_hand_dial(struct by_hand *by_hand, struct sockaddr_storage *to, struct lad_error *err);

/* by_hand_end.c */
/* Why the run is not what was agreed, as by_hand_give_up() says it; but it goes on. */
void by_hand_note(struct by_hand *by_hand, enum lad_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The window ends at END_NS: from then on the two look after what is still on the way. */
void by_hand_watch_end(struct by_hand *by_hand, int64_t end_ns);
/* The other end says that it is at it. */
void by_hand_moves(struct by_hand *by_hand);
/* Ends the window early, for REASON ("the generator was stopped"); false when none runs, and the loop ends. */
bool by_hand_cut(struct by_hand *by_hand, const char *reason);
/* A window in which nothing arrived is a failure: notes it. False when it was one. */
bool by_hand_check_something(struct by_hand *by_hand);
/* Prints what came of it. Returns the exit code, with ERR for a person. STATUS -1: it failed before it began, of ERR.
 */
int by_hand_conclude(struct by_hand *by_hand, int status, struct lad_error *err);

/* by_hand_print.c: for people, or one JSON object a line. */
/* JOB is that of all threads. */
void by_hand_print_begin(const struct by_hand *by_hand, const struct lad_job *job, const char *address);
void by_hand_print_sample(struct by_hand *by_hand, const struct lad_sample *sample);
/* With --json: where the sink waits, and for whom. */
void by_hand_print_listening(const struct by_hand_options *options, const char *token);
/* A second has passed after the window, and BYTES of ours have still not arrived. */
void by_hand_print_draining(const struct by_hand *by_hand, uint64_t bytes);
/* There is no sink yet, for REASON. */
void by_hand_print_waiting(const struct by_hand *by_hand, const char *reason);
void by_hand_print_result(const struct by_hand *by_hand);
/* With --json: the object of a run that did not begin. */
void by_hand_print_failure(const struct by_hand_options *options, const struct lad_error *err);

/* only_from.c: whatever comes to FD from any other address than PEER's is dropped by the kernel (a socket filter). */
int agent_only_from(int fd, const struct sockaddr_storage *peer, struct lad_error *err);

#endif

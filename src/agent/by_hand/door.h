/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_BY_HAND_DOOR_H
#define AGENT_BY_HAND_DOOR_H

/*
 * Where a sink by hand meets its generator: one listening socket, open from its start to its end. Who says the token
 * first gets in, and its connection becomes the channel; after that it is where the run's TCP connections come in, and
 * where another generator hears that the sink is busy.
 */

#include <stdint.h>
#include <sys/socket.h>

#include "agent/by_hand/by_hand.h"
#include "agent/socket/doorstep.h"

struct door {
	struct by_hand *by_hand;
	char token[BY_HAND_TOKEN_MAX + 1]; /* zeros behind it */
	int fd;				   /* -1: not open */
	struct doorstep doorstep;
	struct sockaddr_storage peer; /* who got in */
	struct sockaddr_storage here; /* the address of ours that it called */
	char peer_address[64];
	int64_t busy_ns; /* since when; 0: nobody got in yet */
	uint64_t wrong;	 /* tokens that were tried, and of those how many were told of */
	uint64_t wrong_reported;
	int64_t wrong_ns;			 /* when that was */
	void (*let_in)(struct by_hand *by_hand); /* the channel stands */
	/* by_hand_steps.c: what the generator is waited for, and when it was last heard of. */
	ev_timer step;
	const char *awaited; /* NULL: nothing but its traffic */
	int limit_s;
	int64_t heard_ns;
	uint64_t heard; /* what it is known by */
};

/* Draws the token if there is none, takes the port, gives up privileges, and listens. */
int door_open(struct door *door, struct by_hand *by_hand, struct lad_error *err);
/* What door_open() does once FD listens; -1: nobody comes by himself, as in a test. */
void door_hear_from(struct door *door, struct ev_loop *loop, int fd);
void door_close(struct door *door);
/* JOB is to begin, with a word: its TCP connections are the agent's from now on. Before agent_prepare(). */
int door_expect(struct door *door, const struct lad_job *job, struct lad_error *err);
/* For struct agent's `heard`: connections to FD, of a thread of the agent, are told apart as those to the door are. */
int door_hear(struct agent *agent, int fd, struct lad_error *err);
/*
 * by_hand_steps.c: from now on the generator owes WHAT ("its order"), and is given up on when for so long it neither
 * sends it nor gets on with its flows; NULL: it owes its traffic, and is given up on when its machine is silent
 * altogether.
 */
void door_await(struct by_hand *by_hand, const char *what, int limit_s);
/* How many connections were closed because they did not belong to the run. */
uint64_t door_strangers(const struct door *door);

#endif

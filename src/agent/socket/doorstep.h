/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_DOORSTEP_H
#define AGENT_SOCKET_DOORSTEP_H

/*
 * Who connects to the port of a sink by hand, until it has said who it is: the first bytes are the run's word (word.h),
 * and the connection is one of its flows; or a line, the greeting of a generator; or it belongs to nobody. Anybody can
 * connect, so nobody may be in the way of others: places are few, and when they are taken who has said nothing goes
 * first; accepting rests when descriptors run out; and only so many tokens are tried a second.
 */

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/socket/word.h"
#include "netladder/error.h"

#define DOORSTEP_PLACES 64
#define DOORSTEP_LINE_MAX 160

struct doorstep;

enum visitor_state { VISITOR_NOBODY, VISITOR_SPEAKS, VISITOR_WAITS, VISITOR_LEAVES };

struct visitor {
	ev_io io;
	struct doorstep *doorstep;
	enum visitor_state
	    state; /* WAITS: its line is there, and has its turn; LEAVES: has heard why, and may read it */
	int fd;
	int64_t since_ns; /* that it is in this state */
	struct sockaddr_storage from;
	char line[DOORSTEP_LINE_MAX];
	size_t used;
};

struct doorstep {
	struct ev_loop *loop;
	int fd; /* listening; borrowed */
	ev_io io;
	ev_timer beat; /* runs while there are visitors, or accepting rests */
	struct visitor visitors[DOORSTEP_PLACES];
	int places;	     /* so many of them are used */
	int64_t patience_ns; /* who is silent for less does not make room for others */
	bool brief;   /* the run's own connections may end before they say a word (tcp_crr): these are not counted */
	int accepted; /* in this beat, of those that are no flow */
	double tries; /* tokens that may be tried now */
	int64_t tries_ns;		   /* when that was so */
	uint64_t strangers;		   /* closed, because they said neither the word nor a greeting */
	struct agent_word word;		   /* of the run; with `flow` */
	void (*flow)(void *owner, int fd); /* takes a connection that said it; NULL: there is no run yet */
	/*
	 * VISITOR's line is a greeting or not. Returns why it has to leave, borrowed; NULL: its connection was taken
	 * (doorstep_take). *WRONG is set when it guessed, and guessing has its limit.
	 */
	const char *(*greeted)(void *owner, struct visitor *visitor, bool *wrong);
	void *owner;
};

/* FD listens. What the owner wants to know (owner, greeted, places) is set before. */
void doorstep_open(struct doorstep *doorstep, struct ev_loop *loop, int fd);
/* Turns everybody away for REASON, and waits for nobody. Safe before doorstep_open() (fd -1). */
void doorstep_clear(struct doorstep *doorstep, const char *reason);
/* No more; the listening socket stays open. */
void doorstep_close(struct doorstep *doorstep);
/* A connection FD that was accepted, the caller's no more. */
void doorstep_admit(struct doorstep *doorstep, int fd, const struct sockaddr_storage *from);
/* VISITOR's connection, which is the caller's from now on. */
int doorstep_take(struct visitor *visitor);

#endif

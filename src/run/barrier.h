/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_BARRIER_H
#define RUN_BARRIER_H

/*
 * The runner's conversation with the agents of one trial: all of them are listened to at once, whoever it is that is
 * waited for, so that an agent that fails ends the trial at once and with its name.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/lab.h"
#include "netladder/protocol.h"

/* One agent, as the runner knows it. */
struct trial_agent {
	enum lad_role role;
	struct lad_channel *channel;	 /* the lab's */
	char name[48];			 /* "sink", or "sink 3" where there are several */
	enum lad_message_type last;	 /* that it has said; LAD_MESSAGE_BYE: nothing yet, agents never say it */
	bool enough;			 /* it has counted the amount that ends its window */
	int64_t mtu_bytes;		 /* of its route, as it says when it is ready; 0: it does not */
	bool fq;			 /* its device has the qdisc that its job needs */
	int64_t clock_ns;		 /* the last that it has told of its clock */
	int64_t offset_ns;		 /* how far that is ahead of ours */
	char backend[16];		 /* of its libev */
	struct lad_agent_result *result; /* the session's */
};

struct barrier {
	struct trial_agent *agents; /* owned; session S has the places S * LAD_ROLE_COUNT + role */
	int count;
	int counting;	  /* how many of them, the first, an amount can end the window of */
	int signal_fd;	  /* readable when the user wants us to stop */
	int64_t limit_ns; /* for an agent's answer */
	bool interrupted;
	bool impossible; /* an agent has failed because what it was asked for cannot be had here */
};

/* CLOCK_MONOTONIC. */
int64_t barrier_now_ns(void);

/*
 * Room for the agents of SESSIONS sessions, of which the first COUNTING can have an amount, without channels. 0, or -1
 * without memory. barrier_free gives it back.
 */
int barrier_make(struct barrier *barrier, int sessions, int counting, struct lad_error *err);
void barrier_free(struct barrier *barrier);

/* Sends LINE, which it frees, to AGENT. */
int barrier_tell(const struct trial_agent *agent, char *line, struct lad_error *err);

/* Listens until AGENT, or every agent of ROLE, has said WANTED. One that lets the limit pass is an error. */
int barrier_await(struct barrier *barrier, const struct trial_agent *agent, enum lad_message_type wanted,
		  struct lad_error *err);
int barrier_await_all(struct barrier *barrier, enum lad_role role, enum lad_message_type wanted, struct lad_error *err);

/* Listens until DEADLINE_NS. */
int barrier_pass_time(struct barrier *barrier, int64_t deadline_ns, struct lad_error *err);

/* Listens until DEADLINE_NS, or until in each session that counts one of the two agents has counted enough. */
int barrier_await_enough(struct barrier *barrier, int64_t deadline_ns, struct lad_error *err);

/*
 * How far AGENT's clock is ahead of ours, from the shortest of several round trips (Cristian, "Probabilistic clock
 * synchronization", 1989): wrong by at most half of that, which is a few microseconds here and under a millisecond on
 * a LAN. ROUND_TRIP_NS is raised to the longest.
 */
int barrier_clock_offset(struct barrier *barrier, struct trial_agent *agent, int64_t *offset_ns, int64_t *round_trip_ns,
			 struct lad_error *err);

#endif

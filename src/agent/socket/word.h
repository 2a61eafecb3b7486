/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_WORD_H
#define AGENT_SOCKET_WORD_H

/*
 * A run by hand has a word, which its sink draws and tells the generator over the channel. Each TCP connection of the
 * run begins with it, and from each UDP socket it is said before anything else (udp_greeting.c): so the sink tells the
 * run's flows from whatever else comes to its port, and sends nothing to anybody else. In a lab whose sinks others may
 * reach (Docker's) the runner draws one for workloads of datagrams, and both agents have it in their jobs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/protocol.h"

/* No longer than the shortest greeting line ("netladder-agent 1 x\n"), lest reading it takes more than that line. */
#define WORD_BYTES 20

struct agent;
struct agent_flow;

struct agent_word {
	unsigned char bytes[WORD_BYTES];
};

static inline bool agent_has_word(const struct lad_job *job)
{
	return (job->word[0] | job->word[1]) != 0;
}

/* Draws the word of a run. */
int agent_word_draw(uint64_t word[2], struct lad_error *err);
/* What a connection of JOB begins with. */
struct agent_word agent_word_of(const struct lad_job *job);
/* Takes as long whether or not they are the same. */
bool agent_same_bytes(const void *one, const void *other, size_t bytes);
/* Says it on FD, FLAGS being those of send(2); nothing without a word. -1 with errno. */
int agent_word_say(const struct lad_job *job, int fd, int flags);

/* A flow of AGENT, any of the threads, has shown that it belongs to the run. */
void agent_flow_known(struct agent *agent);
/* How many of the flows agreed have not come to AGENT, a sink. */
int agent_flows_missing(const struct agent *agent);
/* FD has said the word: it becomes a flow of AGENT, the lead, or of one of its threads. Closed when all are there. */
void agent_admit(struct agent *agent, int fd);

#endif

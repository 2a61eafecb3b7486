/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_AGENT_H
#define AGENT_CORE_AGENT_H

/*
 * One agent: a libev loop, the job it was given, its flows and what it counted. A workload is a `struct workload_ops`;
 * one file and one line in workloads.c add one. Nothing in a workload's event handlers allocates or locks.
 */

#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "agent/core/pace.h"
#include "agent/core/think.h"
#include "agent/core/timer.h"
#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/protocol.h"

struct agent;
struct workload_ops; /* workload.h */

/* ENOUGH: this end has counted its part of the job's amount, and its window ends as soon as all threads have theirs. */
enum agent_phase { AGENT_IDLE, AGENT_WARMUP, AGENT_WINDOW, AGENT_ENOUGH, AGENT_DRAIN, AGENT_DONE };

struct agent_flow {
	ev_io io;
	struct agent *agent;
	int fd;		 /* -1: not open */
	int64_t sent_ns; /* when the outstanding request left, or was meant to */
	int64_t
	    *sent_at;	 /* tcp_rr with a pipeline: the same for each outstanding request; borrowed from agent->times */
	int64_t pending; /* bytes of the current message still to come */
	int64_t unsent;	 /* bytes still to go */
	uint64_t sequence;	/* requests or datagrams: the next to send */
	uint64_t answered;	/* responses that came; crr: transactions on this connection */
	uint64_t received;	/* tcp_rr with a mix of sizes: messages that have come in whole */
	uint32_t place;		/* with a mix of sizes: where in the draw the flow's message 0 is */
	bool placed;		/* tcp_rr's sink: it knows that */
	int64_t message;	/* crr: bytes of the current message */
	int64_t begun;		/* crr: how many of them have come, at a sink that has to look for the size */
	unsigned char frame[4]; /* and their first, which say it */
	uint64_t sent_bytes, received_bytes; /* over the connection's life: where the payload's pattern is */
	struct agent_flow *next_free;
	bool finished;	  /* stream: end of file seen */
	bool busy;	  /* crr: a transaction is under way */
	ev_timer timeout; /* udp_rr, dns_rr */
	/* think time: */
	struct agent_flow *next_resting;
	int64_t rested_ns;
	bool resting;
};

/* TCP_INFO of the connections: sums, or means over the flows; NAN where there is none. */
struct agent_tcp_state {
	double retransmits, rtt_us, rttvar_us, cwnd_segments, delivered_segments, pacing_rate_bps;
	double busy_us, rwnd_limited_us, sndbuf_limited_us;
};

struct agent_counters {
	uint64_t bytes, messages, transactions, reverse_bytes, reverse_messages;
};

/* Counters, CPU and clock at one instant. */
struct agent_snapshot {
	int64_t time_ns;
	struct agent_counters counters;
	struct rusage usage;
	struct agent_tcp_state tcp;
};

struct udp_sequence; /* udp_sequence.h */
struct udp_batch;    /* udp_batch.h */
struct udp_peer;     /* udp_greeting.h */
struct udp_given_up; /* udp_late.c */
struct udp_known;    /* udp_known.h */
struct doorstep;     /* doorstep.h */
struct dns_lookup;   /* dns_rr.c */
struct agent_team;   /* team.h */
struct member;

struct agent {
	struct ev_loop *loop;
	ev_io control;
	ev_timer phase_timer;
	struct lad_line_buffer lines;
	const struct workload_ops *ops; /* NULL until prepared */
	struct lad_job job;
	struct lad_window window;
	struct sockaddr_storage address; /* the job's address and port */
	socklen_t address_bytes;
	enum agent_phase phase;
	int listener;		 /* -1: none */
	bool listener_connected; /* a datagram sink with one peer */
	ev_io listener_io;
	ev_timer listener_rest;
	struct agent_flow *flows; /* owned, flow_count of them */
	struct agent_flow *first_free;
	int flow_count, flows_finished;
	/*
	 * One flow and nothing else to look after: between two events of the loop it waits in recv() itself, which
	 * saves a system call a message on each side; never beyond edge_ns, nor for longer than a tick (tick.c).
	 */
	bool blocking;
	bool ticks; /* whether there is a `tick` */
	timer_t tick;
	volatile sig_atomic_t ticked; /* since somebody looked */
	bool busy;		      /* the handler left because of its own limit, not because nothing was there */
	ev_idle direct;		      /* direct.c */
	ev_io *direct_io;	      /* borrowed; NULL: epoll looks after all */
	volatile int64_t edge_ns;     /* when the loop wants to be back: the next phase or sample; 0: at once */
	char *payload;		      /* owned: what is sent, see agent_payload_at */
	char *buffer;		      /* owned: what comes is received here, buffer_bytes of it */
	size_t payload_bytes, buffer_bytes;
	int32_t *sizes;	     /* owned, a seeded draw of SIZES_DRAWN message sizes; NULL: all are message_bytes */
	int64_t least_bytes; /* of a message */
	int64_t *times;	     /* owned */
	struct udp_sequence *sequences;	       /* owned, one a flow of udp_stream's receiver or udp_rr's generator */
	struct udp_batch *outgoing, *incoming; /* owned, udp_stream with io batch or gso */
	struct udp_peer *peers;		       /* owned, one a flow: udp_stream's sink that sends, see udp_greeting.c */
	int peers_known;
	struct udp_given_up *given_up; /* owned, some a flow of udp_rr's generator: udp_late.c */
	double response_limit_s;       /* udp_rr: a response that takes longer is late */
	struct udp_known *known;       /* owned, udp_rr's sink by hand with several flows */
	struct doorstep *doorstep;     /* owned, tcp_crr's sink by hand with several threads */
	int flows_known;	       /* by hand, a sink's lead: of all threads' flows; only by agent_flow_known() */
	struct dns_lookup *lookups;    /* owned, one a flow of dns_rr's generator */
	struct agent_pace pace;
	struct agent_think think;
	ev_timer sample_timer;
	struct agent_counters counters;
	struct agent_snapshot begin;
	uint64_t enough; /* the count that ends the window early, see job.amount; all ones: none does, or not now */
	/* When that was there, and what had been counted: what comes in the same turn of the loop is no part of it. */
	int64_t enough_ns;
	struct agent_counters enough_counters;
	struct lad_agent_result result;
	int64_t drain_begun_ns, drain_until_ns, drain_quiet_ns; /* and the limit, and since when nothing came */
	uint64_t drain_seen;
	int last_turns;	       /* taken at the limit */
	uint64_t drain_target; /* a receiver of datagrams: how many were sent, once has_drain_target */
	bool has_drain_target;
	bool patient;		   /* what comes during the drain puts its limit off: nobody else waits */
	int64_t stamp_received_ns; /* timestamps: of the last response, CLOCK_REALTIME; 0: none */
	/* Hooks of whoever runs the agent: how the result leaves; each interval sample (may be NULL); an error message.
	 */
	void (*report)(struct agent *agent);
	void (*sampled)(struct agent *agent, const struct lad_sample *sample);
	void (*complain)(struct agent *agent, const char *message);
	void (*on_enough)(struct agent *agent); /* the job's amount is there; may be NULL */
	/* A UDP socket FD of a sink is not bound yet: nothing has come to it. May be NULL. */
	int (*guard)(struct agent *agent, int fd, struct lad_error *err);
	/* By hand, tcp_crr with several threads: connections to FD, the agent's listener, are heard; -1 when they
	 * cannot be. */
	int (*heard)(struct agent *agent, int fd, struct lad_error *err);
	void *owner; /* theirs */
	int exit_code;
	bool impossible; /* what it fails of is no fault: the machine has not what the job asks for */
	/* A job with several threads (team.h): */
	struct agent_team *team; /* the lead's, owned */
	struct agent *lead;	 /* of another thread: borrowed, not to be touched while the threads run */
	struct member *member;	 /* the same */
	int thread;		 /* which of the job's threads this is, the lead is 0 */
	int all_flows;		 /* of all threads; job.flows are this one's */
};

int64_t agent_now_ns(void);

/* Streams: what this end does, by its role and the job's direction. */
static inline bool agent_sends(const struct agent *agent)
{
	enum lad_direction direction = agent->job.direction;
	return direction == LAD_BOTH_WAYS || (direction == LAD_REVERSE) == (agent->job.role == LAD_SINK);
}

static inline bool agent_receives(const struct agent *agent)
{
	enum lad_direction direction = agent->job.direction;
	return direction == LAD_BOTH_WAYS || (direction == LAD_REVERSE) == (agent->job.role == LAD_GENERATOR);
}

/* Of the path itself, as far as the job knows it; 0 where it is short. */
static inline int64_t agent_round_trip_ns(const struct agent *agent)
{
	return 2 * agent->job.delay_ns;
}

/* How long one waits for an answer that a path may lose and ask for again: 5 s, and more on a long path. */
static inline int64_t agent_patience_ns(const struct agent *agent)
{
	return INT64_C(5000000000) + 4 * agent_round_trip_ns(agent);
}

/* The sockets that datagrams come to: a sink has one, a generator one a flow. */
static inline int agent_receiver_count(const struct agent *agent)
{
	return agent->listener >= 0 ? 1 : agent->flow_count;
}

static inline int agent_receiver(const struct agent *agent, int index)
{
	return agent->listener >= 0 ? agent->listener : agent->flows[index].fd;
}

/* With both directions, whether what was SENT (else received) here is of the sink's stream: see lad_agent_result. */
static inline bool agent_is_reverse(const struct agent *agent, bool sent)
{
	return agent->job.direction == LAD_BOTH_WAYS && sent == (agent->job.role == LAD_SINK);
}

/* Hands MESSAGE to `complain` and leaves the loop with exit code 1. */
void agent_fail(struct agent *agent, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* agent.c: what control.c and the command line both do. */
/* An agent on LOOP with nothing to do yet, or NULL; and its end (sockets closed, memory freed; NULL is fine). */
struct agent *agent_new(struct ev_loop *loop);
void agent_free(struct agent *agent);
/* Takes JOB: sockets, buffers, then privileges are given up. The sink listens or the generator is connected after it.
 */
int agent_prepare(struct agent *agent, const struct lad_job *job, struct lad_error *err);
/* The word for the loop's backend: "epoll", "io_uring"… */
const char *agent_backend(const struct agent *agent);

/* control.c */
void agent_control_start(struct agent *agent);

#endif

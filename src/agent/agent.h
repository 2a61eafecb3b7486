/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

/*
 * One agent: a libev loop, the job it was given, its flows and what it counted. A workload is a `struct workload_ops`;
 * one file and one line in workloads.c add one. Nothing in a workload's event handlers allocates or locks.
 */

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/protocol.h"

struct agent;

enum agent_phase { AGENT_IDLE, AGENT_WARMUP, AGENT_WINDOW, AGENT_DRAIN, AGENT_DONE };

struct agent_flow {
	ev_io io;
	struct agent *agent;
	int fd;		   /* -1: not open */
	int64_t sent_ns;   /* when the outstanding request left */
	int64_t pending;   /* bytes of the current message still to come or to go */
	uint64_t sequence; /* next to send */
	bool writing;	   /* rr, crr: which half of the transaction */
	bool finished;	   /* stream sink: end of file seen */
	ev_timer timeout;  /* udp_rr */
};

struct agent_counters {
	uint64_t bytes, messages, transactions;
};

/* Counters, CPU and clock at one instant. */
struct agent_snapshot {
	int64_t time_ns;
	struct agent_counters counters;
	struct rusage usage;
	double retransmits;
};

struct workload_ops {
	enum lad_workload_kind kind;
	/* Opens the sink's sockets, listening. */
	int (*listen)(struct agent *agent, struct lad_error *err);
	/* Opens the generator's sockets, connected where the protocol connects. */
	int (*connect)(struct agent *agent, struct lad_error *err);
	/* The generator begins to send. */
	void (*start)(struct agent *agent);
	/* The window is over: stop sending. */
	void (*stop)(struct agent *agent);
	bool sink_drains; /* the sink waits for what is on the way before it reports */
};

struct udp_sequence; /* udp_stream.c */

struct agent {
	struct ev_loop *loop;
	ev_io control;
	ev_timer phase_timer;
	struct lad_line_buffer lines;
	const struct workload_ops *ops; /* NULL until prepared */
	struct lad_job job;
	struct lad_window window;
	enum agent_phase phase;
	int listener; /* -1: none */
	ev_io listener_io;
	struct agent_flow *flows; /* owned, flow_count of them */
	int flow_count, flows_finished;
	char *payload;			/* owned, message_bytes */
	struct udp_sequence *sequences; /* owned, udp_stream's sink */
	struct agent_counters counters;
	struct agent_snapshot begin;
	struct lad_agent_result result;
	int64_t drain_until_ns;
	uint64_t drain_seen;
	void (*report)(struct agent *agent); /* how the result leaves */
	int exit_code;
};

int64_t agent_now_ns(void);

/* Reports MESSAGE to the runner and leaves the loop with exit code 1. */
void agent_fail(struct agent *agent, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* control.c */
void agent_control_start(struct agent *agent);

/* window.c: the phases of a trial. */
void agent_window_start(struct agent *agent);
/* A sink's flow has seen its end of file; when all have, the drain is over. */
void agent_flow_finished(struct agent_flow *flow);

/* workloads.c */
const struct workload_ops *agent_workload(enum lad_workload_kind kind);
extern const struct workload_ops agent_tcp_stream, agent_udp_stream, agent_tcp_rr, agent_tcp_crr, agent_udp_rr;

/* socket.c: sockets with the job's options, non-blocking, close-on-exec. -1 with ERR on failure. */
int agent_socket_listen(struct agent *agent, struct lad_error *err);
int agent_socket_connect(struct agent *agent, struct lad_error *err);
/* A non-blocking TCP connect() in flight (EINPROGRESS is success). -1 with errno. */
int agent_socket_dial(struct agent *agent);
/* A UDP socket bound to the job's address and port. */
int agent_socket_bind(struct agent *agent, struct lad_error *err);
/* Turns Nagle's algorithm off. */
void agent_socket_nodelay(int fd);
/* Makes the job's flows, all closed, and the payload. */
int agent_make_flows(struct agent *agent, int count, struct lad_error *err);
/* Accepts what is waiting into free flow slots and starts reading each with ON_READABLE. */
void agent_accept(struct agent *agent, void (*on_readable)(struct ev_loop *, ev_io *, int));
void agent_close_flow(struct agent_flow *flow);
/* A non-fatal condition of a non-blocking socket: try again later. */
bool agent_would_block(int error);
/* A TCP generator's side of TCP_INFO, summed or averaged over its flows; NAN where there is none. */
void agent_tcp_info(const struct agent *agent, double *retransmits, double *rtt_us, double *cwnd_segments);

/* sandbox.c: gives up every capability; called once the sockets stand. */
int agent_drop_privileges(bool keep_net_admin, struct lad_error *err);

#endif

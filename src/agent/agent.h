/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

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

#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/protocol.h"

struct agent;

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
	/* A sink that sends (streams, `direction`): begins, and stops, as the generator does; NULL for all others. */
	void (*sink_start)(struct agent *agent);
	void (*sink_stop)(struct agent *agent);
	/* The drain is over, at either end: fills in what need not be counted all along; may be NULL. */
	void (*end)(struct agent *agent);
	/* Requests that were sent and have no response yet; NULL for workloads without responses. */
	uint64_t (*outstanding)(const struct agent *agent);
	/* Whether this end waits for what is on the way before it reports; NULL: only for open-loop responses. */
	bool (*drains)(const struct agent *agent);
	/* Whether nothing is on the way any more, where this end can tell; may be NULL. */
	bool (*drained)(const struct agent *agent);
	/* TCP, a sink by hand: FD, non-blocking, is a flow's (word.h). It is the agent's from now on. */
	void (*admit)(struct agent *agent, int fd);
};

/* A timerfd(2): libev's own timers tick in milliseconds with epoll. */
struct agent_timer {
	ev_io io; /* first: the watcher is the timer */
	const char *name;
	void (*tick)(struct agent *agent);
	bool running;
};

/* The open loop's schedule: message NUMBER is due at base + NUMBER * interval. */
struct agent_pace {
	struct agent_timer timer;
	int64_t base_ns;
	int64_t
	    ahead_ns; /* messages are handed over so long before they are due; 0 unless the kernel has their times */
	double interval_ns;
	uint64_t sent; /* the next number */
	/* Sends message NUMBER; false: not now, ask again. */
	bool (*send)(struct agent *agent, uint64_t number, int64_t intended_ns);
	/* In its place, for whoever sends many a call: NUMBER and up to MOST in all, which are due as well. Returns how
	 * many went; 0: not now. */
	uint64_t (*send_many)(struct agent *agent, uint64_t number, uint64_t most);
	uint64_t most_a_turn; /* 0: the default */
	uint64_t counted;
	double error_sum_ns;
	int64_t error_max_ns;
};

/* Closed loop: the flows that rest between a response and their next request. */
struct agent_think {
	struct agent_timer timer;
	struct agent_flow *first, *last;
	/* FLOW has rested, and it is NOW_NS. */
	void (*go)(struct agent_flow *flow, int64_t now_ns);
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
	uint64_t drain_target; /* a receiver of datagrams: how many were sent, once has_drain_target */
	bool has_drain_target;
	bool patient;		   /* what comes during the drain puts its limit off: nobody else waits */
	int64_t stamp_received_ns; /* timestamps: of the last response, CLOCK_REALTIME; 0: none */
	/* Hooks of whoever runs the agent: how the result leaves; each interval sample (may be NULL); an error message.
	 */
	void (*report)(struct agent *agent);
	void (*sampled)(struct agent *agent, const struct lad_sample *sample);
	void (*complain)(struct agent *agent, const char *message);
	void (*told_enough)(struct agent *agent); /* the job's amount is there; may be NULL */
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

/* window.c: the phases of a trial. */
/* Runs agent->window; `report` is called at its end. */
void agent_window_start(struct agent *agent);
/* Ends the window now; `report` follows as at its end. False when it has not begun: there is nothing to report. */
bool agent_window_cut(struct agent *agent);
/* The other end has counted the job's amount: the window ends now, or as soon as it begins. */
void agent_window_enough(struct agent *agent);
/*
 * This end, or this thread of it, has counted what it was to: of several threads it goes on with more, until nothing is
 * left of the job's amount. Then the window's counts stand, and the window ends with the next turn of the loop, once
 * all threads are as far. To be called after a transaction's latency was recorded.
 */
void agent_window_reached(struct agent *agent);
/* To be called with what the job's amount is counted in, each time it grows: bytes of streams, else transactions. */
static inline void agent_counted(struct agent *agent, uint64_t count)
{
	if (__builtin_expect(count >= agent->enough, 0))
		agent_window_reached(agent);
}
/* Counts what a stream SENT (else received). */
static inline void agent_count(struct agent *agent, bool sent, uint64_t bytes, uint64_t messages)
{
	struct agent_counters *counters = &agent->counters;
	if (agent_is_reverse(agent, sent)) {
		counters->reverse_bytes += bytes;
		counters->reverse_messages += messages;
		return;
	}
	counters->bytes += bytes;
	counters->messages += messages;
	agent_counted(agent, counters->bytes);
}
/* The first instant after the measurement window. */
int64_t agent_window_end_ns(const struct agent *agent);
/* Whether a message that was due at INTENDED_NS belongs to the window. */
bool agent_in_window(const struct agent *agent, int64_t intended_ns);
/* The other end sent MESSAGES datagrams in all: the drain is over when as many have come. */
void agent_window_expect(struct agent *agent, uint64_t messages);
/* A flow has seen its end of file; when all have, the drain is over. */
void agent_flow_finished(struct agent_flow *flow);

/* dns_rr.c: closes what it opened; safe without lookups. */
void agent_dns_end(struct agent *agent);

/* timer.c */
/* TICK is called at each moment that the timer, the NAME of which is for complaints, is armed for. -1 after agent_fail.
 */
int agent_timer_start(struct agent *agent, struct agent_timer *timer, const char *name, void (*tick)(struct agent *));
/* AT_NS on CLOCK_MONOTONIC, over 0. */
void agent_timer_arm(struct agent_timer *timer, int64_t at_ns);
/* Safe on one that does not run. */
void agent_timer_stop(struct agent *agent, struct agent_timer *timer);

/* rseq.c: spares the calling thread what the kernel would do at each switch to it. */
void agent_leave_rseq(void);

/* tick.c: for agents that are `blocking`. */
/* Makes the timer that interrupts the calling thread, the one that runs AGENT. */
int agent_tick_make(struct agent *agent, struct lad_error *err);
/* Safe without one. */
void agent_tick_free(struct agent *agent);
/* The loop wants to be back at EDGE_NS, and calls that wait are interrupted there; 0: now, and no more of them. */
void agent_set_edge(struct agent *agent, int64_t edge_ns);
/* Whether EDGE_NS is over, without a reading of the clock as long as no tick says that it may be. */
bool agent_edge_passed(struct agent *agent);
/* For recv() and its like: nobody waits while no tick would end it, which is whenever no traffic is due. */
static inline int agent_wait_flags(const struct agent *agent)
{
	return agent->edge_ns > 0 ? 0 : MSG_DONTWAIT;
}

/* pace.c: the open loop. */
void agent_pace_start(struct agent *agent, bool (*send)(struct agent *, uint64_t, int64_t));
/* A socket that took nothing takes something again: what is due need not wait for the next tick. */
void agent_pace_again(struct agent *agent);
void agent_pace_stop(struct agent *agent);
/* When message NUMBER of this thread is due: as if one thread dealt the messages of all flows in turn. */
int64_t agent_pace_due_ns(const struct agent *agent, uint64_t number);
/* Messages that were due before END_NS and have not left. */
uint64_t agent_pace_overdue(const struct agent *agent, int64_t end_ns);

/* think.c: rests between a response and the next request. */
/* To be called when the generator starts; nothing happens in a job without think time. */
void agent_think_start(struct agent *agent, void (*go)(struct agent_flow *, int64_t));
/* FLOW rests from NOW_NS on. */
void agent_think(struct agent_flow *flow, int64_t now_ns);
void agent_think_stop(struct agent *agent);

/* workloads.c */
const struct workload_ops *agent_workload(enum lad_workload_kind kind);
extern const struct workload_ops agent_tcp_stream, agent_udp_stream, agent_tcp_rr, agent_tcp_crr, agent_udp_rr,
    agent_dns_rr;

/* socket.c: sockets with the job's options, close-on-exec. -1 with ERR on failure. */
/* Fills in agent->address. */
void agent_socket_address(struct agent *agent);
int agent_socket_listen(struct agent *agent, struct lad_error *err);
/* A TCP connection under way, unless it stands at once; non-blocking. */
int agent_socket_call(const struct agent *agent, bool *in_flight, struct lad_error *err);
/* Connected; non-blocking, save for one that waits in recv(). */
int agent_socket_connect(struct agent *agent, struct lad_error *err);
/* A TCP connect(), which may be IN_FLIGHT: always when the agent is not `blocking`. -1 with errno. */
int agent_socket_dial(struct agent *agent, bool *in_flight);
/* A UDP socket bound to the job's address and port, non-blocking, save for one that waits in recv(). */
int agent_socket_bind(struct agent *agent, struct lad_error *err);
/* Waits until the job's address answers a TCP connection, which its port may refuse: the path is there then. */
int agent_socket_reach(const struct agent *agent, struct lad_error *err);
/* The MTU of the route to the job's address, of which nothing has been learned yet: the device's; 0: there is none.
 */
int agent_socket_mtu(const struct agent *agent);
/* socket_facts.c: what a socket of AGENT's has, or as before where none stands. */
void agent_socket_facts(const struct agent *agent, struct lad_socket_facts *facts);
/* Sets the job's options on FD, which a library opened. */
int agent_socket_options(const struct agent *agent, int fd, int type, struct lad_error *err);
/* Turns Nagle's algorithm off, unless the job wants it. */
void agent_socket_nodelay(const struct agent *agent, int fd);
/* A non-fatal condition of a non-blocking socket: try again later. */
bool agent_would_block(int error);
/*
 * What routers and hosts say of a datagram that went earlier (ICMP: too long, unreachable, refused) comes once, as the
 * error of the next call, which then has done nothing. That is an answer to be measured, and no end of the trial.
 */
bool agent_network_answered(int error);
/* Descriptors or memory have run out: who tries again at once does nothing else. */
bool agent_is_short(int error);

/* connect.c: connects every flow, by TCP. */
int agent_connect_flows(struct agent *agent, struct lad_error *err);

/* flow.c */
/* Makes COUNT flows, all closed, and the buffers. */
int agent_make_flows(struct agent *agent, int count, struct lad_error *err);
/* Listens, and answers each connection with ON_READABLE, in COUNT slots. */
int agent_listen(struct agent *agent, int count, void (*on_readable)(struct ev_loop *, ev_io *, int),
		 struct lad_error *err);
/* What `admit` does for standing connections. */
void agent_flow_admit(struct agent *agent, int fd);
/* FD, which was accepted, is the connection of FLOW. */
void agent_flow_open(struct agent_flow *flow, int fd);
/* The listener accepts nothing for a moment: descriptors have run out. */
void agent_listener_rest(struct agent *agent);
/* Which one it is of all threads' flows. */
int agent_flow_number(const struct agent_flow *flow);
/* A free flow slot, or NULL; and giving it back. */
struct agent_flow *agent_take_flow(struct agent *agent);
void agent_give_flow(struct agent_flow *flow);
void agent_close_flow(struct agent_flow *flow);
/* Waits for EVENTS from now on. */
void agent_flow_wait(struct agent_flow *flow, int events);

/*
 * direct.c: a handler's first step, IO being its watcher. True: IO has left epoll, and the handler returns and is
 * called again at once; false: it goes on. And back into epoll, where it is again when nothing comes.
 */
bool agent_direct_begin(struct agent *agent, ev_io *io);
void agent_direct_end(struct agent *agent);

/* tcp_info.c */
struct agent_tcp_state agent_tcp_state(const struct agent *agent);

/*
 * payload.c: the payload is one endless pattern, the same on both sides, and each connection or datagram stream sends
 * it from its beginning; with `verify` the receiver compares every byte.
 */
int agent_make_payload(struct agent *agent, struct lad_error *err);
/* Where the pattern's byte number OFFSET is; as much as any message has, or more, follows it. */
const char *agent_payload_at(const struct agent *agent, uint64_t offset);
/* False, after agent_fail, when what was received is not the pattern at OFFSET. */
bool agent_payload_check(struct agent *agent, uint64_t offset, const char *bytes, size_t count);
/* The size of FLOW's message NUMBER. */
size_t agent_message_size(const struct agent_flow *flow, uint64_t number);
/* The size of the response to that. */
size_t agent_response_size(const struct agent_flow *flow, uint64_t number);
/* Where a mix begins for flow INDEX of all threads': the first one at 0, the others each elsewhere, by the job's seed.
 */
uint32_t agent_mix_place(const struct lad_job *job, int index);

/* slowdown.c, in a build that is slower on purpose: called by both agents in each turn or transaction. */
#ifdef LAD_TEST_SLOWDOWN_PERCENT
void agent_slow_down(void);
#else
static inline void agent_slow_down(void)
{
}
#endif

/* sandbox.c */
/* Raises the limit of open files for MOST flows in each of THREADS, as far as anybody may; fails when LEAST of them do
 * not fit. */
int agent_want_files(int least, int most, int threads, struct lad_error *err);
/* Gives up every capability, and every system call that moves no data (seccomp); called once the sockets stand. */
int agent_drop_privileges(bool keep_net_admin, struct lad_error *err);
/*
 * Gives up what a sink by hand needs neither for hearing who comes nor for the sockets and threads of a job: called
 * before it listens. What sets a socket up is kept (CAP_NET_ADMIN), and with LOW_PORT what binds ports below 1024.
 */
int agent_drop_before_listening(bool low_port, struct lad_error *err);

/* memory.c: what the agent's last words are when libev or cJSON get no memory. */
void agent_memory_for_runner(void);
void agent_memory_by_hand(void);

/* facts.c: prints what is known of the network around; with VXLAN also whether such a device can be made. */
int agent_print_facts(bool vxlan);

/* ports.c: takes a Swarm's ports and answers there, or (ADDRESS not NULL) tries them. The exit code. */
int agent_ports(const char *address);

/* call.c: connects to TEXT, "ADDRESS,PORT", and prints what became of it. The exit code. */
int agent_call(const char *text);

#endif

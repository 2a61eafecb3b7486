/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_PROTOCOL_H
#define NETLADDER_PROTOCOL_H

/*
 * The control protocol between the runner and an agent: one JSON object a line on the agent's stdin and stdout.
 *
 *   agent:  {"type":"hello","version":"0.2.0","protocol":1,"backend":"epoll"}
 *   runner: {"type":"prepare", job…}      -> agent: {"type":"ready","mtu_bytes":…,"fq":true}   (listening, or
 *           connected; the MTU of the route to the job's address, left out where there is none; fq, which may be
 *           missing: the job needs the fq qdisc, and it is there; from a sink by hand also "word", 32 hexadecimal
 *           digits, with which each flow begins)
 *   runner: {"type":"clock","now_ns":0}   -> agent: {"type":"clock","now_ns":…}   at once; as often as asked
 *   runner: {"type":"start", window…}     -> agent: {"type":"result", figures…}
 *   runner: {"type":"sent","messages":N}  to who receives datagrams, after the window: it need not wait for more
 *   agent:  {"type":"enough"}              the job's `amount` is there: its window ends now
 *   runner: {"type":"enough"}              to the other agent upon that: end the window now
 *   runner: {"type":"bye"}                -> the agent exits 0
 *   agent:  {"type":"error","message":"…","impossible":true}  at any time, then it exits 1; impossible, which may be
 *           missing: it is no fault, the machine has not what the job asks for
 *
 * Anything else ends the agent with an error; when its stdin closes it exits at once.
 */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/mode.h"

#define LAD_PROTOCOL_VERSION 1
#define LAD_LINE_MAX (1 << 20)
#define LAD_FLOWS_MAX 16384
#define LAD_SAMPLES_MAX 2048
#define LAD_THREADS_MAX 64
#define LAD_MESSAGE_MAX (1 << 20)
#define LAD_SIZES_TEXT_MAX 96

/* Which CPU each thread of an agent gets to itself: the scheduler's choice, or one after the other of those that the
 * agent may use, from the first on or from the last back. */
enum lad_pin { LAD_PIN_NONE, LAD_PIN_FROM_FIRST, LAD_PIN_FROM_LAST, LAD_PIN_COUNT };

enum lad_role { LAD_SINK, LAD_GENERATOR, LAD_ROLE_COUNT };

/* The role whose counts are the figures: of streams who receives, else the generator, which times the transactions. */
static inline enum lad_role lad_counting_role(enum lad_workload_kind kind, enum lad_direction direction)
{
	return !lad_is_stream(kind) || direction == LAD_REVERSE ? LAD_GENERATOR : LAD_SINK;
}

/*
 * What an agent is to do. Fields from `io` on may be missing in a prepare message and are then zero ("leave it", "off")
 * save where a comment gives another default.
 */
struct lad_job {
	enum lad_role role;
	enum lad_workload_kind workload;
	int64_t message_bytes;
	int flows;
	int64_t socket_buffer_bytes; /* 0: automatic */
	/* Those two are the kernel's all the same, because a sysctl is to set them. */
	bool leave_send_buffer, leave_receive_buffer;
	char congestion_control[16]; /* "": leave */
	/* generator: where to send; sink: where to listen. IPv4 or IPv6. dns_rr: what the name's address has to be, or
	 * 0.0.0.0 */
	char address[46];
	uint16_t port;
	unsigned
	    zone; /* of a link-local address: the index of this machine's device. Never sent: it means nothing there */
	bool yield; /* both ends share one CPU: the sender of a stream and its receiver take turns there */

	enum lad_io io;		      /* udp_stream */
	enum lad_receive receive;     /* tcp_stream */
	enum lad_direction direction; /* streams */
	enum lad_payload payload;
	uint64_t seed; /* of the random payload and of the sizes, below 2^53 */
	/*
	 * Messages a second over all flows (writes of a tcp_stream), sent at their intended times whatever became of
	 * those before (open loop), and latency counts from the intended time. 0: as fast as it goes, or `pipeline`
	 * outstanding a flow (closed loop).
	 */
	double rate_per_s;
	double pacing_bps; /* streams: SO_MAX_PACING_RATE over all flows, of payload; 0: unpaced */
	bool txtime;	   /* udp_stream with rate_per_s: each datagram has its intended time with it (SO_TXTIME) */
	char sizes[LAD_SIZES_TEXT_MAX]; /* a mix of message sizes (sizes.h) in place of message_bytes; "": none */
	int pipeline;			/* tcp_rr: requests outstanding a flow; default 1 */
	int requests;			/* tcp_crr: transactions on a connection before it is closed; default 1 */
	int64_t sample_ns;		/* between interval samples; 0: none */
	bool verify;			/* check every payload byte that arrives; a wrong one ends the trial */
	bool timestamps;   /* rr with one flow: the kernel's time stamps beside our own (SO_TIMESTAMPING) */
	bool shared_clock; /* both ends read one CLOCK_MONOTONIC: one-way delays mean something */
	bool zerocopy;	   /* tcp_stream: MSG_ZEROCOPY */
	bool nagle;	   /* leave Nagle's algorithm on (no TCP_NODELAY) */
	bool cork;	   /* tcp_stream: TCP_CORK */
	int dscp;	   /* 0..63 */
	int ecn;	   /* 0..3, the ECN field of datagrams (TCP negotiates its own) */
	int ttl;	   /* 1..255; 0: leave */
	int dont_fragment; /* 1: off (IP_PMTUDISC_DONT), 2: on (IP_PMTUDISC_DO); 0: leave */
	int busy_poll_us;  /* SO_BUSY_POLL; 0: leave */
	int mss;	   /* TCP: TCP_MAXSEG; 0: leave */
	/* rr and crr, without a mix of sizes: of a response; 0: it is as long as its request */
	int64_t response_bytes;
	/*
	 * What ends the window before its time, counted from the window's beginning: payload bytes of the stream that
	 * goes the job's way, where they arrive; of rr and crr, transactions at the generator. 0: nothing does.
	 */
	int64_t amount;
	int64_t think_ns; /* rr and crr, closed loop: pause between a response and the flow's next request */
	int burst;	  /* open loop: so many messages leave together, each time so many are due; default 1 */
	bool reach;	  /* UDP generator: wait first until a TCP connection to the sink is answered, or refused */
	char name[256];	  /* dns_rr's generator: what to look up */
	char server[64];  /* dns_rr: the DNS server, ADDRESS[:PORT]; "": those of /etc/resolv.conf */
	int threads;	  /* so many loops, at most as many as flows, which are dealt over them; default 1 */
	int pin;	  /* enum lad_pin, with several threads */
	int64_t delay_ns; /* one way, as far as it is known: limits are so much more generous */
	int64_t drain_ns; /* what has not come so long after the window never did; 0: the agent's own limit */
	/* By what the sink knows the run's flows: of a sink by hand it comes with "ready", in a lab with strangers with
	 * the prepare message. 0: there is none. */
	uint64_t word[2];
};

/* Whether the job's datagrams are to leave by the kernel's clock, which the fq qdisc keeps. */
static inline bool lad_job_needs_fq(const struct lad_job *job)
{
	return job->workload == LAD_UDP_STREAM && (job->txtime || job->pacing_bps > 0);
}

/* The measuring window on the agent's CLOCK_MONOTONIC (one machine has one; else the runner asks with `clock`). */
struct lad_window {
	int64_t start_ns; /* traffic begins */
	int64_t warmup_ns, duration_ns;
};

/* The counters at one instant of the window, since its beginning. */
struct lad_sample {
	int64_t time_ns;
	uint64_t bytes, messages, transactions;
	double retransmits, rtt_us, cwnd_segments, pacing_rate_bps; /* NAN without TCP */
};

/* What a socket of the agent's had at the end of the window, by getsockopt(2): "" and 0 where that is not known. */
struct lad_socket_facts {
	char congestion_control[16];
	/* As the kernel tells them, its own bookkeeping included: twice what was asked for, see socket(7). */
	int64_t send_buffer_bytes, receive_buffer_bytes;
	int64_t ttl; /* or hop limit */
};

/*
 * What one agent saw. Counts are of the window; `_total` are of the whole trial, warm-up and drain included.
 * `bytes` and `messages` are what went the job's way: sent by the side that sends, received by the other. With
 * `direction: both` they are of the generator's stream, and `reverse_bytes` of the sink's.
 */
struct lad_agent_result {
	int64_t elapsed_ns;	 /* between the two snapshots: what the rates are divided by */
	int64_t started_late_ns; /* how long after the agreed start its warm-up began; 0 of an older agent */
	uint64_t bytes, messages, transactions;
	uint64_t bytes_total, messages_total, transactions_total;
	uint64_t reverse_bytes, reverse_bytes_total, reverse_messages, reverse_messages_total;
	uint64_t send_drops; /* EAGAIN, ENOBUFS: never reached the path */
	uint64_t timeouts;   /* rr, crr: responses that did not come; dns_rr: lookups without the right answer */
	uint64_t late;	     /* udp_rr: responses that came after their request was given up on, no timeouts */
	/* udp_stream: datagrams stamped as sent in the window (who receives: received of those) */
	uint64_t window_messages, reverse_window_messages;
	uint64_t reordered, duplicates; /* udp_stream, of what came here: RFC 4737 type-P-reordered; whole trial */
	/* udp_stream, who receives: packets that overflowed its socket buffer (SO_MEMINFO, the counter of SO_RXQ_OVFL),
	 * whole trial. With io gso a packet is a super-packet of up to `segments` datagrams. */
	uint64_t receive_queue_drops;
	uint64_t segments; /* udp_stream: datagrams in one full packet of the path, 1 without gso */
	/* udp_stream with gso, who receives: the most datagrams that came in one packet, 1 where the path cut all of
	 * them up; 0: none came, or the agent is older. */
	uint64_t joined_most;
	uint64_t io_calls; /* udp_stream: system calls that moved them, whole trial */
	int64_t cpu_user_ns, cpu_system_ns;
	uint64_t switches_voluntary, switches_involuntary;
	uint64_t zerocopy_copied; /* MSG_ZEROCOPY sends that the kernel copied after all, whole trial */
	double retransmits;	  /* segments in the window; NAN without TCP */
	double rtt_us, rttvar_us, cwnd_segments, delivered_segments, pacing_rate_bps;
	/* Shares of the window in which the connection had data to send, and in which the peer's window or our own send
	 * buffer held it back (TCP_INFO, since Linux 4.10); NAN without TCP. */
	double busy_ratio, rwnd_limited_ratio, sndbuf_limited_ratio;
	double schedule_error_mean_us, schedule_error_max_us; /* open loop: sent later than intended; else NAN */
	double jitter_us; /* udp_stream, of what came here: RFC 3550, 6.4.1, at the end; else NAN */
	struct lad_socket_facts socket;
	int sample_count;
	struct lad_sample samples[LAD_SAMPLES_MAX];
	struct lad_histogram latency;	     /* of transactions; of what came here by udp_stream or to
					      * udp_rr's sink: one-way delay */
	struct lad_histogram kernel_latency; /* the same transactions between the kernel's time stamps */
};

/*
 * amount.c: whether COUNTED, the result of who counts (lad_counting_role), has the AMOUNT that was to end a trial of
 * KIND within DURATION_NS; 0: there was none. -1 with ERR when it came short: what is there is no measurement of the
 * amount, and its rate would pass for one.
 */
int lad_amount_check(enum lad_workload_kind kind, int64_t amount, const struct lad_agent_result *counted,
		     int64_t duration_ns, struct lad_error *err);

/*
 * udp_stream: of the datagrams that were sent in the window, the share that did not come; NAN when none was sent. With
 * both directions, of both streams together: RECEIVER then sent as well, and SENDER received.
 */
static inline double lad_datagram_loss(const struct lad_agent_result *sender, const struct lad_agent_result *receiver)
{
	double sent = (double)(sender->window_messages + receiver->reverse_window_messages);
	double received = (double)(receiver->window_messages + sender->reverse_window_messages);
	return sent > 0 ? 1 - received / sent : NAN;
}

/*
 * merge_result.c: adds PART, of another thread or another session, to SUM. Counts and rates are sums, histograms are
 * merged, what TCP says else is a mean. SHARE is PART's share of the flows of both, for what is a mean. CPU time and
 * switches are not in: threads share their process's.
 */
void lad_sample_merge(struct lad_sample *sum, const struct lad_sample *part, double share);
void lad_result_merge(struct lad_agent_result *sum, const struct lad_agent_result *part, double share);

/* Each returns a malloc'd line ending in '\n', owned by the caller; NULL when out of memory. */
char *lad_protocol_hello(const char *backend);
char *lad_protocol_prepare(const struct lad_job *job);
char *lad_protocol_ready(int64_t mtu_bytes, bool fq); /* 0: not known */
/* From a sink by hand: with the run's word. */
char *lad_protocol_ready_with(const uint64_t word[2]);
char *lad_protocol_start(const struct lad_window *window);
char *lad_protocol_result(const struct lad_agent_result *result);
char *lad_protocol_error(const char *message, bool impossible);
char *lad_protocol_bye(void);
char *lad_protocol_clock(int64_t monotonic_ns);
char *lad_protocol_sent(uint64_t messages);
char *lad_protocol_enough(void);

enum lad_message_type {
	LAD_MESSAGE_HELLO,
	LAD_MESSAGE_PREPARE,
	LAD_MESSAGE_READY,
	LAD_MESSAGE_START,
	LAD_MESSAGE_RESULT,
	LAD_MESSAGE_ERROR,
	LAD_MESSAGE_BYE,
	LAD_MESSAGE_CLOCK,
	LAD_MESSAGE_SENT,
	LAD_MESSAGE_ENOUGH
};

struct lad_message {
	enum lad_message_type type;
	union {
		struct lad_job job;
		struct lad_window window;
		int64_t clock_ns;
		int64_t mtu_bytes;		 /* ready's; 0: not told */
		uint64_t sent;			 /* datagrams */
		struct lad_agent_result *result; /* borrowed from the caller of lad_protocol_parse */
		char text[512];			 /* error's message, or hello's backend */
	};
	bool impossible;  /* error's */
	bool fq;	  /* ready's */
	uint64_t word[2]; /* ready's; 0: none */
};

/*
 * Parses one line of LENGTH bytes (without its newline). A result is written to RESULT, which may be NULL when none is
 * expected (then a result is refused). Every field is checked: type, range and length.
 */
int lad_protocol_parse(const char *line, size_t length, struct lad_message *message, struct lad_agent_result *result,
		       struct lad_error *err);

/* Splits a byte stream into lines of at most LAD_LINE_MAX. */
struct lad_line_buffer {
	char *data; /* owned */
	size_t used, capacity, consumed;
};

/* Reads once from FD. Returns the bytes read, 0 at end of file, -1 with errno (EAGAIN; EMSGSIZE: a line is too long).
 */
int lad_line_fill(struct lad_line_buffer *buffer, int fd);
/* The next complete line (NUL-terminated in place, valid until the next fill), or NULL. */
char *lad_line_next(struct lad_line_buffer *buffer, size_t *length);
void lad_line_free(struct lad_line_buffer *buffer);

#endif

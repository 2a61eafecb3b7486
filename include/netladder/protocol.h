/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_PROTOCOL_H
#define NETLADDER_PROTOCOL_H

/*
 * The control protocol between the runner and an agent: one JSON object a line on the agent's stdin and stdout.
 *
 *   agent:  {"type":"hello","version":"0.1.0","protocol":1,"backend":"epoll"}
 *   runner: {"type":"prepare", job…}      -> agent: {"type":"ready"}   (listening, or connected)
 *   runner: {"type":"start", window…}     -> agent: {"type":"result", figures…}
 *   runner: {"type":"bye"}                -> the agent exits 0
 *   agent:  {"type":"error","message":"…"}  at any time, then it exits 1
 *
 * Anything else ends the agent with an error; when its stdin closes it exits at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/mode.h"

#define LAD_PROTOCOL_VERSION 1
#define LAD_LINE_MAX (1 << 20)
#define LAD_FLOWS_MAX 1024
#define LAD_MESSAGE_MAX (1 << 20)

enum lad_role { LAD_SINK, LAD_GENERATOR, LAD_ROLE_COUNT };

struct lad_job {
	enum lad_role role;
	enum lad_workload_kind workload;
	int64_t message_bytes;
	int flows;
	int64_t socket_buffer_bytes; /* 0: automatic */
	char congestion_control[16]; /* "": leave */
	char address[46];	     /* generator: where to send; sink: where to listen */
	uint16_t port;
	bool yield; /* generator of udp_stream: give the CPU to the sink after each batch (both share one core) */
};

/* The measuring window on CLOCK_MONOTONIC, which both agents and the runner share. */
struct lad_window {
	int64_t start_ns; /* traffic begins */
	int64_t warmup_ns, duration_ns;
};

/* What one agent saw. Counts are of the window; `_total` are of the whole trial, warm-up and drain included. */
struct lad_agent_result {
	int64_t elapsed_ns; /* between the two snapshots: what the rates are divided by */
	uint64_t bytes, messages, transactions;
	uint64_t bytes_total, messages_total, transactions_total;
	uint64_t send_drops;	  /* EAGAIN, ENOBUFS: never reached the path */
	uint64_t timeouts;	  /* udp_rr: responses that did not come */
	uint64_t window_messages; /* udp_stream: datagrams stamped as sent in the window (sink: received of those) */
	uint64_t reordered, duplicates; /* udp_stream sink: RFC 4737 type-P-reordered; whole trial */
	int64_t cpu_user_ns, cpu_system_ns;
	uint64_t switches_voluntary, switches_involuntary;
	double retransmits; /* segments in the window; NAN without TCP */
	double rtt_us, cwnd_segments;
	struct lad_histogram latency; /* of transactions; empty for streams */
};

/* Each returns a malloc'd line ending in '\n', owned by the caller; NULL when out of memory. */
char *lad_protocol_hello(const char *backend);
char *lad_protocol_prepare(const struct lad_job *job);
char *lad_protocol_ready(void);
char *lad_protocol_start(const struct lad_window *window);
char *lad_protocol_result(const struct lad_agent_result *result);
char *lad_protocol_error(const char *message);
char *lad_protocol_bye(void);

enum lad_message_type {
	LAD_MESSAGE_HELLO,
	LAD_MESSAGE_PREPARE,
	LAD_MESSAGE_READY,
	LAD_MESSAGE_START,
	LAD_MESSAGE_RESULT,
	LAD_MESSAGE_ERROR,
	LAD_MESSAGE_BYE
};

struct lad_message {
	enum lad_message_type type;
	union {
		struct lad_job job;
		struct lad_window window;
		struct lad_agent_result *result; /* borrowed from the caller of lad_protocol_parse */
		char text[512];			 /* error's message, or hello's backend */
	};
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alone.h"
#include "agent/udp_stamp.h"
#include "netladder/pacing.h"
#include "netladder/text.h"
#include "netladder/units.h"

enum {
	OPTION_PORT = 'p',
	OPTION_BIND = 'b',
	OPTION_TOKEN = 't',
	OPTION_JSON = 'j',
	OPTION_TO = 'c',
	OPTION_DURATION = 'd',
	OPTION_FLOWS = 'f',
	OPTION_MESSAGE_BYTES = 'm',
	OPTION_RATE = 'r',
	OPTION_WARMUP = 256,
	OPTION_SOCKET_BUFFER,
	OPTION_CONGESTION_CONTROL,
	OPTION_IO,
	OPTION_DIRECTION,
	OPTION_PIPELINE,
	OPTION_VERIFY,
	OPTION_BYTES,
	OPTION_TRANSACTIONS,
	OPTION_THINK_TIME,
	OPTION_RATE_PER,
	OPTION_BURST,
	OPTION_NAME,
	OPTION_SERVER,
	OPTION_ANSWER,
	OPTION_THREADS,
	OPTION_PACING,
};

#define DURATION_MIN_NS INT64_C(100000000)
#define DURATION_DEFAULT_NS INT64_C(10000000000)
#define AMOUNT_MOST (INT64_C(1) << 50)

static void check(struct argp_state *state, const char *option, int status, const struct lad_error *err)
{
	if (status < 0)
		argp_error(state, "--%s: %s", option, err->message);
}

static int64_t count(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most)
{
	struct lad_error err = {0};
	uint64_t number = 0;
	check(state, option, lad_parse_count(text, &number, &err), &err);
	if (number < (uint64_t)least || number > (uint64_t)most)
		argp_error(state, "--%s: %s is not %lld to %lld", option, lad_excerpt(text).text, (long long)least,
			   (long long)most);
	return (int64_t)number;
}

static int64_t bytes(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most)
{
	struct lad_error err = {0};
	int64_t number = 0;
	check(state, option, lad_parse_bytes(text, &number, &err), &err);
	if (number < least || number > most)
		argp_error(state, "--%s: %s is not %lld to %lld bytes", option, lad_excerpt(text).text,
			   (long long)least, (long long)most);
	return number;
}

static int64_t duration(struct argp_state *state, const char *option, const char *text, int64_t least_ns)
{
	struct lad_error err = {0};
	int64_t ns = 0;
	check(state, option, lad_parse_duration(text, &ns, &err), &err);
	if (ns < least_ns || ns > ALONE_SECONDS_MAX * LAD_NS_PER_S)
		argp_error(state, "--%s: %s is not %g ms to %d s", option, lad_excerpt(text).text,
			   (double)least_ns / LAD_NS_PER_MS, ALONE_SECONDS_MAX);
	return ns;
}

static void copy(struct argp_state *state, const char *option, char *into, size_t size, const char *text)
{
	if (!text[0] || strlen(text) >= size)
		argp_error(state, "--%s: \"%s\" has not 1 to %zu characters", option, lad_excerpt(text).text, size - 1);
	snprintf(into, size, "%s", text);
}

/* What both have in common. */
static error_t parse_common(int key, char *text, struct argp_state *state)
{
	struct alone_options *options = state->input;
	switch (key) {
	case OPTION_TOKEN:
		copy(state, "token", options->token, sizeof options->token, text);
		if (strpbrk(text, " \t\r\n"))
			argp_error(state, "--token: a token has no blanks");
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_sink(int key, char *text, struct argp_state *state)
{
	struct alone_options *options = state->input;
	switch (key) {
	case OPTION_PORT:
		options->port = (uint16_t)count(state, "port", text, 1, UINT16_MAX);
		return 0;
	case OPTION_BIND:
		copy(state, "bind", options->host, 46, text);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		return EINVAL;
	default:
		return parse_common(key, text, state);
	}
}

/* ADDRESS, ADDRESS:PORT, an IPv6 address alone, or [IPv6]:PORT. */
static void parse_target(struct argp_state *state, char *text)
{
	struct alone_options *options = state->input;
	char *port = NULL, *close = strchr(text, ']');
	if (text[0] == '[' && close) {
		text++;
		*close = '\0';
		if (close[1] == ':')
			port = close + 2;
		else if (close[1])
			argp_error(state, "--to: after ']' comes nothing or :PORT");
	} else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
		port = strchr(text, ':') + 1;
		port[-1] = '\0';
	}
	copy(state, "to", options->host, sizeof options->host, text);
	if (port)
		options->port = (uint16_t)count(state, "to", port, 1, UINT16_MAX);
}

static void parse_workload(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	const char *names[LAD_WORKLOAD_COUNT];
	char valid[128];
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++)
		names[kind] = lad_workload_name((enum lad_workload_kind)kind);
	int kind = lad_workload_from_name(text);
	if (kind < 0) {
		const char *near = lad_near_miss(text, names, LAD_WORKLOAD_COUNT);
		lad_join(valid, sizeof valid, names, LAD_WORKLOAD_COUNT);
		argp_error(state, "unknown workload '%s'%s%s%s; valid: %s", lad_excerpt(text).text,
			   near ? ", did you mean '" : "", near ? near : "", near ? "'" : "", valid);
	}
	options->job.workload = (enum lad_workload_kind)kind;
}

static void parse_io(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int io = lad_io_from_name(text);
	if (io < 0)
		argp_error(state, "--io: unknown '%s'; valid: plain, batch, gso", lad_excerpt(text).text);
	options->job.io = (enum lad_io)io;
}

static void parse_direction(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int direction = lad_direction_from_name(text);
	if (direction < 0)
		argp_error(state, "--direction: unknown '%s'; valid: forward, reverse, both", lad_excerpt(text).text);
	options->job.direction = (enum lad_direction)direction;
}

static void parse_pacing(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int pacing = lad_pacing_from_name(text);
	if (pacing < 0)
		argp_error(state, "--pacing: unknown '%s'; valid: auto, timer, max_pacing_rate, txtime",
			   lad_excerpt(text).text);
	options->pacing = (enum lad_pacing)pacing;
}

static void parse_amount(struct argp_state *state, bool transactions, const char *text)
{
	struct alone_options *options = state->input;
	if (options->job.amount)
		argp_error(state, "--bytes or --transactions, and once");
	options->counts_transactions = transactions;
	options->job.amount = transactions ? count(state, "transactions", text, 1, AMOUNT_MOST)
					   : bytes(state, "bytes", text, 1, AMOUNT_MOST);
}

/* As in a scenario, and a bare number is of messages. */
static void parse_rate(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	struct lad_error err = {0};
	char messages[40];
	snprintf(messages, sizeof messages, "%.30s/s", text);
	bool bare = text[0] && strspn(text, "0123456789") == strlen(text);
	check(state, "rate", lad_parse_load(bare ? messages : text, "1 to 1000000000, ", &options->rate, &err), &err);
}

/* The job's rate, over all flows, once the workload, its messages and flows are known. */
static void set_rate(struct argp_state *state)
{
	struct alone_options *options = state->input;
	struct lad_job *job = &options->job;
	double total = options->rate.per_s * (options->rate_per_flow ? job->flows : 1);
	if (options->rate_per_given && total == 0.)
		argp_error(state, "--rate-per: only with --rate");
	struct lad_pacing_use use = {.pacing = options->pacing,
				     .kind = job->workload,
				     .io = job->io,
				     .direction = job->direction,
				     .rated = total > 0,
				     .messages = options->rate.messages,
				     .flows = job->flows,
				     .burst = job->burst};
	struct lad_error err = {0};
	double message_bits = (double)job->message_bytes * 8;
	check(state, "pacing", lad_pacing_check(&use, &err), &err);
	if (lad_pacing_by_socket(&use))
		job->pacing_bps = options->rate.messages ? total * message_bits : total;
	else
		job->rate_per_s = options->rate.messages ? total : total / message_bits;
	job->txtime = options->pacing == LAD_PACING_TXTIME;
	if (job->rate_per_s > LAD_LOAD_MESSAGES_MAX)
		argp_error(state, "--rate: is %.0f messages a second over all flows; valid: at most %.0f/s",
			   job->rate_per_s, LAD_LOAD_MESSAGES_MAX);
}

/* dns_rr asks a DNS server, the others a sink. */
static void check_partner(struct argp_state *state)
{
	const struct alone_options *options = state->input;
	const struct lad_job *job = &options->job;
	bool lookups = job->workload == LAD_DNS_RR;
	if (lookups && (options->host[0] || options->token[0]))
		argp_error(state, "--to, --token: dns_rr has no sink; valid: --name and --server");
	if (lookups && !job->name[0])
		argp_error(state, "no --name to look up");
	if (lookups)
		return;
	if (job->name[0] || job->server[0] || job->address[0])
		argp_error(state, "--name, --server, --answer: only for dns_rr");
	if (!options->host[0])
		argp_error(state, "no --to ADDRESS");
	if (!options->token[0])
		argp_error(state, "no --token; the sink prints it when it starts");
}

static void check_generate(struct argp_state *state)
{
	struct alone_options *options = state->input;
	struct lad_job *job = &options->job;
	const char *name = lad_workload_name(job->workload);
	if (state->arg_num < 1)
		argp_error(state, "no workload; valid: tcp_stream, udp_stream, tcp_rr, tcp_crr, udp_rr, dns_rr");
	check_partner(state);
	if (!job->message_bytes)
		job->message_bytes = job->workload == LAD_TCP_STREAM   ? 131072
				     : job->workload == LAD_UDP_STREAM ? 64
								       : 1;
	if (job->workload == LAD_UDP_STREAM && job->message_bytes < (int64_t)sizeof(struct udp_stamp))
		argp_error(state, "--message-bytes: udp_stream needs %zu bytes or more for its sequence numbers",
			   sizeof(struct udp_stamp));
	if (lad_is_udp(job->workload) && job->message_bytes > 65507)
		argp_error(state, "--message-bytes: a datagram has at most 65507 bytes");
	if (job->congestion_control[0] && lad_is_udp(job->workload))
		argp_error(state, "--congestion-control: not for %s", name);
	if (job->io != LAD_IO_PLAIN && job->workload != LAD_UDP_STREAM)
		argp_error(state, "--io: only for udp_stream");
	if (job->direction != LAD_FORWARD && !lad_is_stream(job->workload))
		argp_error(state, "--direction: only for tcp_stream and udp_stream");
	if (job->pipeline > 1 && job->workload != LAD_TCP_RR)
		argp_error(state, "--pipeline: only for tcp_rr");
	if (options->rate.per_s > 0 && job->workload == LAD_DNS_RR)
		argp_error(state, "--rate: not for %s", name);
	set_rate(state);
	if (job->workload == LAD_DNS_RR && (job->message_bytes > 1 || job->verify || job->congestion_control[0]))
		argp_error(state, "--message-bytes, --verify, --congestion-control: not for dns_rr");
	if (job->rate_per_s > 0 && job->pipeline > 1)
		argp_error(state, "--rate: an open loop has no pipeline");
	if (job->think_ns && (lad_is_stream(job->workload) || job->rate_per_s > 0 || job->pipeline > 1))
		argp_error(state,
			   "--think-time: only for tcp_rr, tcp_crr, udp_rr and dns_rr, without --rate and --pipeline");
	if (job->burst > 1 && job->rate_per_s == 0.)
		argp_error(state, "--burst: only with --rate of messages");
	if (job->amount && options->counts_transactions == lad_is_stream(job->workload))
		argp_error(state, "--%s: not for %s", options->counts_transactions ? "transactions" : "bytes", name);
	if (job->threads > job->flows)
		argp_error(state, "--threads: %d are more than the %d flows", job->threads, job->flows);
	if (!options->duration_ns)
		options->duration_ns = job->amount ? ALONE_SECONDS_MAX * LAD_NS_PER_S : DURATION_DEFAULT_NS;
}

static void parse_answer(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	struct in_addr address;
	copy(state, "answer", options->job.address, sizeof options->job.address, text);
	if (inet_pton(AF_INET, text, &address) != 1)
		argp_error(state, "--answer: \"%s\" is no IPv4 address", lad_excerpt(text).text);
}

static error_t parse_generate(int key, char *text, struct argp_state *state)
{
	struct alone_options *options = state->input;
	struct lad_job *job = &options->job;
	switch (key) {
	case OPTION_TO:
		parse_target(state, text);
		return 0;
	case OPTION_DURATION:
		options->duration_ns = duration(state, "duration", text, DURATION_MIN_NS);
		return 0;
	case OPTION_WARMUP:
		options->warmup_ns = duration(state, "warmup", text, 0);
		return 0;
	case OPTION_FLOWS:
		job->flows = (int)count(state, "flows", text, 1, LAD_FLOWS_MAX);
		return 0;
	case OPTION_MESSAGE_BYTES:
		job->message_bytes = bytes(state, "message-bytes", text, 1, LAD_MESSAGE_MAX);
		return 0;
	case OPTION_SOCKET_BUFFER:
		job->socket_buffer_bytes = bytes(state, "socket-buffer", text, 4096, INT64_C(1) << 30);
		return 0;
	case OPTION_CONGESTION_CONTROL:
		copy(state, "congestion-control", job->congestion_control, sizeof job->congestion_control, text);
		return 0;
	case OPTION_RATE:
		parse_rate(state, text);
		return 0;
	case OPTION_RATE_PER:
		options->rate_per_flow = strcmp(text, "flow") == 0;
		options->rate_per_given = true;
		if (!options->rate_per_flow && strcmp(text, "total") != 0)
			argp_error(state, "--rate-per: unknown '%s'; valid: total, flow", lad_excerpt(text).text);
		return 0;
	case OPTION_PIPELINE:
		job->pipeline = (int)count(state, "pipeline", text, 1, LAD_PIPELINE_MAX);
		return 0;
	case OPTION_IO:
		parse_io(state, text);
		return 0;
	case OPTION_DIRECTION:
		parse_direction(state, text);
		return 0;
	case OPTION_VERIFY:
		job->verify = true;
		return 0;
	case OPTION_THINK_TIME:
		job->think_ns = duration(state, "think-time", text, 1000);
		return 0;
	case OPTION_BURST:
		job->burst = (int)count(state, "burst", text, 1, LAD_BURST_MAX);
		return 0;
	case OPTION_NAME:
		copy(state, "name", job->name, sizeof job->name, text);
		return 0;
	case OPTION_SERVER:
		copy(state, "server", job->server, sizeof job->server, text);
		return 0;
	case OPTION_ANSWER:
		parse_answer(state, text);
		return 0;
	case OPTION_PACING:
		parse_pacing(state, text);
		return 0;
	case OPTION_THREADS:
		job->threads = (int)count(state, "threads", text, 1, LAD_THREADS_MAX);
		return 0;
	case OPTION_BYTES:
	case OPTION_TRANSACTIONS:
		parse_amount(state, key == OPTION_TRANSACTIONS, text);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		parse_workload(state, text);
		return 0;
	case ARGP_KEY_END:
		check_generate(state);
		return 0;
	default:
		return parse_common(key, text, state);
	}
}

#define TOKEN_AND_JSON                                                                                                 \
	{"token", OPTION_TOKEN, "WORD", 0, "Proves that the two belong together; the sink makes one up and prints it", \
	 0},                                                                                                           \
	    {"json", OPTION_JSON, NULL, 0, "One JSON object a line: each second, and the result", 0},                  \
	{                                                                                                              \
		0                                                                                                      \
	}

static const struct argp_option sink_options[] = {
    {"port", OPTION_PORT, "N", 0, "TCP port for the channel, and TCP or UDP port for the traffic (5202)", 0},
    {"bind", OPTION_BIND, "ADDRESS", 0, "Listen on this IPv4 or IPv6 address alone (0.0.0.0)", 0},
    TOKEN_AND_JSON};

static const struct argp_option generate_options[] = {
    {"to", OPTION_TO, "ADDRESS[:PORT]", 0, "Where the sink is; [IPv6]:PORT (port 5202)", 0},
    {"duration", OPTION_DURATION, "TIME", 0, "To measure, 100ms to 3600s (10s)", 0},
    {"bytes", OPTION_BYTES, "BYTES", 0,
     "Streams: end once so much payload has arrived after the warm-up; --duration is then the most it may take (3600s)",
     0},
    {"transactions", OPTION_TRANSACTIONS, "N", 0, "tcp_rr, tcp_crr, udp_rr, dns_rr: the same, by transactions", 0},
    {"warmup", OPTION_WARMUP, "TIME", 0, "Traffic before that which does not count (200ms)", 0},
    {"flows", OPTION_FLOWS, "N", 0, "Connections, or UDP sockets, at once (1)", 0},
    {"threads", OPTION_THREADS, "N", 0,
     "Threads on each side, the flows dealt over them; taskset(1) says on which CPUs (1)", 0},
    {"message-bytes", OPTION_MESSAGE_BYTES, "BYTES", 0, "Of a write, datagram, request and response (128KiB, 64, 1)",
     0},
    {"rate", OPTION_RATE, "RATE", 0,
     "Open loop: 1000/s (or 1000) messages a second, each at its time whatever became of those before; latency counts "
     "from then. 10Mbit: payload, sent as so many messages, save for tcp_stream, which the kernel paces (see "
     "--pacing). Without it: "
     "as "
     "fast as it goes, or one request outstanding a flow",
     0},
    {"rate-per", OPTION_RATE_PER, "WHAT", 0, "total: --rate is of all flows together; flow: of each (total)", 0},
    {"pacing", OPTION_PACING, "HOW", 0,
     "Who keeps a stream to --rate: timer, the sender; max_pacing_rate, the kernel (SO_MAX_PACING_RATE); txtime, "
     "datagrams have their times with them (SO_TXTIME). The kernel paces datagrams only where the device has the qdisc "
     "fq (auto: the kernel for a tcp_stream with a rate in bits, else timer)",
     0},
    {"burst", OPTION_BURST, "N", 0, "With --rate: N messages leave together, and then N intervals pass (1)", 0},
    {"think-time", OPTION_THINK_TIME, "TIME", 0,
     "tcp_rr, tcp_crr, udp_rr, dns_rr without --rate: rest between a response and the flow's next request (0)", 0},
    {"pipeline", OPTION_PIPELINE, "N", 0, "tcp_rr: requests outstanding on each flow (1)", 0},
    {"io", OPTION_IO, "HOW", 0,
     "udp_stream: plain (a system call a datagram), batch (sendmmsg), gso (the kernel cuts and joins)", 0},
    {"direction", OPTION_DIRECTION, "WAY", 0,
     "tcp_stream, udp_stream: forward, to the sink; reverse, from the sink; or both at once, and then the lines a "
     "second "
     "are of what goes to the sink (forward)",
     0},
    {"socket-buffer", OPTION_SOCKET_BUFFER, "BYTES", 0, "Of sending and receiving, both sides (automatic)", 0},
    {"congestion-control", OPTION_CONGESTION_CONTROL, "NAME", 0, "TCP: cubic, bbr, ... (the machine's default)", 0},
    {"name", OPTION_NAME, "NAME", 0, "dns_rr: what to look up, without search domains", 0},
    {"server", OPTION_SERVER, "ADDRESS[:PORT]", 0, "dns_rr: the DNS server (those of /etc/resolv.conf)", 0},
    {"answer", OPTION_ANSWER, "ADDRESS", 0, "dns_rr: a lookup that gives another address has failed", 0},
    {"verify", OPTION_VERIFY, NULL, 0, "The receiver checks every byte; a wrong one ends the run", 0},
    TOKEN_AND_JSON};

static const struct argp sink_argp = {
    sink_options,
    parse_sink,
    NULL,
    "Waits for one generator that knows the token, takes its traffic and says what came. A line a second.\v"
    "Examples:\n"
    "  netladder-agent sink\n"
    "\n"
    "  netladder-agent sink --port 7000 --bind 192.0.2.1 --json\n\n"
    "Exit: 0 done; 2 bad usage; 3 cannot listen; 4 the run failed, what was measured is printed; 130 interrupted, as "
    "4.",
    NULL,
    NULL,
    NULL};

static const struct argp generate_argp = {
    generate_options,
    parse_generate,
    "WORKLOAD",
    "Exchanges traffic with a sink: tcp_stream, udp_stream, tcp_rr (request and response), tcp_crr (a connection for "
    "each) "
    "or udp_rr. Or looks a name up again and again at a DNS server, which needs no sink: dns_rr. A line a second, and "
    "the result with what the sink saw.\v"
    "Examples:\n"
    "  netladder-agent generate tcp_stream --to 192.0.2.1 --token WORD\n"
    "\n"
    "  netladder-agent generate tcp_rr --to 192.0.2.1 --token WORD --rate 1000\n"
    "\n"
    "  netladder-agent generate udp_stream --to 192.0.2.1 --token WORD --direction reverse\n"
    "\n"
    "  netladder-agent generate udp_rr --to [2001:db8::1]:7000 --token WORD\n"
    "\n"
    "  netladder-agent generate dns_rr --name www.example.org --server 192.0.2.53\n\n"
    "Exit: 0 done; 2 bad usage or wrong token; 3 no sink answers; 4 the run failed, what was measured is printed; "
    "130 interrupted, as 4.",
    NULL,
    NULL,
    NULL};

void alone_parse_sink(int argc, char **argv, struct alone_options *options)
{
	argp_parse(&sink_argp, argc, argv, 0, NULL, options);
}

void alone_parse_generate(int argc, char **argv, struct alone_options *options)
{
	options->job.flows = options->job.pipeline = options->job.requests = options->job.burst = options->job.threads =
	    1;
	argp_parse(&generate_argp, argc, argv, 0, NULL, options);
}

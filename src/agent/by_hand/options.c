/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <string.h>

#include "agent/by_hand/options.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/usage.h"

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
	OPTION_MESSAGE_MIX,
	OPTION_WAIT,
};

#define DURATION_MIN_NS INT64_C(100000000)
#define BIND_TEXT_MAX 64 /* an address, and the device of a link-local one */

/* What both have in common. */
static error_t parse_common(int key, char *text, struct argp_state *state)
{
	struct alone_options *options = state->input;
	switch (key) {
	case OPTION_TOKEN:
		alone_copy(state, "token", options->token, sizeof options->token, text);
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
		options->port = (uint16_t)alone_count(state, "port", text, 1, UINT16_MAX);
		return 0;
	case OPTION_BIND:
		alone_copy(state, "bind", options->host, BIND_TEXT_MAX, text);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		return EINVAL;
	default:
		return parse_common(key, text, state);
	}
}

static error_t parse_generate(int key, char *text, struct argp_state *state)
{
	struct alone_options *options = state->input;
	struct lad_job *job = &options->job;
	switch (key) {
	case OPTION_TO:
		alone_target(state, text);
		return 0;
	case OPTION_WAIT:
		options->wait_ns = alone_duration(state, "wait", text, 0);
		return 0;
	case OPTION_DURATION:
		options->duration_ns = alone_duration(state, "duration", text, DURATION_MIN_NS);
		return 0;
	case OPTION_WARMUP:
		options->warmup_ns = alone_duration(state, "warmup", text, 0);
		return 0;
	case OPTION_FLOWS:
		job->flows = (int)alone_count(state, "flows", text, 1, LAD_FLOWS_MAX);
		return 0;
	case OPTION_MESSAGE_BYTES:
		job->message_bytes = alone_bytes(state, "message-bytes", text, 1, LAD_MESSAGE_MAX);
		return 0;
	case OPTION_MESSAGE_MIX:
		alone_mix(state, text);
		return 0;
	case OPTION_SOCKET_BUFFER:
		job->socket_buffer_bytes = alone_bytes(state, "socket-buffer", text, 4096, INT64_C(1) << 30);
		return 0;
	case OPTION_CONGESTION_CONTROL:
		alone_copy(state, "congestion-control", job->congestion_control, sizeof job->congestion_control, text);
		return 0;
	case OPTION_RATE:
		alone_rate(state, text);
		return 0;
	case OPTION_RATE_PER:
		options->rate_per_flow = strcmp(text, "flow") == 0;
		options->rate_per_given = true;
		if (!options->rate_per_flow && strcmp(text, "total") != 0)
			argp_error(state, "--rate-per: unknown '%s'; valid: total, flow", lad_excerpt(text).text);
		return 0;
	case OPTION_PIPELINE:
		job->pipeline = (int)alone_count(state, "pipeline", text, 1, LAD_PIPELINE_MAX);
		return 0;
	case OPTION_IO:
		alone_io(state, text);
		return 0;
	case OPTION_DIRECTION:
		alone_direction(state, text);
		return 0;
	case OPTION_VERIFY:
		job->verify = true;
		return 0;
	case OPTION_THINK_TIME:
		job->think_ns = alone_duration(state, "think-time", text, 1000);
		return 0;
	case OPTION_BURST:
		job->burst = (int)alone_count(state, "burst", text, 1, LAD_BURST_MAX);
		return 0;
	case OPTION_NAME:
		alone_copy(state, "name", job->name, sizeof job->name, text);
		return 0;
	case OPTION_SERVER:
		alone_copy(state, "server", job->server, sizeof job->server, text);
		return 0;
	case OPTION_ANSWER:
		alone_answer(state, text);
		return 0;
	case OPTION_PACING:
		alone_pacing(state, text);
		return 0;
	case OPTION_THREADS:
		job->threads = (int)alone_count(state, "threads", text, 1, LAD_THREADS_MAX);
		return 0;
	case OPTION_BYTES:
	case OPTION_TRANSACTIONS:
		alone_amount(state, key == OPTION_TRANSACTIONS, text);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		alone_workload(state, text);
		return 0;
	case ARGP_KEY_END:
		alone_check_together(state);
		return 0;
	default:
		return parse_common(key, text, state);
	}
}

#define TOKEN_AND_JSON                                                                                                  \
	{"token", OPTION_TOKEN, "WORD", 0, "Proves that the two belong together; the sink makes one up and prints it",  \
	 0},                                                                                                            \
	    {"json", OPTION_JSON, NULL, 0, "One JSON object a line: each second, and the result, or why there is none", \
	     0},                                                                                                        \
	{                                                                                                               \
		0                                                                                                       \
	}

static const struct argp_option sink_options[] = {
    {"port", OPTION_PORT, "N", 0, "TCP port for the channel, and TCP or UDP port for the traffic (5202)", 0},
    {"bind", OPTION_BIND, "ADDRESS", 0, "Listen on this address alone; ::, both IPv4 and IPv6; fe80::1%eth0 (0.0.0.0)",
     0},
    TOKEN_AND_JSON};

static const struct argp_option generate_options[] = {
    {"to", OPTION_TO, "ADDRESS[:PORT]", 0,
     "Where the sink is; [IPv6]:PORT, [fe80::1%eth0]:PORT; of a name all addresses are tried (port 5202)", 0},
    {"wait", OPTION_WAIT, "TIME", 0, "For the sink to appear, and for its name to resolve; 0 to 3600s (0)", 0},
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
    {"message-mix", OPTION_MESSAGE_MIX, "SIZES", 0,
     "In place of --message-bytes: '64 1400', each as often; '24*7 1400*1', weighted; 64..1400, uniform; imix, which "
     "is "
     "'24*7 548*4 1400*1'. A response is as long as its request; tcp_crr needs 4 bytes or more",
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
    "Waits for one generator that knows the token, takes its traffic and says what came. A line a second. Whatever "
    "else "
    "connects to the port is closed and counted, and another generator hears that the sink is busy.\v"
    "Examples:\n"
    "  netladder-agent sink\n"
    "\n"
    "  netladder-agent sink --port 7000 --bind 192.0.2.1 --json\n\n"
    "Exit: 0 done; 2 bad usage; 3 cannot listen; 4 the run failed, was stopped by the generator, or nothing came: what "
    "was measured is printed; 130 interrupted, as 4.",
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
    "  netladder-agent generate udp_rr --to [2001:db8::1]:7000 --token WORD --wait 30s\n"
    "\n"
    "  netladder-agent generate dns_rr --name www.example.org --server 192.0.2.53\n\n"
    "Exit: 0 done; 2 bad usage or wrong token; 3 no sink answers; 4 the run failed, was stopped by the sink, or "
    "nothing "
    "arrived: what was measured is printed; 130 interrupted, as 4.",
    NULL,
    NULL,
    NULL};

void alone_parse_sink(int argc, char **argv, struct alone_options *options)
{
	lad_usage_parse(&sink_argp, argc, argv, options);
}

void alone_parse_generate(int argc, char **argv, struct alone_options *options)
{
	options->job.flows = options->job.pipeline = options->job.requests = options->job.burst = options->job.threads =
	    1;
	lad_usage_parse(&generate_argp, argc, argv, options);
}

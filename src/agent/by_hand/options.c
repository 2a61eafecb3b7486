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
	OPTION_WARMUP = 256,
	OPTION_SERVER,
	OPTION_ANSWER,
	OPTION_WAIT,
	OPTION_OF_WORKLOAD = 512, /* and one more for each row of its table, save for those with a letter */
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define DURATION_MIN_NS INT64_C(100000000)
#define BIND_TEXT_MAX 64 /* an address, and the device of a link-local one */

/* What both have in common. */
static error_t parse_common(int key, char *text, struct argp_state *state)
{
	struct by_hand_options *options = state->input;
	switch (key) {
	case OPTION_TOKEN:
		by_hand_copy(state, "token", options->token, sizeof options->token, text);
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
	struct by_hand_options *options = state->input;
	switch (key) {
	case OPTION_PORT:
		options->port = (uint16_t)by_hand_count(state, "port", text, 1, UINT16_MAX);
		return 0;
	case OPTION_BIND:
		by_hand_copy(state, "bind", options->host, BIND_TEXT_MAX, text);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		return EINVAL;
	default:
		return parse_common(key, text, state);
	}
}

static int option_key(int index)
{
	int letter = lad_workload_options[index].letter;
	return letter ? letter : OPTION_OF_WORKLOAD + index;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	for (int i = 0; i < lad_workload_option_count; i++)
		if (lad_workload_options[i].hand && option_key(i) == key) {
			by_hand_option(state, &lad_workload_options[i], text);
			return 0;
		}
	return parse_common(key, text, state);
}

static error_t parse_generate(int key, char *text, struct argp_state *state)
{
	struct by_hand_options *options = state->input;
	struct lad_job *job = &options->job;
	switch (key) {
	case OPTION_TO:
		by_hand_target(state, text);
		return 0;
	case OPTION_WAIT:
		options->wait_ns = by_hand_duration(state, "wait", text, 0);
		return 0;
	case OPTION_DURATION:
		options->duration_ns = by_hand_duration(state, "duration", text, DURATION_MIN_NS);
		return 0;
	case OPTION_WARMUP:
		options->warmup_ns = by_hand_duration(state, "warmup", text, 0);
		return 0;
	case OPTION_SERVER:
		by_hand_copy(state, "server", job->server, sizeof job->server, text);
		return 0;
	case OPTION_ANSWER:
		by_hand_answer(state, text);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		by_hand_workload(state, text);
		return 0;
	case ARGP_KEY_END:
		by_hand_check_together(state);
		return 0;
	default:
		return parse_option(key, text, state);
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

/* Beside those of the workload. */
static const struct argp_option generate_options[] = {
    {"to", OPTION_TO, "ADDRESS[:PORT]", 0,
     "Where the sink is; [IPv6]:PORT, [fe80::1%eth0]:PORT; of a name all addresses are tried (port 5202)", 0},
    {"wait", OPTION_WAIT, "TIME", 0, "For the sink to appear, and for its name to resolve; 0 to 3600s (0)", 0},
    {"duration", OPTION_DURATION, "TIME", 0, "To measure, 100ms to 3600s (10s)", 0},
    {"warmup", OPTION_WARMUP, "TIME", 0, "Traffic before that which does not count (200ms)", 0},
    {"server", OPTION_SERVER, "ADDRESS[:PORT]", 0, "dns_rr: the DNS server (those of /etc/resolv.conf)", 0},
    {"answer", OPTION_ANSWER, "ADDRESS", 0, "dns_rr: a lookup that gives another address has failed", 0},
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
    NULL, /* see by_hand_parse_generate() */
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

void by_hand_parse_sink(int argc, char **argv, struct by_hand_options *options)
{
	lad_usage_parse(&sink_argp, argc, argv, options);
}

void by_hand_parse_generate(int argc, char **argv, struct by_hand_options *options)
{
	struct argp_option list[COUNT_OF(generate_options) + LAD_WORKLOAD_OPTIONS_MAX];
	struct argp argp = generate_argp;
	int count = 0;
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (option->job.size && !lad_option_is_text(option))
			lad_option_set(&options->job, option->job, lad_option_default(option));
		if (option->hand)
			list[count++] =
			    (struct argp_option){option->hand, option_key(i), option->hand_value, 0, option->help, 0};
	}
	memcpy(list + count, generate_options, sizeof generate_options); /* with the end */
	argp.options = list;
	lad_usage_parse(&argp, argc, argv, options);
}

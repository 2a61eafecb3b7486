/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "agent/by_hand/options.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "netladder/units.h"

#define AMOUNT_MOST (INT64_C(1) << 50)

void alone_check(struct argp_state *state, const char *option, int status, const struct lad_error *err)
{
	if (status < 0)
		argp_error(state, "--%s: %s", option, err->message);
}

int64_t alone_count(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most)
{
	struct lad_error err = {0};
	uint64_t number = 0;
	alone_check(state, option, lad_parse_count(text, &number, &err), &err);
	if (number < (uint64_t)least || number > (uint64_t)most)
		argp_error(state, "--%s: %s is not %lld to %lld", option, lad_excerpt(text).text, (long long)least,
			   (long long)most);
	return (int64_t)number;
}

int64_t alone_bytes(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most)
{
	struct lad_error err = {0};
	int64_t number = 0;
	alone_check(state, option, lad_parse_bytes(text, &number, &err), &err);
	if (number < least || number > most)
		argp_error(state, "--%s: %s is not %lld to %lld bytes", option, lad_excerpt(text).text,
			   (long long)least, (long long)most);
	return number;
}

int64_t alone_duration(struct argp_state *state, const char *option, const char *text, int64_t least_ns)
{
	struct lad_error err = {0};
	int64_t ns = 0;
	alone_check(state, option, lad_parse_duration(text, &ns, &err), &err);
	if (ns < least_ns || ns > ALONE_SECONDS_MAX * LAD_NS_PER_S)
		argp_error(state, "--%s: %s is not %g ms to %d s", option, lad_excerpt(text).text,
			   (double)least_ns / LAD_NS_PER_MS, ALONE_SECONDS_MAX);
	return ns;
}

void alone_copy(struct argp_state *state, const char *option, char *into, size_t size, const char *text)
{
	if (!text[0] || strlen(text) >= size)
		argp_error(state, "--%s: \"%s\" has not 1 to %zu characters", option, lad_excerpt(text).text, size - 1);
	snprintf(into, size, "%s", text);
}

/* ADDRESS, ADDRESS:PORT, an IPv6 address alone, or [IPv6]:PORT. */
void alone_target(struct argp_state *state, char *text)
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
	alone_copy(state, "to", options->host, sizeof options->host, text);
	if (port)
		options->port = (uint16_t)alone_count(state, "to", port, 1, UINT16_MAX);
}

void alone_workload(struct argp_state *state, const char *text)
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

void alone_io(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int io = lad_io_from_name(text);
	if (io < 0)
		argp_error(state, "--io: unknown '%s'; valid: plain, batch, gso", lad_excerpt(text).text);
	options->job.io = (enum lad_io)io;
}

void alone_direction(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int direction = lad_direction_from_name(text);
	if (direction < 0)
		argp_error(state, "--direction: unknown '%s'; valid: forward, reverse, both", lad_excerpt(text).text);
	options->job.direction = (enum lad_direction)direction;
}

void alone_pacing(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	int pacing = lad_pacing_from_name(text);
	if (pacing < 0)
		argp_error(state, "--pacing: unknown '%s'; valid: auto, timer, max_pacing_rate, txtime",
			   lad_excerpt(text).text);
	options->pacing = (enum lad_pacing)pacing;
}

void alone_amount(struct argp_state *state, bool transactions, const char *text)
{
	struct alone_options *options = state->input;
	if (options->job.amount)
		argp_error(state, "--bytes or --transactions, and once");
	options->counts_transactions = transactions;
	options->job.amount = transactions ? alone_count(state, "transactions", text, 1, AMOUNT_MOST)
					   : alone_bytes(state, "bytes", text, 1, AMOUNT_MOST);
}

/* As in a scenario, and a bare number is of messages. */
void alone_rate(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	struct lad_error err = {0};
	char messages[40];
	snprintf(messages, sizeof messages, "%.30s/s", text);
	bool bare = text[0] && strspn(text, "0123456789") == strlen(text);
	alone_check(state, "rate", lad_parse_load(bare ? messages : text, "1 to 1000000000, ", &options->rate, &err),
		    &err);
}

void alone_answer(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	struct in_addr address;
	alone_copy(state, "answer", options->job.address, sizeof options->job.address, text);
	if (inet_pton(AF_INET, text, &address) != 1)
		argp_error(state, "--answer: \"%s\" is no IPv4 address", lad_excerpt(text).text);
}

void alone_mix(struct argp_state *state, const char *text)
{
	struct alone_options *options = state->input;
	struct lad_sizes sizes;
	struct lad_error err = {0};
	alone_check(state, "message-mix", lad_sizes_parse(text, &sizes, &err), &err);
	alone_copy(state, "message-mix", options->job.sizes, sizeof options->job.sizes, text);
}

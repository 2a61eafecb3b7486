/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "agent/by_hand/options.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "netladder/units.h"

void by_hand_check(struct argp_state *state, const char *option, int status, const struct lad_error *err)
{
	if (status < 0)
		argp_error(state, "--%s: %s", option, err->message);
}

int64_t by_hand_count(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most)
{
	struct lad_error err = {0};
	uint64_t number = 0;
	by_hand_check(state, option, lad_parse_count(text, &number, &err), &err);
	if (number < (uint64_t)least || number > (uint64_t)most)
		argp_error(state, "--%s: %s is not %lld to %lld", option, lad_excerpt(text).text, (long long)least,
			   (long long)most);
	return (int64_t)number;
}

int64_t by_hand_duration(struct argp_state *state, const char *option, const char *text, int64_t least_ns)
{
	struct lad_error err = {0};
	int64_t ns = 0;
	by_hand_check(state, option, lad_parse_duration(text, &ns, &err), &err);
	if (ns < least_ns || ns > BY_HAND_SECONDS_MAX * LAD_NS_PER_S)
		argp_error(state, "--%s: %s is not %g ms to %d s", option, lad_excerpt(text).text,
			   (double)least_ns / LAD_NS_PER_MS, BY_HAND_SECONDS_MAX);
	return ns;
}

void by_hand_copy(struct argp_state *state, const char *option, char *into, size_t size, const char *text)
{
	if (!text[0] || strlen(text) >= size)
		argp_error(state, "--%s: \"%s\" has not 1 to %zu characters", option, lad_excerpt(text).text, size - 1);
	snprintf(into, size, "%s", text);
}

/* ADDRESS, ADDRESS:PORT, an IPv6 address alone, or [IPv6]:PORT. */
void by_hand_target(struct argp_state *state, char *text)
{
	struct by_hand_options *options = state->input;
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
	by_hand_copy(state, "to", options->host, sizeof options->host, text);
	if (port)
		options->port = (uint16_t)by_hand_count(state, "to", port, 1, UINT16_MAX);
}

void by_hand_workload(struct argp_state *state, const char *text)
{
	struct by_hand_options *options = state->input;
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

/* As in a scenario, and a bare number is of messages. */
static void take_rate(struct argp_state *state, const char *text)
{
	struct by_hand_options *options = state->input;
	struct lad_error err = {0};
	char messages[40];
	snprintf(messages, sizeof messages, "%.30s/s", text);
	bool bare = text[0] && strspn(text, "0123456789") == strlen(text);
	by_hand_check(state, "rate", lad_parse_load(bare ? messages : text, "1 to 1000000000, ", &options->rate, &err),
		      &err);
}

void by_hand_answer(struct argp_state *state, const char *text)
{
	struct by_hand_options *options = state->input;
	struct in_addr address;
	by_hand_copy(state, "answer", options->job.address, sizeof options->job.address, text);
	if (inet_pton(AF_INET, text, &address) != 1)
		argp_error(state, "--answer: \"%s\" is no IPv4 address", lad_excerpt(text).text);
}

/* Where OPTION is, and whether that is the job. */
static void *base_of(struct by_hand_options *options, const struct lad_workload_option *option,
		     struct lad_option_place *place)
{
	bool in_job = option->job.size;
	*place = in_job ? option->job : option->workload;
	return in_job ? (void *)&options->job : (void *)&options->workload;
}

static int64_t word_value(struct argp_state *state, const struct lad_workload_option *option, const char *text)
{
	int64_t value = 0;
	char valid[128];
	int count;
	const char *const *words = lad_option_words(option, &count);
	if (lad_option_parse(option, text, &value, NULL) < 0) {
		lad_join(valid, sizeof valid, words, (size_t)count);
		argp_error(state, "--%s: unknown '%s'; valid: %s", option->hand, lad_excerpt(text).text, valid);
	}
	return value;
}

static int64_t number_value(struct argp_state *state, const struct lad_workload_option *option, const char *text)
{
	struct lad_error err = {0};
	int64_t value = 0, least, most;
	lad_option_limits(option, &least, &most);
	if (option->none && strcmp(text, option->none) != 0)
		lad_option_parse(option, option->least, &least, NULL);
	by_hand_check(state, option->hand, lad_option_parse(option, text, &value, &err), &err);
	if (value < least || value > most)
		argp_error(state, "--%s: %s is not %s to %s", option->hand, lad_excerpt(text).text, option->least,
			   option->hand_most ? option->hand_most : option->most);
	return value;
}

void by_hand_option(struct argp_state *state, const struct lad_workload_option *option, const char *text)
{
	struct lad_option_place place;
	struct lad_error err = {0};
	struct lad_sizes sizes;
	char *base = base_of(state->input, option, &place);
	int count;
	if (option->type == LAD_OPTION_LOAD)
		take_rate(state, text);
	else if (option->type == LAD_OPTION_FLAG)
		lad_option_set(base, place, true);
	else if (lad_option_words(option, &count))
		lad_option_set(base, place, word_value(state, option, text));
	else if (!lad_option_is_text(option))
		lad_option_set(base, place, number_value(state, option, text));
	else {
		if (option->type == LAD_OPTION_SIZES)
			by_hand_check(state, option->hand, lad_sizes_parse(text, &sizes, &err), &err);
		by_hand_copy(state, option->hand, base + place.offset, place.size, text);
	}
}

bool by_hand_has_option(const struct by_hand_options *options, const struct lad_workload_option *option)
{
	const void *base = option->job.size ? (const void *)&options->job : (const void *)&options->workload;
	if (option->type == LAD_OPTION_LOAD)
		return options->rate.per_s > 0;
	return !lad_option_is_default(option, base, option->job.size ? option->job : option->workload);
}

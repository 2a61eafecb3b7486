/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/convert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netladder/pacing.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/workload.h"

#define BIT(kind) (1u << (kind))
#define STREAMS (BIT(LAD_TCP_STREAM) | BIT(LAD_UDP_STREAM))
#define ANSWERS (BIT(LAD_TCP_RR) | BIT(LAD_TCP_CRR) | BIT(LAD_UDP_RR))
#define TRAFFIC (STREAMS | ANSWERS)
#define TCP (BIT(LAD_TCP_STREAM) | BIT(LAD_TCP_RR) | BIT(LAD_TCP_CRR))
#define UDP (BIT(LAD_UDP_STREAM) | BIT(LAD_UDP_RR))

static int complain(struct scenario_source *source, unsigned index, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int complain(struct scenario_source *source, unsigned index, const char *key, const char *format, ...)
{
	char path[64], message[256];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	snprintf(path, sizeof path, "workloads[%u].%s", index + 1, key);
	return source_complain(source, source_find(source, path), path, "%s", message);
}

/* A key that is set but means nothing to this kind of workload is refused: nobody should believe in its effect. */
static int check_kinds(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
		       const struct lad_workload *workload)
{
	const struct {
		const char *key;
		bool set;
		unsigned kinds;
	} keys[] = {
	    {"io", raw->io != LAD_IO_PLAIN, BIT(LAD_UDP_STREAM)},
	    {"receive", raw->receive != LAD_RECEIVE_DISCARD, BIT(LAD_TCP_STREAM)},
	    {"direction", raw->direction != LAD_FORWARD, STREAMS},
	    {"bytes", raw->bytes && strcmp(raw->bytes, "none") != 0, STREAMS},
	    {"transactions", raw->transactions && strcmp(raw->transactions, "none") != 0, ANSWERS | BIT(LAD_DNS_RR)},
	    {"think_time", workload->manner.think_ns > 0, ANSWERS | BIT(LAD_DNS_RR)},
	    {"pipeline", raw->pipeline && *raw->pipeline != 1, BIT(LAD_TCP_RR)},
	    {"requests", raw->requests && *raw->requests != 1, BIT(LAD_TCP_CRR)},
	    {"timestamps", raw->timestamps == RAW_TRUE, BIT(LAD_TCP_RR) | BIT(LAD_UDP_RR)},
	    {"nodelay", raw->nodelay == RAW_IS_FALSE, TCP},
	    {"cork", raw->cork == RAW_TRUE, BIT(LAD_TCP_STREAM)},
	    {"zerocopy", raw->zerocopy == RAW_TRUE, BIT(LAD_TCP_STREAM)},
	    {"ecn", raw->ecn && *raw->ecn != 0, UDP | BIT(LAD_DNS_RR)},
	    {"payload", raw->payload != LAD_PAYLOAD_ZERO, TRAFFIC},
	    {"verify", raw->verify == RAW_TRUE, TRAFFIC},
	    {"rate", raw->rate && strcmp(raw->rate, "unlimited") != 0, TRAFFIC},
	    {"name", raw->name, BIT(LAD_DNS_RR)},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *names[LAD_WORKLOAD_COUNT];
		char valid[128];
		size_t count = 0;
		if (!keys[i].set || keys[i].kinds & BIT(raw->kind))
			continue;
		for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++)
			if (keys[i].kinds & BIT(kind))
				names[count++] = lad_workload_name((enum lad_workload_kind)kind);
		lad_join(valid, sizeof valid, names, count);
		return complain(source, index, keys[i].key,
				"does not apply to %s; valid: leave this key out, or one of the kinds %s",
				lad_workload_name(raw->kind), valid);
	}
	return 0;
}

/* A rate in bits of whatever is not paced by the kernel is sent as so many messages a second, and the other way round.
 */
static double bits_of_a_message(const struct lad_workload *workload)
{
	struct lad_sizes sizes;
	double bytes = (double)workload->message_bytes;
	if (workload->manner.sizes[0] && lad_sizes_parse(workload->manner.sizes, &sizes, NULL) == 0)
		bytes = lad_sizes_mean(&sizes);
	return bytes * 8;
}

static int convert_rate(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			struct lad_workload *workload)
{
	struct lad_manner *manner = &workload->manner;
	struct scenario_value value = scenario_value_or_default(raw->rate, "workloads[].rate");
	bool messages = value.integer == 1;
	struct lad_pacing_use use = {.pacing = raw->pacing,
				     .kind = raw->kind,
				     .io = raw->io,
				     .direction = raw->direction,
				     .rated = value.real > 0,
				     .messages = messages,
				     .flows = workload->flows,
				     .burst = manner->burst};
	struct lad_error why;
	if (lad_pacing_check(&use, &why) < 0)
		return complain(source, index, "pacing", "%s", why.message);
	manner->rate_per_flow = raw->rate_per;
	if (manner->rate_per_flow && value.real == 0.)
		return complain(source, index, "rate_per",
				"says what a rate is of; valid: with a rate, or leave this key out");
	if (lad_pacing_by_socket(&use)) {
		manner->rate_bps = messages ? value.real * bits_of_a_message(workload) : value.real;
		return 0;
	}
	manner->rate_per_s = messages ? value.real : value.real / bits_of_a_message(workload);
	double most = LAD_LOAD_MESSAGES_MAX / (manner->rate_per_flow ? LAD_WORKLOAD_FLOWS_MAX : 1);
	if (manner->rate_per_s > most)
		return complain(source, index, "rate", "is %.0f messages a second%s; valid: at most %.0f/s",
				manner->rate_per_s, manner->rate_per_flow ? " on each flow" : "", most);
	return 0;
}

static int convert_mix(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
		       struct lad_workload *workload)
{
	struct lad_sizes sizes;
	if (!raw->message_mix || strcmp(raw->message_mix, "none") == 0)
		return 0;
	if (raw->message_bytes)
		return complain(source, index, "message_mix", "message_bytes is given too; valid: one of the two");
	if (raw->io == LAD_IO_GSO)
		return complain(source, index, "message_mix",
				"io gso cuts packets into datagrams of one size; valid: message_bytes, or another io");
	lad_sizes_parse(raw->message_mix, &sizes, NULL);
	int64_t least = LAD_CRR_MIX_LEAST;
	if (raw->kind != LAD_TCP_CRR)
		lad_parse_bytes(lad_workload_of(raw->kind)->message_least, &least, NULL);
	if (lad_sizes_least(&sizes) < least)
		return complain(source, index, "message_mix", "%lld bytes is too small for %s; valid: %lld or more",
				(long long)lad_sizes_least(&sizes), lad_workload_name(raw->kind), (long long)least);
	snprintf(workload->manner.sizes, sizeof workload->manner.sizes, "%s", raw->message_mix);
	workload->message_bytes = lad_sizes_most(&sizes);
	return 0;
}

static int64_t least_message(const struct lad_workload *workload)
{
	struct lad_sizes sizes;
	bool mixed = workload->manner.sizes[0] && lad_sizes_parse(workload->manner.sizes, &sizes, NULL) == 0;
	return mixed ? lad_sizes_least(&sizes) : workload->message_bytes;
}

static int check_together(struct scenario_source *source, unsigned index, const struct lad_workload *workload)
{
	const struct lad_manner *manner = &workload->manner;
	bool single = workload->flows == 1 && manner->pipeline == 1 && manner->rate_per_s == 0.;
	if (manner->timestamps && !single)
		return complain(source, index, "timestamps",
				"can be told apart only one by one; valid: with flows 1, pipeline 1 and no rate");
	if (manner->pipeline > 1 && manner->rate_per_s > 0)
		return complain(source, index, "pipeline",
				"a rate says when requests leave, whatever is outstanding; valid: one of the two");
	if (manner->think_ns > 0 && (manner->rate_per_s > 0 || manner->pipeline > 1))
		return complain(
		    source, index, "think_time",
		    "is between a response and the next request; valid: without a rate and with pipeline 1");
	if (manner->burst > 1 && manner->rate_per_s == 0.)
		return complain(
		    source, index, "burst",
		    "is so many messages of a rate at once; valid: with a rate as 1000/s, or leave this key out");
	if (workload->kind == LAD_UDP_RR && least_message(workload) == 1 && manner->burst > 256 * workload->flows)
		return complain(source, index, "burst",
				"one byte tells 256 requests of a flow apart; valid: messages of 2 or more, or "
				"more flows");
	if (manner->threads > workload->flows)
		return complain(source, index, "threads",
				"%d is more than there are flows to share; valid: at most flows, which is %d",
				manner->threads, workload->flows);
	return 0;
}

/* Workloads that differ in their buffers alone are two, and their rows must be told apart. */
static void describe_sockets(const struct raw_workload *raw, struct lad_manner *manner)
{
	const struct lad_workload_facts *defaults = lad_workload_of(raw->kind);
	const char *buffer = raw->socket_buffer, *control = raw->congestion_control;
	bool own_buffer = buffer && strcmp(buffer, defaults->socket_buffer) != 0;
	bool own_control = control && strcmp(control, defaults->congestion_control) != 0;
	snprintf(manner->sockets, sizeof manner->sockets, "%s%.20s%s%s%.15s", own_buffer ? "buffer=" : "",
		 own_buffer ? buffer : "", own_buffer && own_control ? " " : "", own_control ? "cc=" : "",
		 own_control ? control : "");
}

int scenario_convert_manner(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			    struct lad_workload *workload)
{
	workload->manner = (struct lad_manner){
	    .io = raw->io,
	    .receive = raw->receive,
	    .direction = raw->direction,
	    .payload = raw->payload,
	    .pacing = raw->pacing,
	    .pipeline = scenario_count_or_default(raw->pipeline, "workloads[].pipeline"),
	    .requests = scenario_count_or_default(raw->requests, "workloads[].requests"),
	    .verify = raw->verify == RAW_TRUE,
	    .timestamps = raw->timestamps == RAW_TRUE,
	    .zerocopy = raw->zerocopy == RAW_TRUE,
	    .nagle = raw->nodelay == RAW_IS_FALSE,
	    .cork = raw->cork == RAW_TRUE,
	    .dscp = scenario_count_or_default(raw->dscp, "workloads[].dscp"),
	    .ecn = scenario_count_or_default(raw->ecn, "workloads[].ecn"),
	    .ttl = (int)scenario_value_or_default(raw->ttl, "workloads[].ttl").integer,
	    .dont_fragment = (int)raw->dont_fragment,
	    .busy_poll_us = (int)(scenario_value_or_default(raw->busy_poll, "workloads[].busy_poll").integer / 1000),
	    .think_ns = scenario_value_or_default(raw->think_time, "workloads[].think_time").integer,
	    .burst = scenario_count_or_default(raw->burst, "workloads[].burst"),
	    .threads = scenario_count_or_default(raw->threads, "workloads[].threads"),
	    .bytes = scenario_value_or_default(raw->bytes, "workloads[].bytes").integer,
	    .transactions = scenario_value_or_default(raw->transactions, "workloads[].transactions").integer,
	};
	if (check_kinds(source, index, raw, workload) < 0)
		return -1;
	snprintf(workload->manner.name, sizeof workload->manner.name, "%s", raw->name ? raw->name : "");
	describe_sockets(raw, &workload->manner);
	if (convert_mix(source, index, raw, workload) < 0 || convert_rate(source, index, raw, workload) < 0)
		return -1;
	return check_together(source, index, workload);
}

struct words {
	char *out;
	size_t used;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
	size_t left = LAD_OPTIONS_MAX - words->used;
	va_list args;
	if (words->used && left > 1) {
		words->out[words->used++] = ' ';
		left--;
	}
	va_start(args, format);
	int length = vsnprintf(words->out + words->used, left, format, args);
	va_end(args);
	words->used += length > 0 ? ((size_t)length < left ? (size_t)length : left - 1) : 0;
}

void lad_manner_describe(const struct lad_manner *manner, char out[LAD_OPTIONS_MAX])
{
	struct words words = {out, 0};
	out[0] = '\0';
	if (manner->sockets[0])
		add(&words, "%s", manner->sockets);
	if (manner->name[0])
		add(&words, "name=%s", manner->name);
	if (manner->io != LAD_IO_PLAIN)
		add(&words, "io=%s", lad_io_name(manner->io));
	if (manner->receive != LAD_RECEIVE_DISCARD)
		add(&words, "receive=%s", lad_receive_name(manner->receive));
	if (manner->direction != LAD_FORWARD)
		add(&words, "direction=%s", lad_direction_name(manner->direction));
	if (manner->rate_per_s > 0)
		add(&words, "rate=%.10g/s", manner->rate_per_s);
	if (manner->rate_bps > 0)
		add(&words, "rate=%.10gbit", manner->rate_bps);
	if (manner->rate_per_flow)
		add(&words, "rate_per=flow");
	if (manner->pacing != LAD_PACING_AUTO)
		add(&words, "pacing=%s", lad_pacing_name(manner->pacing));
	if (manner->sizes[0]) { /* one word: blanks become plus signs */
		add(&words, "mix=%s", manner->sizes);
		for (char *blank = strchr(strstr(out, "mix="), ' '); blank; blank = strchr(blank, ' '))
			*blank = '+';
	}
	if (manner->pipeline > 1)
		add(&words, "pipeline=%d", manner->pipeline);
	if (manner->requests > 1)
		add(&words, "requests=%d", manner->requests);
	if (manner->think_ns > 0)
		add(&words, "think=%.10gus", (double)manner->think_ns / 1e3);
	if (manner->burst > 1)
		add(&words, "burst=%d", manner->burst);
	if (manner->threads > 1)
		add(&words, "threads=%d", manner->threads);
	if (manner->payload != LAD_PAYLOAD_ZERO)
		add(&words, "payload=%s", lad_payload_name(manner->payload));
	const struct {
		const char *word;
		bool set;
	} switches[] = {{"verify", manner->verify},
			{"timestamps", manner->timestamps},
			{"nodelay=false", manner->nagle},
			{"cork", manner->cork},
			{"zerocopy", manner->zerocopy},
			{"df=false", manner->dont_fragment == 1},
			{"df=true", manner->dont_fragment == 2}};
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (switches[i].set)
			add(&words, "%s", switches[i].word);
	const struct {
		const char *word;
		int64_t value;
	} numbers[] = {{"dscp", manner->dscp},	 {"ecn", manner->ecn},
		       {"ttl", manner->ttl},	 {"busy_poll_us", manner->busy_poll_us},
		       {"bytes", manner->bytes}, {"transactions", manner->transactions}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i].value)
			add(&words, "%s=%lld", numbers[i].word, (long long)numbers[i].value);
}

const char *lad_workload_loop(const struct lad_workload *workload)
{
	if (workload->manner.rate_per_s > 0)
		return "open";
	/* A paced socket's buffer is what holds datagrams back, as it holds TCP back. */
	return workload->kind == LAD_UDP_STREAM && workload->manner.rate_bps == 0. ? "saturating" : "closed";
}

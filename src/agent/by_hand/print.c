/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "agent/by_hand/by_hand.h"
#include "netladder/cleanup.h"
#include "netladder/failure.h"
#include "netladder/units.h"

/* What a cut window leaves over is no figure. */
#define INTERVAL_MIN_S 0.1
#define RATE_MIN_S 1e-3
#define SECONDS_MIN_S 0.01 /* less is not said in seconds */

/* A number that does not apply, or that nothing gives, is left out. */
static void add_number(cJSON *object, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, name, value);
}

static void print_object(cJSON *object)
{
	lad_cleanup_free char *text = cJSON_PrintUnformatted(object);
	puts(text ? text : "{\"type\":\"error\",\"message\":\"out of memory\"}");
	fflush(stdout);
	cJSON_Delete(object);
}

void by_hand_print_listening(const struct by_hand_options *options, const char *token)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "type", "listening");
	cJSON_AddStringToObject(object, "address", options->host);
	cJSON_AddNumberToObject(object, "port", options->port);
	cJSON_AddStringToObject(object, "token", token);
	print_object(object);
}

void by_hand_print_begin(const struct by_hand *by_hand, const struct lad_job *job, const char *address)
{
	bool generates = job->role == LAD_GENERATOR;
	bool both = job->direction == LAD_BOTH_WAYS;
	const char *way = both ? "to and from" : generates == (job->direction == LAD_FORWARD) ? "to" : "from";
	if (by_hand->options->json) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "type", "begin");
		cJSON_AddStringToObject(object, "role", generates ? "generator" : "sink");
		cJSON_AddStringToObject(object, "workload", lad_workload_name(job->workload));
		cJSON_AddStringToObject(object, "loop", job->rate_per_s > 0 ? "open" : "closed");
		cJSON_AddStringToObject(object, "peer", address);
		if (lad_is_stream(job->workload))
			cJSON_AddStringToObject(object, "direction", lad_direction_name(job->direction));
		cJSON_AddNumberToObject(object, "flows", job->flows);
		cJSON_AddNumberToObject(object, "threads", job->threads);
		cJSON_AddNumberToObject(object, "message_bytes", (double)job->message_bytes);
		if (job->sizes[0])
			cJSON_AddStringToObject(object, "message_mix", job->sizes);
		if (job->response_bytes)
			cJSON_AddNumberToObject(object, "response_bytes", (double)job->response_bytes);
		print_object(object);
		return;
	}
	printf("%s %s %s: %d flow%s", lad_workload_name(job->workload), way, address, job->flows,
	       job->flows == 1 ? "" : "s");
	if (job->workload == LAD_DNS_RR)
		printf(", looking up %s", job->name);
	else if (job->sizes[0])
		printf(", messages of %s bytes", job->sizes);
	else
		printf(", %lld bytes a message", (long long)job->message_bytes);
	if (job->response_bytes)
		printf(", %lld a response", (long long)job->response_bytes);
	if (job->threads > 1)
		printf(", %d threads", job->threads);
	if (job->rate_per_s > 0)
		printf(", open loop, %g a second%s", job->rate_per_s, job->txtime ? " by SO_TXTIME" : "");
	if (job->pacing_bps > 0)
		printf(", paced to %g Mbit/s", job->pacing_bps / 1e6);
	putchar('\n');
	fflush(stdout);
}

void by_hand_print_sample(struct by_hand *by_hand, const struct lad_sample *sample)
{
	const struct lad_job *job = &by_hand->agent->job;
	const struct lad_sample *last = &by_hand->last;
	double seconds = (double)(sample->time_ns - last->time_ns) / 1e9;
	double bits = (double)(sample->bytes - last->bytes) * 8;
	double messages = (double)(sample->messages - last->messages);
	double transactions = (double)(sample->transactions - last->transactions);
	if (seconds < INTERVAL_MIN_S)
		return;
	if (by_hand->options->json) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "type", "interval");
		cJSON_AddNumberToObject(object, "end_s", (double)sample->time_ns / 1e9);
		cJSON_AddNumberToObject(object, "seconds", seconds);
		if (lad_is_stream(job->workload))
			cJSON_AddNumberToObject(object, "bits_per_s", bits / seconds);
		if (job->workload == LAD_UDP_STREAM)
			cJSON_AddNumberToObject(object, "datagrams_per_s", messages / seconds);
		if (!lad_is_stream(job->workload))
			cJSON_AddNumberToObject(object, "transactions_per_s", transactions / seconds);
		add_number(object, "retransmits", sample->retransmits - last->retransmits);
		add_number(object, "rtt_us", sample->rtt_us);
		add_number(object, "cwnd_segments", sample->cwnd_segments);
		print_object(object);
	} else {
		char rate[32], count[32];
		lad_format_rate(rate, sizeof rate, bits / seconds);
		lad_format_count(count, sizeof count,
				 (lad_is_stream(job->workload) ? messages : transactions) / seconds);
		printf("%7.1f s  ", (double)sample->time_ns / 1e9);
		if (job->workload == LAD_TCP_STREAM)
			printf("%s", rate);
		else if (lad_is_stream(job->workload))
			printf("%s datagrams/s  %s", count, rate);
		else
			printf("%s transactions/s", count);
		if (sample->retransmits - last->retransmits > 0)
			printf("  %.0f retransmits", sample->retransmits - last->retransmits);
		putchar('\n');
	}
	fflush(stdout);
	by_hand->last = *sample;
}

/* What our own side counted, whether or not its window came to its end. False when nothing was measured. */
static bool own_result(const struct by_hand *by_hand, struct lad_agent_result *result)
{
	const struct agent *agent = by_hand->agent;
	*result = agent->result;
	if (by_hand->reported)
		return true;
	if (agent->phase != AGENT_WINDOW && agent->phase != AGENT_ENOUGH)
		return false;
	result->elapsed_ns = agent_now_ns() - agent->begin.time_ns;
	result->bytes = agent->counters.bytes - agent->begin.counters.bytes;
	result->messages = agent->counters.messages - agent->begin.counters.messages;
	result->transactions = agent->counters.transactions - agent->begin.counters.transactions;
	result->reverse_bytes = agent->counters.reverse_bytes - agent->begin.counters.reverse_bytes;
	result->reverse_messages = agent->counters.reverse_messages - agent->begin.counters.reverse_messages;
	result->retransmits = NAN;
	return true;
}

struct summary {
	const struct lad_job *job;
	const struct lad_agent_result *generator, *sink; /* NULL: not known */
	const struct lad_agent_result *counted;		 /* the side whose count is the figure */
	const struct lad_agent_result *sender; /* of streams, who sends what counts; else the generator; or NULL */
	const struct lad_agent_result *back;   /* both directions: who counts the other; else NULL */
	double seconds, cpu_s;		       /* CPU of our own side */
	double loss;			       /* NAN: not known */
};

static struct summary summarise(const struct by_hand *by_hand, const struct lad_agent_result *own)
{
	struct summary summary = {.job = &by_hand->agent->job, .loss = NAN};
	const struct lad_agent_result *other = by_hand->heard ? by_hand->other : NULL;
	bool sink = summary.job->role == LAD_SINK;
	summary.generator = sink ? other : own;
	summary.sink = sink ? own : other;
	bool reverse = summary.job->direction == LAD_REVERSE;
	bool by_sink = lad_counting_role(summary.job->workload, summary.job->direction) == LAD_SINK;
	const struct lad_agent_result *counter = by_sink ? summary.sink : summary.generator;
	summary.sender = reverse ? summary.sink : summary.generator;
	summary.back = summary.job->direction == LAD_BOTH_WAYS ? summary.generator : NULL;
	summary.counted = counter ? counter : own;
	summary.seconds = (double)summary.counted->elapsed_ns / 1e9;
	summary.cpu_s = (double)(own->cpu_user_ns + own->cpu_system_ns) / 1e9;
	if (summary.job->workload == LAD_UDP_STREAM && counter && summary.sender)
		summary.loss = lad_datagram_loss(summary.sender, counter);
	return summary;
}

static double seconds_of(const struct lad_agent_result *result)
{
	return (double)result->elapsed_ns / 1e9;
}

/* Of all that arrived anywhere. */
static uint64_t reordered(const struct summary *summary)
{
	return (summary->sink ? summary->sink->reordered : 0) +
	       (summary->generator ? summary->generator->reordered : 0);
}

static uint64_t duplicates(const struct summary *summary)
{
	return (summary->sink ? summary->sink->duplicates : 0) +
	       (summary->generator ? summary->generator->duplicates : 0);
}

/* Messages, or transactions, of RESULT. */
static uint64_t events_of(const struct summary *summary, const struct lad_agent_result *result)
{
	return lad_is_stream(summary->job->workload) ? result->messages : result->transactions;
}

/* Over less than a millisecond, or over one message, there is no rate: its beginning and its end are one event. */
static bool is_rate(double seconds, uint64_t events)
{
	return seconds >= RATE_MIN_S && events > 1;
}

static void print_json(const struct by_hand *by_hand, const struct summary *summary)
{
	const struct lad_agent_result *counted = summary->counted;
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "type", "result");
	cJSON_AddStringToObject(object, "counted_by", counted == summary->sink ? "sink" : "generator");
	cJSON_AddNumberToObject(object, "seconds", summary->seconds);
	cJSON_AddNumberToObject(object, "bytes", (double)counted->bytes);
	bool udp = summary->job->workload == LAD_UDP_STREAM, stream = lad_is_stream(summary->job->workload);
	bool rated = is_rate(summary->seconds, events_of(summary, counted));
	if (stream && rated)
		add_number(object, "goodput_bps", (double)counted->bytes * 8 / summary->seconds);
	if (udp && rated)
		add_number(object, "datagrams_per_s", (double)counted->messages / summary->seconds);
	if (udp)
		add_number(object, "loss_ratio", summary->loss);
	const struct lad_agent_result *back = summary->back;
	bool back_rated = back && is_rate(seconds_of(back), back->reverse_messages);
	if (back_rated)
		add_number(object, "reverse_goodput_bps", (double)back->reverse_bytes * 8 / seconds_of(back));
	if (back_rated && udp)
		add_number(object, "reverse_datagrams_per_s", (double)back->reverse_messages / seconds_of(back));
	if (udp && summary->sink && summary->generator) {
		cJSON_AddNumberToObject(object, "reordered", (double)reordered(summary));
		cJSON_AddNumberToObject(object, "duplicates", (double)duplicates(summary));
	}
	if (!stream)
		cJSON_AddNumberToObject(object, "transactions", (double)counted->transactions);
	if (!stream && rated)
		add_number(object, "transactions_per_s", (double)counted->transactions / summary->seconds);
	static const struct {
		const char *name;
		double quantile;
	} quantiles[] = {{"latency_p50_us", 0.5},
			 {"latency_p90_us", 0.9},
			 {"latency_p99_us", 0.99},
			 {"latency_p999_us", 0.999},
			 {"latency_max_us", 1}};
	for (size_t i = 0; counted->latency.total && i < sizeof quantiles / sizeof *quantiles; i++)
		add_number(object, quantiles[i].name,
			   (double)lad_histogram_quantile(&counted->latency, quantiles[i].quantile) / 1e3);
	if (summary->sender) {
		add_number(object, "retransmits", summary->sender->retransmits);
		add_number(object, "rtt_us", summary->sender->rtt_us);
		cJSON_AddNumberToObject(object, "timeouts", (double)summary->sender->timeouts);
		if (summary->job->workload == LAD_UDP_RR)
			cJSON_AddNumberToObject(object, "late", (double)summary->sender->late);
		cJSON_AddNumberToObject(object, "send_drops", (double)summary->sender->send_drops);
	}
	add_number(object, "cpu_s", summary->cpu_s);
	cJSON_AddBoolToObject(object, "complete", by_hand->reported && !by_hand->err.message[0]);
	if (by_hand->err.message[0]) {
		cJSON_AddStringToObject(object, "error", by_hand->err.message);
		if (by_hand->err.remedy[0])
			cJSON_AddStringToObject(object, "remedy", by_hand->err.remedy);
		cJSON_AddNumberToObject(object, "exit_code", by_hand->err.exit_code);
	}
	print_object(object);
}

static void print_latency(const struct lad_histogram *latency)
{
	char p50[32], p90[32], p99[32], p999[32], most[32];
	lad_format_duration(p50, sizeof p50, lad_histogram_quantile(latency, 0.5));
	lad_format_duration(p90, sizeof p90, lad_histogram_quantile(latency, 0.9));
	lad_format_duration(p99, sizeof p99, lad_histogram_quantile(latency, 0.99));
	lad_format_duration(p999, sizeof p999, lad_histogram_quantile(latency, 0.999));
	lad_format_duration(most, sizeof most, latency->max_ns);
	printf("latency: p50 %s, p90 %s, p99 %s, p99.9 %s, longest %s\n", p50, p90, p99, p999, most);
}

/* What the run is about: a rate, or where there is none, how much it was. */
static void print_figure(const struct summary *summary)
{
	const struct lad_agent_result *counted = summary->counted;
	bool stream = lad_is_stream(summary->job->workload);
	uint64_t events = events_of(summary, counted);
	char rate[32], count[32];
	lad_format_rate(rate, sizeof rate, (double)counted->bytes * 8 / summary->seconds);
	lad_format_count(count, sizeof count, (double)events / summary->seconds);
	if (!is_rate(summary->seconds, events) && stream)
		printf("%llu bytes", (unsigned long long)counted->bytes);
	else if (!is_rate(summary->seconds, events))
		printf("%llu transaction%s", (unsigned long long)events, events == 1 ? "" : "s");
	else if (summary->job->workload == LAD_TCP_STREAM)
		printf("%s", rate);
	else if (stream)
		printf("%s datagrams/s, %s", count, rate);
	else
		printf("%s transactions/s", count);
}

static void print_figure_back(const struct lad_agent_result *back)
{
	char rate[32];
	lad_format_rate(rate, sizeof rate, (double)back->reverse_bytes * 8 / seconds_of(back));
	if (is_rate(seconds_of(back), back->reverse_messages))
		printf(" there and %s back", rate);
	else
		printf(" there and %llu bytes back", (unsigned long long)back->reverse_bytes);
}

static void print_text(const struct summary *summary)
{
	const struct lad_agent_result *counted = summary->counted;
	char seconds[32];
	printf("result: ");
	print_figure(summary);
	if (summary->back)
		print_figure_back(summary->back);
	if (summary->seconds < SECONDS_MIN_S)
		lad_format_duration(seconds, sizeof seconds, counted->elapsed_ns);
	else
		snprintf(seconds, sizeof seconds, "%.2f s", summary->seconds);
	printf(" in %s, counted by the %s", seconds,
	       summary->back && summary->sink ? "receivers"
	       : counted == summary->sink     ? "sink"
					      : "generator");
	if (isfinite(summary->loss))
		printf(", %.3g %% lost", summary->loss * 100);
	if (reordered(summary) + duplicates(summary))
		printf(", %llu reordered, %llu twice", (unsigned long long)reordered(summary),
		       (unsigned long long)duplicates(summary));
	if (summary->sender && isfinite(summary->sender->retransmits))
		printf(", %.0f retransmits", summary->sender->retransmits);
	if (summary->generator && summary->generator->timeouts)
		printf(", %llu %s", (unsigned long long)summary->generator->timeouts,
		       summary->job->workload == LAD_DNS_RR ? "lookups failed" : "responses did not come");
	if (summary->generator && summary->generator->late)
		printf(", %llu responses came late", (unsigned long long)summary->generator->late);
	putchar('\n');
	if (counted->latency.total)
		print_latency(&counted->latency);
	if (summary->cpu_s > 0)
		printf("CPU: %.2f s on this side\n", summary->cpu_s);
}

void by_hand_print_draining(const struct by_hand *by_hand, uint64_t bytes)
{
	if (by_hand->options->json) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "type", "draining");
		cJSON_AddNumberToObject(object, "on_the_way_bytes", (double)bytes);
		print_object(object);
		return;
	}
	if (bytes)
		printf("draining: %.1f kB sent from here are still on the way\n", (double)bytes / 1e3);
	else
		puts("draining: what was on the way still comes");
	fflush(stdout);
}

void by_hand_print_waiting(const struct by_hand *by_hand, const char *reason)
{
	double seconds = (double)by_hand->options->wait_ns / 1e9;
	if (by_hand->options->json) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "type", "waiting");
		cJSON_AddNumberToObject(object, "seconds", seconds);
		cJSON_AddStringToObject(object, "reason", reason);
		print_object(object);
		return;
	}
	printf("waiting up to %g s: %s\n", seconds, reason);
	fflush(stdout);
}

void by_hand_print_failure(const struct by_hand_options *options, const struct lad_error *err)
{
	if (options->json)
		lad_failure_print(stdout, err);
}

void by_hand_print_result(const struct by_hand *by_hand)
{
	lad_cleanup_free struct lad_agent_result *own = malloc(sizeof *own);
	if (!own || !own_result(by_hand, own) || (!by_hand->reported && own->elapsed_ns <= 0)) {
		if (by_hand->options->json)
			lad_failure_print(stdout, &by_hand->err);
		else
			puts("nothing was measured");
		return;
	}
	struct summary summary = summarise(by_hand, own);
	if (by_hand->options->json)
		print_json(by_hand, &summary);
	else
		print_text(&summary);
	fflush(stdout);
}

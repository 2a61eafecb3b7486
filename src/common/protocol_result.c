/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/protocol_parts.h"

#define FIELD(name)                                                                                                    \
	{                                                                                                              \
#name, offsetof(struct lad_agent_result, name)                                                         \
	}

struct field {
	const char *name;
	size_t offset;
};

/* The whole-number fields of a result, in one place for both directions. */
static const struct field counts[] = {
    FIELD(elapsed_ns),
    FIELD(bytes),
    FIELD(messages),
    FIELD(transactions),
    FIELD(bytes_total),
    FIELD(messages_total),
    FIELD(transactions_total),
    FIELD(reverse_bytes),
    FIELD(reverse_bytes_total),
    FIELD(send_drops),
    FIELD(timeouts),
    FIELD(window_messages),
    FIELD(reordered),
    FIELD(duplicates),
    FIELD(receive_queue_drops),
    FIELD(segments),
    FIELD(io_calls),
    FIELD(cpu_user_ns),
    FIELD(cpu_system_ns),
    FIELD(switches_voluntary),
    FIELD(switches_involuntary),
    FIELD(zerocopy_copied),
    /* from here on missing in the results of older agents (`run --versus`), and then zero */
    FIELD(reverse_messages),
    FIELD(reverse_messages_total),
    FIELD(reverse_window_messages),
    FIELD(socket.send_buffer_bytes),
    FIELD(socket.receive_buffer_bytes),
    FIELD(socket.ttl),
    FIELD(late),
    FIELD(joined_most),
    FIELD(started_late_ns),
};
#define COUNTS_REQUIRED (COUNT_OF(counts) - 9)

/* The figures that may not apply: null then, and NAN here. */
static const struct field figures[] = {
    FIELD(retransmits),
    FIELD(rtt_us),
    FIELD(rttvar_us),
    FIELD(cwnd_segments),
    FIELD(delivered_segments),
    FIELD(pacing_rate_bps),
    FIELD(busy_ratio),
    FIELD(rwnd_limited_ratio),
    FIELD(sndbuf_limited_ratio),
    FIELD(schedule_error_mean_us),
    FIELD(schedule_error_max_us),
    FIELD(jitter_us),
};

#define FIGURE_MAX 1e24 /* nanoseconds of a whole trial's transactions, summed, are far below it */
#define SAMPLE_NUMBERS 8
#define SAMPLE_COUNTS 4 /* the first of them are whole numbers */

static void add_histogram(cJSON *object, const char *name, const struct lad_histogram *histogram)
{
	if (!histogram->total)
		return;
	cJSON *latency = cJSON_AddObjectToObject(object, name);
	cJSON_AddNumberToObject(latency, "min_ns", (double)histogram->min_ns);
	cJSON_AddNumberToObject(latency, "max_ns", (double)histogram->max_ns);
	cJSON_AddNumberToObject(latency, "sum_ns", histogram->sum_ns);
	cJSON *buckets = cJSON_AddArrayToObject(latency, "counts");
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++) {
		if (!histogram->counts[bucket])
			continue;
		cJSON_AddItemToArray(buckets, cJSON_CreateNumber(bucket));
		cJSON_AddItemToArray(buckets, cJSON_CreateNumber((double)histogram->counts[bucket]));
	}
}

/* One array of numbers a sample: names a hundred times over would be most of the message. */
static void add_samples(cJSON *object, const struct lad_agent_result *result)
{
	cJSON *samples = cJSON_AddArrayToObject(object, "samples");
	for (int i = 0; i < result->sample_count; i++) {
		const struct lad_sample *sample = &result->samples[i];
		const double numbers[SAMPLE_NUMBERS] = {(double)sample->time_ns,  (double)sample->bytes,
							(double)sample->messages, (double)sample->transactions,
							sample->retransmits,	  sample->rtt_us,
							sample->cwnd_segments,	  sample->pacing_rate_bps};
		cJSON_AddItemToArray(samples, cJSON_CreateDoubleArray(numbers, SAMPLE_NUMBERS)); /* NAN becomes null */
	}
}

void protocol_add_result(cJSON *object, const struct lad_agent_result *result)
{
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		uint64_t value;
		memcpy(&value, (const char *)result + counts[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, counts[i].name, (double)value);
	}
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		double value;
		memcpy(&value, (const char *)result + figures[i].offset, sizeof value);
		if (isfinite(value))
			cJSON_AddNumberToObject(object, figures[i].name, value);
		else
			cJSON_AddNullToObject(object, figures[i].name);
	}
	if (result->socket.congestion_control[0])
		cJSON_AddStringToObject(object, "congestion_control", result->socket.congestion_control);
	add_histogram(object, "latency", &result->latency);
	add_histogram(object, "kernel_latency", &result->kernel_latency);
	if (result->sample_count)
		add_samples(object, result);
}

static int parse_histogram(const cJSON *object, const char *name, struct lad_histogram *histogram,
			   struct lad_error *err)
{
	double low, high;
	const cJSON *latency = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!latency)
		return 0;
	if (protocol_count(latency, "min_ns", 0, EXACT_MAX, &low, err) < 0 ||
	    protocol_count(latency, "max_ns", low, EXACT_MAX, &high, err) < 0)
		return -1;
	const cJSON *sum = cJSON_GetObjectItemCaseSensitive(latency, "sum_ns");
	const cJSON *buckets = cJSON_GetObjectItemCaseSensitive(latency, "counts");
	if (!cJSON_IsNumber(sum) || !(sum->valuedouble >= 0 && sum->valuedouble <= FIGURE_MAX) ||
	    !cJSON_IsArray(buckets))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" lacks \"sum_ns\" from 0 or \"counts\"", name);
	for (const cJSON *item = buckets->child; item; item = item->next) {
		const cJSON *count = item->next;
		if (!cJSON_IsNumber(item) || !cJSON_IsNumber(count) || item->valuedouble < 0 ||
		    item->valuedouble >= LAD_HISTOGRAM_BUCKETS || count->valuedouble < 0 ||
		    count->valuedouble > EXACT_MAX)
			return lad_error_set(err, LAD_EXIT_USAGE, "\"counts\" is not a list of bucket, count pairs");
		histogram->counts[(int)item->valuedouble] += (uint64_t)count->valuedouble;
		histogram->total += (uint64_t)count->valuedouble;
		item = count;
	}
	histogram->min_ns = (int64_t)low;
	histogram->max_ns = (int64_t)high;
	histogram->sum_ns = sum->valuedouble;
	return 0;
}

static int parse_sample(const cJSON *item, struct lad_sample *sample, struct lad_error *err)
{
	double numbers[SAMPLE_NUMBERS] = {0};
	int count = 0;
	for (const cJSON *number = item->child; number && count < SAMPLE_NUMBERS; number = number->next)
		numbers[count++] = cJSON_IsNumber(number) ? number->valuedouble : NAN;
	bool whole = count == SAMPLE_NUMBERS;
	for (int i = 0; whole && i < SAMPLE_COUNTS; i++)
		whole = numbers[i] >= 0 && numbers[i] <= EXACT_MAX;
	for (int i = SAMPLE_COUNTS; whole && i < SAMPLE_NUMBERS; i++)
		whole = !(fabs(numbers[i]) > FIGURE_MAX);
	if (!whole)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"samples\" is not a list of %d numbers each",
				     SAMPLE_NUMBERS);
	*sample =
	    (struct lad_sample){(int64_t)numbers[0], (uint64_t)numbers[1], (uint64_t)numbers[2], (uint64_t)numbers[3],
				numbers[4],	     numbers[5],	   numbers[6],		 numbers[7]};
	return 0;
}

static int parse_samples(const cJSON *object, struct lad_agent_result *result, struct lad_error *err)
{
	const cJSON *samples = cJSON_GetObjectItemCaseSensitive(object, "samples");
	for (const cJSON *item = samples ? samples->child : NULL; item; item = item->next) {
		if (result->sample_count == LAD_SAMPLES_MAX)
			return lad_error_set(err, LAD_EXIT_USAGE, "more than %d samples", LAD_SAMPLES_MAX);
		if (parse_sample(item, &result->samples[result->sample_count], err) < 0)
			return -1;
		result->sample_count++;
	}
	return 0;
}

int protocol_parse_result(const cJSON *object, struct lad_agent_result *result, struct lad_error *err)
{
	memset(result, 0, sizeof *result);
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		double number;
		if (i >= COUNTS_REQUIRED && !cJSON_HasObjectItem(object, counts[i].name))
			continue;
		if (protocol_count(object, counts[i].name, 0, EXACT_MAX, &number, err) < 0)
			return -1;
		uint64_t value = (uint64_t)number;
		memcpy((char *)result + counts[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, figures[i].name);
		double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
		if (fabs(value) > FIGURE_MAX)
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is %g; valid: a number of at most %g",
					     figures[i].name, value, FIGURE_MAX);
		memcpy((char *)result + figures[i].offset, &value, sizeof value);
	}
	char *control = result->socket.congestion_control;
	if (cJSON_HasObjectItem(object, "congestion_control") &&
	    protocol_text(object, "congestion_control", control, sizeof result->socket.congestion_control, err) < 0)
		return -1;
	if (parse_samples(object, result, err) < 0 || parse_histogram(object, "latency", &result->latency, err) < 0)
		return -1;
	return parse_histogram(object, "kernel_latency", &result->kernel_latency, err);
}

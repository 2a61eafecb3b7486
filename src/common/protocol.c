/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/protocol.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The largest integer that a JSON number (an IEEE double) carries exactly: 104 days in nanoseconds, 9 PB in bytes. */
#define EXACT_MAX 9007199254740992.0

static const char *const type_names[] = {"hello", "prepare", "ready", "start", "result", "error", "bye"};
#define TYPE_COUNT ((int)(sizeof type_names / sizeof *type_names))

/* The whole-number fields of a result, in one place for both directions. */
static const struct {
	const char *name;
	size_t offset;
} result_counts[] = {
    {"elapsed_ns", offsetof(struct lad_agent_result, elapsed_ns)},
    {"bytes", offsetof(struct lad_agent_result, bytes)},
    {"messages", offsetof(struct lad_agent_result, messages)},
    {"transactions", offsetof(struct lad_agent_result, transactions)},
    {"bytes_total", offsetof(struct lad_agent_result, bytes_total)},
    {"messages_total", offsetof(struct lad_agent_result, messages_total)},
    {"transactions_total", offsetof(struct lad_agent_result, transactions_total)},
    {"send_drops", offsetof(struct lad_agent_result, send_drops)},
    {"timeouts", offsetof(struct lad_agent_result, timeouts)},
    {"window_messages", offsetof(struct lad_agent_result, window_messages)},
    {"reordered", offsetof(struct lad_agent_result, reordered)},
    {"duplicates", offsetof(struct lad_agent_result, duplicates)},
    {"cpu_user_ns", offsetof(struct lad_agent_result, cpu_user_ns)},
    {"cpu_system_ns", offsetof(struct lad_agent_result, cpu_system_ns)},
    {"switches_voluntary", offsetof(struct lad_agent_result, switches_voluntary)},
    {"switches_involuntary", offsetof(struct lad_agent_result, switches_involuntary)},
};

static const struct {
	const char *name;
	size_t offset;
} result_figures[] = {
    {"retransmits", offsetof(struct lad_agent_result, retransmits)},
    {"rtt_us", offsetof(struct lad_agent_result, rtt_us)},
    {"cwnd_segments", offsetof(struct lad_agent_result, cwnd_segments)},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Prints and frees OBJECT. */
static char *take_line(cJSON *object)
{
	char *text = object ? cJSON_PrintUnformatted(object) : NULL;
	cJSON_Delete(object);
	if (!text)
		return NULL;
	size_t length = strlen(text);
	char *line = realloc(text, length + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	line[length] = '\n';
	line[length + 1] = '\0';
	return line;
}

static cJSON *new_message(enum lad_message_type type)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "type", type_names[type]);
	return object;
}

char *lad_protocol_hello(const char *backend)
{
	cJSON *object = new_message(LAD_MESSAGE_HELLO);
	cJSON_AddStringToObject(object, "version", LAD_VERSION);
	cJSON_AddNumberToObject(object, "protocol", LAD_PROTOCOL_VERSION);
	cJSON_AddStringToObject(object, "backend", backend);
	return take_line(object);
}

char *lad_protocol_prepare(const struct lad_job *job)
{
	cJSON *object = new_message(LAD_MESSAGE_PREPARE);
	cJSON_AddStringToObject(object, "role", job->role == LAD_SINK ? "sink" : "generator");
	cJSON_AddStringToObject(object, "workload", lad_workload_name(job->workload));
	cJSON_AddNumberToObject(object, "message_bytes", (double)job->message_bytes);
	cJSON_AddNumberToObject(object, "flows", job->flows);
	cJSON_AddNumberToObject(object, "socket_buffer_bytes", (double)job->socket_buffer_bytes);
	cJSON_AddStringToObject(object, "congestion_control", job->congestion_control);
	cJSON_AddStringToObject(object, "address", job->address);
	cJSON_AddNumberToObject(object, "port", job->port);
	cJSON_AddBoolToObject(object, "yield", job->yield);
	return take_line(object);
}

char *lad_protocol_ready(void)
{
	return take_line(new_message(LAD_MESSAGE_READY));
}

char *lad_protocol_start(const struct lad_window *window)
{
	cJSON *object = new_message(LAD_MESSAGE_START);
	cJSON_AddNumberToObject(object, "start_ns", (double)window->start_ns);
	cJSON_AddNumberToObject(object, "warmup_ns", (double)window->warmup_ns);
	cJSON_AddNumberToObject(object, "duration_ns", (double)window->duration_ns);
	return take_line(object);
}

static void add_histogram(cJSON *object, const struct lad_histogram *histogram)
{
	cJSON *latency = cJSON_AddObjectToObject(object, "latency");
	cJSON_AddNumberToObject(latency, "min_ns", (double)histogram->min_ns);
	cJSON_AddNumberToObject(latency, "max_ns", (double)histogram->max_ns);
	cJSON_AddNumberToObject(latency, "sum_ns", histogram->sum_ns);
	cJSON *counts = cJSON_AddArrayToObject(latency, "counts");
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++) {
		if (!histogram->counts[bucket])
			continue;
		cJSON_AddItemToArray(counts, cJSON_CreateNumber(bucket));
		cJSON_AddItemToArray(counts, cJSON_CreateNumber((double)histogram->counts[bucket]));
	}
}

char *lad_protocol_result(const struct lad_agent_result *result)
{
	cJSON *object = new_message(LAD_MESSAGE_RESULT);
	for (size_t i = 0; i < COUNT_OF(result_counts); i++) {
		uint64_t value;
		memcpy(&value, (const char *)result + result_counts[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, result_counts[i].name, (double)value);
	}
	for (size_t i = 0; i < COUNT_OF(result_figures); i++) {
		double value;
		memcpy(&value, (const char *)result + result_figures[i].offset, sizeof value);
		if (isfinite(value))
			cJSON_AddNumberToObject(object, result_figures[i].name, value);
		else
			cJSON_AddNullToObject(object, result_figures[i].name);
	}
	if (result->latency.total)
		add_histogram(object, &result->latency);
	return take_line(object);
}

char *lad_protocol_error(const char *message)
{
	cJSON *object = new_message(LAD_MESSAGE_ERROR);
	cJSON_AddStringToObject(object, "message", message);
	return take_line(object);
}

char *lad_protocol_bye(void)
{
	return take_line(new_message(LAD_MESSAGE_BYE));
}

static int get_count(const cJSON *object, const char *name, double low, double high, double *value,
		     struct lad_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!cJSON_IsNumber(item))
		return lad_error_set(err, LAD_EXIT_USAGE, "message lacks the number \"%s\"", name);
	double number = item->valuedouble;
	if (!(number >= low && number <= high) || number != floor(number))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is %g; valid: a whole number from %g to %g", name,
				     number, low, high);
	*value = number;
	return 0;
}

static int get_text(const cJSON *object, const char *name, char *out, size_t size, struct lad_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!cJSON_IsString(item))
		return lad_error_set(err, LAD_EXIT_USAGE, "message lacks the string \"%s\"", name);
	if (strlen(item->valuestring) >= size)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is longer than %zu bytes", name, size - 1);
	memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
	return 0;
}

static int parse_role_and_workload(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	char role[16], workload[16];
	if (get_text(object, "role", role, sizeof role, err) < 0 ||
	    get_text(object, "workload", workload, sizeof workload, err) < 0)
		return -1;
	if (strcmp(role, "sink") == 0)
		job->role = LAD_SINK;
	else if (strcmp(role, "generator") == 0)
		job->role = LAD_GENERATOR;
	else
		return lad_error_set(err, LAD_EXIT_USAGE, "unknown role \"%s\"; valid: sink, generator", role);
	int kind = lad_workload_from_name(workload);
	if (kind < 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "unknown workload \"%s\"", workload);
	job->workload = (enum lad_workload_kind)kind;
	return 0;
}

static int parse_job(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	double message_bytes, flows, buffer, port;
	if (parse_role_and_workload(object, job, err) < 0 ||
	    get_count(object, "message_bytes", 1, LAD_MESSAGE_MAX, &message_bytes, err) < 0 ||
	    get_count(object, "flows", 1, LAD_FLOWS_MAX, &flows, err) < 0 ||
	    get_count(object, "socket_buffer_bytes", 0, 1 << 30, &buffer, err) < 0 ||
	    get_count(object, "port", 1, 65535, &port, err) < 0 ||
	    get_text(object, "congestion_control", job->congestion_control, sizeof job->congestion_control, err) < 0 ||
	    get_text(object, "address", job->address, sizeof job->address, err) < 0)
		return -1;
	struct in_addr address;
	if (inet_pton(AF_INET, job->address, &address) != 1)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no IPv4 address", job->address);
	job->message_bytes = (int64_t)message_bytes;
	job->flows = (int)flows;
	job->socket_buffer_bytes = (int64_t)buffer;
	job->port = (uint16_t)port;
	job->yield = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "yield"));
	return 0;
}

static int parse_window(const cJSON *object, struct lad_window *window, struct lad_error *err)
{
	double start, warmup, duration;
	if (get_count(object, "start_ns", 0, EXACT_MAX, &start, err) < 0 ||
	    get_count(object, "warmup_ns", 0, 1e12, &warmup, err) < 0 ||
	    get_count(object, "duration_ns", 1, 1e13, &duration, err) < 0)
		return -1;
	window->start_ns = (int64_t)start;
	window->warmup_ns = (int64_t)warmup;
	window->duration_ns = (int64_t)duration;
	return 0;
}

static int parse_histogram(const cJSON *latency, struct lad_histogram *histogram, struct lad_error *err)
{
	double low, high;
	if (get_count(latency, "min_ns", 0, EXACT_MAX, &low, err) < 0 ||
	    get_count(latency, "max_ns", low, EXACT_MAX, &high, err) < 0)
		return -1;
	const cJSON *sum = cJSON_GetObjectItemCaseSensitive(latency, "sum_ns");
	const cJSON *counts = cJSON_GetObjectItemCaseSensitive(latency, "counts");
	if (!cJSON_IsNumber(sum) || !cJSON_IsArray(counts))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"latency\" lacks \"sum_ns\" or \"counts\"");
	for (const cJSON *item = counts->child; item; item = item->next) {
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

static int parse_result(const cJSON *object, struct lad_agent_result *result, struct lad_error *err)
{
	memset(result, 0, sizeof *result);
	for (size_t i = 0; i < COUNT_OF(result_counts); i++) {
		double number;
		if (get_count(object, result_counts[i].name, 0, EXACT_MAX, &number, err) < 0)
			return -1;
		uint64_t value = (uint64_t)number;
		memcpy((char *)result + result_counts[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(result_figures); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, result_figures[i].name);
		double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
		memcpy((char *)result + result_figures[i].offset, &value, sizeof value);
	}
	const cJSON *latency = cJSON_GetObjectItemCaseSensitive(object, "latency");
	return latency ? parse_histogram(latency, &result->latency, err) : 0;
}

static int parse_body(const cJSON *object, struct lad_message *message, struct lad_agent_result *result,
		      struct lad_error *err)
{
	switch (message->type) {
	case LAD_MESSAGE_HELLO: {
		double protocol;
		if (get_count(object, "protocol", LAD_PROTOCOL_VERSION, LAD_PROTOCOL_VERSION, &protocol, err) < 0)
			return -1;
		return get_text(object, "backend", message->text, sizeof message->text, err);
	}
	case LAD_MESSAGE_PREPARE:
		return parse_job(object, &message->job, err);
	case LAD_MESSAGE_START:
		return parse_window(object, &message->window, err);
	case LAD_MESSAGE_RESULT:
		if (!result)
			return lad_error_set(err, LAD_EXIT_USAGE, "a result came that nobody asked for");
		message->result = result;
		return parse_result(object, result, err);
	case LAD_MESSAGE_ERROR:
		return get_text(object, "message", message->text, sizeof message->text, err);
	case LAD_MESSAGE_READY:
	case LAD_MESSAGE_BYE:
		return 0;
	}
	return lad_error_set(err, LAD_EXIT_USAGE, "unknown message");
}

int lad_protocol_parse(const char *line, size_t length, struct lad_message *message, struct lad_agent_result *result,
		       struct lad_error *err)
{
	memset(message, 0, sizeof *message);
	cJSON *object = cJSON_ParseWithLength(line, length);
	char type[16];
	int status = -1;
	if (!cJSON_IsObject(object)) {
		lad_error_set(err, LAD_EXIT_USAGE, "a control line is no JSON object");
	} else if (get_text(object, "type", type, sizeof type, err) == 0) {
		int found = 0;
		while (found < TYPE_COUNT && strcmp(type_names[found], type) != 0)
			found++;
		message->type = (enum lad_message_type)found;
		if (found == TYPE_COUNT)
			lad_error_set(err, LAD_EXIT_USAGE, "unknown message type \"%s\"", type);
		else
			status = parse_body(object, message, result, err);
	}
	cJSON_Delete(object);
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "common/protocol_parts.h"
#include "netladder/sizes.h"
#include "netladder/units.h"
#include "netladder/workload_option.h"

/*
 * The fields that may be missing, each in one row for both directions. Those of the workload's options are in
 * workload_options.c.
 */

static const struct {
	const char *name;
	size_t offset;
	double most;
} large_numbers[] = {
    {"seed", offsetof(struct lad_job, seed), EXACT_MAX},     {"sample_ns", offsetof(struct lad_job, sample_ns), 1e13},
    {"amount", offsetof(struct lad_job, amount), EXACT_MAX}, {"delay_ns", offsetof(struct lad_job, delay_ns), 1e11},
    {"drain_ns", offsetof(struct lad_job, drain_ns), 1e11},
};

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
    {"yield", offsetof(struct lad_job, yield)},
    {"shared_clock", offsetof(struct lad_job, shared_clock)},
    {"txtime", offsetof(struct lad_job, txtime)},
    {"reach", offsetof(struct lad_job, reach)},
    {"leave_send_buffer", offsetof(struct lad_job, leave_send_buffer)},
    {"leave_receive_buffer", offsetof(struct lad_job, leave_receive_buffer)},
};

static const struct {
	const char *name;
	size_t offset;
	double most;
} rates[] = {
    {"rate_per_s", offsetof(struct lad_job, rate_per_s), LAD_LOAD_MESSAGES_MAX},
    {"pacing_bps", offsetof(struct lad_job, pacing_bps), 1e15},
};

static void add_option(cJSON *object, const struct lad_workload_option *option, const struct lad_job *job)
{
	if (lad_option_is_text(option)) {
		cJSON_AddStringToObject(object, option->field, (const char *)job + option->job.offset);
		return;
	}
	int64_t value = lad_option_get(option, job, option->job);
	if (option->job.size == sizeof(bool))
		cJSON_AddBoolToObject(object, option->field, value != 0);
	else if (option->type == LAD_OPTION_WORD)
		cJSON_AddStringToObject(object, option->field,
					value >= 0 && value < option->word_count ? option->words[value] : "?");
	else
		cJSON_AddNumberToObject(object, option->field, (double)value);
}

void protocol_add_job(cJSON *object, const struct lad_job *job)
{
	const char *fields = (const char *)job;
	cJSON_AddStringToObject(object, "role", job->role == LAD_SINK ? "sink" : "generator");
	cJSON_AddStringToObject(object, "workload", lad_workload_name(job->workload));
	cJSON_AddNumberToObject(object, "message_bytes", (double)job->message_bytes);
	cJSON_AddNumberToObject(object, "flows", job->flows);
	cJSON_AddNumberToObject(object, "socket_buffer_bytes", (double)job->socket_buffer_bytes);
	cJSON_AddStringToObject(object, "congestion_control", job->congestion_control);
	cJSON_AddStringToObject(object, "address", job->address);
	cJSON_AddNumberToObject(object, "port", job->port);
	cJSON_AddStringToObject(object, "server", job->server);
	cJSON_AddNumberToObject(object, "pin", job->pin);
	if (job->word[0] | job->word[1])
		protocol_add_word(object, job->word);
	for (int i = 0; i < lad_workload_option_count; i++)
		if (lad_workload_options[i].field)
			add_option(object, &lad_workload_options[i], job);
	for (size_t i = 0; i < COUNT_OF(large_numbers); i++) {
		int64_t value;
		memcpy(&value, fields + large_numbers[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, large_numbers[i].name, (double)value);
	}
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		double value;
		memcpy(&value, fields + rates[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, rates[i].name, value);
	}
	for (size_t i = 0; i < COUNT_OF(switches); i++)
		cJSON_AddBoolToObject(object, switches[i].name, *(const bool *)(fields + switches[i].offset));
}

static int parse_role_and_workload(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	char role[16], workload[16];
	if (protocol_text(object, "role", role, sizeof role, err) < 0 ||
	    protocol_text(object, "workload", workload, sizeof workload, err) < 0)
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

static int parse_switch(const cJSON *object, const char *name, bool *value, struct lad_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	if (item && !cJSON_IsBool(item))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is neither true nor false", name);
	*value = cJSON_IsTrue(item);
	return 0;
}

/* The field of OPTION, which is there. */
static int parse_value(const cJSON *object, const struct lad_workload_option *option, int64_t *value,
		       struct lad_error *err)
{
	int64_t least, most;
	double number;
	if (option->type == LAD_OPTION_WORD) {
		char word[16];
		return protocol_text(object, option->field, word, sizeof word, err) < 0
			   ? -1
			   : lad_option_parse(option, word, value, err);
	}
	lad_option_limits(option, &least, &most);
	if (protocol_count(object, option->field, (double)least, (double)most, &number, err) < 0)
		return -1;
	*value = (int64_t)number;
	return 0;
}

static int parse_option(const cJSON *object, const struct lad_workload_option *option, struct lad_job *job,
			struct lad_error *err)
{
	char *member = (char *)job + option->job.offset;
	bool there = cJSON_GetObjectItemCaseSensitive(object, option->field);
	int64_t value = lad_option_default(option);
	if (lad_option_is_text(option))
		return there ? protocol_text(object, option->field, member, option->job.size, err) : 0;
	if (option->job.size == sizeof(bool))
		return parse_switch(object, option->field, (bool *)member, err);
	if (there && parse_value(object, option, &value, err) < 0)
		return -1;
	lad_option_set(job, option->job, value);
	return 0;
}

static int parse_options(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	for (int i = 0; i < lad_workload_option_count; i++)
		if (lad_workload_options[i].field && parse_option(object, &lad_workload_options[i], job, err) < 0)
			return -1;
	return 0;
}

static int parse_rest(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, rates[i].name);
		if (item && !(cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= rates[i].most))
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no number from 0 to %g", rates[i].name,
					     rates[i].most);
		double value = item ? item->valuedouble : 0;
		memcpy((char *)job + rates[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(switches); i++)
		if (parse_switch(object, switches[i].name, (bool *)((char *)job + switches[i].offset), err) < 0)
			return -1;
	for (size_t i = 0; i < COUNT_OF(large_numbers); i++) {
		double number = 0;
		if (cJSON_GetObjectItemCaseSensitive(object, large_numbers[i].name) &&
		    protocol_count(object, large_numbers[i].name, 0, large_numbers[i].most, &number, err) < 0)
			return -1;
		int64_t value = (int64_t)number;
		memcpy((char *)job + large_numbers[i].offset, &value, sizeof value);
	}
	double pin = LAD_PIN_NONE;
	if (cJSON_GetObjectItemCaseSensitive(object, "pin") &&
	    protocol_count(object, "pin", LAD_PIN_NONE, LAD_PIN_COUNT - 1, &pin, err) < 0)
		return -1;
	job->pin = (int)pin;
	if (cJSON_GetObjectItemCaseSensitive(object, "server") &&
	    protocol_text(object, "server", job->server, sizeof job->server, err) < 0)
		return -1;
	if (cJSON_GetObjectItemCaseSensitive(object, "word") && protocol_parse_word(object, job->word, err) < 0)
		return -1;
	struct lad_sizes sizes;
	return job->sizes[0] ? lad_sizes_parse(job->sizes, &sizes, err) : 0;
}

int protocol_parse_job(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	double message_bytes, flows, buffer, port;
	memset(job, 0, sizeof *job);
	if (parse_role_and_workload(object, job, err) < 0 ||
	    protocol_count(object, "message_bytes", 1, LAD_MESSAGE_MAX, &message_bytes, err) < 0 ||
	    protocol_count(object, "flows", 1, LAD_FLOWS_MAX, &flows, err) < 0 ||
	    protocol_count(object, "socket_buffer_bytes", 0, 1 << 30, &buffer, err) < 0 ||
	    protocol_count(object, "port", 1, 65535, &port, err) < 0 ||
	    protocol_text(object, "congestion_control", job->congestion_control, sizeof job->congestion_control, err) <
		0 ||
	    protocol_text(object, "address", job->address, sizeof job->address, err) < 0)
		return -1;
	struct in6_addr address;
	if (inet_pton(AF_INET, job->address, &address) != 1 && inet_pton(AF_INET6, job->address, &address) != 1)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no IPv4 or IPv6 address", job->address);
	job->message_bytes = (int64_t)message_bytes;
	job->flows = (int)flows;
	job->socket_buffer_bytes = (int64_t)buffer;
	job->port = (uint16_t)port;
	return parse_options(object, job, err) < 0 ? -1 : parse_rest(object, job, err);
}

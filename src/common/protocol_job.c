/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "common/protocol_parts.h"
#include "netladder/sizes.h"
#include "netladder/units.h"

/* The fields that may be missing, each in one row for both directions. */

static const struct {
	const char *name;
	size_t offset;
	int least, most, fallback;
} numbers[] = {
    {"pipeline", offsetof(struct lad_job, pipeline), 1, LAD_PIPELINE_MAX, 1},
    {"requests", offsetof(struct lad_job, requests), 1, 1 << 30, 1},
    {"burst", offsetof(struct lad_job, burst), 1, LAD_BURST_MAX, 1},
    {"threads", offsetof(struct lad_job, threads), 1, LAD_THREADS_MAX, 1},
    {"pin", offsetof(struct lad_job, pin), LAD_PIN_NONE, LAD_PIN_COUNT - 1, LAD_PIN_NONE},
    {"dscp", offsetof(struct lad_job, dscp), 0, 63, 0},
    {"ecn", offsetof(struct lad_job, ecn), 0, 3, 0},
    {"ttl", offsetof(struct lad_job, ttl), 0, 255, 0},
    {"dont_fragment", offsetof(struct lad_job, dont_fragment), 0, 2, 0},
    {"busy_poll_us", offsetof(struct lad_job, busy_poll_us), 0, 1000000, 0},
};

static const struct {
	const char *name;
	size_t offset;
	double most;
} large_numbers[] = {
    {"seed", offsetof(struct lad_job, seed), EXACT_MAX},     {"sample_ns", offsetof(struct lad_job, sample_ns), 1e13},
    {"amount", offsetof(struct lad_job, amount), EXACT_MAX}, {"think_ns", offsetof(struct lad_job, think_ns), 1e11},
    {"delay_ns", offsetof(struct lad_job, delay_ns), 1e11},
};

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
    {"yield", offsetof(struct lad_job, yield)},
    {"verify", offsetof(struct lad_job, verify)},
    {"timestamps", offsetof(struct lad_job, timestamps)},
    {"shared_clock", offsetof(struct lad_job, shared_clock)},
    {"txtime", offsetof(struct lad_job, txtime)},
    {"zerocopy", offsetof(struct lad_job, zerocopy)},
    {"nagle", offsetof(struct lad_job, nagle)},
    {"cork", offsetof(struct lad_job, cork)},
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

static const struct {
	const char *name;
	size_t offset, size;
} texts[] = {
    {"sizes", offsetof(struct lad_job, sizes), sizeof(((struct lad_job *)NULL)->sizes)},
    {"name", offsetof(struct lad_job, name), sizeof(((struct lad_job *)NULL)->name)},
    {"server", offsetof(struct lad_job, server), sizeof(((struct lad_job *)NULL)->server)},
};

/* An enumeration is an int: `enum lad_io` and the others have no negative and no huge values. */
static const struct {
	const char *name;
	size_t offset;
	int (*value)(const char *);
} words[] = {
    {"io", offsetof(struct lad_job, io), lad_io_from_name},
    {"receive", offsetof(struct lad_job, receive), lad_receive_from_name},
    {"direction", offsetof(struct lad_job, direction), lad_direction_from_name},
    {"payload", offsetof(struct lad_job, payload), lad_payload_from_name},
};

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
	cJSON_AddStringToObject(object, "io", lad_io_name(job->io));
	cJSON_AddStringToObject(object, "receive", lad_receive_name(job->receive));
	cJSON_AddStringToObject(object, "direction", lad_direction_name(job->direction));
	cJSON_AddStringToObject(object, "payload", lad_payload_name(job->payload));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		cJSON_AddStringToObject(object, texts[i].name, fields + texts[i].offset);
	for (size_t i = 0; i < COUNT_OF(large_numbers); i++) {
		int64_t value;
		memcpy(&value, fields + large_numbers[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, large_numbers[i].name, (double)value);
	}
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		int value;
		memcpy(&value, fields + numbers[i].offset, sizeof value);
		cJSON_AddNumberToObject(object, numbers[i].name, value ? value : numbers[i].fallback);
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

static int parse_words(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		char word[16];
		if (!cJSON_GetObjectItemCaseSensitive(object, words[i].name))
			continue;
		if (protocol_text(object, words[i].name, word, sizeof word, err) < 0)
			return -1;
		int value = words[i].value(word);
		if (value < 0)
			return lad_error_set(err, LAD_EXIT_USAGE, "unknown %s \"%s\"", words[i].name, word);
		memcpy((char *)job + words[i].offset, &value, sizeof value);
	}
	return 0;
}

static int parse_numbers(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		double number = numbers[i].fallback;
		if (cJSON_GetObjectItemCaseSensitive(object, numbers[i].name) &&
		    protocol_count(object, numbers[i].name, numbers[i].least, numbers[i].most, &number, err) < 0)
			return -1;
		int value = (int)number;
		memcpy((char *)job + numbers[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, rates[i].name);
		if (item && !(cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= rates[i].most))
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no number from 0 to %g", rates[i].name,
					     rates[i].most);
		double value = item ? item->valuedouble : 0;
		memcpy((char *)job + rates[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(switches); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, switches[i].name);
		if (item && !cJSON_IsBool(item))
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is neither true nor false", switches[i].name);
		*(bool *)((char *)job + switches[i].offset) = cJSON_IsTrue(item);
	}
	return 0;
}

static int parse_rest(const cJSON *object, struct lad_job *job, struct lad_error *err)
{
	for (size_t i = 0; i < COUNT_OF(large_numbers); i++) {
		double number = 0;
		if (cJSON_GetObjectItemCaseSensitive(object, large_numbers[i].name) &&
		    protocol_count(object, large_numbers[i].name, 0, large_numbers[i].most, &number, err) < 0)
			return -1;
		int64_t value = (int64_t)number;
		memcpy((char *)job + large_numbers[i].offset, &value, sizeof value);
	}
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (cJSON_GetObjectItemCaseSensitive(object, texts[i].name) &&
		    protocol_text(object, texts[i].name, (char *)job + texts[i].offset, texts[i].size, err) < 0)
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
	if (parse_words(object, job, err) < 0 || parse_numbers(object, job, err) < 0)
		return -1;
	return parse_rest(object, job, err);
}

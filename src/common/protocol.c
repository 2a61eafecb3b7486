/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/protocol.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol_parts.h"
#include "netladder/text.h"

static const char *const type_names[] = {"hello", "prepare", "ready", "start", "result",
					 "error", "bye",     "clock", "sent",  "enough"};
#define TYPE_COUNT ((int)(sizeof type_names / sizeof *type_names))

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
	protocol_add_job(object, job);
	return take_line(object);
}

char *lad_protocol_clock(int64_t monotonic_ns)
{
	cJSON *object = new_message(LAD_MESSAGE_CLOCK);
	cJSON_AddNumberToObject(object, "now_ns", (double)monotonic_ns);
	return take_line(object);
}

char *lad_protocol_ready(int64_t mtu_bytes, bool fq)
{
	cJSON *object = new_message(LAD_MESSAGE_READY);
	if (mtu_bytes > 0)
		cJSON_AddNumberToObject(object, "mtu_bytes", (double)mtu_bytes);
	if (fq)
		cJSON_AddBoolToObject(object, "fq", true);
	return take_line(object);
}

void protocol_add_word(cJSON *object, const uint64_t word[2])
{
	char text[2 * 2 * sizeof *word + 1];
	snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, word[0], word[1]);
	cJSON_AddStringToObject(object, "word", text);
}

char *lad_protocol_ready_with(const uint64_t word[2])
{
	cJSON *object = new_message(LAD_MESSAGE_READY);
	protocol_add_word(object, word);
	return take_line(object);
}

char *lad_protocol_start(const struct lad_window *window)
{
	cJSON *object = new_message(LAD_MESSAGE_START);
	cJSON_AddNumberToObject(object, "start_ns", (double)window->start_ns);
	cJSON_AddNumberToObject(object, "warmup_ns", (double)window->warmup_ns);
	cJSON_AddNumberToObject(object, "duration_ns", (double)window->duration_ns);
	return take_line(object);
}

char *lad_protocol_result(const struct lad_agent_result *result)
{
	cJSON *object = new_message(LAD_MESSAGE_RESULT);
	protocol_add_result(object, result);
	return take_line(object);
}

char *lad_protocol_error(const char *message, bool impossible)
{
	cJSON *object = new_message(LAD_MESSAGE_ERROR);
	cJSON_AddStringToObject(object, "message", message);
	if (impossible)
		cJSON_AddBoolToObject(object, "impossible", true);
	return take_line(object);
}

char *lad_protocol_bye(void)
{
	return take_line(new_message(LAD_MESSAGE_BYE));
}

char *lad_protocol_sent(uint64_t messages)
{
	cJSON *object = new_message(LAD_MESSAGE_SENT);
	cJSON_AddNumberToObject(object, "messages", (double)messages);
	return take_line(object);
}

char *lad_protocol_enough(void)
{
	return take_line(new_message(LAD_MESSAGE_ENOUGH));
}

int protocol_count(const cJSON *object, const char *name, double low, double high, double *value, struct lad_error *err)
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

int protocol_text(const cJSON *object, const char *name, char *out, size_t size, struct lad_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	if (!cJSON_IsString(item))
		return lad_error_set(err, LAD_EXIT_USAGE, "message lacks the string \"%s\"", name);
	if (strlen(item->valuestring) >= size)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is longer than %zu bytes", name, size - 1);
	memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
	lad_text_clean(out); /* whoever speaks may have no good in mind */
	return 0;
}

static int parse_window(const cJSON *object, struct lad_window *window, struct lad_error *err)
{
	double start, warmup, duration;
	if (protocol_count(object, "start_ns", 0, EXACT_MAX, &start, err) < 0 ||
	    protocol_count(object, "warmup_ns", 0, 1e12, &warmup, err) < 0 ||
	    protocol_count(object, "duration_ns", 1, 1e13, &duration, err) < 0)
		return -1;
	window->start_ns = (int64_t)start;
	window->warmup_ns = (int64_t)warmup;
	window->duration_ns = (int64_t)duration;
	return 0;
}

int protocol_parse_word(const cJSON *object, uint64_t word[2], struct lad_error *err)
{
	enum { DIGITS = 16 }; /* of a half */
	char text[2 * DIGITS + 1], half[DIGITS + 1];
	if (protocol_text(object, "word", text, sizeof text, err) < 0)
		return -1;
	if (strlen(text) != 2 * DIGITS || strspn(text, "0123456789abcdef") != 2 * DIGITS)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"word\" is not 32 hexadecimal digits");
	for (int i = 0; i < 2; i++) {
		snprintf(half, sizeof half, "%.*s", DIGITS, text + (size_t)i * DIGITS);
		word[i] = strtoull(half, NULL, 16);
	}
	return 0;
}

static int parse_body(const cJSON *object, struct lad_message *message, struct lad_agent_result *result,
		      struct lad_error *err)
{
	switch (message->type) {
	case LAD_MESSAGE_HELLO: {
		double protocol;
		if (protocol_count(object, "protocol", LAD_PROTOCOL_VERSION, LAD_PROTOCOL_VERSION, &protocol, err) < 0)
			return -1;
		return protocol_text(object, "backend", message->text, sizeof message->text, err);
	}
	case LAD_MESSAGE_PREPARE:
		return protocol_parse_job(object, &message->job, err);
	case LAD_MESSAGE_START:
		return parse_window(object, &message->window, err);
	case LAD_MESSAGE_RESULT:
		if (!result)
			return lad_error_set(err, LAD_EXIT_USAGE, "a result came that nobody asked for");
		message->result = result;
		return protocol_parse_result(object, result, err);
	case LAD_MESSAGE_ERROR:
		message->impossible = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "impossible"));
		return protocol_text(object, "message", message->text, sizeof message->text, err);
	case LAD_MESSAGE_CLOCK: {
		double clock;
		if (protocol_count(object, "now_ns", 0, EXACT_MAX, &clock, err) < 0)
			return -1;
		message->clock_ns = (int64_t)clock;
		return 0;
	}
	case LAD_MESSAGE_SENT: {
		double messages;
		if (protocol_count(object, "messages", 0, EXACT_MAX, &messages, err) < 0)
			return -1;
		message->sent = (uint64_t)messages;
		return 0;
	}
	case LAD_MESSAGE_READY: {
		double mtu = 0;
		if (cJSON_GetObjectItemCaseSensitive(object, "mtu_bytes") &&
		    protocol_count(object, "mtu_bytes", 0, INT32_MAX, &mtu, err) < 0)
			return -1;
		message->mtu_bytes = (int64_t)mtu;
		message->fq = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "fq"));
		return cJSON_GetObjectItemCaseSensitive(object, "word")
			   ? protocol_parse_word(object, message->word, err)
			   : 0;
	}
	case LAD_MESSAGE_BYE:
	case LAD_MESSAGE_ENOUGH:
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
	} else if (protocol_text(object, "type", type, sizeof type, err) == 0) {
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run/traffic.h"

static void append(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void append(char *out, size_t size, const char *format, ...)
{
	size_t used = strlen(out);
	va_list args;
	used += (size_t)snprintf(out + used, size - used, "%s", used ? "; " : "");
	if (used >= size)
		return;
	va_start(args, format);
	vsnprintf(out + used, size - used, format, args);
	va_end(args);
}

/* Puts VALUE in place of that of NAME in TEXT, "name=value; name=value", where it is there. */
static void replace(char *text, size_t size, const char *name, const char *value)
{
	char rest[LAD_TUNING_TEXT_MAX];
	size_t length = strlen(name);
	for (char *at = text; at; at = strstr(at, "; ") ? strstr(at, "; ") + 2 : NULL) {
		if (strncmp(at, name, length) != 0 || at[length] != '=')
			continue;
		char *old = at + length + 1;
		snprintf(rest, sizeof rest, "%s", old + strcspn(old, ";"));
		snprintf(old, size - (size_t)(old - text), "%s%s", value, rest);
	}
}

/* Whether TUNING has anything to say about SETTING of TRIAL's sockets. */
static bool concerns(const struct lad_trial *trial, enum lad_socket_setting setting)
{
	const struct lad_tuning *tuning = trial->tuning;
	bool buffer = setting == LAD_SOCKET_SEND_BUFFER || setting == LAD_SOCKET_RECEIVE_BUFFER;
	if (buffer && tuning->settings[LAD_SETTING_SOCKET_BUFFER].set)
		return true;
	for (int i = 0; i < tuning->sysctl_count; i++)
		if (lad_sysctl_of_sockets(tuning->sysctls[i].key, trial->workload->kind) == setting)
			return true;
	return false;
}

static void fill_congestion(struct lad_row *row, struct lad_trial_texts *texts, const struct lad_trial *trial,
			    const char *actual)
{
	static const char key[] = "net.ipv4.tcp_congestion_control";
	const struct lad_setting_value *wish = &trial->tuning->settings[LAD_SETTING_CONGESTION_CONTROL];
	const char *asked = wish->set ? wish->text : NULL;
	if (!actual[0]) /* UDP has none */
		return;
	snprintf(row->congestion_control, sizeof row->congestion_control, "%.15s", actual);
	replace(texts->effective, sizeof texts->effective, "congestion_control", actual);
	replace(texts->effective, sizeof texts->effective, key, actual);
	for (int i = 0; !asked && i < trial->tuning->sysctl_count; i++)
		if (strcmp(trial->tuning->sysctls[i].key, "net/ipv4/tcp_congestion_control") == 0)
			asked = trial->tuning->sysctls[i].value;
	if (asked && strcmp(asked, actual) != 0)
		append(texts->note, sizeof texts->note, "the sockets had the congestion control %s", actual);
}

void fill_sockets(struct lad_row *row, struct lad_trial_texts *texts, const struct lad_trial *trial,
		  const struct lad_agent_result results[LAD_ROLE_COUNT])
{
	const struct lad_agent_result *generator = &results[LAD_GENERATOR], *sink = &results[LAD_SINK];
	bool reverse = trial->workload->traffic.direction == LAD_REVERSE, stream = lad_is_stream(trial->workload->kind);
	const struct lad_socket_facts *sender = reverse ? &sink->socket : &generator->socket;
	/* Of requests and responses both ends do both: the generator's tell. */
	const struct lad_socket_facts *receiver = !stream || reverse ? &generator->socket : &sink->socket;
	char *effective = texts->effective;
	fill_congestion(row, texts, trial, sender->congestion_control);
	if (concerns(trial, LAD_SOCKET_SEND_BUFFER) && sender->send_buffer_bytes)
		append(effective, sizeof texts->effective, "SO_SNDBUF=%" PRId64, sender->send_buffer_bytes);
	if (concerns(trial, LAD_SOCKET_RECEIVE_BUFFER) && receiver->receive_buffer_bytes)
		append(effective, sizeof texts->effective, "SO_RCVBUF=%" PRId64, receiver->receive_buffer_bytes);
	if (concerns(trial, LAD_SOCKET_TTL) && sender->ttl)
		append(effective, sizeof texts->effective, "%s=%" PRId64,
		       trial->workload->traffic.ip == LAD_IP_V6 ? "IPV6_UNICAST_HOPS" : "IP_TTL", sender->ttl);
}

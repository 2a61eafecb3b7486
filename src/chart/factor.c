/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/factor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/tuning.h"
#include "netladder/units.h"

/* Splits off the first "key=value" of *REST; false at the end. A part without `=` has an empty value. */
static bool next_part(const char **rest, char key[FACTOR_TEXT], char value[FACTOR_TEXT])
{
	const char *part = *rest + strspn(*rest, ", ;");
	size_t length = strcspn(part, ",;");
	if (length == 0)
		return false;
	const char *equals = memchr(part, '=', length);
	int key_length = (int)(equals ? equals - part : (ptrdiff_t)length);
	snprintf(key, FACTOR_TEXT, "%.*s", key_length, part);
	snprintf(value, FACTOR_TEXT, "%.*s", equals ? (int)(part + length - equals - 1) : 0, equals ? equals + 1 : "");
	*rest = part + length;
	return true;
}

bool factor_find(const char *tuning, const char *factor, char value[FACTOR_TEXT])
{
	char key[FACTOR_TEXT];
	while (next_part(&tuning, key, value))
		if (strcmp(key, factor) == 0 && *value)
			return true;
	return false;
}

bool factor_at(const char *tuning, int index, char factor[FACTOR_TEXT])
{
	char value[FACTOR_TEXT];
	for (int i = 0; next_part(&tuning, factor, value);)
		if (*value && i++ == index)
			return true;
	return false;
}

void factor_remove(const char *tuning, const char *factor, char rest[FACTOR_TEXT])
{
	char key[FACTOR_TEXT], value[FACTOR_TEXT];
	rest[0] = '\0';
	while (next_part(&tuning, key, value)) {
		size_t used = strlen(rest);
		if (strcmp(key, factor) != 0)
			snprintf(rest + used, FACTOR_TEXT - used, "%s%s%s%s", used ? "," : "", key, *value ? "=" : "",
				 value);
	}
}

bool factor_is_base(const char *tuning)
{
	return strchr(tuning, '=') == NULL;
}

double factor_number(const char *value)
{
	int64_t whole;
	double number;
	uint64_t count;
	const char *last = strrchr(value, '/');
	value = last ? last + 1 : value;
	if (lad_parse_count(value, &count, NULL) == 0)
		return (double)count;
	if (lad_parse_decimal(value, &number, NULL) == 0 || lad_parse_percent(value, &number, NULL) == 0 ||
	    lad_parse_rate(value, &number, NULL) == 0)
		return number;
	if (lad_parse_bytes(value, &whole, NULL) == 0)
		return (double)whole;
	if (lad_parse_duration(value, &whole, NULL) == 0)
		return (double)whole / (double)LAD_NS_PER_S;
	return NAN;
}

static bool of_base(const struct lad_row *row, const char *factor, int64_t wire_mtu, double *number)
{
	if (strcmp(factor, "mtu") == 0)
		*number = (double)wire_mtu;
	else if (strcmp(factor, "rules") == 0 || strcmp(factor, "neighbours") == 0 || strcmp(factor, "delay") == 0 ||
		 strcmp(factor, "loss") == 0)
		*number = 0;
	else if (strcmp(factor, "flows") == 0)
		*number = row->flows;
	else
		return false;
	return *number >= 0;
}

bool factor_value(const struct lad_row *row, const char *factor, int64_t wire_mtu, double *number,
		  char text[FACTOR_TEXT])
{
	if (factor_find(row->tuning, factor, text)) {
		*number = factor_number(text);
		return true;
	}
	if (strcmp(factor, "flows") == 0)
		*number = row->flows;
	else if (strcmp(factor, "message_bytes") == 0)
		*number = (double)row->message_bytes;
	else if (!of_base(row, factor, wire_mtu, number))
		return false;
	snprintf(text, FACTOR_TEXT, "%.0f", *number);
	return true;
}

const char *factor_title(const char *factor)
{
	static const char *const titles[][2] = {{"mtu", "MTU of the wire, bytes"},
						{"container_mtu", "MTU of the containers, bytes"},
						{"flows", "flows"},
						{"message_bytes", "message, bytes"},
						{"socket_buffer", "socket buffers, bytes"},
						{"rules", "firewall rules in the path"},
						{"neighbours", "further containers on the bridge"},
						{"queues", "queues"},
						{"txqueuelen", "txqueuelen, packets"},
						{"rate", "rate of the wire, bit/s"},
						{"delay", "delay of the wire, one way"},
						{"loss", "loss on the wire"}};
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (strcmp(titles[i][0], factor) == 0)
			return titles[i][1];
	return factor;
}

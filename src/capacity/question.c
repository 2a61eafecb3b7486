/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/capacity.h"
#include "netladder/text.h"
#include "netladder/units.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* "200k" as 200 000. */
static int parse_count(char *text, double *count)
{
	static const struct {
		char letter;
		double factor;
	} prefixes[] = {{'k', 1e3}, {'M', 1e6}, {'G', 1e9}};
	size_t length = strlen(text);
	double factor = 1;
	for (size_t i = 0; length > 1 && i < COUNT_OF(prefixes); i++)
		if (text[length - 1] == prefixes[i].letter) {
			factor = prefixes[i].factor;
			text[length - 1] = '\0';
			break;
		}
	if (lad_parse_decimal(text, count, NULL) < 0)
		return -1;
	*count *= factor;
	return 0;
}

/* The rate of NEED, whose unit says what it is of: "40Gbit", "40Gbit/s", "200k/s". */
static int parse_rate(const char *text, struct lad_need *need)
{
	char rate[LAD_NEED_TEXT_MAX];
	bool per_s = ends_with(text, "/s");
	snprintf(rate, sizeof rate, "%.*s", (int)(strlen(text) - (per_s ? 2 : 0)), text);
	need->stream = ends_with(rate, "bit");
	int status = need->stream ? lad_parse_rate(rate, &need->per_s, NULL)
		     : per_s	  ? parse_count(rate, &need->per_s)
				  : -1;
	return status == 0 && need->per_s > 0 && isfinite(need->per_s) ? 0 : -1;
}

int lad_need_parse(const char *text, struct lad_need *need, struct lad_error *err)
{
	char rate[LAD_NEED_TEXT_MAX];
	size_t length = strcspn(text, "@");
	*need = (struct lad_need){0};
	if (strlen(text) < sizeof rate) {
		snprintf(rate, sizeof rate, "%.*s", (int)length, text);
		snprintf(need->text, sizeof need->text, "%s", text);
		bool sized = text[length] == '@';
		if (parse_rate(rate, need) == 0 &&
		    (!sized ||
		     (lad_parse_bytes(text + length + 1, &need->message_bytes, NULL) == 0 && need->message_bytes > 0)))
			return 0;
	}
	return lad_error_set(
	    err, LAD_EXIT_USAGE,
	    "'%s': valid: bits with their unit such as 40Gbit, or messages such as 200k/s; behind @ the "
	    "size of a message such as 40Gbit@128KiB",
	    lad_excerpt(text).text);
}

static const struct {
	const char *name;
	double quantile;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

int lad_slo_parse(const char *text, struct lad_slo *slo, struct lad_error *err)
{
	size_t length = strcspn(text, "=");
	*slo = (struct lad_slo){0};
	snprintf(slo->text, sizeof slo->text, "%s", text);
	for (size_t i = 0; i < COUNT_OF(quantiles) && strlen(text) < sizeof slo->text && text[length]; i++)
		if (strlen(quantiles[i].name) == length && strncmp(quantiles[i].name, text, length) == 0)
			slo->quantile = quantiles[i].quantile;
	if (slo->quantile > 0 && lad_parse_duration(text + length + 1, &slo->deadline_ns, NULL) == 0 &&
	    slo->deadline_ns > 0)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "'%s': valid: p50, p90, p99 or p99.9 and a time such as p99=1ms",
			     lad_excerpt(text).text);
}

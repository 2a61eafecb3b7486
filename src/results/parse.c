/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/text.h"
#include "netladder/units.h"
#include "results/columns.h"

struct range {
	const char *name; /* a column's, or how it ends */
	double low, high;
};

/*
 * What a measured number can be. The first that fits governs: columns by their name, then units by their ending. The
 * high ends are far beyond what any machine does, and near enough for what is computed from them to stay finite.
 */
static const struct range number_ranges[] = {
    {"loss_ratio", 0, 1},
    {"_ratio", 0, 2},			 /* of times, which are counted in coarse ticks */
    {"network_lost_total", -1e18, 1e18}, /* less what the receiver dropped, which is counted for itself */
    {"lost_total", -1e18, 1e18},	 /* sent less received, twice received too */
    {"agent_time_us", -1e15, 1e15},	 /* the difference of two means */
    {"pacing_rate_bps", 0, 1e21},	 /* the kernel's "unlimited" is 2^64 bytes a second */
    {"_bps", 0, 1e15},
    {"_per_s", 0, 1e12},
    {"_s", 0, 1e9},
    {"_us", 0, 1e15},
    {"", 0, 1e18},
};

/* The same for whole numbers. */
static const struct range whole_ranges[] = {
    {"max_blocks", 1, 1000}, {"ip_version", 4, 6},    {"mtu", 0, INT32_MAX},
    {"flows", 0, 1000000},   {"threads", 0, 1000000}, {"", 0, INT32_MAX},
};

static const struct range *range_of(const struct range *ranges, const char *name)
{
	for (;; ranges++) {
		size_t length = strlen(name), suffix = strlen(ranges->name);
		if (length >= suffix && strcmp(name + length - suffix, ranges->name) == 0)
			return ranges;
	}
}

bool results_in_range(const struct column *column, double value)
{
	const struct range *range = range_of(number_ranges, column->name);
	return isnan(value) || (value >= range->low && value <= range->high);
}

static int status_from_name(const char *name)
{
	for (int i = LAD_STATUS_OK; i <= LAD_STATUS_SKIPPED; i++)
		if (strcmp(lad_status_name((enum lad_status)i), name) == 0)
			return i;
	return -1;
}

/* "host, macvlan, …" of a list of words. */
#define VALID_WORD(NAME, name, word) ", " word
#define VALID_CPUS(NAME, word, phrase) ", " word
#define VALID(words) (&("" words)[2])

static int parse_word(const char *text, int (*from_name)(const char *), const char *valid, void *field,
		      struct lad_error *err)
{
	int value = from_name(text);
	if (value < 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is unknown; valid: %s", lad_excerpt(text).text,
				     valid);
	memcpy(field, &value, sizeof value); /* every enum here is an int */
	return 0;
}

int lad_record_number(const char *text, double low, double high, double *value, struct lad_error *err)
{
	char *end = NULL;
	size_t allowed = strspn(text, "0123456789.eE+-"); /* strtod takes "0x10", "nan", "inf" and " 5", too */
	*value = NAN;
	if (!text[0])
		return 0;
	if (!text[allowed] && text[0] != '+')
		*value = strtod(text, &end);
	if (!end || end == text || *end)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "\"%s\" is no number (empty where it does not apply); valid: a decimal number as "
				     "0.05 or 1e-05%s",
				     lad_excerpt(text).text, strchr(text, ',') ? ", with a point" : "");
	if (!(*value >= low && *value <= high))
		return lad_error_set(err, LAD_EXIT_USAGE, "%s cannot be; valid: %g to %g", lad_excerpt(text).text, low,
				     high);
	*value += 0; /* -0 is 0 */
	return 0;
}

int lad_record_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value, struct lad_error *err)
{
	const char *digits = text;
	while (digits[0] == '0' && digits[1])
		digits++;
	if (lad_parse_count(digits, value, NULL) == 0 && *value >= low && *value <= high)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no whole number from %" PRIu64 " to %" PRIu64,
			     lad_excerpt(text).text, low, high);
}

static int parse_text(const struct column *column, const char *text, char *field, struct lad_error *err)
{
	if (strlen(text) >= column->size)
		return lad_error_set(err, LAD_EXIT_USAGE, "is longer than %zu bytes", column->size - 1);
	strcpy(field, text);
	lad_text_clean(field);
	return 0;
}

static int parse_long_text(const struct column *column, const char *text, const char **field, struct lad_texts **texts,
			   struct lad_error *err)
{
	char clean[LAD_TUNING_TEXT_MAX];
	*field = "";
	if (strlen(text) >= column->size || strlen(text) >= sizeof clean)
		return lad_error_set(err, LAD_EXIT_USAGE, "is longer than %zu bytes", column->size - 1);
	strcpy(clean, text);
	const char *kept = *text ? results_keep_text(texts, lad_text_clean(clean)) : "";
	if (!kept)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	*field = kept;
	return 0;
}

static int parse_integer(const struct column *column, const char *text, void *field, struct lad_error *err)
{
	const struct range *range = range_of(whole_ranges, column->name);
	uint64_t value;
	if (column->type == COLUMN_INT64 && !text[0]) {
		*(int64_t *)field = -1;
		return 0;
	}
	if (column->type == COLUMN_UINT64)
		return lad_record_whole(text, 0, UINT64_MAX, field, err);
	if (lad_record_whole(text, (uint64_t)range->low, (uint64_t)range->high, &value, err) < 0)
		return -1;
	if (value == 5 && strcmp(column->name, "ip_version") == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"5\" is no version of IP; valid: 4, 6");
	if (column->type == COLUMN_INT)
		*(int *)field = (int)value;
	else
		*(int64_t *)field = (int64_t)value;
	return 0;
}

int results_parse(const struct column *column, const char *text, struct lad_row *row, struct lad_texts **texts,
		  struct lad_error *err)
{
	void *field = (char *)row + column->offset;
	const struct range *range;
	switch (column->type) {
	case COLUMN_TEXT:
		return parse_text(column, text, field, err);
	case COLUMN_LONG_TEXT:
		return parse_long_text(column, text, field, texts, err);
	case COLUMN_INT:
	case COLUMN_INT64:
	case COLUMN_UINT64:
		return parse_integer(column, text, field, err);
	case COLUMN_NUMBER:
		range = range_of(number_ranges, column->name);
		return lad_record_number(text, range->low, range->high, field, err);
	case COLUMN_MODE:
		return parse_word(text, lad_mode_from_name, VALID(LAD_MODES(VALID_WORD)), field, err);
	case COLUMN_PLACEMENT:
		return parse_word(text, lad_placement_from_name, "cross-host, same-host", field, err);
	case COLUMN_WORKLOAD:
		return parse_word(text, lad_workload_from_name, VALID(LAD_WORKLOADS(VALID_WORD)), field, err);
	case COLUMN_CPUS:
		return parse_word(text, lad_cpus_from_name, VALID(LAD_CPUS(VALID_CPUS)), field, err);
	case COLUMN_STATUS:
		return parse_word(text, status_from_name, "ok, failed, skipped", field, err);
	}
	return -1;
}

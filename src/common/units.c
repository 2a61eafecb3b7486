/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

/*
 * Decimal numbers are read by hand: strtod follows the locale, takes "0x10", "inf" and " 5", and rounds what can be
 * kept exact (1.5MiB is a whole number of bytes).
 */

#define DIGITS_MAX 18 /* so that any mantissa fits an int64_t */

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit byte_units[] = {
    {"", 1},	      {"B", 1},	    {"KiB", 1 << 10}, {"MiB", 1 << 20},
    {"GiB", 1 << 30}, {"kB", 1000}, {"MB", 1000000},  {"GB", 1000000000},
};
static const struct unit rate_units[] = {
    {"bit", 1},
    {"kbit", 1000},
    {"Mbit", 1000000},
    {"Gbit", 1000000000},
};
static const struct unit duration_units[] = {
    {"ns", 1}, {"us", LAD_NS_PER_US}, {"ms", LAD_NS_PER_MS}, {"s", LAD_NS_PER_S}, {"min", 60 * LAD_NS_PER_S},
};
static const struct unit percent_units[] = {{"%", 1}};

struct unit_table {
	const struct unit *units;
	size_t count;
	const char *base; /* what the factors count, for messages */
	const char *valid;
};

/* clang-format off */
#define UNIT_TABLE(units, base, valid) {units, sizeof(units) / sizeof *(units), base, valid}
/* clang-format on */

static const struct unit_table bytes_table =
    UNIT_TABLE(byte_units, "bytes", "bytes as 64, 64B, 16KiB, 4MiB, 1GiB, 16kB, 4MB or 1GB");
static const struct unit_table rate_table =
    UNIT_TABLE(rate_units, "bits a second", "a rate as 9600bit, 64kbit, 100Mbit or 1.5Gbit");
static const struct unit_table duration_table =
    UNIT_TABLE(duration_units, "nanoseconds", "a time as 100us, 250ms, 1.5s or 1min");
static const struct unit_table percent_table = UNIT_TABLE(percent_units, "percents", "a percentage as 3% or 0.5%");

/* A number and its unit, exactly: mantissa / divisor * factor. */
struct quantity {
	int64_t mantissa;
	int64_t divisor; /* a power of ten */
	int64_t factor;
};

/* Reads `12` or `1.5` and returns where it ends, or NULL when there is no such number. */
static const char *read_decimal(const char *text, struct quantity *quantity)
{
	int digits = 0, whole = 0, fraction = 0;
	const char *at = text;
	quantity->mantissa = 0;
	quantity->divisor = 1;
	for (bool after_point = false;; at++) {
		if (*at == '.' && !after_point && whole > 0) {
			after_point = true;
			continue;
		}
		if (*at < '0' || *at > '9')
			return whole > 0 && (!after_point || fraction > 0) ? at : NULL;
		digits += digits > 0 || *at != '0'; /* leading zeros carry nothing */
		if (digits > DIGITS_MAX || fraction >= DIGITS_MAX)
			return NULL;
		quantity->mantissa = quantity->mantissa * 10 + (*at - '0');
		if (after_point) {
			quantity->divisor *= 10;
			fraction++;
		} else {
			whole++;
		}
	}
}

/* A number that read_decimal refuses for its length alone. */
static bool is_long(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits > DIGITS_MAX ||
	       (digits > 0 && text[digits] == '.' && digits + strspn(text + digits + 1, "0123456789") > DIGITS_MAX);
}

static int read_quantity(const char *text, const struct unit_table *table, struct quantity *quantity,
			 struct lad_error *err)
{
	const char *unit = read_decimal(text, quantity);
	if (!unit && is_long(text))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" has more than %d digits; valid: %s",
				     lad_excerpt(text).text, DIGITS_MAX, table->valid);
	if (!unit)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a number with a unit; valid: %s",
				     lad_excerpt(text).text, table->valid);
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(unit, table->units[i].name) == 0) {
			quantity->factor = table->units[i].factor;
			return 0;
		}
	}
	if (*unit == '\0')
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" has no unit; valid: %s", lad_excerpt(text).text,
				     table->valid);
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" has the unknown unit \"%s\"; valid: %s",
			     lad_excerpt(text).text, lad_excerpt(unit).text, table->valid);
}

/* The quantity as a whole number of base units. */
static int whole_number(const char *text, const struct quantity *quantity, const struct unit_table *table,
			int64_t *number, struct lad_error *err)
{
	__int128 scaled = (__int128)quantity->mantissa * quantity->factor;
	if (scaled / quantity->divisor > INT64_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is too large; valid: %s", lad_excerpt(text).text,
				     table->valid);
	if (scaled % quantity->divisor != 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a whole number of %s; valid: %s",
				     lad_excerpt(text).text, table->base, table->valid);
	*number = (int64_t)(scaled / quantity->divisor);
	return 0;
}

int lad_parse_bytes(const char *text, int64_t *bytes, struct lad_error *err)
{
	struct quantity quantity;
	if (read_quantity(text, &bytes_table, &quantity, err) < 0)
		return -1;
	return whole_number(text, &quantity, &bytes_table, bytes, err);
}

int lad_parse_rate(const char *text, double *bits_per_s, struct lad_error *err)
{
	struct quantity quantity;
	if (read_quantity(text, &rate_table, &quantity, err) < 0)
		return -1;
	*bits_per_s = (double)quantity.mantissa * (double)quantity.factor / (double)quantity.divisor;
	return 0;
}

int lad_parse_load(const char *text, const char *word, struct lad_load *load, struct lad_error *err)
{
	static const char valid[] = "1/s to 1000000000/s, or 64kbit to 400Gbit";
	size_t length = strlen(text);
	char number[40];
	load->messages = length > 2 && length < sizeof number && strcmp(text + length - 2, "/s") == 0;
	snprintf(number, sizeof number, "%.*s", (int)(load->messages ? length - 2 : 0), text);
	if ((load->messages ? lad_parse_decimal(number, &load->per_s, NULL)
			    : lad_parse_rate(text, &load->per_s, NULL)) < 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no rate; valid: %s%s", lad_excerpt(text).text,
				     word, valid);
	double least = load->messages ? 1 : 64e3, most = load->messages ? LAD_LOAD_MESSAGES_MAX : 400e9;
	if (load->per_s < least || load->per_s > most)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s is too %s; valid: %s%s", lad_excerpt(text).text,
				     load->per_s < least ? "small" : "large", word, valid);
	return 0;
}

int lad_parse_duration(const char *text, int64_t *duration_ns, struct lad_error *err)
{
	struct quantity quantity;
	if (strcmp(text, "0") == 0) {
		*duration_ns = 0;
		return 0;
	}
	if (read_quantity(text, &duration_table, &quantity, err) < 0)
		return -1;
	return whole_number(text, &quantity, &duration_table, duration_ns, err);
}

int lad_parse_percent(const char *text, double *ratio, struct lad_error *err)
{
	struct quantity quantity;
	if (read_quantity(text, &percent_table, &quantity, err) < 0)
		return -1;
	*ratio = (double)quantity.mantissa / ((double)quantity.divisor * 100);
	return 0;
}

int lad_parse_decimal(const char *text, double *number, struct lad_error *err)
{
	struct quantity quantity;
	const char *end = read_decimal(text, &quantity);
	if (!end && is_long(text))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" has more than %d digits; valid: a number as 0.05",
				     lad_excerpt(text).text, DIGITS_MAX);
	if (!end || *end != '\0')
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a decimal number; valid: a number as 0.05",
				     lad_excerpt(text).text);
	*number = (double)quantity.mantissa / (double)quantity.divisor;
	return 0;
}

int lad_parse_count(const char *text, uint64_t *count, struct lad_error *err)
{
	uint64_t number = 0;
	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a whole number; valid: a number as 7",
				     lad_excerpt(text).text);
	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9')
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a whole number; valid: a number as 7",
					     lad_excerpt(text).text);
		if (__builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is too large; valid: at most %llu",
					     lad_excerpt(text).text, (unsigned long long)UINT64_MAX);
	}
	*count = number;
	return 0;
}

/* Scales VALUE down by thousands while it would print as 1000.0 or more, and says how often. */
static size_t scale_down(double *value, size_t most)
{
	size_t steps = 0;
	while (steps < most && fabs(*value) >= (steps ? 999.95 : 999.5)) {
		*value /= 1000;
		steps++;
	}
	return steps;
}

void lad_format_rate(char *out, size_t size, double bits_per_s)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T"};
	if (!isfinite(bits_per_s)) {
		snprintf(out, size, "-");
		return;
	}
	size_t steps = scale_down(&bits_per_s, sizeof prefixes / sizeof *prefixes - 1);
	snprintf(out, size, "%.*f %sbit/s", steps ? 1 : 0, bits_per_s, prefixes[steps]);
}

void lad_format_duration(char *out, size_t size, int64_t duration_ns)
{
	static const char *const names[] = {"ns", "us", "ms", "s"};
	int64_t seconds = duration_ns / LAD_NS_PER_S;
	if (seconds >= 3600) {
		snprintf(out, size, "%lld h %lld min", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
	} else if (seconds >= 60) {
		snprintf(out, size, "%lld min %lld s", (long long)(seconds / 60), (long long)(seconds % 60));
	} else {
		double value = (double)duration_ns;
		size_t steps = scale_down(&value, sizeof names / sizeof *names - 1);
		snprintf(out, size, "%.*f %s", steps ? 1 : 0, value, names[steps]);
	}
}

void lad_format_count(char *out, size_t size, double count)
{
	static const char *const prefixes[] = {"", " k", " M", " G", " T"};
	if (!isfinite(count)) {
		snprintf(out, size, "-");
		return;
	}
	/* Below a thousand a whole number stays one, and 12.5 keeps its half. */
	bool fraction = fabs(count) < 999.95 && count != rint(count);
	size_t steps = fraction ? 0 : scale_down(&count, sizeof prefixes / sizeof *prefixes - 1);
	snprintf(out, size, "%.*f%s", steps || fraction ? 1 : 0, count, prefixes[steps]);
}

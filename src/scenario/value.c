/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/scenario.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "netladder/units.h"

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A name becomes a folder's name: nothing that climbs out of it, hides it, or looks like an option. */
static int check_name(const char *text, struct lad_error *err)
{
	static const char valid[] = "letters, digits, \".\", \"_\" and \"-\", beginning with a letter or digit";
	bool fine = is_letter_or_digit(text[0]);
	for (const char *at = text; *at; at++)
		fine = fine && (is_letter_or_digit(*at) || strchr("._-", *at));
	if (!fine)
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" cannot name a folder of results; valid: %s",
				     lad_excerpt(text).text, valid);
	if (strlen(text) >= LAD_NAME_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "is %zu bytes long; valid: 1 to %d bytes", strlen(text),
				     LAD_NAME_MAX - 1);
	return 0;
}

static int check_algorithm(const char *text, struct lad_error *err)
{
	for (const char *at = text; *at; at++)
		if (!is_letter_or_digit(*at) && *at != '_' && *at != '-')
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "\"%s\" is not a congestion control algorithm; valid: a name as cubic, "
					     "bbr or reno",
					     lad_excerpt(text).text);
	return 0;
}

/* The column `tuning` is read by people and programs: one word, without what CSV or a shell would have to quote. */
static int check_tuning_name(const char *text, struct lad_error *err)
{
	bool fine = is_letter_or_digit(text[0]);
	for (const char *at = text; *at; at++)
		fine = fine && (is_letter_or_digit(*at) || strchr("._-=+/", *at));
	if (!fine)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "\"%s\" cannot name a tuning; valid: letters, digits and . _ - = + /, beginning "
				     "with a letter or digit",
				     lad_excerpt(text).text);
	return 0;
}

/* A word of the column `options` has it behind a "=". */
static int check_goal(const char *text, struct lad_error *err)
{
	bool fine = is_letter_or_digit(text[0]);
	for (const char *at = text; *at; at++)
		fine = fine && (is_letter_or_digit(*at) || strchr("._-", *at));
	return fine
		   ? 0
		   : lad_error_set(err, LAD_EXIT_USAGE,
				   "\"%s\" cannot name a goal; valid: ndr, pdr, or a name of letters, digits and . _ -",
				   lad_excerpt(text).text);
}

static int parse_switch(const char *text, struct scenario_value *value, struct lad_error *err)
{
	value->integer = strcmp(text, "on") == 0;
	if (value->integer || strcmp(text, "off") == 0)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no switch; valid: on, off", lad_excerpt(text).text);
}

static int parse_ip(const char *text, struct scenario_value *value, struct lad_error *err)
{
	value->integer = lad_ip_from_name(text);
	return value->integer >= 0 ? 0
				   : lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no version of IP; valid: 4, 6",
						   lad_excerpt(text).text);
}

/* Those that need no options. The others would have to be told what they are for. */
const char *const scenario_qdiscs[SCENARIO_QDISCS] = {"fq", "fq_codel", "pfifo_fast", "noqueue"};

static int check_qdisc(const char *text, struct lad_error *err)
{
	char valid[64];
	for (int i = 0; i < SCENARIO_QDISCS; i++)
		if (strcmp(text, scenario_qdiscs[i]) == 0)
			return 0;
	lad_join(valid, sizeof valid, scenario_qdiscs, SCENARIO_QDISCS);
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no queueing discipline that can be set here; valid: %s",
			     lad_excerpt(text).text, valid);
}

static int parse_mask(const char *text, struct scenario_value *value, struct lad_error *err)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");
	value->integer = LAD_ALL_CPUS;
	if (strcmp(text, "all") == 0)
		return 0;
	value->integer = strtoll(text, NULL, 16);
	if (digits == 0 || digits > 7 || text[digits])
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "\"%s\" is no mask of CPUs; valid: all, or up to 7 hexadecimal digits, as 3 for "
				     "CPUs 0 and 1",
				     lad_excerpt(text).text);
	return 0;
}

/* `1000/s`: messages, and then value->integer is 1; `10Mbit`: bits a second. */
static int parse_load(const char *text, struct scenario_value *value, struct lad_error *err)
{
	struct lad_load load;
	if (lad_parse_load(text, "unlimited, ", &load, err) < 0)
		return -1;
	value->real = load.per_s;
	value->integer = load.messages;
	return 0;
}

static int check_mix(const char *text, struct lad_error *err)
{
	struct lad_sizes sizes;
	return lad_sizes_parse(text, &sizes, err);
}

static int parse_count(const char *text, struct scenario_value *value, struct lad_error *err)
{
	if (lad_parse_count(text, &value->seed, err) < 0)
		return -1;
	/* The range comes next; it only has to see that this is beyond it. */
	value->integer = value->seed > INT64_MAX ? INT64_MAX : (int64_t)value->seed;
	return 0;
}

/* "0-3,5" */
static int check_cpu_list(const char *text, struct lad_error *err)
{
	const char *at = text;
	bool fine = true;
	do {
		size_t digits = strspn(at, "0123456789");
		fine = digits > 0 && digits < 5;
		at += digits;
		if (fine && *at == '-') {
			digits = strspn(++at, "0123456789");
			fine = digits > 0 && digits < 5;
			at += digits;
		}
	} while (fine && *at == ',' && *++at);
	if (fine && !*at)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no list of CPUs; valid: numbers and ranges, as 0-3,5",
			     lad_excerpt(text).text);
}

static int check_device(const char *text, struct lad_error *err)
{
	bool fine = strlen(text) < 16 && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
	for (const char *at = text; *at; at++)
		fine = fine && (is_letter_or_digit(*at) || strchr("._-@", *at));
	return fine ? 0
		    : lad_error_set(err, LAD_EXIT_USAGE,
				    "\"%s\" cannot be a network device; valid: up to 15 letters, digits and . _ - @",
				    lad_excerpt(text).text);
}

static int check_hostname(const char *text, struct lad_error *err)
{
	bool fine = is_letter_or_digit(text[0]);
	for (const char *at = text; *at; at++)
		fine = fine && (is_letter_or_digit(*at) || strchr("-_", *at) || (*at == '.' && at[1] != '.'));
	return fine ? 0
		    : lad_error_set(err, LAD_EXIT_USAGE,
				    "\"%s\" cannot be a name; valid: letters, digits, - and _, with single dots "
				    "between them",
				    lad_excerpt(text).text);
}

static int check_address(const char *text, struct lad_error *err)
{
	struct in_addr address;
	return inet_pton(AF_INET, text, &address) == 1
		   ? 0
		   : lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no IPv4 address; valid: as 192.168.1.1",
				   lad_excerpt(text).text);
}

static int check_subnet(const char *text, struct lad_error *err)
{
	char address[16];
	size_t length = strcspn(text, "/");
	const char *bits = text + length + (text[length] == '/');
	snprintf(address, sizeof address, "%.*s", (int)(length < sizeof address ? length : sizeof address - 1), text);
	size_t digits = strspn(bits, "0123456789");
	if (length < sizeof address && check_address(address, NULL) == 0 && digits > 0 && digits < 3 && !bits[digits] &&
	    atoi(bits) <= 30 && atoi(bits) >= 8)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is no subnet; valid: IPv4/8 to IPv4/30, as 192.168.1.0/24",
			     lad_excerpt(text).text);
}

static int parse_kind(enum key_kind kind, const char *text, struct scenario_value *value, struct lad_error *err)
{
	switch (kind) {
	case KEY_NAME:
		return check_name(text, err);
	case KEY_ALGORITHM:
		return check_algorithm(text, err);
	case KEY_TUNING_NAME:
		return check_tuning_name(text, err);
	case KEY_SWITCH:
		return parse_switch(text, value, err);
	case KEY_IP:
		return parse_ip(text, value, err);
	case KEY_QDISC:
		return check_qdisc(text, err);
	case KEY_GOAL:
		return check_goal(text, err);
	case KEY_MASK:
		return parse_mask(text, value, err);
	case KEY_LOAD:
		return parse_load(text, value, err);
	case KEY_MIX:
		return check_mix(text, err);
	case KEY_COUNT:
	case KEY_SEED:
		return parse_count(text, value, err);
	case KEY_BYTES:
		return lad_parse_bytes(text, &value->integer, err);
	case KEY_RATE:
		return lad_parse_rate(text, &value->real, err);
	case KEY_DURATION:
		return lad_parse_duration(text, &value->integer, err);
	case KEY_PERCENT:
		return lad_parse_percent(text, &value->real, err);
	case KEY_CPU_LIST:
		return check_cpu_list(text, err);
	case KEY_DEVICE:
		return check_device(text, err);
	case KEY_ADDRESS:
		return check_address(text, err);
	case KEY_SUBNET:
		return check_subnet(text, err);
	case KEY_HOSTNAME:
		return check_hostname(text, err);
	case KEY_CPUS:
	case KEY_PROBABILITY:
		return lad_parse_decimal(text, &value->real, err);
	default:
		return 0; /* words are checked against the schema, orders where the modes are known */
	}
}

/* -1, 0 or 1: VALUE is below, at or above LIMIT. Only one of the members is set, the others are zero. */
static int compare(const struct scenario_value *value, const struct scenario_value *limit)
{
	if (value->integer != limit->integer)
		return value->integer < limit->integer ? -1 : 1;
	return value->real < limit->real ? -1 : value->real > limit->real;
}

/* What is valid here is first of all KEY's range; the general form of such values only helps where there are units. */
static int prefer_range(const struct scenario_key *key, const char *range, struct lad_error *err)
{
	static const char valid[] = "; valid: ";
	char *tail = err ? strstr(err->message, valid) : NULL;
	if (!tail)
		return -1;
	*tail = '\0';
	char wrong[256], form[256];
	snprintf(wrong, sizeof wrong, "%.200s", err->message);
	snprintf(form, sizeof form, ", %.200s", tail + strlen(valid));
	bool has_units = key->kind == KEY_BYTES || key->kind == KEY_RATE || key->kind == KEY_DURATION;
	return lad_error_set(err, LAD_EXIT_USAGE, "%s%s%s%s", wrong, valid, range, has_units ? form : "");
}

int scenario_value_parse(const struct scenario_key *key, const char *text, struct scenario_value *value,
			 struct lad_error *err)
{
	memset(value, 0, sizeof *value);
	if (key->word && strcmp(text, key->word) == 0)
		return 0;
	char range[128];
	scenario_key_range(key, range, sizeof range);
	if (parse_kind(key->kind, text, value, err) < 0)
		return key->least ? prefer_range(key, range, err) : -1;
	if (!key->least)
		return 0;
	struct scenario_value least = {0}, most = {0};
	parse_kind(key->kind, key->least, &least, NULL);
	parse_kind(key->kind, key->most, &most, NULL);
	if (compare(value, &least) < 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s is too small; valid: %s", lad_excerpt(text).text, range);
	if (compare(value, &most) > 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s is too large; valid: %s", lad_excerpt(text).text, range);
	return 0;
}

void scenario_key_range(const struct scenario_key *key, char *out, size_t size)
{
	if (!key->least)
		snprintf(out, size, "%s", "");
	else
		snprintf(out, size, "%s%s%s to %s", key->word ? key->word : "", key->word ? ", or " : "", key->least,
			 key->most);
}

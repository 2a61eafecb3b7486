/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/workload_option.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netladder/units.h"

const struct lad_workload_option *lad_workload_option_find(const char *key)
{
	for (int i = 0; i < lad_workload_option_count; i++)
		if (strcmp(lad_workload_options[i].key, key) == 0)
			return &lad_workload_options[i];
	return NULL;
}

bool lad_option_applies(const struct lad_workload_option *option, enum lad_workload_kind kind)
{
	return !option->kinds || option->kinds & 1u << kind;
}

const char *const *lad_option_words(const struct lad_workload_option *option, int *count)
{
	static const char *const truths[] = {"false", "true"};
	bool flag = option->type == LAD_OPTION_FLAG;
	*count = flag ? 2 : option->word_count;
	return flag ? truths : option->words;
}

bool lad_option_is_text(const struct lad_workload_option *option)
{
	return option->type == LAD_OPTION_SIZES || option->type == LAD_OPTION_HOSTNAME ||
	       option->type == LAD_OPTION_ALGORITHM;
}

static int parse_word(const struct lad_workload_option *option, const char *text, int64_t *value, struct lad_error *err)
{
	int count;
	const char *const *words = lad_option_words(option, &count);
	for (*value = 0; *value < count; ++*value)
		if (strcmp(words[*value], text) == 0)
			return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "unknown %s \"%s\"", option->field ? option->field : option->key,
			     text);
}

int lad_option_parse(const struct lad_workload_option *option, const char *text, int64_t *value, struct lad_error *err)
{
	uint64_t count;
	*value = 0;
	if (option->none && strcmp(text, option->none) == 0)
		return 0;
	switch (option->type) {
	case LAD_OPTION_FLAG:
	case LAD_OPTION_WORD:
	case LAD_OPTION_CHOICE:
		return parse_word(option, text, value, err);
	case LAD_OPTION_BYTES:
		return lad_parse_bytes(text, value, err);
	case LAD_OPTION_DURATION:
		if (lad_parse_duration(text, value, err) < 0)
			return -1;
		*value /= option->unit_ns ? option->unit_ns : 1;
		return 0;
	case LAD_OPTION_NUMBER:
		if (lad_parse_count(text, &count, err) < 0)
			return -1;
		*value = count > INT64_MAX ? INT64_MAX : (int64_t)count;
		return 0;
	default:
		return 0;
	}
}

int64_t lad_option_default(const struct lad_workload_option *option)
{
	int64_t value = 0;
	if (option->fallback && option->fallback[0])
		lad_option_parse(option, option->fallback, &value, NULL);
	return value;
}

void lad_option_limits(const struct lad_workload_option *option, int64_t *least, int64_t *most)
{
	*least = *most = 0;
	if (option->words)
		*most = option->word_count - 1;
	if (!option->least)
		return;
	lad_option_parse(option, option->hand_most ? option->hand_most : option->most, most, NULL);
	if (!option->none)
		lad_option_parse(option, option->least, least, NULL);
}

int64_t lad_option_get(const struct lad_workload_option *option, const void *base, struct lad_option_place place)
{
	const char *member = (const char *)base + place.offset;
	int64_t value = 0;
	int number;
	if (place.size == sizeof(bool))
		return *member != 0;
	if (place.size == sizeof number) {
		memcpy(&number, member, sizeof number);
		value = number;
	} else if (place.size == sizeof value) {
		memcpy(&value, member, sizeof value);
	}
	return value ? value : lad_option_default(option);
}

void lad_option_set(void *base, struct lad_option_place place, int64_t value)
{
	char *member = (char *)base + place.offset;
	int number = (int)value;
	if (place.size == sizeof(bool))
		*member = value != 0;
	else if (place.size == sizeof number)
		memcpy(member, &number, sizeof number);
	else if (place.size == sizeof value)
		memcpy(member, &value, sizeof value);
}

bool lad_option_is_default(const struct lad_workload_option *option, const void *base, struct lad_option_place place)
{
	if (lad_option_is_text(option))
		return !((const char *)base)[place.offset];
	return lad_option_get(option, base, place) == lad_option_default(option);
}

int lad_options_check(const struct lad_job *job, const struct lad_workload_option **at_fault, struct lad_error *err)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (!option->check || lad_option_is_default(option, job, option->job) || option->check(job, err) == 0)
			continue;
		if (at_fault)
			*at_fault = option;
		return -1;
	}
	return 0;
}

void lad_options_into_job(const struct lad_workload *workload, struct lad_job *job)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (!option->workload.size || !option->job.size)
			continue;
		if (lad_option_is_text(option))
			snprintf((char *)job + option->job.offset, option->job.size, "%s",
				 (const char *)workload + option->workload.offset);
		else
			lad_option_set(job, option->job, lad_option_get(option, workload, option->workload));
	}
}

struct words {
	char *out;
	size_t used;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
	size_t left = LAD_OPTIONS_MAX - words->used;
	va_list args;
	if (words->used && left > 1) {
		words->out[words->used++] = ' ';
		left--;
	}
	va_start(args, format);
	int length = vsnprintf(words->out + words->used, left, format, args);
	va_end(args);
	words->used += length > 0 ? ((size_t)length < left ? (size_t)length : left - 1) : 0;
}

static void add_option(struct words *words, const struct lad_workload_option *option,
		       const struct lad_workload *workload)
{
	char own[LAD_OPTIONS_MAX];
	int count;
	if (option->describe) {
		option->describe(&workload->traffic, own);
		if (own[0])
			add(words, "%s", own);
		return;
	}
	if (!option->word || lad_option_is_default(option, workload, option->workload))
		return;
	if (lad_option_is_text(option)) {
		add(words, "%s=%s", option->word, (const char *)workload + option->workload.offset);
		return;
	}
	int64_t value = lad_option_get(option, workload, option->workload);
	const char *const *names = lad_option_words(option, &count);
	if (option->type == LAD_OPTION_FLAG)
		add(words, "%s", option->word);
	else if (names)
		add(words, "%s=%s", option->word, value >= 0 && value < count ? names[value] : "?");
	else
		add(words, "%s=%lld", option->word, (long long)value);
}

void lad_backgrounds_describe(const struct lad_workload *workloads, int count, char out[LAD_BACKGROUND_TEXT_MAX])
{
	size_t used = 0;
	out[0] = '\0';
	for (int i = 0; i < count && used < LAD_BACKGROUND_TEXT_MAX; i++)
		used += (size_t)snprintf(out + used, LAD_BACKGROUND_TEXT_MAX - used, "%s%s", i ? "+" : "",
					 workloads[i].name);
}

void lad_traffic_describe(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX])
{
	struct words words = {out, 0};
	struct lad_workload workload = {.traffic = *traffic};
	out[0] = '\0';
	if (traffic->sockets[0])
		add(&words, "%s", traffic->sockets);
	for (int i = 0; i < lad_workload_option_count; i++)
		add_option(&words, &lad_workload_options[i], &workload);
}

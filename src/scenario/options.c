/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Values with a unit are short. A whole number may be as long as it likes: it is told that it is too large. */
#define NUMBER_BYTES_MAX 40
#define COUNT_BYTES_MAX UINT32_MAX
#define WORDS_MAX 8

/* What a row of the table has to say here, in the form of the schema. Made once, and the same each time. */
static struct {
	char path[48];
	struct scenario_key key;
	cyaml_strval_t words[WORDS_MAX];
} made[LAD_WORKLOAD_OPTIONS_MAX];

static enum key_kind kind_of(enum lad_option_type type)
{
	switch (type) {
	case LAD_OPTION_NUMBER:
		return KEY_COUNT;
	case LAD_OPTION_BYTES:
		return KEY_BYTES;
	case LAD_OPTION_DURATION:
		return KEY_DURATION;
	case LAD_OPTION_LOAD:
		return KEY_LOAD;
	case LAD_OPTION_SIZES:
		return KEY_MIX;
	case LAD_OPTION_HOSTNAME:
		return KEY_HOSTNAME;
	case LAD_OPTION_ALGORITHM:
		return KEY_ALGORITHM;
	default:
		return KEY_WORD;
	}
}

static void make(void)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		int count;
		const char *const *words = lad_option_words(option, &count);
		snprintf(made[i].path, sizeof made[i].path, "workloads[].%s", option->key);
		made[i].key =
		    (struct scenario_key){made[i].path,	  kind_of(option->type), words ? words[0] : option->fallback,
					  option->least,  option->most,		 option->none,
					  option->meaning};
		for (int j = 0; words && j < count && j < WORDS_MAX; j++)
			made[i].words[j] = (cyaml_strval_t){words[j], j};
	}
}

const struct scenario_key *option_key(int index)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make);
	return &made[index].key;
}

static uint32_t longest_text(const struct lad_workload_option *option)
{
	if (lad_option_is_text(option))
		return (uint32_t)option->workload.size - 1;
	return option->type == LAD_OPTION_NUMBER && !option->none ? COUNT_BYTES_MAX : NUMBER_BYTES_MAX;
}

void option_fields(cyaml_schema_field_t *fields)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		const enum cyaml_flag flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER;
		int count;
		fields[i] = (cyaml_schema_field_t){
		    .key = option->key,
		    .data_offset =
			(uint32_t)(offsetof(struct raw_workload, options) + (size_t)i * sizeof(union raw_option)),
		};
		option_key(i);
		if (lad_option_words(option, &count))
			fields[i].value = (cyaml_schema_value_t){
			    CYAML_VALUE_ENUM(flags | CYAML_FLAG_STRICT, int, made[i].words, (uint32_t)count)};
		else
			fields[i].value =
			    (cyaml_schema_value_t){CYAML_VALUE_STRING(flags, char, 1, longest_text(option))};
	}
}

static const union raw_option *raw_of(const struct raw_workload *raw, const struct lad_workload_option *option)
{
	return &raw->options[option - lad_workload_options];
}

const char *option_text(const struct raw_workload *raw, const char *key)
{
	return raw_of(raw, lad_workload_option_find(key))->text;
}

bool option_given(const struct raw_workload *raw, const char *key)
{
	return option_text(raw, key);
}

/* TEXT, or the default for RAW's kind. */
static const char *text_or_default(const struct raw_workload *raw, const struct lad_workload_option *option)
{
	const char *text = raw_of(raw, option)->text;
	if (text)
		return text;
	return option->fallback[0] ? option->fallback : workload_default(raw->kind, option->key);
}

static int64_t value_of(const struct raw_workload *raw, const struct lad_workload_option *option)
{
	int count;
	int64_t value = 0;
	if (lad_option_words(option, &count))
		return raw_of(raw, option)->word ? *raw_of(raw, option)->word : 0;
	lad_option_parse(option, text_or_default(raw, option), &value, NULL); /* known to be valid */
	return value;
}

int64_t option_value(const struct raw_workload *raw, const char *key)
{
	return value_of(raw, lad_workload_option_find(key));
}

static void set_text(const struct raw_workload *raw, const struct lad_workload_option *option,
		     struct lad_workload *workload)
{
	const char *text = text_or_default(raw, option);
	bool none = option->none && strcmp(text, option->none) == 0;
	snprintf((char *)workload + option->workload.offset, option->workload.size, "%s", none ? "" : text);
}

void option_set_members(const struct raw_workload *raw, struct lad_workload *workload)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (!option->workload.size)
			continue;
		if (lad_option_is_text(option))
			set_text(raw, option, workload);
		else
			lad_option_set(workload, option->workload, value_of(raw, option));
	}
}

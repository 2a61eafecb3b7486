/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "netladder/workload_facts.h"
#include "report/report.h"

static int decimals(double value)
{
	double magnitude = fabs(value);
	return lad_decimals(value, magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3);
}

struct words number(double value)
{
	struct words words;
	if (isfinite(value))
		snprintf(words.text, sizeof words.text, "%.*f", decimals(value), value);
	else
		strcpy(words.text, "–");
	return words;
}

struct words interval(struct lad_interval interval, double reference)
{
	struct words words = {""};
	int digits = decimals(reference);
	if (isfinite(interval.low) && isfinite(interval.high))
		snprintf(words.text, sizeof words.text, "%.*f – %.*f", digits, interval.low, digits, interval.high);
	return words;
}

struct words percent(double ratio)
{
	struct words words;
	if (!isfinite(ratio))
		strcpy(words.text, "–");
	else
		snprintf(words.text, sizeof words.text, fabs(ratio) < 0.0995 ? "%.1f\u00a0%%" : "%.0f\u00a0%%",
			 ratio * 100);
	return words;
}

struct words whole(long value)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%ld", value);
	return words;
}

struct words unit_of(const struct lad_metric *metric)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s", strcmp(metric->unit, "us") == 0 ? "µs" : metric->unit);
	return words;
}

static void append(struct words *words, const char *text)
{
	size_t used = strlen(words->text);
	snprintf(words->text + used, sizeof words->text - used, "%s", text);
}

/* Adds what tells GROUP from the other primary groups of its workload: size, flows, placement, tuning. */
static void append_distinction(const struct lad_verdict *verdict, const struct lad_group *group, const char *separator,
			       struct words *words)
{
	bool sizes = false, flows = group->key.flows > 1, tunings = false;
	char text[96];
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		tunings |= strcmp(other->key.tuning, group->key.tuning) != 0;
		if (other->key.workload != group->key.workload)
			continue;
		sizes |= other->key.message_bytes != group->key.message_bytes;
		flows |= other->key.flows != group->key.flows;
	}
	if (sizes) {
		snprintf(text, sizeof text, "%s%" PRId64 " B", separator, group->key.message_bytes);
		append(words, text);
	}
	if (flows) {
		snprintf(text, sizeof text, "%s%d flow%s", separator, group->key.flows,
			 group->key.flows == 1 ? "" : "s");
		append(words, text);
	}
	if (*group->key.options) {
		append(words, separator);
		append(words, group->key.options);
	}
	if (group->key.placement == LAD_SAME_HOST) {
		append(words, separator);
		append(words, "same host");
	}
	if (tunings) {
		append(words, separator);
		append(words, group->key.tuning);
	}
}

struct words group_title(const struct lad_verdict *verdict, const struct lad_group *group)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s, %s", lad_workload_of(group->key.workload)->phrase,
		 lad_cpus_phrase(group->key.cpus));
	append_distinction(verdict, group, ", ", &words);
	return words;
}

struct words group_key(const struct lad_verdict *verdict, const struct lad_group *group)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s %s", lad_workload_name(group->key.workload),
		 lad_cpus_name(group->key.cpus));
	append_distinction(verdict, group, " ", &words);
	return words;
}

struct words relation_text(const struct lad_relation *relation)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s\u00a0%s\u00a0%s", lad_mode_name(relation->left),
		 relation->sign == LAD_GREATER ? ">" : "≈", lad_mode_name(relation->right));
	return words;
}

struct words order_text(const struct lad_relation *relations, int count)
{
	struct words words = {""};
	for (int i = 0; i < count; i++) {
		const struct lad_relation *relation = &relations[i];
		bool joined = i > 0 && relations[i - 1].right == relation->left;
		if (!joined) {
			append(&words, i > 0 ? ", " : "");
			append(&words, lad_mode_name(relation->left));
		}
		append(&words, relation->sign == LAD_GREATER ? " > " : " ≈ ");
		append(&words, lad_mode_name(relation->right));
	}
	return words;
}

const struct lad_cell *group_cell(const struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

bool same_combination(const struct lad_group *a, const struct lad_group *b, bool with_tuning)
{
	return lad_row_key_same(&a->key, &b->key, with_tuning ? 0 : LAD_KEY_TUNING);
}

const char *base_tuning(const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	const char *said = source->table.rows[0].tuning_base;
	for (int i = 0; said[0] && i < verdict->group_count; i++)
		if (strcmp(verdict->groups[i].key.tuning, said) == 0)
			return said;
	for (int i = 0; i < verdict->group_count; i++)
		if (strcmp(verdict->groups[i].key.tuning, "default") == 0)
			return "default";
	return verdict->group_count ? verdict->groups[0].key.tuning : "default";
}

bool has_sweep(const struct lad_verdict *verdict)
{
	for (int i = 1; i < verdict->group_count; i++)
		if (strcmp(verdict->groups[i].key.tuning, verdict->groups[0].key.tuning) != 0)
			return true;
	return false;
}

bool on_instruction_clock(const struct lad_verdict *verdict)
{
	return strcmp(verdict->clock, "instructions") == 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capacity/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int digits_of(double value)
{
	double magnitude = fabs(value);
	return !(magnitude > 0) ? 0 : magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.995 ? 2 : 3;
}

struct capacity_words capacity_number(double value)
{
	struct capacity_words words = {"?"};
	if (isfinite(value) && fabs(value) < 0.01 && value != 0)
		snprintf(words.text, sizeof words.text, "%.3g", value);
	else if (isfinite(value))
		snprintf(words.text, sizeof words.text, "%.*f", digits_of(value), value);
	return words;
}

struct capacity_words capacity_range(struct lad_interval interval, double factor)
{
	struct capacity_words words = {""};
	if (isfinite(interval.low) && isfinite(interval.high))
		snprintf(words.text, sizeof words.text, " [%.40s, %.40s]", capacity_number(interval.low * factor).text,
			 capacity_number(interval.high * factor).text);
	return words;
}

struct capacity_words capacity_figure(const struct lad_figure *figure, double factor)
{
	struct capacity_words words = {""};
	snprintf(words.text, sizeof words.text, "%.40s%.80s", capacity_number(figure->value * factor).text,
		 capacity_range(figure->interval, factor).text);
	return words;
}

struct unit {
	double scale;
	const char *name;
};

/* The largest of them of which VALUE has at least one. */
static const struct unit *unit_for(const struct unit *units, size_t count, double value)
{
	const struct unit *unit = units;
	while (unit < units + count - 1 && !(value >= unit->scale))
		unit++;
	return unit;
}

static struct capacity_words in_unit(const struct lad_figure *figure, double factor, const struct unit *unit)
{
	struct capacity_words words = {""};
	snprintf(words.text, sizeof words.text, "%.40s %s%.80s",
		 capacity_number(figure->value * factor / unit->scale).text, unit->name,
		 capacity_range(figure->interval, factor / unit->scale).text);
	return words;
}

struct capacity_words capacity_rate_words(const struct lad_capacity *capacity, int need, const struct lad_figure *rate)
{
	static const struct unit bits[] = {{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}, {1, "bit/s"}};
	static const struct unit messages[] = {{1e6, "M/s"}, {1e3, "k/s"}, {1, "/s"}};
	bool stream = capacity->question.needs[need].stream;
	double factor = stream ? 8 * (double)capacity->sources[need].message_bytes : 1;
	return in_unit(rate, factor,
		       stream ? unit_for(bits, 4, rate->value * factor) : unit_for(messages, 3, rate->value));
}

struct capacity_words capacity_seconds(const struct lad_figure *figure)
{
	static const struct unit units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
	return in_unit(figure, 1, unit_for(units, 4, figure->value));
}

struct capacity_words capacity_need_words(const struct lad_capacity *capacity, int need)
{
	struct capacity_words words;
	const struct lad_capacity_source *source = &capacity->sources[need];
	const char *text = capacity->question.needs[need].text;
	snprintf(words.text, sizeof words.text, "%.*s of %" PRId64 " bytes (%s, cpus %s)", (int)strcspn(text, "@"),
		 text, source->message_bytes, lad_workload_name(source->key.workload), lad_cpus_name(source->key.cpus));
	return words;
}

static void append(struct capacity_words *words, int64_t value)
{
	size_t used = strlen(words->text);
	snprintf(words->text + used, sizeof words->text - used, "%s%" PRId64, used ? ", " : "", value);
}

struct capacity_words capacity_levels_words(const struct lad_capacity_source *source)
{
	struct capacity_words words = {""};
	for (int i = 0; i < source->level_count; i++)
		append(&words, source->levels[i]);
	return words;
}

struct capacity_words capacity_sizes_words(const struct lad_capacity_source *source)
{
	struct capacity_words words = {""};
	for (int i = 0; i < source->size_count; i++)
		append(&words, source->sizes[i]);
	return words;
}

struct capacity_words capacity_validation_words(const struct lad_validation *validation)
{
	struct capacity_words words;
	if (validation->passed)
		snprintf(words.text, sizeof words.text, "validated, within %.1f %%", 100 * fabs(validation->worst));
	else
		snprintf(words.text, sizeof words.text, "not validated: %s", validation->why);
	return words;
}

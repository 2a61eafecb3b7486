/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "netladder/text.h"
#include "scenario/tunings.h"

/* A value that stands for the base's own, so that a factor can have "as it is" among its levels. */
#define BASE_VALUE "base"
#define AS_BASE UINT_MAX /* the number of that value, for every factor */

struct factor {
	int setting; /* enum lad_setting, or -1: a sysctl */
	char key[LAD_SYSCTL_KEY_MAX];
	char label[LAD_SYSCTL_KEY_MAX]; /* in the tuning's name */
};

struct sweep {
	struct scenario_source *source;
	const struct raw_sweep *raw;
	struct lad_scenario *scenario;
	struct factor factors[LAD_FACTORS_MAX];
};

static struct tuning_path value_path(unsigned factor, unsigned value)
{
	char inner[32];
	snprintf(inner, sizeof inner, "values[%u]", value + 1);
	return tuning_path("sweep.factors", factor, inner);
}

static int complain_setting(const struct sweep *sweep, unsigned index)
{
	const char *names[LAD_SETTING_COUNT];
	char valid[256];
	for (int i = 0; i < LAD_SETTING_COUNT; i++)
		names[i] = lad_setting_name((enum lad_setting)i);
	lad_join(valid, sizeof valid, names, LAD_SETTING_COUNT);
	const char *word = sweep->raw->factors[index].setting;
	const char *near = lad_near_miss(word, names, LAD_SETTING_COUNT);
	struct tuning_path path = tuning_path("sweep.factors", index, "setting");
	return source_complain(sweep->source, source_find(sweep->source, path.text), path.text,
			       "\"%s\" is unknown%s%s%s; valid: %s, or a sysctl", lad_excerpt(word).text,
			       near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", valid);
}

static int read_factor(struct sweep *sweep, unsigned index)
{
	const char *word = sweep->raw->factors[index].setting;
	struct factor *factor = &sweep->factors[index];
	factor->setting = lad_setting_from_name(word);
	if (factor->setting >= 0)
		snprintf(factor->key, sizeof factor->key, "%s", word);
	else if (!tuning_sysctl_key(word, factor->key))
		return complain_setting(sweep, index);
	struct lad_error why;
	if (factor->setting < 0 && lad_sysctl_check_allowed(factor->key, &why) < 0) {
		struct tuning_path path = tuning_path("sweep.factors", index, "setting");
		return source_complain(sweep->source, source_find(sweep->source, path.text), path.text, "%s",
				       why.message);
	}
	const char *slash = strrchr(factor->key, '/');
	snprintf(factor->label, sizeof factor->label, "%s", slash ? slash + 1 : factor->key);
	for (unsigned i = 0; i < index; i++) {
		struct factor *earlier = &sweep->factors[i];
		if (strcmp(earlier->key, factor->key) == 0) {
			struct tuning_path path = tuning_path("sweep.factors", index, "setting");
			return source_complain(sweep->source, source_find(sweep->source, path.text), path.text,
					       "%s is a factor already; valid: each setting once", word);
		}
		if (strcmp(earlier->label, factor->label) == 0) { /* two sysctls with the same last word */
			lad_sysctl_dotted(earlier->key, earlier->label);
			lad_sysctl_dotted(factor->key, factor->label);
		}
	}
	return 0;
}

/* Puts "label=value" at the end of the name; blanks between a sysctl's values become one slash. */
static void extend_name(char *name, size_t size, const char *label, const char *value)
{
	char text[LAD_SYSCTL_VALUE_MAX];
	size_t used = 0, length = strlen(name);
	for (const char *at = value; *at && used + 1 < sizeof text; at++) {
		bool blank = *at == ' ' || *at == '\t';
		if (!blank)
			text[used++] = *at;
		else if (used > 0 && text[used - 1] != '/' && at[strspn(at, " \t")])
			text[used++] = '/';
	}
	text[used] = '\0';
	snprintf(name + length, size - length, "%s%s=%s", length ? "," : "", label, text);
}

/* Sets value number VALUES[i] of factor i, or nothing of it where that is `base`. */
static int add_combination(struct sweep *sweep, const unsigned *values, unsigned changed)
{
	struct lad_tuning tuning = sweep->scenario->tunings[0];
	char name[LAD_TUNING_NAME_MAX * 4] = "";
	struct tuning_path path = value_path(changed, values[changed]);
	for (unsigned i = 0; i < sweep->raw->factors_count; i++) {
		const struct factor *factor = &sweep->factors[i];
		const char *text = values[i] == AS_BASE ? BASE_VALUE : sweep->raw->factors[i].values[values[i]];
		struct tuning_path place = value_path(i, values[i]);
		if (strcmp(text, BASE_VALUE) == 0)
			continue;
		int status =
		    factor->setting >= 0
			? tuning_set(sweep->source, place.text, (enum lad_setting)factor->setting, text, &tuning)
			: tuning_set_sysctl(sweep->source, place.text, factor->key, text, &tuning);
		if (status < 0)
			return -1;
		extend_name(name, sizeof name, factor->label, text);
	}
	if (!*name)
		return 0; /* the base itself, which is there already */
	if (strlen(name) >= sizeof tuning.name)
		return source_complain(sweep->source, source_find(sweep->source, path.text), path.text,
				       "the name \"%s\" of this combination has %zu bytes; valid: at most %zu, so take "
				       "fewer factors or name the sets under tunings",
				       lad_excerpt(name).text, strlen(name), sizeof tuning.name - 1);
	snprintf(tuning.name, sizeof tuning.name, "%.*s", (int)sizeof tuning.name - 1, name);
	return tuning_add(sweep->source, path.text, &tuning, sweep->scenario);
}

/* The next combination, the last factor running fastest. Returns the first factor that changed, or -1 at the end. */
static int next_combination(const struct raw_sweep *raw, unsigned *values)
{
	for (int i = (int)raw->factors_count - 1; i >= 0; i--) {
		if (++values[i] < raw->factors[i].values_count)
			return i;
		values[i] = 0;
	}
	return -1;
}

static int expand_full(struct sweep *sweep)
{
	unsigned values[LAD_FACTORS_MAX] = {0};
	int changed = 0;
	do {
		if (add_combination(sweep, values, (unsigned)changed) < 0)
			return -1;
		changed = next_combination(sweep->raw, values);
	} while (changed >= 0);
	return 0;
}

/* Each value of each factor alone. */
static int expand_one_at_a_time(struct sweep *sweep)
{
	for (unsigned i = 0; i < sweep->raw->factors_count; i++)
		for (unsigned j = 0; j < sweep->raw->factors[i].values_count; j++) {
			unsigned values[LAD_FACTORS_MAX];
			for (unsigned k = 0; k < LAD_FACTORS_MAX; k++)
				values[k] = k == i ? j : AS_BASE;
			if (add_combination(sweep, values, i) < 0)
				return -1;
		}
	return 0;
}

int sweep_expand(struct scenario_source *source, const struct raw_sweep *raw, struct lad_scenario *scenario)
{
	struct sweep sweep = {.source = source, .raw = raw, .scenario = scenario};
	for (unsigned i = 0; i < raw->factors_count; i++)
		if (read_factor(&sweep, i) < 0)
			return -1;
	if (raw->factors_count == 0)
		return 0;
	return raw->design == RAW_DESIGN_FULL ? expand_full(&sweep) : expand_one_at_a_time(&sweep);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/under_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/verdict.h"

static const char word[] = "background=";

/* Takes the word of the background out of OPTIONS. False: there is none. */
static bool take_background(const char *options, char rest[LAD_OPTIONS_MAX], char names[LAD_BACKGROUND_TEXT_MAX])
{
	const char *at = options;
	while (at && strncmp(at, word, strlen(word)) != 0) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return false;
	const char *value = at + strlen(word), *after = value + strcspn(value, " ");
	int before = (int)(at - options);
	snprintf(names, LAD_BACKGROUND_TEXT_MAX, "%.*s", (int)(after - value), value);
	if (before > 0 && !*after)
		before--; /* the blank before the last word */
	snprintf(rest, LAD_OPTIONS_MAX, "%.*s%s", before, options, *after ? after + 1 : "");
	return true;
}

/* The group of COLUMN whose rows are those of KEY with these OPTIONS, or NULL. */
static const struct lad_group *find_group(const struct lad_verdict *verdict, const struct lad_row_key *key,
					  const char *options, const char *column)
{
	struct lad_row_key wanted = *key;
	snprintf(wanted.options, sizeof wanted.options, "%s", options);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (strcmp(group->metric->column, column) == 0 &&
		    lad_row_key_same(&group->key, &wanted, LAD_KEY_MODE | LAD_KEY_VARIANT))
			return group;
	}
	return NULL;
}

static const struct lad_cell *cell_of(const struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; group && i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

static double median_us(const struct lad_group *group, enum lad_mode mode)
{
	const struct lad_cell *cell = cell_of(group, mode);
	return cell && cell->ok ? cell->median / group->metric->scale : NAN;
}

/* One quantile of one mode, idle and loaded, over the blocks that have both. */
struct pairs {
	double *logs, *differences_us; /* owned: of loaded / idle, and loaded less idle */
	size_t count;
};

static int take_pairs(const struct lad_group *idle, const struct lad_group *loaded, enum lad_mode mode,
		      struct pairs *pairs)
{
	const struct lad_cell *a = cell_of(loaded, mode), *b = cell_of(idle, mode);
	size_t most = a ? (size_t)a->ok + 1 : 1;
	*pairs = (struct pairs){calloc(most, sizeof(double)), calloc(most, sizeof(double)), 0};
	if (!pairs->logs || !pairs->differences_us)
		return -1;
	for (int i = 0, j = 0; a && b && i < a->ok; i++) { /* both are in block order */
		double loaded_us = a->values[i] / loaded->metric->scale;
		while (j < b->ok && b->blocks[j] < a->blocks[i])
			j++;
		if (j == b->ok || b->blocks[j] != a->blocks[i] || !(b->values[j] > 0) || !(loaded_us > 0))
			continue;
		double idle_us = b->values[j] / idle->metric->scale;
		pairs->logs[pairs->count] = log(loaded_us / idle_us);
		pairs->differences_us[pairs->count++] = loaded_us - idle_us;
	}
	return 0;
}

static void free_pairs(struct pairs *pairs)
{
	free(pairs->logs);
	free(pairs->differences_us);
}

static int fill_ratio(const struct lad_group *idle, const struct lad_group *loaded, bool exact, struct lad_rise *rise)
{
	struct pairs pairs;
	int status = take_pairs(idle, loaded, rise->mode, &pairs);
	rise->ratio = rise->rise_p99_us = NAN;
	rise->ratio_ci = (struct lad_interval){NAN, NAN};
	if (status == 0 && pairs.count) {
		struct lad_interval ci = lad_hodges_lehmann_interval(pairs.logs, pairs.count, 0.95);
		rise->pairs = (int)pairs.count;
		rise->ratio = exp(lad_hodges_lehmann(pairs.logs, pairs.count));
		rise->rise_p99_us = lad_median(pairs.differences_us, pairs.count);
		if (!exact)
			rise->ratio_ci = (struct lad_interval){exp(ci.low), exp(ci.high)};
	}
	free_pairs(&pairs);
	return status;
}

static int fill_rise_p50(const struct lad_group *idle, const struct lad_group *loaded, struct lad_rise *rise)
{
	struct pairs pairs;
	int status = take_pairs(idle, loaded, rise->mode, &pairs);
	rise->rise_p50_us = status == 0 && pairs.count ? lad_median(pairs.differences_us, pairs.count) : NAN;
	free_pairs(&pairs);
	return status;
}

/* The median of what loaded the path, OFFSET that column's in a row. */
static double load_of(const struct lad_table *table, const struct lad_row_key *key, enum lad_mode mode, size_t offset)
{
	lad_cleanup_free double *values = calloc((size_t)table->row_count + 1, sizeof *values);
	size_t count = 0;
	for (int i = 0; values && i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		double value;
		memcpy(&value, (const char *)row + offset, sizeof value);
		if (row->mode == mode && row->status == LAD_STATUS_OK && isfinite(value) &&
		    lad_row_is_first_variant(row) && lad_row_key_fits(key, row, LAD_KEY_MODE | LAD_KEY_VARIANT))
			values[count++] = value;
	}
	return count ? lad_median(values, count) : NAN;
}

static int fill_modes(const struct lad_verdict *verdict, const struct lad_table *table, const struct lad_group *p99,
		      bool exact, struct lad_rise_group *group)
{
	static const char p50_column[] = "latency_p50_us";
	const struct lad_group *idle = find_group(verdict, &p99->key, group->options, p99->metric->column);
	const struct lad_group *idle_p50 = find_group(verdict, &p99->key, group->options, p50_column);
	const struct lad_group *p50 = find_group(verdict, &p99->key, p99->key.options, p50_column);
	for (int i = 0; i < p99->cell_count; i++) {
		if (!p99->cells[i].ok)
			continue;
		struct lad_rise *rise = &group->modes[group->mode_count++];
		*rise = (struct lad_rise){.mode = p99->cells[i].mode};
		rise->idle_p50_us = median_us(idle_p50, rise->mode);
		rise->idle_p99_us = median_us(idle, rise->mode);
		rise->loaded_p50_us = median_us(p50, rise->mode);
		rise->loaded_p99_us = median_us(p99, rise->mode);
		rise->background_bps =
		    load_of(table, &p99->key, rise->mode, offsetof(struct lad_row, background_goodput_bps));
		rise->background_tps =
		    load_of(table, &p99->key, rise->mode, offsetof(struct lad_row, background_transactions_per_s));
		if (fill_ratio(idle, p99, exact, rise) < 0 || fill_rise_p50(idle_p50, p50, rise) < 0)
			return -1;
	}
	return 0;
}

static int add_groups(const struct lad_verdict *verdict, const struct lad_table *table,
		      struct lad_under_load *under_load)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *p99 = &verdict->groups[i];
		struct lad_rise_group *group = &under_load->groups[under_load->group_count];
		if (strcmp(p99->metric->column, "latency_p99_us") != 0 ||
		    !take_background(p99->key.options, group->options, group->background))
			continue;
		group->key = p99->key;
		under_load->exact = p99->exact;
		if (fill_modes(verdict, table, p99, p99->exact, group) < 0)
			return -1;
		under_load->group_count += group->mode_count > 0;
	}
	return 0;
}

int lad_under_load_make(const struct lad_verdict *verdict, const struct lad_table *table,
			struct lad_under_load **under_load, struct lad_error *err)
{
	*under_load = NULL;
	struct lad_under_load *made = calloc(1, sizeof *made);
	if (made)
		made->groups = calloc((size_t)verdict->group_count + 1, sizeof *made->groups);
	if (!made || !made->groups || add_groups(verdict, table, made) < 0) {
		lad_under_load_free(made);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	if (made->group_count)
		*under_load = made;
	else
		lad_under_load_free(made);
	return 0;
}

void lad_under_load_free(struct lad_under_load *under_load)
{
	if (!under_load)
		return;
	free(under_load->groups);
	free(under_load);
}

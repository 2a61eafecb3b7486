/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/compare.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/named_metrics.h"
#include "analysis/room.h"
#include "netladder/cleanup.h"
#include "netladder/text.h"

/* A column more that tells rows apart is a line more here. */
const char *const lad_compare_keys[] = {"lab",	 "clock",  "placement", "workload", "cpus",    "message_bytes",
					"flows", "tuning", "mode",	"mtu",	    "options", NULL};
#define KEYS_MAX 32

/* The work of one comparison: keys are kept as a row each, KEY_OF says which key a table's row belongs to. */
struct matching {
	struct compare_tables tables;
	int columns[KEYS_MAX], column_count;
	int mtu; /* the column's number: -1 in a row that was not measured, which then fits any */
	struct lad_row *keys;
	uint64_t *hashes; /* of each key, but for the MTU */
	int key_count, key_capacity;
	int *base_key, *fresh_key;
};

static int out_of_memory(struct lad_error *err)
{
	return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
}

static int check_ignore(const char *ignore, struct lad_error *err)
{
	lad_cleanup_free char *list = strdup(ignore ? ignore : "");
	char valid[256] = "";
	char *rest = list, *word;
	for (int i = 0; lad_compare_keys[i]; i++)
		snprintf(valid + strlen(valid), sizeof valid - strlen(valid), "%s%s", i ? ", " : "",
			 lad_compare_keys[i]);
	while (rest && *rest && (word = strsep(&rest, ","))) {
		bool known = false;
		for (int i = 0; lad_compare_keys[i]; i++)
			known |= strcmp(lad_compare_keys[i], word) == 0;
		if (!known)
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "\"%.60s\" is no column that rows are matched by; valid: %s", word, valid);
	}
	return 0;
}

/* A row without figures has no MTU either and fits a key of any. */
static bool fits(const struct matching *matching, const struct lad_row *row, const struct lad_row *key)
{
	for (int i = 0; i < matching->column_count; i++) {
		int column = matching->columns[i];
		if (column == matching->mtu && row->status != LAD_STATUS_OK && row->mtu < 0)
			continue;
		if (lad_row_order(row, key, column) != 0)
			return false;
	}
	return true;
}

/* FNV-1a over the texts of the key's columns: most keys need no closer look. */
static uint64_t hash_of(const struct matching *matching, const struct lad_row *row)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (int i = 0; i < matching->column_count; i++) {
		char text[512];
		if (matching->columns[i] == matching->mtu)
			continue;
		lad_row_text(row, matching->columns[i], text, sizeof text);
		for (size_t at = 0, length = strlen(text); at <= length; at++)
			hash = (hash ^ (unsigned char)text[at]) * 0x100000001b3;
	}
	return hash;
}

/* The number of ROW's key, which is made when there is none yet; -1 without memory. */
static int key_of(struct matching *matching, const struct lad_row *row)
{
	uint64_t hash = hash_of(matching, row);
	for (int i = 0; i < matching->key_count; i++)
		if (matching->hashes[i] == hash && fits(matching, row, &matching->keys[i]))
			return i;
	if (matching->key_count == matching->key_capacity) {
		int capacity = matching->key_capacity ? 2 * matching->key_capacity : 64;
		struct lad_row *keys = reallocarray(matching->keys, (size_t)capacity, sizeof *keys);
		if (keys)
			matching->keys = keys;
		uint64_t *hashes = reallocarray(matching->hashes, (size_t)capacity, sizeof *hashes);
		if (hashes)
			matching->hashes = hashes;
		if (!keys || !hashes)
			return -1;
		matching->key_capacity = capacity;
	}
	matching->hashes[matching->key_count] = hash;
	matching->keys[matching->key_count] = *row;
	return matching->key_count++;
}

/* Measured rows first: they say which keys there are. */
static int assign_keys(struct matching *matching, const struct lad_table *table, int *keys, bool measured)
{
	for (int i = 0; i < table->row_count; i++) {
		if ((table->rows[i].status == LAD_STATUS_OK) != measured)
			continue;
		keys[i] = key_of(matching, &table->rows[i]);
		if (keys[i] < 0)
			return -1;
	}
	return 0;
}

static int match(struct matching *matching)
{
	const struct lad_table *base = matching->tables.base, *fresh = matching->tables.fresh;
	matching->base_key = calloc((size_t)base->row_count + 1, sizeof *matching->base_key);
	matching->fresh_key = calloc((size_t)fresh->row_count + 1, sizeof *matching->fresh_key);
	if (!matching->base_key || !matching->fresh_key)
		return -1;
	for (int measured = 1; measured >= 0; measured--)
		if (assign_keys(matching, base, matching->base_key, measured) < 0 ||
		    assign_keys(matching, fresh, matching->fresh_key, measured) < 0)
			return -1;
	return 0;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* -1 without memory. */
static int count_runs(const struct lad_table *table, const struct lad_compare_side *side)
{
	lad_cleanup_free const char **ids = calloc((size_t)side->ok + 1, sizeof *ids);
	int runs = 0;
	if (!ids)
		return -1;
	for (int i = 0; i < side->ok; i++)
		ids[i] = table->rows[side->rows[i]].run_id;
	qsort(ids, (size_t)side->ok, sizeof *ids, by_text);
	for (int i = 0; i < side->ok; i++)
		runs += i == 0 || strcmp(ids[i], ids[i - 1]) != 0;
	return runs;
}

static int fill_side(struct lad_compare_side *side, const struct lad_table *table, const int *keys, int key,
		     const struct lad_metric *metric)
{
	side->median = NAN;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (keys[i] != key)
			continue; /* without a look at the row, which is far away */
		double value = lad_metric_value(metric, row);
		if (row->status == LAD_STATUS_OK && isfinite(value)) {
			if (analysis_make_room(side->ok, &side->values, &side->rows) < 0)
				return -1;
			side->values[side->ok] = value;
			side->rows[side->ok++] = i;
			continue;
		}
		side->failed += row->status == LAD_STATUS_FAILED;
		side->skipped += row->status == LAD_STATUS_SKIPPED;
		if (!side->reason[0])
			snprintf(side->reason, sizeof side->reason, "%s", row->reason);
	}
	side->runs = count_runs(table, side);
	return side->runs < 0 ? -1 : 0;
}

/* In the unit that fits the larger side. */
static void describe_sides(struct lad_compare_line *line)
{
	struct lad_compare_side *const sides[] = {&line->base, &line->fresh};
	for (int i = 0; i < 2; i++) {
		sides[i]->median = lad_median(sides[i]->values, (size_t)sides[i]->ok);
		sides[i]->median_ci = lad_median_interval(sides[i]->values, (size_t)sides[i]->ok, 0.95);
	}
	line->metric = lad_metric_fit(line->metric, fmax(line->base.median, line->fresh.median));
	for (int i = 0; i < 2; i++) {
		sides[i]->median *= line->metric->scale;
		sides[i]->median_ci.low *= line->metric->scale;
		sides[i]->median_ci.high *= line->metric->scale;
	}
}

static int add_line(struct lad_compare *compare, const struct matching *matching, int key,
		    const struct lad_metric *metric)
{
	struct lad_compare_line *lines =
	    reallocarray(compare->lines, (size_t)compare->line_count + 1, sizeof *compare->lines);
	if (!lines)
		return -1;
	compare->lines = lines;
	struct lad_compare_line *line = &lines[compare->line_count++];
	memset(line, 0, sizeof *line);
	line->key = matching->keys[key];
	line->metric = metric;
	line->primary = metric == &lad_metrics_of(line->key.workload)[0];
	if (fill_side(&line->base, matching->tables.base, matching->base_key, key, metric) < 0 ||
	    fill_side(&line->fresh, matching->tables.fresh, matching->fresh_key, key, metric) < 0)
		return -1;
	return 0;
}

static int add_lines(struct lad_compare *compare, const struct matching *matching, int key, const char *list)
{
	const struct lad_metric *metrics[ANALYSIS_METRICS_MAX];
	int count = analysis_metrics_named(&matching->keys[key], list, metrics);
	for (int i = 0; i < count; i++)
		if (add_line(compare, matching, key, metrics[i]) < 0)
			return -1;
	return count < 0 ? -1 : 0;
}

/* Whether a column tells lines apart. Message sizes go with workloads, and the MTU with the mode: not across those. */
static bool lines_differ(const struct lad_compare *compare, const struct lad_compare_line *line, int column, int mtu)
{
	for (int i = 0; i < compare->line_count; i++) {
		const struct lad_row *key = &compare->lines[i].key;
		if (key->workload == line->key.workload && (column != mtu || key->mode == line->key.mode) &&
		    lad_row_order(key, &line->key, column) != 0)
			return true;
	}
	return false;
}

/* "tcp_rr shared bridge", and of the other columns those in which the lines differ. */
static void name_line(const struct lad_compare *compare, const struct matching *matching, struct lad_compare_line *line)
{
	char text[512], added[160];
	snprintf(line->name, sizeof line->name, "%s %s %s", lad_workload_name(line->key.workload),
		 lad_cpus_name(line->key.cpus), lad_mode_name(line->key.mode));
	for (int i = 0; i < matching->column_count; i++) {
		int column = matching->columns[i];
		const char *name = lad_column_name(column);
		if (analysis_in_list("workload,cpus,mode", name) || !lines_differ(compare, line, column, matching->mtu))
			continue;
		lad_row_text(&line->key, column, text, sizeof text);
		snprintf(added, sizeof added, " %.40s=%.64s", name, text);
		strncat(line->name, added, sizeof line->name - strlen(line->name) - 1);
	}
}

static int order_keys(const void *left, const void *right)
{
	for (int i = 0; lad_compare_keys[i]; i++) {
		int order = lad_row_order(left, right, lad_column_find(lad_compare_keys[i]));
		if (order)
			return order;
	}
	return 0;
}

static int order_lines(const void *left, const void *right)
{
	const struct lad_compare_line *a = left, *b = right;
	int order = order_keys(&a->key, &b->key);
	return order ? order : (a->metric > b->metric) - (a->metric < b->metric);
}

static int make(struct matching *matching, const struct lad_compare_options *options, struct lad_compare *compare,
		struct lad_error *err)
{
	for (int i = 0; lad_compare_keys[i]; i++)
		if (!options->ignore || !analysis_in_list(options->ignore, lad_compare_keys[i]))
			matching->columns[matching->column_count++] = lad_column_find(lad_compare_keys[i]);
	matching->mtu = lad_column_find("mtu");
	if (match(matching) < 0)
		return out_of_memory(err);
	for (int key = 0; key < matching->key_count; key++)
		if (add_lines(compare, matching, key, options->metrics) < 0)
			return out_of_memory(err);
	if (compare->line_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "no row has the metric %s", options->metrics);
	if (compare_rows(compare, &matching->tables) < 0)
		return out_of_memory(err);
	qsort(compare->lines, (size_t)compare->line_count, sizeof *compare->lines, order_lines);
	for (int i = 0; i < compare->line_count; i++) {
		name_line(compare, matching, &compare->lines[i]);
		describe_sides(&compare->lines[i]);
	}
	if (compare_judge(compare, &matching->tables, err) < 0 ||
	    (options->bootstrap && compare_bootstrap(compare, err) < 0))
		return -1;
	lad_quality_look(matching->tables.base, &compare->base_quality);
	lad_quality_look(matching->tables.fresh, &compare->fresh_quality);
	for (int i = 0; i < compare->line_count; i++)
		compare->counts[compare->lines[i].change]++;
	return 0;
}

int lad_compare_make(const struct lad_table *base, const char *base_name, const struct lad_table *fresh,
		     const char *fresh_name, const struct lad_compare_options *options, struct lad_compare *compare,
		     struct lad_error *err)
{
	memset(compare, 0, sizeof *compare);
	compare->margin = options->margin;
	compare->alpha = options->alpha;
	snprintf(compare->base_name, sizeof compare->base_name, "%s", base_name);
	snprintf(compare->fresh_name, sizeof compare->fresh_name, "%s", fresh_name);
	lad_text_clean(compare->base_name);
	lad_text_clean(compare->fresh_name);
	if (check_ignore(options->ignore, err) < 0 || lad_metrics_check(options->metrics, err) < 0)
		return -1;
	struct matching matching = {.tables = {base, fresh}};
	int status = make(&matching, options, compare, err);
	free(matching.keys);
	free(matching.hashes);
	free(matching.base_key);
	free(matching.fresh_key);
	if (status < 0)
		lad_compare_free(compare);
	return status;
}

static void free_side(struct lad_compare_side *side)
{
	free(side->values);
	free(side->rows);
}

void lad_compare_free(struct lad_compare *compare)
{
	for (int i = 0; i < compare->line_count; i++) {
		free_side(&compare->lines[i].base);
		free_side(&compare->lines[i].fresh);
		free(compare->lines[i].partners);
	}
	free(compare->lines);
	free(compare->differences);
	memset(compare, 0, sizeof *compare);
}

static int split(const struct lad_table *table, const char *variant, struct lad_table *out)
{
	out->rows = reallocarray(NULL, (size_t)table->row_count + 1, sizeof *out->rows);
	out->row_count = 0;
	if (!out->rows)
		return -1;
	for (int i = 0; i < table->row_count; i++)
		if (strcmp(table->rows[i].variant, variant) == 0)
			out->rows[out->row_count++] = table->rows[i];
	return 0;
}

/* Whether COLUMN has one value in each table, and not the same: what `--versus-tuning` changed. */
static bool was_changed(const struct lad_table *a, const struct lad_table *b, const char *column)
{
	int number = lad_column_find(column);
	for (int i = 1; i < a->row_count; i++)
		if (lad_row_order(&a->rows[i], &a->rows[0], number) != 0)
			return false;
	for (int i = 1; i < b->row_count; i++)
		if (lad_row_order(&b->rows[i], &b->rows[0], number) != 0)
			return false;
	return lad_row_order(&a->rows[0], &b->rows[0], number) != 0;
}

int lad_compare_variants(const struct lad_table *table, const struct lad_compare_options *options,
			 struct lad_compare *compare, struct lad_error *err)
{
	struct lad_table a = {0}, b = {0};
	struct lad_compare_options chosen = *options;
	char a_name[128] = "variant a, the agent named after --versus", b_name[128] = "variant b, the build that ran";
	int status = -1;
	if (split(table, "a", &a) < 0 || split(table, "b", &b) < 0) {
		out_of_memory(err);
	} else if (a.row_count == 0 || b.row_count == 0) {
		lad_error_set(err, LAD_EXIT_USAGE,
			      "there are no variants a and b to compare; valid: a results.csv of `run --versus`, or a "
			      "BASE and a NEW file");
	} else {
		if (was_changed(&a, &b, "tuning")) {
			const char *changed = was_changed(&a, &b, "flows") ? "tuning,mtu,flows" : "tuning,mtu";
			chosen.ignore = options->ignore ? options->ignore : changed;
			snprintf(a_name, sizeof a_name, "variant a, tuning %.64s", a.rows[0].tuning);
			snprintf(b_name, sizeof b_name, "variant b, tuning %.64s", b.rows[0].tuning);
		}
		status = lad_compare_make(&a, a_name, &b, b_name, &chosen, compare, err);
	}
	lad_table_free(&a);
	lad_table_free(&b);
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/quality.h"
#include "netladder/row_key.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"
#include "netladder/verdict.h"

/* From where on a trouble is worth a note. */
#define OTHER_CPUS_MAX 0.1
#define STEAL_MAX 0.02
#define FREQUENCY_MAX 0.05
#define DRIFT_MAX 0.03
#define DRIFT_ALPHA 0.01
#define DISTURBED_MIN 0.05 /* and far outside of what the other blocks do */
#define DISTURBED_MADS 6
#define HEAPS_MIN 0.05
#define STALL_MIN 0.1 /* of the window */

const char *lad_quality_name(enum lad_quality_kind kind)
{
	static const char *const names[] = {"load",	 "steal",   "frequency", "drift",
					    "disturbed", "bimodal", "stall",	 "search"};
	return (unsigned)kind < LAD_QUALITY_COUNT ? names[kind] : "?";
}

static void note(struct lad_quality *quality, enum lad_quality_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct lad_quality *quality, enum lad_quality_kind kind, const char *format, ...)
{
	if (quality->count == LAD_QUALITY_NOTES_MAX)
		return;
	struct lad_quality_note *added = &quality->notes[quality->count++];
	va_list arguments;
	added->kind = kind;
	va_start(arguments, format);
	vsnprintf(added->text, sizeof added->text, format, arguments);
	va_end(arguments);
}

static bool counts(const struct lad_row *row)
{
	return row->status == LAD_STATUS_OK && strcmp(row->clock, "instructions") != 0;
}

static void look_at_cpu(const struct lad_table *table, struct lad_quality *quality)
{
	double measured_s = 0, other_s = 0, steal_s = 0, steal_measured_s = 0;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		double own_s = row->cpu_sender_s + row->cpu_receiver_s;
		if (!counts(row) || !isfinite(own_s) || !isfinite(row->cpu_system_s) || !(row->duration_s > 0))
			continue;
		bool alone = !row->background[0]; /* else its agents are part of the rest */
		/* The counters' steps of 10 ms leave a rest of either sign, which the sum over all trials evens out. */
		measured_s += alone ? row->duration_s : 0;
		other_s += alone ? row->cpu_system_s - own_s : 0;
		if (!isfinite(row->cpu_steal_s))
			continue;
		steal_measured_s += row->duration_s;
		steal_s += row->cpu_steal_s;
		other_s -= alone ? row->cpu_steal_s : 0;
	}
	if (measured_s > 0)
		quality->other_cpus = fmax(other_s / measured_s, 0);
	if (steal_measured_s > 0)
		quality->steal_ratio = steal_s / steal_measured_s;
	if (quality->other_cpus > OTHER_CPUS_MAX)
		note(quality, LAD_QUALITY_LOAD, "other load kept %.2f CPUs busy while it was measured",
		     quality->other_cpus);
	if (quality->steal_ratio > STEAL_MAX)
		note(quality, LAD_QUALITY_STEAL, "the hypervisor took %.2f CPUs away while it was measured",
		     quality->steal_ratio);
}

static void look_at_frequency(const struct lad_table *table, struct lad_quality *quality)
{
	double low = INFINITY, high = 0;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (!counts(row) || !(row->cpu_mhz > 0))
			continue;
		low = fmin(low, row->cpu_mhz);
		high = fmax(high, row->cpu_mhz);
	}
	if (high > low * (1 + FREQUENCY_MAX))
		note(quality, LAD_QUALITY_FREQUENCY, "the CPU's frequency went from %.0f to %.0f MHz", low, high);
}

/* Whatever share of the blocks it hits: half of a row's window may be missing without its value standing out. */
static void look_for_stalls(const struct lad_table *table, struct lad_quality *quality)
{
	int count = 0, measured = 0;
	double longest_s = 0;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (!counts(row) || !isfinite(row->stall_s))
			continue;
		measured++;
		if (!(row->stall_s > STALL_MIN * row->duration_s))
			continue;
		count++;
		longest_s = fmax(longest_s, row->stall_s);
	}
	if (count)
		note(quality, LAD_QUALITY_STALL,
		     "in %d of %d trials an agent was not run for a tenth of the window or more, at most for %.2f s",
		     count, measured, longest_s);
}

/* A found rate is only the network's where the network was in the way: else it is at least that. */
static void look_at_searches(const struct lad_table *table, struct lad_quality *quality)
{
	static const struct {
		const char *limit, *what;
	} limits[] = {{"generator", "the generator was the limit, not the network, which carries at least that"},
		      {"max", "search.max was carried, so the network carries at least that"},
		      {"time", "the search ended at search.limit, before its bounds were near enough"}};
	for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
		int count = 0, found = 0;
		for (int i = 0; i < table->row_count; i++) {
			const struct lad_row *row = &table->rows[i];
			if (row->status != LAD_STATUS_OK || !row->goal[0])
				continue;
			found++;
			count += strcmp(row->load_limited_by, limits[l].limit) == 0;
		}
		if (count)
			note(quality, LAD_QUALITY_SEARCH, "in %d of %d found rates %s", count, found, limits[l].what);
	}
}

/* The values of one combination's main figure, in the order of the table. */
struct cell {
	const struct lad_row *first;
	double *logs; /* borrowed */
	int *blocks;  /* borrowed */
	size_t count;
	double median;
};

/* The rows that have a figure, those of one cell one behind the other; and room for the values of any cell. */
struct sorted_rows {
	const struct lad_row **rows; /* owned, as the rest */
	double *logs;
	int *blocks;
	size_t count;
};

static int by_cell(const struct lad_row *a, const struct lad_row *b)
{
	int order = lad_rows_order(a, b, 0);
	return order ? order : strcmp(a->run_id, b->run_id);
}

/* Rows of one table: of one cell the earlier goes first. */
static int by_cell_and_order(const void *left, const void *right)
{
	const struct lad_row *a = *(const struct lad_row *const *)left, *b = *(const struct lad_row *const *)right;
	int order = by_cell(a, b);
	return order ? order : (a > b) - (a < b);
}

static double main_figure(const struct lad_row *row)
{
	return counts(row) ? lad_metric_value(&lad_metrics_of(row->workload)[0], row) : NAN;
}

static void free_sorted(struct sorted_rows *sorted)
{
	free(sorted->rows);
	free(sorted->logs);
	free(sorted->blocks);
}

static int sort_rows(const struct lad_table *table, struct sorted_rows *sorted)
{
	size_t room = (size_t)table->row_count + 1;
	sorted->rows = calloc(room, sizeof(struct lad_row *));
	sorted->logs = calloc(room, sizeof *sorted->logs);
	sorted->blocks = calloc(room, sizeof *sorted->blocks);
	if (!sorted->rows || !sorted->logs || !sorted->blocks)
		return -1;
	for (int i = 0; i < table->row_count; i++)
		if (main_figure(&table->rows[i]) > 0)
			sorted->rows[sorted->count++] = &table->rows[i];
	if (sorted->count)
		qsort(sorted->rows, sorted->count, sizeof(struct lad_row *), by_cell_and_order);
	return 0;
}

/* The cell whose rows begin at FIRST. */
static struct cell take_cell(const struct sorted_rows *sorted, size_t first)
{
	struct cell cell = {
	    .first = sorted->rows[first], .logs = sorted->logs + first, .blocks = sorted->blocks + first};
	for (size_t i = first; i < sorted->count && by_cell(sorted->rows[i], cell.first) == 0; i++) {
		cell.logs[cell.count] = log(main_figure(sorted->rows[i]));
		cell.blocks[cell.count++] = sorted->rows[i]->block;
	}
	cell.median = lad_median(cell.logs, cell.count);
	return cell;
}

static void look_for_heaps(const struct cell *cell, struct lad_quality *quality)
{
	size_t split;
	lad_cleanup_free double *sorted = calloc(cell->count + 1, sizeof *sorted);
	if (!sorted)
		return;
	memcpy(sorted, cell->logs, cell->count * sizeof *sorted);
	gsl_sort(sorted, 1, cell->count);
	if (!lad_two_heaps(sorted, cell->count, &split))
		return;
	double low = lad_median(sorted, split), high = lad_median(sorted + split, cell->count - split);
	const struct lad_row *row = cell->first;
	bool tuned = strcmp(row->tuning, LAD_DEFAULT_TUNING) != 0;
	if (high - low > log1p(HEAPS_MIN))
		note(quality, LAD_QUALITY_BIMODAL,
		     "%s %s %s%s%s has two speeds: %zu values about %.3g, %zu about %.3g (%s)",
		     lad_workload_name(row->workload), lad_cpus_name(row->cpus), lad_mode_name(row->mode),
		     tuned ? ", " : "", tuned ? row->tuning : "", split, exp(low), cell->count - split, exp(high),
		     lad_metrics_of(row->workload)[0].column);
}

/* DEVIATIONS: how far each block is from the usual, the median over all combinations. */
static void look_at_blocks(const double *deviations, int count, struct lad_quality *quality)
{
	double slope;
	lad_cleanup_free double *distances = calloc((size_t)count + 1, sizeof *distances);
	if (count < 6 || !distances)
		return;
	double p = lad_trend_p(deviations, (size_t)count, &slope), drift = slope * (count - 1);
	if (p < DRIFT_ALPHA && fabs(drift) > DRIFT_MAX)
		note(
		    quality, LAD_QUALITY_DRIFT,
		    "all values drifted by %+.1f %% from the first to the last block (comparisons within blocks do not "
		    "mind)",
		    expm1(drift) * 100);
	double median = lad_median(deviations, (size_t)count);
	for (int i = 0; i < count; i++)
		distances[i] = fabs(deviations[i] - median);
	double mad = lad_median(distances, (size_t)count);
	for (int i = 0; i < count; i++)
		if (distances[i] > DISTURBED_MIN && distances[i] > DISTURBED_MADS * mad)
			note(quality, LAD_QUALITY_DISTURBED, "block %d was disturbed: its values are %+.1f %% off",
			     i + 1, expm1(deviations[i] - median) * 100);
}

/*
 * The median deviation of each block from 1 to BLOCKS. VALUES and VALUE_BLOCKS, COUNT of each, are all rows' deviations
 * from their cells' medians. Returns 0, or -1 where a block has none: an interrupted run is no series to look at.
 */
static int block_medians(const double *values, const int *value_blocks, size_t count, int blocks, double *medians)
{
	lad_cleanup_free size_t *end = calloc((size_t)blocks + 1, sizeof *end);
	lad_cleanup_free double *dealt = calloc(count + 1, sizeof *dealt);
	if (!end || !dealt)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (value_blocks[i] > 0)
			end[value_blocks[i]]++;
	for (int block = 1; block <= blocks; block++)
		end[block] += end[block - 1];
	size_t total = end[blocks];
	for (size_t i = count; i-- > 0;)
		if (value_blocks[i] > 0)
			dealt[--end[value_blocks[i]]] = values[i]; /* in the end its block's first */
	for (int block = 1; block <= blocks; block++) {
		size_t last = block < blocks ? end[block + 1] : total;
		if (last == end[block])
			return -1;
		medians[block - 1] = lad_median(dealt + end[block], last - end[block]);
	}
	return 0;
}

static int first_of_cell(const void *left, const void *right)
{
	const struct cell *a = left, *b = right;
	return (a->first > b->first) - (a->first < b->first);
}

/* The cells in the order in which they appear in the table; owned by the caller. */
static struct cell *take_cells(const struct sorted_rows *sorted, size_t *count)
{
	struct cell *cells = calloc(sorted->count + 1, sizeof *cells);
	*count = 0;
	for (size_t at = 0; cells && at < sorted->count; at += cells[(*count)++].count)
		cells[*count] = take_cell(sorted, at);
	if (cells && *count)
		qsort(cells, *count, sizeof *cells, first_of_cell);
	return cells;
}

static void look_at_values(const struct lad_table *table, struct lad_quality *quality)
{
	int blocks = 0;
	size_t count = 0;
	struct sorted_rows sorted = {0};
	for (int i = 0; i < table->row_count; i++)
		blocks = table->rows[i].block > blocks ? table->rows[i].block : blocks;
	lad_cleanup_free struct cell *cells = sort_rows(table, &sorted) == 0 ? take_cells(&sorted, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		look_for_heaps(&cells[i], quality);
		for (size_t j = 0; j < cells[i].count; j++)
			cells[i].logs[j] -= cells[i].median;
	}
	/* With more blocks than values one has none. */
	bool whole = blocks > 0 && (size_t)blocks <= sorted.count;
	lad_cleanup_free double *medians = whole ? calloc((size_t)blocks, sizeof *medians) : NULL;
	if (medians && block_medians(sorted.logs, sorted.blocks, sorted.count, blocks, medians) == 0)
		look_at_blocks(medians, blocks, quality);
	free_sorted(&sorted);
}

void lad_quality_look(const struct lad_table *table, struct lad_quality *quality)
{
	memset(quality, 0, sizeof *quality);
	quality->other_cpus = quality->steal_ratio = NAN;
	look_at_cpu(table, quality);
	look_at_frequency(table, quality);
	look_for_stalls(table, quality);
	look_at_searches(table, quality);
	look_at_values(table, quality);
}

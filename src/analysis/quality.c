/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/quality.h"

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
	static const char *const names[] = {"load", "steal", "frequency", "drift", "disturbed", "bimodal", "stall"};
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
		/* The counters' steps of 10 ms leave a rest of either sign, which the sum over all trials evens out. */
		measured_s += row->duration_s;
		other_s += row->cpu_system_s - own_s;
		if (!isfinite(row->cpu_steal_s))
			continue;
		steal_measured_s += row->duration_s;
		steal_s += row->cpu_steal_s;
		other_s -= row->cpu_steal_s;
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

/* The values of one combination's main figure, in the order of the table. */
struct cell {
	const struct lad_row *first;
	double *logs; /* owned */
	int *blocks;  /* owned */
	size_t count;
	double median;
};

static bool in_cell(const struct lad_row *row, const struct lad_row *first)
{
	return row->mode == first->mode && row->placement == first->placement && row->workload == first->workload &&
	       row->message_bytes == first->message_bytes && row->flows == first->flows && row->cpus == first->cpus &&
	       strcmp(row->tuning, first->tuning) == 0 && strcmp(row->options, first->options) == 0 &&
	       strcmp(row->variant, first->variant) == 0 && strcmp(row->run_id, first->run_id) == 0;
}

static double main_figure(const struct lad_row *row)
{
	return counts(row) ? lad_metric_value(&lad_metrics_of(row->workload)[0], row) : NAN;
}

static int take_cell(const struct lad_table *table, int first, struct cell *cell)
{
	*cell = (struct cell){.first = &table->rows[first]};
	cell->logs = calloc((size_t)table->row_count, sizeof *cell->logs);
	cell->blocks = calloc((size_t)table->row_count, sizeof *cell->blocks);
	for (int i = first; cell->logs && cell->blocks && i < table->row_count; i++) {
		double value = main_figure(&table->rows[i]);
		if (!(value > 0) || !in_cell(&table->rows[i], cell->first))
			continue;
		cell->logs[cell->count] = log(value);
		cell->blocks[cell->count++] = table->rows[i].block;
	}
	cell->median = lad_median(cell->logs, cell->count);
	return cell->logs && cell->blocks ? 0 : -1;
}

static void free_cell(struct cell *cell)
{
	free(cell->logs);
	free(cell->blocks);
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
	double slope, distances[1000];
	if (count < 6 || count > 1000)
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

/* The deviations of every row from its cell's median, by block; ROOM rows each. */
static void add_deviations(const struct cell *cell, double *deviations, size_t *held, size_t room, int blocks)
{
	for (size_t i = 0; i < cell->count; i++) {
		int block = cell->blocks[i] - 1;
		if (block >= 0 && block < blocks && held[block] < room)
			deviations[(size_t)block * room + held[block]++] = cell->logs[i] - cell->median;
	}
}

static void look_at_values(const struct lad_table *table, struct lad_quality *quality)
{
	int blocks = 0;
	for (int i = 0; i < table->row_count; i++)
		blocks = table->rows[i].block > blocks ? table->rows[i].block : blocks;
	if (blocks == 0 || blocks > 1000)
		return;
	size_t room = (size_t)table->row_count / (size_t)blocks + 64;
	lad_cleanup_free double *deviations = calloc((size_t)blocks * room, sizeof *deviations);
	lad_cleanup_free size_t *held = calloc((size_t)blocks, sizeof *held);
	lad_cleanup_free double *medians = calloc((size_t)blocks, sizeof *medians);
	lad_cleanup_free bool *seen = calloc((size_t)table->row_count, sizeof *seen);
	if (!deviations || !held || !medians || !seen)
		return;
	for (int i = 0; i < table->row_count; i++) {
		struct cell cell;
		if (seen[i] || !(main_figure(&table->rows[i]) > 0))
			continue;
		if (take_cell(table, i, &cell) == 0) {
			for (int j = i; j < table->row_count; j++)
				seen[j] |= in_cell(&table->rows[j], cell.first);
			look_for_heaps(&cell, quality);
			add_deviations(&cell, deviations, held, room, blocks);
		}
		free_cell(&cell);
	}
	for (int i = 0; i < blocks; i++) {
		if (held[i] == 0)
			return; /* an interrupted run: no series to look at */
		medians[i] = lad_median(deviations + (size_t)i * room, held[i]);
	}
	look_at_blocks(medians, blocks, quality);
}

void lad_quality_look(const struct lad_table *table, struct lad_quality *quality)
{
	memset(quality, 0, sizeof *quality);
	quality->other_cpus = quality->steal_ratio = NAN;
	look_at_cpu(table, quality);
	look_at_frequency(table, quality);
	look_for_stalls(table, quality);
	look_at_values(table, quality);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capacity/answer.h"
#include "netladder/gains.h"

#define BUSY 0.9 /* of the CPUs, or of the wire: that is what limits */

/* The busiest of all medians of QUANTITY, over levels and sizes. */
static double most_of(const struct capacity_work *work, enum lad_mode mode, int need, enum capacity_quantity quantity)
{
	const struct capacity_data *data = &work->data[need];
	double most = NAN;
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++)
			most = fmax(most, capacity_median(capacity_cell(data, mode, quantity, size, level), work->all,
							  data->block_count));
	return most;
}

static double most_bits(const struct capacity_work *work, enum lad_mode mode, int need)
{
	const struct capacity_data *data = &work->data[need];
	double most = 0;
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++)
			most = fmax(most, 8 * data->sizes[size] *
					      capacity_median(capacity_cell(data, mode, CAPACITY_RATE, size, level),
							      work->all, data->block_count));
	return most;
}

/* What the load search says of its upper bound; where it has none, what was found is the least. */
static const char *searched_words(const char *limited_by)
{
	static const char *const words[][2] = {{"network", "the network, by the load search"},
					       {"cpu", "the CPUs, by the load search"},
					       {"generator", "the generator: the network carries at least this"},
					       {"max", "search.max: at least this is carried"},
					       {"time", "search.limit: at least this is carried"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i][0], limited_by) == 0)
			return words[i][1];
	return limited_by;
}

void capacity_find_limit(const struct capacity_work *work, enum lad_mode mode, int need, struct lad_need_answer *answer)
{
	const struct lad_capacity_question *question = &work->answer->question;
	double busy = most_of(work, mode, need, CAPACITY_BUSY);
	if (question->machine_cpus) /* the window's edges are read one after the other */
		busy = fmin(busy, question->machine_cpus);
	double bits = most_bits(work, mode, need);
	char *limit = answer->limit;
	size_t size = sizeof answer->limit;
	const char *searched = work->data[need].limited_by[mode];
	if (capacity_under_slo(work, need) && searched[0])
		snprintf(limit, size, "%s", searched_words(searched));
	else if (work->data[need].key.cpus == LAD_CPUS_SHARED)
		snprintf(limit, size, "the one CPU that both ends share");
	else if (question->wire_bps > 0 && bits > BUSY * question->wire_bps)
		snprintf(limit, size, "the wire: %.0f %% of its rate", 100 * bits / question->wire_bps);
	else if (question->machine_cpus > 0 && busy > BUSY * question->machine_cpus)
		snprintf(limit, size, "the CPUs: %.2f of %d busy", busy, question->machine_cpus);
	else if (question->machine_cpus > 0 && busy > 0)
		snprintf(limit, size, "not the CPUs: %.2f of %d busy", busy, question->machine_cpus);
}

/* ---- Tunings ---- */

/* What the workload of a need pays: the column by which tunings are told. */
static const char *cost_column(bool stream)
{
	return stream ? "cpu_s_per_gbyte" : "cpu_us_per_transaction";
}

static bool same_workload(const struct lad_gain_group *group, const struct lad_row_key *key)
{
	return group->key.workload == key->workload && group->key.cpus == key->cpus &&
	       group->key.placement == key->placement;
}

/* The best tuning of MODE in any group of that workload. */
static void best_tuning(const struct lad_gains *gains, const struct lad_row_key *key, enum lad_mode mode,
			const char *column, char *out, size_t size)
{
	double best = 1;
	for (int i = 0; i < gains->group_count; i++) {
		const struct lad_gain_group *group = &gains->groups[i];
		if (!same_workload(group, key) || strcmp(group->metric->column, column) != 0)
			continue;
		for (int c = 0; c < group->cell_count; c++) {
			const struct lad_gain_cell *cell = &group->cells[c];
			if (cell->mode != mode || cell->best < 0 || cell->gains[cell->best].ratio <= best)
				continue;
			best = cell->gains[cell->best].ratio;
			snprintf(out, size, "%s: %.0f %% less CPU time", gains->tunings[cell->best],
				 100 * (1 - 1 / best));
		}
	}
}

static bool several_tunings(const struct lad_table *table)
{
	for (int i = 1; i < table->row_count; i++)
		if (strcmp(table->rows[i].tuning, table->rows[0].tuning) != 0)
			return true;
	return false;
}

static int find_tunings_of(struct capacity_work *work, int need, struct lad_error *err)
{
	const char *column = cost_column(work->answer->question.needs[need].stream);
	struct lad_verdict_options options = lad_documented;
	struct lad_gains *gains;
	options.metrics = column;
	if (lad_gains_make(work->table, &options, &gains, err) < 0)
		return -1;
	for (int m = 0; gains && m < work->answer->mode_count; m++) {
		struct lad_capacity_mode *mode = &work->answer->modes[m];
		best_tuning(gains, &work->data[need].key, mode->mode, column, mode->needs[need].tuning,
			    sizeof mode->needs[need].tuning);
	}
	if (gains)
		lad_gains_free(gains);
	return 0;
}

int capacity_find_tunings(struct capacity_work *work, struct lad_error *err)
{
	if (!several_tunings(work->table))
		return 0;
	for (int i = 0; i < work->answer->question.need_count; i++)
		if (find_tunings_of(work, i, err) < 0)
			return -1;
	return 0;
}

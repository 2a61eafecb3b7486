/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capacity/answer.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

const char *lad_basis_name(enum lad_basis basis)
{
	static const char *const names[] = {"unknown", "measured", "interpolated", "extrapolated"};
	return (unsigned)basis < sizeof names / sizeof *names ? names[basis] : "?";
}

const char *lad_fits_name(enum lad_fits fits)
{
	static const char *const names[] = {"yes", "no", "perhaps", "unknown"};
	return (unsigned)fits < sizeof names / sizeof *names ? names[fits] : "?";
}

double capacity_messages_per_s(const struct capacity_work *work, int index)
{
	const struct lad_need *need = &work->answer->question.needs[index];
	return need->stream ? need->per_s / 8 / (double)work->answer->sources[index].message_bytes : need->per_s;
}

bool capacity_under_slo(const struct capacity_work *work, int index)
{
	const struct lad_capacity_question *question = &work->answer->question;
	return question->slo.quantile > 0 && !question->needs[index].stream;
}

/* ---- Where the figures come from ---- */

/* A row that names what was measured, and how it was done in all of them. */
static int one_machine(struct capacity_work *work, struct lad_error *err)
{
	struct lad_capacity *answer = work->answer;
	const struct lad_table *table = work->table;
	const struct lad_row *first = &table->rows[0];
	if (table->row_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "there are no rows");
	for (int i = 1; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (strcmp(row->cpu_model, first->cpu_model) != 0 || strcmp(row->lab, first->lab) != 0 ||
		    strcmp(row->clock, first->clock) != 0)
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "the rows are of different machines (%s lab, %s; %s lab, %s); valid: runs "
					     "of one machine",
					     first->lab, first->cpu_model, row->lab, row->cpu_model);
	}
	snprintf(answer->lab, sizeof answer->lab, "%s", first->lab);
	snprintf(answer->kernel, sizeof answer->kernel, "%s", first->kernel);
	snprintf(answer->cpu_model, sizeof answer->cpu_model, "%s", first->cpu_model);
	snprintf(answer->time, sizeof answer->time, "%s", first->time);
	snprintf(answer->scenario, sizeof answer->scenario, "%s", first->scenario);
	if (strcmp(first->clock, "instructions") == 0 && answer->question.containers > 1)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "--containers %d: the rows are of the vm lab, whose machine has one CPU: it tells "
				     "what a message costs, not how many containers share the CPUs; valid: 1",
				     answer->question.containers);
	return 0;
}

/* The size that need INDEX is asked for: its own, the question's, or the only one there is. */
static int take_size(struct capacity_work *work, int index, struct lad_error *err)
{
	const struct lad_capacity_question *question = &work->answer->question;
	const struct capacity_data *data = &work->data[index];
	struct lad_capacity_source *source = &work->answer->sources[index];
	source->message_bytes =
	    question->needs[index].message_bytes ? question->needs[index].message_bytes : question->message_bytes;
	source->key = data->key;
	source->size_count = data->size_count;
	source->level_count = data->level_count;
	for (int i = 0; i < data->size_count; i++)
		source->sizes[i] = (int64_t)data->sizes[i];
	for (int i = 0; i < data->level_count; i++)
		source->levels[i] = (int)data->levels[i];
	if (source->message_bytes == 0 && data->size_count == 1)
		source->message_bytes = source->sizes[0];
	if (source->message_bytes == 0)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "--need %s: of which size? --size is missing; %s was measured from %lld to %lld "
				     "bytes",
				     question->needs[index].text, lad_workload_name(data->key.workload),
				     (long long)source->sizes[0], (long long)source->sizes[data->size_count - 1]);
	return 0;
}

int capacity_work_open(struct capacity_work *work, const struct lad_table *table, struct lad_error *err)
{
	work->table = table;
	if (capacity_blocks_list(table, &work->blocks) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	size_t count = (size_t)work->blocks.count;
	work->all = calloc(count, sizeof *work->all);
	work->drawn = calloc(count, sizeof *work->drawn);
	work->again = calloc(count, sizeof *work->again);
	work->random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!work->all || !work->drawn || !work->again || !work->random)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	gsl_rng_set(work->random, CAPACITY_SEED);
	capacity_blocks_before(&work->blocks, work->blocks.runs, work->all);
	return 0;
}

static int collect(struct capacity_work *work, const struct lad_table *table, struct lad_error *err)
{
	const struct lad_capacity_question *question = &work->answer->question;
	if (capacity_work_open(work, table, err) < 0 || one_machine(work, err) < 0)
		return -1;
	work->answer->blocks = work->blocks.count;
	work->answer->runs = work->blocks.runs;
	for (int i = 0; i < question->need_count; i++)
		if (capacity_data_collect(work->table, &work->blocks, &question->needs[i], &question->slo,
					  &work->data[i], err) < 0 ||
		    take_size(work, i, err) < 0 || capacity_refuse(work, i, err) < 0)
			return -1;
	return 0;
}

/* ---- Between runs ---- */

/* The mean logarithm of run RUN's medians over those of all runs, of all cells of QUANTITY. */
static double run_level(const struct capacity_work *work, int need, enum capacity_quantity quantity, int run)
{
	const struct capacity_data *data = &work->data[need];
	int count = capacity_blocks_of(&work->blocks, run, work->drawn), cells = 0;
	double sum = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		for (int size = 0; size < data->size_count; size++)
			for (int level = 0; level < data->level_count; level++) {
				const double *cell = capacity_cell(data, (enum lad_mode)mode, quantity, size, level);
				double ratio = capacity_median(cell, work->drawn, count) /
					       capacity_median(cell, work->all, data->block_count);
				if (!(ratio > 0))
					continue;
				sum += log(ratio);
				cells++;
			}
	return cells ? sum / cells : 0;
}

static void find_run_spread(struct capacity_work *work, int need)
{
	double levels[64];
	int runs = work->blocks.runs < 64 ? work->blocks.runs : 64;
	static const enum capacity_quantity quantities[] = {CAPACITY_RATE, CAPACITY_COST};
	for (size_t i = 0; runs > 1 && i < sizeof quantities / sizeof *quantities; i++) {
		for (int run = 0; run < runs; run++)
			levels[run] = run_level(work, need, quantities[i], run);
		work->run_spread[need][quantities[i]] = gsl_stats_sd(levels, 1, (size_t)runs);
	}
}

/* ---- One mode ---- */

/* Why MODE has no figure for need INDEX: what its first row says that is not ok. */
static void why_not(const struct capacity_work *work, enum lad_mode mode, int index, char *out, size_t size)
{
	const struct lad_row_key *key = &work->data[index].key;
	const struct lad_row *found = NULL;
	if (capacity_under_slo(work, index) && !capacity_has(&work->data[index], mode, CAPACITY_SLO)) {
		snprintf(out, size, "%s: no load search has found a rate for %s", lad_workload_name(key->workload),
			 work->answer->question.slo.text);
		return;
	}
	for (int i = 0; i < work->table->row_count && !found; i++) {
		const struct lad_row *row = &work->table->rows[i];
		if (row->mode == mode && row->workload == key->workload && row->status != LAD_STATUS_OK)
			found = row;
	}
	snprintf(out, size, "%s: %.200s", lad_workload_name(key->workload),
		 found ? found->reason : "not measured for that size and so many containers");
}

static void answer_need(struct capacity_work *work, struct lad_capacity_mode *mode, int index)
{
	const struct capacity_data *data = &work->data[index];
	struct lad_need_answer *answer = &mode->needs[index];
	const struct lad_capacity_source *source = &work->answer->sources[index];
	bool slo = capacity_under_slo(work, index);
	struct capacity_ask ask = {(double)source->message_bytes, work->answer->question.containers, NULL, true,
				   LAD_CAPACITY_SIZES_MIN};
	struct capacity_grid grid;
	struct capacity_rate rate;
	struct capacity_cost cost;
	double rates[LAD_CAPACITY_LEVELS_MAX];
	capacity_medians(data, mode->mode, work->all, data->block_count, &grid);
	if (slo)
		capacity_estimate_slo(data, &grid, &ask, &rate);
	else
		capacity_estimate_rate(data, &grid, CAPACITY_RATE, &ask, &rate);
	capacity_estimate_cost(data, &grid, &ask, &cost);
	capacity_rates_at(data, &grid, slo ? CAPACITY_SLO : CAPACITY_RATE, ask.size, rates);
	answer->cost_s = (struct lad_figure){.value = cost.cost_s, .basis = cost.basis};
	answer->rate = (struct lad_figure){.value = rate.rate, .basis = rate.basis};
	answer->line = cost.line;
	answer->line_sizes = cost.line_sizes;
	answer->line_from = cost.line_from;
	answer->line_to = cost.line_to;
	answer->line_worst = cost.line_worst;
	answer->scaling = rate.scaling;
	answer->slo_by_efficiency = rate.by_efficiency;
	answer->one = (struct lad_figure){.value = NAN, .basis = LAD_BASIS_MEASURED};
	for (int level = data->level_count - 1; level >= 0; level--)
		if (rates[level] > 0)
			answer->one.value = rates[level] / data->levels[level];
	answer->efficiency = rate.rate / (ask.level * answer->one.value);
	capacity_find_limit(work, mode->mode, index, answer);
}

static void answer_mode(struct capacity_work *work, struct lad_capacity_mode *mode)
{
	const struct lad_capacity_question *question = &work->answer->question;
	double cpus = 0, share = 0;
	for (int i = 0; i < question->need_count && !mode->reason[0]; i++) {
		double per_s = capacity_messages_per_s(work, i);
		answer_need(work, mode, i);
		cpus += per_s * mode->needs[i].cost_s.value;
		share += per_s / mode->needs[i].rate.value;
		if (!(mode->needs[i].rate.value > 0))
			why_not(work, mode->mode, i, mode->reason, sizeof mode->reason);
	}
	mode->cpus = (struct lad_figure){.value = cpus / (1 - question->headroom)};
	mode->share = (struct lad_figure){.value = share / (1 - question->headroom)};
	mode->from_host = (struct lad_figure){.value = NAN};
}

static bool is_listed(const struct capacity_work *work, enum lad_mode mode)
{
	for (int i = 0; i < work->table->row_count; i++)
		if (work->table->rows[i].mode == mode)
			return true;
	return false;
}

static void answer_modes(struct capacity_work *work)
{
	struct lad_capacity *answer = work->answer;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!is_listed(work, (enum lad_mode)mode))
			continue;
		struct lad_capacity_mode *made = &answer->modes[answer->mode_count++];
		made->mode = (enum lad_mode)mode;
		answer_mode(work, made);
		const struct lad_capacity_mode *host = &answer->modes[0];
		if (host->mode == LAD_MODE_HOST && !host->reason[0] && !made->reason[0])
			made->from_host.value = made->cpus.value / host->cpus.value;
	}
}

/* ---- Does it fit? ---- */

static enum lad_fits judge(const struct lad_figure *figure, double most)
{
	if (!isfinite(figure->value) || !isfinite(most))
		return LAD_FITS_UNKNOWN;
	if (!isfinite(figure->interval.low))
		return figure->value <= most ? LAD_FITS_YES : LAD_FITS_NO;
	return figure->interval.high <= most ? LAD_FITS_YES
	       : figure->interval.low > most ? LAD_FITS_NO
					     : LAD_FITS_PERHAPS;
}

/* By the CPUs that there will be; and, on the machine that was measured, by what its containers carried. */
static void judge_mode(const struct lad_capacity_question *question, struct lad_capacity_mode *mode)
{
	int there = question->host_cpus ? question->host_cpus : question->machine_cpus;
	bool other = question->host_cpus && question->host_cpus != question->machine_cpus;
	enum lad_fits cpus = judge(&mode->cpus, there ? (double)there : (double)NAN);
	enum lad_fits carried = other ? LAD_FITS_UNKNOWN : judge(&mode->share, 1);
	static const int ranks[] = {
	    [LAD_FITS_NO] = 3, [LAD_FITS_PERHAPS] = 2, [LAD_FITS_YES] = 1, [LAD_FITS_UNKNOWN] = 0};
	mode->fits = ranks[cpus] >= ranks[carried] ? cpus : carried;
	if (other)
		snprintf(mode->why, sizeof mode->why,
			 "by CPU time alone: %d CPUs were measured, and what containers carry on %d is not known",
			 question->machine_cpus, there);
	else if (cpus == LAD_FITS_UNKNOWN)
		snprintf(mode->why, sizeof mode->why, "by what was carried alone: %s",
			 there ? "CPU time was not measured" : "the number of CPUs is not known");
	else
		snprintf(mode->why, sizeof mode->why, "%s: %.2f of %d CPUs, %.0f %% of what the containers carry",
			 ranks[cpus] > ranks[carried] ? "the CPUs decide" : "what the containers carry decides",
			 mode->cpus.value, there, 100 * mode->share.value);
}

/* ---- All of it ---- */

void capacity_work_close(struct capacity_work *work)
{
	for (int i = 0; i < LAD_NEEDS_MAX; i++)
		free(work->data[i].values);
	free(work->blocks.blocks);
	free(work->all);
	free(work->drawn);
	free(work->again);
	if (work->random)
		gsl_rng_free(work->random);
}

/* Of no mode is anything known: then the first says why. */
static int refuse_all(const struct lad_capacity *answer, struct lad_error *err)
{
	for (int m = 0; m < answer->mode_count; m++)
		if (!answer->modes[m].reason[0])
			return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "%s: %s", lad_mode_name(answer->modes[0].mode),
			     answer->modes[0].reason);
}

static int make(struct capacity_work *work, const struct lad_table *table, struct lad_error *err)
{
	if (collect(work, table, err) < 0)
		return -1;
	for (int i = 0; i < work->answer->question.need_count; i++)
		find_run_spread(work, i);
	answer_modes(work);
	if (refuse_all(work->answer, err) < 0)
		return -1;
	if (capacity_bootstrap(work) < 0 || capacity_check(work) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int m = 0; m < work->answer->mode_count; m++)
		judge_mode(&work->answer->question, &work->answer->modes[m]);
	return capacity_find_tunings(work, err);
}

int lad_capacity_make(const struct lad_table *table, const struct lad_capacity_question *question,
		      struct lad_capacity **capacity, struct lad_error *err)
{
	struct capacity_work *work = calloc(1, sizeof *work);
	*capacity = calloc(1, sizeof **capacity);
	if (!work || !*capacity) {
		free(work);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	(*capacity)->question = *question;
	work->answer = *capacity;
	int status = make(work, table, err);
	capacity_work_close(work);
	free(work);
	if (status == 0)
		return 0;
	lad_capacity_free(*capacity);
	*capacity = NULL;
	return -1;
}

void lad_capacity_free(struct lad_capacity *capacity)
{
	if (capacity)
		free(capacity->checks);
	free(capacity);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capacity/words.h"

#define CELL_MAX 160
#define COLUMNS_MAX 9
#define ROWS_MAX 16 /* a head, and each mode, or each quantity for each kind of hold-out */

/* A table of texts: the first row is the head. */
struct text_table {
	char cells[ROWS_MAX][COLUMNS_MAX][CELL_MAX];
	int rows, columns;
};

static void put_cell(struct text_table *table, int column, const char *text)
{
	snprintf(table->cells[table->rows][column], CELL_MAX, "%.159s", text);
}

static int width_of(const struct text_table *table, int column)
{
	size_t width = 0;
	for (int row = 0; row < table->rows; row++)
		if (strlen(table->cells[row][column]) > width)
			width = strlen(table->cells[row][column]);
	return (int)width;
}

static void print_plain(const struct text_table *table, FILE *out)
{
	for (int row = 0; row < table->rows; row++)
		for (int column = 0; column < table->columns; column++) {
			bool last = column == table->columns - 1;
			fprintf(out, "%-*s%s", last ? 0 : width_of(table, column), table->cells[row][column],
				last ? "\n" : "  ");
		}
}

static void print_pipes(const struct text_table *table, FILE *out)
{
	for (int row = 0; row < table->rows; row++) {
		for (int column = 0; column < table->columns; column++)
			fprintf(out, "| %s ", table->cells[row][column]);
		fputs("|\n", out);
		for (int column = 0; row == 0 && column < table->columns; column++)
			fputs(column == table->columns - 1 ? "| --- |\n" : "| --- ", out);
	}
	fputc('\n', out);
}

static void print_table(const struct text_table *table, const struct lad_capacity_view *view, FILE *out)
{
	if (view->format == LAD_CAPACITY_MARKDOWN)
		print_pipes(table, out);
	else
		print_plain(table, out);
}

static bool is_shown(const struct lad_capacity_view *view, const struct lad_capacity_mode *mode)
{
	return view->mode < 0 || (int)mode->mode == view->mode;
}

bool lad_capacity_is_validated(const struct lad_capacity *capacity, const struct lad_capacity_view *view)
{
	for (int m = 0; m < capacity->mode_count; m++)
		if (!capacity->modes[m].reason[0] && is_shown(view, &capacity->modes[m]) &&
		    !capacity->modes[m].validation.passed)
			return false;
	return true;
}

/* ---- The head ---- */

static void print_question(const struct lad_capacity *capacity, FILE *out)
{
	const struct lad_capacity_question *question = &capacity->question;
	for (int i = 0; i < question->need_count; i++)
		fprintf(out, "%s%s", i ? " and " : "", capacity_need_words(capacity, i).text);
	fprintf(out, "; %d container%s", question->containers, question->containers == 1 ? "" : "s");
	if (question->slo.quantile > 0)
		fprintf(out, "; requests with %s", question->slo.text);
	fprintf(out, "; %.0f %% headroom\n", 100 * question->headroom);
}

static void print_origin(const struct lad_capacity *capacity, FILE *out)
{
	char cpus[32] = "";
	if (capacity->question.machine_cpus)
		snprintf(cpus, sizeof cpus, "%d x ", capacity->question.machine_cpus);
	fprintf(out, "measured %.10s: %s lab, %s%s, Linux %s, %d block%s", capacity->time, capacity->lab, cpus,
		capacity->cpu_model, capacity->kernel, capacity->blocks, capacity->blocks == 1 ? "" : "s");
	fprintf(out, capacity->runs > 1 ? " of %d runs\n" : "\n", capacity->runs);
}

/* ---- One line a mode ---- */

/* Of several needs that which takes the largest share of what can be carried. */
static int main_need(const struct lad_capacity *capacity, const struct lad_capacity_mode *mode)
{
	int most = 0;
	double shares[LAD_NEEDS_MAX];
	for (int i = 0; i < capacity->question.need_count; i++) {
		const struct lad_need *need = &capacity->question.needs[i];
		double per_s =
		    need->stream ? need->per_s / 8 / (double)capacity->sources[i].message_bytes : need->per_s;
		shares[i] = per_s / mode->needs[i].rate.value;
		if (shares[i] > shares[most])
			most = i;
	}
	return most;
}

static void put_mode(struct text_table *table, const struct lad_capacity *capacity,
		     const struct lad_capacity_mode *mode)
{
	char share[CELL_MAX];
	put_cell(table, 0, lad_mode_name(mode->mode));
	for (int i = 1; i < table->columns; i++)
		put_cell(table, i, "");
	if (mode->reason[0]) {
		put_cell(table, 1, "-");
		put_cell(table, table->columns - 1, mode->reason);
	} else {
		snprintf(share, sizeof share, "%.40s %%%.80s", capacity_number(100 * mode->share.value).text,
			 capacity_range(mode->share.interval, 100).text);
		put_cell(table, 1, lad_fits_name(mode->fits));
		put_cell(table, 2, capacity_figure(&mode->cpus, 1).text);
		put_cell(table, 3, capacity_figure(&mode->from_host, 1).text);
		put_cell(table, 4, share);
		put_cell(table, 5, mode->needs[main_need(capacity, mode)].limit);
		put_cell(table, 6, mode->validation.passed ? "validated" : "not validated");
	}
	table->rows++;
}

static void print_modes(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	static const char *const heads[] = {
	    "mode", "fits", "CPUs", "of host's", "of what is carried", "limited first by", "checked"};
	struct text_table *table = calloc(1, sizeof *table);
	if (!table)
		return;
	table->columns = sizeof heads / sizeof *heads;
	for (int i = 0; i < table->columns; i++)
		put_cell(table, i, heads[i]);
	table->rows = 1;
	for (int m = 0; m < capacity->mode_count; m++)
		put_mode(table, capacity, &capacity->modes[m]);
	print_table(table, view, out);
	free(table);
}

/* ---- One mode ---- */

static void print_cost(const struct lad_need_answer *answer, FILE *out)
{
	if (!isfinite(answer->cost_s.value)) {
		fprintf(out, "    CPU time was not measured\n");
		return;
	}
	fprintf(out, "    a message costs %s of CPU time, both ends together (%s)\n",
		capacity_seconds(&answer->cost_s).text, lad_basis_name(answer->cost_s.basis));
	if (!answer->line_sizes)
		return;
	struct lad_figure fixed = {.value = answer->line.fixed, .interval = answer->line_fixed};
	fprintf(out, "    by size, %.0f to %.0f bytes: %s and %s ns a byte%s", answer->line_from, answer->line_to,
		capacity_seconds(&fixed).text, capacity_number(1e9 * answer->line.slope).text,
		capacity_range(answer->line_slope, 1e9).text);
	fprintf(out, "; %d sizes, worst residual %+.1f %%\n", answer->line_sizes, 100 * answer->line_worst);
}

static void print_bound(const struct lad_capacity *capacity, const struct lad_scaling *scaling, int need, FILE *out)
{
	struct lad_figure one = {.value = scaling->one, .interval = {NAN, NAN}};
	struct lad_figure most = {.value = scaling->most, .interval = {NAN, NAN}};
	fprintf(out, "each adds %s", capacity_rate_words(capacity, need, &one).text);
	if (isfinite(scaling->most))
		fprintf(out, " up to %s, which %.1f reach", capacity_rate_words(capacity, need, &most).text,
			lad_scaling_peak(scaling));
}

static void print_scaling(const struct lad_capacity *capacity, const struct lad_need_answer *answer, int need,
			  FILE *out)
{
	const struct lad_capacity_source *source = &capacity->sources[need];
	const struct lad_scaling *scaling = &answer->scaling;
	double peak = lad_scaling_peak(scaling);
	if (!scaling->points) {
		fprintf(out, "    scaling: measured at too few numbers of containers for a law (%d are needed)\n",
			LAD_SCALING_POINTS_MIN);
		return;
	}
	fprintf(out, "    scaling: %s over %s: ", lad_law_name(scaling->law), capacity_levels_words(source).text);
	if (scaling->law == LAD_LAW_LINEAR)
		fprintf(out, "each adds as much as the first");
	else if (scaling->law == LAD_LAW_BOUND)
		print_bound(capacity, scaling, need, out);
	else
		fprintf(out, "contention %s %%%s", capacity_number(100 * scaling->contention).text,
			capacity_range(answer->contention, 100).text);
	if (scaling->law == LAD_LAW_USL)
		fprintf(out, ", coherency %s %%%s", capacity_number(100 * scaling->coherency).text,
			capacity_range(answer->coherency, 100).text);
	if (scaling->law != LAD_LAW_BOUND && isfinite(peak))
		fprintf(out, "; most at about %.0f%s", peak,
			peak > source->levels[source->level_count - 1] ? " (more than was measured: not promised)"
								       : "");
	if (scaling->points < LAD_USL_POINTS_MIN)
		fprintf(out, "; USL needs %d numbers", LAD_USL_POINTS_MIN);
	fputc('\n', out);
}

static void print_need(const struct lad_capacity *capacity, const struct lad_capacity_mode *mode, int need, FILE *out)
{
	const struct lad_need_answer *answer = &mode->needs[need];
	fprintf(out, "  %s\n", capacity_need_words(capacity, need).text);
	print_cost(answer, out);
	fprintf(
	    out, "    %d container%s carr%s %s%s (%s%s); one alone %s: efficiency %.2f\n",
	    capacity->question.containers, capacity->question.containers == 1 ? "" : "s",
	    capacity->question.containers == 1 ? "ies" : "y", capacity_rate_words(capacity, need, &answer->rate).text,
	    capacity->question.slo.quantile > 0 && !capacity->question.needs[need].stream ? " under the SLO" : "",
	    lad_basis_name(answer->rate.basis), answer->slo_by_efficiency ? ", by the efficiency without the SLO" : "",
	    capacity_rate_words(capacity, need, &answer->one).text, answer->efficiency);
	print_scaling(capacity, answer, need, out);
	if (answer->limit[0])
		fprintf(out, "    limited first by %s\n", answer->limit);
	fprintf(out, "    tuning that saves most: %s\n",
		answer->tuning[0] ? answer->tuning : "none was measured to save any");
}

static void print_mode(const struct lad_capacity *capacity, const struct lad_capacity_mode *mode, FILE *out)
{
	if (mode->reason[0]) {
		fprintf(out, "%s: %s\n", lad_mode_name(mode->mode), mode->reason);
		return;
	}
	fprintf(out, "%s: fits: %s (%s)\n", lad_mode_name(mode->mode), lad_fits_name(mode->fits), mode->why);
	for (int i = 0; i < capacity->question.need_count; i++)
		print_need(capacity, mode, i, out);
	fprintf(out, "  together %s CPUs, headroom included", capacity_figure(&mode->cpus, 1).text);
	if (isfinite(mode->from_host.value))
		fprintf(out, "; %s of host's", capacity_figure(&mode->from_host, 1).text);
	fprintf(out, "\n  %s (%d held out: median %.1f %%, worst %+.1f %%, 90 %% intervals held %.0f %%)\n",
		capacity_validation_words(&mode->validation).text, mode->validation.checks,
		100 * mode->validation.median, 100 * mode->validation.worst, 100 * mode->validation.coverage);
}

/* ---- What was held out ---- */

struct tally {
	double errors[4096];
	int count, held;
	double worst;
};

static int by_size(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

/* The checks of MODE, of that kind and quantity. */
static void count_checks(const struct lad_capacity *capacity, enum lad_mode mode, int held, const char *quantity,
			 struct tally *tally)
{
	*tally = (struct tally){0};
	for (int i = 0; i < capacity->check_count && tally->count < 4096; i++) {
		const struct lad_check *check = &capacity->checks[i];
		if (check->mode != mode || (int)check->held != held || strcmp(check->quantity, quantity) != 0)
			continue;
		tally->errors[tally->count++] = fabs(check->error);
		tally->held += check->covered;
		if (fabs(check->error) > fabs(tally->worst))
			tally->worst = check->error;
	}
	qsort(tally->errors, (size_t)tally->count, sizeof *tally->errors, by_size);
}

static void put_tally(struct text_table *table, const char *mode, const char *quantity, int held,
		      const struct tally *tally)
{
	char text[CELL_MAX];
	int middle = tally->count / 2;
	double median =
	    tally->count % 2 ? tally->errors[middle] : (tally->errors[middle - 1] + tally->errors[middle]) / 2;
	put_cell(table, 0, mode);
	put_cell(table, 1, lad_held_out_name((enum lad_held_out)held));
	put_cell(table, 2, quantity);
	snprintf(text, sizeof text, "%d", tally->count);
	put_cell(table, 3, text);
	snprintf(text, sizeof text, "%.1f %%", 100 * median);
	put_cell(table, 4, text);
	snprintf(text, sizeof text, "%+.1f %%", 100 * tally->worst);
	put_cell(table, 5, text);
	snprintf(text, sizeof text, "%d of %d", tally->held, tally->count);
	put_cell(table, 6, text);
	table->rows++;
}

static void put_mode_tallies(struct text_table *table, const struct lad_capacity *capacity,
			     const struct lad_capacity_mode *mode)
{
	static const char *const quantities[] = {"rate", "rate under the SLO", "CPU time"};
	struct tally *tally = malloc(sizeof *tally);
	for (int held = 0; tally && held <= LAD_HELD_RUN; held++)
		for (size_t i = 0; i < 3 && table->rows < ROWS_MAX; i++) {
			count_checks(capacity, mode->mode, held, quantities[i], tally);
			if (tally->count)
				put_tally(table, lad_mode_name(mode->mode), quantities[i], held, tally);
		}
	free(tally);
}

static void print_mode_checks(const struct lad_capacity *capacity, const struct lad_capacity_view *view,
			      const struct lad_capacity_mode *mode, FILE *out)
{
	static const char *const heads[] = {"mode",	    "held out",	   "predicted",		 "checks",
					    "median error", "worst error", "90 % intervals held"};
	struct text_table *table = calloc(1, sizeof *table);
	if (!table)
		return;
	table->columns = sizeof heads / sizeof *heads;
	for (int i = 0; i < table->columns; i++)
		put_cell(table, i, heads[i]);
	table->rows = 1;
	put_mode_tallies(table, capacity, mode);
	print_table(table, view, out);
	free(table);
	fprintf(out, "%s: %s (%d held out: median %.1f %%, worst %+.1f %%, 90 %% intervals held %.0f %%)\n\n",
		lad_mode_name(mode->mode), capacity_validation_words(&mode->validation).text, mode->validation.checks,
		100 * mode->validation.median, 100 * mode->validation.worst, 100 * mode->validation.coverage);
}

static void print_check(const struct lad_capacity *capacity, const struct lad_check *check, FILE *out)
{
	const struct lad_capacity_source *source = &capacity->sources[check->need];
	bool rate = strcmp(check->quantity, "CPU time") != 0;
	struct lad_figure figure = {check->predicted, check->interval, LAD_BASIS_INTERPOLATED};
	struct lad_figure truth = {.value = check->measured, .interval = {NAN, NAN}};
	fprintf(out, "  %-14s %s, %" PRId64 " bytes, %d container%s: %s %s, was %s: %+.1f %%%s\n",
		lad_held_out_name(check->held), lad_workload_name(source->key.workload), check->message_bytes,
		check->sessions, check->sessions == 1 ? "" : "s", check->quantity,
		rate ? capacity_rate_words(capacity, check->need, &figure).text : capacity_seconds(&figure).text,
		rate ? capacity_rate_words(capacity, check->need, &truth).text : capacity_seconds(&truth).text,
		100 * check->error, check->covered ? "" : ", outside");
}

static void print_validation(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	for (int m = 0; m < capacity->mode_count; m++) {
		const struct lad_capacity_mode *mode = &capacity->modes[m];
		if (!is_shown(view, mode) || mode->reason[0])
			continue;
		for (int i = 0; view->mode >= 0 && i < capacity->check_count; i++)
			if (capacity->checks[i].mode == mode->mode)
				print_check(capacity, &capacity->checks[i], out);
		print_mode_checks(capacity, view, mode, out);
	}
	fprintf(
	    out, "%s\n",
	    lad_capacity_is_validated(capacity, view)
		? "validated: median error, worst error and intervals are within the limits of docs/capacity-planner.md"
		: "not validated");
}

/* ---- All of it ---- */

static void print_expectations(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	for (int i = 0; i < view->expectation_count; i++) {
		char why[128];
		bool holds;
		if (lad_expectation_holds(&view->expectations[i], capacity, view->mode, &holds, why, sizeof why,
					  NULL) == 0)
			fprintf(out, "expected %s: %s\n", view->expectations[i].text, why);
	}
}

/* Which of the figures above nobody has measured. */
static void print_bases(const struct lad_capacity *capacity, FILE *out)
{
	for (int i = 0; i < capacity->question.need_count; i++) {
		const struct lad_need_answer *answer = NULL;
		for (int m = 0; m < capacity->mode_count && !answer; m++)
			if (!capacity->modes[m].reason[0])
				answer = &capacity->modes[m].needs[i];
		if (!answer || (answer->rate.basis == LAD_BASIS_MEASURED && answer->cost_s.basis == LAD_BASIS_MEASURED))
			continue;
		const struct lad_capacity_source *source = &capacity->sources[i];
		fprintf(out, "%s: rate %s%s, CPU time %s; measured are %s bytes and %s containers\n",
			lad_workload_name(source->key.workload), lad_basis_name(answer->rate.basis),
			answer->slo_by_efficiency ? " by the efficiency without the SLO" : "",
			lad_basis_name(answer->cost_s.basis), capacity_sizes_words(source).text,
			capacity_levels_words(source).text);
	}
}

static void print_answer(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	if (view->mode < 0) {
		print_modes(capacity, view, out);
		print_bases(capacity, out);
		fputs("CPUs: both ends together, headroom included. Intervals: 90 %. --mode MODE says more.\n", out);
		return;
	}
	for (int m = 0; m < capacity->mode_count; m++)
		if (is_shown(view, &capacity->modes[m]))
			print_mode(capacity, &capacity->modes[m], out);
}

void lad_capacity_print(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	if (view->format == LAD_CAPACITY_JSON) {
		lad_capacity_print_json(capacity, view, out);
		return;
	}
	bool fenced = view->format == LAD_CAPACITY_MARKDOWN && view->mode >= 0;
	print_question(capacity, out);
	if (view->format == LAD_CAPACITY_MARKDOWN)
		fputc('\n', out);
	print_origin(capacity, out);
	fputs(fenced ? "\n```text\n" : "\n", out);
	if (view->validate)
		print_validation(capacity, view, out);
	else
		print_answer(capacity, view, out);
	print_expectations(capacity, view, out);
	if (fenced)
		fputs("```\n", out);
}

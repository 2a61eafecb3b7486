/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/sentence.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "netladder/gains.h"

static void say(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(sentence->text);
	va_start(arguments, format);
	vsnprintf(sentence->text + used, sizeof sentence->text - used, format, arguments);
	va_end(arguments);
}

static struct relation_tally *tally_of(struct tally *tally, const struct lad_relation *relation)
{
	for (int i = 0; i < tally->relation_count; i++) {
		const struct lad_relation *known = &tally->relations[i].relation;
		if (known->left == relation->left && known->right == relation->right && known->sign == relation->sign)
			return &tally->relations[i];
	}
	if (tally->relation_count == LAD_RELATIONS_MAX)
		return NULL;
	tally->relations[tally->relation_count].relation = *relation;
	return &tally->relations[tally->relation_count++];
}

static void count(struct tally *tally, const struct lad_judgement *judgement)
{
	struct relation_tally *relation = tally_of(tally, &judgement->relation);
	if (!relation)
		return;
	relation->counts[judgement->verdict]++;
	relation->total++;
	tally->counts[judgement->verdict]++;
	tally->total++;
	if (judgement->verdict != LAD_INCONCLUSIVE || tally->blocks_needed < 0)
		return;
	if (judgement->blocks_needed < 0 || judgement->blocks_needed > tally->blocks_needed)
		tally->blocks_needed = judgement->blocks_needed;
}

struct tally tally_make(const struct lad_verdict *verdict)
{
	struct tally tally = {0};
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		tally.groups += group->primary;
		int judged = tally.total - tally.counts[LAD_NOT_MEASURED];
		for (int j = 0; group->primary && j < group->judgement_count; j++)
			count(&tally, &group->judgements[j]);
		tally.judged_groups += tally.total - tally.counts[LAD_NOT_MEASURED] > judged;
	}
	return tally;
}

enum lad_verdict_kind tally_kind(const struct tally *tally)
{
	if (tally->counts[LAD_REFUTED])
		return LAD_REFUTED;
	if (tally->counts[LAD_INCONCLUSIVE])
		return LAD_INCONCLUSIVE;
	return tally->counts[LAD_CONFIRMED] ? LAD_CONFIRMED : LAD_NOT_MEASURED;
}

static const char *plural(int count)
{
	return count == 1 ? "" : "s";
}

/* "bridge > overlay is refuted in 7 of 8 workloads, and …" over the relations with a refutation. */
static void say_refuted(struct sentence *sentence, const struct tally *tally, const char *things)
{
	int left = 0, said = 0;
	for (int i = 0; i < tally->relation_count; i++)
		left += tally->relations[i].counts[LAD_REFUTED] > 0;
	for (int i = 0; i < tally->relation_count; i++) {
		const struct relation_tally *relation = &tally->relations[i];
		int measured = relation->total - relation->counts[LAD_NOT_MEASURED];
		if (!relation->counts[LAD_REFUTED])
			continue;
		say(sentence, "%s%s ",
		    said == 0	? ""
		    : left == 1 ? " and "
				: ", ",
		    relation_text(&relation->relation).text);
		if (measured == 1)
			say(sentence, "is refuted");
		else if (measured == relation->counts[LAD_REFUTED])
			say(sentence, "is refuted in all %d %s", measured, things);
		else
			say(sentence, "is refuted in %d of %d %s", relation->counts[LAD_REFUTED], measured, things);
		said++;
		left--;
	}
}

static void say_open(struct sentence *sentence, const struct tally *tally)
{
	int open = tally->counts[LAD_INCONCLUSIVE];
	int judged = tally->total - tally->counts[LAD_NOT_MEASURED];
	say(sentence, "%d of %d comparison%s %s still open", open, judged, plural(judged), open == 1 ? "is" : "are");
	if (tally->blocks_needed > 0)
		say(sentence, ", which about %d more block%s of trials would settle", tally->blocks_needed,
		    plural(tally->blocks_needed));
}

/* The chain as it was judged: unmeasured modes are bridged over, so it names what was measured. */
static struct words judged_order(const struct tally *tally)
{
	struct lad_relation relations[LAD_RELATIONS_MAX];
	for (int i = 0; i < tally->relation_count; i++)
		relations[i] = tally->relations[i].relation;
	return order_text(relations, tally->relation_count);
}

struct sentence sentence_make(const struct lad_verdict *verdict)
{
	struct sentence sentence = {""};
	struct tally tally = tally_make(verdict);
	struct words chain = judged_order(&tally);
	const char *order = chain.text;
	const char *things = has_sweep(verdict) ? "combinations of workload and tuning" : "workloads";
	const char *where = on_instruction_clock(verdict) ? "by instructions executed" : "on this machine";
	int judged = tally.total - tally.counts[LAD_NOT_MEASURED];
	if (tally.total == 0) {
		say(&sentence, "No order was stated for this run, so nothing is judged; the figures stand below.");
	} else if (judged == 0) {
		say(&sentence, "The expected order %s could not be judged: none of its pairs was measured.", order);
	} else if (tally.counts[LAD_REFUTED] == 0 && tally.counts[LAD_INCONCLUSIVE] == 0) {
		say(&sentence, "The expected order %s holds %s", order, where);
		if (tally.judged_groups > 1)
			say(&sentence, " in all %d %s%s", tally.judged_groups, things,
			    tally.judged_groups < tally.groups ? " that were judged" : "");
		if (tally.counts[LAD_NOT_MEASURED] && tally.judged_groups == tally.groups)
			say(&sentence, ", as far as it was measured: %d of %d comparisons were not",
			    tally.counts[LAD_NOT_MEASURED], tally.total);
		say(&sentence, ".");
	} else if (tally.counts[LAD_REFUTED] == 0) {
		say(&sentence, "Nothing contradicts the expected order %s %s, but ", order, where);
		say_open(&sentence, &tally);
		say(&sentence, ".");
	} else {
		say(&sentence, "The expected order %s %s %s: ", order,
		    tally.counts[LAD_CONFIRMED] ? "holds only in part" : "does not hold", where);
		say_refuted(&sentence, &tally, things);
		if (tally.counts[LAD_INCONCLUSIVE]) {
			say(&sentence, "; ");
			say_open(&sentence, &tally);
		} else if (tally.counts[LAD_CONFIRMED]) {
			say(&sentence, "; everything else %sis confirmed",
			    tally.counts[LAD_NOT_MEASURED] ? "that was measured " : "");
		}
		say(&sentence, ".");
	}
	return sentence;
}

struct lad_interval share_of_host(const struct lad_verdict *verdict, enum lad_mode mode)
{
	struct lad_interval range = {NAN, NAN};
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_cell *cell = group_cell(&verdict->groups[i], mode);
		if (!verdict->groups[i].primary || !cell || !cell->ok || !isfinite(cell->ratio_to_host))
			continue;
		range.low = fmin(range.low, cell->ratio_to_host); /* fmin(NAN, x) is x */
		range.high = fmax(range.high, cell->ratio_to_host);
	}
	return range;
}

/* The lines that got worse, the first three by name. */
static void say_worse(struct sentence *sentence, const struct lad_compare *compare)
{
	int said = 0;
	for (int i = 0; i < compare->line_count && said < 3; i++) {
		const struct lad_compare_line *line = &compare->lines[i];
		if (line->change != LAD_WORSE)
			continue;
		if (isfinite(line->ratio))
			say(sentence, "%s%s by %.1f\u00a0%%", said ? ", " : ": ", line->name,
			    fabs(line->ratio - 1) * 100);
		else
			say(sentence, "%s%s, which was 0", said ? ", " : ": ", line->name);
		said++;
	}
	if (compare->counts[LAD_WORSE] > said)
		say(sentence, " and %d more", compare->counts[LAD_WORSE] - said);
}

struct sentence comparison_sentence(const struct report_comparison *comparison)
{
	struct sentence sentence = {""};
	const struct lad_compare *compare = &comparison->compare;
	const int *counts = compare->counts;
	int judged = counts[LAD_BETTER] + counts[LAD_SAME] + counts[LAD_WORSE] + counts[LAD_UNKNOWN];
	if (judged == 0) {
		say(&sentence, "%s and %s have no figure in common, so nothing is compared.", comparison->fresh_label,
		    comparison->base_label);
		return sentence;
	}
	if (counts[LAD_UNKNOWN] == judged) {
		say(&sentence, "Whether %s is worse than %s by more than %g\u00a0%% is open for all %d figures.",
		    comparison->fresh_label, comparison->base_label, compare->margin * 100, judged);
		return sentence;
	}
	if (counts[LAD_WORSE])
		say(&sentence, "%d of %d figures of %s %s worse than those of %s by more than %g\u00a0%%",
		    counts[LAD_WORSE], judged, comparison->fresh_label, counts[LAD_WORSE] == 1 ? "is" : "are",
		    comparison->base_label, compare->margin * 100);
	else
		say(&sentence, "No figure of %s is known to be worse than in %s by more than %g\u00a0%%",
		    comparison->fresh_label, comparison->base_label, compare->margin * 100);
	say_worse(&sentence, compare);
	if (counts[LAD_BETTER])
		say(&sentence, "; %d %s better", counts[LAD_BETTER], counts[LAD_BETTER] == 1 ? "is" : "are");
	if (counts[LAD_UNKNOWN])
		say(&sentence, "; %d of %d %s still open", counts[LAD_UNKNOWN], judged,
		    counts[LAD_UNKNOWN] == 1 ? "is" : "are");
	say(&sentence, ".");
	return sentence;
}

/* Of the tunings beside the base those that have a figure anywhere. */
static int measured_tunings(const struct lad_gains *gains)
{
	int count = 0;
	for (int t = 1; t < gains->tuning_count; t++) {
		bool measured = false;
		for (int g = 0; g < gains->group_count; g++)
			for (int i = 0; i < gains->groups[g].cell_count; i++)
				measured |= gains->groups[g].cells[i].gains[t].kind != LAD_GAIN_NOT_MEASURED;
		count += measured;
	}
	return count;
}

/* The largest gain of all, and whether there is any. */
struct sentence tuning_sentence(const struct lad_verdict *verdict)
{
	struct sentence sentence = {""};
	const struct lad_gains *gains = verdict->gains;
	const struct lad_gain_group *top_group = NULL;
	const struct lad_gain_cell *top = NULL;
	int better = 0, cells = 0, open = 0;
	for (int g = 0; gains && g < gains->group_count; g++)
		for (int i = 0; i < gains->groups[g].cell_count; i++) {
			const struct lad_gain_cell *cell = &gains->groups[g].cells[i];
			cells += isfinite(cell->gains[0].median);
			for (int t = 0; t < gains->tuning_count; t++)
				open += cell->gains[t].kind == LAD_GAIN_UNDECIDED;
			if (cell->best < 0)
				continue;
			better++;
			if (!top || cell->gains[cell->best].ratio > top->gains[top->best].ratio) {
				top = cell;
				top_group = &gains->groups[g];
			}
		}
	if (!gains)
		return sentence;
	if (!top) {
		int measured = measured_tunings(gains);
		say(&sentence, "None of the %d tunings%s is known to be better than %s%s.", measured,
		    measured < gains->tuning_count - 1 ? " that were measured" : "", gains->tunings[0],
		    open ? ": the blocks so far do not tell" : "");
		return sentence;
	}
	say(&sentence,
	    "Tuning pays in %d of %d combinations of workload and mode, most of all %s for %s with %s: %.1f\u00a0%% "
	    "better than %s.",
	    better, cells, gains->tunings[top->best], lad_mode_name(top->mode),
	    lad_workload_name(top_group->key.workload), (top->gains[top->best].ratio - 1) * 100, gains->tunings[0]);
	return sentence;
}

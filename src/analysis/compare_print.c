/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "analysis/compare.h"

static const char *paint(const struct lad_print_options *options, enum lad_change change)
{
	static const char *const codes[] = {"\033[32m", "", "\033[31m", "\033[33m", "\033[33m", "\033[2m", "\033[2m"};
	return options->color ? codes[change] : "";
}

static void print_differences(const struct lad_compare *compare, FILE *out)
{
	int small = 0;
	for (int i = 0; i < compare->difference_count; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		small += !difference->grave;
		if (difference->grave)
			fprintf(out, "DIFFERENT %s: %s | %s\n", difference->what, difference->base, difference->fresh);
	}
	for (int i = 0; i < compare->difference_count && small <= 8; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		if (!difference->grave)
			fprintf(out, "differs   %s: %s | %s\n", difference->what, difference->base, difference->fresh);
	}
	if (small > 8)
		fprintf(out, "differs   %d settings more; --format json lists them\n", small);
	if (compare->vm_cause[0])
		fprintf(out, "instruction clock: the two runs began with %s\n", compare->vm_cause);
	if (compare->difference_count || compare->vm_cause[0])
		fputc('\n', out);
}

static void print_line(const struct lad_compare_line *line, int name_width, const struct lad_print_options *options,
		       FILE *out)
{
	char base[48], fresh[48], delta[64], remark[400];
	compare_value(line, &line->base, base, sizeof base);
	compare_value(line, &line->fresh, fresh, sizeof fresh);
	compare_delta(line, delta, sizeof delta);
	compare_remark(line, remark, sizeof remark);
	fprintf(out, "%-*s  %-18s %14s %14s  %-28s %s%-12s%s %s\n", name_width, line->name, line->metric->title, base,
		fresh, delta, paint(options, line->change), lad_change_name(line->change),
		options->color ? "\033[0m" : "", remark);
}

static void print_quality(const char *side, const struct lad_quality *quality, FILE *out)
{
	for (int i = 0; i < quality->count; i++)
		fprintf(out, "quality of %s: %s\n", side, quality->notes[i].text);
}

/* Few blocks are tested exactly, and that needs no word. */
static void print_approximation(const struct lad_compare *compare, FILE *out)
{
	bool normal = false;
	for (int i = 0; i < compare->line_count; i++)
		normal |= compare_is_normal(&compare->lines[i]);
	if (normal)
		fprintf(out,
			"\nMore than %d paired blocks, or %d blocks of both sides: by the normal approximation of the "
			"rank tests.\n",
			LAD_SIGNED_RANK_EXACT_MAX, LAD_RANK_SUM_EXACT_MAX);
}

void lad_compare_print(const struct lad_compare *compare, const struct lad_print_options *options, FILE *out)
{
	char summary[256];
	int width = 4;
	fprintf(out, "base: %s\nnew:  %s\n\n", compare->base_name, compare->fresh_name);
	print_differences(compare, out);
	for (int i = 0; i < compare->line_count; i++) {
		int length = (int)strlen(compare->lines[i].name);
		width = length > width ? length : width;
	}
	if (compare->lines[0].pairing == LAD_EXACT)
		fputs("instruction clock: path length, not wall time; exact, no interval\n", out);
	fprintf(out, "%-*s  %-18s %14s %14s  %-28s %s\n", width, "what", "metric", "base", "new", "new against base",
		"verdict");
	for (int i = 0; i < compare->line_count; i++)
		print_line(&compare->lines[i], width, options, out);
	print_quality("base", &compare->base_quality, out);
	print_quality("new", &compare->fresh_quality, out);
	print_approximation(compare, out);
	lad_compare_summary(compare, summary, sizeof summary);
	fprintf(out, "\n%s\n", summary);
}

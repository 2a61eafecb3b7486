/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What continuous integration reads: Markdown, JUnit XML, GitHub workflow commands. Each has its own escaping. */
#include <string.h>

#include "analysis/compare.h"

struct escape {
	char from;
	const char *to;
};

static void put_escaped(const char *text, const struct escape *escapes, size_t count, FILE *out)
{
	for (; *text; text++) {
		const char *to = NULL;
		for (size_t i = 0; i < count; i++)
			if (escapes[i].from == *text)
				to = escapes[i].to;
		if (to)
			fputs(to, out);
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fputc('?', out); /* XML 1.0 has no way to say them, and a terminal obeys them */
		else
			fputc(*text, out);
	}
}

/* GitHub Flavored Markdown: a bar ends a cell, a newline the row; the rest would be formatting. */
static void put_markdown(const char *text, FILE *out)
{
	static const struct escape escapes[] = {{'|', "\\|"},  {'\n', " "},   {'\r', " "},  {'<', "&lt;"},
						{'>', "&gt;"}, {'*', "\\*"},  {'_', "\\_"}, {'`', "\\`"},
						{'[', "\\["},  {'&', "&amp;"}};
	put_escaped(text, escapes, sizeof escapes / sizeof *escapes, out);
}

static void put_xml(const char *text, FILE *out)
{
	static const struct escape escapes[] = {{'&', "&amp;"},	 {'<', "&lt;"},	  {'>', "&gt;"}, {'"', "&quot;"},
						{'\'', "&#39;"}, {'\n', "&#10;"}, {'\t', "&#9;"}};
	put_escaped(text, escapes, sizeof escapes / sizeof *escapes, out);
}

/* https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: escapeData and escapeProperty. */
static void put_command_data(const char *text, FILE *out)
{
	static const struct escape escapes[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}};
	put_escaped(text, escapes, sizeof escapes / sizeof *escapes, out);
}

static void put_command_property(const char *text, FILE *out)
{
	static const struct escape escapes[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}};
	put_escaped(text, escapes, sizeof escapes / sizeof *escapes, out);
}

static void markdown_line(const struct lad_compare_line *line, FILE *out)
{
	static const char *const bold[] = {"**better**",  "same", "**worse**",	 "unknown",
					   "**missing**", "new",  "not compared"};
	char base[48], fresh[48], delta[64], remark[400];
	compare_value(line, &line->base, base, sizeof base);
	compare_value(line, &line->fresh, fresh, sizeof fresh);
	compare_delta(line, delta, sizeof delta);
	compare_remark(line, remark, sizeof remark);
	const char *const cells[] = {line->name, line->metric->title, base, fresh, delta};
	for (int i = 0; i < 5; i++) {
		fputs("| ", out);
		put_markdown(cells[i], out);
		fputc(' ', out);
	}
	fprintf(out, "| %s | ", bold[line->change]);
	put_markdown(remark, out);
	fputs(" |\n", out);
}

static void markdown_quality(const char *side, const struct lad_quality *quality, FILE *out)
{
	for (int i = 0; i < quality->count; i++) {
		fprintf(out, "- quality of %s: ", side);
		put_markdown(quality->notes[i].text, out);
		fputs(i + 1 < quality->count ? "\n" : "\n\n", out);
	}
}

void lad_compare_print_markdown(const struct lad_compare *compare, FILE *out)
{
	char summary[256];
	lad_compare_summary(compare, summary, sizeof summary);
	fputs("### netladder: ", out);
	put_markdown(summary, out);
	fputs("\n\nBase: ", out);
	put_markdown(compare->base_name, out);
	fputs("; new: ", out);
	put_markdown(compare->fresh_name, out);
	fputs("\n\n", out);
	for (int i = 0; i < compare->difference_count; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		if (!difference->grave)
			continue;
		fputs("- **different ", out);
		put_markdown(difference->what, out);
		fputs("**: ", out);
		put_markdown(difference->base, out);
		fputs(" / ", out);
		put_markdown(difference->fresh, out);
		fputc('\n', out);
	}
	if (lad_compare_grave(compare))
		fputc('\n', out);
	markdown_quality("base", &compare->base_quality, out);
	markdown_quality("new", &compare->fresh_quality, out);
	fputs("| what | metric | base | new | new against base \\[95 % CI\\] | verdict | |\n", out);
	fputs("|---|---|---:|---:|---|---|---|\n", out);
	for (int i = 0; i < compare->line_count; i++)
		markdown_line(&compare->lines[i], out);
}

/* One sentence for a line: "tcp_rr shared bridge, transactions: worse, 101 k/s -> 90 k/s, -10.9 % […]". */
static void sentence(const struct lad_compare_line *line, char *out, size_t size)
{
	char base[48], fresh[48], delta[64], remark[400];
	compare_value(line, &line->base, base, sizeof base);
	compare_value(line, &line->fresh, fresh, sizeof fresh);
	compare_delta(line, delta, sizeof delta);
	compare_remark(line, remark, sizeof remark);
	snprintf(out, size, "%s, %s: %s, %s -> %s%s%s (%s)", line->name, line->metric->title,
		 lad_change_name(line->change), base, fresh, delta[0] ? ", " : "", delta, remark);
}

static bool is_failure(const struct lad_compare_line *line, bool require_all)
{
	return line->change == LAD_WORSE || (require_all && line->change == LAD_MISSING);
}

static bool is_skip(const struct lad_compare_line *line, bool require_all)
{
	return !is_failure(line, require_all) && line->change != LAD_SAME && line->change != LAD_BETTER;
}

static void junit_case(const struct lad_compare_line *line, bool require_all, FILE *out)
{
	char text[1024];
	sentence(line, text, sizeof text);
	fputs("    <testcase classname=\"netladder.", out);
	put_xml(lad_workload_name(line->key.workload), out);
	fputs("\" name=\"", out);
	put_xml(line->name, out);
	fputs(", ", out);
	put_xml(line->metric->title, out);
	fputs("\">\n      ", out);
	if (is_failure(line, require_all)) {
		fputs("<failure type=\"regression\" message=\"", out);
		put_xml(text, out);
		fputs("\"/>", out);
	} else if (is_skip(line, require_all)) {
		fputs("<skipped message=\"", out);
		put_xml(text, out);
		fputs("\"/>", out);
	} else {
		fputs("<system-out>", out);
		put_xml(text, out);
		fputs("</system-out>", out);
	}
	fputs("\n    </testcase>\n", out);
}

void lad_compare_print_junit(const struct lad_compare *compare, bool require_all, FILE *out)
{
	int failures = 0, skipped = 0;
	for (int i = 0; i < compare->line_count; i++) {
		failures += is_failure(&compare->lines[i], require_all);
		skipped += is_skip(&compare->lines[i], require_all);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out, "<testsuites tests=\"%d\" failures=\"%d\" errors=\"0\">\n", compare->line_count, failures);
	fprintf(out,
		"  <testsuite name=\"netladder compare\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n",
		compare->line_count, failures, skipped);
	fputs("    <properties>\n", out);
	for (int i = 0; i < compare->difference_count; i++) {
		fputs("      <property name=\"different ", out);
		put_xml(compare->differences[i].what, out);
		fputs("\" value=\"", out);
		put_xml(compare->differences[i].base, out);
		fputs(" | ", out);
		put_xml(compare->differences[i].fresh, out);
		fputs("\"/>\n", out);
	}
	fputs("    </properties>\n", out);
	for (int i = 0; i < compare->line_count; i++)
		junit_case(&compare->lines[i], require_all, out);
	fputs("  </testsuite>\n</testsuites>\n", out);
}

static void annotate(const char *command, const char *title, const char *text, FILE *out)
{
	fprintf(out, "::%s title=", command);
	put_command_property(title, out);
	fputs("::", out);
	put_command_data(text, out);
	fputc('\n', out);
}

void lad_compare_print_github(const struct lad_compare *compare, bool require_all, FILE *out)
{
	char text[1024], title[300];
	for (int i = 0; i < compare->difference_count; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		snprintf(text, sizeof text, "%s: %s | %s", difference->what, difference->base, difference->fresh);
		if (difference->grave)
			annotate("warning", "netladder: not the same machine or program", text, out);
	}
	for (int i = 0; i < compare->line_count; i++) {
		const struct lad_compare_line *line = &compare->lines[i];
		if (line->change == LAD_SAME || line->change == LAD_NOT_COMPARED)
			continue;
		sentence(line, text, sizeof text);
		snprintf(title, sizeof title, "netladder: %.250s", line->name);
		annotate(is_failure(line, require_all)				      ? "error"
			 : line->change == LAD_UNKNOWN || line->change == LAD_MISSING ? "warning"
										      : "notice",
			 title, text, out);
	}
	lad_compare_summary(compare, text, sizeof text);
	annotate("notice", "netladder", text, out);
}

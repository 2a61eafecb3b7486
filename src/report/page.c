/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include <math.h>

#include "report/escape.h"

static const struct section sections[] = {
    {"comparison", "The comparison", section_comparison_wanted, section_comparison},
    {"ladder", "The ladder", NULL, section_ladder},
    {"relations", "Relation by relation", section_relations_wanted, section_relations},
    {"sweep", "Tuning", section_sweep_wanted, section_sweep},
    {"workloads", "Cost and latency", section_workloads_wanted, section_workloads},
    {"capacity", "Capacity", section_capacity_wanted, section_capacity},
    {"latency", "How latency is spread", section_latency_wanted, section_latency},
    {"figures", "Every figure", NULL, section_figures},
    {"method", "How it was measured", NULL, section_method},
    {"environment", "Where it was measured", NULL, section_environment},
    {"repeat", "Repeat it", NULL, section_repeat},
    {"data", "The data", NULL, section_data},
};
#define SECTION_COUNT (sizeof sections / sizeof *sections)

void put_chip(FILE *out, enum lad_verdict_kind kind)
{
	static const struct {
		const char *class, *sign;
	} chips[] = {[LAD_CONFIRMED] = {"confirmed", "✓"},
		     [LAD_REFUTED] = {"refuted", "✗"},
		     [LAD_INCONCLUSIVE] = {"inconclusive", "?"},
		     [LAD_NOT_MEASURED] = {"not-measured", "–"}};
	html_put(out, "<span class=\"chip {}\"><span aria-hidden=\"true\">{}</span>{}</span>", chips[kind].class,
		 chips[kind].sign, lad_verdict_name(kind), NULL);
}

/* The caption stands above the region, not in it: it wraps with the page and stays when the table scrolls. */
void open_table(FILE *out, const char *id, const char *caption, const char *classes)
{
	html_put(out,
		 "<p id=\"{}-caption\" class=\"caption\">{}</p>\n"
		 "<div class=\"scroll tall\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{}-caption\">"
		 "<table id=\"{}\" class=\"{}\" aria-labelledby=\"{}-caption\">\n",
		 id, caption, id, id, classes, id, NULL);
}

void close_table(FILE *out)
{
	fputs("</table></div>\n", out);
}

void put_column(FILE *out, const char *text, bool numbers)
{
	html_put(out, numbers ? "<th scope=\"col\" class=\"number\">{}</th>" : "<th scope=\"col\">{}</th>", text, NULL);
}

void put_number(FILE *out, double value)
{
	if (isfinite(value))
		fprintf(out, "<td class=\"number\" data-value=\"%.9g\">%s</td>", value, number(value).text);
	else
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
}

void put_value(FILE *out, double value, const char *text)
{
	if (!isfinite(value)) {
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
		return;
	}
	fprintf(out, "<td class=\"number\" data-value=\"%.9g\">", value);
	html_text(out, text);
	fputs("</td>", out);
}

static const char *title_of(const struct report *report)
{
	return report->request->title ? report->request->title : report->current->verdict.scenario;
}

static void write_head(FILE *out, const struct report *report)
{
	/* The page may run its own script and nothing else, and load nothing at all. */
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src '%s'; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"netladder " LAD_VERSION "\">\n",
		report_js_hash);
	html_put(out, "<title>{} – netladder report</title>\n", title_of(report), NULL);
	fprintf(out, "<style>\n%s</style>\n</head>\n", report_css);
}

static bool is_wanted(const struct section *section, const struct report *report)
{
	return !section->wanted || section->wanted(report);
}

static void write_contents(FILE *out, const struct report *report)
{
	fputs("<nav class=\"contents\" aria-label=\"Contents\"><ul>\n", out);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		if (is_wanted(&sections[i], report))
			html_put(out, "<li><a href=\"#{}\">{}</a></li>\n", sections[i].id, sections[i].title, NULL);
	fputs("</ul></nav>\n", out);
}

void page_write(FILE *out, const struct report *report)
{
	write_head(out, report);
	fputs("<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<div class=\"frame\">\n<header>\n"
	      "<div class=\"kicker\"><span>netladder report</span>"
	      "<button type=\"button\" data-theme-switch hidden></button></div>\n",
	      out);
	html_put(out, "<h1>{}</h1>\n", title_of(report), NULL);
	section_summary(out, report);
	write_contents(out, report);
	fputs("</header>\n<main id=\"main\">\n", out);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (!is_wanted(&sections[i], report))
			continue;
		html_put(out, "<section id=\"{}\" aria-labelledby=\"{}-title\">\n<h2 id=\"{}-title\">{}</h2>\n",
			 sections[i].id, sections[i].id, sections[i].id, sections[i].title, NULL);
		sections[i].write(out, report);
		fputs("</section>\n", out);
	}
	fprintf(out,
		"</main>\n<footer>Made by netladder %s. This file is complete in itself: it loads nothing.</footer>\n"
		"</div>\n<div id=\"announcer\" class=\"hidden\" aria-live=\"polite\"></div>\n<script>%s</script>\n"
		"</body>\n</html>\n",
		LAD_VERSION, report_js);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

/* The HTML page: one entry of the table in page.c a section. */

#include "report/report.h"

struct section {
	const char *id, *title;
	bool (*wanted)(const struct report *report); /* NULL: always */
	/* Writes what stands below the heading. What cannot be shown is said in its place. */
	void (*write)(FILE *out, const struct report *report);
};

void page_write(FILE *out, const struct report *report);

/* The style sheet and the script, built in from report.css and report.js. */
extern const char report_css[], report_js[];
/* The script's hash for the Content-Security-Policy: "sha256-…". */
extern const char report_js_hash[];

/* Above the sections: title, what was measured where, the sentence, the modes' shares of host. */
void section_summary(FILE *out, const struct report *report);
void section_comparison(FILE *out, const struct report *report);
bool section_comparison_wanted(const struct report *report);
void section_ladder(FILE *out, const struct report *report);
void section_relations(FILE *out, const struct report *report);
bool section_relations_wanted(const struct report *report);
void section_figures(FILE *out, const struct report *report);
void section_workloads(FILE *out, const struct report *report);
bool section_workloads_wanted(const struct report *report);
void section_sweep(FILE *out, const struct report *report);
bool section_sweep_wanted(const struct report *report);
void section_capacity(FILE *out, const struct report *report);
bool section_capacity_wanted(const struct report *report);
void section_latency(FILE *out, const struct report *report);
bool section_latency_wanted(const struct report *report);
void section_environment(FILE *out, const struct report *report);
void section_method(FILE *out, const struct report *report);
void section_repeat(FILE *out, const struct report *report);
void section_data(FILE *out, const struct report *report);

/* Pieces that several sections use. */

/* A word with a sign and a colour; never the colour alone. */
void put_chip(FILE *out, enum lad_verdict_kind kind);
/* Opens a table in a region that scrolls by itself, named by its caption; ID is unique on the page. */
void open_table(FILE *out, const char *id, const char *caption, const char *classes);
void close_table(FILE *out);
/* A header cell of a sortable column; NUMBERS: aligned to the right. */
void put_column(FILE *out, const char *text, bool numbers);
/* <td> with a number that sorts by VALUE. */
void put_number(FILE *out, double value);
/* A figure such as a ratio: shown as TEXT, sorted by VALUE; "–" when VALUE is no number. */
void put_value(FILE *out, double value, const char *text);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "report/escape.h"
#include "report/page.h"

/* A data: link holds the file itself, so it can be saved with no script and no network. */
static void put_download(FILE *out, const char *label, const char *name, const struct report_file *file)
{
	struct words size;
	if (!file->bytes)
		return;
	snprintf(size.text, sizeof size.text, "%.0f kB", (double)file->length / 1000 + 0.5);
	html_put(out, "<li><a download=\"{}{}{}\" href=\"data:text/csv;base64,", label, label[0] ? "-" : "", name,
		 NULL);
	base64_put(out, file->bytes, file->length);
	html_put(out, "\">{} <small>{}</small></a></li>\n", name, size.text, NULL);
}

void section_data(FILE *out, const struct report *report)
{
	fputs("<p>The raw results are in this file: one row a trial, as measured.</p>\n", out);
	for (int i = 0; i < report->count; i++) {
		const struct report_source *source = &report->sources[i];
		if (report->count > 1)
			html_put(out, "<h3>{}</h3>\n", source->label, NULL);
		fputs("<ul class=\"downloads\">\n", out);
		put_download(out, report->count > 1 ? source->label : "", "results.csv", &source->csv);
		fputs("</ul>\n", out);
	}
}

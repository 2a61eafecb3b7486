/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "report/report.h"

/* The report as GitHub-flavoured Markdown: the sentence and compact tables, for a pull request or a wiki. */
void markdown_write(FILE *out, const struct report *report);

#endif

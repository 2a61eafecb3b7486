/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_REPORT_H
#define NETLADDER_REPORT_H

/*
 * One page that tells what a run found, from its folder alone: the verdict in one sentence, charts, tables, how it was
 * measured, and the raw data. HTML is one file that loads nothing (charts are inline SVG, the CSV is embedded) and
 * forbids itself to (Content-Security-Policy); Markdown is for a pull request or a wiki. Whatever a person or a machine
 * wrote into the inputs is escaped on its way out.
 */

#include <stdio.h>

#include "netladder/error.h"

#define LAD_REPORT_FOLDERS_MAX 16

enum lad_report_format { LAD_REPORT_HTML, LAD_REPORT_MARKDOWN };

struct lad_report_request {
	/* Results folders (or the results.csv in them). The first is the one that later ones are compared with. */
	const char *const *folders;
	int folder_count; /* 1..LAD_REPORT_FOLDERS_MAX */
	enum lad_report_format format;
	const char *title; /* UTF-8; NULL: the scenario's name */
};

/*
 * Reads the folders and writes the report to OUT. Only results.csv is required; what else is missing (scenario.yaml,
 * environment.json, histograms.csv) is left out and said so in the report. Errors: LAD_EXIT_USAGE for a folder or file
 * that cannot be read as results, LAD_EXIT_UNABLE when OUT takes no more.
 */
int lad_report_write(const struct lad_report_request *request, FILE *out, struct lad_error *err);

/* FOLDER/NAME, also where FOLDER names the results.csv in it. */
void lad_report_path(const char *folder, const char *name, char *path, size_t size);

/* The same into PATH, by lad_output_write: a file is replaced at once or, on an error, left as it was. */
int lad_report_save(const struct lad_report_request *request, const char *path, struct lad_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/incomplete.h"
#include "report/report.h"

/* What one file may bring into memory; a results.csv of a day's measuring is a few MB. */
#define FILE_BYTES_MAX (256L << 20)

static int read_file(const char *folder, const char *name, struct report_file *file, struct lad_error *err)
{
	char path[4200];
	struct lad_bytes bytes;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (lad_file_read(path, FILE_BYTES_MAX, &bytes, err) < 0) {
		lad_error_change_exit(err, LAD_EXIT_USAGE);
		return -1;
	}
	file->bytes = (char *)bytes.data;
	file->length = bytes.size;
	return 0;
}

/* FOLDER without a results.csv at its end and without final slashes. */
static void set_folder(struct report_source *source, const char *folder)
{
	static const char csv[] = "results.csv";
	snprintf(source->folder, sizeof source->folder, "%s", folder);
	size_t length = strlen(source->folder), suffix = strlen(csv);
	if (length >= suffix && strcmp(source->folder + length - suffix, csv) == 0 &&
	    (length == suffix || source->folder[length - suffix - 1] == '/')) {
		length -= suffix;
		source->folder[length] = '\0';
	}
	while (length > 1 && source->folder[length - 1] == '/')
		source->folder[--length] = '\0';
	if (length == 0)
		strcpy(source->folder, ".");
	const char *slash = strrchr(source->folder, '/');
	snprintf(source->label, sizeof source->label, "%.120s", slash && slash[1] ? slash + 1 : source->folder);
}

static void load_scenario(struct report_source *source)
{
	struct lad_error why = {0};
	if (read_file(source->folder, "scenario.yaml", &source->scenario_text, &why) == 0 &&
	    lad_scenario_parse("scenario.yaml", source->scenario_text.bytes, source->scenario_text.length,
			       &source->scenario, &why) == 0)
		source->has_scenario = true;
	else
		snprintf(source->scenario_missing, sizeof source->scenario_missing, "%.250s", why.message);
}

/* What the scenario says, else the documented order. */
static int judge(struct report_source *source, struct lad_error *err)
{
	source->options = lad_documented;
	if (source->has_scenario)
		source->options = lad_scenario_expected(&source->scenario);
	return lad_verdict_make(&source->table, &source->options, &source->verdict, err);
}

/* What the files lack. */
static void look_for_gaps(struct report_source *source, const char *csv_path)
{
	struct lad_incomplete found;
	lad_incomplete_look(csv_path, &source->table, &found);
	lad_incomplete_describe(&found, "results.csv", source->incomplete, sizeof source->incomplete);
	lad_records_describe_cut(source->histograms_path, "histograms.csv", source->histograms_cut,
				 sizeof source->histograms_cut);
}

static int open_source(struct report_source *source, const char *folder, struct lad_error *err)
{
	struct lad_error unused = {0};
	char path[4200];
	set_folder(source, folder);
	snprintf(path, sizeof path, "%s/results.csv", source->folder);
	if (read_file(source->folder, "results.csv", &source->csv, err) < 0)
		return -1;
	/* Parsed from the bytes that are embedded: the two cannot differ. */
	lad_cleanup_file FILE *in = fmemopen(source->csv.bytes, source->csv.length, "r");
	if (!in)
		return lad_error_errno(err, errno, "cannot read %s", path);
	if (lad_table_read_stream(path, in, &source->table, err) < 0)
		return -1;
	load_scenario(source);
	if (read_file(source->folder, "environment.json", &source->environment_text, &unused) == 0)
		source->environment = cJSON_Parse(source->environment_text.bytes);
	read_file(source->folder, "histograms.csv", &source->histograms, &unused);
	snprintf(source->histograms_path, sizeof source->histograms_path, "%s/histograms.csv", source->folder);
	look_for_gaps(source, path);
	for (int i = 0; i < source->table.row_count; i++) {
		const struct lad_row *row = &source->table.rows[i];
		source->ok += row->status == LAD_STATUS_OK;
		source->failed += row->status == LAD_STATUS_FAILED;
		source->skipped += row->status == LAD_STATUS_SKIPPED;
		source->blocks = row->block > source->blocks ? row->block : source->blocks;
	}
	return judge(source, err);
}

void lad_report_path(const char *folder, const char *name, char *path, size_t size)
{
	struct report_source source = {0};
	set_folder(&source, folder);
	snprintf(path, size, "%s/%s", source.folder, name);
}

static bool has_variants(const struct lad_table *table)
{
	for (int i = 0; i < table->row_count; i++)
		if (strcmp(table->rows[i].variant, "b") == 0)
			return true;
	return false;
}

static int compare_folders(struct report_comparison *comparison, struct lad_error *err)
{
	const struct report_source *base = comparison->base, *fresh = comparison->fresh;
	struct lad_compare_options options = {.margin = fresh->options.margin, .alpha = fresh->options.alpha};
	snprintf(comparison->base_label, sizeof comparison->base_label, "%s", base->label);
	snprintf(comparison->fresh_label, sizeof comparison->fresh_label, "%s", fresh->label);
	if (lad_compare_make(&base->table, base->label, &fresh->table, fresh->label, &options, &comparison->compare,
			     err) < 0)
		return -1;
	/* An environment that cannot be read costs the list of differences alone; its section says that it is not
	 * there. */
	struct lad_error unused = {0};
	lad_compare_environment(&comparison->compare, base->environment ? base->environment_text.bytes : NULL,
				fresh->environment ? fresh->environment_text.bytes : NULL, &unused);
	return 0;
}

static int compare_variants(struct report_comparison *comparison, struct lad_error *err)
{
	const struct report_source *source = comparison->base;
	struct lad_compare_options options = {.margin = source->options.margin, .alpha = source->options.alpha};
	strcpy(comparison->base_label, "variant a");
	strcpy(comparison->fresh_label, "variant b");
	return lad_compare_variants(&source->table, &options, &comparison->compare, err);
}

/* Each later folder with the first; of one folder alone its variants, if it has any. */
static int compare_all(struct report *report, struct lad_error *err)
{
	bool variants = report->count == 1 && has_variants(&report->current->table);
	int count = variants ? 1 : report->count - 1;
	report->comparisons = calloc((size_t)count + 1, sizeof *report->comparisons);
	if (!report->comparisons)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < count; i++) {
		struct report_comparison *comparison = &report->comparisons[i];
		comparison->base = &report->sources[0];
		comparison->fresh = &report->sources[variants ? 0 : i + 1];
		if ((variants ? compare_variants(comparison, err) : compare_folders(comparison, err)) < 0)
			return -1;
		report->comparison_count = i + 1;
	}
	return 0;
}

int report_open(const struct lad_report_request *request, struct report *report, struct lad_error *err)
{
	*report = (struct report){.request = request};
	report->sources = calloc((size_t)request->folder_count, sizeof *report->sources);
	if (!report->sources)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < request->folder_count; i++) {
		report->count = i + 1;
		if (open_source(&report->sources[i], request->folders[i], err) < 0)
			return -1;
	}
	report->current = &report->sources[report->count - 1];
	return compare_all(report, err);
}

void report_close(struct report *report)
{
	for (int i = 0; i < report->count; i++) {
		struct report_source *source = &report->sources[i];
		free(source->csv.bytes);
		free(source->scenario_text.bytes);
		free(source->environment_text.bytes);
		free(source->histograms.bytes);
		lad_table_free(&source->table);
		lad_verdict_free(&source->verdict);
		cJSON_Delete(source->environment);
	}
	for (int i = 0; i < report->comparison_count; i++)
		lad_compare_free(&report->comparisons[i].compare);
	free(report->comparisons);
	free(report->sources);
	*report = (struct report){0};
}

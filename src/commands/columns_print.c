/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands/columns.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/columns.h"
#include "netladder/text.h"
#include "netladder/verdict.h"

#define LINE_COLUMNS 80

static const char intro[] =
    "A run's folder holds these files: CSV by RFC 4180, a header first, UTF-8, numbers in decimal with a point. A "
    "field "
    "that does not apply is empty, never 0. Columns are only ever added at the end, and never renamed. \"Since\" is "
    "the "
    "version of netladder that wrote the column first: it is missing in the files of older ones.";

static const char metrics_intro[] =
    "The columns of results.csv that `run`, `verdict` and `compare` take with "
    "--metric. `all` are those that are judged "
    "for the workload; without --metric it is the workload's main figure. `chart` takes the judged ones, with --kind "
    "compare all of these, and with --kind timeline the counts and TCP figures of samples.csv.";

/* "number", or of words which: "ok, failed, skipped". */
static const char *type_of(const struct lad_column_about *column, char *text, size_t size)
{
	const char *words[LAD_COLUMN_WORDS_MAX];
	if (!column->word)
		return column->type;
	lad_join(text, size, words, (size_t)lad_column_words(column, words));
	return text;
}

/* The workloads that METRIC is judged for, or with IS_MAIN those whose main figure it is. */
static const char *workloads_of(const struct lad_metric *metric, bool is_main, char *text, size_t size)
{
	const char *names[LAD_WORKLOAD_COUNT];
	int count = 0;
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++) {
		const struct lad_metric *judged = lad_metrics_of((enum lad_workload_kind)kind);
		for (int i = 0; judged[i].column && (i == 0 || !is_main); i++)
			if (strcmp(judged[i].column, metric->column) == 0)
				names[count++] = lad_workload_name((enum lad_workload_kind)kind);
	}
	lad_join(text, size, names, (size_t)count);
	return text;
}

static const char *better(const struct lad_metric *metric)
{
	return metric->lower_is_better ? "lower" : "higher";
}

/* TEXT in lines, each behind INDENT blanks. */
static void print_wrapped(FILE *out, int indent, const char *text)
{
	int used = LINE_COLUMNS;
	for (const char *word = text; *word; word += strspn(word, " ")) {
		int length = (int)strcspn(word, " ");
		bool fits = used + 1 + length < LINE_COLUMNS;
		if (!fits)
			used = fprintf(out, "%s%*s", word == text ? "" : "\n", indent, "") - (word != text);
		used += fprintf(out, "%s%.*s", fits ? " " : "", length, word);
		word += length;
	}
	fputc('\n', out);
}

static void print_column_text(const struct lad_column_about *column, FILE *out)
{
	char type[256], empty[256], line[512];
	snprintf(line, sizeof line, "%s (%s%s%s; since %s)", column->name, type_of(column, type, sizeof type),
		 *column->unit ? ", " : "", column->unit, column->since);
	fputc('\n', out);
	print_wrapped(out, 2, line);
	print_wrapped(out, 6, column->meaning);
	if (!column->empty)
		return;
	snprintf(empty, sizeof empty, "Empty: %s.", column->empty);
	print_wrapped(out, 6, empty);
}

static void print_metric_text(const struct lad_metric *metric, FILE *out)
{
	char judged[128], line[256];
	workloads_of(metric, false, judged, sizeof judged);
	fprintf(out, "  %-23s %s%s%s%s; %s is better\n", metric->column, metric->title, *metric->unit ? " (" : "",
		metric->unit, *metric->unit ? ")" : "", better(metric));
	if (!*judged)
		return;
	snprintf(line, sizeof line, "judged for %s", judged);
	print_wrapped(out, 26, line);
}

void columns_print_text(FILE *out)
{
	print_wrapped(out, 0, intro);
	for (size_t i = 0; i < lad_file_about_count; i++) {
		const struct lad_file_about *file = &lad_files_about[i];
		fprintf(out, "\n%s\n", file->name);
		print_wrapped(out, 0, file->meaning);
		for (size_t j = 0; j < file->column_count; j++)
			print_column_text(&file->columns[j], out);
	}
	fputs("\nMetrics\n", out);
	print_wrapped(out, 0, metrics_intro);
	fputc('\n', out);
	for (int i = 0; lad_metric_listed(i); i++)
		print_metric_text(lad_metric_listed(i), out);
}

static void print_column_markdown(const struct lad_column_about *column, FILE *out)
{
	char type[256];
	fprintf(out, "| `%s` | %s | %s | %s | %s | %s |\n", column->name, type_of(column, type, sizeof type),
		column->unit, column->since, column->empty ? column->empty : "never", column->meaning);
}

void columns_print_markdown(FILE *out)
{
	char judged[128], of[128];
	fprintf(out,
		"<!-- `make docs-columns` writes this file: it is what `netladder columns --format markdown` prints. "
		"-->\n# Columns of the results\n\n%s\n",
		intro);
	for (size_t i = 0; i < lad_file_about_count; i++) {
		const struct lad_file_about *file = &lad_files_about[i];
		fprintf(out,
			"\n## %s\n%s\n\n| column | type | unit | since | empty when | meaning |\n"
			"| --- | --- | --- | --- | --- | --- |\n",
			file->name, file->meaning);
		for (size_t j = 0; j < file->column_count; j++)
			print_column_markdown(&file->columns[j], out);
	}
	fprintf(out,
		"\n## Metrics\n%s\n\n| metric | what | unit in tables | better | judged for | main figure of |\n"
		"| --- | --- | --- | --- | --- | --- |\n",
		metrics_intro);
	for (int i = 0; lad_metric_listed(i); i++) {
		const struct lad_metric *metric = lad_metric_listed(i);
		fprintf(out, "| `%s` | %s | %s | %s | %s | %s |\n", metric->column, metric->title, metric->unit,
			better(metric), workloads_of(metric, false, judged, sizeof judged),
			workloads_of(metric, true, of, sizeof of));
	}
}

static cJSON *column_json(const struct lad_column_about *column)
{
	const char *words[LAD_COLUMN_WORDS_MAX];
	int count = lad_column_words(column, words);
	cJSON *field = cJSON_CreateObject();
	cJSON_AddStringToObject(field, "name", column->name);
	cJSON_AddStringToObject(field, "type",
				strcmp(column->type, "number") == 0	    ? "number"
				: strcmp(column->type, "whole number") == 0 ? "integer"
									    : "string");
	if (*column->unit)
		cJSON_AddStringToObject(field, "unit", column->unit);
	cJSON_AddStringToObject(field, "description", column->meaning);
	cJSON_AddStringToObject(field, "since", column->since);
	if (column->empty)
		cJSON_AddStringToObject(field, "empty", column->empty);
	cJSON *constraints = cJSON_AddObjectToObject(field, "constraints");
	cJSON_AddBoolToObject(constraints, "required", !column->empty);
	if (count)
		cJSON_AddItemToObject(constraints, "enum", cJSON_CreateStringArray(words, count));
	return field;
}

static cJSON *file_json(const struct lad_file_about *file)
{
	char name[32];
	const char *const missing[] = {""};
	cJSON *resource = cJSON_CreateObject();
	snprintf(name, sizeof name, "%.*s", (int)strcspn(file->name, "."), file->name);
	cJSON_AddStringToObject(resource, "name", name);
	cJSON_AddStringToObject(resource, "path", file->name);
	cJSON_AddStringToObject(resource, "description", file->meaning);
	cJSON_AddStringToObject(resource, "profile", "tabular-data-resource");
	cJSON *schema = cJSON_AddObjectToObject(resource, "schema");
	cJSON *fields = cJSON_AddArrayToObject(schema, "fields");
	for (size_t i = 0; i < file->column_count; i++)
		cJSON_AddItemToArray(fields, column_json(&file->columns[i]));
	cJSON_AddItemToObject(schema, "missingValues", cJSON_CreateStringArray(missing, 1));
	return resource;
}

static cJSON *metric_json(const struct lad_metric *metric)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "column", metric->column);
	cJSON_AddStringToObject(object, "title", metric->title);
	cJSON_AddStringToObject(object, "unit", metric->unit);
	cJSON_AddNumberToObject(object, "scale", metric->scale);
	cJSON_AddStringToObject(object, "better", better(metric));
	cJSON *judged = cJSON_AddArrayToObject(object, "judged_for");
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++) {
		const struct lad_metric *of = lad_metrics_of((enum lad_workload_kind)kind);
		for (int i = 0; of[i].column; i++)
			if (strcmp(of[i].column, metric->column) == 0)
				cJSON_AddItemToArray(
				    judged, cJSON_CreateString(lad_workload_name((enum lad_workload_kind)kind)));
	}
	return object;
}

void columns_print_json(FILE *out)
{
	cJSON *package = cJSON_CreateObject();
	cJSON_AddStringToObject(package, "profile", "tabular-data-package");
	cJSON_AddStringToObject(package, "name", "netladder-results");
	cJSON_AddStringToObject(package, "version", LAD_VERSION);
	cJSON_AddStringToObject(package, "description", intro);
	cJSON *resources = cJSON_AddArrayToObject(package, "resources");
	for (size_t i = 0; i < lad_file_about_count; i++)
		cJSON_AddItemToArray(resources, file_json(&lad_files_about[i]));
	cJSON *metrics = cJSON_AddArrayToObject(package, "metrics");
	for (int i = 0; lad_metric_listed(i); i++)
		cJSON_AddItemToArray(metrics, metric_json(lad_metric_listed(i)));
	lad_cleanup_free char *text = cJSON_Print(package);
	cJSON_Delete(package);
	fprintf(out, "%s\n", text ? text : "{}");
}

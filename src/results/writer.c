/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "results/columns.h"

struct lad_results_writer {
	FILE *rows, *histograms, *samples;
};

static FILE *create(const char *dir, const char *name, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "wxe");
	if (!file)
		lad_error_errno(err, errno, "cannot create %s", path);
	return file;
}

static int flush(FILE *file, struct lad_error *err)
{
	if (ferror(file) || fflush(file) != 0)
		return lad_error_errno(err, errno, "cannot write the results");
	return 0;
}

int lad_results_create(const char *dir, struct lad_results_writer **writer, struct lad_error *err)
{
	struct lad_results_writer *made = calloc(1, sizeof *made);
	if (!made)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	made->rows = create(dir, "results.csv", err);
	made->histograms = made->rows ? create(dir, "histograms.csv", err) : NULL;
	made->samples = made->histograms ? create(dir, "samples.csv", err) : NULL;
	if (!made->samples) {
		lad_results_close(made);
		return -1;
	}
	for (size_t i = 0; i < results_column_count; i++)
		fprintf(made->rows, "%s%s", i ? "," : "", results_columns[i].name);
	fputc('\n', made->rows);
	fputs("run_id,block,trial,low_ns,high_ns,count\n", made->histograms);
	fputs("run_id,block,trial,side,time_s,bytes,messages,transactions,retransmits,rtt_us,cwnd_segments,"
	      "pacing_rate_bps\n",
	      made->samples);
	*writer = made;
	return flush(made->rows, err) < 0 || flush(made->histograms, err) < 0 ? -1 : flush(made->samples, err);
}

/* Quotes only what RFC 4180 asks to quote. */
static void write_field(FILE *file, const char *text)
{
	if (strpbrk(text, ",\"\r\n"))
		csv_fwrite(file, text, strlen(text));
	else
		fputs(text, file);
}

static void write_histogram(FILE *file, const struct lad_row *row, const struct lad_histogram *latency)
{
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++)
		if (latency->counts[bucket])
			fprintf(file, "%s,%d,%d,%" PRId64 ",%" PRId64 ",%" PRIu64 "\n", row->run_id, row->block,
				row->trial, lad_histogram_low(bucket), lad_histogram_high(bucket),
				latency->counts[bucket]);
}

int lad_results_append(struct lad_results_writer *writer, const struct lad_row *row,
		       const struct lad_histogram *latency, struct lad_error *err)
{
	char text[LAD_TUNING_TEXT_MAX];
	for (size_t i = 0; i < results_column_count; i++) {
		results_format(&results_columns[i], row, text, sizeof text);
		if (i)
			fputc(',', writer->rows);
		write_field(writer->rows, text);
	}
	fputc('\n', writer->rows);
	if (latency)
		write_histogram(writer->histograms, row, latency);
	return flush(writer->rows, err) < 0 ? -1 : flush(writer->histograms, err);
}

/* A number that may not apply is empty then. */
static void write_number(FILE *file, double value)
{
	if (isfinite(value))
		fprintf(file, ",%.9g", value);
	else
		fputc(',', file);
}

int lad_results_append_samples(struct lad_results_writer *writer, const struct lad_row *row, const char *side,
			       const struct lad_sample *samples, int count, struct lad_error *err)
{
	for (int i = 0; i < count; i++) {
		const struct lad_sample *sample = &samples[i];
		fprintf(writer->samples, "%s,%d,%d,%s,%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64, row->run_id, row->block,
			row->trial, side, (double)sample->time_ns / 1e9, sample->bytes, sample->messages,
			sample->transactions);
		write_number(writer->samples, sample->retransmits);
		write_number(writer->samples, sample->rtt_us);
		write_number(writer->samples, sample->cwnd_segments);
		write_number(writer->samples, sample->pacing_rate_bps);
		fputc('\n', writer->samples);
	}
	return flush(writer->samples, err);
}

int lad_results_sync(struct lad_results_writer *writer, struct lad_error *err)
{
	if (fsync(fileno(writer->rows)) < 0 || fsync(fileno(writer->histograms)) < 0 ||
	    fsync(fileno(writer->samples)) < 0)
		return lad_error_errno(err, errno, "cannot write the results to disk");
	return 0;
}

void lad_results_close(struct lad_results_writer *writer)
{
	if (!writer)
		return;
	lad_close_file(&writer->rows);
	lad_close_file(&writer->histograms);
	lad_close_file(&writer->samples);
	free(writer);
}

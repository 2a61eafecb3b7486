/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "results/columns.h"

struct lad_results_writer {
	FILE *rows, *histograms, *samples;
};

/* MODE as fopen(3) takes it. */
static FILE *open_file(const char *dir, const char *name, const char *mode, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, mode);
	if (!file)
		lad_error_errno(err, errno, "cannot %s %s", *mode == 'w' ? "create" : "open", path);
	return file;
}

static struct lad_results_writer *open_all(const char *dir, const char *mode, struct lad_error *err)
{
	struct lad_results_writer *made = calloc(1, sizeof *made);
	if (!made) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		return NULL;
	}
	made->rows = open_file(dir, "results.csv", mode, err);
	made->histograms = made->rows ? open_file(dir, "histograms.csv", mode, err) : NULL;
	made->samples = made->histograms ? open_file(dir, "samples.csv", mode, err) : NULL;
	if (made->samples)
		return made;
	lad_results_close(made);
	return NULL;
}

static int flush(FILE *file, struct lad_error *err)
{
	if (ferror(file) || fflush(file) != 0)
		return lad_error_errno(err, errno, "cannot write the results");
	return 0;
}

static void write_header(FILE *rows)
{
	for (size_t i = 0; i < results_column_count; i++)
		fprintf(rows, "%s%s", i ? "," : "", results_columns[i].name);
	fputc('\n', rows);
}

/* A row of ours below the columns of another version would be torn. */
static int check_header(FILE *rows, struct lad_error *err)
{
	lad_cleanup_free char *ours = NULL, *theirs = NULL;
	size_t size = 0, capacity = 0;
	FILE *memory = open_memstream(&ours, &size);
	if (!memory)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	write_header(memory);
	fclose(memory);
	rewind(rows);
	if (getline(&theirs, &capacity, rows) >= 0 && ours && strcmp(ours, theirs) == 0)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "the columns of its results.csv are another version's");
}

/* Takes away a last row that is cut off, or gives a whole one its line end: what comes next begins a line. */
static int mend_end(FILE *file, bool rows, struct lad_error *err)
{
	struct csv_cut cut = {0};
	struct lad_table table = {0};
	rewind(file);
	if (csv_ends_a_line(file))
		return fseek(file, 0, SEEK_END);
	if (rows && results_read("results.csv", file, &table, &cut, err) < 0 && !cut.line)
		return -1;
	lad_table_free(&table);
	if (!rows)
		records_look_for_cut("", file, &cut);
	if (cut.line && ftruncate(fileno(file), cut.offset) < 0)
		return lad_error_errno(err, errno, "cannot take the cut line away");
	fseek(file, 0, SEEK_END);
	if (!cut.line)
		fputc('\n', file);
	return 0;
}

int lad_results_open(const char *dir, struct lad_results_writer **writer, struct lad_error *err)
{
	struct lad_results_writer *made = open_all(dir, "r+e", err);
	if (!made)
		return -1;
	if (check_header(made->rows, err) < 0 || mend_end(made->rows, true, err) < 0 ||
	    mend_end(made->histograms, false, err) < 0 || mend_end(made->samples, false, err) < 0) {
		lad_results_close(made);
		return -1;
	}
	*writer = made;
	return 0;
}

int lad_results_create(const char *dir, struct lad_results_writer **writer, struct lad_error *err)
{
	struct lad_results_writer *made = open_all(dir, "wxe", err);
	if (!made)
		return -1;
	write_header(made->rows);
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

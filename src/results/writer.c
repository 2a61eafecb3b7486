/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "results/columns.h"

/* More than a trial has to say, so that nothing is written, and nothing fails, before it is flushed. */
#define BUFFER_BYTES (1 << 20)

enum { ROWS, HISTOGRAMS, SAMPLES, SESSIONS, SEARCH, FILE_COUNT };
static const char *const file_names[FILE_COUNT] = {"results.csv", "histograms.csv", "samples.csv", "sessions.csv",
						   "search.csv"};

/* Each behind one comma too many. */
#define COLUMN(name, ...) "," #name
static const char histograms_header[] =
#include "results/histograms.def"
    "\n";
static const char samples_header[] =
#include "results/samples.def"
    "\n";
static const char sessions_header[] =
#include "results/sessions.def"
    "\n";
static const char search_header[] =
#include "results/search.def"
    "\n";

struct lad_results_writer {
	FILE *files[FILE_COUNT];
	off_t whole[FILE_COUNT]; /* their lengths before the trial that is being written */
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

/* A folder of a version that had no such file gets one. */
static int add_file(const char *dir, int which, const char *header, struct lad_error *err)
{
	FILE *file = open_file(dir, file_names[which], "a+e", err);
	if (!file)
		return -1;
	fseek(file, 0, SEEK_END);
	if (ftello(file) == 0)
		fputs(header + 1, file);
	return fclose(file) == 0 ? 0 : lad_error_errno(err, errno, "cannot write %s", file_names[which]);
}

static struct lad_results_writer *open_all(const char *dir, const char *mode, struct lad_error *err)
{
	struct lad_results_writer *made = calloc(1, sizeof *made);
	if (!made) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		return NULL;
	}
	for (int i = 0; i < FILE_COUNT; i++) {
		made->files[i] = open_file(dir, file_names[i], mode, err);
		if (!made->files[i]) {
			lad_results_close(made);
			return NULL;
		}
		setvbuf(made->files[i], NULL, _IOFBF, BUFFER_BYTES);
	}
	return made;
}

/* Takes back what is written of a trial: a row, or a histogram, that is cut off would be torn by what comes next. */
static int take_back(struct lad_results_writer *writer, int error, struct lad_error *err)
{
	lad_error_errno(err, error, "cannot write the results");
	for (int i = 0; i < FILE_COUNT; i++) {
		__fpurge(writer->files[i]);
		if (ftruncate(fileno(writer->files[i]), writer->whole[i]) < 0 ||
		    fseeko(writer->files[i], writer->whole[i], SEEK_SET) < 0)
			lad_error_context(err, "the last row may be cut (%s)", strerror(errno));
	}
	return -1;
}

/* Hands what was written to the kernel, all of it or nothing. */
static int flush(struct lad_results_writer *writer, struct lad_error *err)
{
	for (int i = 0; i < FILE_COUNT; i++) {
		errno = 0;
		bool failed = fflush(writer->files[i]) != 0;
		if (failed || ferror(writer->files[i]))
			return take_back(writer, errno ? errno : EIO, err);
	}
	return 0;
}

static void begin_trial(struct lad_results_writer *writer)
{
	for (int i = 0; i < FILE_COUNT; i++)
		writer->whole[i] = ftello(writer->files[i]);
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
static int mend_end(struct lad_results_writer *writer, int which, struct lad_error *err)
{
	struct csv_cut cut = {0};
	struct lad_table table = {0};
	FILE *file = writer->files[which];
	if (csv_ends_a_line(file))
		return fseek(file, 0, SEEK_END);
	if (which != ROWS)
		records_look_for_cut("", file, &cut);
	else if (results_read(file_names[which], file, &table, &cut, err) < 0 && !cut.line)
		return -1;
	lad_table_free(&table);
	fseek(file, 0, SEEK_END);
	/* The line end goes out at once, not with the trial behind it, which may be taken back. */
	if (cut.line ? ftruncate(fileno(file), cut.offset) < 0 : fputc('\n', file) == EOF || fflush(file) != 0)
		return lad_error_errno(err, errno, "cannot mend the end of %s", file_names[which]);
	return fseek(file, 0, SEEK_END);
}

int lad_results_open(const char *dir, struct lad_results_writer **writer, struct lad_error *err)
{
	if (add_file(dir, SESSIONS, sessions_header, err) < 0 || add_file(dir, SEARCH, search_header, err) < 0)
		return -1;
	struct lad_results_writer *made = open_all(dir, "r+e", err);
	if (!made)
		return -1;
	int status = check_header(made->files[ROWS], err);
	for (int i = 0; status == 0 && i < FILE_COUNT; i++)
		status = mend_end(made, i, err);
	if (status < 0) {
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
	write_header(made->files[ROWS]);
	fputs(histograms_header + 1, made->files[HISTOGRAMS]);
	fputs(samples_header + 1, made->files[SAMPLES]);
	fputs(sessions_header + 1, made->files[SESSIONS]);
	fputs(search_header + 1, made->files[SEARCH]);
	if (flush(made, err) == 0) {
		*writer = made;
		return 0;
	}
	lad_results_close(made);
	return -1;
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
	FILE *rows = writer->files[ROWS];
	begin_trial(writer);
	for (size_t i = 0; i < results_column_count; i++) {
		results_format(&results_columns[i], row, text, sizeof text);
		if (i)
			fputc(',', rows);
		write_field(rows, text);
	}
	fputc('\n', rows);
	if (latency)
		write_histogram(writer->files[HISTOGRAMS], row, latency);
	return flush(writer, err);
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
	FILE *file = writer->files[SAMPLES];
	for (int i = 0; i < count; i++) {
		const struct lad_sample *sample = &samples[i];
		fprintf(file, "%s,%d,%d,%s,%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64, row->run_id, row->block, row->trial,
			side, (double)sample->time_ns / 1e9, sample->bytes, sample->messages, sample->transactions);
		write_number(file, sample->retransmits);
		write_number(file, sample->rtt_us);
		write_number(file, sample->cwnd_segments);
		write_number(file, sample->pacing_rate_bps);
		fputc('\n', file);
	}
	return flush(writer, err);
}

int lad_results_append_session(struct lad_results_writer *writer, const struct lad_row *row,
			       const struct lad_session_about *about, const struct lad_row *measured,
			       struct lad_error *err)
{
	FILE *file = writer->files[SESSIONS];
	const double figures[] = {measured->goodput_bps,    measured->packets_per_s,  measured->transactions_per_s,
				  measured->loss_ratio,	    measured->retransmits,    measured->latency_p50_us,
				  measured->latency_p99_us, measured->latency_max_us, measured->cpu_sender_s,
				  measured->cpu_receiver_s, measured->duration_s};
	fprintf(file, "%s,%d,%d,%d,%d,%d", row->run_id, row->block, row->trial, about->session, about->generator_host,
		about->sink_host);
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		write_number(file, figures[i]);
	fprintf(file, ",%s,%s,%s\n", lad_workload_name(measured->workload), about->workload_name,
		about->background ? "yes" : "no");
	return flush(writer, err);
}

static void write_text(FILE *file, const char *text)
{
	fputc(',', file);
	write_field(file, text);
}

int lad_results_append_step(struct lad_results_writer *writer, const struct lad_row *row,
			    const struct lad_search_step *step, struct lad_error *err)
{
	FILE *file = writer->files[SEARCH];
	const double counted[] = {step->load_per_s,   step->duration_s,	     step->intended_total,
				  step->unsent_total, step->delivered_total, step->loss_ratio};
	const double seen[] = {step->forwarded_per_s, step->latency_p50_us,	    step->latency_p99_us,
			       step->latency_max_us,  step->schedule_error_mean_us, step->cpu_sender_s,
			       step->cpu_receiver_s};
	fprintf(file, "%s,%d,%d,%d", row->run_id, row->block, row->trial, step->step);
	write_text(file, step->phase);
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
		write_number(file, counted[i]);
	write_text(file, step->goal_loss_ratios);
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		write_number(file, seen[i]);
	write_text(file, step->limited_by);
	write_text(file, step->reason);
	fputc('\n', file);
	return flush(writer, err);
}

int lad_results_sync(struct lad_results_writer *writer, struct lad_error *err)
{
	for (int i = 0; i < FILE_COUNT; i++)
		if (fsync(fileno(writer->files[i])) < 0)
			return lad_error_errno(err, errno, "cannot write the results to disk");
	return 0;
}

void lad_results_close(struct lad_results_writer *writer)
{
	if (!writer)
		return;
	for (int i = 0; i < FILE_COUNT; i++)
		lad_close_file(&writer->files[i]);
	free(writer);
}

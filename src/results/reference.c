/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/columns.h"

#include "netladder/results.h"

/* The words of a type, each by its number; lists in mode.h answer "?" beyond their last. */
static const char *mode_word(int value)
{
	return value < LAD_MODE_COUNT ? lad_mode_name((enum lad_mode)value) : NULL;
}

static const char *placement_word(int value)
{
	return value < LAD_PLACEMENT_COUNT ? lad_placement_name((enum lad_placement)value) : NULL;
}

static const char *workload_word(int value)
{
	return value < LAD_WORKLOAD_COUNT ? lad_workload_name((enum lad_workload_kind)value) : NULL;
}

static const char *cpus_word(int value)
{
	return value < LAD_CPUS_COUNT ? lad_cpus_name((enum lad_cpus)value) : NULL;
}

static const char *status_word(int value)
{
	return value <= LAD_STATUS_SKIPPED ? lad_status_name((enum lad_status)value) : NULL;
}

/* A type of columns.def: its name, and its words. */
#define TYPE_TEXT "text", NULL
#define TYPE_INT "whole number", NULL
#define TYPE_INT64 "whole number", NULL
#define TYPE_UINT64 "whole number", NULL
#define TYPE_NUMBER "number", NULL
#define TYPE_MODE "word", mode_word
#define TYPE_PLACEMENT "word", placement_word
#define TYPE_WORKLOAD "word", workload_word
#define TYPE_CPUS "word", cpus_word
#define TYPE_STATUS "word", status_word

#define ABOUT(name, type, word, unit, since, empty, meaning) {name, type, unit, since, empty, meaning, word},
#define ABOUT_TYPED(...) ABOUT(__VA_ARGS__)
#define COLUMN(name, type, required, unit, since, empty, meaning)                                                      \
	ABOUT_TYPED(#name, TYPE_##type, unit, since, empty, meaning)
#define LONG_COLUMN(name, bytes, unit, since, empty, meaning) ABOUT_TYPED(#name, TYPE_TEXT, unit, since, empty, meaning)

static const struct lad_column_about results[] = {
#include "results/columns.def"
};

static const struct lad_column_about samples[] = {
#include "results/samples.def"
};

static const struct lad_column_about histograms[] = {
#include "results/histograms.def"
};

static const struct lad_column_about sessions[] = {
#include "results/sessions.def"
};

static const struct lad_column_about search[] = {
#include "results/search.def"
};

#define COLUMNS(table) (table), sizeof(table) / sizeof(*(table))

const struct lad_file_about lad_files_about[] = {
    {"results.csv", "One row is one trial, in the order in which the trials ran.", COLUMNS(results)},
    {"samples.csv",
     "One row is what one agent had counted at one moment of a trial's measuring window: every `trials.sample` of the "
     "scenario. Trials whose status is not ok have none.",
     COLUMNS(samples)},
    {"histograms.csv",
     "One row is a bucket, not empty, of the histogram of one trial's transaction latency. Buckets of several trials "
     "with the same edges add up. Streams and trials whose status is not ok have none.",
     COLUMNS(histograms)},
    {"sessions.csv",
     "One row is one session of a trial that had several at once (`topologies`). Trials with one session, and trials "
     "whose status is not ok, have none.",
     COLUMNS(sessions)},
    {"search.csv", "One row is one trial of a search (`search`). Runs without a search have none.", COLUMNS(search)},
};

const size_t lad_file_about_count = sizeof lad_files_about / sizeof *lad_files_about;

int lad_column_words(const struct lad_column_about *column, const char *words[LAD_COLUMN_WORDS_MAX])
{
	int count = 0;
	while (column->word && count < LAD_COLUMN_WORDS_MAX && (words[count] = column->word(count)))
		count++;
	return count;
}

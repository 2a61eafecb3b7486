/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/text.h"

/* No row is near this long: a quote that is never closed would otherwise take the rest of the file into memory. */
#define RECORD_BYTES_MAX (1 << 20)

struct names {
	char *texts[CSV_COLUMNS_MAX]; /* owned */
	int count;
};

struct state {
	const char *name;
	const struct csv_reader *reader;
	struct lad_error *err;
	struct csv_parser parser;
	bool failed, header_done, at_end, after_cr;
	int line, record_line, field_line; /* counted in line ends, also in those inside quotes */
	struct csv_cut cut;
	long offset, record_offset; /* in bytes of the file: of what is fed, and where the record begins */
	size_t record_bytes;
	struct names header;
	char *text; /* owned: the fields of the record, each with its NUL */
	size_t used, capacity;
	size_t offsets[CSV_COLUMNS_MAX], lengths[CSV_COLUMNS_MAX];
	int count; /* of the fields so far; those beyond CSV_COLUMNS_MAX are not kept */
};

static const char *column_name(const struct state *state, int field)
{
	return field >= 0 && field < state->header.count ? state->header.texts[field] : NULL;
}

/* LINE, and the column of FIELD where the header names one. */
static void fail(struct state *state, int line, int field, const char *what)
{
	const char *column = column_name(state, field);
	if (!state->failed)
		lad_error_set(state->err, LAD_EXIT_USAGE, "%s:%d: %s%s%s", state->name, line,
			      column ? lad_excerpt(column).text : "", column ? ": " : "", what);
	state->failed = true;
}

static bool keep(struct state *state, const char *text, size_t length)
{
	if (state->used + length + 1 > state->capacity) {
		size_t capacity = 2 * (state->used + length + 1) + 4096;
		char *grown = realloc(state->text, capacity);
		if (!grown)
			return false;
		state->text = grown;
		state->capacity = capacity;
	}
	memcpy(state->text + state->used, text, length);
	state->text[state->used + length] = '\0';
	state->used += length + 1;
	return true;
}

/* Whether the text holds as many separators and line ends as a whole row: then two stray quotes have swallowed one. */
static bool swallows_a_row(const struct state *state, const char *text, size_t length)
{
	int separators = 0;
	bool line_end = false;
	for (size_t i = 0; i < length; i++) {
		separators += text[i] == CSV_COMMA;
		line_end |= text[i] == '\n' || text[i] == '\r';
	}
	return line_end && state->header.count > 1 && separators >= state->header.count - 1;
}

static void on_field(void *field, size_t length, void *data)
{
	struct state *state = data;
	const char *text = field ? field : "";
	if (state->failed)
		return;
	if (state->header_done && swallows_a_row(state, text, length))
		fail(state, state->field_line, state->count, "the quote that opens here swallows whole rows");
	if (state->count < CSV_COLUMNS_MAX) {
		state->offsets[state->count] = state->used;
		state->lengths[state->count] = length;
		if (!keep(state, text, length)) {
			lad_error_set(state->err, LAD_EXIT_UNABLE, "out of memory");
			state->failed = true;
		}
	}
	state->count++;
	state->field_line = state->line;
}

static int fields_of(const struct state *state, const char *fields[CSV_COLUMNS_MAX])
{
	int count = state->count < CSV_COLUMNS_MAX ? state->count : CSV_COLUMNS_MAX;
	for (int i = 0; i < count; i++)
		fields[i] = state->text + state->offsets[i];
	return count;
}

/* Puts FILE:LINE in front of what the reader said. */
static void refuse(struct state *state)
{
	lad_error_context(state->err, "%s:%d", state->name, state->record_line);
	state->failed = true;
}

static void end_header(struct state *state)
{
	const char *fields[CSV_COLUMNS_MAX];
	if (state->count > CSV_COLUMNS_MAX) {
		fail(state, state->record_line, -1, "more than 512 columns");
		return;
	}
	struct csv_record header = {fields, state->lengths, fields_of(state, fields)};
	for (; state->header.count < header.count; state->header.count++) {
		char *copy = strdup(fields[state->header.count]);
		if (!copy) {
			lad_error_set(state->err, LAD_EXIT_UNABLE, "out of memory");
			state->failed = true;
			return;
		}
		state->header.texts[state->header.count] = copy;
	}
	state->header_done = true;
	if (state->reader->on_header(&header, state->reader->data, state->err) < 0)
		refuse(state);
}

/* Whether half of the columns' names stand in this record: two files were put together. */
static bool is_header(const struct state *state, const char *const *fields, int count)
{
	int found = 0;
	for (int i = 0; i < count; i++)
		for (int n = 0; n < state->header.count; n++)
			if (strcmp(fields[i], state->header.texts[n]) == 0) {
				found++;
				break;
			}
	return found >= 2 && 2 * found >= state->header.count;
}

static void refuse_count(struct state *state)
{
	char what[160];
	if (state->count < state->header.count)
		snprintf(what, sizeof what,
			 "the row ends before this column; valid: as many fields as the header has, %d",
			 state->header.count);
	else
		snprintf(what, sizeof what, "more fields than the header has columns: %d, not %d", state->count,
			 state->header.count);
	fail(state, state->record_line, state->count < state->header.count ? state->count : -1, what);
}

static void mark_cut(struct state *state)
{
	state->cut = (struct csv_cut){state->record_line, state->record_offset};
}

static void end_row(struct state *state)
{
	const char *fields[CSV_COLUMNS_MAX];
	struct csv_record row = {fields, state->lengths, fields_of(state, fields)};
	int bad = -1;
	bool whole = state->count == state->header.count;
	if (state->at_end && state->count < state->header.count) {
		mark_cut(state);
		return;
	}
	if (whole && state->reader->on_row(&row, state->reader->data, &bad, state->err) == 0)
		return;
	if (is_header(state, fields, row.count))
		fail(state, state->record_line, -1,
		     "a second header stands here, as where files were put together; valid: one header a file, and "
		     "several files given to a command with commas between them (compare A.csv,B.csv NEW.csv)");
	else if (!whole)
		refuse_count(state);
	else if (state->at_end && (bad < 0 || bad == row.count - 1) && state->err->exit_code == LAD_EXIT_USAGE) {
		mark_cut(state); /* its last field is not all there, which is no error */
		*state->err = (struct lad_error){0};
	} else
		refuse(state);
}

static void on_record(int terminator, void *data)
{
	(void)terminator;
	struct state *state = data;
	if (state->failed)
		return;
	if (state->header_done)
		end_row(state);
	else
		end_header(state);
	state->count = 0;
	state->used = 0;
}

/* What libcsv takes for malformed: a quote inside a text without quotes, or text behind a closing one. */
static void refuse_quote(struct state *state)
{
	fail(state, state->field_line, state->count,
	     csv_error(&state->parser) == CSV_EPARSE
		 ? "a stray quote; valid: texts with a comma or a quote in quotes, and each quote in them twice"
		 : csv_strerror(csv_error(&state->parser)));
}

static void refuse_open_quote(struct state *state)
{
	fail(state, state->field_line, state->count, "the quote that opens here is never closed");
}

/* Between records: libcsv has begun none. */
static bool between_records(const struct state *state)
{
	return state->parser.pstate == 0;
}

/* LENGTH bytes up to a line end, or to the end of what was read. */
static void feed(struct state *state, const char *bytes, size_t length)
{
	if (between_records(state)) {
		state->record_line = state->field_line = state->line;
		state->record_bytes = 0;
		state->record_offset = state->offset;
	}
	state->record_bytes += length;
	state->offset += (long)length;
	if (csv_parse(&state->parser, bytes, length, on_field, on_record, state) != length)
		refuse_quote(state);
	else if (!between_records(state) && state->record_bytes > RECORD_BYTES_MAX)
		refuse_open_quote(state);
}

/* Line by line, to know where a record begins: a quoted text may hold line ends. CR, LF and CRLF end a line. */
static void feed_lines(struct state *state, const char *bytes, size_t length)
{
	size_t begin = 0;
	for (size_t i = 0; i < length && !state->failed; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r')
			continue;
		bool second_half = state->after_cr && bytes[i] == '\n' && i == begin;
		feed(state, bytes + begin, i + 1 - begin);
		state->line += !second_half;
		state->after_cr = bytes[i] == '\r';
		begin = i + 1;
	}
	if (begin < length && !state->failed) {
		feed(state, bytes + begin, length - begin);
		state->after_cr = false;
	}
}

static size_t count_in_line(const char *bytes, size_t length, char wanted)
{
	size_t count = 0;
	for (size_t at = 0; at < length && bytes[at] != '\n' && bytes[at] != '\r'; at++)
		count += bytes[at] == wanted;
	return count;
}

/* Whether SEPARATOR stands behind what may be a column's name, quoted or not, or the line says so as for a spreadsheet,
 * "sep=;". */
static bool separates(const char *bytes, size_t length, char separator)
{
	static const char in_names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_\"";
	size_t at = length > 4 && strncasecmp(bytes, "sep=", 4) == 0 ? 4 : 0;
	if (at)
		return bytes[at] == separator;
	while (at < length && bytes[at] && strchr(in_names, bytes[at]))
		at++;
	return at > 0 && at < length && bytes[at] == separator;
}

/* What the first line tells of a file that is no CSV of ours, before its names are looked for in vain. */
static void check_first_line(struct state *state, const char *bytes, size_t length)
{
	static const struct {
		char separator;
		const char *name;
	} others[] = {{';', "semicolons"}, {'\t', "tabs"}, {'|', "bars"}};
	char what[200];
	if (length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
		fail(state, 1, -1, "the file is UTF-16; valid: UTF-8");
		return;
	}
	size_t commas = count_in_line(bytes, length, CSV_COMMA);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (!separates(bytes, length, others[i].separator) ||
		    count_in_line(bytes, length, others[i].separator) <= commas)
			continue;
		snprintf(
		    what, sizeof what,
		    "the columns are separated by %s, not by commas, as a spreadsheet may save them; valid: commas "
		    "between the columns and points in the numbers",
		    others[i].name);
		fail(state, 1, -1, what);
		return;
	}
}

static void finish(struct state *state)
{
	state->at_end = true;
	if (csv_fini(&state->parser, on_field, on_record, state) == 0)
		return;
	if (!state->header_done)
		fail(state, state->record_line, -1, "the header is cut off");
	else if (state->line == state->field_line)
		mark_cut(state); /* no line ended since the quote opened: the cut is in the text */
	else
		refuse_open_quote(state);
}

static void read_all(struct state *state, FILE *in)
{
	char buffer[65536];
	size_t got;
	bool first = true;
	while (!state->failed && (got = fread(buffer, 1, sizeof buffer, in)) > 0) {
		size_t mark = first && got >= 3 && memcmp(buffer, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
		if (first)
			check_first_line(state, buffer + mark, got - mark);
		first = false;
		state->offset += (long)mark;
		if (!state->failed)
			feed_lines(state, buffer + mark, got - mark);
	}
	if (!state->failed && ferror(in))
		fail(state, state->line, -1, strerror(errno));
	if (!state->failed)
		finish(state);
	if (!state->failed && !state->header_done)
		fail(state, 1, -1, "the file is empty; valid: a file of netladder run");
}

int csv_read(const char *name, FILE *in, const struct csv_reader *reader, struct csv_cut *cut, struct lad_error *err)
{
	struct lad_error unused = {0};
	lad_cleanup_free struct state *state = calloc(1, sizeof *state);
	*cut = (struct csv_cut){0};
	if (!state || csv_init(&state->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	state->name = name;
	state->reader = reader;
	state->err = err ? err : &unused;
	state->line = state->record_line = state->field_line = 1;
	read_all(state, in);
	csv_free(&state->parser);
	for (int i = 0; i < state->header.count; i++)
		free(state->header.texts[i]);
	free(state->text);
	*cut = state->cut;
	return state->failed ? -1 : 0;
}

bool csv_ends_a_line(FILE *in)
{
	char last = '\n';
	if (fseek(in, -1, SEEK_END) == 0 && fread(&last, 1, 1, in) != 1)
		last = '\n';
	rewind(in);
	return last == '\n' || last == '\r';
}

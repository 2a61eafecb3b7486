/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/chart.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/incomplete.h"
#include "netladder/output.h"
#include "netladder/text.h"
#include "netladder/units.h"

#define SOURCES_MAX 256

struct arguments {
	struct lad_chart_request request;
	const char *paths[SOURCES_MAX];
	int path_count;
	const char *out;
	bool describe;
};

/* A results set as it was read, and the paths beside it. */
struct loaded {
	struct lad_table table;
	char name[128], results[4096], histograms[4096], samples[4096], sessions[4096], search[4096];
	struct lad_relation relations[LAD_RELATIONS_MAX];
	struct lad_verdict_options expected; /* may point to `relations` */
};

enum { KEY_WIDTH = 0x100, KEY_METRIC, KEY_WORKLOAD, KEY_CPUS, KEY_PLACEMENT, KEY_TUNING, KEY_FACTOR, KEY_BARE };

static void parse_kind(struct argp_state *state, struct arguments *arguments, const char *text)
{
	const char *names[LAD_CHART_KIND_COUNT];
	char valid[256];
	int kind = lad_chart_kind_from_name(text);
	for (int i = 0; i < LAD_CHART_KIND_COUNT; i++)
		names[i] = lad_chart_kind_name((enum lad_chart_kind)i);
	if (kind < 0) {
		const char *near = lad_near_miss(text, names, LAD_CHART_KIND_COUNT);
		lad_join(valid, sizeof valid, names, LAD_CHART_KIND_COUNT);
		argp_error(state, "--kind '%s'%s%s%s: valid: %s", lad_excerpt(text).text, near ? " (did you mean " : "",
			   near ? near : "", near ? "?)" : "", valid);
	} else {
		arguments->request.kind = (enum lad_chart_kind)kind;
	}
}

static void parse_theme(struct argp_state *state, struct arguments *arguments, const char *text)
{
	const char *names[LAD_CHART_THEME_COUNT];
	for (int i = 0; i < LAD_CHART_THEME_COUNT; i++)
		names[i] = lad_chart_theme_name((enum lad_chart_theme)i);
	arguments->request.theme =
	    (enum lad_chart_theme)command_word(state, "theme", text, names, LAD_CHART_THEME_COUNT);
}

static void parse_width(struct argp_state *state, struct arguments *arguments, const char *text)
{
	double *width = &arguments->request.width_px;
	if (lad_parse_decimal(text, width, NULL) < 0 || *width < 320 || *width > 4000)
		argp_error(state, "--width '%s': valid: 320 to 4000 (pixels)", lad_excerpt(text).text);
}

static error_t parse_filter(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct lad_chart_request *request = &arguments->request;
	switch (key) {
	case KEY_METRIC:
		request->metric = text;
		return 0;
	case KEY_WORKLOAD:
		request->workload = command_column_word(state, "workload", text);
		return 0;
	case KEY_CPUS:
		request->cpus = command_column_word(state, "cpus", text);
		return 0;
	case KEY_PLACEMENT:
		request->placement = command_column_word(state, "placement", text);
		return 0;
	case KEY_TUNING:
		request->tuning = text;
		return 0;
	case KEY_FACTOR:
		request->factor = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'k':
		parse_kind(state, arguments, text);
		return 0;
	case 'o':
		arguments->out = text;
		return 0;
	case 't':
		parse_theme(state, arguments, text);
		return 0;
	case 'T':
		arguments->request.title = text;
		return 0;
	case KEY_WIDTH:
		parse_width(state, arguments, text);
		return 0;
	case KEY_BARE:
		arguments->request.bare = true;
		return 0;
	case 'd':
		arguments->describe = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path_count == SOURCES_MAX)
			argp_error(state, "more than %d RESULTS.csv", SOURCES_MAX);
		else
			arguments->paths[arguments->path_count++] = text;
		return 0;
	case ARGP_KEY_END:
		if (arguments->path_count == 0)
			argp_error(state, "name a RESULTS.csv, or the folder that holds it");
		return 0;
	default:
		return parse_filter(key, text, state);
	}
}

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "What to draw (default: what fits the results best)", 0},
    {"output", 'o', "FILE", 0, "FILE.svg, FILE.png or FILE.ps (default KIND.svg); - is SVG on stdout", 0},
    {"theme", 't', "THEME", 0, "light (default), dark, or print: black ink, told apart by pattern", 0},
    {"title", 'T', "TEXT", 0, "The heading (default: made from the results)", 0},
    {"width", KEY_WIDTH, "PIXELS", 0, "Width of the page, 320 to 4000; a PNG has twice the pixels", 0},
    {"bare", KEY_BARE, NULL, 0, "No heading and no footer", 0},
    {"describe", 'd', NULL, 0, "Print what the chart shows, in words, and draw only with -o", 0},
    {"metric", KEY_METRIC, "COLUMN", 0, "A column such as latency_p99_us (default: each workload's main figure)", 1},
    {"workload", KEY_WORKLOAD, "NAME", 0, "Only this workload", 1},
    {"cpus", KEY_CPUS, "NAME", 0, "Only shared, pinned, free or spread", 1},
    {"placement", KEY_PLACEMENT, "NAME", 0, "Only cross-host or same-host", 1},
    {"tuning", KEY_TUNING, "NAME", 0, "Only this tuning", 1},
    {"factor", KEY_FACTOR, "NAME", 0, "sweep: what stands on the x axis, such as mtu (default: what varies most)", 1},
    {0},
};

/* argp's doc: the kinds come from their table. */
static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	char *help = NULL;
	size_t size;
	FILE *out = open_memstream(&help, &size);
	if (!out)
		return (char *)text;
	fputs("Kinds:\n", out);
	for (int i = LAD_CHART_AUTO + 1; i < LAD_CHART_KIND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", lad_chart_kind_name((enum lad_chart_kind)i),
			lad_chart_kind_summary((enum lad_chart_kind)i));
	fprintf(out, "\n%s", text);
	fclose(out);
	return help;
}

static const struct argp argp = {
    options,
    parse,
    "RESULTS.csv...",
    "Draws results that were measured before; needs no root and no network. What was expected is in the "
    "scenario.yaml beside them. Two results are compared, more are a history.\v"
    "Exit: 0 drawn, 2 bad usage, a bad file, or results that do not fit the kind.\n\n"
    "Examples:\n"
    "  netladder chart results/*-ladder -o ladder.png\n"
    "  netladder chart results/*-mtu --kind sweep --theme dark -o mtu.svg\n"
    "  netladder chart old/results.csv new/results.csv -o compare.svg",
    NULL,
    help_filter,
    NULL};

static const char *if_readable(const char *path)
{
	return access(path, R_OK) == 0 ? path : NULL;
}

/* The folder's name, or the file's when it is not called results.csv. */
static void set_name(const char *directory, struct loaded *loaded)
{
	char copy[4096];
	snprintf(copy, sizeof copy, "%s", directory);
	for (size_t end = strlen(copy); end > 1 && copy[end - 1] == '/';)
		copy[--end] = '\0';
	const char *slash = strrchr(copy, '/');
	snprintf(loaded->name, sizeof loaded->name, "%.127s", slash && slash[1] ? slash + 1 : copy);
	lad_text_clean(loaded->name);
}

static int load(const char *path, struct loaded *loaded, struct lad_chart_source *source, struct lad_error *err)
{
	char directory[4000];
	if (strlen(path) >= sizeof directory)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s: the path is too long", lad_excerpt(path).text);
	bool folder = command_results_path(path, loaded->results, sizeof loaded->results);
	const char *slash = strrchr(loaded->results, '/');
	snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - loaded->results) : 1,
		 slash ? loaded->results : ".");
	snprintf(loaded->histograms, sizeof loaded->histograms, "%s/histograms.csv", directory);
	snprintf(loaded->samples, sizeof loaded->samples, "%s/samples.csv", directory);
	snprintf(loaded->sessions, sizeof loaded->sessions, "%s/sessions.csv", directory);
	snprintf(loaded->search, sizeof loaded->search, "%s/search.csv", directory);
	bool named = !folder && strcmp(slash ? slash + 1 : path, "results.csv") != 0;
	set_name(named || strcmp(directory, ".") == 0 ? path : directory, loaded);
	if (command_table_read(loaded->results, &loaded->table, err) < 0)
		return -1;
	command_warn_incomplete(loaded->results, &loaded->table);
	loaded->expected = command_expected(loaded->results, loaded->relations);
	*source = (struct lad_chart_source){.name = loaded->name,
					    .table = &loaded->table,
					    .expected = &loaded->expected,
					    .histograms_path = if_readable(loaded->histograms),
					    .samples_path = if_readable(loaded->samples),
					    .sessions_path = if_readable(loaded->sessions),
					    .search_path = if_readable(loaded->search)};
	return 0;
}

static int describe(const struct lad_chart_request *request, struct lad_error *err)
{
	lad_cleanup_free char *text = NULL;
	if (lad_chart_describe(request, &text, err) < 0)
		return -1;
	puts(text);
	return 0;
}

static enum lad_chart_kind kind_of(const struct lad_chart_request *request)
{
	return request->kind == LAD_CHART_AUTO ? lad_chart_choose(request) : request->kind;
}

/* Says when the file that this kind draws beside results.csv is cut off. */
static void warn_cut(const struct lad_chart_request *request)
{
	enum lad_chart_kind kind = kind_of(request);
	for (int i = 0; i < request->source_count; i++) {
		const struct lad_chart_source *source = &request->sources[i];
		const char *path = kind == LAD_CHART_LATENCY				    ? source->histograms_path
				   : kind == LAD_CHART_TIMELINE				    ? source->samples_path
				   : kind == LAD_CHART_MATRIX || kind == LAD_CHART_FAIRNESS ? source->sessions_path
				   : kind == LAD_CHART_LOAD				    ? source->search_path
											    : NULL;
		char line[4400];
		if (path && lad_records_describe_cut(path, path, line, sizeof line))
			command_warn(line);
	}
}

static int write_chart(const struct arguments *arguments, struct lad_error *err)
{
	char name[64];
	const struct lad_chart_request *request = &arguments->request;
	if (arguments->describe && describe(request, err) < 0)
		return -1;
	if (arguments->describe && !arguments->out)
		return 0;
	if (arguments->out && strcmp(arguments->out, "-") == 0)
		return lad_chart_draw(request, stdout, err);
	enum lad_chart_kind kind = kind_of(request);
	snprintf(name, sizeof name, "%s.svg", lad_chart_kind_name(kind));
	const char *path = arguments->out ? arguments->out : name;
	if (lad_chart_write(request, path, err) < 0)
		return -1;
	if (!arguments->describe && !lad_output_is_stdout(path))
		printf("%s: %s\n", path, lad_chart_kind_name(kind));
	return 0;
}

int command_chart(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {0};
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	size_t count = (size_t)arguments.path_count;
	lad_cleanup_free struct loaded *loaded = calloc(count, sizeof *loaded);
	lad_cleanup_free struct lad_chart_source *sources = calloc(count, sizeof *sources);
	if (!loaded || !sources) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		return LAD_EXIT_UNABLE;
	}
	int status = 0, read = 0;
	for (; status == 0 && read < arguments.path_count; read++)
		status = load(arguments.paths[read], &loaded[read], &sources[read], err);
	arguments.request.sources = sources;
	arguments.request.source_count = arguments.path_count;
	if (status == 0)
		warn_cut(&arguments.request);
	if (status == 0)
		status = write_chart(&arguments, err);
	for (int i = 0; i < read; i++)
		lad_table_free(&loaded[i].table);
	return status < 0 ? (int)err->exit_code : LAD_EXIT_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/run.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/stopping.h"
#include "netladder/chart.h"
#include "netladder/cleanup.h"
#include "netladder/failure.h"
#include "netladder/report.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/usage.h"

enum { OPTION_HOSTS = 1000, OPTION_SWARM, OPTION_FRESH };

struct arguments {
	const char *scenario, *out;
	const char *resume; /* the folder of an interrupted run */
	const char *versus; /* another agent */
	const char *metrics;
	struct lad_plan_options plan;
	int lab; /* -1: the scenario's */
	const char *hosts, *swarm;
	bool dry_run, json, quiet, fresh;
};

static void parse_only(struct argp_state *state, struct arguments *arguments, char *list)
{
	char *rest = list;
	char *word;
	while ((word = strsep(&rest, ","))) {
		int mode = lad_mode_from_name(word);
		if (mode < 0)
			argp_error(
			    state,
			    "--only: unknown mode '%s'; valid: host, macvlan, ipvlan-l2, ipvlan-l3, bridge, overlay",
			    lad_excerpt(word).text);
		else
			arguments->plan.only[mode] = true;
	}
}

static uint64_t whole_number(struct argp_state *state, const char *option, const char *text, uint64_t low,
			     uint64_t high)
{
	uint64_t value = 0;
	if (lad_parse_count(text, &value, NULL) < 0 || value < low || value > high)
		argp_error(state, "--%s '%s': valid: a whole number from %" PRIu64 " to %" PRIu64, option,
			   lad_excerpt(text).text, low, high);
	return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'o':
		arguments->out = text;
		return 0;
	case 'r':
		arguments->resume = text;
		return 0;
	case 'm':
		parse_only(state, arguments, text);
		return 0;
	case 'l':
		arguments->lab = lad_lab_from_name(text);
		if (arguments->lab < 0)
			argp_error(state, "--lab: unknown lab '%s'; valid: native, docker, vm", text);
		return 0;
	case 'b':
		arguments->plan.stop_when_decided = strcmp(text, "auto") == 0;
		if (!arguments->plan.stop_when_decided)
			arguments->plan.blocks = (int)whole_number(state, "blocks", text, 1, 1000);
		return 0;
	case 's':
		arguments->plan.seed = whole_number(state, "seed", text, 0, UINT64_MAX);
		arguments->plan.has_seed = true;
		return 0;
	case 'q':
		arguments->plan.quick = true;
		return 0;
	case 'n':
		arguments->dry_run = true;
		return 0;
	case 'V':
		arguments->versus = text;
		arguments->plan.versus = true;
		return 0;
	case 'M':
		arguments->metrics = text;
		return 0;
	case 'T':
		arguments->plan.versus_tuning = text;
		return 0;
	case OPTION_HOSTS:
		arguments->hosts = text;
		return 0;
	case OPTION_SWARM:
		if (strcmp(text, "existing") != 0 && strcmp(text, "create") != 0)
			argp_error(state, "--swarm: unknown word '%s'; valid: existing, create", text);
		arguments->swarm = text;
		return 0;
	case OPTION_FRESH:
		arguments->fresh = true;
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case 'Q':
		arguments->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->scenario)
			argp_error(state, "one SCENARIO at a time; '%s' is too many", lad_excerpt(text).text);
		arguments->scenario = text;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->scenario)
			argp_error(state, "name a SCENARIO file, such as scenarios/ladder.yaml");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "Folder for the results; must not exist (default results/<UTC time>-<scenario>)", 0},
    {"resume", 'r', "DIR", 0, "Go on with the interrupted run in DIR; the other options as it was begun", 0},
    {"lab", 'l', "LAB", 0, "Where to measure: native, docker or vm (default: as the scenario says)", 0},
    {"hosts", OPTION_HOSTS, "ENGINE,...", 0, "Docker Engines of the docker lab: " COMMAND_ENGINES, 0},
    {"swarm", OPTION_SWARM, "WORD", 0, "The Swarm for overlay: existing, or create (dissolved at the end)", 0},
    {"fresh", OPTION_FRESH, NULL, 0, "The vm lab boots its machine anew, also where it has kept one", 0},
    {"only", 'm', "MODE,...", 0, "Only these modes of the scenario", 0},
    {"blocks", 'b', "N", 0, "Number of blocks, or `auto`: until all is decided (default: as the scenario says)", 0},
    {"quick", 'q', NULL, 0, "Fewer blocks and shorter trials: the scenario's `quick`", 0},
    {"seed", 's', "N", 0, "Seed of the order of trials", 0},
    {"dry-run", 'n', NULL, 0, "Check the scenario and print the plan with its estimated time; build nothing", 0},
    {"versus", 'V', "AGENT", 0, "Measure this other netladder-agent, the base, in the same blocks, and compare", 0},
    {"versus-tuning", 'T', "NAME", 0, "Measure the scenario's tuning NAME beside its base, and compare", 0},
    COMMAND_METRIC("Columns by which variants or tunings are compared"),
    {"json", 'j', NULL, 0, "Print the verdict as JSON, or why there is none", 0},
    {"quiet", 'Q', NULL, 0, "No progress on stderr", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "SCENARIO",
    "Builds the scenario's networks, measures them and judges the documented order.\v"
    "Exit: 0 done, nothing refuted; 1 done, a relation is refuted; 2 bad usage or scenario; 3 this machine cannot; "
    "4 some trials failed (the rest is kept); 130 interrupted (what was measured is kept, --resume goes on).\n"
    "With --versus and --versus-tuning, 1 is a regression: of this build's agent against AGENT (the base), or of the "
    "tuning NAME against the scenario's base.\n\n"
    "Examples:\n"
    "  sudo netladder run scenarios/ladder.yaml\n"
    "  sudo netladder run scenarios/ladder.yaml --quick --only host,bridge\n"
    "  sudo netladder run scenarios/gate.yaml --versus old/netladder-agent\n"
    "  sudo netladder run mtu.yaml --resume results/2026-11-26T17-57-03Z-mtu\n"
    "  netladder run scenarios/ladder.yaml --dry-run",
    NULL,
    NULL,
    NULL};

static void print_plan(const struct lad_scenario *scenario, const struct lad_plan *plan)
{
	char duration[32], warmup[32];
	int64_t estimate_s = lad_lab_estimate_ns(lad_lab_of(scenario->lab), scenario, plan) / LAD_NS_PER_S;
	lad_format_duration(duration, sizeof duration, plan->duration_ns);
	lad_format_duration(warmup, sizeof warmup, plan->warmup_ns);
	printf("scenario %s: %d trials in %d block%s, seed %" PRIu64 ", each %s after %s of warm-up; %s %d:%02d\n",
	       scenario->name, plan->trial_count, plan->blocks, plan->blocks == 1 ? "" : "s", plan->seed, duration,
	       warmup, plan->stop_when_decided ? "at most about" : "about", (int)(estimate_s / 60),
	       (int)(estimate_s % 60));
	for (int i = 0; i < plan->trial_count; i++) {
		const struct lad_trial *trial = &plan->trials[i];
		char traffic[LAD_OPTIONS_MAX], background[LAD_BACKGROUND_TEXT_MAX], topology[64];
		lad_traffic_describe(&trial->workload->traffic, traffic);
		lad_backgrounds_describe(trial->backgrounds, trial->background_count, background);
		lad_topology_describe(lad_trial_topology(trial), topology, sizeof topology);
		size_t used = strlen(traffic);
		if (trial->goal && used + 1 < sizeof traffic) {
			traffic[used] = ' ';
			used += used > 0;
			lad_search_goal_describe(trial->goal, traffic + used, sizeof traffic - used);
		}
		printf("%4d  block %-3d %-10s %-10s %-10s %-6s %" PRId64 " B x %d%s%s%s%s%s%s%s%s\n", trial->number,
		       trial->block, lad_mode_name(trial->mode), lad_placement_name(trial->placement),
		       lad_workload_name(trial->workload->kind), lad_cpus_name(trial->workload->cpus),
		       trial->workload->message_bytes, trial->workload->flows, traffic[0] ? "  " : "", traffic,
		       background[0] ? "  background=" : "", background, topology[0] ? "  " : "", topology,
		       scenario->tuning_count > 1 ? "  " : "", scenario->tuning_count > 1 ? trial->tuning->name : "");
	}
}

/* DIRECTORY/KIND.svg and .png. */
static void draw(const struct lad_table *table, const struct lad_verdict_options *expected, const char *directory,
		 enum lad_chart_kind kind)
{
	static const char *const endings[] = {"svg", "png"};
	struct lad_chart_source source = {.name = directory, .table = table, .expected = expected};
	struct lad_chart_request request = {.kind = kind, .sources = &source, .source_count = 1};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		struct lad_error err = {0};
		char path[4200];
		snprintf(path, sizeof path, "%s/%s.%s", directory, lad_chart_kind_name(kind), endings[i]);
		/* The measurement is safe on disk: a chart that cannot be drawn is said, and changes nothing else. */
		if (lad_chart_write(&request, path, &err) < 0)
			fprintf(stderr, "netladder: no chart: %s\n", lad_error_line(&err).text);
	}
}

/* Writes DIRECTORY/report.html; its path goes to PATH, "" when it could not be written, which is said. */
static void report(const char *directory, char *path, size_t size)
{
	struct lad_error err = {0};
	struct lad_report_request request = {.folders = &directory, .folder_count = 1};
	lad_report_path(directory, "report.html", path, size);
	if (lad_report_save(&request, path, &err) == 0)
		return;
	fprintf(stderr, "netladder: no report: %s\n", lad_error_line(&err).text);
	path[0] = '\0';
}

/* Reads back what was written, judges, prints and draws. */
static int judge(const struct lad_scenario *scenario, const struct arguments *arguments, const char *directory,
		 struct lad_error *err)
{
	char path[4200], page[4200];
	struct lad_table table;
	struct lad_verdict verdict;
	snprintf(path, sizeof path, "%s/results.csv", directory);
	if (lad_table_read(path, &table, err) < 0)
		return (int)err->exit_code;
	struct lad_verdict_options judged = lad_scenario_expected(scenario);
	judged.metrics = arguments->metrics;
	int status = lad_verdict_make(&table, &judged, &verdict, err);
	if (status < 0) {
		lad_table_free(&table);
		return (int)err->exit_code;
	}
	command_print_verdict(&verdict, arguments->json);
	bool loaded = verdict.under_load;
	draw(&table, &judged, directory, LAD_CHART_LADDER);
	if (loaded)
		draw(&table, &judged, directory, LAD_CHART_UNDER_LOAD);
	report(directory, page, sizeof page);
	lad_table_free(&table);
	int code = (int)lad_verdict_exit(&verdict);
	lad_verdict_free(&verdict);
	char shown[4200];
	snprintf(shown, sizeof shown, "%s", directory);
	if (!arguments->json)
		printf("\nResults: %s (results.csv, histograms.csv, environment.json, scenario.yaml, ladder.svg, "
		       "ladder.png%s)\n",
		       lad_text_clean(shown), loaded ? ", under-load.svg, under-load.png" : "");
	if (!arguments->json && page[0])
		printf("Report: %s\n", lad_text_clean(page));
	return code;
}

/* The run ended of an error. The vm lab says itself what is left of it. */
static int broke_off(const struct lad_scenario *scenario, const struct lad_plan *plan,
		     const struct lad_run_options *run, const struct lad_run_outcome *outcome, struct lad_error *err)
{
	int rows = outcome->ok + outcome->failed + outcome->skipped;
	bool vm = scenario->lab == LAD_LAB_VM;
	if (vm && !run->resume)
		rmdir(run->directory); /* succeeds only when nothing was measured */
	else if (rows == 0 && !run->resume)
		command_folder_discard(run->directory);
	else if (rows > 0 && err->exit_code == LAD_EXIT_UNABLE)
		lad_error_context(err, "%d of %d trials are in %s (to go on: the same command with --resume %s)", rows,
				  plan->trial_count, run->directory, run->directory);
	return (int)err->exit_code;
}

static int measure(const struct lad_scenario *scenario, const struct lad_plan *plan, const struct arguments *arguments,
		   struct lad_error *err)
{
	char directory[4096];
	struct lad_run_outcome outcome = {0};
	if (arguments->resume)
		snprintf(directory, sizeof directory, "%s", arguments->resume);
	else if (command_folder_make(arguments->out, scenario->name, directory, sizeof directory, err) < 0)
		return (int)err->exit_code;
	lad_cleanup_fd int lock = command_folder_lock(directory, err);
	if (lock < 0)
		return (int)err->exit_code;
	struct stopping stopping = {scenario, plan, directory, arguments->metrics};
	struct lad_run_options run = {.directory = directory,
				      .resume = arguments->resume != NULL,
				      .scenario_path = arguments->scenario,
				      .progress_terminal = isatty(STDERR_FILENO),
				      .quiet = arguments->quiet,
				      .fresh = arguments->fresh,
				      .other_agent = arguments->versus,
				      .enough = stop_when_decided,
				      .enough_data = &stopping};
	if (lad_run_plan(scenario, plan, &run, &outcome, err) < 0)
		return broke_off(scenario, plan, &run, &outcome, err);
	int code = LAD_EXIT_OK;
	bool measured = outcome.ok + outcome.failed + outcome.skipped > 0;
	struct lad_error minor = {0};
	if (measured && stopping_record_quality(&stopping, &minor) < 0)
		fprintf(stderr, "netladder: no quality note: %s\n", lad_error_line(&minor).text);
	if (measured)
		code = plan->variants ? stopping_print_versus(&stopping, arguments->json, err)
				      : judge(scenario, arguments, directory, err);
	if (code == LAD_EXIT_USAGE || code == LAD_EXIT_UNABLE)
		return code;
	if (outcome.interrupted) {
		lad_error_set(&minor, LAD_EXIT_INTERRUPTED, "interrupted after %d of %d trials; they are in %s%s%s",
			      outcome.ok + outcome.failed + outcome.skipped, plan->trial_count, directory,
			      scenario->lab == LAD_LAB_VM ? "" : "; to go on: the same command with --resume ",
			      scenario->lab == LAD_LAB_VM ? "" : directory);
		fprintf(stderr, "netladder: %s\n", lad_error_line(&minor).text);
		if (arguments->json && !measured) /* and no verdict */
			lad_failure_print(stdout, &minor);
		return LAD_EXIT_INTERRUPTED;
	}
	if (outcome.failed) {
		fprintf(stderr, "netladder: %d of %d trials failed; the reasons are in %s/results.csv\n",
			outcome.failed, plan->trial_count, directory);
		return LAD_EXIT_TRIALS;
	}
	return code;
}

/* Takes the modes out that --only leaves out: the docker lab makes no Swarm for a mode that is not measured. */
static void keep_only(struct lad_scenario *scenario, const bool only[LAD_MODE_COUNT])
{
	int kept = 0;
	for (int i = 0; i < scenario->mode_count; i++)
		if (only[scenario->modes[i]])
			scenario->modes[kept++] = scenario->modes[i];
	if (kept > 0)
		scenario->mode_count = kept;
}

/* What the docker lab takes from the command line; with it come only the modes that will be measured. */
static int use_engines(struct lad_scenario *scenario, const struct arguments *arguments, struct lad_error *err)
{
	if (arguments->hosts && command_parse_engines(arguments->hosts, &scenario->docker, err) < 0)
		return -1;
	if (arguments->swarm)
		scenario->docker.swarm =
		    strcmp(arguments->swarm, "create") == 0 ? LAD_SWARM_CREATE : LAD_SWARM_EXISTING;
	const struct lad_docker_settings *docker = &scenario->docker;
	bool limited = docker->cpus > 0 || docker->cpuset[0] || docker->memory_bytes || docker->sysctl_count;
	if (scenario->lab != LAD_LAB_DOCKER && limited)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "%s: limits: are of Docker's containers, and the %s lab sets none; valid: --lab "
				     "docker, or leave limits out",
				     arguments->scenario, lad_lab_name(scenario->lab));
	if (scenario->lab != LAD_LAB_DOCKER)
		return arguments->hosts || arguments->swarm
			   ? lad_error_set(err, LAD_EXIT_USAGE,
					   "--hosts and --swarm are for the docker lab: --lab docker")
			   : 0;
	bool on_one = scenario->docker.host_count < 2 && scenario->placement_count == 1 &&
		      scenario->placements[0] == LAD_CROSS_HOST;
	if (on_one)
		scenario->placements[0] = LAD_SAME_HOST;
	if (lad_scenario_check_engines(scenario, err) < 0)
		return -1;
	if (on_one)
		fputs("netladder: one engine: both containers are placed on it (same-host)\n", stderr);
	keep_only(scenario, arguments->plan.only);
	return 0;
}

static int check_resume(const struct lad_scenario *scenario, const struct arguments *arguments, struct lad_error *err)
{
	if (arguments->out)
		return lad_error_set(err, LAD_EXIT_USAGE, "--resume writes to its own folder; valid: without --out");
	if (arguments->versus)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "--resume: which agents that run compared is not recorded; valid: a new --versus run");
	if (scenario->lab == LAD_LAB_VM)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "--resume is for the native and the docker lab: a virtual machine starts afresh");
	return 0;
}

static int run(const struct arguments *arguments, struct lad_error *err)
{
	struct lad_scenario scenario;
	struct lad_plan plan;
	if (lad_metrics_check(arguments->metrics, err) < 0) {
		lad_error_context(err, "--metric");
		return (int)err->exit_code;
	}
	if (lad_scenario_load(arguments->scenario, &scenario, err) < 0)
		return (int)err->exit_code;
	if (arguments->lab >= 0)
		scenario.lab = (enum lad_lab_kind)arguments->lab;
	if (arguments->resume && check_resume(&scenario, arguments, err) < 0)
		return (int)err->exit_code;
	if (use_engines(&scenario, arguments, err) < 0)
		return (int)err->exit_code;
	if (lad_plan_make(&scenario, &arguments->plan, &plan, err) < 0)
		return (int)err->exit_code;
	int code = LAD_EXIT_OK;
	if (arguments->dry_run)
		print_plan(&scenario, &plan);
	else
		code = measure(&scenario, &plan, arguments, err);
	lad_plan_free(&plan);
	return code;
}

int command_run(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {.lab = -1};
	lad_usage_parse(&argp, argc, argv, &arguments);
	int code = run(&arguments, err);
	return command_end(arguments.json, code, err);
}

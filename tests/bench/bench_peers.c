/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "peers/bench.h"

enum {
	OPTION_ROUNDS = 'r',
	OPTION_SECONDS = 's',
	OPTION_MODES = 'm',
	OPTION_METRIC = 'k',
	OPTION_SEED = 'x',
	OPTION_SHARE = 'a',
	OPTION_PEERS = 'p'
};

static const struct argp_option options[] = {
    {"modes", OPTION_MODES, "LIST", 0, "Only these modes, with commas", 0},
    {"metric", OPTION_METRIC, "LIST", 0,
     "Only these: tcp_stream, udp_plain, udp_batch, udp_gso, tcp_rr, udp_rr, tcp_crr", 0},
    {"rounds", OPTION_ROUNDS, "N", 0, "Rounds, 1 to 60 (6; fewer give no interval)", 0},
    {"seconds", OPTION_SECONDS, "S", 0, "Of one run, where the tool takes fractions (0.2)", 0},
    {"seed", OPTION_SEED, "N", 0, "Of the random order (1)", 0},
    {"share", OPTION_SHARE, NULL, 0, "Nobody but us, with a clock at each system call: our own share of the CPU", 0},
    {"peers", OPTION_PEERS, "DIR", 0, "Where other versions of the peers are, before those on PATH", 0},
    {0}};

static void choose(struct argp_state *state, char *list, bool *chosen, int count, const char *what,
		   const char *(*name)(int))
{
	memset(chosen, 0, (size_t)count * sizeof *chosen);
	char *rest = NULL;
	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		int found = -1;
		for (int i = 0; i < count; i++)
			if (strcmp(word, name(i)) == 0)
				found = i;
		if (found < 0)
			argp_error(state, "unknown %s '%s'", what, lad_excerpt(word).text);
		else
			chosen[found] = true;
	}
}

/* A folder of other versions, before those that are installed: DIR or DIR/bin. */
static void prefer_folder(const char *folder)
{
	lad_cleanup_free char *path = NULL;
	const char *others = getenv("PATH");
	if (asprintf(&path, "%s:%s/bin:%s", folder, folder, others ? others : "") < 0 || setenv("PATH", path, 1) < 0)
		abort();
}

static const char *mode_name(int mode)
{
	return lad_mode_name((enum lad_mode)mode);
}

static const char *kind_name(int kind)
{
	return bench_kind_name((enum bench_kind)kind);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct bench_options *bench = state->input;
	struct lad_error err = {0};
	uint64_t number = 0;
	switch (key) {
	case OPTION_MODES:
		choose(state, text, bench->modes, LAD_MODE_COUNT, "mode", mode_name);
		return 0;
	case OPTION_METRIC:
		choose(state, text, bench->kinds, BENCH_KIND_COUNT, "metric", kind_name);
		return 0;
	case OPTION_ROUNDS:
		if (lad_parse_count(text, &number, &err) < 0 || number < 1 || number > BENCH_ROUNDS_MAX)
			argp_error(state, "--rounds: '%s' is not 1 to %d", lad_excerpt(text).text, BENCH_ROUNDS_MAX);
		bench->rounds = (int)number;
		return 0;
	case OPTION_SECONDS:
		if (lad_parse_decimal(text, &bench->seconds, &err) < 0 || bench->seconds < 0.1 || bench->seconds > 60)
			argp_error(state, "--seconds: '%s' is not 0.1 to 60", lad_excerpt(text).text);
		return 0;
	case OPTION_SEED:
		if (lad_parse_count(text, &bench->seed, &err) < 0)
			argp_error(state, "--seed: %s", err.message);
		return 0;
	case OPTION_PEERS:
		prefer_folder(text);
		return 0;
	case OPTION_SHARE:
		bench->share = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {options,
				 parse,
				 NULL,
				 "netladder-agent beside iperf3, sockperf and, when they are on PATH, neper and "
				 "netperf, and beside bare loops of the "
				 "same system calls: in the same namespaces, in random order, both ends on one core.",
				 NULL,
				 NULL,
				 NULL};

/* Modes that this kernel lacks are said and left out. */
static void drop_unusable(struct bench_options *bench)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		struct lad_error err = {0};
		if (bench->modes[mode] && lad_network_of((enum lad_mode)mode)->probe(&err) < 0) {
			printf("%s skipped: %s\n", mode_name(mode), err.message);
			bench->modes[mode] = false;
		}
	}
}

/* Who the peers are, or why they are not there. */
static void present_peers(void)
{
	for (int i = 0; i < BENCH_PEERS; i++) {
		char version[64];
		const char *missing = bench_missing(&bench_peers[i]);
		if (missing)
			printf("%s skipped: %s\n", bench_peers[i].name, missing);
		else if (bench_version(&bench_peers[i], version)[0])
			printf("%s is version %s\n", bench_peers[i].name, version);
		else
			printf("%s does not say its version\n", bench_peers[i].name);
	}
}

static struct bench_results *new_results(void)
{
	struct bench_results *results = calloc(1, sizeof *results);
	for (int mode = 0; results && mode < LAD_MODE_COUNT; mode++)
		for (int kind = 0; kind < BENCH_KIND_COUNT; kind++)
			for (int contender = 0; contender < BENCH_CONTENDERS; contender++)
				for (int round = 0; round < BENCH_ROUNDS_MAX; round++)
					results->figures[mode][kind][contender][round] =
					    (struct bench_figures){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	return results;
}

int main(int argc, char **argv)
{
	struct bench_options bench = {.rounds = 6, .seconds = 0.2, .seed = 1};
	struct lad_error err = {0};
	memset(bench.modes, 1, sizeof bench.modes);
	memset(bench.kinds, 1, sizeof bench.kinds);
	argp_err_exit_status = LAD_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &bench);
	lad_cleanup_free struct bench_results *results = new_results();
	drop_unusable(&bench);
	present_peers();
	printf("%d rounds, about %.0f s\n", bench.rounds, bench_estimate_s(&bench));
	fflush(stdout);
	if (!results || bench_play(&bench, results, &err) < 0) {
		fprintf(stderr, "bench_peers: %s\n", results ? err.message : "out of memory");
		return LAD_EXIT_UNABLE;
	}
	if (bench.share)
		bench_print_share(&bench, results);
	else
		bench_print_table(&bench, results);
	return LAD_EXIT_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a trial's network, containers and agents take to stand and to go, mode by mode: one pair, and with --pairs
 * that many at once. What goes is waited for until the kernel has taken the devices down. Beside it the memory of the
 * waiting agents (proportional set size, so that the pages they share count once) and of this program.
 */
#include <argp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/network.h"
#include "netladder/stats.h"

#define ROUNDS_MAX 100

struct wish {
	int pairs, rounds;
};

struct took {
	double up_ms[ROUNDS_MAX], down_ms[ROUNDS_MAX], agent_kib;
};

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* In KiB, what LABEL says in a file of /proc; 0 when it is not there. */
static double read_kib(const char *path, const char *label)
{
	char line[256];
	double kib = 0;
	lad_cleanup_file FILE *in = fopen(path, "re");
	while (in && fgets(line, sizeof line, in))
		if (strncmp(line, label, strlen(label)) == 0)
			kib = strtod(line + strlen(label), NULL);
	return kib;
}

/* The mean of the processes that this one has started. */
static double agents_kib(void)
{
	char path[64];
	double sum_kib = 0;
	int count = 0, pid;
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	lad_cleanup_file FILE *in = fopen(path, "re");
	while (in && fscanf(in, "%d", &pid) == 1) {
		snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
		sum_kib += read_kib(path, "Pss:");
		count++;
	}
	return count ? sum_kib / count : 0;
}

static int stand_once(struct lad_lab *lab, const struct lad_trial *trial, int round, struct took *took,
		      struct lad_error *err)
{
	struct lad_testbed testbed = {.session_count = lad_topology_sessions(trial->topology)};
	lad_cleanup_free struct lad_testbed_session *sessions =
	    calloc((size_t)testbed.session_count, sizeof *testbed.sessions);
	testbed.sessions = sessions;
	double begin_ms = now_ms();
	if (!sessions || lab->ops->set_up(lab, trial, &testbed, err) < 0)
		return -1;
	took->up_ms[round] = now_ms() - begin_ms;
	if (round == 0) {
		sleep(1); /* until all have said hello and wait */
		took->agent_kib = agents_kib();
	}
	begin_ms = now_ms();
	lab->ops->tear_down(lab, &testbed);
	took->down_ms[round] = now_ms() - begin_ms;
	return 0;
}

static int measure(struct lad_lab *lab, enum lad_mode mode, int pairs, int rounds, struct took *took,
		   struct lad_error *err)
{
	struct lad_topology topology = lad_topology_pair;
	struct lad_workload workload = {
	    .kind = LAD_TCP_RR, .cpus = LAD_CPUS_FREE, .message_bytes = 1, .flows = 1, .congestion_control = "cubic"};
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = mode,
				  .placement = LAD_CROSS_HOST,
				  .workload = &workload,
				  .tuning = &lad_no_tuning,
				  .topology = &topology};
	topology.count = pairs;
	for (int round = 0; round < rounds; round++)
		if (stand_once(lab, &trial, round, took, err) < 0)
			return -1;
	return 0;
}

static int look_at(struct lad_lab *lab, enum lad_mode mode, const struct wish *wish, struct lad_error *err)
{
	static struct took one, many;
	if (lad_network_of(mode)->probe(err) < 0) {
		printf("%-10s skipped: %s\n", lad_mode_name(mode), lad_error_line(err).text);
		return 0;
	}
	if (measure(lab, mode, 1, wish->rounds, &one, err) < 0 ||
	    (wish->pairs > 1 && measure(lab, mode, wish->pairs, wish->rounds, &many, err) < 0))
		return lad_error_context(err, "%s", lad_mode_name(mode));
	size_t rounds = (size_t)wish->rounds;
	double one_ms = lad_median(one.up_ms, rounds);
	printf("%-10s %9.1f %9.1f", lad_mode_name(mode), one_ms, lad_median(one.down_ms, rounds));
	if (wish->pairs > 1) {
		double many_ms = lad_median(many.up_ms, rounds);
		printf(" %9.1f %9.1f %9.2f %9.0f", many_ms, lad_median(many.down_ms, rounds),
		       many_ms / one_ms / wish->pairs, many.agent_kib);
	} else {
		printf(" %9.0f", one.agent_kib);
	}
	putchar('\n');
	return 0;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct wish *wish = state->input;
	int *number = key == 'p' ? &wish->pairs : key == 'r' ? &wish->rounds : NULL;
	int most = key == 'p' ? LAD_SESSIONS_MAX : ROUNDS_MAX;
	if (!number)
		return ARGP_ERR_UNKNOWN;
	*number = atoi(text);
	if (*number < 1 || *number > most)
		argp_error(state, "'%s' is out of range; valid: 1 to %d", text, most);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
	    {"pairs", 'p', "N", 0, "This many pairs of containers besides one (default: 16)", 0},
	    {"rounds", 'r', "N", 0, "How often; the median counts (default: 10)", 0},
	    {0}};
	static const struct argp argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
	struct wish wish = {.pairs = 16, .rounds = 10};
	struct lad_error err = {0};
	struct lad_scenario scenario = {.wire_mtu_bytes = 1500};
	struct lad_lab lab = {.ops = &lad_lab_native, .scenario = &scenario};
	argp_parse(&argp, argc, argv, 0, NULL, &wish);
	lab.agent_fd = open(LAD_BUILD "/netladder-agent", O_PATH | O_CLOEXEC);
	if (lab.agent_fd < 0)
		return LAD_EXIT_UNABLE;
	printf("%-10s %9s %9s", "", "1 pair", "");
	if (wish.pairs > 1)
		printf(" %6d pairs %8s %9s", wish.pairs, "", "");
	printf("\n%-10s %9s %9s", "mode", "up ms", "down ms");
	if (wish.pairs > 1)
		printf(" %9s %9s %9s", "up ms", "down ms", "linearity");
	printf(" %9s\n", "agent KiB");
	int status = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT && status == 0; mode++)
		status = look_at(&lab, (enum lad_mode)mode, &wish, &err);
	close(lab.agent_fd);
	if (status < 0)
		fprintf(stderr, "bench_setup: %s\n", lad_error_line(&err).text);
	else
		printf("this program: %.0f KiB at most\n", read_kib("/proc/self/status", "VmHWM:"));
	return status < 0 ? (int)err.exit_code : 0;
}

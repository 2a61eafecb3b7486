/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the docker lab's containers of N pairs take to stand and to go, mode by mode: bench_docker ENGINE,... N. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/commands.h"
#include "netladder/lab.h"
#include "netladder/run.h"
#include "netladder/stats.h"

#define ROUNDS 5

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Median and range. */
static void print_times(const char *what, double *times)
{
	double low = times[0], high = times[0];
	for (int i = 1; i < ROUNDS; i++) {
		low = times[i] < low ? times[i] : low;
		high = times[i] > high ? times[i] : high;
	}
	printf("  %s %5.2f s (%.2f to %.2f)", what, lad_median(times, ROUNDS), low, high);
}

static int measure_mode(struct lad_lab *lab, struct lad_trial *trial, struct lad_error *err)
{
	static struct lad_testbed_session sessions[LAD_SESSIONS_MAX];
	double up_s[ROUNDS], down_s[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		struct lad_testbed testbed = {.sessions = sessions,
					      .session_count = lad_topology_sessions(trial->topology)};
		trial->number++; /* networks have a name of their own each time */
		double began_s = now_s();
		if (lab->ops->set_up(lab, trial, &testbed, err) < 0)
			return -1;
		double stood_s = now_s();
		lab->ops->tear_down(lab, &testbed);
		up_s[round] = stood_s - began_s;
		down_s[round] = now_s() - stood_s;
	}
	printf("%-10s", lad_mode_name(trial->mode));
	print_times("up", up_s);
	print_times("down", down_s);
	putchar('\n');
	return 0;
}

static int measure(struct lad_lab *lab, struct lad_error *err)
{
	const struct lad_scenario *scenario = lab->scenario;
	for (int i = 0; i < scenario->mode_count; i++) {
		struct lad_trial trial = {.number = ROUNDS * i,
					  .mode = scenario->modes[i],
					  .placement = LAD_CROSS_HOST,
					  .workload = &scenario->workloads[0],
					  .tuning = &lad_no_tuning,
					  .topology = &scenario->topologies[0]};
		struct lad_error why;
		if (lab->ops->usable(lab, trial.mode, &why) < 0)
			printf("%-10s skipped: %s\n", lad_mode_name(trial.mode), why.message);
		else if (measure_mode(lab, &trial, err) < 0)
			return lad_error_context(err, "%s", lad_mode_name(trial.mode));
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct lad_scenario scenario;
	struct lad_error err = {0};
	char text[512];
	if (argc != 3) {
		fputs("usage: bench_docker ENGINE,... PAIRS\n", stderr);
		return LAD_EXIT_USAGE;
	}
	snprintf(text, sizeof text,
		 "modes: [host, macvlan, ipvlan-l2, bridge, overlay]\nworkloads: [{kind: tcp_rr, cpus: free}]\n"
		 "topologies: [{pairs: %d}]\nlab: docker\ndocker: {swarm: create}\n",
		 atoi(argv[2]));
	struct lad_lab lab = {.ops = &lad_lab_docker, .scenario = &scenario, .run_id = "bench"};
	lab.agent_fd = lab.base_agent_fd = lad_agent_open_path(LAD_BUILD "/netladder-agent", &err);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line as soon as it is known, to a file as well */
	signal(SIGPIPE, SIG_IGN);
	int status = lab.agent_fd < 0 || lad_scenario_parse("bench.yaml", text, strlen(text), &scenario, &err) < 0 ||
			     command_parse_engines(argv[1], &scenario.docker, &err) < 0 || lab.ops->open(&lab, &err) < 0
			 ? -1
			 : 0;
	if (status == 0) {
		status = measure(&lab, &err);
		lab.ops->close(&lab);
	}
	if (status < 0)
		fprintf(stderr, "%s\n", err.message);
	return status < 0 ? (int)err.exit_code : 0;
}

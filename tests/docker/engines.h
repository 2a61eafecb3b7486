/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_DOCKER_ENGINES_H
#define TESTS_DOCKER_ENGINES_H

/* Engines of the tests' own, by scripts/engines.sh; one that runs already is never touched. */

#include "support.h"

#include "netladder/docker.h"
#include "netladder/results.h"

#define ENGINES_MAX 4

struct engines {
	char folder[64];
	char hosts[ENGINES_MAX][128], all[ENGINES_MAX * 128]; /* for --hosts */
	struct lad_docker *clients[ENGINES_MAX];
	int count;
	pid_t holder; /* the script, and our end of its standard input */
	int hold;
};

/* Starts COUNT engines, with further dockerd OPTIONS (NULL: none) and connects to them; skips the test group's tests
 * by returning -1 where there is no dockerd. They end with this process, however it ends. */
int engines_start(struct engines *engines, int count, const char *options);
void engines_stop(struct engines *engines);
/* The process that is first inside engine INDEX, and the one outside that holds it. */
pid_t engines_inner(const struct engines *engines, int index);
pid_t engines_outer(const struct engines *engines, int index);

/* How many containers and networks with our label are on ENGINE, and how many marks of a Swarm of ours. */
int engines_labelled(struct lad_docker *engine, const char *kind);
void engines_assert_clean(struct lad_docker *engine);
/* Waits up to LIMIT_S for a labelled container with the name's ending WHAT; its id. */
void engines_wait_container(struct lad_docker *engine, const char *what, int limit_s, char id[LAD_DOCKER_ID]);

/* The same for the generator of a trial: the lab's own tries of each mode are over within SECONDS, trials last longer.
 */
void engines_wait_trial(struct lad_docker *engine, int seconds, char id[LAD_DOCKER_ID]);

/* The generator of the first trial that is measured by the run that writes to FOLDER: the lab's own tries come before
 * its results.csv. */
void engines_wait_first_trial(struct lad_docker *engine, const char *folder, char id[LAD_DOCKER_ID]);

/* Writes FOLDER/NAME.yaml and returns its path (static). */
const char *engines_scenario(const struct engines *engines, const char *name, const char *text);
/* A results folder below the engines' folder that does not exist yet (static). */
const char *engines_results(const struct engines *engines);
/* Starts a run of the scenario TEXT, called NAME, on all engines, its results to FOLDER. */
pid_t engines_start_run(const struct engines *engines, const char *name, const char *text, const char *folder);
/* The same on the CPU (-1: any), to its end, which has to be exit code CODE. */
void engines_run(const struct engines *engines, int cpu, const char *name, const char *text, const char *folder,
		 int code);
/* Waits for the end of a run. Its exit code, or 128 and the signal. */
int engines_end(pid_t pid);
/* What a run's environment.json says of the docker lab; the caller deletes it. */
cJSON *engines_environment(const char *folder);
/* Reads the table that a run wrote. */
void engines_read(const char *folder, struct lad_table *table);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>

#include "lab/docker/lab.h"

/*
 * Work on the engines side by side. An engine serves many requests at once and a connection one at a time, so that each
 * lane is a thread with a connection of its own. The first is the engine's own, the others stay open for the run.
 */

struct crew { /* all lanes of one docker_lanes_run */
	const struct docker_work *work;
	pthread_mutex_t mutex; /* of what follows */
	int next[LAD_ENGINES_MAX];
	bool failed;
	struct lad_error first;
};

struct lane {
	struct crew *crew;
	int node;
	struct lad_docker *engine;
	pthread_t thread;
	bool running;
};

/* The next item of NODE that nobody has taken; -1: there is no more to be done. */
static int take(struct crew *crew, int node)
{
	const struct docker_work *work = crew->work;
	pthread_mutex_lock(&crew->mutex);
	int item = crew->next[node];
	while (item < work->count && work->node_of(work->data, item) != node)
		item++;
	crew->next[node] = item + 1;
	bool stop = item >= work->count || (crew->failed && !work->all);
	pthread_mutex_unlock(&crew->mutex);
	return stop ? -1 : item;
}

static void fail(struct crew *crew, const struct lad_error *why)
{
	pthread_mutex_lock(&crew->mutex);
	if (!crew->failed)
		crew->first = *why;
	crew->failed = true;
	pthread_mutex_unlock(&crew->mutex);
}

static void *drive(void *arg)
{
	struct lane *lane = arg;
	const struct docker_work *work = lane->crew->work;
	int item;
	while ((item = take(lane->crew, lane->node)) >= 0) {
		struct lad_error why = {0};
		if (work->run(lane->engine, work->data, item, &why) < 0)
			fail(lane->crew, &why);
	}
	return NULL;
}

/* The connection of lane NUMBER, NULL when there is none to be had. */
static struct lad_docker *connection(struct docker_node *node, int number)
{
	if (number == 0)
		return node->engine;
	struct lad_docker **lane = &node->lanes[number - 1];
	if (!*lane && lad_docker_open_again(node->engine, lane, NULL) < 0)
		return NULL;
	lad_docker_tell(*lane, node->engine);
	return *lane;
}

static int items_of(const struct docker_work *work, int node)
{
	int count = 0;
	for (int item = 0; item < work->count; item++)
		count += work->node_of(work->data, item) == node;
	return count;
}

static int start(struct docker_lab *docker, struct crew *crew, struct lane *lanes)
{
	int count = 0;
	for (int node = 0; node < docker->node_count; node++) {
		int items = items_of(crew->work, node);
		for (int i = 0; i < items && i < DOCKER_LANES_MAX; i++) {
			struct lad_docker *engine = connection(&docker->nodes[node], i);
			struct lane *lane = &lanes[count];
			if (!engine)
				break; /* fewer do as well */
			*lane = (struct lane){.crew = crew, .node = node, .engine = engine};
			count++;
		}
	}
	for (int i = 0; i < count && count > 1; i++)
		lanes[i].running = pthread_create(&lanes[i].thread, NULL, drive, &lanes[i]) == 0;
	return count;
}

int docker_lanes_run(struct docker_lab *docker, const struct docker_work *work, struct lad_error *err)
{
	struct lane lanes[LAD_ENGINES_MAX * DOCKER_LANES_MAX];
	struct crew crew = {.work = work, .mutex = PTHREAD_MUTEX_INITIALIZER};
	int count = start(docker, &crew, lanes);
	for (int i = 0; i < count; i++)
		if (!lanes[i].running) /* alone, or without a thread of its own */
			drive(&lanes[i]);
	for (int i = 0; i < count; i++) {
		struct lad_docker *engine = docker->nodes[lanes[i].node].engine;
		if (lanes[i].running)
			pthread_join(lanes[i].thread, NULL);
		if (lanes[i].engine != engine)
			lad_docker_tell(engine, lanes[i].engine);
	}
	if (crew.failed && err)
		*err = crew.first;
	return crew.failed ? -1 : 0;
}

static int itself(const void *data, int item)
{
	(void)data;
	return item;
}

int docker_lanes_each(struct docker_lab *docker, int node_count,
		      int (*run)(struct lad_docker *engine, void *data, int node, struct lad_error *err), void *data,
		      struct lad_error *err)
{
	struct docker_work work = {.count = node_count, .node_of = itself, .run = run, .data = data, .all = true};
	return docker_lanes_run(docker, &work, err);
}

void docker_lanes_close(struct docker_node *node)
{
	for (int i = 0; i < DOCKER_LANES_MAX - 1; i++) {
		lad_docker_close(node->lanes[i]);
		node->lanes[i] = NULL;
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "docker/engine.h"

/* {"label":["org.netladder.run=ID"]}, percent-encoded: what every list of the API is filtered by. */
static void filter(char *out, size_t size, const char *label, const char *run_id)
{
	snprintf(out, size, "filters=%%7B%%22label%%22:%%5B%%22%s%s%.60s%%22%%5D%%7D", label, run_id ? "%3D" : "",
		 run_id ? run_id : "");
}

int docker_read_labelled(struct lad_docker *engine, const cJSON *item, const char *label, const char *run_id,
			 const char *key, char id[LAD_DOCKER_ID], struct lad_error *err)
{
	const cJSON *object, *labels, *mark;
	if (docker_need(engine, item, NULL, DOCKER_OBJECT, &object, err) < 0 ||
	    docker_need_id(engine, object, key, id, err) < 0 ||
	    docker_need(engine, object, "Labels", DOCKER_OBJECT, &labels, err) < 0 ||
	    docker_need(engine, labels, label, DOCKER_TEXT, &mark, err) < 0)
		return -1;
	/* It was asked for these alone. Whatever else it lists must not be removed. */
	if (run_id && strcmp(mark->valuestring, run_id) != 0)
		return docker_not_understood(engine, err, "%s is of another run, '%.60s'", id, mark->valuestring);
	return 0;
}

struct kind { /* of objects to be removed */
	const char *label;
	int (*remove)(struct lad_docker *, const char *, struct lad_error *);
};

/* Removes what the list at PATH names. Returns 0, or -1 with the last failure; REMOVED counts. */
static int remove_each(struct lad_docker *engine, const char *path, const struct kind *kind, const char *run_id,
		       int *removed, struct lad_error *err)
{
	cJSON *answer;
	const cJSON *list, *item;
	if (lad_docker_call(engine, "GET", path, NULL, &answer, err) < 0)
		return -1;
	int status = docker_need(engine, answer, NULL, DOCKER_LIST, &list, err);
	char id[LAD_DOCKER_ID], request[sizeof engine->request];
	strcpy(request, engine->request);
	if (status < 0)
		list = NULL;
	cJSON_ArrayForEach(item, list)
	{
		strcpy(engine->request, request);
		if (docker_read_labelled(engine, item, kind->label, run_id, "Id", id, err) < 0 ||
		    kind->remove(engine, id, err) < 0)
			status = -1; /* the others all the same */
		else
			++*removed;
	}
	cJSON_Delete(answer);
	return status;
}

static int remove_image(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	char path[160];
	snprintf(path, sizeof path, "/images/%.100s?force=1", id);
	return lad_docker_call(engine, "DELETE", path, NULL, NULL, err);
}

static const struct kind container_kind = {LAD_DOCKER_LABEL, lad_docker_container_remove};
static const struct kind network_kind = {LAD_DOCKER_LABEL, lad_docker_network_remove};
static const struct kind image_kind = {LAD_DOCKER_IMAGE_LABEL, remove_image};

static int clean(struct lad_docker *engine, const char *run_id, bool images, struct lad_docker_cleaned *cleaned,
		 struct lad_error *err)
{
	char query[256], path[320];
	bool left = false;
	filter(query, sizeof query, LAD_DOCKER_LABEL, run_id);
	snprintf(path, sizeof path, "/containers/json?all=1&%s", query);
	if (remove_each(engine, path, &container_kind, run_id, &cleaned->containers, err) < 0)
		return -1;
	snprintf(path, sizeof path, "/networks?%s", query);
	int networks = remove_each(engine, path, &network_kind, run_id, &cleaned->networks, err);
	if (lad_docker_swarm_leave(engine, run_id, &left, err) < 0)
		return -1;
	cleaned->swarms = left;
	/* A worker cannot remove its Swarm's networks, and no node those that the Swarm is just forgetting. They end
	 * with the membership; any that do not are tried, and told of, again. */
	if (networks < 0 && remove_each(engine, path, &network_kind, run_id, &cleaned->networks, err) < 0)
		return -1;
	if (!images)
		return 0;
	filter(query, sizeof query, LAD_DOCKER_IMAGE_LABEL, NULL);
	snprintf(path, sizeof path, "/images/json?%s", query);
	return remove_each(engine, path, &image_kind, NULL, &cleaned->images, err);
}

int lad_docker_clean(struct lad_docker *engine, const char *run_id, bool images, struct lad_docker_cleaned *cleaned,
		     struct lad_error *err)
{
	memset(cleaned, 0, sizeof *cleaned);
	bool before = docker_clean_on(engine, true);
	struct lad_error why = {0};
	int status = clean(engine, run_id, images, cleaned, &why);
	docker_clean_on(engine, before);
	if (status < 0 && err)
		*err = why; /* and not what was got over on the way */
	return status;
}

#define DEAD_RUNS_MAX 16 /* at once; what is left then is for the run after */

struct dead_runs {
	char ids[DEAD_RUNS_MAX][LAD_DOCKER_ID];
	int count;
};

static void note_dead(const cJSON *labels, struct dead_runs *runs)
{
	const char *id = docker_text(labels, LAD_DOCKER_LABEL), *runner = docker_text(labels, DOCKER_RUNNER_LABEL);
	for (int i = 0; i < runs->count; i++)
		if (strcmp(runs->ids[i], id) == 0)
			return;
	if (id[0] && runs->count < DEAD_RUNS_MAX && docker_runner_gone(runner))
		snprintf(runs->ids[runs->count++], LAD_DOCKER_ID, "%s", id);
}

/* Of what the list at PATH names; KEY is the list's name in the answer, NULL: the answer itself. */
static int find_dead(struct lad_docker *engine, const char *path, const char *key, struct dead_runs *runs,
		     struct lad_error *err)
{
	cJSON *answer;
	const cJSON *list, *item;
	if (lad_docker_call(engine, "GET", path, NULL, &answer, err) < 0)
		return -1;
	int status = docker_need(engine, answer, key, key ? DOCKER_LIST_OR_NULL : DOCKER_LIST, &list, err);
	if (status < 0)
		list = NULL;
	cJSON_ArrayForEach(item, list)
	{
		note_dead(cJSON_GetObjectItemCaseSensitive(item, "Labels"), runs);
	}
	cJSON_Delete(answer);
	return status;
}

int lad_docker_clean_dead(struct lad_docker *engine, struct lad_docker_cleaned *cleaned, struct lad_error *err)
{
	static const char *const lists[][2] = {
	    {"/containers/json?all=1&", NULL}, {"/networks?", NULL}, {"/volumes?", "Volumes"}};
	char query[256], path[320];
	struct dead_runs runs = {.count = 0};
	memset(cleaned, 0, sizeof *cleaned);
	filter(query, sizeof query, LAD_DOCKER_LABEL, NULL);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		snprintf(path, sizeof path, "%s%s", lists[i][0], query);
		if (find_dead(engine, path, lists[i][1], &runs, err) < 0)
			return -1;
	}
	int status = 0;
	for (int i = 0; i < runs.count; i++) {
		struct lad_docker_cleaned one;
		status |= lad_docker_clean(engine, runs.ids[i], false, &one, err);
		cleaned->containers += one.containers;
		cleaned->networks += one.networks;
		cleaned->swarms += one.swarms;
	}
	return status;
}

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

/* Calls REMOVE for each "Id" (or "ID") of the list at PATH. Returns how many went, or -1 with the last failure. */
static int remove_each(struct lad_docker *engine, const char *path,
		       int (*remove)(struct lad_docker *, const char *, struct lad_error *), int *removed,
		       struct lad_error *err)
{
	cJSON *list;
	const cJSON *item;
	int status = 0;
	if (lad_docker_call(engine, "GET", path, NULL, &list, err) < 0)
		return -1;
	cJSON_ArrayForEach(item, list)
	{
		if (remove(engine, docker_text(item, "Id"), err) < 0)
			status = -1; /* the others all the same */
		else
			++*removed;
	}
	cJSON_Delete(list);
	return status;
}

static int remove_image(struct lad_docker *engine, const char *id, struct lad_error *err)
{
	char path[160];
	snprintf(path, sizeof path, "/images/%.100s?force=1", id);
	return lad_docker_call(engine, "DELETE", path, NULL, NULL, err);
}

int lad_docker_clean(struct lad_docker *engine, const char *run_id, bool images, struct lad_docker_cleaned *cleaned,
		     struct lad_error *err)
{
	char query[256], path[320];
	bool left = false;
	memset(cleaned, 0, sizeof *cleaned);
	filter(query, sizeof query, LAD_DOCKER_LABEL, run_id);
	snprintf(path, sizeof path, "/containers/json?all=1&%s", query);
	if (remove_each(engine, path, lad_docker_container_remove, &cleaned->containers, err) < 0)
		return -1;
	snprintf(path, sizeof path, "/networks?%s", query);
	int networks = remove_each(engine, path, lad_docker_network_remove, &cleaned->networks, err);
	if (lad_docker_swarm_leave(engine, run_id, &left, err) < 0)
		return -1;
	cleaned->swarms = left;
	/* A worker cannot remove its Swarm's networks, and no node those that the Swarm is just forgetting. They end
	 * with the membership; any that do not are tried, and told of, again. */
	if (networks < 0 && remove_each(engine, path, lad_docker_network_remove, &cleaned->networks, err) < 0)
		return -1;
	if (!images)
		return 0;
	filter(query, sizeof query, LAD_DOCKER_IMAGE_LABEL, NULL);
	snprintf(path, sizeof path, "/images/json?%s", query);
	return remove_each(engine, path, remove_image, &cleaned->images, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/loads.h"

#include <stdlib.h>
#include <string.h>

static int first_from(const struct loads *loads, int place)
{
	int at = 0;
	while (at < loads->count && loads->sorted[at].place < place)
		at++;
	return at;
}

const struct measured_load *loads_at(const struct loads *loads, int place)
{
	int at = first_from(loads, place);
	return at < loads->count && loads->sorted[at].place == place ? &loads->sorted[at] : NULL;
}

/* Room for one element more in *ARRAY of *CAPACITY elements, COUNT of them used. */
static int make_room(void **array, int *capacity, int count, size_t element, struct lad_error *err)
{
	if (count < *capacity)
		return 0;
	int grown = *capacity ? 2 * *capacity : 16;
	void *moved = realloc(*array, (size_t)grown * element);
	if (!moved)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the search");
	*array = moved;
	*capacity = grown;
	return 0;
}

int loads_add(struct loads *loads, int place, const struct lad_search_result *result, struct lad_error *err)
{
	int at = first_from(loads, place);
	if (at == loads->count || loads->sorted[at].place != place) {
		if (make_room((void **)&loads->sorted, &loads->capacity, loads->count, sizeof *loads->sorted, err) < 0)
			return -1;
		memmove(&loads->sorted[at + 1], &loads->sorted[at],
			(size_t)(loads->count - at) * sizeof *loads->sorted);
		loads->sorted[at] = (struct measured_load){.place = place};
		loads->count++;
	}
	struct measured_load *load = &loads->sorted[at];
	if (make_room((void **)&load->results, &load->capacity, load->count, sizeof *load->results, err) < 0 ||
	    !load->results)
		return -1;
	load->results[load->count++] = *result;
	return 0;
}

static enum lad_load_class class_of(const struct measured_load *load, const struct lad_search_goal *goal,
				    int goal_index)
{
	return lad_search_classify(goal, goal_index, load->results, load->count);
}

struct bounds loads_bounds(const struct loads *loads, const struct lad_search_goal *goal, int goal_index)
{
	struct bounds bounds = {NO_PLACE, NO_PLACE};
	for (int i = 0; i < loads->count && bounds.upper == NO_PLACE; i++) {
		enum lad_load_class class = class_of(&loads->sorted[i], goal, goal_index);
		if (class == LAD_LOAD_LOWER_BOUND)
			bounds.lower = loads->sorted[i].place;
		else if (class == LAD_LOAD_UPPER_BOUND)
			bounds.upper = loads->sorted[i].place;
	}
	return bounds;
}

int loads_lower_above(const struct loads *loads, const struct lad_search_goal *goal, int goal_index, int place)
{
	int count = 0;
	for (int i = first_from(loads, place + 1); i < loads->count; i++)
		count += class_of(&loads->sorted[i], goal, goal_index) == LAD_LOAD_LOWER_BOUND;
	return count;
}

void loads_free(struct loads *loads)
{
	for (int i = 0; i < loads->count; i++)
		free(loads->sorted[i].results);
	free(loads->sorted);
}

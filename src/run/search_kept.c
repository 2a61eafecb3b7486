/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/search_member.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int grow(void **array, int *capacity, int count, size_t element, struct lad_error *err)
{
	if (count < *capacity)
		return 0;
	int larger = *capacity ? 2 * *capacity : 64;
	void *moved = realloc(*array, (size_t)larger * element);
	if (!moved)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	*array = moved;
	*capacity = larger;
	return 0;
}

struct lad_search_step *member_add_step(struct member *member, const struct lad_search_trial *wanted,
					struct lad_error *err)
{
	if (grow((void **)&member->steps, &member->step_capacity, member->step_count, sizeof *member->steps, err) < 0)
		return NULL;
	struct lad_search_step *step = &member->steps[member->step_count++];
	*step = (struct lad_search_step){.step = member->step_count,
					 .load_per_s = wanted->load,
					 .duration_s = wanted->duration_s,
					 .intended_total = NAN,
					 .unsent_total = NAN,
					 .delivered_total = NAN,
					 .loss_ratio = NAN,
					 .forwarded_per_s = NAN,
					 .latency_p50_us = NAN,
					 .latency_p99_us = NAN,
					 .latency_max_us = NAN,
					 .schedule_error_mean_us = NAN,
					 .cpu_sender_s = NAN,
					 .cpu_receiver_s = NAN};
	snprintf(step->phase, sizeof step->phase, "%s", wanted->warm_up ? "warmup" : "search");
	return step;
}

int member_keep(struct member *member, const struct lad_row *row, const struct lad_histogram *latency,
		struct lad_error *err)
{
	int used = 0;
	if (grow((void **)&member->kept, &member->kept_capacity, member->kept_count, sizeof *member->kept, err) < 0)
		return -1;
	for (int i = 0; i < LAD_HISTOGRAM_BUCKETS; i++)
		used += latency->counts[i] > 0;
	struct kept_trial *kept = &member->kept[member->kept_count];
	*kept = (struct kept_trial){.row = *row,
				    .total = latency->total,
				    .min_ns = latency->min_ns,
				    .max_ns = latency->max_ns,
				    .sum_ns = latency->sum_ns};
	kept->buckets = used ? calloc((size_t)used, sizeof *kept->buckets) : NULL;
	if (used && !kept->buckets)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	for (int i = 0; i < LAD_HISTOGRAM_BUCKETS; i++)
		if (latency->counts[i])
			kept->buckets[kept->bucket_count++] = (struct bucket){i, latency->counts[i]};
	member->kept_count++;
	return 0;
}

void kept_latency(const struct kept_trial *kept, struct lad_histogram *latency)
{
	lad_histogram_reset(latency);
	for (int i = 0; i < kept->bucket_count; i++)
		latency->counts[kept->buckets[i].bucket] = kept->buckets[i].count;
	latency->total = kept->total;
	latency->min_ns = kept->min_ns;
	latency->max_ns = kept->max_ns;
	latency->sum_ns = kept->sum_ns;
}

void member_give_up(struct member *member, enum lad_status status, const char *reason)
{
	member->over = true;
	member->status = status;
	snprintf(member->reason, sizeof member->reason, "%.500s", reason);
}

void member_free(struct member *member)
{
	for (int i = 0; i < member->kept_count; i++)
		free(member->kept[i].buckets);
	free(member->kept);
	free(member->steps);
	lad_search_end(member->search);
}

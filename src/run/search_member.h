/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_SEARCH_MEMBER_H
#define RUN_SEARCH_MEMBER_H

/* One search under way, and what is kept of its trials until its rows are written. */

#include "netladder/search.h"
#include "run/state.h"

/* What is kept of a trial's latency: its buckets that are not empty. */
struct bucket {
	int bucket;
	uint64_t count;
};

/* One trial of a search, as far as a row may come to be made of it. */
struct kept_trial {
	struct lad_row row;
	struct bucket *buckets; /* owned */
	int bucket_count;
	uint64_t total;
	int64_t min_ns, max_ns;
	double sum_ns;
};

/* One combination of the group and its search. */
struct member {
	const struct lad_trial *trial; /* that of its first goal */
	struct lad_search *search;     /* owned; NULL: there is none */
	bool over;
	enum lad_status status;
	char reason[512]; /* where the status is not ok */
	int repeats;	  /* of the trial that is to come */
	struct lad_trial_texts texts;
	struct kept_trial *kept; /* owned; of trial number N the place N - 1 */
	int kept_count, kept_capacity;
	struct lad_search_step *steps; /* owned */
	int step_count, step_capacity;
};

/* search_kept.c: the step of the trial that is to come, without figures; NULL with ERR: out of memory. */
struct lad_search_step *member_add_step(struct member *member, const struct lad_search_trial *wanted,
					struct lad_error *err);
/* Keeps what a row may come to be made of. */
int member_keep(struct member *member, const struct lad_row *row, const struct lad_histogram *latency,
		struct lad_error *err);
void kept_latency(const struct kept_trial *kept, struct lad_histogram *latency);
void member_free(struct member *member);

/* What ROW counts of what arrived: datagrams, or transactions, a second of all sessions. */
static inline double forwarded_per_s(const struct lad_row *row)
{
	return row->workload == LAD_UDP_STREAM ? row->packets_per_s : row->transactions_per_s;
}

/* The search is over without having found anything. */
void member_give_up(struct member *member, enum lad_status status, const char *reason);

/*
 * search_trial.c: runs the search's next trial and hands it in; LEFT searches of the group are under way. 0: done, or
 * the search is over. 1: interrupted. -1 with ERR.
 */
int member_step(struct run *run, struct member *member, int left, struct lad_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SEARCH_H
#define NETLADDER_SEARCH_H

/*
 * The search for the highest load that keeps a promise, after RFC 9971 (Multiple Loss Ratio Search, MLRsearch); the
 * section numbers are those of draft-ietf-bmwg-mlrsearch-15, its last draft. Here is the Controller (4.9.2) alone: pure
 * logic without any I/O, clock or random number, so that the same outcomes give the same search. Who calls it is the
 * Measurer (4.9.1) and the Manager (4.9.3): it asks for the next trial, runs it, and hands its outcome in.
 *
 * A load is the intended rate of one session, in messages a second (Trial Load, 4.5.2). Times are in seconds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"

#define LAD_SEARCH_GOALS_MAX 8
#define LAD_SEARCH_GOAL_NAME_MAX 24
/* A search that has not come to its end after so many trials is ended. */
#define LAD_SEARCH_TRIALS_MAX 4096

/* What is to hold at the load that is looked for: Search Goal, 4.6.7. */
struct lad_search_goal {
	char name[LAD_SEARCH_GOAL_NAME_MAX];
	double final_duration_s; /* Goal Final Trial Duration, 4.6.1: of each trial; above 0 */
	double duration_sum_s;	 /* Goal Duration Sum, 4.6.2: of the trials at one load; above 0 */
	double loss_ratio; /* Goal Loss Ratio, 4.6.3: a trial that loses more is a high-loss trial; 0 to below 1 */
	double
	    exceed_ratio; /* Goal Exceed Ratio, 4.6.4: the share of high-loss trials that is tolerated; 0 to below 1 */
	double
	    width_ratio; /* Goal Width, 4.6.5: (upper - lower) / upper at which the search is over; above 0, below 1 */
	/* Attributes of our own, as 4.6.7 allows: what comes later than this is lost. 0: however late. The Controller
	 * does not look at it: the Measurer has counted by it. */
	int64_t deadline_ns;
};

/* What kept a trial from carrying more. */
enum lad_search_limit {
	LAD_LIMIT_NETWORK,   /* the path that is measured */
	LAD_LIMIT_GENERATOR, /* the sending agent: its CPU was busy and not all was sent in time */
	LAD_LIMIT_CPU,	     /* the CPU that both ends, and the path between them, share */
	LAD_LIMIT_MAX,	     /* nothing: Max Load is carried */
	LAD_LIMIT_MIN,	     /* Min Load is too much already */
	LAD_LIMIT_TIME,	     /* the search's own limit of time came first */
	LAD_LIMIT_COUNT
};
/* "network", "generator", "cpu", "max", "min", "time". */
const char *lad_search_limit_name(enum lad_search_limit limit);

/* The outcome of one trial: Trial Output, 4.5.9. */
struct lad_search_outcome {
	/* Trial Loss Ratio, 4.5.6, as each goal counts: 1 - delivered / intended; what was not sent is lost (4.9.1). */
	double loss_ratio[LAD_SEARCH_GOALS_MAX];
	double duration_s;		  /* Trial Effective Duration, 4.5.8 */
	double forwarding_rate;		  /* what arrived in the window, a second; only a hint where to look next */
	double cost_s;			  /* all that the trial took, against `limit_s` */
	enum lad_search_limit limited_by; /* network, generator or cpu */
};

/* The same as the search keeps it. */
struct lad_search_result {
	int number;	   /* of the trial in the search, from 1; 0: none */
	double intended_s; /* Trial Duration, 4.5.1 */
	struct lad_search_outcome outcome;
};

/* What the Manager asks for: Controller Input, 4.6.8. */
struct lad_search_input {
	const struct lad_search_goal *goals; /* copied */
	int goal_count;			     /* 1 to LAD_SEARCH_GOALS_MAX */
	double max_load;		     /* Max Load, 4.6.8.1 */
	double min_load;		     /* Min Load, 4.6.8.2; above 0, below Max Load */
	/*
	 * Loads lie on a geometric grid whose step is half the narrowest Goal Width, and whose top is Max Load lowered
	 * by this share of a step, 0 to below 1. Drawn at random, found loads are not tied to the same few values.
	 */
	double grid_offset;
	double limit_s; /* the costs of the trials together, after which it ends; 0: none */
	/* Where each goal's bounds are expected, as from a search before; 0: not known. */
	struct lad_search_hint {
		double lower, upper;
	} hints[LAD_SEARCH_GOALS_MAX];
};

/* What to measure next: Trial Input, 4.5.3. */
struct lad_search_trial {
	double load, duration_s;
	bool warm_up; /* its outcome is not looked at (5.3.4: a system warms up before the search) */
};

/* What a load is by a goal: Load Classification, 4.7.2. */
enum lad_load_class { LAD_LOAD_UNDECIDED, LAD_LOAD_LOWER_BOUND, LAD_LOAD_UPPER_BOUND };

/*
 * Classifies a load by all COUNT RESULTS at it, in any order (Appendix A). GOAL is goal number GOAL_INDEX of the
 * search, whose loss ratio of each result is looked at.
 */
enum lad_load_class lad_search_classify(const struct lad_search_goal *goal, int goal_index,
					const struct lad_search_result *results, int count);

/*
 * The Conditional Throughput (4.8.3, Appendix B) at LOAD, as a rate; 0 < COUNT. NUMBER, which may be NULL, gets that of
 * the trial whose loss it is computed from; 0 where so few trials were run that all is taken for lost.
 */
double lad_search_conditional_throughput(const struct lad_search_goal *goal, int goal_index, double load,
					 const struct lad_search_result *results, int count, int *number);

/* What was found for one goal: Goal Result, 4.8.4. */
struct lad_search_found {
	bool regular;		       /* 4.8.4.1: both bounds are there, not further apart than the width */
	double lower, upper;	       /* Relevant Lower and Upper Bound, 4.8.2 and 4.8.1; NAN: there is none */
	double conditional_throughput; /* NAN without a lower bound */
	/*
	 * Irregular (4.8.4.2) and limited by `max`, LOWER is Max Load: at least so much is carried. Regular: what most
	 * high-loss trials at the upper bound were limited by.
	 */
	enum lad_search_limit limited_by;
	int bounding_trial; /* number of the trial that the throughput is computed from, from 1; 0: none */
	int inversions;	    /* lower bounds above the relevant upper one (5.3.2), which are passed over (5.3.3) */
};

struct lad_search;

/* Begins a search. NULL with ERR: out of memory, or what INPUT says cannot be (LAD_EXIT_USAGE). */
struct lad_search *lad_search_begin(const struct lad_search_input *input, struct lad_error *err);
void lad_search_end(struct lad_search *search); /* may be NULL */

/* What to measure next. False: the search is over, for all goals. Asked again without an outcome, it says the same. */
bool lad_search_next(const struct lad_search *search, struct lad_search_trial *trial);

/* Hands in the OUTCOME of the trial that lad_search_next() has asked for. -1: out of memory. */
int lad_search_take(struct lad_search *search, const struct lad_search_outcome *outcome, struct lad_error *err);

/* What is known of goal number GOAL by now. */
struct lad_search_found lad_search_goal_found(const struct lad_search *search, int goal);

/* How many outcomes were handed in, the warm-up among them: the number of the last trial. */
int lad_search_trial_count(const struct lad_search *search);

/*
 * The Measurer's part that needs no network. A trial cannot be called the network's limit when the agent that sends was
 * what could not keep up.
 */
struct lad_search_load_facts {
	double intended, unsent;       /* messages in the window; what was due in it and never sent */
	double schedule_error_mean_us; /* NAN: unknown */
	int64_t deadline_ns;	       /* the shortest of the goals'; 0: none */
	double window_s;
	double sender_cpu_s;  /* of all agents that send */
	double all_cpu_s;     /* of all agents */
	int sender_threads;   /* of all agents that send */
	bool shared;	      /* all agents share one CPU */
	double machine_cpu_s; /* of the whole machine, NAN: unknown */
	int machine_cpus;
};
enum lad_search_limit lad_search_limit_of(const struct lad_search_load_facts *facts);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/core/team.h"
#include "agent/core/window.h"
#include "agent/workload/workload.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the lead asks of a thread; read and cleared in the thread's own loop. */
enum { ORDER_START = 1, ORDER_CUT = 2, ORDER_STOP = 4, ORDER_ADMIT = 8 };

struct member {
	struct agent *agent; /* owned; its thread's alone while that runs */
	struct agent_team *team;
	struct ev_loop *loop; /* owned */
	pthread_t thread;
	bool runs;
	ev_async wake; /* in its own loop */
	atomic_int orders;
	sem_t prepared;
	struct lad_window window; /* with ORDER_START */
	int *given;		  /* owned, by hand: connections for it, each written before it is counted */
	atomic_int given_count;
	int admitted; /* of them, the thread's alone */
	/* What it tells, each written before the flag that says so: */
	atomic_int samples;
	atomic_bool enough, reported, failed;
	struct lad_agent_result result;
	char complaint[512];
};

struct agent_team {
	struct agent *lead; /* borrowed */
	struct lad_job job; /* the whole of it */
	cpu_set_t allowed;
	ev_async wake;		    /* in the lead's loop */
	int count;		    /* members: one less than there are threads */
	atomic_uint_least64_t left; /* of the job's amount, for the threads to take */
	bool lead_enough, on_enough, lead_done, reported;
	int samples; /* handed on so far */
	struct member *members[LAD_THREADS_MAX - 1];
};

struct lad_job agent_team_share(const struct lad_job *job, int thread)
{
	struct lad_job share = *job;
	if (job->threads <= 1)
		return share;
	share.flows = (job->flows - thread + job->threads - 1) / job->threads;
	share.pacing_bps = job->pacing_bps * share.flows / job->flows;
	return share;
}

static void order(struct member *member, int orders)
{
	atomic_fetch_or(&member->orders, orders);
	ev_async_send(member->loop, &member->wake);
}

static void on_order(struct ev_loop *loop, ev_async *wake, int events)
{
	(void)events;
	struct member *member = wake->data;
	int orders = atomic_exchange(&member->orders, 0);
	for (int count = atomic_load(&member->given_count); member->admitted < count; member->admitted++)
		member->agent->ops->admit(member->agent, member->given[member->admitted]);
	if (orders & ORDER_START) {
		member->agent->window = member->window;
		agent_window_start(member->agent);
	}
	if (orders & ORDER_CUT)
		agent_window_enough(member->agent);
	if (orders & ORDER_STOP)
		ev_break(loop, EVBREAK_ALL);
}

static void tell_lead(struct member *member)
{
	ev_async_send(member->team->lead->loop, &member->team->wake);
}

static void on_report(struct agent *agent)
{
	struct member *member = agent->member;
	member->result = agent->result;
	atomic_store(&member->reported, true);
	tell_lead(member);
}

static void on_sampled(struct agent *agent, const struct lad_sample *sample)
{
	(void)sample;
	atomic_store(&agent->member->samples, agent->result.sample_count);
	tell_lead(agent->member);
}

static void on_complaint(struct agent *agent, const char *message)
{
	struct member *member = agent->member;
	snprintf(member->complaint, sizeof member->complaint, "%.*s", (int)sizeof member->complaint - 1, message);
	atomic_store(&member->failed, true);
	tell_lead(member);
}

/* Part of thread NUMBER's flows among those of the threads up to it. */
static double part_of(const struct agent_team *team, int number)
{
	int flows = team->lead->job.flows, own = flows;
	for (int i = 0; i < number; i++) {
		own = team->members[i]->agent->job.flows;
		flows += own;
	}
	return (double)own / flows;
}

/* Hands on the samples that every thread has taken. */
static void hand_samples_on(struct agent_team *team)
{
	struct agent *lead = team->lead;
	int ready = lead->result.sample_count;
	for (int i = 0; i < team->count; i++) {
		int samples = atomic_load(&team->members[i]->samples);
		ready = samples < ready ? samples : ready;
	}
	for (; lead->sampled && team->samples < ready; team->samples++) {
		struct lad_sample sum = lead->result.samples[team->samples];
		for (int i = 0; i < team->count; i++)
			lad_sample_merge(&sum, &team->members[i]->agent->result.samples[team->samples],
					 part_of(team, i + 1));
		lead->sampled(lead, &sum);
	}
}

static void cut_when_all_have_enough(struct agent_team *team)
{
	if (!team->lead_enough || team->on_enough)
		return;
	for (int i = 0; i < team->count; i++)
		if (!atomic_load(&team->members[i]->enough))
			return;
	team->on_enough = true;
	agent_window_cut(team->lead);
	if (team->lead->on_enough)
		team->lead->on_enough(team->lead);
}

/* The threads' windows end microseconds apart; with an amount each ends when it has its part, and all is there with the
 * last. */
static void merge(struct agent_team *team, int number)
{
	struct lad_agent_result *sum = &team->lead->result, *part = &team->members[number]->result;
	int64_t longest_ns = sum->elapsed_ns > part->elapsed_ns ? sum->elapsed_ns : part->elapsed_ns;
	lad_result_merge(sum, part, part_of(team, number + 1));
	if (team->job.amount)
		sum->elapsed_ns = longest_ns;
}

static void report_when_all_have(struct agent_team *team)
{
	struct agent *lead = team->lead;
	for (int i = 0; i < team->count; i++)
		if (!atomic_load(&team->members[i]->reported))
			return;
	if (!team->lead_done || team->reported || lead->exit_code)
		return;
	team->reported = true;
	hand_samples_on(team);
	for (int i = 0; i < team->count; i++)
		merge(team, i);
	lead->report(lead);
}

static void on_news(struct ev_loop *loop, ev_async *wake, int events)
{
	(void)loop;
	(void)events;
	struct agent_team *team = wake->data;
	for (int i = 0; i < team->count; i++)
		if (atomic_load(&team->members[i]->failed))
			agent_fail(team->lead, "%s", team->members[i]->complaint);
	hand_samples_on(team);
	cut_when_all_have_enough(team);
	report_when_all_have(team);
}

/* Thread NUMBER gets one of the allowed CPUs to itself, counted from the first on or from the last back. */
static int pin(const struct agent_team *team, int number, struct lad_error *err)
{
	int count = CPU_COUNT(&team->allowed), place = number % count;
	cpu_set_t one;
	if (team->job.pin == LAD_PIN_NONE)
		return 0;
	if (team->job.pin == LAD_PIN_FROM_LAST)
		place = count - 1 - place;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &team->allowed) || place-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof one, &one) < 0 ? lad_error_errno(err, errno, "cannot pin a thread")
								  : 0;
	}
	return 0;
}

/* A thread does all of it by itself, so that what it uses is allocated, opened and forbidden there and nowhere else. */
static void *work(void *data)
{
	struct member *member = data;
	struct agent *agent = member->agent;
	struct lad_error err = {0};
	if (pin(member->team, agent->thread, &err) < 0 || agent_prepare(agent, &member->team->job, &err) < 0)
		on_complaint(agent, err.message);
	sem_post(&member->prepared);
	if (!atomic_load(&member->failed))
		ev_run(member->loop, 0);
	return NULL;
}

static void free_member(struct member *member)
{
	if (member->agent)
		agent_free(member->agent);
	if (member->loop)
		ev_loop_destroy(member->loop);
	sem_destroy(&member->prepared);
	for (; member->admitted < atomic_load(&member->given_count); member->admitted++)
		close(member->given[member->admitted]);
	free(member->given);
	free(member);
}

static struct member *new_member(struct agent_team *team, int number)
{
	struct member *member = calloc(1, sizeof *member);
	if (!member)
		return NULL;
	sem_init(&member->prepared, 0, 0);
	member->team = team;
	member->given = calloc((size_t)team->job.flows, sizeof *member->given);
	member->loop = ev_loop_new(EVFLAG_AUTO);
	member->agent = member->loop && member->given ? agent_new(member->loop) : NULL;
	if (!member->agent) {
		free_member(member);
		return NULL;
	}
	struct agent *agent = member->agent, *lead = team->lead;
	agent->lead = lead;
	agent->member = member;
	agent->thread = number;
	agent->owner = lead->owner;
	agent->patient = lead->patient;
	agent->guard = lead->guard;
	agent->heard = lead->heard;
	agent->report = on_report;
	agent->complain = on_complaint;
	agent->sampled = lead->sampled ? on_sampled : NULL;
	ev_async_init(&member->wake, on_order);
	ev_set_priority(&member->wake, EV_MAXPRI);
	member->wake.data = member;
	ev_async_start(member->loop, &member->wake);
	return member;
}

/* Starts a thread and waits until it has its sockets: one after the other, as ports and libraries like it. */
static int add_member(struct agent_team *team, int number, struct lad_error *err)
{
	struct member *member = new_member(team, number);
	if (!member)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for thread %d", number + 1);
	team->members[team->count++] = member;
	int error = pthread_create(&member->thread, NULL, work, member);
	if (error)
		return lad_error_errno(err, error, "cannot start thread %d", number + 1);
	member->runs = true;
	while (sem_wait(&member->prepared) < 0)
		;
	if (atomic_load(&member->failed))
		return lad_error_set(err, LAD_EXIT_UNABLE, "thread %d: %s", number + 1, member->complaint);
	return 0;
}

int agent_team_make(struct agent *lead, const struct lad_job *job, struct lad_error *err)
{
	struct agent_team *team = calloc(1, sizeof *team);
	if (!team)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lead->team = team;
	team->lead = lead;
	team->job = *job;
	if (sched_getaffinity(0, sizeof team->allowed, &team->allowed) < 0)
		return lad_error_errno(err, errno, "cannot read which CPUs there are");
	ev_async_init(&team->wake, on_news);
	ev_set_priority(&team->wake, EV_MAXPRI);
	team->wake.data = team;
	ev_async_start(lead->loop, &team->wake);
	for (int number = 1; number < job->threads; number++)
		if (add_member(team, number, err) < 0)
			return -1;
	return pin(team, 0, err);
}

static struct agent_team *team_of(const struct agent *agent)
{
	return agent->member ? agent->member->team : agent->team;
}

uint64_t agent_team_claim(struct agent *agent, uint64_t least)
{
	struct agent_team *team = team_of(agent);
	uint64_t left = atomic_load(&team->left), part;
	do {
		part = left / (2 * (uint64_t)team->job.threads);
		part = part > least ? part : least;
		part = part < left ? part : left;
	} while (!atomic_compare_exchange_weak(&team->left, &left, left - part));
	return part;
}

void agent_team_enough(struct agent *agent)
{
	if (agent->member) {
		atomic_store(&agent->member->enough, true);
		tell_lead(agent->member);
		return;
	}
	agent->team->lead_enough = true;
	cut_when_all_have_enough(agent->team);
}

void agent_team_start(struct agent *lead)
{
	atomic_store(&lead->team->left, (uint64_t)lead->team->job.amount);
	for (int i = 0; i < lead->team->count; i++) {
		lead->team->members[i]->window = lead->window;
		order(lead->team->members[i], ORDER_START);
	}
}

void agent_team_give(struct agent *lead, int thread, int fd)
{
	struct member *member = lead->team->members[thread - 1];
	int count = atomic_load(&member->given_count);
	member->given[count] = fd;
	atomic_store(&member->given_count, count + 1);
	order(member, ORDER_ADMIT);
}

void agent_team_cut(struct agent *lead)
{
	for (int i = 0; i < lead->team->count; i++)
		order(lead->team->members[i], ORDER_CUT);
}

void agent_team_sampled(struct agent *lead)
{
	hand_samples_on(lead->team);
}

void agent_team_report(struct agent *lead)
{
	lead->team->lead_done = true;
	report_when_all_have(lead->team);
}

bool agent_team_waits(const struct agent *lead)
{
	return lead->team && !lead->team->reported;
}

/* What a thread had counted of a window that did not come to its end. */
static void add_counters(struct agent *lead, const struct agent *agent)
{
	lead->counters.bytes += agent->counters.bytes - agent->begin.counters.bytes;
	lead->counters.messages += agent->counters.messages - agent->begin.counters.messages;
	lead->counters.transactions += agent->counters.transactions - agent->begin.counters.transactions;
	lad_histogram_merge(&lead->result.latency, &agent->result.latency);
}

void agent_team_halt(struct agent *lead)
{
	struct agent_team *team = lead->team;
	if (!team)
		return;
	for (int i = 0; i < team->count; i++)
		if (team->members[i]->runs)
			order(team->members[i], ORDER_STOP);
	for (int i = 0; i < team->count; i++) {
		struct member *member = team->members[i];
		if (member->runs)
			pthread_join(member->thread, NULL);
		bool measured = lead->phase == AGENT_WINDOW || lead->phase == AGENT_ENOUGH;
		if (member->runs && !team->reported && measured)
			add_counters(lead, member->agent);
		free_member(member);
	}
	ev_async_stop(lead->loop, &team->wake);
	lead->team = NULL;
	free(team);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "capacity/answer.h"
#include "netladder/topology.h"

/* A scenario on one line that measures what is missing: for the remedy of a message. */
static void scenario_of(const struct capacity_work *work, int need, int sessions, int64_t bytes, char *out, size_t size)
{
	const struct lad_row_key *key = &work->data[need].key;
	char modes[96] = "", topologies[64] = "";
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (capacity_has(&work->data[need], (enum lad_mode)mode, CAPACITY_RATE))
			snprintf(modes + strlen(modes), sizeof modes - strlen(modes), "%s%s", modes[0] ? ", " : "",
				 lad_mode_name((enum lad_mode)mode));
	if (sessions > 1)
		snprintf(topologies, sizeof topologies, "topologies: [{pairs: %d}], ", sessions);
	snprintf(out, size, "{modes: [%s], %sworkloads: [{kind: %s, cpus: %s, message_bytes: %" PRId64 "}]}", modes,
		 topologies, lad_workload_name(key->workload), lad_cpus_name(key->cpus), bytes);
}

static int refuse(const struct capacity_work *work, int need, int sessions, int64_t bytes, const char *what,
		  struct lad_error *err)
{
	char scenario[224];
	scenario_of(work, need, sessions, bytes, scenario, sizeof scenario);
	lad_error_set(err, LAD_EXIT_USAGE, "--need %s: %s; measure that too, and give both results folders",
		      work->answer->question.needs[need].text, what);
	return lad_error_remedy(err, "echo '%s' >more.yaml; sudo netladder run more.yaml", scenario);
}

static int refuse_sessions(const struct capacity_work *work, int need, struct lad_error *err)
{
	const struct lad_capacity_source *source = &work->answer->sources[need];
	int wanted = work->answer->question.containers, first = source->levels[0];
	int last = source->levels[source->level_count - 1];
	char what[160];
	if (wanted >= first && wanted <= LAD_CAPACITY_BEYOND * last)
		return 0;
	snprintf(what, sizeof what, "%d containers; measured were %d to %d, and nothing is answered beyond twice that",
		 wanted, first, last);
	if (wanted > LAD_SESSIONS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "--need %s: %s; a trial has at most %d pairs",
				     work->answer->question.needs[need].text, what, LAD_SESSIONS_MAX);
	return refuse(work, need, wanted, source->message_bytes, what, err);
}

static int refuse_size(const struct capacity_work *work, int need, struct lad_error *err)
{
	const struct lad_capacity_source *source = &work->answer->sources[need];
	int64_t wanted = source->message_bytes, first = source->sizes[0], last = source->sizes[source->size_count - 1];
	char what[200];
	if (wanted >= first && wanted <= last)
		return 0;
	snprintf(what, sizeof what,
		 "messages of %" PRId64 " bytes; %s was measured from %" PRId64 " to %" PRId64
		 " bytes, and nothing is answered outside of that",
		 wanted, lad_workload_name(source->key.workload), first, last);
	return refuse(work, need, source->levels[source->level_count - 1], wanted, what, err);
}

/* Between sizes the CPU time needs a line, which two points do not check. */
static int refuse_few_sizes(const struct capacity_work *work, int need, struct lad_error *err)
{
	const struct lad_capacity_source *source = &work->answer->sources[need];
	char what[160];
	for (int i = 0; i < source->size_count; i++)
		if (source->sizes[i] == source->message_bytes)
			return 0;
	if (source->size_count >= LAD_CAPACITY_SIZES_MIN)
		return 0;
	snprintf(what, sizeof what,
		 "messages of %" PRId64 " bytes were not measured, and %d sizes are too few to go between them (%d)",
		 source->message_bytes, source->size_count, LAD_CAPACITY_SIZES_MIN);
	return refuse(work, need, source->levels[source->level_count - 1], source->message_bytes, what, err);
}

/* The same between numbers of containers. */
static int refuse_few_levels(const struct capacity_work *work, int need, struct lad_error *err)
{
	const struct lad_capacity_source *source = &work->answer->sources[need];
	int wanted = work->answer->question.containers;
	char what[160];
	for (int i = 0; i < source->level_count; i++)
		if (source->levels[i] == wanted)
			return 0;
	if (source->level_count >= LAD_SCALING_POINTS_MIN)
		return 0;
	snprintf(what, sizeof what,
		 "%d containers were not measured, and %d numbers of them are too few for a law of scaling (%d)",
		 wanted, source->level_count, LAD_SCALING_POINTS_MIN);
	return refuse(work, need, wanted, source->message_bytes, what, err);
}

static int refuse_slo(const struct capacity_work *work, int need, struct lad_error *err)
{
	const struct lad_slo *slo = &work->answer->question.slo;
	const char *deadline = strchr(slo->text, '=') + 1;
	const struct capacity_data *data = &work->data[need];
	if (!capacity_under_slo(work, need) || data->has[CAPACITY_SLO])
		return 0;
	double loss = 100 * (1 - slo->quantile);
	lad_error_set(
	    err, LAD_EXIT_USAGE,
	    "--slo %s: no row of %s is of a load search with goal_deadline=%s goal_loss=%g%%; measure that too, "
	    "and give both results folders",
	    slo->text, lad_workload_name(data->key.workload), deadline, loss);
	return lad_error_remedy(err,
				"sudo netladder run scenarios/capacity-slo.yaml, with search: {goals: [{name: slo, "
				"deadline: %s, loss: %g%%}]}",
				deadline, loss);
}

int capacity_refuse(const struct capacity_work *work, int need, struct lad_error *err)
{
	if (refuse_sessions(work, need, err) < 0 || refuse_size(work, need, err) < 0 ||
	    refuse_few_levels(work, need, err) < 0 || refuse_few_sizes(work, need, err) < 0)
		return -1;
	return refuse_slo(work, need, err);
}

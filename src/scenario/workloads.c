/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/workload_facts.h"

struct entry_path {
	char text[64];
};

/* "workloads[2]" and, with a KEY, "workloads[2].flows". */
static struct entry_path entry_path(unsigned index, const char *key)
{
	struct entry_path path;
	snprintf(path.text, sizeof path.text, "workloads[%u]%s%s", index + 1, *key ? "." : "", key);
	return path;
}

static bool same_workload(const struct lad_workload *a, const struct lad_workload *b)
{
	char ways_a[LAD_OPTIONS_MAX], ways_b[LAD_OPTIONS_MAX];
	lad_traffic_describe(&a->traffic, ways_a);
	lad_traffic_describe(&b->traffic, ways_b);
	return strcmp(ways_a, ways_b) == 0 && a->kind == b->kind && a->cpus == b->cpus &&
	       a->message_bytes == b->message_bytes && a->flows == b->flows &&
	       a->socket_buffer_bytes == b->socket_buffer_bytes &&
	       strcmp(a->congestion_control, b->congestion_control) == 0 &&
	       a->background_count == b->background_count &&
	       memcmp(a->backgrounds, b->backgrounds, sizeof a->backgrounds) == 0;
}

static int check_message(struct scenario_source *source, unsigned index, const struct lad_workload *workload)
{
	const struct lad_workload_facts *defaults = lad_workload_of(workload->kind);
	int64_t least = 0, most = 0;
	lad_parse_bytes(defaults->message_least, &least, NULL);
	lad_parse_bytes(defaults->message_most, &most, NULL);
	if (workload->message_bytes >= least && workload->message_bytes <= most)
		return 0;
	struct entry_path path = entry_path(index, workload->traffic.sizes[0] ? "message_mix" : "message_bytes");
	return source_complain(source, source_find(source, path.text), path.text,
			       "%lld bytes is too %s for %s; valid: %s to %s", (long long)workload->message_bytes,
			       workload->message_bytes < least ? "small" : "large", lad_workload_name(workload->kind),
			       defaults->message_least, defaults->message_most);
}

/* Adds one workload, with one value of `cpus` and `ip`, unless it is there already. ENTRIES: which entry made each. */
static int add_workload(struct scenario_source *source, unsigned index, const struct lad_workload *workload,
			struct lad_scenario *scenario, unsigned entries[LAD_WORKLOADS_MAX])
{
	struct entry_path path = entry_path(index, "");
	for (int i = 0; i < scenario->workload_count; i++)
		if (same_workload(&scenario->workloads[i], workload))
			return source_complain(source, source_find(source, path.text), path.text,
					       "%s with cpus %s is the same as in %s; valid: entries that differ",
					       lad_workload_name(workload->kind), lad_cpus_name(workload->cpus),
					       entry_path(entries[i], "").text);
	if (scenario->workload_count == LAD_WORKLOADS_MAX)
		return source_complain(
		    source, source_find(source, path.text), path.text,
		    "more than %d workloads, counting each value of cpus and ip as one; valid: at most "
		    "%d",
		    LAD_WORKLOADS_MAX, LAD_WORKLOADS_MAX);
	entries[scenario->workload_count] = index;
	scenario->workloads[scenario->workload_count++] = *workload;
	return 0;
}

/* The same over IP, and told apart from the other version's. */
static struct lad_workload over(struct lad_workload workload, enum lad_ip ip)
{
	struct lad_traffic *traffic = &workload.traffic;
	size_t used = strlen(traffic->sockets);
	traffic->ip = ip;
	if (ip != LAD_IP_V4)
		snprintf(traffic->sockets + used, sizeof traffic->sockets - used, "%sip=%s", used ? " " : "",
			 lad_ip_name(ip));
	return workload;
}

/* One entry: a workload for each of its values of `cpus` and `ip`. */
static int add_entry(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
		     struct lad_workload workload, struct lad_scenario *scenario, unsigned entries[LAD_WORKLOADS_MAX])
{
	const struct scenario_key *cpus_key = scenario_key_find("workloads[].cpus");
	unsigned count = raw->cpus_count ? raw->cpus_count : 1, versions = raw->ip_count ? raw->ip_count : 1;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < versions; j++) {
			workload.cpus =
			    raw->cpus_count ? raw->cpus[i] : (enum lad_cpus)lad_cpus_from_name(cpus_key->fallback);
			struct lad_workload one = over(workload, raw->ip_count ? raw->ip[j] : LAD_IP_V4);
			if (add_workload(source, index, &one, scenario, entries) < 0)
				return -1;
		}
	return 0;
}

/* What entry INDEX says, with no value of `cpus` and `ip` yet. */
static int convert_entry(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			 struct lad_workload *workload)
{
	const char *name = scenario_workload_name(raw);
	workload->kind = raw->kind;
	if (scenario_convert_traffic(source, index, raw, workload) < 0 || check_message(source, index, workload) < 0)
		return -1;
	if (!name)
		return 0;
	/* The name of the entry, and nothing of its traffic. */
	workload->traffic.name[0] = '\0';
	if (strlen(name) < sizeof workload->name) {
		strcpy(workload->name, name);
		return 0;
	}
	struct entry_path path = entry_path(index, "name");
	return source_complain(source, source_find(source, path.text), path.text,
			       "is %zu bytes long; valid: 1 to %zu bytes", strlen(name), sizeof workload->name - 1);
}

int scenario_convert_workloads(struct scenario_source *source, const struct raw_scenario *raw,
			       struct lad_scenario *scenario)
{
	unsigned entries[LAD_WORKLOADS_MAX] = {0};
	lad_cleanup_free struct lad_workload *made = calloc(raw->workloads_count, sizeof *made);
	if (!made)
		return lad_error_set(source->err, LAD_EXIT_UNABLE, "out of memory");
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (convert_entry(source, i, &raw->workloads[i], &made[i]) < 0)
			return -1;
	if (scenario_convert_backgrounds(source, raw, made, scenario) < 0)
		return -1;
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (scenario_is_judged(&raw->workloads[i]) &&
		    add_entry(source, i, &raw->workloads[i], made[i], scenario, entries) < 0)
			return -1;
	return 0;
}

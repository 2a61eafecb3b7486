/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/convert.h"

#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

/* `name`, `background` and `judged` of a workload: which of them run at the same time, and which is judged then. */

bool scenario_is_judged(const struct raw_workload *raw)
{
	return !raw->judged || *raw->judged == RAW_TRUE;
}

const char *scenario_workload_name(const struct raw_workload *raw)
{
	return raw->kind == LAD_DNS_RR ? NULL : option_text(raw, "name");
}

/* The number of the entry that is called NAME, or the count of entries. */
static unsigned find_entry(const struct raw_scenario *raw, const char *name)
{
	for (unsigned i = 0; i < raw->workloads_count; i++) {
		const char *own = scenario_workload_name(&raw->workloads[i]);
		if (own && strcmp(own, name) == 0)
			return i;
	}
	return raw->workloads_count;
}

static bool has_background(const struct raw_workload *raw, const char *name)
{
	for (unsigned i = 0; i < raw->background_count; i++)
		if (strcmp(raw->background[i], name) == 0)
			return true;
	return false;
}

/* Whether some entry has INDEX as its background. */
static bool is_background(const struct raw_scenario *raw, unsigned index)
{
	const char *name = scenario_workload_name(&raw->workloads[index]);
	for (unsigned i = 0; name && i < raw->workloads_count; i++)
		if (has_background(&raw->workloads[i], name))
			return true;
	return false;
}

static bool has_amount(const struct lad_workload *workload)
{
	return workload->traffic.bytes || workload->traffic.transactions;
}

/* The names that entry INDEX may have as its background. */
static void list_names(const struct raw_scenario *raw, const struct lad_workload *made, unsigned index, char *out,
		       size_t size)
{
	const char *names[LAD_WORKLOADS_MAX];
	size_t count = 0;
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (i != index && made[i].name[0] && !raw->workloads[i].background_count && !has_amount(&made[i]))
			names[count++] = made[i].name;
	if (count)
		lad_join(out, size, names, count);
	else
		snprintf(out, size, "the `name` of another entry");
}

/* Name NUMBER of the background of entry INDEX. */
static int check_mention(struct scenario_source *source, const struct raw_scenario *raw,
			 const struct lad_workload *made, unsigned index, unsigned number)
{
	const char *name = raw->workloads[index].background[number];
	unsigned entry = find_entry(raw, name);
	char key[32], valid[320];
	snprintf(key, sizeof key, "background[%u]", number + 1);
	list_names(raw, made, index, valid, sizeof valid);
	for (unsigned i = 0; i < number; i++)
		if (strcmp(raw->workloads[index].background[i], name) == 0)
			return source_complain_entry(source, "workloads", index, key,
						     "%s is listed twice; valid: each name once", name);
	if (entry == raw->workloads_count)
		return source_complain_entry(source, "workloads", index, key, "no workload is called \"%s\"; valid: %s",
					     lad_excerpt(name).text, valid);
	if (entry == index)
		return source_complain_entry(source, "workloads", index, key,
					     "a workload cannot be its own background; valid: %s", valid);
	if (raw->workloads[entry].background_count)
		return source_complain_entry(
		    source, "workloads", index, key,
		    "%s has a background itself, and a background cannot have a background; valid: %s", name, valid);
	if (has_amount(&made[entry]))
		return source_complain_entry(
		    source, "workloads", index, key,
		    "%s ends with its bytes or transactions, and a background lasts as long as the window; "
		    "valid: %s",
		    name, valid);
	return 0;
}

/* What an entry that is never judged by itself cannot say, or lacks. */
static int check_unjudged(struct scenario_source *source, const struct raw_scenario *raw, unsigned index)
{
	const struct raw_workload *entry = &raw->workloads[index];
	const char *name = scenario_workload_name(entry);
	if (!name)
		return source_complain_entry(
		    source, "workloads", index, "judged",
		    "without a name no workload can have it as its background; valid: a name, or true");
	if (entry->background_count)
		return source_complain_entry(source, "workloads", index, "background",
					     "a background cannot have a background; valid: judged: "
					     "true, or leave this key out");
	if (entry->cpus_count || entry->ip_count)
		return source_complain_entry(
		    source, "workloads", index, entry->cpus_count ? "cpus" : "ip",
		    "is that of the workload whose background it is; valid: leave this key out");
	if (!is_background(raw, index))
		return source_complain_entry(
		    source, "workloads", index, "judged",
		    "no workload has it as its background; valid: `background: [%s]` in another entry, or "
		    "true",
		    name);
	return 0;
}

static int check_entry(struct scenario_source *source, const struct raw_scenario *raw, const struct lad_workload *made,
		       unsigned index)
{
	const struct raw_workload *entry = &raw->workloads[index];
	const char *name = scenario_workload_name(entry);
	if (name && find_entry(raw, name) < index)
		return source_complain_entry(source, "workloads", index, "name",
					     "workloads[%u] is called %s already; valid: each name once",
					     find_entry(raw, name) + 1, name);
	if (entry->kind == LAD_DNS_RR && !scenario_is_judged(entry))
		return source_complain_entry(source, "workloads", index, "judged",
					     "dns_rr cannot be a background; valid: true");
	for (unsigned i = 0; i < entry->background_count; i++)
		if (check_mention(source, raw, made, index, i) < 0)
			return -1;
	return 0;
}

/* The background NUMBER joins those that WORKLOAD has, in ascending order: [a, b] and [b, a] are the same. */
static void add_background(struct lad_workload *workload, int number)
{
	int at = workload->background_count++;
	for (; at > 0 && workload->backgrounds[at - 1] > number; at--)
		workload->backgrounds[at] = workload->backgrounds[at - 1];
	workload->backgrounds[at] = number;
}

int scenario_convert_backgrounds(struct scenario_source *source, const struct raw_scenario *raw,
				 struct lad_workload *made, struct lad_scenario *scenario)
{
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (check_entry(source, raw, made, i) < 0)
			return -1;
	/* A name that is written wrong is the better thing to say than that nobody has its workload. */
	for (unsigned i = 0; i < raw->workloads_count; i++)
		if (!scenario_is_judged(&raw->workloads[i]) && check_unjudged(source, raw, i) < 0)
			return -1;
	for (unsigned i = 0; i < raw->workloads_count; i++) {
		if (!is_background(raw, i))
			continue;
		if (scenario->background_count == LAD_BACKGROUND_WORKLOADS_MAX)
			return source_complain_entry(source, "workloads", i, "name",
						     "more than %d workloads are backgrounds; valid: at most %d",
						     LAD_BACKGROUND_WORKLOADS_MAX, LAD_BACKGROUND_WORKLOADS_MAX);
		for (unsigned j = 0; j < raw->workloads_count; j++)
			if (has_background(&raw->workloads[j], made[i].name))
				add_background(&made[j], scenario->background_count);
		scenario->backgrounds[scenario->background_count++] = made[i];
	}
	return 0;
}

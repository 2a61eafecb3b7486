/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/convert.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "netladder/pacing.h"
#include "netladder/sizes.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/workload_facts.h"

static int refuse_kind(struct scenario_source *source, unsigned index, const struct lad_workload_option *option,
		       enum lad_workload_kind kind)
{
	const char *names[LAD_WORKLOAD_COUNT];
	char valid[128];
	size_t count = 0;
	for (int i = 0; i < LAD_WORKLOAD_COUNT; i++)
		if (lad_option_applies(option, (enum lad_workload_kind)i))
			names[count++] = lad_workload_name((enum lad_workload_kind)i);
	lad_join(valid, sizeof valid, names, count);
	return source_complain_entry(source, "workloads", index, option->key,
				     "does not apply to %s; valid: leave this key out, or one of the kinds %s",
				     lad_workload_name(kind), valid);
}

/* A key that is set but means nothing to this kind of workload is refused: nobody should believe in its effect. */
static int check_kinds(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
		       const struct lad_workload *workload)
{
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (lad_option_applies(option, raw->kind) || !option_given(raw, option->key) ||
		    option->workload.offset == offsetof(struct lad_workload, traffic.name)) /* see convert_entry */
			continue;
		bool plain = option->workload.size ? lad_option_is_default(option, workload, option->workload)
						   : strcmp(option_text(raw, option->key), option->none) == 0;
		if (!plain)
			return refuse_kind(source, index, option, raw->kind);
	}
	return 0;
}

/* A rate in bits of whatever is not paced by the kernel is sent as so many messages a second, and the other way round.
 */
static double bits_of_a_message(const struct lad_workload *workload)
{
	struct lad_sizes sizes;
	double bytes = (double)workload->message_bytes;
	if (workload->traffic.sizes[0] && lad_sizes_parse(workload->traffic.sizes, &sizes, NULL) == 0)
		bytes = lad_sizes_mean(&sizes);
	return bytes * 8;
}

static int convert_rate(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			struct lad_workload *workload)
{
	struct lad_traffic *traffic = &workload->traffic;
	struct scenario_value value = scenario_value_or_default(option_text(raw, "rate"), "workloads[].rate");
	bool messages = value.integer == 1;
	struct lad_pacing_use use = {.pacing = traffic->pacing,
				     .kind = raw->kind,
				     .io = traffic->io,
				     .direction = traffic->direction,
				     .rated = value.real > 0,
				     .messages = messages,
				     .flows = workload->flows,
				     .burst = traffic->burst};
	struct lad_error why;
	if (lad_pacing_check(&use, &why) < 0)
		return source_complain_entry(source, "workloads", index, "pacing", "%s", why.message);
	if (traffic->rate_per_flow && value.real == 0.)
		return source_complain_entry(source, "workloads", index, "rate_per",
					     "says what a rate is of; valid: with a rate, or leave this key out");
	if (lad_pacing_by_socket(&use)) {
		traffic->rate_bps = messages ? value.real * bits_of_a_message(workload) : value.real;
		return 0;
	}
	traffic->rate_per_s = messages ? value.real : value.real / bits_of_a_message(workload);
	double most = LAD_LOAD_MESSAGES_MAX / (traffic->rate_per_flow ? LAD_WORKLOAD_FLOWS_MAX : 1);
	if (traffic->rate_per_s > most)
		return source_complain_entry(source, "workloads", index, "rate",
					     "is %.0f messages a second%s; valid: at most %.0f/s", traffic->rate_per_s,
					     traffic->rate_per_flow ? " on each flow" : "", most);
	return 0;
}

static int convert_mix(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
		       struct lad_workload *workload)
{
	struct lad_sizes sizes;
	if (!workload->traffic.sizes[0])
		return 0;
	if (option_given(raw, "message_bytes"))
		return source_complain_entry(source, "workloads", index, "message_mix",
					     "message_bytes is given too; valid: one of the two");
	if (workload->traffic.io == LAD_IO_GSO)
		return source_complain_entry(
		    source, "workloads", index, "message_mix",
		    "io gso cuts packets into datagrams of one size; valid: message_bytes, or another io");
	lad_sizes_parse(workload->traffic.sizes, &sizes, NULL);
	int64_t least = LAD_CRR_MIX_LEAST;
	if (raw->kind != LAD_TCP_CRR)
		lad_parse_bytes(lad_workload_of(raw->kind)->message_least, &least, NULL);
	if (lad_sizes_least(&sizes) < least)
		return source_complain_entry(
		    source, "workloads", index, "message_mix", "%lld bytes is too small for %s; valid: %lld or more",
		    (long long)lad_sizes_least(&sizes), lad_workload_name(raw->kind), (long long)least);
	workload->message_bytes = lad_sizes_most(&sizes);
	return 0;
}

/* What the options themselves know of each other. */
static int check_options(struct scenario_source *source, unsigned index, const struct lad_workload *workload)
{
	const struct lad_workload_option *option = NULL;
	struct lad_job job = {.workload = workload->kind};
	struct lad_error why = {0};
	lad_options_into_job(workload, &job);
	return lad_options_check(&job, &option, &why) < 0
		   ? source_complain_entry(source, "workloads", index, option->key, "%s", why.message)
		   : 0;
}

static int64_t least_message(const struct lad_workload *workload)
{
	struct lad_sizes sizes;
	bool mixed = workload->traffic.sizes[0] && lad_sizes_parse(workload->traffic.sizes, &sizes, NULL) == 0;
	int64_t least = mixed ? lad_sizes_least(&sizes) : workload->message_bytes;
	int64_t response = workload->traffic.response_bytes;
	return response && response < least ? response : least;
}

static int check_together(struct scenario_source *source, unsigned index, const struct lad_workload *workload)
{
	const struct lad_traffic *traffic = &workload->traffic;
	bool single = workload->flows == 1 && traffic->pipeline == 1 && traffic->rate_per_s == 0.;
	if (traffic->timestamps && !single)
		return source_complain_entry(
		    source, "workloads", index, "timestamps",
		    "can be told apart only one by one; valid: with flows 1, pipeline 1 and no rate");
	if (traffic->pipeline > 1 && traffic->rate_per_s > 0)
		return source_complain_entry(
		    source, "workloads", index, "pipeline",
		    "a rate says when requests leave, whatever is outstanding; valid: one of the two");
	if (traffic->think_ns > 0 && (traffic->rate_per_s > 0 || traffic->pipeline > 1))
		return source_complain_entry(
		    source, "workloads", index, "think_time",
		    "is between a response and the next request; valid: without a rate and with pipeline 1");
	if (traffic->burst > 1 && traffic->rate_per_s == 0.)
		return source_complain_entry(
		    source, "workloads", index, "burst",
		    "is so many messages of a rate at once; valid: with a rate as 1000/s, or leave this key out");
	if (workload->kind == LAD_UDP_RR && least_message(workload) == 1 && traffic->burst > 256 * workload->flows)
		return source_complain_entry(
		    source, "workloads", index, "burst",
		    "one byte tells 256 requests of a flow apart; valid: messages of 2 or more, or "
		    "more flows");
	if (traffic->threads > workload->flows)
		return source_complain_entry(
		    source, "workloads", index, "threads",
		    "%d is more than there are flows to share; valid: at most flows, which is %d", traffic->threads,
		    workload->flows);
	return 0;
}

/* Workloads that differ in their buffers alone are two, and their rows must be told apart. */
static void describe_sockets(const struct raw_workload *raw, struct lad_traffic *traffic)
{
	const char *buffer = option_text(raw, "socket_buffer"), *control = option_text(raw, "congestion_control");
	bool own_buffer = buffer && strcmp(buffer, workload_default(raw->kind, "socket_buffer")) != 0;
	bool own_control = control && strcmp(control, workload_default(raw->kind, "congestion_control")) != 0;
	snprintf(traffic->sockets, sizeof traffic->sockets, "%s%.20s%s%s%.15s", own_buffer ? "buffer=" : "",
		 own_buffer ? buffer : "", own_buffer && own_control ? " " : "", own_control ? "cc=" : "",
		 own_control ? control : "");
}

int scenario_convert_traffic(struct scenario_source *source, unsigned index, const struct raw_workload *raw,
			     struct lad_workload *workload)
{
	option_set_members(raw, workload);
	workload->buffer_given = option_given(raw, "socket_buffer");
	workload->congestion_given = option_given(raw, "congestion_control");
	if (check_kinds(source, index, raw, workload) < 0)
		return -1;
	describe_sockets(raw, &workload->traffic);
	if (convert_mix(source, index, raw, workload) < 0 || convert_rate(source, index, raw, workload) < 0)
		return -1;
	return check_options(source, index, workload) < 0 ? -1 : check_together(source, index, workload);
}

const char *lad_workload_loop(const struct lad_workload *workload)
{
	if (workload->traffic.rate_per_s > 0)
		return "open";
	/* A paced socket's buffer is what holds datagrams back, as it holds TCP back. */
	return workload->kind == LAD_UDP_STREAM && workload->traffic.rate_bps == 0. ? "saturating" : "closed";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/by_hand/options.h"
#include "agent/workload/udp_stamp.h"
#include "netladder/pacing.h"
#include "netladder/sizes.h"
#include "netladder/units.h"
#include "netladder/workload_facts.h"

#define DURATION_DEFAULT_NS INT64_C(10000000000)

/* The job's rate, over all flows, once the workload, its messages, of MESSAGE_BYTES in the mean, and flows are known.
 */
static void set_rate(struct argp_state *state, double message_bytes)
{
	struct by_hand_options *options = state->input;
	struct lad_job *job = &options->job;
	const struct lad_traffic *traffic = &options->workload.traffic;
	double total = options->rate.per_s * (traffic->rate_per_flow ? job->flows : 1);
	if (traffic->rate_per_flow && total == 0.)
		argp_error(state, "--rate-per: only with --rate");
	struct lad_pacing_use use = {.pacing = traffic->pacing,
				     .kind = job->workload,
				     .io = job->io,
				     .direction = job->direction,
				     .rated = total > 0,
				     .messages = options->rate.messages,
				     .flows = job->flows,
				     .burst = job->burst};
	struct lad_error err = {0};
	double message_bits = message_bytes * 8;
	by_hand_check(state, "pacing", lad_pacing_check(&use, &err), &err);
	if (lad_pacing_by_socket(&use))
		job->pacing_bps = options->rate.messages ? total * message_bits : total;
	else
		job->rate_per_s = options->rate.messages ? total : total / message_bits;
	job->txtime = traffic->pacing == LAD_PACING_TXTIME;
	if (job->rate_per_s > LAD_LOAD_MESSAGES_MAX)
		argp_error(state, "--rate: is %.0f messages a second over all flows; valid: at most %.0f/s",
			   job->rate_per_s, LAD_LOAD_MESSAGES_MAX);
}

/* dns_rr asks a DNS server, the others a sink. */
static void check_partner(struct argp_state *state)
{
	const struct by_hand_options *options = state->input;
	const struct lad_job *job = &options->job;
	bool lookups = job->workload == LAD_DNS_RR;
	if (lookups && (options->host[0] || options->token[0]))
		argp_error(state, "--to, --token: dns_rr has no sink; valid: --name and --server");
	if (lookups && !job->name[0])
		argp_error(state, "no --name to look up");
	if (lookups)
		return;
	if (job->name[0] || job->server[0] || job->address[0])
		argp_error(state, "--name, --server, --answer: only for dns_rr");
	if (!options->host[0])
		argp_error(state, "no --to ADDRESS");
	if (!options->token[0])
		argp_error(state, "no --token; the sink prints it when it starts");
}

/* The sizes of messages, however they are given. Returns the mean. */
static double set_sizes(struct argp_state *state)
{
	struct by_hand_options *options = state->input;
	struct lad_job *job = &options->job;
	struct lad_sizes sizes;
	bool mix = job->sizes[0] && lad_sizes_parse(job->sizes, &sizes, NULL) == 0;
	const char *option = mix ? "message-mix" : "message-bytes";
	if (mix && job->message_bytes)
		argp_error(state, "--message-bytes or --message-mix, not both");
	if (mix && job->io == LAD_IO_GSO)
		argp_error(state, "--message-mix: --io gso cuts packets into datagrams of one size");
	if (mix)
		job->message_bytes = lad_sizes_most(&sizes);
	else if (!job->message_bytes)
		lad_parse_bytes(lad_workload_of(job->workload)->message_bytes, &job->message_bytes, NULL);
	int64_t least = mix ? lad_sizes_least(&sizes) : job->message_bytes;
	if (job->workload == LAD_UDP_STREAM && least < (int64_t)sizeof(struct udp_stamp))
		argp_error(state, "--%s: udp_stream needs %zu bytes or more for its sequence numbers", option,
			   sizeof(struct udp_stamp));
	if (mix && job->workload == LAD_TCP_CRR && least < LAD_CRR_MIX_LEAST)
		argp_error(state,
			   "--message-mix: tcp_crr needs %d bytes or more, because its requests begin with their size",
			   LAD_CRR_MIX_LEAST);
	if (lad_is_udp(job->workload) && job->message_bytes > 65507)
		argp_error(state, "--%s: a datagram has at most 65507 bytes", option);
	return mix ? lad_sizes_mean(&sizes) : (double)job->message_bytes;
}

/* "tcp_stream, tcp_rr and tcp_crr": the workloads that have OPTION. */
static void list_kinds(const struct lad_workload_option *option, char *out, size_t size)
{
	int kinds[LAD_WORKLOAD_COUNT], count = 0;
	size_t used = 0;
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++)
		if (lad_option_applies(option, (enum lad_workload_kind)kind))
			kinds[count++] = kind;
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 i == 0		  ? ""
					 : i == count - 1 ? " and "
							  : ", ",
					 lad_workload_name((enum lad_workload_kind)kinds[i]));
}

/* An option that means nothing to this workload is refused: nobody should believe in its effect. */
static void check_kinds(struct argp_state *state)
{
	const struct by_hand_options *options = state->input;
	char kinds[128];
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		if (!option->hand || lad_option_applies(option, options->job.workload) ||
		    !by_hand_has_option(options, option))
			continue;
		list_kinds(option, kinds, sizeof kinds);
		argp_error(state, "--%s: only for %s", option->hand, kinds);
	}
}

void by_hand_check_together(struct argp_state *state)
{
	struct by_hand_options *options = state->input;
	struct lad_job *job = &options->job;
	const struct lad_traffic *traffic = &options->workload.traffic;
	if (state->arg_num < 1)
		argp_error(state, "no workload; valid: tcp_stream, udp_stream, tcp_rr, tcp_crr, udp_rr, dns_rr");
	check_partner(state);
	const struct lad_workload_option *option = NULL;
	struct lad_error err = {0};
	check_kinds(state);
	if (lad_options_check(job, &option, &err) < 0)
		argp_error(state, "--%s: %s", option->hand, err.message);
	set_rate(state, set_sizes(state));
	if (job->workload == LAD_DNS_RR && (job->message_bytes > 1 || job->sizes[0]))
		argp_error(state, "--message-bytes, --message-mix: not for dns_rr");
	if (job->rate_per_s > 0 && job->pipeline > 1)
		argp_error(state, "--rate: an open loop has no pipeline");
	if (job->think_ns && (job->rate_per_s > 0 || job->pipeline > 1))
		argp_error(state, "--think-time: only without --rate and --pipeline");
	if (job->burst > 1 && job->rate_per_s == 0.)
		argp_error(state, "--burst: only with --rate of messages");
	job->amount = traffic->bytes ? traffic->bytes : traffic->transactions;
	if (job->threads > job->flows)
		argp_error(state, "--threads: %d are more than the %d flows", job->threads, job->flows);
	if (!options->duration_ns)
		options->duration_ns = job->amount ? BY_HAND_SECONDS_MAX * LAD_NS_PER_S : DURATION_DEFAULT_NS;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/pacing.h"

static int refuse(struct lad_error *err, const char *text)
{
	return lad_error_set(err, LAD_EXIT_USAGE, "%s", text);
}

int lad_pacing_check(const struct lad_pacing_use *use, struct lad_error *err)
{
	bool txtime = use->pacing == LAD_PACING_TXTIME;
	bool in_fq = txtime || (use->pacing == LAD_PACING_MAX_PACING_RATE && use->kind == LAD_UDP_STREAM);
	if (use->pacing == LAD_PACING_AUTO)
		return 0;
	if (!use->rated)
		return refuse(err, "says how a rate is kept; valid: with a rate, or leave this out");
	if (txtime && use->kind != LAD_UDP_STREAM)
		return refuse(err, "txtime is a time for each datagram; valid: for a udp_stream, or another pacing");
	if (use->pacing == LAD_PACING_MAX_PACING_RATE && !lad_is_stream(use->kind))
		return refuse(err,
			      "max_pacing_rate paces bulk; valid: for a tcp_stream or udp_stream, or another pacing");
	if (use->burst > 1 && use->pacing == LAD_PACING_MAX_PACING_RATE)
		return refuse(err,
			      "max_pacing_rate spaces packets and knows no burst; valid: burst 1, or another pacing");
	if (in_fq && use->direction != LAD_FORWARD)
		return refuse(err,
			      "what a sink sends to all flows leaves by one socket, which the kernel paces as one; "
			      "valid: direction forward, or pacing timer");
	if (txtime && use->io == LAD_IO_GSO)
		return refuse(err, "txtime is one time for a whole super-packet; valid: io plain or batch");
	if (txtime && use->burst > (LAD_FQ_FLOW_LIMIT - LAD_FQ_AHEAD) * use->flows)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "the fq qdisc drops what is more than %d datagrams of a flow; valid: a burst of at "
		    "most %d a flow",
		    LAD_FQ_FLOW_LIMIT, LAD_FQ_FLOW_LIMIT - LAD_FQ_AHEAD);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/tcp.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/core/agent.h"
#include "agent/socket/socket.h"

/* The side whose congestion window counts; of tcp_stream in both directions, the generator's. */
static bool is_sender(const struct agent *agent)
{
	const struct lad_job *job = &agent->job;
	if (job->workload == LAD_TCP_RR)
		return job->role == LAD_GENERATOR;
	if (job->workload != LAD_TCP_STREAM)
		return false; /* crr: each connection is over before it could say anything */
	return job->role == (job->direction == LAD_REVERSE ? LAD_SINK : LAD_GENERATOR);
}

/* 10 000 flows need not be asked at every sample: the means of the first many will do, the sums are scaled. */
#define FLOWS_ASKED 256

struct agent_tcp_state agent_tcp_state(const struct agent *agent)
{
	static const struct agent_tcp_state none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	struct agent_tcp_state sum = {0};
	int counted = 0, open = 0;
	if (!is_sender(agent))
		return none;
	for (int i = 0; i < agent->flow_count; i++) {
		struct tcp_info info;
		socklen_t length = sizeof info;
		if (agent->flows[i].fd < 0)
			continue;
		open++;
		if (counted == FLOWS_ASKED || getsockopt(agent->flows[i].fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
			continue;
		sum.retransmits += info.tcpi_total_retrans;
		sum.rtt_us += info.tcpi_rtt;
		sum.rttvar_us += info.tcpi_rttvar;
		sum.cwnd_segments += info.tcpi_snd_cwnd;
		sum.delivered_segments += info.tcpi_delivered;
		/* All ones: unlimited. */
		sum.pacing_rate_bps += info.tcpi_pacing_rate == UINT64_MAX ? NAN : (double)info.tcpi_pacing_rate * 8;
		sum.busy_us += (double)info.tcpi_busy_time;
		sum.rwnd_limited_us += (double)info.tcpi_rwnd_limited;
		sum.sndbuf_limited_us += (double)info.tcpi_sndbuf_limited;
		counted++;
	}
	if (!counted)
		return none;
	double scale = (double)open / counted;
	sum.rtt_us /= counted;
	sum.rttvar_us /= counted;
	sum.cwnd_segments /= counted;
	sum.retransmits *= scale;
	sum.delivered_segments *= scale;
	sum.pacing_rate_bps *= scale;
	sum.busy_us *= scale;
	sum.rwnd_limited_us *= scale;
	sum.sndbuf_limited_us *= scale;
	return sum;
}

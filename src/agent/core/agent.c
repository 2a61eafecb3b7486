/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/sandbox.h"
#include "agent/core/team.h"
#include "agent/core/think.h"
#include "agent/core/tick.h"
#include "agent/socket/doorstep.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/workload/workload.h"
#include "netladder/pacing.h"
#include "netladder/workload_option.h"

int64_t agent_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void agent_fail(struct agent *agent, const char *format, ...)
{
	char message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	/* The first failure is the cause, and what follows from it is not news; nor is a reset after the report. */
	if (agent->exit_code || (agent->phase == AGENT_DONE && !agent_team_waits(agent)))
		return;
	agent->exit_code = 1;
	agent->complain(agent, message);
	ev_break(agent->loop, EVBREAK_ALL);
}

struct agent *agent_new(struct ev_loop *loop)
{
	struct agent *agent = calloc(1, sizeof *agent);
	if (!agent)
		return NULL;
	agent->loop = loop;
	agent->listener = -1;
	agent->enough = UINT64_MAX;
	return agent;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	agent_team_halt(agent);
	agent_direct_end(agent);
	agent_dns_end(agent);
	for (int i = 0; i < agent->flow_count; i++)
		agent_close_flow(&agent->flows[i]);
	if (agent->listener >= 0) {
		ev_io_stop(agent->loop, &agent->listener_io);
		ev_timer_stop(agent->loop, &agent->listener_rest);
		close(agent->listener);
	}
	if (agent->doorstep)
		doorstep_close(agent->doorstep);
	agent_pace_stop(agent);
	agent_think_stop(agent);
	agent_tick_free(agent);
	lad_line_free(&agent->lines);
	free(agent->flows);
	free(agent->payload);
	free(agent->buffer);
	free(agent->sizes);
	free(agent->times);
	free(agent->sequences);
	free(agent->outgoing);
	free(agent->incoming);
	free(agent->peers);
	free(agent->given_up);
	free(agent->known);
	free(agent->doorstep);
	free(agent->lookups);
	free(agent);
}

/* What a job for the kernel to pace cannot be; the rest a timer or TCP does in any job. */
static int check_pacing(const struct lad_job *job, struct lad_error *err)
{
	struct lad_pacing_use use = {.pacing = job->txtime ? LAD_PACING_TXTIME : LAD_PACING_MAX_PACING_RATE,
				     .kind = job->workload,
				     .io = job->io,
				     .direction = job->direction,
				     .rated = job->rate_per_s > 0 || !job->txtime,
				     .flows = job->flows,
				     .burst = job->burst};
	if (!job->txtime && !lad_job_needs_fq(job))
		return 0;
	return lad_pacing_check(&use, err) < 0 ? lad_error_context(err, "pacing") : 0;
}

int agent_prepare(struct agent *agent, const struct lad_job *job, struct lad_error *err)
{
	if (agent->ops)
		return lad_error_set(err, LAD_EXIT_USAGE, "prepared twice");
	if (job->threads > job->flows)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d threads need as many flows", job->threads);
	if (check_pacing(job, err) < 0 || lad_options_check(job, NULL, err) < 0)
		return -1;
	agent->job = agent_team_share(job, agent->thread);
	agent->all_flows = job->flows;
	agent->ops = agent_workload(job->workload);
	agent_socket_address(agent);
	if (job->role == LAD_GENERATOR && job->reach && !agent->lead && agent_socket_reach(agent, err) < 0)
		return -1;
	int status = job->role == LAD_SINK ? agent->ops->listen(agent, err) : agent->ops->connect(agent, err);
	if (status < 0)
		return -1;
	if (job->threads > 1 && !agent->lead && agent_team_make(agent, job, err) < 0)
		return -1;
	agent_leave_rseq();
	/* crr opens sockets for as long as it runs, and some of what it sets on them needs the privilege. */
	bool keep = job->workload == LAD_TCP_CRR && (job->congestion_control[0] || job->busy_poll_us);
	return agent_drop_privileges(keep, err);
}

const char *agent_backend(const struct agent *agent)
{
	static const struct {
		unsigned flag;
		const char *name;
	} backends[] = {{EVBACKEND_EPOLL, "epoll"},
			{EVBACKEND_LINUXAIO, "linuxaio"},
			{EVBACKEND_IOURING, "io_uring"},
			{EVBACKEND_POLL, "poll"},
			{EVBACKEND_SELECT, "select"}};
	for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
		if (ev_backend(agent->loop) == backends[i].flag)
			return backends[i].name;
	return "unknown";
}

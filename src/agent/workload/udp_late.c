/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_late.h"

#include <math.h>
#include <stdlib.h>

#define LIMIT_LEAST_S 0.2
#define LIMIT_MOST_S 60.
#define ROUND_TRIPS 4 /* with queues on the way, one may take some times what an empty path takes */
#define KEPT 16	      /* requests a flow, in a ring */

struct udp_given_up {
	uint64_t number; /* and one: 0 is none */
	int64_t sent_ns;
	bool counted; /* as a timeout of the window */
};

static void raise_limit(struct agent *agent, double round_trip_s)
{
	agent->response_limit_s = fmin(fmax(agent->response_limit_s, ROUND_TRIPS * round_trip_s), LIMIT_MOST_S);
}

int udp_late_begin(struct agent *agent, struct lad_error *err)
{
	agent->response_limit_s = LIMIT_LEAST_S;
	raise_limit(agent, (double)agent_round_trip_ns(agent) / 1e9);
	agent->given_up = calloc((size_t)agent->flow_count * KEPT, sizeof *agent->given_up);
	return agent->given_up ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
}

static struct udp_given_up *place_of(const struct agent_flow *flow, uint64_t number)
{
	size_t index = (size_t)(flow - flow->agent->flows);
	return &flow->agent->given_up[index * KEPT + number % KEPT];
}

void udp_late_give_up(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	bool counted = agent->phase == AGENT_WINDOW;
	*place_of(flow, flow->sequence - 1) = (struct udp_given_up){flow->sequence, flow->sent_ns, counted};
	agent->result.timeouts += counted;
}

bool udp_late_take(struct agent_flow *flow, uint64_t number, int64_t now_ns, int64_t *sent_ns)
{
	struct agent *agent = flow->agent;
	struct udp_given_up *given_up = place_of(flow, number);
	if (given_up->number != number + 1)
		return false;
	*sent_ns = given_up->sent_ns;
	agent->result.timeouts -= given_up->counted;
	agent->result.late += given_up->counted;
	given_up->number = 0;
	raise_limit(agent, (double)(now_ns - *sent_ns) / 1e9);
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_PAYLOAD_H
#define AGENT_CORE_PAYLOAD_H

/* What is sent, and how long each message is. */

#include "agent/core/agent.h"

/*
 * payload.c: the payload is one endless pattern, the same on both sides, and each connection or datagram stream sends
 * it from its beginning; with `verify` the receiver compares every byte.
 */
int agent_make_payload(struct agent *agent, struct lad_error *err);
/* Where the pattern's byte number OFFSET is; as much as any message has, or more, follows it. */
const char *agent_payload_at(const struct agent *agent, uint64_t offset);
/* False, after agent_fail, when what was received is not the pattern at OFFSET. */
bool agent_payload_check(struct agent *agent, uint64_t offset, const char *bytes, size_t count);
/* The size of FLOW's message NUMBER. */
size_t agent_message_size(const struct agent_flow *flow, uint64_t number);
/* The size of the response to that. */
size_t agent_response_size(const struct agent_flow *flow, uint64_t number);
/* Where a mix begins for flow INDEX of all threads': the first one at 0, the others each elsewhere, by the job's seed.
 */
uint32_t agent_mix_place(const struct lad_job *job, int index);

/* slowdown.c, in a build that is slower on purpose: called by both agents in each turn or transaction. */
#ifdef LAD_TEST_SLOWDOWN_PERCENT
void agent_slow_down(void);
#else
static inline void agent_slow_down(void)
{
}
#endif

#endif

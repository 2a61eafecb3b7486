/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_ZEROCOPY_H
#define AGENT_SOCKET_ZEROCOPY_H

#include "agent/core/agent.h"

/*
 * Takes the kernel's notices that MSG_ZEROCOPY sends are done (Documentation/networking/msg_zerocopy.rst) from FLOW's
 * error queue. The payload never changes, so nothing waits for them; but they count against the socket's memory. Sends
 * that the kernel copied after all, as it does for whatever is delivered on the same machine, are counted.
 */
void zerocopy_reap(struct agent_flow *flow);

#endif

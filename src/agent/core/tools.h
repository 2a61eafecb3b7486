/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_TOOLS_H
#define AGENT_CORE_TOOLS_H

/* Small errands of netladder-agent beside measuring, for the docker lab. */

#include <stdbool.h>

/* facts.c: prints what is known of the network around; with VXLAN also whether such a device can be made. */
int agent_print_facts(bool vxlan);

/* ports.c: takes a Swarm's ports and answers there, or (ADDRESS not NULL) tries them. The exit code. */
int agent_ports(const char *address);

/* call.c: connects to TEXT, "ADDRESS,PORT", and prints what became of it. The exit code. */
int agent_call(const char *text);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/core/agent.h"
#include "agent/socket/socket.h"

/* What the sockets had, which need not be what a job or a sysctl was meant to give them. */

static int64_t number(int fd, int level, int option)
{
	int value = 0;
	socklen_t length = sizeof value;
	return getsockopt(fd, level, option, &value, &length) == 0 && value > 0 ? value : 0;
}

/* One that stands now; while no connection has come yet the listener, whose options they inherit; -1: none. */
static int standing(const struct agent *agent, const struct lad_socket_facts *facts)
{
	for (int i = 0; i < agent->flow_count; i++)
		if (agent->flows[i].fd >= 0)
			return agent->flows[i].fd;
	return facts->send_buffer_bytes ? -1 : agent->listener;
}

void agent_socket_facts(const struct agent *agent, struct lad_socket_facts *facts)
{
	bool v6 = agent->address.ss_family == AF_INET6;
	int fd = standing(agent, facts);
	char control[sizeof facts->congestion_control + 1] = "";
	socklen_t length = sizeof facts->congestion_control;
	if (fd < 0)
		return; /* as at the last look */
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, &length) < 0)
		control[0] = '\0';
	memcpy(facts->congestion_control, control, sizeof facts->congestion_control);
	facts->congestion_control[sizeof facts->congestion_control - 1] = '\0';
	facts->send_buffer_bytes = number(fd, SOL_SOCKET, SO_SNDBUF);
	facts->receive_buffer_bytes = number(fd, SOL_SOCKET, SO_RCVBUF);
	facts->ttl = number(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL);
}

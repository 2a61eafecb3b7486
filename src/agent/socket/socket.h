/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_SOCKET_H
#define AGENT_SOCKET_SOCKET_H

/* Sockets with the job's options, close-on-exec. -1 with ERR on failure. */

#include "agent/core/agent.h"

/* Fills in agent->address. */
void agent_socket_address(struct agent *agent);
int agent_socket_listen(struct agent *agent, struct lad_error *err);
/* A TCP connection under way, unless it stands at once; non-blocking. */
int agent_socket_call(const struct agent *agent, bool *in_flight, struct lad_error *err);
/* Connected; non-blocking, save for one that waits in recv(). */
int agent_socket_connect(struct agent *agent, struct lad_error *err);
/* A TCP connect(), which may be IN_FLIGHT: always when the agent is not `blocking`. -1 with errno. */
int agent_socket_dial(struct agent *agent, bool *in_flight);
/* A UDP socket bound to the job's address and port, non-blocking, save for one that waits in recv(). */
int agent_socket_bind(struct agent *agent, struct lad_error *err);
/* Waits until the job's address answers a TCP connection, which its port may refuse: the path is there then. */
int agent_socket_reach(const struct agent *agent, struct lad_error *err);
/* The MTU of the route to the job's address, of which nothing has been learned yet: the device's; 0: there is none.
 */
int agent_socket_mtu(const struct agent *agent);
/* socket_facts.c: what a socket of AGENT's has, or as before where none stands. */
void agent_socket_facts(const struct agent *agent, struct lad_socket_facts *facts);
/* Sets the job's options on FD, which a library opened. */
int agent_socket_options(const struct agent *agent, int fd, int type, struct lad_error *err);
/* Turns Nagle's algorithm off, unless the job wants it. */
void agent_socket_nodelay(const struct agent *agent, int fd);
/* A non-fatal condition of a non-blocking socket: try again later. */
bool agent_would_block(int error);
/*
 * What routers and hosts say of a datagram that went earlier (ICMP: too long, unreachable, refused) comes once, as the
 * error of the next call, which then has done nothing. That is an answer to be measured, and no end of the trial.
 */
bool agent_network_answered(int error);
/* Descriptors or memory have run out: who tries again at once does nothing else. */
bool agent_is_short(int error);

/* connect.c: connects every flow, by TCP. */
int agent_connect_flows(struct agent *agent, struct lad_error *err);

struct agent_tcp_state agent_tcp_state(const struct agent *agent);

#endif

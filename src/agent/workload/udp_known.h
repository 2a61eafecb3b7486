/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_KNOWN_H
#define AGENT_WORKLOAD_UDP_KNOWN_H

/*
 * By hand, udp_rr's sink with several flows: the ports of the generator's machine from which the run's word was said.
 * It sends to no other.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct udp_known {
	struct sockaddr_storage machine; /* its port means nothing; family 0: nobody yet */
	uint64_t ports[65536 / 64];
};

bool udp_known_has(const struct udp_known *known, const struct sockaddr_storage *address);
/* False when ADDRESS was there before, or is of another machine than the first. */
bool udp_known_add(struct udp_known *known, const struct sockaddr_storage *address);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_known.h"

#include <netinet/in.h>
#include <string.h>

static uint16_t port_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
					      : ((const struct sockaddr_in *)address)->sin_port;
}

static bool same_machine(const struct sockaddr_storage *one, const struct sockaddr_storage *other)
{
	if (one->ss_family != other->ss_family)
		return false;
	if (one->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr,
			      &((const struct sockaddr_in6 *)other)->sin6_addr, sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)one)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)other)->sin_addr.s_addr;
}

bool udp_known_has(const struct udp_known *known, const struct sockaddr_storage *address)
{
	uint16_t port = port_of(address);
	return known->ports[port / 64] >> port % 64 & 1 && same_machine(&known->machine, address);
}

bool udp_known_add(struct udp_known *known, const struct sockaddr_storage *address)
{
	uint16_t port = port_of(address);
	if (known->machine.ss_family == 0)
		known->machine = *address;
	if (!same_machine(&known->machine, address) || udp_known_has(known, address))
		return false;
	known->ports[port / 64] |= UINT64_C(1) << port % 64;
	return true;
}

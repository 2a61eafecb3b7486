/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

void agent_address_plain(struct sockaddr_storage *address, socklen_t *bytes)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	if (address->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = v6->sin6_port};
	memcpy(&v4.sin_addr, &v6->sin6_addr.s6_addr[12], sizeof v4.sin_addr);
	memset(address, 0, sizeof *address);
	memcpy(address, &v4, sizeof v4);
	*bytes = sizeof v4;
}

void agent_address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_MAX])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, text, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET, &v4->sin_addr, text, ADDRESS_TEXT_MAX);
}

unsigned agent_address_zone(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	return address->ss_family == AF_INET6 ? v6->sin6_scope_id : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_ADDRESS_H
#define AGENT_SOCKET_ADDRESS_H

/* address.c: what one machine's address is, however it was written. */

#include <sys/socket.h>

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

/* An IPv4 address inside an IPv6 one (::ffff:192.0.2.1, RFC 4291, 2.5.5.2), which a socket for both families says,
 * becomes the IPv4 address that it is. */
void agent_address_plain(struct sockaddr_storage *address, socklen_t *bytes);
/* In numbers, without port and zone. */
void agent_address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_MAX]);
/* Of a link-local address, the index of the device that it is on; else 0. It means something on this machine alone. */
unsigned agent_address_zone(const struct sockaddr_storage *address);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETWORK_SOCKET_H
#define NETWORK_SOCKET_H

#include <netlink/route/link.h>
#include <netlink/socket.h>

#include "netladder/error.h"

/* A routing netlink socket inside NETNS_FD: it stays there when the thread leaves. NULL with ERR. */
struct nl_sock *network_socket(int netns_fd, struct lad_error *err);

static inline void network_socket_free(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static inline void network_link_free(struct rtnl_link **link)
{
	rtnl_link_put(*link);
}

#define cleanup_socket __attribute__((cleanup(network_socket_free)))
#define cleanup_link __attribute__((cleanup(network_link_free)))

/* The index of DEVICE, or -1 with ERR. */
int network_index(struct nl_sock *sock, const char *device, struct lad_error *err);

/* Sets ERR from libnl's error STATUS, keeping "Operation not supported" and its like as errno's words. */
int network_error(struct lad_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* WHAT failed, opening a socket, with libnl's STATUS and with ERRNO_VALUE. */
int network_socket_error(struct lad_error *err, int status, int errno_value, const char *what);

#endif

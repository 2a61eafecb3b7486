/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "netladder/tuning.h"

/*
 * The sysctls that are for sockets which do not choose for themselves, beside what chooses on a socket: tcp(7), udp(7),
 * socket(7), ip(7), ipv6(7). The FORCE variants of the buffer sizes pass net.core.[rw]mem_max, so these are among them.
 */

#define BIT(kind) (1u << (kind))
#define TCP (BIT(LAD_TCP_STREAM) | BIT(LAD_TCP_RR) | BIT(LAD_TCP_CRR))
#define UDP (BIT(LAD_UDP_STREAM) | BIT(LAD_UDP_RR) | BIT(LAD_DNS_RR))

static const struct {
	const char *key; /* with one * for a device's name */
	unsigned kinds;
	enum lad_socket_setting setting;
} sysctls[] = {
    {"net/ipv4/tcp_congestion_control", TCP, LAD_SOCKET_CONGESTION_CONTROL},
    {"net/ipv4/tcp_wmem", TCP, LAD_SOCKET_SEND_BUFFER},
    {"net/ipv4/tcp_rmem", TCP, LAD_SOCKET_RECEIVE_BUFFER},
    {"net/ipv4/tcp_moderate_rcvbuf", TCP, LAD_SOCKET_RECEIVE_BUFFER},
    {"net/core/wmem_default", UDP, LAD_SOCKET_SEND_BUFFER},
    {"net/core/rmem_default", UDP, LAD_SOCKET_RECEIVE_BUFFER},
    {"net/core/wmem_max", TCP | UDP, LAD_SOCKET_SEND_BUFFER},
    {"net/core/rmem_max", TCP | UDP, LAD_SOCKET_RECEIVE_BUFFER},
    {"net/ipv4/ip_default_ttl", TCP | UDP, LAD_SOCKET_TTL},
    {"net/ipv6/conf/*/hop_limit", TCP | UDP, LAD_SOCKET_TTL},
    {"net/ipv4/ip_no_pmtu_disc", TCP | UDP, LAD_SOCKET_DONT_FRAGMENT},
    {"net/core/busy_read", TCP | UDP, LAD_SOCKET_BUSY_POLL},
    {"net/core/busy_poll", TCP | UDP, LAD_SOCKET_BUSY_POLL},
};

static bool matches(const char *pattern, const char *key)
{
	const char *star = strchr(pattern, '*');
	size_t front = star ? (size_t)(star - pattern) : 0, back = star ? strlen(star + 1) : 0, length = strlen(key);
	if (!star)
		return strcmp(pattern, key) == 0;
	return length > front + back && strncmp(pattern, key, front) == 0 && strcmp(star + 1, key + length - back) == 0;
}

enum lad_socket_setting lad_sysctl_of_sockets(const char *key, enum lad_workload_kind kind)
{
	for (size_t i = 0; i < sizeof sysctls / sizeof *sysctls; i++)
		if (sysctls[i].kinds & BIT(kind) && matches(sysctls[i].key, key))
			return sysctls[i].setting;
	return LAD_SOCKET_NONE;
}

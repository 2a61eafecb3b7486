/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/addresses.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

void network_address(char out[LAD_ADDRESS_MAX], enum lad_ip ip, int subnet, int number)
{
	char group[16] = "", last[16] = "";
	if (ip == LAD_IP_V4) {
		snprintf(out, LAD_ADDRESS_MAX, "198.%d.%d.%d", 18 + subnet / 256, subnet % 256, number);
		return;
	}
	if (subnet)
		snprintf(group, sizeof group, ":0:%x", (unsigned)subnet);
	if (number)
		snprintf(last, sizeof last, "%d", number);
	snprintf(out, LAD_ADDRESS_MAX, "2001:2%s::%s", group, last);
}

int network_prefix(enum lad_ip ip)
{
	return ip == LAD_IP_V6 ? 64 : 24;
}

const char *network_anywhere(enum lad_ip ip)
{
	return ip == LAD_IP_V6 ? "::" : "0.0.0.0";
}

const char *network_host_address(const struct lad_host *host, enum lad_ip ip)
{
	return ip == LAD_IP_V6 ? host->address6 : host->address;
}

int lad_mtu_check(enum lad_ip ip, int64_t mtu_bytes, const char *what, struct lad_error *err)
{
	if (ip == LAD_IP_V4 || mtu_bytes >= LAD_IPV6_MTU_MIN)
		return 0;
	lad_error_set(err, LAD_EXIT_UNABLE, "ip: 6 needs an MTU of %d or more (RFC 8200) and %s has %" PRId64,
		      LAD_IPV6_MTU_MIN, what, mtu_bytes);
	lad_error_change_errno(err, EINVAL);
	return -1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>

#include "netladder/netlink.h"

static int read_udp(void *arg)
{
	struct udp_counters *counters = arg;
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof line, file)) {
		double in, no_ports, errors, out;
		if (sscanf(line, "Udp: %lf %lf %lf %lf", &in, &no_ports, &errors, &out) == 4)
			*counters = (struct udp_counters){in, out, errors};
	}
	fclose(file);
	return 0;
}

struct udp_counters support_udp_counters(int netns_fd)
{
	struct udp_counters counters = {0};
	struct lad_error err = {0};
	if (lad_netns_run(netns_fd, read_udp, &counters, &err) < 0)
		fail_msg("%s", err.message);
	return counters;
}

static int read_tcp(void *arg)
{
	double *sent = arg, first = 0, again = 0;
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %lf %lf", &first, &again) == 2)
			*sent = first + again; /* OutSegs is without RetransSegs (RFC 4022) */
	fclose(file);
	return 0;
}

double support_tcp_segments(int netns_fd)
{
	double out_segments = -1;
	struct lad_error err = {0};
	if (lad_netns_run(netns_fd, read_tcp, &out_segments, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(out_segments >= 0);
	return out_segments;
}

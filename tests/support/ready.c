/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"

struct wanted {
	bool udp;
	unsigned port;
	bool found;
};

/* proc_net_tcp: "sl local_address rem_address st …"; state 0A is LISTEN, 07 an unconnected UDP socket. */
static bool scan(const char *path, const struct wanted *wanted)
{
	lad_cleanup_file FILE *file = fopen(path, "re");
	char line[512];
	while (file && fgets(line, sizeof line, file)) {
		unsigned port, state;
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &state) == 2 && port == wanted->port &&
		    state == (wanted->udp ? 0x07 : 0x0a))
			return true;
	}
	return false;
}

static int look(void *arg)
{
	struct wanted *wanted = arg;
	wanted->found = scan(wanted->udp ? "/proc/thread-self/net/udp" : "/proc/thread-self/net/tcp", wanted) ||
			scan(wanted->udp ? "/proc/thread-self/net/udp6" : "/proc/thread-self/net/tcp6", wanted);
	return 0;
}

static bool wait_until(int netns_fd, bool udp, unsigned port, bool open)
{
	struct wanted wanted = {udp, port, !open};
	/* Far beyond what a program takes to start: who is not there by then will not come. */
	for (int i = 0; i < 6000 && wanted.found != open; i++) {
		struct timespec pause = {0, 5000000};
		nanosleep(&pause, NULL);
		if (lad_netns_run(netns_fd, look, &wanted, NULL) < 0)
			return false;
	}
	return wanted.found == open;
}

bool support_wait_listening(int netns_fd, bool udp, unsigned port)
{
	return wait_until(netns_fd, udp, port, true);
}

bool support_wait_closed(int netns_fd, bool udp, unsigned port)
{
	return wait_until(netns_fd, udp, port, false);
}

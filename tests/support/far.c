/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "far.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driven.h"
#include "netladder/netlink.h"

#define PACKETS_MOST 16384
#define PACKET_BYTES 1600

struct packet {
	int64_t due_ns;
	size_t bytes;
	char data[PACKET_BYTES];
};

/* One direction. */
struct lane {
	int from, to;
	struct packet *packets; /* a ring */
	size_t first, count, bytes;
	int64_t free_ns; /* when the link has sent all that it holds */
};

static void take(struct lane *lane, const struct far_path *path)
{
	for (;;) {
		struct packet *packet = &lane->packets[(lane->first + lane->count) % PACKETS_MOST];
		ssize_t got = read(lane->from, packet->data, sizeof packet->data);
		if (got <= 0)
			return;
		bool full = path->queue_bytes && lane->bytes + (size_t)got > path->queue_bytes;
		if (full || lane->count == PACKETS_MOST - 1)
			continue;
		int64_t now_ns = driven_now_ns(), begin_ns = lane->free_ns > now_ns ? lane->free_ns : now_ns;
		lane->free_ns = begin_ns + (path->rate_bps > 0 ? (int64_t)((double)got * 8e9 / path->rate_bps) : 0);
		packet->due_ns = lane->free_ns + path->delay_ns;
		packet->bytes = (size_t)got;
		lane->bytes += (size_t)got;
		lane->count++;
	}
}

/* Hands over what is due. Returns when the next one is; 0: there is none. */
static int64_t hand_over(struct lane *lane)
{
	for (; lane->count; lane->first = (lane->first + 1) % PACKETS_MOST, lane->count--) {
		const struct packet *packet = &lane->packets[lane->first];
		if (packet->due_ns > driven_now_ns())
			return packet->due_ns;
		if (write(lane->to, packet->data, packet->bytes) < 0 && errno == EBADFD)
			_exit(1);
		lane->bytes -= packet->bytes;
	}
	return 0;
}

__attribute__((noreturn)) static void relay(const int tuns[2], struct far_path path)
{
	struct lane lanes[2] = {{.from = tuns[0], .to = tuns[1]}, {.from = tuns[1], .to = tuns[0]}};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A wire does not wait for a CPU: in the scheduling group of all that runs beside the test it waits for
	 * seconds, and whatever is on it is late. Where the kernel gives no real time, a group of its own (setsid)
	 * still helps. */
	setsid();
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
	for (int i = 0; i < 2; i++) {
		lanes[i].packets = calloc(PACKETS_MOST, sizeof *lanes[i].packets);
		if (!lanes[i].packets)
			_exit(1);
	}
	for (;;) {
		struct pollfd polled[2] = {{tuns[0], POLLIN, 0}, {tuns[1], POLLIN, 0}};
		int64_t first_ns = hand_over(&lanes[0]), other_ns = hand_over(&lanes[1]);
		if (!first_ns || (other_ns && other_ns < first_ns))
			first_ns = other_ns;
		int64_t wait_ns = first_ns ? first_ns - driven_now_ns() : INT64_C(1000000000);
		wait_ns = wait_ns > 0 ? wait_ns : 0;
		struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
		ppoll(polled, 2, &wait, NULL);
		take(&lanes[0], &path);
		take(&lanes[1], &path);
	}
}

static int open_tun(void *arg)
{
	int *fd = arg;
	struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	*fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_return_code(*fd, errno);
	assert_return_code(ioctl(*fd, TUNSETIFF, &request), errno);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP;
	assert_return_code(ioctl(control, SIOCSIFFLAGS, &request), errno);
	close(control);
	return 0;
}

void far_make(struct far *far, struct far_path path)
{
	static const char *const addresses[] = {FAR_HERE, FAR_THERE};
	struct lad_error err = {0};
	int tuns[2];
	for (int i = 0; i < 2; i++) {
		far->netns[i] = driven_new_netns();
		assert_int_equal(lad_netns_run(far->netns[i], open_tun, &tuns[i], NULL), 0);
		if (lad_address_add(far->netns[i], "eth0", addresses[i], 24, &err) < 0)
			fail_msg("%s", err.message);
	}
	far->relay = fork();
	assert_true(far->relay >= 0);
	if (far->relay == 0)
		relay(tuns, path);
	close(tuns[0]);
	close(tuns[1]);
}

void far_end(struct far *far)
{
	kill(far->relay, SIGKILL);
	waitpid(far->relay, NULL, 0);
	close(far->netns[0]);
	close(far->netns[1]);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"

#define OWN_NAMESPACE "/proc/thread-self/ns/net"

static int needs_root(struct lad_error *err, const char *what)
{
	if (errno != EPERM)
		return lad_error_errno(err, errno, "cannot %s", what);
	if (geteuid() == 0) {
		lad_error_set(err, LAD_EXIT_UNABLE,
			      "%s needs CAP_SYS_ADMIN over the network that netladder starts in; root of a user "
			      "namespace has it over one of its own",
			      what);
		return lad_error_remedy(err, "unshare --map-root-user --net netladder …");
	}
	lad_error_set(err, LAD_EXIT_UNABLE, "%s needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)", what);
	return lad_error_remedy(err, "sudo netladder …");
}

static int loopback_up(void)
{
	lad_cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* Writes a /proc/sys file as the calling thread sees it. */
static int write_sysctl(const char *key, const char *value)
{
	char path[256];
	snprintf(path, sizeof path, "/proc/sys/%s", key);
	lad_cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1;
}

struct setting {
	const char *key, *value;
};

/* No router solicitation, duplicate address detection or multicast report among the measured packets. */
static const struct setting without_ipv6[] = {
    {"net/ipv6/conf/all/disable_ipv6", "1"},
    {"net/ipv6/conf/default/disable_ipv6", "1"},
    {0},
};

/* Detection is off only where `all` and the device, which takes after `default`, agree (addrconf_dad_begin). */
static const struct setting with_ipv6[] = {
    {"net/ipv6/conf/all/accept_dad", "0"},
    {"net/ipv6/conf/default/accept_dad", "0"},
    {"net/ipv6/conf/default/router_solicitations", "0"},
    {"net/ipv6/conf/default/accept_ra", "0"},
    {"net/ipv6/conf/default/disable_ipv6", "0"},
    {"net/ipv6/conf/all/disable_ipv6", "0"},
    {0},
};

static int set_up_namespace(enum lad_ip ip)
{
	for (const struct setting *at = ip == LAD_IP_V6 ? with_ipv6 : without_ipv6; at->key; at++)
		if (write_sysctl(at->key, at->value) < 0 && (errno != ENOENT || ip == LAD_IP_V6)) {
			errno = errno == ENOENT ? EAFNOSUPPORT : errno;
			return -1;
		}
	/* What an earlier connection learned of the path must not start the next one off differently. */
	if (write_sysctl("net/ipv4/tcp_no_metrics_save", "1") < 0 && errno != ENOENT)
		return -1;
	return loopback_up();
}

int lad_netns_new(struct lad_error *err)
{
	return lad_netns_new_for(LAD_IP_V4, err);
}

int lad_netns_new_for(enum lad_ip ip, struct lad_error *err)
{
	lad_cleanup_fd int own = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return lad_error_errno(err, errno, "cannot open %s", OWN_NAMESPACE);
	/* Nobody goes where there is no way back from. */
	if (setns(own, CLONE_NEWNET) < 0 || unshare(CLONE_NEWNET) < 0)
		return needs_root(err, "making a network namespace");
	lad_cleanup_fd int made = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);
	int error = made < 0 || set_up_namespace(ip) < 0 ? errno : 0;
	if (setns(own, CLONE_NEWNET) < 0)
		return needs_root(err, "returning from a network namespace");
	if (error)
		return lad_error_errno(err, error, "cannot set up a network namespace%s",
				       error == EAFNOSUPPORT ? " with IPv6, which this kernel has not" : "");
	return lad_take_fd(&made);
}

int lad_netns_run(int netns_fd, int (*fn)(void *arg), void *arg, struct lad_error *err)
{
	lad_cleanup_fd int own = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return lad_error_errno(err, errno, "cannot open %s", OWN_NAMESPACE);
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return needs_root(err, "entering a network namespace");
	int status = fn(arg);
	int error = errno;
	if (setns(own, CLONE_NEWNET) < 0)
		return needs_root(err, "returning from a network namespace");
	errno = error;
	return status;
}

struct sysctl_call {
	const char *key, *value;
	char *out;
	size_t size;
};

static int sysctl_writer(void *arg)
{
	const struct sysctl_call *call = arg;
	return write_sysctl(call->key, call->value);
}

int lad_sysctl_write(int netns_fd, const char *key, const char *value, struct lad_error *err)
{
	struct sysctl_call call = {.key = key, .value = value};
	if (lad_netns_run(netns_fd, sysctl_writer, &call, err) < 0)
		return lad_error_errno(err, errno, "cannot set %s to \"%s\"", key, value);
	return 0;
}

static int sysctl_reader(void *arg)
{
	const struct sysctl_call *call = arg;
	char path[256];
	snprintf(path, sizeof path, "/proc/sys/%s", call->key);
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, call->out, call->size - 1);
	if (got < 0)
		return -1;
	call->out[got] = '\0';
	call->out[strcspn(call->out, "\n")] = '\0';
	return 0;
}

int lad_sysctl_read(int netns_fd, const char *key, char *value, size_t size, struct lad_error *err)
{
	struct sysctl_call call = {.key = key, .out = value, .size = size};
	if (lad_netns_run(netns_fd, sysctl_reader, &call, err) < 0)
		return lad_error_errno(err, errno, "cannot read %s", key);
	return 0;
}

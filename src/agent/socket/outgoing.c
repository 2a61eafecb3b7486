/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/outgoing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"

/* rtnetlink(7) by hand: two questions, and no library that would have to be in every container. */

#define ANSWER_BYTES 32768 /* a dump comes in pieces of at most this */

struct question {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct tcmsg qdisc;
	};
	char rest[64];
};

static int ask(int fd, struct question *question, struct lad_error *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	if (sendto(fd, question, question->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
		return lad_error_errno(err, errno, "cannot ask for the qdisc of the outgoing device");
	return 0;
}

/* Calls SEE with each message of the answer. */
static int hear(int fd, void (*see)(const struct nlmsghdr *, void *), void *data, struct lad_error *err)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_BYTES];
	} answer;
	for (;;) {
		ssize_t got = recv(fd, &answer, sizeof answer, 0);
		if (got < 0)
			return lad_error_errno(err, errno, "cannot read the qdisc of the outgoing device");
		size_t left = (size_t)got;
		for (struct nlmsghdr *at = &answer.header; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
			if (at->nlmsg_type == NLMSG_ERROR)
				return lad_error_errno(err, -((struct nlmsgerr *)NLMSG_DATA(at))->error,
						       "cannot find the outgoing device");
			if (at->nlmsg_type == NLMSG_DONE)
				return 0;
			see(at, data);
			if (!(at->nlmsg_flags & NLM_F_MULTI))
				return 0;
		}
	}
}

static void see_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	size_t left = RTM_PAYLOAD(message);
	for (const struct rtattr *at = RTM_RTA(route); RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == RTA_OIF)
			memcpy(data, RTA_DATA(at), sizeof(int));
}

/* The index of the device that leads to the job's address. */
static int find_device(const struct agent *agent, int fd, int *index, struct lad_error *err)
{
	bool v6 = agent->address.ss_family == AF_INET6;
	const void *address = v6 ? (const void *)&((const struct sockaddr_in6 *)&agent->address)->sin6_addr
				 : (const void *)&((const struct sockaddr_in *)&agent->address)->sin_addr;
	unsigned short length = v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	struct question question = {.header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
				    .route = {.rtm_family = (unsigned char)agent->address.ss_family,
					      .rtm_dst_len = (unsigned char)(length * 8)}};
	struct rtattr *destination = (struct rtattr *)((char *)&question + NLMSG_LENGTH(sizeof question.route));
	destination->rta_type = RTA_DST;
	destination->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(destination), address, length);
	question.header.nlmsg_len = (unsigned)(NLMSG_LENGTH(sizeof question.route) + RTA_LENGTH(length));
	*index = (int)agent->job.zone; /* link-local: that says it, and any device leads there */
	if (!*index && (ask(fd, &question, err) < 0 || hear(fd, see_route, index, err) < 0))
		return -1;
	return *index > 0 ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "no device leads to %s", agent->job.address);
}

struct kinds {
	int index;
	int fq;
	char other[IFNAMSIZ]; /* "": none */
};

/* mq is only the frame of one qdisc a transmit queue, and ingress and clsact see what comes in. */
static void see_qdisc(const struct nlmsghdr *message, void *data)
{
	struct kinds *kinds = data;
	const struct tcmsg *qdisc = NLMSG_DATA(message);
	size_t left = NLMSG_PAYLOAD(message, sizeof *qdisc);
	if (qdisc->tcm_ifindex != kinds->index)
		return;
	for (const struct rtattr *at = TCA_RTA(qdisc); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		const char *kind = RTA_DATA(at);
		if (at->rta_type != TCA_KIND)
			continue;
		if (strcmp(kind, "fq") == 0)
			kinds->fq++;
		else if (strcmp(kind, "mq") != 0 && strcmp(kind, "ingress") != 0 && strcmp(kind, "clsact") != 0)
			snprintf(kinds->other, sizeof kinds->other, "%s", kind);
	}
}

static int check(const struct agent *agent, struct lad_error *err)
{
	char device[IFNAMSIZ] = "?";
	struct kinds kinds = {0};
	struct question question = {.header = {.nlmsg_type = RTM_GETQDISC,
					       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
					       .nlmsg_len = NLMSG_LENGTH(sizeof question.qdisc)}};
	lad_cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot ask for the qdisc of the outgoing device");
	if (find_device(agent, fd, &kinds.index, err) < 0 || ask(fd, &question, err) < 0 ||
	    hear(fd, see_qdisc, &kinds, err) < 0)
		return -1;
	if (kinds.fq && !kinds.other[0])
		return 0;
	if_indextoname((unsigned)kinds.index, device);
	lad_error_set(
	    err, LAD_EXIT_UNABLE,
	    "the kernel paces datagrams only where the device that they leave by has the qdisc fq, and %s has "
	    "%s; a tuning with `qdisc: fq` gives it one, and so does `tc qdisc replace dev %s root fq`",
	    device, kinds.other[0] ? kinds.other : "none", device);
	lad_error_change_errno(err, EOPNOTSUPP);
	return -1;
}

int agent_outgoing_check(const struct agent *agent, struct lad_error *err)
{
	return lad_job_needs_fq(&agent->job) && !agent->lead ? check(agent, err) : 0;
}

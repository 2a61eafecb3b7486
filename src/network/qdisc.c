/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <netlink/netlink.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/tc.h>
#include <stdio.h>
#include <string.h>

#include "netladder/netlink.h"
#include "network/socket.h"
#include "network/tbf.h"

/* netem's own default of 1000 packets would be the bottleneck of any long fast wire. */
#define NETEM_LIMIT_PACKETS 1000000
#define NETEM_HANDLE TC_HANDLE(1, 0)
#define NETEM_CLASS TC_HANDLE(1, 1)

static void free_qdisc(struct rtnl_qdisc **qdisc)
{
	rtnl_qdisc_put(*qdisc);
}
#define cleanup_qdisc __attribute__((cleanup(free_qdisc)))

static struct rtnl_qdisc *new_qdisc(int index, uint32_t parent, const char *kind)
{
	struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();
	rtnl_tc_set_ifindex(TC_CAST(qdisc), index);
	rtnl_tc_set_parent(TC_CAST(qdisc), parent);
	rtnl_tc_set_kind(TC_CAST(qdisc), kind);
	return qdisc;
}

int lad_qdisc_tbf(int netns_fd, const char *device, double rate_bps, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	return index < 0 ? -1 : network_tbf_add(sock, device, index, TC_H_ROOT, rate_bps, err);
}

/* KIND and what needs it, "netem, which delay and loss need". */
static int not_in_kernel(const char *kind, struct lad_error *err)
{
	lad_error_set(err, LAD_EXIT_UNABLE, "this kernel has no %s", kind);
	lad_error_change_errno(err, EOPNOTSUPP);
	return lad_error_remedy(err, "netladder run --lab vm");
}

int lad_qdisc_wire(int netns_fd, const char *device, double rate_bps, int64_t delay_ns, double loss_ratio,
		   struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	if (index < 0)
		return -1;
	cleanup_qdisc struct rtnl_qdisc *netem = new_qdisc(index, TC_H_ROOT, "netem");
	rtnl_tc_set_handle(TC_CAST(netem), NETEM_HANDLE);
	rtnl_netem_set_limit(netem, NETEM_LIMIT_PACKETS);
	rtnl_netem_set_delay(netem, (int)(delay_ns / 1000));
	rtnl_netem_set_loss(netem, (int)(uint32_t)llround(loss_ratio * UINT32_MAX));
	int status = rtnl_qdisc_add(sock, netem, NLM_F_CREATE | NLM_F_REPLACE);
	if (status == -NLE_OBJ_NOTFOUND)
		return not_in_kernel("netem, which delay and loss need", err);
	if (status < 0)
		return network_error(err, status, "cannot put delay and loss on %s", device);
	return rate_bps > 0 ? network_tbf_add(sock, device, index, NETEM_CLASS, rate_bps, err) : 0;
}

static void read_shape(struct rtnl_qdisc *qdisc, void *data)
{
	struct lad_wire_shape *shape = data;
	const char *kind = rtnl_tc_get_kind(TC_CAST(qdisc));
	if (kind && strcmp(kind, "netem") == 0) {
		shape->delay_ns = rtnl_netem_get_delay(qdisc) * INT64_C(1000);
		shape->loss_ratio = (double)(uint32_t)rtnl_netem_get_loss(qdisc) / UINT32_MAX;
	}
}

/* Calls SEE with each qdisc of DEVICE. */
static int visit(int netns_fd, const char *device, void (*see)(struct rtnl_qdisc *, void *), void *data,
		 struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	struct nl_cache *cache;
	if (index < 0)
		return -1;
	int status = rtnl_qdisc_alloc_cache(sock, &cache);
	if (status < 0)
		return network_error(err, status, "cannot read the qdiscs of %s", device);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at))
		if (rtnl_tc_get_ifindex((struct rtnl_tc *)at) == index)
			see((struct rtnl_qdisc *)at, data);
	nl_cache_free(cache);
	return 0;
}

int lad_qdisc_read(int netns_fd, const char *device, struct lad_wire_shape *shape, struct lad_error *err)
{
	*shape = (struct lad_wire_shape){0};
	if (visit(netns_fd, device, read_shape, shape, err) < 0)
		return -1;
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	return index < 0 ? -1 : network_tbf_read(sock, device, index, &shape->rate_bps, err);
}

static void read_root(struct rtnl_qdisc *qdisc, void *data)
{
	const char *kind = rtnl_tc_get_kind(TC_CAST(qdisc));
	if (kind && rtnl_tc_get_parent(TC_CAST(qdisc)) == TC_H_ROOT)
		snprintf(data, 16, "%s", kind);
}

int lad_qdisc_root(int netns_fd, const char *device, char kind[16], struct lad_error *err)
{
	snprintf(kind, 16, "noqueue");
	return visit(netns_fd, device, read_root, kind, err);
}

/* By hand: for kinds that libnl knows it would send options, and for pfifo_fast such as it refuses itself. */
static int replace_root(struct nl_sock *sock, int index, const char *kind)
{
	struct tcmsg header = {.tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_parent = TC_H_ROOT};
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	if (!message)
		return -NLE_NOMEM;
	int status = nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
	if (status == 0)
		status = nla_put_string(message, TCA_KIND, kind);
	if (status == 0)
		return nl_send_sync(sock, message); /* which frees it */
	nlmsg_free(message);
	return status;
}

int lad_qdisc_set_root(int netns_fd, const char *device, const char *kind, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	if (index < 0)
		return -1;
	int status = replace_root(sock, index, kind);
	if (status == -NLE_OBJ_NOTFOUND)
		return not_in_kernel(kind, err);
	return status < 0 ? network_error(err, status, "cannot give %s the qdisc %s", device, kind) : 0;
}

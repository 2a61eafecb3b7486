/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/tbf.h"

#include <linux/pkt_sched.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <sys/param.h>

#include "netladder/netlink.h"
#include "network/socket.h"

/*
 * tc-tbf(8). The messages are made by hand, because libnl 3.7 takes rates as an int, which 17 Gbit/s overflow.
 *
 * A bucket is for two things: it has to hold the largest packet, and to make up for a timer that is late, which a
 * fraction of a millisecond does. Whatever it holds beyond that passes the wire at once after each pause, and a window
 * sees more than the rate: 128 KiB are 16 s of 64 kbit/s. A joined packet (GSO) that does not fit is cut up by the
 * kernel.
 */
#define BURST_S 0.0005
#define WAITING_S 0.05
#define WAITING_PACKETS 64
#define ETHERNET_HEADER 14
#define LARGEST_OF_WIRES 16384

/* The largest frame of the device. */
static int64_t frame_bytes(struct nl_sock *sock, int index)
{
	cleanup_link struct rtnl_link *link = NULL;
	return ETHERNET_HEADER + (rtnl_link_get_kernel(sock, index, NULL, &link) < 0 ? 1500 : rtnl_link_get_mtu(link));
}

static int put_options(struct nl_msg *message, double rate_bps, int64_t frame)
{
	uint64_t bytes_per_s = (uint64_t)(rate_bps / 8);
	uint32_t burst = (uint32_t)MIN((double)frame + BURST_S * rate_bps / 8, (double)UINT32_MAX / 4);
	/* Loopback's 64 KiB are no packet of a wire. */
	int64_t usual = frame > LARGEST_OF_WIRES ? 1500 + ETHERNET_HEADER : frame;
	double waiting = MAX(WAITING_S * rate_bps / 8, (double)(WAITING_PACKETS * usual));
	/* With the link layer said the kernel needs no table of rates. */
	struct tc_tbf_qopt options = {
	    .rate = {.rate = (uint32_t)MIN(bytes_per_s, UINT32_MAX), .linklayer = TC_LINKLAYER_ETHERNET},
	    .limit = (uint32_t)MIN(waiting + burst, (double)UINT32_MAX)};
	struct nlattr *nest = nla_nest_start(message, TCA_OPTIONS);
	if (!nest || nla_put(message, TCA_TBF_PARMS, sizeof options, &options) < 0 ||
	    nla_put_u32(message, TCA_TBF_BURST, burst) < 0 ||
	    (bytes_per_s > UINT32_MAX && nla_put_u64(message, TCA_TBF_RATE64, bytes_per_s) < 0))
		return -NLE_NOMEM;
	return nla_nest_end(message, nest);
}

int network_tbf_add(struct nl_sock *sock, const char *device, int index, uint32_t parent, double rate_bps,
		    struct lad_error *err)
{
	struct tcmsg header = {.tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_parent = parent};
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	int status = message ? nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) : -NLE_NOMEM;
	if (status >= 0)
		status = nla_put_string(message, TCA_KIND, "tbf");
	if (status >= 0)
		status = put_options(message, rate_bps, frame_bytes(sock, index));
	if (status >= 0)
		status = nl_send_sync(sock, message); /* which frees it */
	else
		nlmsg_free(message);
	return status < 0 ? network_error(err, status, "cannot shape %s", device) : 0;
}

struct reading {
	int index;
	double rate_bps;
};

static int see(struct nl_msg *message, void *data)
{
	struct reading *reading = data;
	struct nlattr *attributes[TCA_MAX + 1], *options[TCA_TBF_MAX + 1];
	const struct tcmsg *header = nlmsg_data(nlmsg_hdr(message));
	if (nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, TCA_MAX, NULL) < 0 ||
	    header->tcm_ifindex != reading->index || !attributes[TCA_KIND] ||
	    nla_strcmp(attributes[TCA_KIND], "tbf") != 0 || !attributes[TCA_OPTIONS] ||
	    nla_parse_nested(options, TCA_TBF_MAX, attributes[TCA_OPTIONS], NULL) < 0 || !options[TCA_TBF_PARMS])
		return NL_OK;
	const struct tc_tbf_qopt *parameters = nla_data(options[TCA_TBF_PARMS]);
	reading->rate_bps = 8.0 * parameters->rate.rate;
	if (options[TCA_TBF_RATE64])
		reading->rate_bps = 8.0 * (double)nla_get_u64(options[TCA_TBF_RATE64]);
	return NL_OK;
}

int network_tbf_read(struct nl_sock *sock, const char *device, int index, double *rate_bps, struct lad_error *err)
{
	struct reading reading = {index, 0};
	struct tcmsg header = {.tcm_family = AF_UNSPEC, .tcm_ifindex = index};
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, see, &reading);
	int status = nl_send_simple(sock, RTM_GETQDISC, NLM_F_DUMP, &header, sizeof header);
	if (status >= 0)
		status = nl_recvmsgs_default(sock);
	*rate_bps = reading.rate_bps;
	return status < 0 ? network_error(err, status, "cannot read the qdiscs of %s", device) : 0;
}

int lad_link_follow_rate(int netns_fd, const char *device, double rate_bps, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	int index = sock ? network_index(sock, device, err) : -1;
	if (index < 0)
		return -1;
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	double segments = BURST_S * rate_bps / 8 / (double)frame_bytes(sock, index);
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	int status = message ? nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) : -NLE_NOMEM;
	if (status >= 0)
		status = nla_put_u32(message, IFLA_GSO_MAX_SEGS, (uint32_t)MAX(segments, 1));
	if (status >= 0)
		status = nl_send_sync(sock, message);
	else
		nlmsg_free(message);
	return status < 0 ? network_error(err, status, "cannot limit what %s joins", device) : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tuning/ethtool.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "netladder/netlink.h"
#include "network/socket.h"

static void free_message(struct nl_msg **message)
{
	nlmsg_free(*message);
}
#define cleanup_message __attribute__((cleanup(free_message)))

static int connect_generic(void *arg)
{
	struct ethtool *ethtool = arg;
	ethtool->sock = nl_socket_alloc();
	return ethtool->sock ? genl_connect(ethtool->sock) : -NLE_NOMEM;
}

int ethtool_open(struct ethtool *ethtool, int netns_fd, struct lad_error *err)
{
	ethtool->sock = NULL;
	int status = lad_netns_run(netns_fd, connect_generic, ethtool, err);
	if (status < 0)
		return network_socket_error(err, status, errno, "cannot open a generic netlink socket");
	ethtool->family = genl_ctrl_resolve(ethtool->sock, ETHTOOL_GENL_NAME);
	if (ethtool->family < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "this kernel has no ethtool netlink (since Linux 5.6)");
	return 0;
}

void ethtool_close(struct ethtool *ethtool)
{
	nl_socket_free(ethtool->sock);
	ethtool->sock = NULL;
}

/* A request with its header; every ETHTOOL_A_*_HEADER has the same number, 1. */
static struct nl_msg *request(const struct ethtool *ethtool, uint8_t command, const char *device)
{
	struct nl_msg *message = nlmsg_alloc();
	if (!message ||
	    !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, ethtool->family, 0, 0, command, ETHTOOL_GENL_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	struct nlattr *header = nla_nest_start(message, ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED);
	if (header) {
		nla_put_string(message, ETHTOOL_A_HEADER_DEV_NAME, device);
		nla_nest_end(message, header);
	}
	return message;
}

static int no_memory(struct lad_error *err)
{
	return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
}

struct answer {
	int (*read)(struct nlattr **attributes, void *into);
	void *into;
	bool done;
};

static int on_answer(struct nl_msg *message, void *arg)
{
	const struct answer *answer = arg;
	struct nlattr *attributes[ETHTOOL_A_CHANNELS_MAX + ETHTOOL_A_FEATURES_MAX + 1];
	if (genlmsg_parse(nlmsg_hdr(message), 0, attributes, ETHTOOL_A_CHANNELS_MAX + ETHTOOL_A_FEATURES_MAX, NULL) < 0)
		return NL_STOP;
	return answer->read(attributes, answer->into);
}

static int on_acknowledgement(struct nl_msg *message, void *arg)
{
	(void)message;
	struct answer *answer = arg;
	answer->done = true;
	return NL_STOP;
}

/* Sends MESSAGE and hands the answer's attributes to ANSWER, until the kernel's acknowledgement. */
static int ask(const struct ethtool *ethtool, struct nl_msg *message, struct answer *answer)
{
	int status = nl_send_auto(ethtool->sock, message);
	if (status < 0)
		return status;
	nl_socket_modify_cb(ethtool->sock, NL_CB_VALID, NL_CB_CUSTOM, on_answer, answer);
	nl_socket_modify_cb(ethtool->sock, NL_CB_ACK, NL_CB_CUSTOM, on_acknowledgement, answer);
	/* The answer and its acknowledgement may come in two messages, of which nl_recvmsgs takes one at a time. */
	while (status >= 0 && !answer->done)
		status = nl_recvmsgs_default(ethtool->sock);
	return status;
}

static int ignore_answer(struct nlattr **attributes, void *into)
{
	(void)attributes;
	(void)into;
	return NL_OK;
}

int ethtool_set_features(const struct ethtool *ethtool, const char *device, const char *const *names, bool on,
			 struct lad_error *err)
{
	cleanup_message struct nl_msg *message = request(ethtool, ETHTOOL_MSG_FEATURES_SET, device);
	if (!message)
		return no_memory(err);
	struct nlattr *wanted = nla_nest_start(message, ETHTOOL_A_FEATURES_WANTED | NLA_F_NESTED);
	struct nlattr *bits = wanted ? nla_nest_start(message, ETHTOOL_A_BITSET_BITS | NLA_F_NESTED) : NULL;
	for (; bits && *names; names++) {
		struct nlattr *bit = nla_nest_start(message, ETHTOOL_A_BITSET_BITS_BIT | NLA_F_NESTED);
		if (!bit || nla_put_string(message, ETHTOOL_A_BITSET_BIT_NAME, *names) < 0 ||
		    (on && nla_put_flag(message, ETHTOOL_A_BITSET_BIT_VALUE) < 0))
			return no_memory(err);
		nla_nest_end(message, bit);
	}
	if (!bits)
		return no_memory(err);
	nla_nest_end(message, bits);
	nla_nest_end(message, wanted);
	struct answer answer = {ignore_answer, NULL, false};
	int status = ask(ethtool, message, &answer);
	return status < 0 ? network_error(err, status, "cannot set %s of %s", names[-1], device) : 0;
}

struct feature_query {
	const char *const *names;
	bool found;
};

static int read_active(struct nlattr **attributes, void *into)
{
	struct feature_query *query = into;
	struct nlattr *set[ETHTOOL_A_BITSET_MAX + 1], *bit;
	int left;
	if (!attributes[ETHTOOL_A_FEATURES_ACTIVE] ||
	    nla_parse_nested(set, ETHTOOL_A_BITSET_MAX, attributes[ETHTOOL_A_FEATURES_ACTIVE], NULL) < 0 ||
	    !set[ETHTOOL_A_BITSET_BITS])
		return NL_OK;
	nla_for_each_nested(bit, set[ETHTOOL_A_BITSET_BITS], left)
	{
		struct nlattr *fields[ETHTOOL_A_BITSET_BIT_MAX + 1];
		if (nla_parse_nested(fields, ETHTOOL_A_BITSET_BIT_MAX, bit, NULL) < 0 ||
		    !fields[ETHTOOL_A_BITSET_BIT_NAME])
			continue;
		/* The list without a mask holds the bits that are on. */
		for (const char *const *name = query->names; *name; name++)
			query->found |= strcmp(nla_get_string(fields[ETHTOOL_A_BITSET_BIT_NAME]), *name) == 0;
	}
	return NL_OK;
}

int ethtool_get_features(const struct ethtool *ethtool, const char *device, const char *const *names, bool *on,
			 struct lad_error *err)
{
	cleanup_message struct nl_msg *message = request(ethtool, ETHTOOL_MSG_FEATURES_GET, device);
	struct feature_query query = {.names = names};
	struct answer answer = {read_active, &query, false};
	int status = message ? ask(ethtool, message, &answer) : -NLE_NOMEM;
	if (status < 0)
		return network_error(err, status, "cannot read the features of %s", device);
	*on = query.found;
	return 0;
}

int ethtool_set_channels(const struct ethtool *ethtool, const char *device, unsigned rx, unsigned tx,
			 struct lad_error *err)
{
	cleanup_message struct nl_msg *message = request(ethtool, ETHTOOL_MSG_CHANNELS_SET, device);
	if (!message || nla_put_u32(message, ETHTOOL_A_CHANNELS_RX_COUNT, rx) < 0 ||
	    nla_put_u32(message, ETHTOOL_A_CHANNELS_TX_COUNT, tx) < 0)
		return no_memory(err);
	struct answer answer = {ignore_answer, NULL, false};
	int status = ask(ethtool, message, &answer);
	return status < 0 ? network_error(err, status, "cannot give %s %u queues", device, rx) : 0;
}

static int read_channels(struct nlattr **attributes, void *into)
{
	static const int fields[] = {ETHTOOL_A_CHANNELS_RX_COUNT, ETHTOOL_A_CHANNELS_TX_COUNT,
				     ETHTOOL_A_CHANNELS_RX_MAX, ETHTOOL_A_CHANNELS_TX_MAX};
	struct queue_counts *channels = into;
	unsigned *const values[] = {&channels->rx, &channels->tx, &channels->rx_max, &channels->tx_max};
	for (int i = 0; i < 4; i++)
		if (attributes[fields[i]])
			*values[i] = nla_get_u32(attributes[fields[i]]);
	return NL_OK;
}

int ethtool_get_channels(const struct ethtool *ethtool, const char *device, struct queue_counts *channels,
			 struct lad_error *err)
{
	cleanup_message struct nl_msg *message = request(ethtool, ETHTOOL_MSG_CHANNELS_GET, device);
	struct answer answer = {read_channels, channels, false};
	memset(channels, 0, sizeof *channels);
	int status = message ? ask(ethtool, message, &answer) : -NLE_NOMEM;
	return status < 0 ? network_error(err, status, "cannot read the queues of %s", device) : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each rung is what it says, seen from the wire and from the kernel's own tables. */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define PAYLOAD "are you who you say"

struct network {
	struct lad_host hosts[2];
	struct lad_path path;
	int wire, capture; /* capture: a packet socket on the sink host's eth0 */
};

struct call {
	const struct network *network;
	int fd;
	struct sockaddr_in peer; /* whom the sink heard */
};

static int open_capture(void *arg)
{
	int *fd = arg;
	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	return *fd;
}

static int open_sink(void *arg)
{
	struct call *call = arg;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(call->network->path.listen_port)};
	struct timeval limit = {.tv_sec = 30}; /* it is there at once or never */
	call->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(call->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return bind(call->fd, (struct sockaddr *)&address, sizeof address);
}

static int send_one(void *arg)
{
	const struct call *call = arg;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(call->network->path.target_port)};
	inet_pton(AF_INET, call->network->path.target_address, &address.sin_addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t sent = sendto(fd, PAYLOAD, sizeof PAYLOAD, 0, (struct sockaddr *)&address, sizeof address);
	close(fd);
	return sent == sizeof PAYLOAD ? 0 : -1;
}

static void build(struct network *network, enum lad_mode mode, enum lad_placement placement)
{
	struct lad_error err = {0};
	memset(network, 0, sizeof *network);
	if (lad_hosts_make(network->hosts, 2, LAD_IP_V4, 1500, 0, &network->wire, &err) < 0)
		fail_msg("%s", err.message);
	struct lad_path_request request = {.hosts = network->hosts, .host_count = 2, .placement = placement};
	if (lad_path_up(mode, &request, &network->path, &err) < 0)
		fail_msg("%s: %s", lad_mode_name(mode), err.message);
	network->capture = -1;
	assert_true(lad_netns_run(network->hosts[1].netns_fd, open_capture, &network->capture, &err) >= 0);
}

static void tear_down(struct network *network)
{
	close(network->capture);
	lad_path_close(&network->path);
	lad_hosts_close(network->hosts, 2, &network->wire);
}

/* One datagram from the generator's place to the sink's; returns the address that the sink saw. */
static struct sockaddr_in exchange(const struct network *network)
{
	struct call call = {.network = network, .fd = -1};
	char buffer[64] = "";
	socklen_t length = sizeof call.peer;
	assert_int_equal(lad_netns_run(network->path.sink.netns_fd, open_sink, &call, NULL), 0);
	assert_int_equal(lad_netns_run(network->path.generator.netns_fd, send_one, &call, NULL), 0);
	assert_int_equal(recvfrom(call.fd, buffer, sizeof buffer, 0, (struct sockaddr *)&call.peer, &length),
			 sizeof PAYLOAD);
	assert_string_equal(buffer, PAYLOAD);
	close(call.fd);
	return call.peer;
}

/* The first frame on the sink host's eth0 that carries our payload; its length, or 0. */
static size_t captured_frame(const struct network *network, unsigned char *frame, size_t size)
{
	ssize_t got;
	while ((got = recv(network->capture, frame, size, 0)) > 0)
		if (memmem(frame, (size_t)got, PAYLOAD, sizeof PAYLOAD))
			return (size_t)got;
	return 0;
}

static void assert_address(struct in_addr address, const char *expected)
{
	char text[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &address, text, sizeof text);
	assert_string_equal(text, expected);
}

static const enum lad_mode usable[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};

static void test_every_mode_connects_in_both_placements(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int placement = 0; placement < LAD_PLACEMENT_COUNT; placement++) {
			struct network network;
			build(&network, usable[i], (enum lad_placement)placement);
			exchange(&network);
			tear_down(&network);
		}
}

static ino_t inode(int fd)
{
	struct stat info;
	assert_return_code(fstat(fd, &info), errno);
	return info.st_ino;
}

static void test_host_mode_is_the_hosts_own_namespace(void **state)
{
	(void)state;
	struct network network;
	build(&network, LAD_MODE_HOST, LAD_CROSS_HOST);
	assert_true(inode(network.path.generator.netns_fd) == inode(network.hosts[0].netns_fd));
	assert_true(inode(network.path.sink.netns_fd) == inode(network.hosts[1].netns_fd));
	tear_down(&network);
	build(&network, LAD_MODE_MACVLAN, LAD_CROSS_HOST);
	assert_true(inode(network.path.generator.netns_fd) != inode(network.hosts[0].netns_fd));
	tear_down(&network);
}

static void test_macvlan_shows_a_mac_of_its_own_on_the_wire(void **state)
{
	(void)state;
	struct network network;
	unsigned char frame[2048];
	uint8_t host_mac[6], child_mac[6];
	build(&network, LAD_MODE_MACVLAN, LAD_CROSS_HOST);
	exchange(&network);
	assert_true(captured_frame(&network, frame, sizeof frame) > 0);
	assert_int_equal(lad_link_mac(network.hosts[0].netns_fd, "eth0", host_mac, NULL), 0);
	assert_int_equal(lad_link_mac(network.path.generator.netns_fd, "eth0", child_mac, NULL), 0);
	assert_memory_not_equal(host_mac, child_mac, 6);
	assert_memory_equal(frame + 6, child_mac, 6);
	tear_down(&network);
}

static void test_bridge_server_sees_the_client_hosts_address_and_conntrack_holds_the_dnat(void **state)
{
	(void)state;
	static struct finished finished;
	struct network network;
	build(&network, LAD_MODE_BRIDGE, LAD_CROSS_HOST);
	struct sockaddr_in seen = exchange(&network);
	assert_address(seen.sin_addr, network.hosts[0].address);
	const char *const list[] = {"conntrack", "-L", "-p", "udp", NULL};
	support_run(&finished, network.hosts[1].netns_fd, -1, list);
	/* The original direction names the published address and port, the reply comes from the container. */
	assert_non_null(strstr(finished.out, "dst=198.18.0.2"));
	assert_non_null(strstr(finished.out, "dport=15202"));
	assert_non_null(strstr(finished.out, "src=198.19.1.3"));
	assert_non_null(strstr(finished.out, "sport=5202"));
	tear_down(&network);
}

/* Whether the kernel tracks a UDP connection to PORT in NETNS_FD. */
static bool is_tracked(int netns_fd, const char *port)
{
	static struct finished finished;
	char wanted[32];
	const char *const list[] = {"conntrack", "-L", "-p", "udp", NULL};
	support_run(&finished, netns_fd, -1, list);
	snprintf(wanted, sizeof wanted, " dport=%s ", port);
	return strstr(finished.out, wanted) != NULL;
}

/* As seen in the namespaces of two engines; scripts/side-by-side.sh holds what it costs against them. */
static void test_traffic_is_tracked_where_docker_engine_tracks_it(void **state)
{
	(void)state;
	static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct network network;
		build(&network, modes[i], LAD_CROSS_HOST);
		exchange(&network);
		int host = network.hosts[0].netns_fd;
		/* In the containers, for the sake of the DNS server's rules; and a host mode's are the host. */
		assert_true(is_tracked(network.path.sink.netns_fd, "5202"));
		assert_int_equal(is_tracked(host, "5202"), modes[i] == LAD_MODE_HOST);
		assert_int_equal(is_tracked(host, "15202"), modes[i] == LAD_MODE_BRIDGE);
		assert_int_equal(is_tracked(host, "4789"), modes[i] == LAD_MODE_OVERLAY);
		tear_down(&network);
	}
}

static void test_overlay_traffic_is_vxlan_on_port_4789_with_its_vni(void **state)
{
	(void)state;
	struct network network;
	unsigned char frame[2048];
	build(&network, LAD_MODE_OVERLAY, LAD_CROSS_HOST);
	exchange(&network);
	assert_true(captured_frame(&network, frame, sizeof frame) > 0);
	struct iphdr ip;
	struct udphdr udp;
	memcpy(&ip, frame + 14, sizeof ip);
	memcpy(&udp, frame + 34, sizeof udp);
	assert_int_equal(ip.protocol, IPPROTO_UDP);
	assert_address((struct in_addr){ip.saddr}, network.hosts[0].address);
	assert_int_equal(ntohs(udp.dest), LAD_VXLAN_PORT);
	assert_int_equal(frame[42], 0x08); /* RFC 7348, 5: the I flag, then the VNI in the upper 24 bits */
	assert_int_equal(frame[46] << 16 | frame[47] << 8 | frame[48], LAD_OVERLAY_VNI);
	assert_int_equal(network.path.generator.mtu_bytes, 1450);
	tear_down(&network);
}

static void test_ipvlan_is_skipped_with_a_reason_or_shares_the_hosts_mac(void **state)
{
	(void)state;
	struct lad_error err = {0};
	if (lad_network_of(LAD_MODE_IPVLAN_L2)->probe(&err) < 0) {
		assert_non_null(strstr(err.message, "ipvlan is not in this kernel"));
		assert_int_equal(err.exit_code, LAD_EXIT_UNABLE);
		return;
	}
	struct network network;
	uint8_t host_mac[6], child_mac[6];
	build(&network, LAD_MODE_IPVLAN_L2, LAD_CROSS_HOST);
	exchange(&network);
	assert_int_equal(lad_link_mac(network.hosts[0].netns_fd, "eth0", host_mac, NULL), 0);
	assert_int_equal(lad_link_mac(network.path.generator.netns_fd, "eth0", child_mac, NULL), 0);
	assert_memory_equal(host_mac, child_mac, 6);
	tear_down(&network);
}

static void test_building_leaves_our_own_namespace_alone(void **state)
{
	(void)state;
	struct leftovers before = support_leftovers();
	for (size_t i = 0; i < 4; i++) {
		struct network network;
		build(&network, usable[i], LAD_CROSS_HOST);
		struct leftovers during = support_leftovers();
		assert_int_equal(during.links, before.links);
		assert_int_equal(during.mounts, before.mounts);
		tear_down(&network);
	}
}

static int set_up(void **state)
{
	(void)state;
	support_leave_namespaces();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_mode_connects_in_both_placements),
	    cmocka_unit_test(test_host_mode_is_the_hosts_own_namespace),
	    cmocka_unit_test(test_macvlan_shows_a_mac_of_its_own_on_the_wire),
	    cmocka_unit_test(test_bridge_server_sees_the_client_hosts_address_and_conntrack_holds_the_dnat),
	    cmocka_unit_test(test_traffic_is_tracked_where_docker_engine_tracks_it),
	    cmocka_unit_test(test_overlay_traffic_is_vxlan_on_port_4789_with_its_vni),
	    cmocka_unit_test(test_ipvlan_is_skipped_with_a_reason_or_shares_the_hosts_mac),
	    cmocka_unit_test(test_building_leaves_our_own_namespace_alone),
	};
	return cmocka_run_group_tests_name("networks", tests, set_up, NULL);
}

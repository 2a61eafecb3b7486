/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/tools.h"
#include "netladder/cleanup.h"

/*
 * `netladder-agent --facts`: what the machine around this container looks like, as one JSON object. The docker lab
 * asks it in the engine's host network, for an engine's API does not tell the host's devices and addresses.
 */

#define ATTRIBUTE(message) ((struct rtattr *)((char *)(message) + NLMSG_ALIGN((message)->nlmsg_len)))

static int device_mtu(int fd, const char *name)
{
	struct ifreq request = {0};
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return ioctl(fd, SIOCGIFMTU, &request) < 0 ? 0 : request.ifr_mtu;
}

static void add_interfaces(cJSON *root)
{
	struct ifaddrs *first;
	cJSON *list = cJSON_AddArrayToObject(root, "interfaces");
	lad_cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || getifaddrs(&first) < 0)
		return;
	for (struct ifaddrs *address = first; address; address = address->ifa_next) {
		char text[INET_ADDRSTRLEN];
		if (!address->ifa_addr || address->ifa_addr->sa_family != AF_INET)
			continue;
		struct sockaddr_in ipv4;
		memcpy(&ipv4, address->ifa_addr, sizeof ipv4);
		inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof text);
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "name", address->ifa_name);
		cJSON_AddStringToObject(object, "address", text);
		cJSON_AddNumberToObject(object, "mtu", device_mtu(fd, address->ifa_name));
		cJSON_AddItemToArray(list, object);
	}
	freeifaddrs(first);
}

/* Addresses by which other machines may know this one: not the loopback's, nor those that hold on one link alone. */
static void add_ipv6(cJSON *root)
{
	struct ifaddrs *first;
	cJSON *list = cJSON_AddArrayToObject(root, "ipv6");
	if (getifaddrs(&first) < 0)
		return;
	for (struct ifaddrs *address = first; address; address = address->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		if (!address->ifa_addr || address->ifa_addr->sa_family != AF_INET6)
			continue;
		struct sockaddr_in6 ipv6;
		memcpy(&ipv6, address->ifa_addr, sizeof ipv6);
		if (IN6_IS_ADDR_LINKLOCAL(&ipv6.sin6_addr) || IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr))
			continue;
		inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof text);
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "name", address->ifa_name);
		cJSON_AddStringToObject(object, "address", text);
		cJSON_AddItemToArray(list, object);
	}
	freeifaddrs(first);
}

/* The device of the default route, from /proc/net/route. */
static void add_default_device(cJSON *root)
{
	char line[512], device[IFNAMSIZ];
	unsigned long destination, mask;
	lad_cleanup_file FILE *routes = fopen("/proc/net/route", "re");
	while (routes && fgets(line, sizeof line, routes))
		if (sscanf(line, "%15s %lx %*x %*x %*d %*d %*d %lx", device, &destination, &mask) == 3 &&
		    destination == 0 && mask == 0) {
			cJSON_AddStringToObject(root, "default_device", device);
			return;
		}
}

static void add_attribute(struct nlmsghdr *message, unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute = ATTRIBUTE(message);
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

/* Tries to make a vxlan device in this network namespace and removes it again. 0, or an errno value. */
static int try_vxlan(void)
{
	union {
		struct nlmsghdr header;
		char bytes[512];
	} request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
				.nlmsg_type = RTM_NEWLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL}};
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	unsigned vni = 4096;
	add_attribute(&request.header, IFLA_IFNAME, "netladder0", sizeof "netladder0");
	struct rtattr *info = ATTRIBUTE(&request.header);
	add_attribute(&request.header, IFLA_LINKINFO, NULL, 0);
	add_attribute(&request.header, IFLA_INFO_KIND, "vxlan", sizeof "vxlan");
	struct rtattr *data = ATTRIBUTE(&request.header);
	add_attribute(&request.header, IFLA_INFO_DATA, NULL, 0);
	add_attribute(&request.header, IFLA_VXLAN_ID, &vni, sizeof vni);
	data->rta_len = (unsigned short)((char *)ATTRIBUTE(&request.header) - (char *)data);
	info->rta_len = (unsigned short)((char *)ATTRIBUTE(&request.header) - (char *)info);
	lad_cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
		return errno;
	if (answer.header.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	int error = -((struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
	request.header.nlmsg_type = RTM_DELLINK;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (error == 0 &&
	    (send(fd, &request, request.header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0))
		return errno;
	return error;
}

int agent_print_facts(bool vxlan)
{
	cJSON *root = cJSON_CreateObject();
	add_interfaces(root);
	add_ipv6(root);
	add_default_device(root);
	if (vxlan)
		cJSON_AddStringToObject(root, "vxlan", strerror(try_vxlan()));
	lad_cleanup_free char *text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text && puts(text) >= 0 ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine's address is one, however it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "agent/by_hand/by_hand.h"
#include "agent/socket/address.h"

static struct sockaddr_storage address_of(const char *text, uint16_t port, socklen_t *bytes)
{
	struct sockaddr_storage address = {.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	bool is_v6 = address.ss_family == AF_INET6;
	void *bits = is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr;
	assert_int_equal(inet_pton(address.ss_family, text, bits), 1);
	v4->sin_port = htons(port); /* in the same place in both */
	*bytes = is_v6 ? sizeof *v6 : sizeof *v4;
	return address;
}

static void test_an_ipv4_address_inside_an_ipv6_one_is_the_ipv4_address(void **state)
{
	(void)state;
	static const struct {
		const char *text, *plain;
		int family;
	} cases[] = {{"::ffff:192.0.2.1", "192.0.2.1", AF_INET},
		     {"::FFFF:C000:201", "192.0.2.1", AF_INET},
		     {"192.0.2.1", "192.0.2.1", AF_INET},
		     {"2001:DB8:0:0::1", "2001:db8::1", AF_INET6},
		     {"::192.0.2.1", "::192.0.2.1", AF_INET6}}; /* another address, of old */
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		socklen_t bytes;
		char text[ADDRESS_TEXT_MAX];
		struct sockaddr_storage address = address_of(cases[i].text, 5202, &bytes);
		agent_address_plain(&address, &bytes);
		agent_address_text(&address, text);
		assert_int_equal(address.ss_family, cases[i].family);
		assert_int_equal(bytes,
				 cases[i].family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		assert_int_equal(((struct sockaddr_in *)&address)->sin_port, htons(5202));
		assert_string_equal(text, cases[i].plain);
	}
}

/* A datagram from FROM to PORT of this machine. */
static void send_from(const char *from, const char *to, uint16_t port)
{
	socklen_t bytes;
	struct sockaddr_storage source = address_of(from, 0, &bytes), target = address_of(to, port, &bytes);
	int fd = socket(source.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(fd, (struct sockaddr *)&source, bytes), errno);
	assert_int_equal(sendto(fd, from, 1, 0, (struct sockaddr *)&target, bytes), 1);
	close(fd);
}

static void test_a_filter_on_a_socket_for_both_families_knows_its_peer_either_way(void **state)
{
	(void)state;
	static const char *const peers[] = {"::ffff:127.0.0.2", "127.0.0.2", "::1"};
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
		struct lad_error err = {0};
		struct sockaddr_in6 any = {.sin6_family = AF_INET6};
		socklen_t bytes = sizeof any;
		char byte;
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			skip(); /* no IPv6 here */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
		assert_return_code(bind(fd, (struct sockaddr *)&any, sizeof any), errno);
		assert_return_code(getsockname(fd, (struct sockaddr *)&any, &bytes), errno);
		uint16_t port = ntohs(any.sin6_port);
		struct sockaddr_storage peer = address_of(peers[i], 0, &bytes);
		if (agent_only_from(fd, &peer, &err) < 0 && err.saved_errno == EPERM) {
			close(fd);
			skip(); /* only root may filter here */
		}
		send_from("127.0.0.3", "127.0.0.1", port);
		send_from(i == 2 ? "127.0.0.2" : "::1", i == 2 ? "127.0.0.1" : "::1", port);
		assert_int_equal(recv(fd, &byte, 1, 0), -1);
		send_from(i == 2 ? "::1" : "127.0.0.2", i == 2 ? "::1" : "127.0.0.1", port);
		assert_int_equal(recv(fd, &byte, 1, 0), 1);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_ipv4_address_inside_an_ipv6_one_is_the_ipv4_address),
	    cmocka_unit_test(test_a_filter_on_a_socket_for_both_families_knows_its_peer_either_way),
	};
	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/by_hand/by_hand.h"
#include "agent/socket/address.h"

#define SOURCE_V4 12 /* of the source address in the IPv4 header, RFC 791 */
#define SOURCE_V6 8  /* and in the IPv6 header, RFC 8200 */

int agent_only_from(int fd, const struct sockaddr_storage *peer, struct lad_error *err)
{
	uint32_t words[4];
	struct sockaddr_storage plain = *peer;
	socklen_t bytes = sizeof plain;
	agent_address_plain(&plain, &bytes);
	bool v6 = plain.ss_family == AF_INET6;
	int count = v6 ? 4 : 1;
	uint32_t offset = v6 ? SOURCE_V6 : SOURCE_V4;
	if (v6)
		memcpy(words, &((const struct sockaddr_in6 *)&plain)->sin6_addr, 16);
	else
		memcpy(words, &((const struct sockaddr_in *)&plain)->sin_addr, 4);
	/* The version, which a socket for both families has to ask for. Then two instructions a word of the address:
	 * load it from the network header, compare; then "take" and "drop". */
	unsigned char beyond_words = (unsigned char)(2 * count + 1);
	struct sock_filter code[13] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF),
				       BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
				       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6 ? 6 : 4, 0, beyond_words)};
	unsigned short used = 3;
	for (int i = 0; i < count; i++) {
		unsigned char to_drop = (unsigned char)(2 * (count - 1 - i) + 1);
		code[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							    (uint32_t)SKF_NET_OFF + offset + 4 * (uint32_t)i);
		code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(words[i]), 0, to_drop);
	}
	code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {used, code};
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
		return lad_error_errno(err, errno, "cannot keep other machines out");
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/workload_facts.h"

static const struct lad_workload_facts tcp_stream = {
    .phrase = "TCP bulk transfer",
    .summary = "a TCP connection carries as much as it can; goodput is the payload counted at the receiver.",
    .message_bytes = "128KiB",
    .message_least = "1",
    .message_most = "1MiB",
    .socket_buffer = "512KiB",
    .congestion_control = "cubic",
};

static const struct lad_workload_facts udp_stream = {
    .phrase = "UDP datagrams",
    .summary = "datagrams are sent one system call each; those that arrive are counted.",
    .message_bytes = "64",
    .message_least = "24",
    .message_most = "65507",
    .socket_buffer = "auto",
    .congestion_control = "",
};

static const struct lad_workload_facts tcp_rr = {
    .phrase = "TCP request and response",
    .summary = "a request goes out when the last response is back, on an open TCP connection.",
    .message_bytes = "1",
    .message_least = "1",
    .message_most = "1MiB",
    .socket_buffer = "auto",
    .congestion_control = "cubic",
};

static const struct lad_workload_facts tcp_crr = {
    .phrase = "TCP connect, request, response",
    .summary = "each request opens a TCP connection of its own and closes it.",
    .message_bytes = "1",
    .message_least = "1",
    .message_most = "1MiB",
    .socket_buffer = "auto",
    .congestion_control = "cubic",
};

static const struct lad_workload_facts udp_rr = {
    .phrase = "UDP request and response",
    .summary = "a request goes out when the last response is back, by UDP.",
    .message_bytes = "1",
    .message_least = "1",
    .message_most = "65507",
    .socket_buffer = "auto",
    .congestion_control = "",
};

static const struct lad_workload_facts dns_rr = {
    .phrase = "DNS lookups",
    .summary = "the server’s container is looked up by name, each lookup after the last, from a new UDP socket.",
    .message_bytes = "1",
    .message_least = "1",
    .message_most = "1",
    .socket_buffer = "auto",
    .congestion_control = "",
};

#define FACTS(NAME, name, word) &(name),
static const struct lad_workload_facts *const workloads[LAD_WORKLOAD_COUNT] = {LAD_WORKLOADS(FACTS)};

const struct lad_workload_facts *lad_workload_of(enum lad_workload_kind kind)
{
	return workloads[kind];
}

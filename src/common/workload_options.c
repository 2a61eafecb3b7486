/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/workload_option.h"

#include <stdio.h>

/*
 * The table. Its order is that of the words in the column `options`, where a new one comes last: rows of older results
 * keep theirs.
 */

#define BIT(kind) (1u << (kind))
#define STREAMS (BIT(LAD_TCP_STREAM) | BIT(LAD_UDP_STREAM))
#define ANSWERS (BIT(LAD_TCP_RR) | BIT(LAD_TCP_CRR) | BIT(LAD_UDP_RR))
#define TRAFFIC (STREAMS | ANSWERS)
#define TCP (BIT(LAD_TCP_STREAM) | BIT(LAD_TCP_RR) | BIT(LAD_TCP_CRR))
#define UDP (BIT(LAD_UDP_STREAM) | BIT(LAD_UDP_RR))
#define DNS BIT(LAD_DNS_RR)

#define DATAGRAM_MOST 65507 /* of payload: 65535 less the headers of IPv4 and UDP */

#define PLACE(structure, member)                                                                                       \
	{                                                                                                              \
		offsetof(struct structure, member), sizeof(((struct structure *)NULL)->member)                         \
	}
/* A member that a workload and its job have in common, and that travels under its own name. */
#define BOTH(member) .workload = PLACE(lad_workload, traffic.member), .job = PLACE(lad_job, member), .field = #member
#define WORDS(list) .words = (list), .word_count = (int)(sizeof(list) / sizeof *(list))

static const char *const rate_per_words[] = {"total", "flow"};
static const char *const nagle_words[] = {"true", "false"}; /* of TCP_NODELAY */
static const char *const fragment_words[] = {"auto", "false", "true"};

static void describe_rate(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX])
{
	out[0] = '\0';
	if (traffic->rate_per_s > 0)
		snprintf(out, LAD_OPTIONS_MAX, "rate=%.10g/s", traffic->rate_per_s);
	else if (traffic->rate_bps > 0)
		snprintf(out, LAD_OPTIONS_MAX, "rate=%.10gbit", traffic->rate_bps);
}

/* One word: blanks become plus signs. */
static void describe_mix(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX])
{
	snprintf(out, LAD_OPTIONS_MAX, "%s%s", traffic->sizes[0] ? "mix=" : "", traffic->sizes);
	for (char *at = out; *at; at++)
		if (*at == ' ')
			*at = '+';
}

static void describe_think(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX])
{
	out[0] = '\0';
	if (traffic->think_ns > 0)
		snprintf(out, LAD_OPTIONS_MAX, "think=%.10gus", (double)traffic->think_ns / 1e3);
}

static int check_response(const struct lad_job *job, struct lad_error *err)
{
	if (job->sizes[0])
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a mix of sizes has responses as long as its requests; valid: one of the two");
	if (lad_is_udp(job->workload) && job->response_bytes > DATAGRAM_MOST)
		return lad_error_set(err, LAD_EXIT_USAGE, "%lld bytes is too large for %s; valid: 1 to %d",
				     (long long)job->response_bytes, lad_workload_name(job->workload), DATAGRAM_MOST);
	return 0;
}

/* clang-format off */
const struct lad_workload_option lad_workload_options[] = {
	{.key = "message_bytes", .type = LAD_OPTION_BYTES, .fallback = "", .least = "1", .most = "1MiB",
	 .workload = PLACE(lad_workload, message_bytes), .job = PLACE(lad_job, message_bytes),
	 .meaning = "Payload of one write, datagram, request or response. UDP: at most 65507, and `udp_stream` at least 24, its "
		    "header.",
	 .hand = "message-bytes", .letter = 'm', .hand_value = "BYTES",
	 .help = "Of a write, datagram, request and response (128KiB, 64, 1)"},
	{.key = "flows", .type = LAD_OPTION_NUMBER, .fallback = "1", .least = "1", .most = "1024",
	 .workload = PLACE(lad_workload, flows), .job = PLACE(lad_job, flows),
	 .meaning = "Sockets at the same time.",
	 .hand = "flows", .letter = 'f', .hand_value = "N", .hand_most = "16384",
	 .help = "Connections, or UDP sockets, at once (1)"},
	{.key = "socket_buffer", .type = LAD_OPTION_BYTES, .fallback = "", .least = "4KiB", .most = "256MiB", .none = "auto",
	 .workload = PLACE(lad_workload, socket_buffer_bytes), .job = PLACE(lad_job, socket_buffer_bytes),
	 .meaning = "`SO_SNDBUF` and `SO_RCVBUF` on both sides; `auto` leaves them to the kernel.",
	 .hand = "socket-buffer", .hand_value = "BYTES", .hand_most = "1GiB",
	 .help = "Of sending and receiving, both sides (automatic)"},
	{.key = "congestion_control", .type = LAD_OPTION_ALGORITHM, .fallback = "", .kinds = TCP,
	 .workload = PLACE(lad_workload, congestion_control), .job = PLACE(lad_job, congestion_control),
	 .meaning = "TCP only: an algorithm that the kernel has, see `sysctl net.ipv4.tcp_available_congestion_control`.",
	 .hand = "congestion-control", .hand_value = "NAME",
	 .help = "TCP: cubic, bbr, ... (the machine's default)"},
	{.key = "name", .type = LAD_OPTION_HOSTNAME, .fallback = "", .kinds = DNS, BOTH(name), .word = "name",
	 .meaning = "By this name other entries have it as their `background`, in at most 15 bytes; each name once. Of `dns_rr` it "
		    "is what is looked up, whatever its address is. Without it: the server container's, and the answer has to be its "
		    "address.",
	 .hand = "name", .hand_value = "NAME",
	 .help = "dns_rr: what to look up, without search domains"},
	{.key = "io", .type = LAD_OPTION_WORD, WORDS(lad_io_names), .kinds = BIT(LAD_UDP_STREAM), BOTH(io), .word = "io",
	 .meaning = "`udp_stream`: one system call a datagram, many a call (`sendmmsg`), or many a packet, cut and joined by the "
		    "kernel (`UDP_SEGMENT`, `UDP_GRO`).",
	 .hand = "io", .hand_value = "HOW",
	 .help = "udp_stream: plain (a system call a datagram), batch (sendmmsg), gso (the kernel cuts and joins)"},
	{.key = "receive", .type = LAD_OPTION_WORD, WORDS(lad_receive_names), .kinds = BIT(LAD_TCP_STREAM), BOTH(receive),
	 .word = "receive",
	 .meaning = "`tcp_stream`: the receiver throws the bytes away inside the kernel, or copies them."},
	{.key = "direction", .type = LAD_OPTION_WORD, WORDS(lad_direction_names), .kinds = STREAMS, BOTH(direction),
	 .word = "direction",
	 .meaning = "Streams: client to server, server to client, or both at once, each at the full rate: `tcp_stream` on the same "
		    "connection; `udp_stream` between the same sockets, after the client has spoken first.",
	 .hand = "direction", .hand_value = "WAY",
	 .help = "tcp_stream, udp_stream: forward, to the sink; reverse, from the sink; or both at once, and then the lines a "
		 "second are of what goes to the sink (forward)"},
	{.key = "rate", .type = LAD_OPTION_LOAD, .fallback = "unlimited", .none = "unlimited", .kinds = TRAFFIC,
	 .describe = describe_rate,
	 .meaning = "`1000/s`: messages, or transactions, at intended times whatever became of those before (open loop; latency "
		    "counts from the intended time). `10Mbit`: payload, of the requests where there are any; `udp_stream`, `rr` "
		    "and `crr` send it as so many messages a second, a `tcp_stream` is paced by the kernel, unless `pacing` says "
		    "otherwise.",
	 .hand = "rate", .letter = 'r', .hand_value = "RATE",
	 .help = "Open loop: 1000/s (or 1000) messages a second, each at its time whatever became of those before; latency counts "
		 "from then. 10Mbit: payload, sent as so many messages, save for tcp_stream, which the kernel paces (see "
		 "--pacing). Without it: as fast as it goes, or one request outstanding a flow"},
	{.key = "rate_per", .type = LAD_OPTION_CHOICE, WORDS(rate_per_words),
	 .workload = PLACE(lad_workload, traffic.rate_per_flow), .word = "rate_per",
	 .meaning = "Whether `rate` is of all flows together, or of each.",
	 .hand = "rate-per", .hand_value = "WHAT",
	 .help = "total: --rate is of all flows together; flow: of each (total)"},
	{.key = "pacing", .type = LAD_OPTION_WORD, WORDS(lad_pacing_names),
	 .workload = PLACE(lad_workload, traffic.pacing), .word = "pacing",
	 .meaning = "Who keeps a stream to its `rate`. `timer`: the sender hands each message over when it is due. "
		    "`max_pacing_rate`: the kernel (`SO_MAX_PACING_RATE`). `txtime`: datagrams have their times with them "
		    "(`SO_TXTIME`). `auto`: the kernel for a `tcp_stream` with a rate in bits, else a timer. Datagrams leave by "
		    "the kernel's clock only where the device has the qdisc `fq`, see `tunings`; elsewhere the trial is skipped.",
	 .hand = "pacing", .hand_value = "HOW",
	 .help = "Who keeps a stream to --rate: timer, the sender; max_pacing_rate, the kernel (SO_MAX_PACING_RATE); txtime, "
		 "datagrams have their times with them (SO_TXTIME). The kernel paces datagrams only where the device has the "
		 "qdisc fq (auto: the kernel for a tcp_stream with a rate in bits, else timer)"},
	{.key = "message_mix", .type = LAD_OPTION_SIZES, .fallback = "none", .none = "none", BOTH(sizes), .describe = describe_mix,
	 .meaning = "Message sizes in place of `message_bytes`. `64 1400`: each as often; `24*7 1400*1`: weighted; `64..1400`: "
		    "uniform; `imix`: `24*7 548*4 1400*1`. Each flow goes through the same seeded order, from a place of its own "
		    "on. A response is as long as its request; `tcp_crr` needs 4 bytes or more, because its requests begin with "
		    "their size.",
	 .hand = "message-mix", .hand_value = "SIZES",
	 .help = "In place of --message-bytes: '64 1400', each as often; '24*7 1400*1', weighted; 64..1400, uniform; imix, which "
		 "is '24*7 548*4 1400*1'. A response is as long as its request; tcp_crr needs 4 bytes or more"},
	{.key = "pipeline", .type = LAD_OPTION_NUMBER, .fallback = "1", .least = "1", .most = "1024", .kinds = BIT(LAD_TCP_RR),
	 BOTH(pipeline), .word = "pipeline",
	 .meaning = "`tcp_rr`: requests outstanding on each flow.",
	 .hand = "pipeline", .hand_value = "N",
	 .help = "tcp_rr: requests outstanding on each flow (1)"},
	{.key = "requests", .type = LAD_OPTION_NUMBER, .fallback = "1", .least = "1", .most = "1000000",
	 .kinds = BIT(LAD_TCP_CRR), BOTH(requests), .word = "requests",
	 .meaning = "`tcp_crr`: transactions on a connection."},
	{.key = "think_time", .type = LAD_OPTION_DURATION, .fallback = "0", .least = "0", .most = "10s", .kinds = ANSWERS | DNS,
	 BOTH(think_ns), .describe = describe_think,
	 .meaning = "`rr` and `crr`, closed loop: each flow rests so long between a response and its next request. Latency does "
		    "not count the rest.",
	 .hand = "think-time", .hand_value = "TIME", .hand_most = "100s",
	 .help = "tcp_rr, tcp_crr, udp_rr, dns_rr without --rate: rest between a response and the flow's next request (0)"},
	{.key = "burst", .type = LAD_OPTION_NUMBER, .fallback = "1", .least = "1", .most = "10000", BOTH(burst), .word = "burst",
	 .meaning = "With a `rate` of messages: so many leave together, and then so many intervals pass. `tcp_crr` needs as many "
		    "flows to send them at once.",
	 .hand = "burst", .hand_value = "N",
	 .help = "With --rate: N messages leave together, and then N intervals pass (1)"},
	{.key = "threads", .type = LAD_OPTION_NUMBER, .fallback = "1", .least = "1", .most = "64", BOTH(threads),
	 .word = "threads",
	 .meaning = "So many threads in each agent, each with a loop of its own and its share of the flows; at most as many as "
		    "`flows`. `bytes`, `transactions`, `rate` and `burst` are of all threads together. With `cpus: pinned` each "
		    "thread has a CPU to itself as far as there are enough: the client's from the last one back, the server's from "
		    "the first one on.",
	 .hand = "threads", .hand_value = "N",
	 .help = "Threads on each side, the flows dealt over them; taskset(1) says on which CPUs (1)"},
	{.key = "payload", .type = LAD_OPTION_WORD, WORDS(lad_payload_names), .kinds = TRAFFIC, BOTH(payload), .word = "payload",
	 .meaning = "Zeros, or seeded random bytes, which nothing on the way can compress."},
	{.key = "verify", .type = LAD_OPTION_FLAG, .kinds = TRAFFIC, BOTH(verify), .word = "verify",
	 .meaning = "Compare every byte that arrives; a wrong one fails the trial. A `tcp_stream` is then copied.",
	 .hand = "verify",
	 .help = "The receiver checks every byte; a wrong one ends the run"},
	{.key = "timestamps", .type = LAD_OPTION_FLAG, .kinds = BIT(LAD_TCP_RR) | BIT(LAD_UDP_RR), BOTH(timestamps),
	 .word = "timestamps",
	 .meaning = "`tcp_rr` and `udp_rr`, one flow, closed loop: latency also between the kernel's time stamps "
		    "(`SO_TIMESTAMPING`), and with it the time in the agent."},
	{.key = "nodelay", .type = LAD_OPTION_CHOICE, WORDS(nagle_words), .kinds = TCP, BOTH(nagle), .word = "nodelay",
	 .meaning = "TCP: `TCP_NODELAY`."},
	{.key = "cork", .type = LAD_OPTION_FLAG, .kinds = BIT(LAD_TCP_STREAM), BOTH(cork), .word = "cork",
	 .meaning = "`tcp_stream`: `TCP_CORK`, full segments only."},
	{.key = "zerocopy", .type = LAD_OPTION_FLAG, .kinds = BIT(LAD_TCP_STREAM), BOTH(zerocopy), .word = "zerocopy",
	 .meaning = "`tcp_stream`: `MSG_ZEROCOPY`. What is delivered on the same machine is copied all the same."},
	{.key = "dont_fragment", .type = LAD_OPTION_CHOICE, WORDS(fragment_words), BOTH(dont_fragment), .word = "df",
	 .meaning = "The DF bit, and no fragments from here."},
	{.key = "dscp", .type = LAD_OPTION_NUMBER, .fallback = "0", .least = "0", .most = "63", BOTH(dscp), .word = "dscp",
	 .meaning = "Differentiated services code point."},
	{.key = "ecn", .type = LAD_OPTION_NUMBER, .fallback = "0", .least = "0", .most = "3", .kinds = UDP | DNS, BOTH(ecn),
	 .word = "ecn",
	 .meaning = "UDP: the ECN field; TCP negotiates its own."},
	{.key = "ttl", .type = LAD_OPTION_NUMBER, .fallback = "auto", .least = "1", .most = "255", .none = "auto", BOTH(ttl),
	 .word = "ttl",
	 .meaning = "Time to live."},
	{.key = "busy_poll", .type = LAD_OPTION_DURATION, .fallback = "0", .least = "0", .most = "1s", .unit_ns = 1000,
	 BOTH(busy_poll_us), .word = "busy_poll_us",
	 .meaning = "`SO_BUSY_POLL`, in whole microseconds."},
	{.key = "bytes", .type = LAD_OPTION_BYTES, .fallback = "none", .least = "1", .most = "1000000GB", .none = "none",
	 .kinds = STREAMS, .workload = PLACE(lad_workload, traffic.bytes), .word = "bytes",
	 .meaning = "Streams: the measurement ends once so much payload has arrived, and `duration_s` is what that took. With "
		    "`direction: both`, of the client's. `trials.duration` is the most it may take: what is not there by then is a "
		    "failed trial.",
	 .hand = "bytes", .hand_value = "BYTES",
	 .help = "Streams: end once so much payload has arrived after the warm-up; --duration is then the most it may take "
		 "(3600s)"},
	{.key = "transactions", .type = LAD_OPTION_NUMBER, .fallback = "none", .least = "1", .most = "1000000000000",
	 .none = "none", .kinds = ANSWERS | DNS, .workload = PLACE(lad_workload, traffic.transactions), .word = "transactions",
	 .meaning = "`rr` and `crr`: the same, by transactions.",
	 .hand = "transactions", .hand_value = "N",
	 .help = "tcp_rr, tcp_crr, udp_rr, dns_rr: the same, by transactions"},
	{.key = "mss", .type = LAD_OPTION_NUMBER, .fallback = "auto", .least = "88", .most = "32767", .none = "auto", .kinds = TCP,
	 BOTH(mss), .word = "mss",
	 .meaning = "TCP: maximum segment size (`TCP_MAXSEG`), bytes, TCP's own options included; `auto`: by the route's MTU, which "
		    "is the limit in any case. Time stamps take 12 of these bytes.",
	 .hand = "mss", .hand_value = "BYTES",
	 .help = "TCP: maximum segment size, its options included, in both directions (by the route's MTU)"},
	{.key = "response_bytes", .type = LAD_OPTION_BYTES, .fallback = "auto", .least = "1", .most = "1MiB", .none = "auto",
	 .kinds = ANSWERS, BOTH(response_bytes), .word = "response_bytes", .check = check_response,
	 .meaning = "`rr` and `crr`: payload of a response; `auto`: as long as its request. Not with `message_mix`. `udp_rr`: at "
		    "most 65507.",
	 .hand = "response-bytes", .hand_value = "BYTES",
	 .help = "tcp_rr, tcp_crr, udp_rr: of a response (as long as its request)"},
};
/* clang-format on */

const int lad_workload_option_count = sizeof lad_workload_options / sizeof *lad_workload_options;
_Static_assert(sizeof lad_workload_options / sizeof *lad_workload_options <= LAD_WORKLOAD_OPTIONS_MAX,
	       "room for every option");

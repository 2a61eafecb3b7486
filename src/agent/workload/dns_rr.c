/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls that newer versions of c-ares have successors for are the ones that every version has. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"
#include "agent/core/think.h"
#include "agent/core/window.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/workload/workload.h"

/*
 * One DNS lookup after another on each flow, by c-ares on the agent's loop: one question for an address, IPv4 or IPv6
 * as the expected one is, no search domains, no hosts file, no cache and no second try. As in the C library each lookup
 * has a UDP socket of its own: the next begins when the library has closed the last one's. Latency is from the call to
 * the answer in our hands.
 */

#define LOOKUP_TIMEOUT_MS 1000
/* A name that was just given out may not be known to another host's server at once: how long that is waited for. */
#define DISCOVERY_NS INT64_C(4000000000)
#define DISCOVERY_PAUSE_NS 20000000
/* After a lookup that the library refused at once, lest the loop does nothing else. */
#define REFUSED_PAUSE_S 0.01
/* Sockets of one lookup at a time: one of UDP and one of TCP for each of the servers that resolv.conf may name. */
#define WATCHERS 8
#define ADDRESSES_MAX 16

/* Of c-ares and of DNS; <arpa/nameser.h> has them under names of its own. */
#define CLASS_IN 1
#define TYPE_A 1
#define TYPE_AAAA 28
/* Beside the library's own, which are small: the name has another address. */
#define STATUS_OTHER_ADDRESS (-1)

struct watcher {
	ev_io io;
	bool used;
};

struct dns_lookup { /* of one flow */
	struct agent_flow *flow;
	ares_channel channel;
	struct watcher watchers[WATCHERS];
	bool answered; /* and not counted yet */
	int status;    /* of the last lookup; ARES_SUCCESS: the right address */
	int answer_bytes;
	int64_t answered_ns;
	char other_address[INET6_ADDRSTRLEN]; /* of STATUS_OTHER_ADDRESS */
};

static struct dns_lookup *lookup_of(struct agent_flow *flow)
{
	return &flow->agent->lookups[flow - flow->agent->flows];
}

static int check_addresses6(struct dns_lookup *lookup, unsigned char *answer, int bytes)
{
	const struct agent *agent = lookup->flow->agent;
	struct in6_addr expected = ((const struct sockaddr_in6 *)&agent->address)->sin6_addr;
	struct ares_addr6ttl found[ADDRESSES_MAX];
	int count = ADDRESSES_MAX;
	int status = ares_parse_aaaa_reply(answer, bytes, NULL, found, &count);
	if (status != ARES_SUCCESS || IN6_IS_ADDR_UNSPECIFIED(&expected))
		return status;
	for (int i = 0; i < count; i++)
		if (memcmp(&found[i].ip6addr, &expected, sizeof expected) == 0)
			return ARES_SUCCESS;
	inet_ntop(AF_INET6, &found[0].ip6addr, lookup->other_address, sizeof lookup->other_address);
	return count ? STATUS_OTHER_ADDRESS : ARES_ENODATA;
}

static bool asks_ipv6(const struct agent *agent)
{
	return agent->address.ss_family == AF_INET6;
}

static int check_addresses(struct dns_lookup *lookup, unsigned char *answer, int bytes)
{
	const struct agent *agent = lookup->flow->agent;
	struct in_addr expected = ((const struct sockaddr_in *)&agent->address)->sin_addr;
	struct ares_addrttl found[ADDRESSES_MAX];
	int count = ADDRESSES_MAX;
	int status = ares_parse_a_reply(answer, bytes, NULL, found, &count);
	if (status != ARES_SUCCESS || expected.s_addr == INADDR_ANY)
		return status;
	for (int i = 0; i < count; i++)
		if (found[i].ipaddr.s_addr == expected.s_addr)
			return ARES_SUCCESS;
	inet_ntop(AF_INET, &found[0].ipaddr, lookup->other_address, sizeof lookup->other_address);
	return count ? STATUS_OTHER_ADDRESS : ARES_ENODATA;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *answer, int bytes)
{
	(void)timeouts;
	struct dns_lookup *lookup = arg;
	lookup->answered_ns = agent_now_ns();
	lookup->answered = true;
	lookup->answer_bytes = bytes;
	int (*check)(struct dns_lookup *, unsigned char *, int) =
	    asks_ipv6(lookup->flow->agent) ? check_addresses6 : check_addresses;
	lookup->status = status == ARES_SUCCESS ? check(lookup, answer, bytes) : status;
}

/* What became of the last lookup, for a person. */
static const char *outcome(const struct dns_lookup *lookup, char text[128])
{
	const struct agent *agent = lookup->flow->agent;
	if (lookup->status == STATUS_OTHER_ADDRESS)
		snprintf(text, 128, "it has the address %s and not %s", lookup->other_address, agent->job.address);
	else
		snprintf(text, 128, "%s", ares_strerror(lookup->status));
	return text;
}

static void set_timer(struct dns_lookup *lookup)
{
	ev_timer *timer = &lookup->flow->timeout;
	struct timeval most = {1, 0}, left;
	const struct timeval *wait = ares_timeout(lookup->channel, &most, &left);
	double wait_s = (double)wait->tv_sec + (double)wait->tv_usec / 1e6;
	timer->repeat = lookup->answered || wait_s < REFUSED_PAUSE_S ? REFUSED_PAUSE_S : wait_s;
	ev_timer_again(lookup->flow->agent->loop, timer);
}

static void ask(struct agent_flow *flow, int64_t now_ns)
{
	struct dns_lookup *lookup = lookup_of(flow);
	agent_slow_down();
	lookup->answered = false;
	flow->sent_ns = now_ns;
	int type = asks_ipv6(flow->agent) ? TYPE_AAAA : TYPE_A;
	ares_query(lookup->channel, flow->agent->job.name, CLASS_IN, type, on_answer, lookup);
}

static void ask_on_loop(struct agent_flow *flow, int64_t now_ns)
{
	ask(flow, now_ns);
	set_timer(lookup_of(flow));
}

static void count_lookup(struct dns_lookup *lookup)
{
	struct agent *agent = lookup->flow->agent;
	bool counts = agent->phase == AGENT_WINDOW;
	lookup->answered = false;
	if (lookup->status != ARES_SUCCESS) {
		agent->result.timeouts += counts;
		return;
	}
	agent->counters.bytes += (uint64_t)lookup->answer_bytes;
	agent->counters.messages++;
	agent->counters.transactions++;
	if (counts)
		lad_histogram_record(&agent->result.latency, lookup->answered_ns - lookup->flow->sent_ns);
	agent_counted(agent, agent->counters.transactions);
}

/* Has the library look at FD, or (ARES_SOCKET_BAD) at the clock, and goes on to the next lookup. */
static void proceed(struct dns_lookup *lookup, ares_socket_t readable, ares_socket_t writable)
{
	struct agent *agent = lookup->flow->agent;
	if (lookup->flow->resting)
		return;
	ares_process_fd(lookup->channel, readable, writable);
	if (!lookup->answered) {
		set_timer(lookup);
		return;
	}
	count_lookup(lookup);
	ev_timer_stop(agent->loop, &lookup->flow->timeout);
	if (agent->job.think_ns)
		agent_think(lookup->flow, lookup->answered_ns);
	else
		ask_on_loop(lookup->flow, agent_now_ns());
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	proceed(io->data, events & EV_READ ? io->fd : ARES_SOCKET_BAD, events & EV_WRITE ? io->fd : ARES_SOCKET_BAD);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	proceed(timer->data, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* The library says what it waits for on FD; neither: it is about to close it. */
static void watch(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_lookup *lookup = arg;
	struct agent *agent = lookup->flow->agent;
	struct watcher *watcher = NULL;
	for (int i = 0; i < WATCHERS; i++)
		if (lookup->watchers[i].used && lookup->watchers[i].io.fd == fd)
			watcher = &lookup->watchers[i];
	for (int i = 0; !watcher && (readable || writable) && i < WATCHERS; i++)
		if (!lookup->watchers[i].used)
			watcher = &lookup->watchers[i];
	if (!watcher) {
		if (readable || writable)
			agent_fail(agent, "dns_rr: more than %d sockets for one lookup", WATCHERS);
		return;
	}
	ev_io_stop(agent->loop, &watcher->io);
	watcher->used = readable || writable;
	if (!watcher->used)
		return;
	ev_io_set(&watcher->io, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	ev_io_start(agent->loop, &watcher->io);
}

static int on_new_socket(ares_socket_t fd, int type, void *arg)
{
	const struct dns_lookup *lookup = arg;
	struct lad_error err;
	return agent_socket_options(lookup->flow->agent, fd, type, &err);
}

static int open_channel(struct agent *agent, struct dns_lookup *lookup, struct lad_error *err)
{
	char lookups[] = "b"; /* DNS alone */
	struct ares_options options = {.flags = ARES_FLAG_NOSEARCH,
				       .timeout = LOOKUP_TIMEOUT_MS,
				       .tries = 1,
				       .sock_state_cb = watch,
				       .sock_state_cb_data = lookup,
				       .lookups = lookups};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
#ifdef ARES_OPT_QUERY_CACHE
	options.qcache_max_ttl = 0;
	mask |= ARES_OPT_QUERY_CACHE;
#endif
	int status = ares_init_options(&lookup->channel, &options, mask);
	if (status != ARES_SUCCESS) {
		lookup->channel = NULL;
		return lad_error_set(err, LAD_EXIT_UNABLE, "dns_rr: %s", ares_strerror(status));
	}
	ares_set_socket_configure_callback(lookup->channel, on_new_socket, lookup);
	if (agent->job.server[0] && ares_set_servers_ports_csv(lookup->channel, agent->job.server) != ARES_SUCCESS)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "dns_rr: \"%s\" is no DNS server; valid: ADDRESS or ADDRESS:PORT",
				     agent->job.server);
	return 0;
}

/* Waits for the lookup under way, outside of the loop. */
static void wait_for_answer(struct dns_lookup *lookup)
{
	while (!lookup->answered) {
		struct pollfd polled[WATCHERS];
		nfds_t count = 0;
		for (int i = 0; i < WATCHERS; i++) {
			const ev_io *io = &lookup->watchers[i].io;
			if (lookup->watchers[i].used)
				polled[count++] = (struct pollfd){io->fd,
								  (short)((io->events & EV_READ ? POLLIN : 0) |
									  (io->events & EV_WRITE ? POLLOUT : 0)),
								  0};
		}
		int ready = poll(polled, count, LOOKUP_TIMEOUT_MS / 10);
		for (nfds_t i = 0; ready > 0 && i < count; i++) {
			bool write = polled[i].revents & POLLOUT, read = polled[i].revents & ~POLLOUT;
			if (read || write)
				ares_process_fd(lookup->channel, read ? polled[i].fd : ARES_SOCKET_BAD,
						write ? polled[i].fd : ARES_SOCKET_BAD);
		}
		if (ready <= 0)
			ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
	lookup->answered = false;
}

/* The name has to be there before anything is measured. */
static int discover(struct agent *agent, struct lad_error *err)
{
	char text[128];
	struct dns_lookup *lookup = &agent->lookups[0];
	int64_t begin_ns = agent_now_ns();
	for (;;) {
		ask(&agent->flows[0], agent_now_ns());
		wait_for_answer(lookup);
		if (lookup->status == ARES_SUCCESS)
			return 0;
		if (agent_now_ns() - begin_ns > DISCOVERY_NS)
			return lad_error_set(err, LAD_EXIT_TRIALS, "dns_rr: cannot look up \"%s\": %s", agent->job.name,
					     outcome(lookup, text));
		struct timespec pause = {0, DISCOVERY_PAUSE_NS};
		nanosleep(&pause, NULL);
	}
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (!agent->job.name[0])
		return lad_error_set(err, LAD_EXIT_USAGE, "dns_rr needs a name");
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	agent->blocking = false;
	agent->lookups = calloc((size_t)agent->flow_count, sizeof *agent->lookups);
	if (!agent->lookups)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < agent->flow_count; i++) {
		struct dns_lookup *lookup = &agent->lookups[i];
		lookup->flow = &agent->flows[i];
		for (int j = 0; j < WATCHERS; j++) {
			ev_init(&lookup->watchers[j].io, on_socket);
			lookup->watchers[j].io.data = lookup;
		}
		ev_init(&lookup->flow->timeout, on_timer);
		lookup->flow->timeout.data = lookup;
		if (open_channel(agent, lookup, err) < 0)
			return -1;
	}
	return discover(agent, err);
}

static void generator_start(struct agent *agent)
{
	agent_think_start(agent, ask_on_loop);
	for (int i = 0; i < agent->flow_count; i++)
		ask_on_loop(&agent->flows[i], agent_now_ns());
}

static void generator_stop(struct agent *agent)
{
	char text[128];
	for (int i = 0; i < agent->flow_count; i++) {
		ev_timer_stop(agent->loop, &agent->flows[i].timeout);
		if (!agent->result.transactions)
			agent_fail(agent, "dns_rr: no lookup of \"%s\" succeeded in the window: %s", agent->job.name,
				   agent->result.timeouts ? outcome(&agent->lookups[i], text) : "none ended");
		ares_cancel(agent->lookups[i].channel);
	}
}

/* The sink only has to be there: its name is what is looked up. */
static int sink_listen(struct agent *agent, struct lad_error *err)
{
	return agent_make_flows(agent, 1, err);
}

void agent_dns_end(struct agent *agent)
{
	for (int i = 0; agent->lookups && i < agent->flow_count; i++) {
		struct dns_lookup *lookup = &agent->lookups[i];
		if (!lookup->channel)
			continue;
		ev_timer_stop(agent->loop, &lookup->flow->timeout);
		ares_destroy(lookup->channel);
		lookup->channel = NULL;
	}
}

const struct workload_ops agent_dns_rr = {
    .kind = LAD_DNS_RR,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_SEQUENCE_H
#define AGENT_WORKLOAD_UDP_SEQUENCE_H

/*
 * What the receiver of numbered datagrams (0, 1, 2…) knows of one flow: which came, which came late, which came twice,
 * and how regularly. Exact for whatever arrives within UDP_SEQUENCE_HISTORY numbers of the highest; what is older is
 * taken for late and new.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_SEQUENCE_HISTORY 65536

struct udp_sequence {
	uint64_t next; /* one above the highest number seen */
	uint64_t reordered, duplicates;
	double jitter_ns;
	int64_t transit_ns;
	bool has_transit;
	uint64_t seen[UDP_SEQUENCE_HISTORY / 64];
};

/* Notes that datagram NUMBER came. False: it is a duplicate. Late ones count as reordered (RFC 4737, 3.3). */
bool udp_sequence_note(struct udp_sequence *sequence, uint64_t number);

/* The same for COUNT datagrams from FIRST on that came in one piece. Returns how many of them are new. */
uint64_t udp_sequence_note_run(struct udp_sequence *sequence, uint64_t first, uint64_t count);

/* Notes the transit time (received - sent, on whatever clocks) of a packet: interarrival jitter (RFC 3550, 6.4.1). */
void udp_sequence_transit(struct udp_sequence *sequence, int64_t transit_ns);

#endif

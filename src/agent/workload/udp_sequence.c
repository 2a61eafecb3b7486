/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_sequence.h"

#include <math.h>
#include <string.h>

#define WORD(number) ((number) % UDP_SEQUENCE_HISTORY / 64)
#define BIT(number) (UINT64_C(1) << ((number) % 64))

/* Forgets what the numbers from `next` on meant a history ago, up to but without NUMBER. */
static void jump_to(struct udp_sequence *sequence, uint64_t number)
{
	if (number - sequence->next >= UDP_SEQUENCE_HISTORY) {
		memset(sequence->seen, 0, sizeof sequence->seen);
	} else {
		for (uint64_t n = sequence->next; n < number; n++)
			sequence->seen[WORD(n)] &= ~BIT(n);
	}
	sequence->next = number;
}

bool udp_sequence_note(struct udp_sequence *sequence, uint64_t number)
{
	if (number >= sequence->next) {
		jump_to(sequence, number);
		sequence->next++;
		sequence->seen[WORD(number)] |= BIT(number);
		return true;
	}
	bool known = sequence->next - number <= UDP_SEQUENCE_HISTORY;
	if (known && sequence->seen[WORD(number)] & BIT(number)) {
		sequence->duplicates++;
		return false;
	}
	if (known)
		sequence->seen[WORD(number)] |= BIT(number);
	sequence->reordered++;
	return true;
}

uint64_t udp_sequence_note_run(struct udp_sequence *sequence, uint64_t first, uint64_t count)
{
	uint64_t fresh = 0;
	if (first < sequence->next) {
		for (uint64_t i = 0; i < count; i++)
			fresh += udp_sequence_note(sequence, first + i);
		return fresh;
	}
	jump_to(sequence, first);
	sequence->next += count;
	for (uint64_t number = first, left = count; left;) {
		uint64_t bit = number % 64, span = left < 64 - bit ? left : 64 - bit;
		uint64_t ones = span == 64 ? ~UINT64_C(0) : (UINT64_C(1) << span) - 1;
		sequence->seen[WORD(number)] |= ones << bit;
		number += span;
		left -= span;
	}
	return count;
}

void udp_sequence_transit(struct udp_sequence *sequence, int64_t transit_ns)
{
	if (sequence->has_transit)
		sequence->jitter_ns +=
		    (fabs((double)transit_ns - (double)sequence->transit_ns) - sequence->jitter_ns) / 16;
	sequence->transit_ns = transit_ns;
	sequence->has_transit = true;
}

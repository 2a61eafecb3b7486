/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/protocol.h"

int lad_amount_check(enum lad_workload_kind kind, int64_t amount, const struct lad_agent_result *counted,
		     int64_t duration_ns, struct lad_error *err)
{
	bool stream = lad_is_stream(kind);
	uint64_t came = stream ? counted->bytes : counted->transactions;
	if (came >= (uint64_t)amount)
		return 0;
	return lad_error_set(err, LAD_EXIT_TRIALS, "only %llu of %lld %s came within the duration of %g s",
			     (unsigned long long)came, (long long)amount, stream ? "bytes" : "transactions",
			     (double)duration_ns / 1e9);
}

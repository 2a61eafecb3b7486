/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/key.h"

#include <string.h>

bool analysis_key_fits(struct analysis_key key, const struct lad_row *row)
{
	return row->workload == key.workload && row->cpus == key.cpus && row->placement == key.placement &&
	       row->message_bytes == key.message_bytes && (key.flows < 0 || row->flows == key.flows) &&
	       strcmp(row->options, key.options) == 0 && strcmp(row->variant, "b") != 0;
}

int analysis_key_order(struct analysis_key a, struct analysis_key b)
{
	if (a.placement != b.placement)
		return a.placement < b.placement ? -1 : 1;
	if (a.workload != b.workload)
		return a.workload < b.workload ? -1 : 1;
	if (a.cpus != b.cpus)
		return a.cpus < b.cpus ? -1 : 1;
	if (a.message_bytes != b.message_bytes)
		return a.message_bytes < b.message_bytes ? -1 : 1;
	if (a.flows != b.flows)
		return a.flows < b.flows ? -1 : 1;
	return strcmp(a.options, b.options);
}

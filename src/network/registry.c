/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/network.h"

#define OPS(NAME, name, word) &lad_network_##name,
static const struct network_ops *const networks[LAD_MODE_COUNT] = {LAD_MODES(OPS)};

const struct network_ops *lad_network_of(enum lad_mode mode)
{
	return networks[mode];
}

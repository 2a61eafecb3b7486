/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/network.h"

#define OPS(NAME, name, word) &lad_network_##name,
static const struct network_ops *const networks[LAD_MODE_COUNT] = {LAD_MODES(OPS)};

const struct network_ops *lad_network_of(enum lad_mode mode)
{
	return networks[mode];
}

void lad_path_begin(struct lad_path *path, enum lad_ip ip)
{
	memset(path, 0, sizeof *path);
	path->ip = ip;
	path->generator.netns_fd = path->sink.netns_fd = -1;
	path->listen_port = path->target_port = LAD_DATA_PORT;
	strcpy(path->generator.device, "eth0");
	strcpy(path->sink.device, "eth0");
}

void lad_path_close(struct lad_path *path)
{
	lad_close_fd(&path->generator.netns_fd);
	lad_close_fd(&path->sink.netns_fd);
	path->generator.netns_fd = path->sink.netns_fd = -1;
	while (path->held_count > 0)
		close(path->held_fds[--path->held_count]);
}

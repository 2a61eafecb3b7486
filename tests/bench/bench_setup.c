/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a whole two-host topology takes to stand, mode by mode: median and range of 20. */
#include <stdio.h>
#include <time.h>

#include "netladder/network.h"
#include "netladder/stats.h"

#define ROUNDS 20

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int build_once(enum lad_mode mode, enum lad_ip ip, double *took_ms, struct lad_error *err)
{
	struct lad_host hosts[2];
	struct lad_path path;
	int wire;
	double begin_ms = now_ms();
	if (lad_hosts_make(hosts, 2, ip, 1500, 0, &wire, err) < 0)
		return -1;
	struct lad_path_request request = {hosts, 2, LAD_CROSS_HOST, ip, NULL};
	int status = lad_path_up(mode, &request, &path, err);
	*took_ms = now_ms() - begin_ms;
	if (status == 0)
		lad_path_close(&path);
	lad_hosts_close(hosts, 2, &wire);
	return status;
}

int main(void)
{
	for (int i = 0; i < LAD_MODE_COUNT * LAD_IP_COUNT; i++) {
		int mode = i / LAD_IP_COUNT;
		enum lad_ip ip = (enum lad_ip)(i % LAD_IP_COUNT);
		struct lad_error err = {0};
		double took_ms[ROUNDS], low = 1e9, high = 0;
		if (lad_network_of((enum lad_mode)mode)->probe(&err) < 0) {
			printf("%-10s skipped: %s\n", lad_mode_name((enum lad_mode)mode), err.message);
			continue;
		}
		for (int round = 0; round < ROUNDS; round++) {
			if (build_once((enum lad_mode)mode, ip, &took_ms[round], &err) < 0) {
				fprintf(stderr, "%s: %s\n", lad_mode_name((enum lad_mode)mode), err.message);
				return (int)err.exit_code;
			}
			low = took_ms[round] < low ? took_ms[round] : low;
			high = took_ms[round] > high ? took_ms[round] : high;
		}
		printf("%-10s IPv%s %6.1f ms (%.1f to %.1f)\n", lad_mode_name((enum lad_mode)mode), lad_ip_name(ip),
		       lad_median(took_ms, ROUNDS), low, high);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_MODE_H
#define NETLADDER_MODE_H

/* The closed word lists that every module shares. The order of the modes is the documented ladder, top first. */

enum lad_mode {
	LAD_MODE_HOST,
	LAD_MODE_MACVLAN,
	LAD_MODE_IPVLAN_L2,
	LAD_MODE_IPVLAN_L3,
	LAD_MODE_BRIDGE,
	LAD_MODE_OVERLAY,
	LAD_MODE_COUNT
};

/* What provides hosts and containers. */
enum lad_lab_kind { LAD_LAB_NATIVE, LAD_LAB_DOCKER, LAD_LAB_VM, LAD_LAB_COUNT };

enum lad_placement { LAD_CROSS_HOST, LAD_SAME_HOST, LAD_PLACEMENT_COUNT };

enum lad_workload_kind { LAD_TCP_STREAM, LAD_UDP_STREAM, LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR, LAD_WORKLOAD_COUNT };

/* Where the two agents run: both on one CPU, each on its own, or wherever the scheduler puts them. */
enum lad_cpus { LAD_CPUS_SHARED, LAD_CPUS_PINNED, LAD_CPUS_FREE, LAD_CPUS_COUNT };

/* The word for a value ("ipvlan-l2", "cross-host", "tcp_rr", "shared"); "?" for a value out of range. */
const char *lad_mode_name(enum lad_mode mode);
const char *lad_lab_name(enum lad_lab_kind lab);
const char *lad_placement_name(enum lad_placement placement);
const char *lad_workload_name(enum lad_workload_kind kind);
const char *lad_cpus_name(enum lad_cpus cpus);

/* The value for a word, or -1. */
int lad_mode_from_name(const char *name);
int lad_lab_from_name(const char *name);
int lad_placement_from_name(const char *name);
int lad_workload_from_name(const char *name);
int lad_cpus_from_name(const char *name);

#endif

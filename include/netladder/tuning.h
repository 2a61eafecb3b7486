/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_TUNING_H
#define NETLADDER_TUNING_H

/*
 * A tuning: a named set of settings that a trial's network gets, from the scenario's `tunings` and `sweep`. What is not
 * set stays as the scenario and the kernel have it; a tuning that sets nothing is called "default".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/mode.h"

#define LAD_TUNING_NAME_MAX 64
#define LAD_TUNINGS_MAX 64
#define LAD_FACTORS_MAX 6 /* of one sweep */
#define LAD_ALL_CPUS (-1) /* the mask "all" */
#define LAD_TUNING_SYSCTLS_MAX 8
#define LAD_SYSCTL_KEY_MAX 64
#define LAD_SYSCTL_VALUE_MAX 96
#define LAD_DEFAULT_TUNING "default"
/* Holds lad_tuning_describe of any tuning. */
#define LAD_TUNING_TEXT_MAX 2048

/* Every setting but the sysctls. The order is that of the keys in a scenario. */
enum lad_setting {
	LAD_SETTING_MTU,		/* of the wire, bytes; containers follow */
	LAD_SETTING_CONTAINER_MTU,	/* of the containers' devices alone, bytes */
	LAD_SETTING_CONGESTION_CONTROL, /* text; of TCP workloads */
	LAD_SETTING_TSO,		/* the offloads: 0 off, 1 on */
	LAD_SETTING_GSO,
	LAD_SETTING_GRO,
	LAD_SETTING_TX_CHECKSUM,
	LAD_SETTING_QUEUES,	   /* rx and tx queues of each veth device */
	LAD_SETTING_RPS_CPUS,	   /* a mask of CPUs */
	LAD_SETTING_XPS_CPUS,	   /* a mask of CPUs */
	LAD_SETTING_TXQUEUELEN,	   /* packets */
	LAD_SETTING_QDISC,	   /* text; the root queueing discipline of both ends' own devices */
	LAD_SETTING_RATE,	   /* of the wire, bits per second in `real`; 0: unshaped */
	LAD_SETTING_DELAY,	   /* of the wire, one way, ns */
	LAD_SETTING_LOSS,	   /* of the wire, a ratio in `real` */
	LAD_SETTING_RULES,	   /* extra firewall rules on each host */
	LAD_SETTING_NEIGHBOURS,	   /* further containers on the bridge */
	LAD_SETTING_FLOWS,	   /* in place of the workload's */
	LAD_SETTING_SOCKET_BUFFER, /* in place of the workload's, bytes; 0: automatic */
	LAD_SETTING_IP,		   /* in place of the workload's, an enum lad_ip */
	LAD_SETTING_COUNT
};

struct lad_setting_value {
	bool set;
	int64_t integer;
	double real;
	char text[24]; /* as the scenario has it: "9000", "off", "10Gbit" */
};

struct lad_sysctl {
	char key[LAD_SYSCTL_KEY_MAX]; /* below /proc/sys: "net/ipv4/tcp_rmem" */
	char value[LAD_SYSCTL_VALUE_MAX];
};

struct lad_tuning {
	char name[LAD_TUNING_NAME_MAX];
	struct lad_setting_value settings[LAD_SETTING_COUNT];
	struct lad_sysctl sysctls[LAD_TUNING_SYSCTLS_MAX];
	int sysctl_count;
};

/*
 * Whether a scenario may set the sysctl KEY at all: what belongs to networking; LAD_EXIT_USAGE with what is valid. KEY
 * must be one that a scenario's spelling became: words joined by single slashes, none of them `..`.
 */
int lad_sysctl_check_allowed(const char *key, struct lad_error *err);

/* Whether Docker lets a container have the sysctl KEY, in the HOST_NETWORK or one of its own; -1 with the reason. */
int lad_sysctl_check_container(const char *key, bool host_network, struct lad_error *err);

/* What a socket option chooses, and a sysctl for the sockets that do not. */
enum lad_socket_setting {
	LAD_SOCKET_NONE,
	LAD_SOCKET_CONGESTION_CONTROL,
	LAD_SOCKET_SEND_BUFFER,
	LAD_SOCKET_RECEIVE_BUFFER,
	LAD_SOCKET_TTL,
	LAD_SOCKET_DONT_FRAGMENT,
	LAD_SOCKET_BUSY_POLL
};

/* What the sysctl KEY (below /proc/sys) sets for the sockets of KIND that do not choose it themselves. */
enum lad_socket_setting lad_sysctl_of_sockets(const char *key, enum lad_workload_kind kind);

/* The tuning "default": nothing is set. */
extern const struct lad_tuning lad_no_tuning;

/* The key of a setting in a scenario ("mtu", "tx_checksum"); "?" when out of range. And back: the setting, or -1. */
const char *lad_setting_name(enum lad_setting setting);
int lad_setting_from_name(const char *name);

/* What TUNING sets for SETTING, or FALLBACK. */
int64_t lad_tuning_integer(const struct lad_tuning *tuning, enum lad_setting setting, int64_t fallback);
double lad_tuning_real(const struct lad_tuning *tuning, enum lad_setting setting, double fallback);

/*
 * Writes "mtu=9000; tso=off; net.ipv4.tcp_rmem=4096 87380 16777216" ("" when nothing is set) into OUT: stable, one
 * NAME=VALUE a setting, in the order of enum lad_setting, sysctls last. No value holds a `;`.
 */
void lad_tuning_describe(const struct lad_tuning *tuning, char *out, size_t size);

/* The usual spelling of a sysctl's KEY, with dots: "net.ipv4.conf.eth0/1.rp_filter". */
void lad_sysctl_dotted(const char *key, char out[LAD_SYSCTL_KEY_MAX]);

struct lad_host;
struct lad_path;

/*
 * Sysctls of the whole machine that tunings change: the old values are on disk before the first change and come back
 * with lad_machine_restore; after a kill -9, with lad_machine_clean.
 */
struct lad_machine;

/*
 * Writes down what the machine-wide sysctls in TUNINGS are now. *MACHINE is NULL when there are none. Fails when an
 * earlier run was killed and its changes still stand.
 */
int lad_machine_begin(const struct lad_tuning *tunings, int count, struct lad_machine **machine, struct lad_error *err);
int lad_machine_set(struct lad_machine *machine, const char *key, const char *value, struct lad_error *err);
/* Puts every old value back. */
int lad_machine_restore(struct lad_machine *machine, struct lad_error *err);
/* Restores, removes the journal and frees. MACHINE may be NULL. */
int lad_machine_end(struct lad_machine *machine, struct lad_error *err);
/* Puts back what killed runs left changed, each named on OUT. Returns how many runs that were, or -1. */
int lad_machine_clean(FILE *out, struct lad_error *err);

/* What a tuning is applied to: a standing network, before its agents start. */
struct lad_tuning_target {
	enum lad_mode mode;
	struct lad_host *hosts;
	int host_count;
	struct lad_path *path;
	struct lad_machine *machine; /* NULL: the machine's own settings are not to be touched */
};

/* What became of it. */
struct lad_tuning_report {
	char effective[LAD_TUNING_TEXT_MAX]; /* as lad_tuning_describe, each value as it was read back */
	char note[512];			     /* what the kernel made different, or what to mind; may be empty */
};

/*
 * Applies what is set in TUNING to TARGET and reads it back, except what a host is born with (see lad_tuning_wire) and
 * what the plan has put into the workload. -1: this kernel or network cannot have it, for the reason in ERR; TARGET is
 * then half tuned, and to be taken down.
 */
int lad_tuning_apply(const struct lad_tuning *tuning, const struct lad_tuning_target *target,
		     struct lad_tuning_report *report, struct lad_error *err);

#endif

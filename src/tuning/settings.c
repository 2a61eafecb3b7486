/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/tuning.h"

#include <stdio.h>
#include <string.h>

static const char *const names[LAD_SETTING_COUNT] = {
    [LAD_SETTING_MTU] = "mtu",
    [LAD_SETTING_CONTAINER_MTU] = "container_mtu",
    [LAD_SETTING_CONGESTION_CONTROL] = "congestion_control",
    [LAD_SETTING_TSO] = "tso",
    [LAD_SETTING_GSO] = "gso",
    [LAD_SETTING_GRO] = "gro",
    [LAD_SETTING_TX_CHECKSUM] = "tx_checksum",
    [LAD_SETTING_QUEUES] = "queues",
    [LAD_SETTING_RPS_CPUS] = "rps_cpus",
    [LAD_SETTING_XPS_CPUS] = "xps_cpus",
    [LAD_SETTING_TXQUEUELEN] = "txqueuelen",
    [LAD_SETTING_QDISC] = "qdisc",
    [LAD_SETTING_RATE] = "rate",
    [LAD_SETTING_DELAY] = "delay",
    [LAD_SETTING_LOSS] = "loss",
    [LAD_SETTING_RULES] = "rules",
    [LAD_SETTING_NEIGHBOURS] = "neighbours_on_bridge",
    [LAD_SETTING_FLOWS] = "flows",
    [LAD_SETTING_SOCKET_BUFFER] = "socket_buffer",
    [LAD_SETTING_IP] = "ip",
};

const struct lad_tuning lad_no_tuning = {.name = LAD_DEFAULT_TUNING};

const char *lad_setting_name(enum lad_setting setting)
{
	return (unsigned)setting < LAD_SETTING_COUNT ? names[setting] : "?";
}

int lad_setting_from_name(const char *name)
{
	for (int i = 0; i < LAD_SETTING_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

int64_t lad_tuning_integer(const struct lad_tuning *tuning, enum lad_setting setting, int64_t fallback)
{
	return tuning->settings[setting].set ? tuning->settings[setting].integer : fallback;
}

double lad_tuning_real(const struct lad_tuning *tuning, enum lad_setting setting, double fallback)
{
	return tuning->settings[setting].set ? tuning->settings[setting].real : fallback;
}

void lad_sysctl_dotted(const char *key, char out[LAD_SYSCTL_KEY_MAX])
{
	size_t i = 0;
	for (; key[i] && i + 1 < LAD_SYSCTL_KEY_MAX; i++)
		out[i] = key[i] == '/' ? '.' : key[i] == '.' ? '/' : key[i];
	out[i] = '\0';
}

static void append(char *out, size_t size, const char *name, const char *value)
{
	size_t used = strlen(out);
	snprintf(out + used, size - used, "%s%s=%s", used ? "; " : "", name, value);
}

void lad_tuning_describe(const struct lad_tuning *tuning, char *out, size_t size)
{
	out[0] = '\0';
	for (int i = 0; i < LAD_SETTING_COUNT; i++)
		if (tuning->settings[i].set)
			append(out, size, names[i], tuning->settings[i].text);
	for (int i = 0; i < tuning->sysctl_count; i++) {
		char key[LAD_SYSCTL_KEY_MAX];
		lad_sysctl_dotted(tuning->sysctls[i].key, key);
		append(out, size, key, tuning->sysctls[i].value);
	}
}

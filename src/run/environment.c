/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <cyaml/cyaml.h>
#include <ev.h>
#include <gsl/gsl_version.h>
#include <netlink/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/output.h"
#include "netladder/run.h"
#include "netladder/text.h"
#include "run/loopback.h"

static const char *const sysctls[] = {
    "net/core/rmem_max",
    "net/core/wmem_max",
    "net/core/rmem_default",
    "net/core/wmem_default",
    "net/core/netdev_max_backlog",
    "net/core/netdev_budget",
    "net/core/busy_poll",
    "net/core/default_qdisc",
    "net/ipv4/tcp_rmem",
    "net/ipv4/tcp_wmem",
    "net/ipv4/tcp_congestion_control",
    "net/ipv4/tcp_available_congestion_control",
    "net/ipv4/tcp_timestamps",
    "net/ipv4/tcp_sack",
    "net/ipv4/ip_forward",
    "net/netfilter/nf_conntrack_max",
    "net/bridge/bridge-nf-call-iptables",
    "kernel/sched_rt_runtime_us",
    "kernel/sched_autogroup_enabled",
};

/* The first line of PATH without its newline; "" when there is none. */
static void read_line(const char *path, char *out, size_t size)
{
	out[0] = '\0';
	lad_cleanup_file FILE *file = fopen(path, "re");
	if (file && fgets(out, (int)size, file))
		out[strcspn(out, "\n")] = '\0';
}

static void read_cpu_model(char *out, size_t size)
{
	char line[512];
	snprintf(out, size, "unknown");
	lad_cleanup_file FILE *file = fopen("/proc/cpuinfo", "re");
	while (file && fgets(line, sizeof line, file)) {
		char *value = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
		if (!value)
			continue;
		value += strspn(value, ": \t");
		value[strcspn(value, "\n")] = '\0';
		snprintf(out, size, "%s", value);
		return;
	}
}

static void utc_now(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void lad_environment_row(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_row *row)
{
	struct utsname machine;
	uname(&machine);
	lad_row_clear(row);
	utc_now(row->time, sizeof row->time);
	snprintf(row->run_id, sizeof row->run_id, "%s-%d", row->time, (int)getpid());
	snprintf(row->scenario, sizeof row->scenario, "%s", scenario->name);
	snprintf(row->lab, sizeof row->lab, "%s", lad_lab_name(scenario->lab));
	strcpy(row->clock, "wall");
	snprintf(row->kernel, sizeof row->kernel, "%s", machine.release);
	snprintf(row->arch, sizeof row->arch, "%.20s", machine.machine);
	read_cpu_model(row->cpu_model, sizeof row->cpu_model);
	lad_text_clean(row->kernel); /* as they read back */
	lad_text_clean(row->cpu_model);
	strcpy(row->tuning, "default");
	row->seed = plan->seed;
	row->warmup_s = (double)plan->warmup_ns / 1e9;
	row->duration_s = (double)plan->duration_ns / 1e9;
}

static void add_sysctls(cJSON *root)
{
	cJSON *object = cJSON_AddObjectToObject(root, "sysctl");
	for (size_t i = 0; i < sizeof sysctls / sizeof *sysctls; i++) {
		char path[128], value[256];
		snprintf(path, sizeof path, "/proc/sys/%s", sysctls[i]);
		read_line(path, value, sizeof value);
		if (value[0])
			cJSON_AddStringToObject(object, sysctls[i], value);
		else
			cJSON_AddNullToObject(object, sysctls[i]);
	}
}

static void add_machine(cJSON *root)
{
	struct utsname machine;
	char text[256];
	uname(&machine);
	cJSON *object = cJSON_AddObjectToObject(root, "machine");
	cJSON_AddStringToObject(object, "kernel", machine.release);
	cJSON_AddStringToObject(object, "kernel_version", machine.version);
	cJSON_AddStringToObject(object, "arch", machine.machine);
	read_cpu_model(text, sizeof text);
	cJSON_AddStringToObject(object, "cpu_model", text);
	cJSON_AddNumberToObject(object, "cpus_online", (double)sysconf(_SC_NPROCESSORS_ONLN));
	read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", text, sizeof text);
	cJSON_AddStringToObject(object, "governor", text[0] ? text : "none (no cpufreq)");
	read_line("/proc/loadavg", text, sizeof text);
	cJSON_AddStringToObject(object, "loadavg", text);
	read_line("/proc/cmdline", text, sizeof text);
	cJSON_AddStringToObject(object, "kernel_command_line", text);
}

static void add_versions(cJSON *root)
{
	char text[32];
	cJSON *object = cJSON_AddObjectToObject(root, "versions");
	cJSON_AddStringToObject(object, "netladder", LAD_VERSION);
	snprintf(text, sizeof text, "%d.%d", EV_VERSION_MAJOR, EV_VERSION_MINOR);
	cJSON_AddStringToObject(object, "libev", text);
	cJSON_AddStringToObject(object, "libcyaml", cyaml_version_str);
	cJSON_AddStringToObject(object, "libnl", LIBNL_VERSION);
	cJSON_AddStringToObject(object, "gsl", GSL_VERSION);
	cJSON_AddStringToObject(object, "cjson", cJSON_Version());
	cJSON_AddStringToObject(object, "compiler", __VERSION__);
}

/* The agents' own round trip over loopback, and how their event loop waits. */
static void add_agent(cJSON *root, const struct run_loopback *loopback)
{
	cJSON *object = cJSON_AddObjectToObject(root, "agent");
	if (!loopback->backend[0]) {
		cJSON_AddNullToObject(object, "backend");
		return;
	}
	cJSON_AddStringToObject(object, "backend", loopback->backend);
	cJSON_AddNumberToObject(object, "loopback_tcp_rr_p50_us", loopback->tcp_p50_us); /* NAN becomes null */
	cJSON_AddNumberToObject(object, "loopback_udp_rr_p50_us", loopback->udp_p50_us);
}

int lad_environment_write(const char *directory, const struct lad_lab *lab, const struct lad_plan *plan,
			  const struct run_loopback *loopback, struct lad_error *err)
{
	const struct lad_scenario *scenario = lab->scenario;
	cJSON *root = cJSON_CreateObject();
	struct lad_row row;
	lad_environment_row(scenario, plan, &row);
	cJSON_AddStringToObject(root, "scenario", scenario->name);
	cJSON_AddStringToObject(root, "time", row.time);
	cJSON_AddStringToObject(root, "lab", row.lab);
	cJSON_AddStringToObject(root, "clock", row.clock);
	cJSON_AddNumberToObject(root, "trials", plan->trial_count);
	cJSON_AddNumberToObject(root, "blocks", plan->blocks);
	add_machine(root);
	add_agent(root, loopback);
	add_versions(root);
	add_sysctls(root);
	if (lab->ops->environment)
		cJSON_AddItemToObject(root, lad_lab_name(scenario->lab), lab->ops->environment(lab));
	lad_cleanup_free char *text = cJSON_Print(root), *line = NULL;
	cJSON_Delete(root);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	char path[4200];
	snprintf(path, sizeof path, "%s/environment.json", directory);
	return lad_output_write(path, line, strlen(line), err);
}

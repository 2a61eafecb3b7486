/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lab/docker/lab.h"

/* What these engines cannot measure, and why: found before anything is made. */

_Static_assert(LAD_HOSTS_MAX <= LAD_ENGINES_MAX, "every host of a topology may be an engine");

void docker_used(const struct lad_layout *layout, bool used[LAD_ENGINES_MAX])
{
	memset(used, 0, LAD_ENGINES_MAX * sizeof *used);
	for (int i = 0; i < layout->member_count; i++)
		used[layout->members[i].host] = true;
}

const struct lad_workload *docker_workload_of(const struct lad_trial *trial, const struct lad_layout *layout,
					      int number)
{
	int background = number / layout->edge_count - 1;
	return background < 0 ? trial->workload : &trial->backgrounds[background];
}

int docker_check_tuning(const struct lad_tuning *tuning, bool host_network, struct lad_error *err)
{
	for (int i = 0; i < LAD_SETTING_COUNT; i++) {
		bool mtu = i == LAD_SETTING_MTU || i == LAD_SETTING_CONTAINER_MTU;
		bool can = i == LAD_SETTING_FLOWS || i == LAD_SETTING_SOCKET_BUFFER ||
			   i == LAD_SETTING_CONGESTION_CONTROL || (mtu && !host_network);
		if (tuning->settings[i].set && !can)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "tuning %s: %s is of the machines, which an engine does not set; the "
					     "native lab does",
					     tuning->name, lad_setting_name((enum lad_setting)i));
	}
	for (int i = 0; i < tuning->sysctl_count; i++)
		if (lad_sysctl_check_container(tuning->sysctls[i].key, host_network, err) < 0)
			return lad_error_context(err, "tuning %s", tuning->name);
	return 0;
}

/* Docker's DNS server answers for the containers of one network, wherever their engines are. */
static int check_lookup(const struct lad_trial *trial, const struct lad_workload *workload, struct lad_error *err)
{
	if (workload->kind != LAD_DNS_RR || workload->traffic.name[0])
		return 0;
	if (trial->mode == LAD_MODE_HOST)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "the host's network has no names: dns_rr looks up the containers of a network of "
				     "Docker's, or a `name` of your own");
	if (trial->placement == LAD_SAME_HOST || trial->mode == LAD_MODE_OVERLAY)
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE,
			     "%s is a network of each engine's own, which knows no names of the other's: dns_rr needs "
			     "overlay, placement same-host, or a `name` of your own",
			     lad_mode_name(trial->mode));
}

/* The engines' CPUs count, not ours: they may be other machines. */
static int check_cpus(const struct docker_lab *docker, const struct lad_trial *trial, const struct lad_layout *layout,
		      struct lad_error *err)
{
	bool used[LAD_ENGINES_MAX];
	docker_used(layout, used);
	if (trial->workload->cpus != LAD_CPUS_PINNED)
		return 0;
	if (layout->edge_count * (1 + trial->background_count) > 1) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cpus: pinned is for one session: it takes two CPUs");
		return lad_error_remedy(err, "cpus: shared or free");
	}
	for (int i = 0; i < docker->node_count; i++)
		if (used[i] && docker->nodes[i].info.cpus == 1)
			return lad_error_set(err, LAD_EXIT_UNABLE,
					     "cpus: pinned needs two CPUs and engine %s has one; way out: shared",
					     lad_docker_name(docker->nodes[i].engine));
	return 0;
}

static int check_limits(const struct lad_docker_settings *settings, bool host_network, struct lad_error *err)
{
	for (int i = 0; i < settings->sysctl_count; i++)
		if (lad_sysctl_check_container(settings->sysctls[i].key, host_network, err) < 0)
			return lad_error_context(err, "limits.sysctls");
	return 0;
}

int docker_check(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_layout *layout,
		 struct lad_error *err)
{
	const struct lad_docker_settings *settings = &lab->scenario->docker;
	bool host_network = trial->mode == LAD_MODE_HOST;
	if (docker_check_ip(lab, trial, err) < 0 || docker_check_tuning(trial->tuning, host_network, err) < 0 ||
	    check_cpus(lab->state, trial, layout, err) < 0 || check_limits(settings, host_network, err) < 0)
		return -1;
	for (int i = 0; i <= trial->background_count; i++)
		if (check_lookup(trial, docker_workload_of(trial, layout, i * layout->edge_count), err) < 0)
			return -1;
	return docker_check_addresses(settings, trial, layout, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "scenario/tunings.h"

/*
 * A default of a workload gives way to what a tuning, a sweep or `limits` sets (plan.c). What the workload says itself
 * does not: the two contradict each other, and the file is refused.
 */

/* The key of workload RAW that says what its sockets have for SETTING, or NULL where that is left to the kernel. */
static const char *said_by(const struct raw_workload *raw, enum lad_socket_setting setting)
{
	const char *key = NULL;
	switch (setting) {
	case LAD_SOCKET_CONGESTION_CONTROL:
		return option_given(raw, "congestion_control") ? "congestion_control" : NULL;
	case LAD_SOCKET_SEND_BUFFER:
	case LAD_SOCKET_RECEIVE_BUFFER:
		key = "socket_buffer";
		break;
	case LAD_SOCKET_TTL:
		key = "ttl";
		break;
	case LAD_SOCKET_DONT_FRAGMENT:
		key = "dont_fragment";
		break;
	case LAD_SOCKET_BUSY_POLL:
		key = "busy_poll";
		break;
	case LAD_SOCKET_NONE:
		return NULL;
	}
	return option_given(raw, key) && option_value(raw, key) > 0 ? key : NULL;
}

/* The value at PATH sets NAME, a sysctl for sockets or a key of `tunings`. */
static int complain(struct scenario_source *source, const char *path, const char *name, unsigned workload,
		    const char *key)
{
	struct tuning_path other = tuning_path("workloads", workload, key);
	return source_complain(source, source_find(source, path), path,
			       "%s contradicts %s on line %zu, which is for the same sockets; valid: one of the two",
			       name, other.text, source_find(source, other.text).line + 1);
}

static int check_sysctl(struct scenario_source *source, const struct raw_scenario *raw, const char *path,
			const char *key)
{
	char name[LAD_SYSCTL_KEY_MAX];
	lad_sysctl_dotted(key, name);
	for (unsigned i = 0; i < raw->workloads_count; i++) {
		const struct raw_workload *workload = &raw->workloads[i];
		const char *said = said_by(workload, lad_sysctl_of_sockets(key, workload->kind));
		if (said)
			return complain(source, path, name, i, said);
	}
	return 0;
}

/* A tuning's own key stands in the workload's place, under options that tell of the workload's: see `options`. */
static int check_setting(struct scenario_source *source, const struct raw_scenario *raw, const char *path,
			 enum lad_setting setting)
{
	enum lad_socket_setting of = setting == LAD_SETTING_CONGESTION_CONTROL ? LAD_SOCKET_CONGESTION_CONTROL
				     : setting == LAD_SETTING_SOCKET_BUFFER    ? LAD_SOCKET_SEND_BUFFER
									       : LAD_SOCKET_NONE;
	for (unsigned i = 0; i < raw->workloads_count; i++) {
		const char *said = said_by(&raw->workloads[i], of);
		if (said)
			return complain(source, path, lad_setting_name(setting), i, said);
	}
	return 0;
}

/* LIST: the path of TEXTS, each "name=value" and known to be valid. */
static int check_list(struct scenario_source *source, const struct raw_scenario *raw, const char *list,
		      char *const *texts, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[LAD_SYSCTL_KEY_MAX], key[LAD_SYSCTL_KEY_MAX];
		struct tuning_path path = tuning_path(list, i, "");
		snprintf(name, sizeof name, "%.*s", (int)strcspn(texts[i], " \t="), texts[i]);
		if (tuning_sysctl_key(name, key) && check_sysctl(source, raw, path.text, key) < 0)
			return -1;
	}
	return 0;
}

static int check_tuning(struct scenario_source *source, const struct raw_scenario *raw, unsigned index)
{
	const struct raw_tuning *tuning = &raw->tunings[index];
	for (int i = 0; i < LAD_SETTING_COUNT; i++) {
		struct tuning_path path = tuning_path("tunings", index, lad_setting_name((enum lad_setting)i));
		if (tuning->settings[i] && check_setting(source, raw, path.text, (enum lad_setting)i) < 0)
			return -1;
	}
	struct tuning_path list = tuning_path("tunings", index, "sysctls");
	return check_list(source, raw, list.text, tuning->sysctls, tuning->sysctls_count);
}

static int check_factor(struct scenario_source *source, const struct raw_scenario *raw, unsigned index)
{
	const char *word = raw->sweep.factors[index].setting;
	char key[LAD_SYSCTL_KEY_MAX];
	struct tuning_path path = tuning_path("sweep.factors", index, "setting");
	int setting = lad_setting_from_name(word);
	if (setting >= 0)
		return check_setting(source, raw, path.text, (enum lad_setting)setting);
	return tuning_sysctl_key(word, key) ? check_sysctl(source, raw, path.text, key) : 0;
}

int scenario_check_contradictions(struct scenario_source *source, const struct raw_scenario *raw)
{
	for (unsigned i = 0; i < raw->tunings_count; i++)
		if (check_tuning(source, raw, i) < 0)
			return -1;
	for (unsigned i = 0; i < raw->sweep.factors_count; i++)
		if (check_factor(source, raw, i) < 0)
			return -1;
	return check_list(source, raw, "limits.sysctls", raw->limits.sysctls, raw->limits.sysctls_count);
}

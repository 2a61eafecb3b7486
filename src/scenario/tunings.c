/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/tunings.h"

#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

struct tuning_path tuning_path(const char *list, unsigned index, const char *key)
{
	struct tuning_path path;
	snprintf(path.text, sizeof path.text, "%.40s[%u]%s%.40s", list, index + 1, *key ? "." : "", key);
	return path;
}

int tuning_add(struct scenario_source *source, const char *path, const struct lad_tuning *tuning,
	       struct lad_scenario *scenario)
{
	for (int i = 0; i < scenario->tuning_count; i++)
		if (strcmp(scenario->tunings[i].name, tuning->name) == 0)
			return source_complain(source, source_find(source, path), path,
					       "there is a tuning \"%s\" already; valid: each name once", tuning->name);
	if (scenario->tuning_count == LAD_TUNINGS_MAX)
		return source_complain(source, source_find(source, path), path,
				       "more than %d tunings, with the base and those of the sweep; valid: at most %d",
				       LAD_TUNINGS_MAX, LAD_TUNINGS_MAX);
	scenario->tunings[scenario->tuning_count++] = *tuning;
	return 0;
}

/* Whether TEXT can be below /proc/sys: words of a sysctl's letters, joined by dots or slashes. */
static bool is_sysctl(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:@";
	size_t words = 0;
	for (;; text++, words++) {
		size_t length = strspn(text, letters);
		if (length == 0)
			return false;
		text += length;
		if (*text != '.' && *text != '/')
			return *text == '\0' && words > 0;
	}
}

bool tuning_sysctl_key(const char *text, char key[LAD_SYSCTL_KEY_MAX])
{
	if (strlen(text) >= LAD_SYSCTL_KEY_MAX || !is_sysctl(text))
		return false;
	/* As sysctl(8): the first separator is the one between directories, the other one stands for itself. */
	if (text[strcspn(text, "./")] == '.')
		lad_sysctl_dotted(text, key);
	else
		snprintf(key, LAD_SYSCTL_KEY_MAX, "%s", text);
	return true;
}

/* As the kernel prints a list: no blanks around it, and one between its values. False: OUT is too small. */
static bool squeeze(const char *text, char out[LAD_SYSCTL_VALUE_MAX])
{
	size_t used = 0;
	for (const char *at = text + strspn(text, " \t"); *at; used++) {
		size_t blanks = strspn(at, " \t");
		at += blanks;
		if (!*at)
			break;
		if (used + (blanks > 0) + 1 >= LAD_SYSCTL_VALUE_MAX)
			return false;
		if (blanks)
			out[used++] = ' ';
		out[used] = *at++;
	}
	out[used] = '\0';
	return true;
}

int tuning_set_sysctl(struct scenario_source *source, const char *path, const char *key, const char *text,
		      struct lad_tuning *tuning)
{
	char value[LAD_SYSCTL_VALUE_MAX];
	if (!squeeze(text, value) || !*value || strchr(value, ';'))
		return source_complain(source, source_find(source, path), path,
				       "\"%s\" cannot be a sysctl's value; valid: 1 to %d bytes without \";\"",
				       lad_excerpt(text).text, LAD_SYSCTL_VALUE_MAX - 1);
	int at = 0;
	while (at < tuning->sysctl_count && strcmp(tuning->sysctls[at].key, key) != 0)
		at++;
	if (at == LAD_TUNING_SYSCTLS_MAX)
		return source_complain(source, source_find(source, path), path,
				       "more than %d sysctls in one tuning; valid: at most %d", LAD_TUNING_SYSCTLS_MAX,
				       LAD_TUNING_SYSCTLS_MAX);
	if (at == tuning->sysctl_count)
		tuning->sysctl_count++;
	snprintf(tuning->sysctls[at].key, sizeof tuning->sysctls[at].key, "%s", key);
	snprintf(tuning->sysctls[at].value, sizeof tuning->sysctls[at].value, "%s", value);
	return 0;
}

int tuning_set(struct scenario_source *source, const char *path, enum lad_setting setting, const char *text,
	       struct lad_tuning *tuning)
{
	char row[64];
	struct scenario_value value;
	struct lad_error why;
	struct lad_setting_value *into = &tuning->settings[setting];
	snprintf(row, sizeof row, "tunings[].%s", lad_setting_name(setting));
	if (scenario_value_parse(scenario_key_find(row), text, &value, &why) < 0)
		return source_complain(source, source_find(source, path), path, "%s", why.message);
	if (strlen(text) >= sizeof into->text)
		return source_complain(source, source_find(source, path), path,
				       "is %zu bytes long; valid: 1 to %zu bytes", strlen(text), sizeof into->text - 1);
	into->set = true;
	into->integer = value.integer;
	into->real = value.real;
	snprintf(into->text, sizeof into->text, "%s", text);
	return 0;
}

/* NAME=VALUE with blanks where sysctl.conf(5) allows them: around both. */
static int convert_sysctl(struct scenario_source *source, const char *list, unsigned number, const char *text,
			  struct lad_tuning *tuning)
{
	char name[LAD_SYSCTL_KEY_MAX + 1], key[LAD_SYSCTL_KEY_MAX];
	struct tuning_path path = tuning_path(list, number, "");
	const char *equals = strchr(text, '='), *begin = text + strspn(text, " \t");
	size_t length = equals && equals > begin ? (size_t)(equals - begin) : 0;
	while (length > 0 && strchr(" \t", begin[length - 1]))
		length--;
	snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, begin);
	if (!equals || !tuning_sysctl_key(name, key))
		return source_complain(source, source_find(source, path.text), path.text,
				       "\"%s\" is no sysctl; valid: name=value, as net.ipv4.ip_forward=1",
				       lad_excerpt(text).text);
	for (int i = 0; i < tuning->sysctl_count; i++)
		if (strcmp(tuning->sysctls[i].key, key) == 0)
			return source_complain(source, source_find(source, path.text), path.text,
					       "%s is set twice; valid: each sysctl once", name);
	return tuning_set_sysctl(source, path.text, key, equals + 1, tuning);
}

int tuning_convert_sysctls(struct scenario_source *source, const char *list, char *const *texts, unsigned count,
			   struct lad_tuning *tuning)
{
	for (unsigned i = 0; i < count; i++)
		if (convert_sysctl(source, list, i, texts[i], tuning) < 0)
			return -1;
	return 0;
}

static int check_allowed(struct scenario_source *source, const char *list, const struct lad_tuning *tuning)
{
	struct lad_error why;
	for (int i = 0; i < tuning->sysctl_count; i++) {
		struct tuning_path path = tuning_path(list, (unsigned)i, "");
		if (lad_sysctl_check_allowed(tuning->sysctls[i].key, &why) < 0)
			return source_complain(source, source_find(source, path.text), path.text, "%s", why.message);
	}
	return 0;
}

static int convert_tuning(struct scenario_source *source, unsigned index, const struct raw_tuning *raw,
			  struct lad_tuning *tuning)
{
	memset(tuning, 0, sizeof *tuning);
	snprintf(tuning->name, sizeof tuning->name, "%s", raw->name);
	for (int i = 0; i < LAD_SETTING_COUNT; i++) {
		struct tuning_path path = tuning_path("tunings", index, lad_setting_name((enum lad_setting)i));
		if (raw->settings[i] &&
		    tuning_set(source, path.text, (enum lad_setting)i, raw->settings[i], tuning) < 0)
			return -1;
	}
	struct tuning_path list = tuning_path("tunings", index, "sysctls");
	if (tuning_convert_sysctls(source, list.text, raw->sysctls, raw->sysctls_count, tuning) < 0 ||
	    check_allowed(source, list.text, tuning) < 0)
		return -1;
	char settings[LAD_TUNING_TEXT_MAX];
	lad_tuning_describe(tuning, settings, sizeof settings);
	if (strcmp(tuning->name, LAD_DEFAULT_TUNING) != 0 || !*settings)
		return 0;
	struct tuning_path path = tuning_path("tunings", index, "name");
	return source_complain(source, source_find(source, path.text), path.text,
			       "\"default\" changes nothing, and this sets %s; valid: another name",
			       lad_excerpt(settings).text);
}

static int add_named(struct scenario_source *source, const struct raw_scenario *raw, unsigned index,
		     struct lad_scenario *scenario)
{
	struct lad_tuning tuning;
	struct tuning_path path = tuning_path("tunings", index, "name");
	if (convert_tuning(source, index, &raw->tunings[index], &tuning) < 0)
		return -1;
	return tuning_add(source, path.text, &tuning, scenario);
}

/* Adds `tunings`, the base first: "default", or the entry that `sweep.base` names. */
static int convert_named(struct scenario_source *source, const struct raw_scenario *raw, struct lad_scenario *scenario)
{
	const char *name = raw->sweep.base ? raw->sweep.base : LAD_DEFAULT_TUNING;
	unsigned base = 0;
	while (base < raw->tunings_count && strcmp(raw->tunings[base].name, name) != 0)
		base++;
	if (base < raw->tunings_count) {
		if (add_named(source, raw, base, scenario) < 0)
			return -1;
	} else if (strcmp(name, LAD_DEFAULT_TUNING) == 0) {
		snprintf(scenario->tunings[scenario->tuning_count++].name, LAD_TUNING_NAME_MAX, "%s", name);
	} else {
		return source_complain(source, source_find(source, "sweep.base"), "sweep.base",
				       "\"%s\" is no tuning; valid: default, or a name of `tunings`",
				       lad_excerpt(name).text);
	}
	for (unsigned i = 0; i < raw->tunings_count; i++)
		if (i != base && add_named(source, raw, i, scenario) < 0)
			return -1;
	return 0;
}

/* Flows tell workloads apart; where a tuning overrides them, workloads that differ in nothing else are one twice. */
static int check_flows(struct scenario_source *source, const struct lad_scenario *scenario)
{
	bool overridden = false;
	for (int i = 0; i < scenario->tuning_count; i++)
		overridden |= scenario->tunings[i].settings[LAD_SETTING_FLOWS].set;
	for (int i = 0; overridden && i < scenario->workload_count; i++)
		for (int j = 0; j < i; j++) {
			const struct lad_workload *a = &scenario->workloads[i], *b = &scenario->workloads[j];
			char ways_a[LAD_OPTIONS_MAX], ways_b[LAD_OPTIONS_MAX];
			lad_traffic_describe(&a->traffic, ways_a);
			lad_traffic_describe(&b->traffic, ways_b);
			if (a->kind == b->kind && a->cpus == b->cpus && a->message_bytes == b->message_bytes &&
			    strcmp(ways_a, ways_b) == 0 && a->background_count == b->background_count &&
			    memcmp(a->backgrounds, b->backgrounds, sizeof a->backgrounds) == 0)
				return source_complain(
				    source, source_find(source, "workloads"), "workloads",
				    "two entries of %s are the same once a tuning sets flows; valid: "
				    "entries that differ in more than flows, buffers and "
				    "congestion control",
				    lad_workload_name(a->kind));
		}
	return 0;
}

/* Rows of a workload that says `ip: 6` must not be of what a tuning made of it. */
static int check_ip(struct scenario_source *source, const struct raw_scenario *raw, const struct lad_scenario *scenario)
{
	bool overridden = false;
	for (int i = 0; i < scenario->tuning_count; i++)
		overridden |= scenario->tunings[i].settings[LAD_SETTING_IP].set;
	for (unsigned i = 0; overridden && i < raw->workloads_count; i++) {
		struct tuning_path path = tuning_path("workloads", i, "ip");
		if (raw->workloads[i].ip_count)
			return source_complain(source, source_find(source, path.text), path.text,
					       "a tuning sets ip as well; valid: one of the two");
	}
	return 0;
}

int scenario_convert_tunings(struct scenario_source *source, const struct raw_scenario *raw,
			     struct lad_scenario *scenario)
{
	scenario->allow_host_tuning = raw->allow_host_tuning == RAW_TRUE;
	if (convert_named(source, raw, scenario) < 0 || sweep_expand(source, &raw->sweep, scenario) < 0)
		return -1;
	return check_flows(source, scenario) < 0 ? -1 : check_ip(source, raw, scenario);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "tuning/apply.h"
#include "tuning/machine.h"

/* Blanks and tabs of a sysctl's list, one blank each. */
static void squeeze(char *text)
{
	char *out = text;
	for (const char *at = text; *at; at++) {
		char c = *at == '\t' ? ' ' : *at;
		if (c != ' ' || (out > text && out[-1] != ' '))
			*out++ = c;
	}
	while (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
}

/* What was read back, and a note when it is not what was asked for. */
static void report(struct tuned_path *path, const struct lad_sysctl *wish, char *actual)
{
	char key[LAD_SYSCTL_KEY_MAX], asked[LAD_SYSCTL_VALUE_MAX];
	lad_sysctl_dotted(wish->key, key);
	snprintf(asked, sizeof asked, "%s", wish->value);
	squeeze(asked);
	squeeze(actual);
	tuning_became(path, key, actual);
	if (strcmp(asked, actual) != 0)
		tuning_note(path, "the kernel made %s %s of %s", key, actual, asked);
}

/* Sets it in every namespace that has it. Returns how many do; an error is the last one's. */
static int set_in_namespaces(const struct tuned_path *path, const struct lad_sysctl *wish, char *actual, size_t size,
			     struct lad_error *err)
{
	int found = 0;
	for (int i = 0; i < path->namespace_count; i++) {
		int netns = path->namespaces[i];
		errno = 0;
		if (!machine_can_write(netns, wish->key)) {
			if (lad_is_shortage(errno))
				return lad_error_errno(err, errno, "cannot set %s", wish->key);
			continue;
		}
		if (lad_sysctl_write(netns, wish->key, wish->value, err) < 0 ||
		    lad_sysctl_read(netns, wish->key, actual, size, err) < 0)
			return -1;
		found++;
	}
	return found;
}

static int set_in_machine(const struct tuned_path *path, const struct lad_sysctl *wish, char *actual, size_t size,
			  struct lad_error *err)
{
	char key[LAD_SYSCTL_KEY_MAX];
	lad_sysctl_dotted(wish->key, key);
	if (machine_read(wish->key, actual, size) < 0)
		return lad_is_shortage(errno) ? lad_error_errno(err, errno, "cannot read %s", key)
					      : lad_error_set(err, LAD_EXIT_UNABLE, "there is no sysctl %s here", key);
	if (!path->target->machine) {
		lad_error_set(err, LAD_EXIT_UNABLE, "%s is a setting of the whole machine, which is not touched", key);
		return lad_error_remedy(err, "allow_host_tuning: true, or netladder run --lab vm");
	}
	if (lad_machine_set(path->target->machine, wish->key, wish->value, err) < 0)
		return -1;
	return machine_read(wish->key, actual, size) < 0 ? lad_error_errno(err, errno, "cannot read %s", key) : 0;
}

int tuning_apply_sysctls(struct tuned_path *path, struct lad_error *err)
{
	for (int i = 0; i < path->tuning->sysctl_count; i++) {
		const struct lad_sysctl *wish = &path->tuning->sysctls[i];
		char actual[256] = "";
		int found = set_in_namespaces(path, wish, actual, sizeof actual, err);
		if (found < 0 || (found == 0 && set_in_machine(path, wish, actual, sizeof actual, err) < 0))
			return -1;
		report(path, wish, actual);
	}
	return 0;
}

static int try_congestion(void *arg)
{
	const char *name = arg;
	lad_cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? -1 : setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
}

/* The agents set it on their sockets; here only whether they can. */
int tuning_apply_congestion(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = &path->tuning->settings[LAD_SETTING_CONGESTION_CONTROL];
	char name[sizeof wish->text], available[256] = "";
	if (!wish->set)
		return 0;
	memcpy(name, wish->text, sizeof name);
	if (lad_netns_run(path->target->path->generator.netns_fd, try_congestion, name, err) < 0) {
		machine_read("net/ipv4/tcp_available_congestion_control", available, sizeof available);
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "congestion control \"%s\" is not in this kernel, which has: %s", name, available);
	}
	tuning_became(path, lad_setting_name(LAD_SETTING_CONGESTION_CONTROL), name);
	return 0;
}

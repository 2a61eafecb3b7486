/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/network.h"

struct finding {
	bool usable;
	char why[512];
	const char *way_out; /* the command that makes it usable, "" when usable */
};

static const char *const modules[LAD_MODE_COUNT] = {
    "sudo modprobe veth",
    "sudo modprobe macvlan",
    "sudo modprobe ipvlan",
    "sudo modprobe ipvlan",
    "sudo modprobe -a bridge br_netfilter nf_nat nf_conntrack nft_masq nft_fib_ipv4",
    "sudo modprobe -a vxlan bridge",
};

static struct finding probe_mode(enum lad_mode mode)
{
	struct finding finding = {.way_out = ""};
	struct lad_error inner = {0};
	finding.usable = lad_network_of(mode)->probe(&inner) == 0;
	if (finding.usable)
		return finding;
	snprintf(finding.why, sizeof finding.why, "%.511s", inner.message);
	finding.way_out = geteuid() == 0 ? modules[mode] : "sudo netladder probe";
	return finding;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	bool *json = state->input;
	if (key == 'j') {
		*json = true;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected argument '%s'", text);
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {{"json", 'j', NULL, 0, "Print JSON", 0}, {0}};

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Tries each network mode for real in throw-away namespaces and says which are usable here.\v"
    "Exit: 0 at least the host mode is usable, 3 none is.",
    NULL,
    NULL,
    NULL};

static void print_json(const struct finding *findings)
{
	cJSON *array = cJSON_CreateArray();
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "lab", "native");
		cJSON_AddStringToObject(object, "mode", lad_mode_name((enum lad_mode)mode));
		cJSON_AddBoolToObject(object, "usable", findings[mode].usable);
		cJSON_AddStringToObject(object, "why", findings[mode].why);
		cJSON_AddStringToObject(object, "way_out", findings[mode].way_out);
		cJSON_AddItemToArray(array, object);
	}
	lad_cleanup_free char *text = cJSON_Print(array);
	cJSON_Delete(array);
	puts(text ? text : "[]");
}

int command_probe(int argc, char **argv, struct lad_error *err)
{
	(void)err;
	bool json = false;
	struct finding findings[LAD_MODE_COUNT];
	argp_parse(&argp, argc, argv, 0, NULL, &json);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		findings[mode] = probe_mode((enum lad_mode)mode);
	if (json) {
		print_json(findings);
		return findings[LAD_MODE_HOST].usable ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
	}
	printf("%-8s %-10s %-7s %s\n", "lab", "mode", "usable", "why not, and what makes it usable");
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		printf("%-8s %-10s %-7s %s\n", "native", lad_mode_name((enum lad_mode)mode),
		       findings[mode].usable ? "yes" : "no", findings[mode].why);
		if (!findings[mode].usable)
			printf("%-27s try: %s\n", "", findings[mode].way_out);
	}
	return findings[LAD_MODE_HOST].usable ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/docker.h"
#include "netladder/lab.h"
#include "netladder/text.h"
#include "netladder/tuning.h"

struct arguments {
	const char *hosts, *tls;
	bool images, cache;
};

enum { OPTION_HOSTS = 1000, OPTION_TLS, OPTION_IMAGES, OPTION_CACHE };

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case OPTION_HOSTS:
		arguments->hosts = text;
		return 0;
	case OPTION_TLS:
		arguments->tls = text;
		return 0;
	case OPTION_IMAGES:
		arguments->images = true;
		return 0;
	case OPTION_CACHE:
		arguments->cache = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"hosts", OPTION_HOSTS, "ENGINE,...", 0, "Docker Engines: " COMMAND_ENGINES, 0},
    {"tls", OPTION_TLS, "DIR", 0, "Folder with ca.pem, cert.pem and key.pem for tcp:// engines", 0},
    {"images", OPTION_IMAGES, NULL, 0, "Also the agent's images, which runs keep for the next", 0},
    {"cache", OPTION_CACHE, NULL, 0, "Also the vm lab's frozen machines, which runs keep for the next", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Puts back what a killed run has left changed: sysctls of this machine (allow_host_tuning), from the journal that "
    "the run wrote before it changed them; and with --hosts, on those Docker Engines, the containers, networks and "
    "Swarms with the label " LAD_DOCKER_LABEL ", and nothing without it.\v"
    "Exit: 0 clean, 3 something could not be put back.\n\n"
    "Examples:\n"
    "  sudo netladder clean\n"
    "  netladder clean --hosts ssh://root@node1,ssh://root@node2",
    NULL,
    NULL,
    NULL};

/* Returns how many things were removed, or -1. */
static int clean_engine(const char *host, const struct arguments *arguments, struct lad_error *err)
{
	struct lad_docker *engine;
	struct lad_docker_cleaned cleaned;
	if (lad_docker_open(host, arguments->tls, &engine, err) < 0)
		return -1;
	int status = lad_docker_clean(engine, NULL, arguments->images, &cleaned, err);
	lad_docker_close(engine);
	if (status < 0)
		return -1;
	int count = cleaned.containers + cleaned.networks + cleaned.swarms + cleaned.images;
	if (count)
		printf("%s: removed %d containers, %d networks, %d Swarm memberships, %d images\n", host,
		       cleaned.containers, cleaned.networks, cleaned.swarms, cleaned.images);
	return count;
}

/* One engine that is lost does not keep the others from being cleaned. */
static int clean_engines(const struct arguments *arguments, int *mended, struct lad_error *err)
{
	lad_cleanup_free struct lad_docker_settings *settings = calloc(1, sizeof *settings);
	if (!settings)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (command_parse_engines(arguments->hosts, settings, err) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	int status = 0;
	/* The last goes first: managers, which end a Swarm by leaving it, are mostly named first. */
	for (int i = settings->host_count - 1; i >= 0; i--) {
		struct lad_error why = {0};
		int count = clean_engine(settings->hosts[i], arguments, &why);
		if (count >= 0) {
			*mended += count;
			continue;
		}
		if (status < 0)
			fprintf(stderr, "netladder: %s\n", err->message);
		*err = why;
		status = -1;
	}
	return status;
}

static int clean_cache(void)
{
	int count = lad_vm_cache_clear(0);
	if (count)
		printf("removed %d frozen machine%s of the vm lab\n", count, count == 1 ? "" : "s");
	return count;
}

int command_clean(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {0};
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	int mended = arguments.cache ? clean_cache() : 0;
	if (arguments.hosts && clean_engines(&arguments, &mended, err) < 0)
		return (int)err->exit_code;
	/* Whoever may use an engine or the vm lab without being root has changed no sysctl. */
	int runs = (arguments.hosts || arguments.cache) && geteuid() != 0 ? 0 : lad_machine_clean(stdout, err);
	if (runs < 0)
		return (int)err->exit_code;
	mended += runs;
	if (mended == 0)
		puts("Nothing to clean up.");
	return LAD_EXIT_OK;
}

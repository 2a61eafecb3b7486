/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"
#include "netladder/text.h"
#include "netladder/units.h"

#define DEFAULT_SOCKET "/var/run/docker.sock"
#define VALID "valid: unix:///path, tcp://node:port, ssh://user@node, or the name of a Docker context"

static int usage(struct lad_error *err, const char *host, const char *what)
{
	return lad_error_set(err, LAD_EXIT_USAGE, "engine '%s': %s; " VALID, lad_excerpt(host).text, what);
}

static int copy(char *out, size_t size, const char *text, const char *host, struct lad_error *err)
{
	if (strlen(text) >= size)
		return usage(err, host, "this is too long");
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int resolve_unix(const char *host, const char *path, struct docker_endpoint *endpoint, struct lad_error *err)
{
	if (path[0] != '/')
		return usage(err, host, "the path of a socket begins with /");
	if (strlen(path) > 107) /* sun_path, unix(7) */
		return usage(err, host, "a socket's path has at most 107 bytes");
	strcpy(endpoint->url, "http://docker");
	return copy(endpoint->socket, sizeof endpoint->socket, path, host, err);
}

static int resolve_tcp(const char *host, const char *tls_directory, struct docker_endpoint *endpoint,
		       struct lad_error *err)
{
	const char *node = strstr(host, "://") + 3;
	const char *port = strrchr(node, ':');
	uint64_t number = 0;
	if (node[0] == '\0' || !port || port == node || lad_parse_count(port + 1, &number, NULL) < 0 || number < 1 ||
	    number > UINT16_MAX)
		return usage(err, host, "tcp needs a node and a port from 1 to 65535");
	const char *verify = getenv("DOCKER_TLS_VERIFY"), *path = getenv("DOCKER_CERT_PATH");
	if (!tls_directory && verify && verify[0] && path && path[0])
		tls_directory = path;
	if (tls_directory && copy(endpoint->tls, sizeof endpoint->tls, tls_directory, host, err) < 0)
		return -1;
	char url[sizeof endpoint->url];
	snprintf(url, sizeof url, "%s://%.200s", endpoint->tls[0] ? "https" : "http", node);
	return copy(endpoint->url, sizeof endpoint->url, url, host, err);
}

/* ssh://user@node:port/path of which only node must be there. A leading dash would be read as an option by ssh. */
static int resolve_ssh(const char *host, struct docker_endpoint *endpoint, struct lad_error *err)
{
	char node[256] = "";
	if (copy(node, sizeof node, strstr(host, "://") + 3, host, err) < 0)
		return -1;
	char *path = strchr(node, '/');
	if (copy(endpoint->ssh_socket, sizeof endpoint->ssh_socket, path && path[1] ? path : DEFAULT_SOCKET, host,
		 err) < 0)
		return -1;
	if (path)
		*path = '\0';
	char *port = strrchr(node, ':');
	if (port) {
		*port++ = '\0';
		if (!*port || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port))
			return usage(err, host, "the port is no number");
		strcpy(endpoint->ssh_port, port);
	}
	for (const char *c = node; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("@._-", *c))
			return usage(err, host, "a node's name has letters, digits, dots and dashes");
	if (!node[0] || node[0] == '-' || strstr(node, "@-"))
		return usage(err, host, "ssh needs a node");
	strcpy(endpoint->url, "http://docker");
	return copy(endpoint->ssh, sizeof endpoint->ssh, node, host, err);
}

void docker_sha256(const void *data, size_t size, char hex[DOCKER_HEX])
{
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_init(&context);
	sha256_update(&context, size, data);
	sha256_digest(&context, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void context_folder(const char *kind, const char *name, char *path, size_t size)
{
	char hex[DOCKER_HEX];
	docker_sha256(name, strlen(name), hex);
	const char *config = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	if (config && config[0])
		snprintf(path, size, "%s/contexts/%s/%s", config, kind, hex);
	else
		snprintf(path, size, "%s/.docker/contexts/%s/%s", home ? home : "/root", kind, hex);
}

static cJSON *read_json(const char *path)
{
	char text[65536];
	lad_cleanup_file FILE *file = fopen(path, "re");
	size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
	text[length] = '\0';
	return length ? cJSON_Parse(text) : NULL;
}

/* A context is a folder named by the SHA-256 of its name (github.com/docker/cli, cli/context/store). */
static int resolve_context(const char *name, struct docker_endpoint *endpoint, struct lad_error *err)
{
	char folder[PATH_MAX], path[PATH_MAX + 32];
	context_folder("meta", name, folder, sizeof folder);
	snprintf(path, sizeof path, "%s/meta.json", folder);
	cJSON *meta = read_json(path);
	if (!meta)
		return usage(err, name, "no such Docker context (`docker context ls` lists them)");
	const cJSON *docker =
	    cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(meta, "Endpoints"), "docker");
	endpoint->tls_any_server = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(docker, "SkipTLSVerify"));
	char host[256];
	snprintf(host, sizeof host, "%s", docker_text(docker, "Host"));
	cJSON_Delete(meta);
	context_folder("tls", name, folder, sizeof folder);
	snprintf(path, sizeof path, "%s/docker", folder);
	if (!strstr(host, "://"))
		return usage(err, name, "this Docker context names no engine");
	return docker_resolve(host, access(path, F_OK) == 0 ? path : NULL, endpoint, err);
}

int docker_resolve(const char *host, const char *tls_directory, struct docker_endpoint *endpoint, struct lad_error *err)
{
	bool skip = endpoint->tls_any_server;
	memset(endpoint, 0, sizeof *endpoint);
	endpoint->tls_any_server = skip;
	if (strncmp(host, "unix://", 7) == 0)
		return resolve_unix(host, host + 7, endpoint, err);
	if (host[0] == '/')
		return resolve_unix(host, host, endpoint, err);
	if (strncmp(host, "tcp://", 6) == 0)
		return resolve_tcp(host, tls_directory, endpoint, err);
	if (strncmp(host, "ssh://", 6) == 0)
		return resolve_ssh(host, endpoint, err);
	if (strstr(host, "://") || !host[0])
		return usage(err, host, "this is no engine");
	if (strcmp(host, "default") != 0)
		return resolve_context(host, endpoint, err);
	const char *given = getenv("DOCKER_HOST");
	if (given && given[0] && strcmp(given, "default") != 0 && strstr(given, "://"))
		return docker_resolve(given, tls_directory, endpoint, err);
	return resolve_unix(host, DEFAULT_SOCKET, endpoint, err);
}

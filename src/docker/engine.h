/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DOCKER_ENGINE_H
#define DOCKER_ENGINE_H

/* What the files of this folder know of an engine. */

#include <curl/curl.h>
#include <sys/types.h>

#include "netladder/docker.h"

#define DOCKER_PATH_MAX 512

struct docker_endpoint {
	char socket[DOCKER_PATH_MAX]; /* "" for tcp */
	char url[256];		      /* http://docker, https://node:2376 */
	char tls[DOCKER_PATH_MAX];    /* folder with ca.pem, cert.pem, key.pem; "" for none */
	bool tls_any_server;	      /* a context that says so: the server's certificate is not checked */
	char ssh[256];		      /* user@node, "" without ssh */
	char ssh_port[8];
	char ssh_socket[DOCKER_PATH_MAX]; /* the socket over there */
};

struct lad_docker {
	char host[256]; /* as it was given */
	struct docker_endpoint endpoint;
	CURL *curl;
	char api[16];
	long status;
	pid_t ssh_pid;	     /* 0: none */
	char ssh_folder[64]; /* holds the forwarded socket, "" without ssh */
	char curl_message[CURL_ERROR_SIZE];
};

/* SHA-256 in hexadecimal. */
#define DOCKER_HEX 65
void docker_sha256(const void *data, size_t size, char hex[DOCKER_HEX]);

/* address.c: what HOST means. */
int docker_resolve(const char *host, const char *tls_directory, struct docker_endpoint *endpoint,
		   struct lad_error *err);

/* ssh.c: starts ssh as a child that forwards the socket, and waits until it listens. */
int docker_ssh_open(struct lad_docker *engine, struct lad_error *err);
void docker_ssh_close(struct lad_docker *engine);

/* connection.c: sets on CURL how ENGINE is reached; what a transport failure means to a person. */
void docker_transport(const struct lad_docker *engine, CURL *curl);
int docker_unreachable(const struct lad_docker *engine, CURL *curl, CURLcode code, const char *detail,
		       struct lad_error *err);
/* Puts the engine's message of ANSWER into ERR. */
int docker_refused(const struct lad_docker *engine, long status, const char *body, struct lad_error *err);

/* facts.c: runs the agent with CONTAINER's argument and parses the JSON line that it prints; the caller deletes it. */
int docker_ask(struct lad_docker *engine, const struct lad_docker_container *container, cJSON **answer,
	       struct lad_error *err);
/* Starts CONTAINER with its streams attached: it ends with STREAM, or with us. ID is "" when there is nothing to
 * remove; on failure what was made is removed. */
int docker_start_attached(struct lad_docker *engine, const struct lad_docker_container *container,
			  char id[LAD_DOCKER_ID], struct lad_docker_stream **stream, int *output,
			  struct lad_error *err);
/* Reads from a stream's output until the end of a line, or its end. -1 when nothing comes for a while. */
int docker_read_line(int fd, char *text, size_t size);

/* text helpers on cJSON: never NULL. */
const char *docker_text(const cJSON *object, const char *key);
/* {LAD_DOCKER_LABEL: RUN_ID} */
cJSON *docker_labels(const char *run_id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"

/* The API this was written against; older engines are asked in their own version, newer ones in this. */
#define API_MAJOR 1
#define API_MINOR 47
#define API_MINOR_OLDEST 30 /* Docker 17.06: attachable networks, platform-independent /info */
#define CONNECT_LIMIT_S 10L
#define ANSWER_MAX (16u << 20)

struct body {
	char *data; /* owned */
	size_t size;
};

cJSON *docker_labels(const char *run_id)
{
	char runner[DOCKER_RUNNER];
	cJSON *labels = cJSON_CreateObject();
	docker_runner(runner);
	cJSON_AddStringToObject(labels, LAD_DOCKER_LABEL, run_id);
	cJSON_AddStringToObject(labels, DOCKER_RUNNER_LABEL, runner);
	return labels;
}

void docker_transport(const struct lad_docker *engine, CURL *curl)
{
	const struct docker_endpoint *endpoint = &engine->endpoint;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_LIMIT_S);
	/* An engine is spoken to directly: http_proxy in the environment is for other things. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (endpoint->socket[0])
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, endpoint->socket);
	if (!endpoint->tls[0])
		return;
	char path[DOCKER_PATH_MAX + 16];
	snprintf(path, sizeof path, "%s/ca.pem", endpoint->tls);
	if (access(path, F_OK) == 0)
		curl_easy_setopt(curl, CURLOPT_CAINFO, path);
	snprintf(path, sizeof path, "%s/cert.pem", endpoint->tls);
	if (access(path, F_OK) == 0) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, path);
		snprintf(path, sizeof path, "%s/key.pem", endpoint->tls);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, path);
	}
	if (endpoint->tls_any_server) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* libcurl does not hand on why a unix socket refused: ask the file system. 0: it does not know either. */
static int socket_obstacle(struct lad_docker *engine, long error, struct lad_error *err)
{
	const char *path = engine->endpoint.socket;
	if (access(path, F_OK) < 0 && errno != EACCES)
		return docker_trouble(engine, err,
				      "engine %s: there is no socket %s: is dockerd running? (`docker context ls`, or "
				      "scripts/engines.sh start)",
				      engine->host, path);
	if (error == EACCES || access(path, R_OK | W_OK) < 0)
		return docker_trouble(engine, err,
				      "engine %s: no permission for %s: use sudo, or `sudo usermod -aG docker $USER` "
				      "and log in again",
				      engine->host, path);
	return 0;
}

int docker_unreachable(struct lad_docker *engine, CURL *curl, CURLcode code, const char *detail, struct lad_error *err)
{
	long error = 0;
	char what[CURL_ERROR_SIZE];
	const struct docker_endpoint *endpoint = &engine->endpoint;
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
	snprintf(what, sizeof what, "%s", detail && detail[0] ? detail : curl_easy_strerror(code));
	docker_one_line(what);
	engine->unanswered++;
	bool socket = endpoint->socket[0] && !endpoint->ssh[0] && code == CURLE_COULDNT_CONNECT;
	if (socket && socket_obstacle(engine, error, err) < 0)
		return -1;
	/* A server that refuses our certificate says so only after the handshake, as an alert. */
	bool alert = endpoint->tls[0] && strstr(what, "alert");
	if (alert || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	    code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CONNECT_ERROR)
		return docker_trouble(engine, err, "engine %s: TLS: %s (ca.pem, cert.pem and key.pem are read from %s)",
				      engine->host, what, endpoint->tls[0] ? endpoint->tls : "nowhere: name a folder");
	return docker_trouble(engine, err, "engine %s does not answer %s: %s", engine->host, engine->request, what);
}

static int interrupted(struct lad_docker *engine, struct lad_error *err)
{
	engine->status = 0;
	engine->unanswered++; /* it may be the reason for which somebody lost patience */
	return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted while engine %s was to answer %s", engine->host,
			     engine->request);
}

int docker_waited(struct lad_docker *engine, int result, long limit_ms, struct lad_error *err)
{
	if (result < 0)
		return interrupted(engine, err);
	engine->unanswered++;
	return docker_trouble(engine, err, "engine %s does not answer %s within %ld s", engine->host, engine->request,
			      limit_ms / 1000);
}

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
	struct body *body = arg;
	size_t more = size * count;
	if (body->size + more > ANSWER_MAX)
		return 0;
	char *grown = realloc(body->data, body->size + more + 1);
	if (!grown)
		return 0;
	memcpy(grown + body->size, data, more);
	body->data = grown;
	body->size += more;
	grown[body->size] = '\0';
	return more;
}

/* Performs what CURL has been set up for; ANSWER->data is to be freed in any case. */
static int perform(struct lad_docker *engine, const char *path, enum docker_patience patience, struct body *answer,
		   struct lad_error *err)
{
	char url[1400];
	CURL *curl = engine->curl;
	struct docker_watch watch;
	snprintf(url, sizeof url, "%s%s%s%s", engine->endpoint.url, engine->api[0] ? "/v" : "", engine->api, path);
	engine->curl_message[0] = '\0';
	engine->status = 0;
	docker_transport(engine, curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, engine->curl_message);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	docker_watch(&watch, engine, patience, curl);
	CURLcode code = curl_easy_perform(curl);
	if (watch.interrupted && code == CURLE_ABORTED_BY_CALLBACK)
		return interrupted(engine, err);
	if (code == CURLE_OPERATION_TIMEDOUT || watch.silent)
		return docker_waited(engine, 0, watch.limit_ms, err);
	if (code == CURLE_WRITE_ERROR)
		return docker_not_understood(engine, err, "it is larger than %u MiB", ANSWER_MAX >> 20);
	if (code != CURLE_OK)
		return docker_unreachable(engine, curl, code, engine->curl_message, err);
	engine->unanswered = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &engine->status);
	return 0;
}

/* What the engine knows, or what it has to do. */
static enum docker_patience patience_for(const char *method, const char *path)
{
	if (strcmp(method, "GET") == 0)
		return DOCKER_QUICK;
	/* Waiting for a container's end is a part of removing it: no signal ends that, so something else has to. */
	return strncmp(path, "/images/load", 12) == 0 ? DOCKER_LASTING : DOCKER_CHANGE;
}

static int send_body(struct lad_docker *engine, const char *method, const char *path, const char *type,
		     const void *data, size_t size, struct body *answer, struct lad_error *err)
{
	docker_request(engine, method, path);
	/* Options do not outlive a call; the connection does. */
	curl_easy_reset(engine->curl);
	struct curl_slist *headers = curl_slist_append(NULL, type);
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(engine->curl, CURLOPT_CUSTOMREQUEST, method);
	if (data) {
		curl_easy_setopt(engine->curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(engine->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
		curl_easy_setopt(engine->curl, CURLOPT_POSTFIELDS, data);
	}
	int status = perform(engine, path, patience_for(method, path), answer, err);
	curl_slist_free_all(headers);
	return status;
}

int lad_docker_call(struct lad_docker *engine, const char *method, const char *path, const cJSON *body, cJSON **answer,
		    struct lad_error *err)
{
	struct body got = {0};
	lad_cleanup_free char *text = body ? cJSON_PrintUnformatted(body) : NULL;
	if (answer)
		*answer = NULL;
	if (body && !text)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	/* A POST without a body still has one, of no bytes: without it the engine waits. */
	const char *sent = text ? text : strcmp(method, "POST") == 0 ? "" : NULL;
	int status =
	    send_body(engine, method, path, "Content-Type: application/json", sent, sent ? strlen(sent) : 0, &got, err);
	if (status == 0)
		status = docker_answered(engine, got.data, got.size, answer, err);
	free(got.data);
	return status;
}

int lad_docker_upload(struct lad_docker *engine, const char *path, const void *data, size_t size, struct lad_error *err)
{
	struct body got = {0};
	int status = send_body(engine, "POST", path, "Content-Type: application/x-tar", data, size, &got, err);
	if (status == 0)
		status = engine->status == 200 ? docker_loaded(engine, got.data, got.size, err)
					       : docker_answered(engine, got.data, got.size, NULL, err);
	free(got.data);
	return status;
}

/* "1.47"; -1 when TEXT is not of that form. */
static int parse_version(const char *text, int *major, int *minor)
{
	char *end;
	long first = strtol(text, &end, 10);
	if (end == text || *end != '.' || first < 0 || first > 1000)
		return -1;
	const char *rest = end + 1;
	long second = strtol(rest, &end, 10);
	if (end == rest || *end || second < 0 || second > 1000)
		return -1;
	*major = (int)first;
	*minor = (int)second;
	return 0;
}

/* The engine's version when it is older than ours, ours otherwise. */
int docker_read_version(struct lad_docker *engine, const cJSON *answer, struct lad_error *err)
{
	int major, minor, oldest_major = 0, oldest_minor = 0;
	if (parse_version(docker_text(answer, "ApiVersion"), &major, &minor) < 0)
		return docker_trouble(engine, err,
				      "engine %s: what answers there is no Docker Engine: %s has no ApiVersion",
				      engine->host, engine->request);
	parse_version(docker_text(answer, "MinAPIVersion"), &oldest_major, &oldest_minor);
	if (major != API_MAJOR || minor < API_MINOR_OLDEST || oldest_minor > API_MINOR)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "engine %s speaks API %d.%d to %d.%d, netladder 1.%d to 1.%d", engine->host,
				     oldest_major, oldest_minor, major, minor, API_MINOR_OLDEST, API_MINOR);
	snprintf(engine->api, sizeof engine->api, "1.%d", minor < API_MINOR ? minor : API_MINOR);
	return 0;
}

static int negotiate(struct lad_docker *engine, struct lad_error *err)
{
	cJSON *version;
	if (lad_docker_call(engine, "GET", "/version", NULL, &version, err) < 0)
		return -1;
	int status = docker_read_version(engine, version, err);
	cJSON_Delete(version);
	return status;
}

static int connect_engine(struct lad_docker *engine, const char *tls_directory, struct lad_error *err)
{
	if (docker_resolve(engine->host, tls_directory, &engine->endpoint, err) < 0)
		return -1;
	if (engine->endpoint.ssh[0] && docker_ssh_open(engine, err) < 0)
		return -1;
	return negotiate(engine, err);
}

static struct lad_docker *new_engine(const char *host)
{
	struct lad_docker *engine = calloc(1, sizeof *engine);
	if (!engine)
		return NULL;
	strcpy(engine->host, host);
	engine->curl = curl_easy_init();
	if (engine->curl)
		return engine;
	free(engine);
	return NULL;
}

int lad_docker_open(const char *host, const char *tls_directory, struct lad_docker **engine, struct lad_error *err)
{
	*engine = NULL;
	if (strlen(host) >= sizeof(*engine)->host)
		return lad_error_set(err, LAD_EXIT_USAGE, "engine '%.40s...': at most 255 bytes", host);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return lad_error_set(err, LAD_EXIT_UNABLE, "libcurl does not start");
	struct lad_docker *made = new_engine(host);
	if (!made)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (connect_engine(made, tls_directory, err) < 0) {
		lad_docker_close(made);
		return -1;
	}
	*engine = made;
	return 0;
}

int lad_docker_open_again(const struct lad_docker *engine, struct lad_docker **again, struct lad_error *err)
{
	*again = new_engine(engine->host);
	if (!*again)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	(*again)->endpoint = engine->endpoint;
	strcpy((*again)->api, engine->api);
	return 0;
}

void lad_docker_tell(struct lad_docker *to, const struct lad_docker *from)
{
	to->unanswered = from->unanswered;
	if (!to->trouble.message[0])
		to->trouble = from->trouble;
}

void lad_docker_close(struct lad_docker *engine)
{
	if (!engine)
		return;
	curl_easy_cleanup(engine->curl);
	docker_ssh_close(engine);
	free(engine);
}

const char *lad_docker_name(const struct lad_docker *engine)
{
	return engine->host;
}

const char *lad_docker_api_version(const struct lad_docker *engine)
{
	return engine->api;
}

long lad_docker_status(const struct lad_docker *engine)
{
	return engine->status;
}

void lad_docker_object_name(char name[LAD_DOCKER_ID], const char *run_id, const char *what)
{
	size_t used = (size_t)snprintf(name, LAD_DOCKER_ID, "netladder-");
	for (const char *c = run_id; *c && used < 48; c++)
		if (*c != ':')
			name[used++] = *c;
	snprintf(name + used, LAD_DOCKER_ID - used, "-%.24s", what);
}

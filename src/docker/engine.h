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
	char request[192];	  /* the last one: "GET /info" */
	int unanswered;		  /* so many requests in a row came to nothing: the next are given less time */
	bool cleaning;		  /* a signal that asks us to end does not end the call: it is part of ending */
	struct lad_error trouble; /* of the first request that was not answered, or not understood */
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

/* patience.c: how long a request may take. */
enum docker_patience {
	DOCKER_QUICK,  /* what the engine knows: in all, however its bytes trickle */
	DOCKER_CHANGE, /* what it makes or takes down: in all, on a busy machine */
	DOCKER_LASTING /* as long as it lasts: a limit for silence alone */
};
long docker_limit_ms(const struct lad_docker *engine, enum docker_patience patience);
struct docker_clock { /* of one wait that is made of several */
	int64_t began_ms;
	long limit_ms;
};
struct docker_clock docker_clock(const struct lad_docker *engine, enum docker_patience patience);
long docker_clock_left_ms(const struct docker_clock *clock);
/* Whether a signal that the run has blocked, and will see later, asks us to end. */
bool docker_interrupted(const struct lad_docker *engine);
/* Waits for EVENTS on FD: 1 when they came, 0 when not within LIMIT_MS, -1 when interrupted. */
int docker_wait(const struct lad_docker *engine, int fd, short events, long limit_ms);
/* From here on (ON) calls are not interrupted. Returns what was before, to be put back. */
bool docker_clean_on(struct lad_docker *engine, bool on);

struct docker_watch { /* on one transfer of libcurl's */
	const struct lad_docker *engine;
	long limit_ms, silence_ms; /* silence_ms 0: no limit for that */
	int64_t moved, since_ms;   /* bytes so far, and since when no more */
	bool interrupted, silent;
};
/* Sets the limit and the watch on CURL; WATCH lives as long as the transfer. */
void docker_watch(struct docker_watch *watch, const struct lad_docker *engine, enum docker_patience patience,
		  CURL *curl);

/* connection.c: sets on CURL how ENGINE is reached; what a transport failure means to a person. */
void docker_transport(const struct lad_docker *engine, CURL *curl);
int docker_unreachable(struct lad_docker *engine, CURL *curl, CURLcode code, const char *detail, struct lad_error *err);
/* That a wait ended with nothing: RESULT of docker_wait, with its limit. */
int docker_waited(struct lad_docker *engine, int result, long limit_ms, struct lad_error *err);

/* answer.c. Keeps METHOD and PATH as the engine's last request, for messages. */
void docker_request(struct lad_docker *engine, const char *method, const char *path);
/* Fills in ERR, and the engine's trouble when it is the first. */
int docker_trouble(struct lad_docker *engine, struct lad_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for the answer to the last request, "it is no JSON". */
int docker_not_understood(struct lad_docker *engine, struct lad_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Judges SIZE bytes of body by the engine's status. ANSWER (NULL: none is expected) receives them parsed, never NULL
 * then; its texts have no control characters. */
int docker_answered(struct lad_docker *engine, const char *data, size_t size, cJSON **answer, struct lad_error *err);
/* The same for the progress of /images/load. */
int docker_loaded(struct lad_docker *engine, const char *data, size_t size, struct lad_error *err);
/* Makes TEXT one line that is safe for a terminal: white space is a blank, and the rest as lad_text_clean has it. */
void docker_one_line(char *text);

enum docker_kind { DOCKER_TEXT, DOCKER_OBJECT, DOCKER_LIST, DOCKER_LIST_OR_NULL, DOCKER_OBJECT_OR_NULL };
/* OBJECT's KEY (NULL: itself) as ITEM, which is of that kind; else the answer is not understood. */
int docker_need(struct lad_docker *engine, const cJSON *object, const char *key, enum docker_kind kind,
		const cJSON **item, struct lad_error *err);
int docker_need_text(struct lad_docker *engine, const cJSON *object, const char *key, char *out, size_t size,
		     struct lad_error *err);
int docker_need_id(struct lad_docker *engine, const cJSON *object, const char *key, char id[LAD_DOCKER_ID],
		   struct lad_error *err);
int docker_need_number(struct lad_docker *engine, const cJSON *object, const char *key, int low, int high, int *number,
		       struct lad_error *err);

/* attach.c: whether HEAD, of the answer to attach, takes us in; BODY has the reason if not. Sets the engine's status.
 */
int docker_attached(struct lad_docker *engine, const char *head, const char *body, struct lad_error *err);
/* Whether what came over STREAM was no attach stream; to be asked after its output has ended. */
bool docker_stream_garbled(const struct lad_docker_stream *stream);
/* swarm.c, image.c, clean.c, container.c, facts.c, ports.c: what the answers of their requests say. */
int docker_read_info(struct lad_docker *engine, const cJSON *answer, struct lad_docker_info *info,
		     struct lad_error *err);
int docker_read_version(struct lad_docker *engine, const cJSON *answer, struct lad_error *err);
int docker_read_address(struct lad_docker *engine, const cJSON *answer, enum lad_ip ip,
			char address[LAD_DOCKER_ADDRESS], struct lad_error *err);
int docker_read_facts(struct lad_docker *engine, const cJSON *answer, const char *address,
		      struct lad_docker_facts *facts, struct lad_error *err);
/* Whether ITEM of a list is an object with our LABEL, of RUN_ID or (NULL) of any; KEY is its id's, put into ID. */
int docker_read_labelled(struct lad_docker *engine, const cJSON *item, const char *label, const char *run_id,
			 const char *key, char id[LAD_DOCKER_ID], struct lad_error *err);

/* facts.c: runs the agent with CONTAINER's argument and parses the JSON line that it prints; the caller deletes it. */
int docker_ask(struct lad_docker *engine, const struct lad_docker_container *container, cJSON **answer,
	       struct lad_error *err);
/* Starts CONTAINER with its streams attached: it ends with STREAM, or with us. ID is "" when there is nothing to
 * remove; on failure what was made is removed. */
int docker_start_attached(struct lad_docker *engine, const struct lad_docker_container *container,
			  char id[LAD_DOCKER_ID], struct lad_docker_stream **stream, int *output,
			  struct lad_error *err);
/* The JSON line that the agent behind STREAM says first; the caller deletes it. */
int docker_hear(struct lad_docker *engine, const struct lad_docker_stream *stream, int output, cJSON **answer,
		struct lad_error *err);
/* Reads from a stream's output until the end of a line, or its end. As docker_wait when that does not come. */
int docker_read_line(const struct lad_docker *engine, int fd, char *text, size_t size);

/* text helpers on cJSON: never NULL. */
const char *docker_text(const cJSON *object, const char *key);
/* {LAD_DOCKER_LABEL: RUN_ID, and the runner's} */
cJSON *docker_labels(const char *run_id);

/* runner.c: words for this process. */
#define DOCKER_RUNNER_LABEL "org.netladder.runner"
#define DOCKER_RUNNER 128
void docker_runner(char text[DOCKER_RUNNER]);
/* Whether the process of these words is known to have ended. */
bool docker_runner_gone(const char *text);

#endif

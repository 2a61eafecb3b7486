/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_FAKE_ENGINE_H
#define SUPPORT_FAKE_ENGINE_H

/*
 * Something on a unix socket that answers as a Docker Engine does, save where it is told to answer otherwise: processes
 * of their own, that end with this one. Its containers run nothing; those of the agent's questions say what an agent
 * would find.
 */

#include <stdbool.h>
#include <sys/types.h>

enum fake_traffic {
	FAKE_TEXT,    /* TEXT as the body, with STATUS */
	FAKE_CUT,     /* the same, but more is announced than comes */
	FAKE_CHUNKS,  /* the same in chunks, without the last one */
	FAKE_RAW,     /* TEXT instead of HTTP, and an end */
	FAKE_HUGE,    /* a body without an end, of blanks */
	FAKE_SILENT,  /* nothing */
	FAKE_TRICKLE, /* a head, and then a byte now and then */
	FAKE_HANG_UP, /* the connection is closed */
	FAKE_GONE     /* the whole engine is */
};

struct fake_answer {
	const char *request; /* "GET /info": how the request begins, without the API's version; NULL ends a list */
	enum fake_traffic traffic;
	int status;
	const char *text; /* not NULL, but where there is none */
};

struct fake_engine {
	char folder[64], host[96]; /* "unix://…" */
	pid_t pid;
	struct fake_log *log;
};

/* Starts one that answers by the first of ANSWERS (borrowed until it is stopped; NULL: none) that fits, and otherwise
 * as it should. */
void fake_engine_start(struct fake_engine *engine, const struct fake_answer *answers);
/* Ends it and removes its folder. */
void fake_engine_stop(struct fake_engine *engine);
/* How many requests that begin so have come; whether any has. */
int fake_engine_count(const struct fake_engine *engine, const char *request);
bool fake_engine_heard(const struct fake_engine *engine, const char *request);
/* Waits until it has; fails the test after half a minute. */
void fake_engine_wait(const struct fake_engine *engine, const char *request);

#endif

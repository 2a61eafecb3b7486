/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "docker/engine.h"
#include "netladder/units.h"

/*
 * How long an engine is waited for. What it knows by heart is quick; what it has to make, end or take down may last on
 * a busy machine; and an image on its way lasts as long as it lasts, with a limit for silence
 * alone. An engine that has just not answered is given less and less time until it does again: what is left to be done
 * on it, mostly to clean up, must not take many times the limit.
 */

#define QUICK_LIMIT_S 10
#define CHANGE_LIMIT_S 60
#define SILENCE_LIMIT_S 90
#define LEAST_MS 1000
#define STEP_MS 100

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / LAD_NS_PER_MS;
}

struct docker_clock docker_clock(const struct lad_docker *engine, enum docker_patience patience)
{
	return (struct docker_clock){now_ms(), docker_limit_ms(engine, patience)};
}

long docker_clock_left_ms(const struct docker_clock *clock)
{
	int64_t left_ms = clock->began_ms + clock->limit_ms - now_ms();
	return left_ms > 0 ? (long)left_ms : 0;
}

/* NETLADDER_ENGINE_LIMIT_S, or what holds without it. */
static long quick_limit_s(void)
{
	const char *given = getenv("NETLADDER_ENGINE_LIMIT_S");
	char *end;
	long seconds = given && given[0] ? strtol(given, &end, 10) : 0;
	return seconds >= 1 && seconds <= 3600 && !*end ? seconds : QUICK_LIMIT_S;
}

long docker_limit_ms(const struct lad_docker *engine, enum docker_patience patience)
{
	long quick_s = quick_limit_s();
	long limits_s[] = {[DOCKER_QUICK] = quick_s,
			   [DOCKER_CHANGE] = quick_s * CHANGE_LIMIT_S / QUICK_LIMIT_S,
			   [DOCKER_LASTING] = quick_s * SILENCE_LIMIT_S / QUICK_LIMIT_S};
	long limit_ms = limits_s[patience] * 1000 >> 2 * (engine->unanswered < 8 ? engine->unanswered : 8);
	return limit_ms > LEAST_MS ? limit_ms : LEAST_MS;
}

bool docker_interrupted(const struct lad_docker *engine)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t pending;
	if (engine->cleaning || sigpending(&pending) < 0)
		return false;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigismember(&pending, signals[i]) == 1)
			return true;
	return false;
}

int docker_wait(const struct lad_docker *engine, int fd, short events, long limit_ms)
{
	int64_t end_ms = now_ms() + limit_ms;
	struct pollfd polled = {fd, events, 0};
	for (;;) {
		int64_t left_ms = end_ms - now_ms();
		int ready = poll(&polled, 1, left_ms < 0 ? 0 : left_ms < STEP_MS ? (int)left_ms : STEP_MS);
		if (ready > 0)
			return 1;
		if (docker_interrupted(engine))
			return -1;
		if ((ready < 0 && errno != EINTR) || left_ms <= 0)
			return 0;
	}
}

/* Called by libcurl about once a second, and whenever something came or went. */
static int look_up(void *data, curl_off_t to_come, curl_off_t come, curl_off_t to_go, curl_off_t gone)
{
	struct docker_watch *watch = data;
	(void)to_come;
	(void)to_go;
	watch->interrupted = docker_interrupted(watch->engine);
	if (come + gone != watch->moved || !watch->since_ms) {
		watch->moved = come + gone;
		watch->since_ms = now_ms();
	}
	watch->silent = watch->silence_ms && now_ms() - watch->since_ms > watch->silence_ms;
	return watch->interrupted || watch->silent;
}

void docker_watch(struct docker_watch *watch, const struct lad_docker *engine, enum docker_patience patience,
		  CURL *curl)
{
	long limit_ms = docker_limit_ms(engine, patience);
	*watch = (struct docker_watch){.engine = engine, .limit_ms = limit_ms};
	if (patience == DOCKER_LASTING)
		watch->silence_ms = limit_ms;
	else
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit_ms);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, watch);
}

bool docker_clean_on(struct lad_docker *engine, bool on)
{
	bool before = engine->cleaning;
	engine->cleaning = on;
	return before;
}

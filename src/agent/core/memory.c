/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/sandbox.h"

/*
 * Without memory libev aborts and cJSON leaves fields out, so that a result would lack what it measured. What both ask
 * for is little, so the agent then says its last words and ends. As libev wants it (ev_set_allocator): no BYTES means
 * free.
 */

static void *allocate(void *old, long bytes)
{
	if (bytes)
		return realloc(old, (size_t)bytes);
	free(old);
	return NULL;
}

static void *allocate_for_runner(void *old, long bytes)
{
	static const char words[] = "{\"type\":\"error\",\"message\":\"out of memory\"}\n";
	void *memory = allocate(old, bytes);
	if (memory || !bytes)
		return memory;
	_exit(write(STDOUT_FILENO, words, sizeof words - 1) < 0 ? LAD_EXIT_UNABLE : 1);
}

static void *allocate_by_hand(void *old, long bytes)
{
	static const char words[] = "netladder-agent: out of memory\n";
	void *memory = allocate(old, bytes);
	if (memory || !bytes)
		return memory;
	_exit(write(STDERR_FILENO, words, sizeof words - 1) < 0 ? LAD_EXIT_TRIALS : LAD_EXIT_UNABLE);
}

static void *json_for_runner(size_t bytes)
{
	return allocate_for_runner(NULL, (long)bytes);
}

static void *json_by_hand(size_t bytes)
{
	return allocate_by_hand(NULL, (long)bytes);
}

void agent_memory_for_runner(void)
{
	ev_set_allocator(allocate_for_runner);
	cJSON_InitHooks(&(cJSON_Hooks){json_for_runner, free});
}

void agent_memory_by_hand(void)
{
	ev_set_allocator(allocate_by_hand);
	cJSON_InitHooks(&(cJSON_Hooks){json_by_hand, free});
}

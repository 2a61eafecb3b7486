/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/word.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/team.h"
#include "agent/workload/workload.h"

/* Unlike a greeting's from the second letter on, so that nobody says the one for the other. */
static const char introduction[4] = {'n', 'l', 'd', 'w'};

int agent_word_draw(uint64_t word[2], struct lad_error *err)
{
	do
		if (getrandom(word, 2 * sizeof *word, 0) != 2 * sizeof *word)
			return lad_error_errno(err, errno, "cannot draw the run's word");
	while (!(word[0] | word[1]));
	return 0;
}

struct agent_word agent_word_of(const struct lad_job *job)
{
	struct agent_word word;
	uint64_t sent[2] = {htobe64(job->word[0]), htobe64(job->word[1])};
	_Static_assert(sizeof introduction + sizeof sent == WORD_BYTES, "both, and nothing else");
	memcpy(word.bytes, introduction, sizeof introduction);
	memcpy(word.bytes + sizeof introduction, sent, sizeof sent);
	return word;
}

bool agent_same_bytes(const void *one, const void *other, size_t bytes)
{
	const volatile unsigned char *a = one, *b = other;
	unsigned char difference = 0;
	for (size_t i = 0; i < bytes; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

int agent_word_say(const struct lad_job *job, int fd, int flags)
{
	struct agent_word word = agent_word_of(job);
	if (!agent_has_word(job))
		return 0;
	ssize_t sent = send(fd, word.bytes, sizeof word.bytes, MSG_NOSIGNAL | flags);
	if (sent >= 0 && sent < WORD_BYTES) /* into an empty buffer it goes as a whole */
		errno = ENOBUFS;
	return sent == WORD_BYTES ? 0 : -1;
}

static struct agent *lead_of(struct agent *agent)
{
	return agent->lead ? agent->lead : agent;
}

void agent_flow_known(struct agent *agent)
{
	__atomic_add_fetch(&lead_of(agent)->flows_known, 1, __ATOMIC_RELAXED);
}

int agent_flows_missing(const struct agent *agent)
{
	if (!agent_has_word(&agent->job) || agent->job.workload == LAD_TCP_CRR)
		return 0;
	return agent->all_flows - __atomic_load_n(&agent->flows_known, __ATOMIC_RELAXED);
}

void agent_admit(struct agent *agent, int fd)
{
	bool crr = agent->job.workload == LAD_TCP_CRR;
	if (!agent->ops || !agent->ops->admit || (!crr && agent_flows_missing(agent) == 0)) {
		close(fd);
		return;
	}
	int number = agent->flows_known;
	if (!crr)
		agent_flow_known(agent);
	if (crr || agent->job.threads <= 1 || number % agent->job.threads == 0)
		agent->ops->admit(agent, fd);
	else
		agent_team_give(agent, number % agent->job.threads, fd);
}

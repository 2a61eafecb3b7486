/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/by_hand/door.h"

#define TOKEN "token"
#define ROUNDS 100

struct heard {
	struct by_hand *by_hand;
	bool let_in, flow, left;
	int messages;
};

static struct heard heard;

static void obey(struct by_hand *by_hand, const struct lad_message *message)
{
	(void)by_hand;
	(void)message;
	heard.messages++;
}

static void gone(struct by_hand *by_hand)
{
	(void)by_hand;
	heard.left = true;
}

static void let_in(struct by_hand *by_hand)
{
	heard.let_in = true;
	by_hand_listen(by_hand);
}

static void admit(void *owner, int fd)
{
	(void)owner;
	heard.flow = true;
	close(fd);
}

/* What a sink by hand makes of a connection's bytes, the first of DATA saying whether the run's word is known. */
static void visit(struct by_hand *by_hand, struct door *door, const uint8_t *data, size_t size)
{
	int fds[2];
	const struct sockaddr_storage nobody = {.ss_family = AF_UNIX};
	const struct lad_job job = {.word = {UINT64_C(0x6e65746c61646465), 1}};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	door->by_hand = by_hand;
	door->doorstep.owner = door;
	door->doorstep.places = 1;
	door_hear_from(door, by_hand->loop, -1);
	if (data[0] & 1) {
		door->doorstep.flow = admit;
		door->doorstep.word = agent_word_of(&job);
	}
	/* What does not fit the socket's buffer is not heard. */
	ssize_t sent = send(fds[1], data + 1, size - 1, MSG_NOSIGNAL);
	shutdown(fds[1], SHUT_WR);
	doorstep_admit(&door->doorstep, fds[0], &nobody);
	for (int i = 0; i < ROUNDS; i++)
		ev_run(by_hand->loop, EVRUN_NOWAIT);
	if (sent >= 0 && heard.let_in && (size_t)sent < strlen("netladder-agent 1 " TOKEN))
		abort();
	door_close(door);
	close(fds[1]);
}

void fuzz_greeting(const uint8_t *data, size_t size)
{
	static const struct by_hand_options options = {.host = "0.0.0.0", .token = TOKEN};
	static struct by_hand by_hand;
	static struct door door;
	if (size < 2)
		return;
	by_hand = (struct by_hand){.options = &options, .loop = ev_default_loop(EVBACKEND_SELECT), .channel_fd = -1};
	by_hand.agent = agent_new(by_hand.loop);
	by_hand.other = calloc(1, sizeof *by_hand.other);
	if (!by_hand.agent || !by_hand.other)
		abort();
	heard = (struct heard){.by_hand = &by_hand};
	/* It is told that somebody tried a token as if it had just been said. */
	door = (struct door){.fd = -1, .let_in = let_in, .token = TOKEN, .wrong_reported = 1, .wrong_ns = INT64_MAX};
	by_hand.door = &door;
	by_hand.obey = obey;
	by_hand.gone = gone;
	visit(&by_hand, &door, data, size);
	bool right = size > sizeof "netladder-agent 1 " TOKEN &&
		     memcmp(data + 1, "netladder-agent ", strlen("netladder-agent ")) == 0;
	if (heard.let_in && (!right || heard.flow))
		abort();
	if (heard.messages && !heard.let_in)
		abort();
	if (heard.flow && !(data[0] & 1))
		abort();
	by_hand_end(&by_hand);
}

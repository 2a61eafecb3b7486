/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_engine.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_MAX 512
#define REQUEST_MAX 200

struct fake_log { /* shared by all processes of the engine, and with the test */
	atomic_int count;
	char lines[LOG_MAX][REQUEST_MAX];
	char command[128]; /* of the container that was created last */
};

static const struct fake_answer healthy[] = {
    {"GET /version", FAKE_TEXT, 200, "{\"ApiVersion\":\"1.47\",\"MinAPIVersion\":\"1.24\",\"Components\":[]}"},
    {"GET /info", FAKE_TEXT, 200,
     "{\"ID\":\"FAKE\",\"Name\":\"node\",\"ServerVersion\":\"27.0\",\"KernelVersion\":\"6.1\",\"OperatingSystem\":"
     "\"D\","
     "\"Architecture\":\"x86_64\",\"NCPU\":2,\"SystemTime\":\"2026-11-29T10:00:00Z\",\"Swarm\":{\"NodeID\":\"\","
     "\"LocalNodeState\":\"inactive\"},\"Plugins\":{\"Network\":[\"bridge\",\"macvlan\",\"ipvlan\",\"overlay\"]}}"},
    {"GET /containers/json", FAKE_TEXT, 200, "[]"},
    {"GET /containers/", FAKE_TEXT, 200,
     "{\"NetworkSettings\":{\"Networks\":{\"n\":{\"IPAddress\":\"198.19.0.2\",\"GlobalIPv6Address\":\"\"}}}}"},
    {"GET /networks", FAKE_TEXT, 200, "[]"},
    {"GET /volumes", FAKE_TEXT, 200, "{\"Volumes\":null,\"Warnings\":null}"},
    {"GET /images/json", FAKE_TEXT, 200, "[]"},
    {"GET /images/", FAKE_TEXT, 200, "{\"Config\":{\"Labels\":{\"org.netladder.agent\":\"0\"}}}"},
    {"POST /containers/create", FAKE_TEXT, 201, "{\"Id\":\"c0ffee\"}"},
    {"POST /networks/create", FAKE_TEXT, 201, "{\"Id\":\"beef\"}"},
    {"POST ", FAKE_TEXT, 204, ""},
    {"DELETE ", FAKE_TEXT, 204, ""},
    {"", FAKE_TEXT, 404, "{\"message\":\"page not found\"}"},
};

static void say(int fd, const void *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		_exit(0);
}

static void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

/* What the agent would say in the container that was created last, as a frame; then it stays until it is left alone. */
static void attach(int fd, const struct fake_log *log)
{
	static const char *const words[][2] = {
	    {"--facts=vxlan", "{\"vxlan\":\"Success\"}\n"},
	    {"--facts", "{\"default_device\":\"eth0\",\"interfaces\":[{\"name\":\"eth0\",\"address\":\"198.18.0.1\","
			"\"mtu\":1500}],\"ipv6\":[]}\n"},
	    {"--call=", "{\"answer\":\"refused\"}\n"}};
	char rest[512];
	say_text(fd, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strncmp(log->command, words[i][0], strlen(words[i][0])) != 0)
			continue;
		unsigned char header[8] = {1, 0, 0, 0, 0, 0, 0, (unsigned char)strlen(words[i][1])};
		say(fd, header, sizeof header);
		say_text(fd, words[i][1]);
		break;
	}
	while (read(fd, rest, sizeof rest) > 0)
		;
	_exit(0);
}

static void trickle(int fd)
{
	struct timespec step = {0, 100000000};
	say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[");
	for (;;) {
		nanosleep(&step, NULL);
		say_text(fd, " ");
	}
}

static void answer(int fd, const struct fake_answer *how)
{
	char head[256], blanks[65536];
	const char *text = how->text ? how->text : "";
	size_t length = strlen(text);
	memset(blanks, ' ', sizeof blanks);
	switch (how->traffic) {
	case FAKE_TEXT:
	case FAKE_CUT:
		snprintf(head, sizeof head,
			 "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", how->status,
			 length + (how->traffic == FAKE_CUT ? 7 : 0));
		say_text(fd, head);
		say_text(fd, text);
		if (how->traffic == FAKE_CUT)
			_exit(0);
		return;
	case FAKE_CHUNKS:
		snprintf(head, sizeof head, "HTTP/1.1 %d x\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", how->status,
			 length);
		say_text(fd, head);
		say_text(fd, text);
		_exit(0);
	case FAKE_RAW:
		say_text(fd, text);
		_exit(0);
	case FAKE_HUGE:
		say_text(fd, "HTTP/1.1 200 OK\r\n\r\n[");
		for (;;)
			say(fd, blanks, sizeof blanks);
	case FAKE_SILENT:
		for (;;)
			pause();
	case FAKE_TRICKLE:
		trickle(fd);
		return;
	case FAKE_HANG_UP:
		_exit(0);
	case FAKE_GONE:
		kill(0, SIGKILL);
	}
}

/* Reads a request's head and body. REQUEST: "GET /info", without the version. */
static void read_request(FILE *in, char *request, size_t size, struct fake_log *log)
{
	char line[4096], method[16] = "", path[2000] = "";
	size_t length = 0;
	if (!fgets(line, sizeof line, in) || sscanf(line, "%15s %1999s", method, path) != 2)
		_exit(0);
	while (fgets(line, sizeof line, in) && strcmp(line, "\r\n") != 0)
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			length = (size_t)atol(line + 15);
	const char *rest = path;
	if (strncmp(path, "/v1.", 4) == 0)
		rest = strchr(path + 1, '/');
	snprintf(request, size, "%s %s", method, rest ? rest : path);
	char *body = calloc(1, length + 1);
	if (!body || fread(body, 1, length, in) != length)
		_exit(0);
	if (strncmp(request, "POST /containers/create", 23) == 0) {
		const char *command = strstr(body, "\"Cmd\":[\"");
		snprintf(log->command, sizeof log->command, "%s", command ? command + 8 : "");
	}
	free(body);
}

static const struct fake_answer *find(const struct fake_answer *answers, const char *request)
{
	for (; answers && answers->request; answers++)
		if (strncmp(request, answers->request, strlen(answers->request)) == 0)
			return answers;
	return NULL;
}

__attribute__((noreturn)) static void serve(int fd, const struct fake_answer *answers, struct fake_log *log)
{
	FILE *in = fdopen(dup(fd), "r");
	char request[2048];
	for (;;) {
		read_request(in, request, sizeof request, log);
		int number = atomic_fetch_add(&log->count, 1);
		if (number < LOG_MAX)
			snprintf(log->lines[number], REQUEST_MAX, "%.199s", request);
		const struct fake_answer *how = find(answers, request);
		if (!how && strncmp(request, "POST /containers/", 17) == 0 && strstr(request, "/attach?"))
			attach(fd, log);
		answer(fd, how ? how : find(healthy, request));
	}
}

__attribute__((noreturn)) static void run(int listener, const struct fake_answer *answers, struct fake_log *log,
					  pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGCHLD, SIG_IGN);
	pid_t own = getpid();
	while (getppid() == parent) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			if (getppid() == own)
				serve(fd, answers, log);
			_exit(0);
		}
		close(fd);
	}
	_exit(0);
}

void fake_engine_start(struct fake_engine *engine, const struct fake_answer *answers)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(engine->folder, "/tmp/netladder-fake-engine-XXXXXX");
	assert_non_null(mkdtemp(engine->folder));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/docker.sock", engine->folder);
	snprintf(engine->host, sizeof engine->host, "unix://%s/docker.sock", engine->folder);
	engine->log = mmap(NULL, sizeof *engine->log, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(engine->log, MAP_FAILED);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(listener, errno);
	assert_return_code(bind(listener, (struct sockaddr *)&address, sizeof address), errno);
	assert_return_code(listen(listener, 64), errno);
	pid_t parent = getpid();
	engine->pid = fork();
	if (engine->pid == 0)
		run(listener, answers, engine->log, parent);
	assert_return_code(engine->pid, errno);
	setpgid(engine->pid, engine->pid);
	close(listener);
}

void fake_engine_stop(struct fake_engine *engine)
{
	char path[96];
	kill(-engine->pid, SIGKILL);
	waitpid(engine->pid, NULL, 0);
	munmap(engine->log, sizeof *engine->log);
	snprintf(path, sizeof path, "%s/docker.sock", engine->folder);
	unlink(path);
	rmdir(engine->folder);
}

int fake_engine_count(const struct fake_engine *engine, const char *request)
{
	int count = atomic_load(&engine->log->count), heard = 0;
	for (int i = 0; i < count && i < LOG_MAX; i++)
		heard += strncmp(engine->log->lines[i], request, strlen(request)) == 0;
	return heard;
}

bool fake_engine_heard(const struct fake_engine *engine, const char *request)
{
	return fake_engine_count(engine, request) > 0;
}

void fake_engine_wait(const struct fake_engine *engine, const char *request)
{
	struct timespec step = {0, 20000000};
	for (int i = 0; i < 1500; i++) {
		if (fake_engine_heard(engine, request))
			return;
		nanosleep(&step, NULL);
	}
	fail_msg("nobody has asked %s", request);
}

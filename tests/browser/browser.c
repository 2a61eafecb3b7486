/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browser.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"

#define DRIVER "/usr/bin/chromedriver"
#define CHROMIUM "/usr/bin/chromium"
#define PORT "9515" /* ours alone: the namespace is */
#define START_SECONDS 300
/* What it is asked may take so long, on however busy a machine; WebDriver's own limit for a script is 30 s. */
#define ANSWER_SECONDS 600

const char *browser_missing(void)
{
	if (access(DRIVER, X_OK) < 0 || access(CHROMIUM, X_OK) < 0)
		return "chromium and chromium-driver are not installed; `make deps` installs them";
	if (geteuid() != 0)
		return "the browser runs in namespaces of its own, which takes root";
	return NULL;
}

/* In the child: first process of a new pid namespace, with the /proc that belongs to it. Does not return. */
static void run_driver(const char *folder)
{
	char log[96];
	snprintf(log, sizeof log, "--log-path=%s/driver.log", folder);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(DRIVER, DRIVER, "--port=" PORT, log, (char *)NULL);
	_exit(127);
}

/* unshare(CLONE_NEWPID) is for children: the fork that follows is the namespace's first process. */
static pid_t start_driver(const char *folder)
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own < 0 || unshare(CLONE_NEWPID) < 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(126);
		run_driver(folder);
	}
	setns(own, CLONE_NEWPID); /* our further children are no namesakes of the browser's */
	close(own);
	return child;
}

static size_t keep(char *data, size_t size, size_t count, void *to)
{
	return fwrite(data, size, count, to);
}

/* BODY NULL: GET. The response's JSON, or NULL. */
static cJSON *request(struct browser *browser, const char *method, const char *url, const char *body)
{
	char *answer = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&answer, &length);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!memory)
		return NULL;
	curl_easy_reset(browser->http);
	curl_easy_setopt(browser->http, CURLOPT_URL, url);
	curl_easy_setopt(browser->http, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(browser->http, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(browser->http, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
	curl_easy_setopt(browser->http, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(browser->http, CURLOPT_WRITEDATA, memory);
	if (body)
		curl_easy_setopt(browser->http, CURLOPT_POSTFIELDS, body);
	CURLcode code = curl_easy_perform(browser->http);
	fclose(memory);
	curl_slist_free_all(headers);
	cJSON *json = code == CURLE_OK ? cJSON_ParseWithLength(answer, length) : NULL;
	free(answer);
	return json;
}

static bool wait_for_driver(struct browser *browser)
{
	for (int i = 0; i < START_SECONDS * 10; i++) {
		cJSON *status = request(browser, "GET", "http://127.0.0.1:" PORT "/status", NULL);
		bool ready = cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(status, "value"), "ready"));
		cJSON_Delete(status);
		if (ready)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	return false;
}

static int open_session(struct browser *browser)
{
	static const char capabilities[] =
	    "{\"capabilities\":{\"alwaysMatch\":{\"browserName\":\"chrome\",\"timeouts\":{\"script\":600000,"
	    "\"pageLoad\":600000},\"goog:loggingPrefs\":{\"browser\":\"ALL\"}"
	    ","
	    "\"goog:chromeOptions\":{\"binary\":\"" CHROMIUM "\",\"args\":[\"--headless=new\",\"--no-sandbox\","
	    "\"--disable-gpu\",\"--disable-quic\",\"--no-first-run\",\"--disable-background-networking\","
	    "\"--disable-component-update\",\"--disable-sync\",\"--disable-dev-shm-usage\",\"--hide-scrollbars\","
	    "\"--user-data-dir=%s/profile\"]}}}}";
	char body[1024];
	snprintf(body, sizeof body, capabilities, browser->folder);
	cJSON *answer = request(browser, "POST", "http://127.0.0.1:" PORT "/session", body);
	const cJSON *value = cJSON_GetObjectItem(answer, "value");
	const cJSON *id = cJSON_GetObjectItem(value, "sessionId");
	if (cJSON_IsString(id))
		snprintf(browser->session, sizeof browser->session, "http://127.0.0.1:" PORT "/session/%.60s",
			 id->valuestring);
	else
		fprintf(stderr, "no session: %s\n", cJSON_GetStringValue(cJSON_GetObjectItem(value, "message")));
	int status = cJSON_IsString(id) ? 0 : -1;
	cJSON_Delete(answer);
	return status;
}

int browser_start(struct browser *browser)
{
	struct lad_error err = {0};
	memset(browser, 0, sizeof *browser);
	strcpy(browser->folder, "/tmp/netladder-browser-XXXXXX");
	lad_cleanup_fd int network = lad_netns_new(&err);
	if (!mkdtemp(browser->folder) || network < 0 || setns(network, CLONE_NEWNET) < 0) {
		fprintf(stderr, "no namespace for the browser: %s\n", err.message[0] ? err.message : strerror(errno));
		return -1;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	browser->http = curl_easy_init();
	browser->driver = start_driver(browser->folder);
	if (!browser->http || browser->driver < 0 || !wait_for_driver(browser)) {
		fprintf(stderr, "chromedriver does not start\n");
		return -1;
	}
	return open_session(browser);
}

void browser_stop(struct browser *browser)
{
	char command[128];
	if (browser->session[0])
		cJSON_Delete(request(browser, "DELETE", browser->session, NULL));
	if (browser->driver > 0) {
		kill(browser->driver, SIGKILL); /* and with it its pid namespace */
		waitpid(browser->driver, NULL, 0);
	}
	if (browser->http)
		curl_easy_cleanup(browser->http);
	curl_global_cleanup();
	snprintf(command, sizeof command, "rm -rf '%s'", browser->folder);
	if (strncmp(browser->folder, "/tmp/netladder-browser-", 23) == 0 && system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", browser->folder);
}

cJSON *browser_command(struct browser *browser, const char *path, cJSON *body)
{
	char url[256];
	lad_cleanup_free char *text = body ? cJSON_PrintUnformatted(body) : NULL;
	cJSON_Delete(body);
	snprintf(url, sizeof url, "%s%s", browser->session, path);
	cJSON *answer = request(browser, text ? "POST" : "GET", url, text);
	if (!answer)
		fail_msg("%s: chromedriver does not answer", path);
	cJSON *value = cJSON_DetachItemFromObject(answer, "value");
	cJSON_Delete(answer);
	if (cJSON_HasObjectItem(value, "error"))
		fail_msg("%s: %s", path, cJSON_GetStringValue(cJSON_GetObjectItem(value, "message")));
	return value;
}

cJSON *browser_devtools(struct browser *browser, const char *command, const char *parameters)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *parsed = cJSON_Parse(parameters);
	assert_non_null(parsed);
	cJSON_AddStringToObject(body, "cmd", command);
	cJSON_AddItemToObject(body, "params", parsed);
	return browser_command(browser, "/goog/cdp/execute", body);
}

void browser_open(struct browser *browser, const char *path)
{
	char url[512];
	cJSON *body = cJSON_CreateObject();
	snprintf(url, sizeof url, "file://%s", path);
	cJSON_AddStringToObject(body, "url", url);
	cJSON_Delete(browser_command(browser, "/url", body));
}

cJSON *browser_script(struct browser *browser, const char *script)
{
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "script", script);
	cJSON_AddItemToObject(body, "args", cJSON_CreateArray());
	return browser_command(browser, "/execute/sync", body);
}

double browser_number(struct browser *browser, const char *script)
{
	cJSON *value = browser_script(browser, script);
	if (!cJSON_IsNumber(value))
		fail_msg("no number: %s", script);
	double number = value->valuedouble;
	cJSON_Delete(value);
	return number;
}

char *browser_text(struct browser *browser, const char *script)
{
	cJSON *value = browser_script(browser, script);
	if (!cJSON_IsString(value))
		fail_msg("no text: %s", script);
	char *text = strdup(value->valuestring);
	cJSON_Delete(value);
	assert_non_null(text);
	return text;
}

void browser_expect_nothing(struct browser *browser, const char *what, const char *script)
{
	char *text = browser_text(browser, script);
	if (text[0])
		fail_msg("%s: %s", what, text);
	free(text);
}

void browser_size(struct browser *browser, int width, int height)
{
	char parameters[160];
	snprintf(parameters, sizeof parameters, "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":%s}",
		 width, height, width < 600 ? "true" : "false");
	cJSON_Delete(browser_devtools(browser, "Emulation.setDeviceMetricsOverride", parameters));
}

void browser_media(struct browser *browser, const char *media, const char *scheme)
{
	char parameters[160];
	snprintf(parameters, sizeof parameters,
		 "{\"media\":\"%s\",\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"%s\"}]}", media,
		 scheme);
	cJSON_Delete(browser_devtools(browser, "Emulation.setEmulatedMedia", parameters));
}

/* The bytes of the UTF-8 character that begins with LEAD. */
static size_t character_bytes(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

void browser_keys(struct browser *browser, const char *keys)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *source = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "actions"), source);
	cJSON_AddStringToObject(source, "type", "key");
	cJSON_AddStringToObject(source, "id", "keyboard");
	cJSON *actions = cJSON_AddArrayToObject(source, "actions");
	while (*keys) {
		static const char *const directions[] = {"keyDown", "keyUp"};
		char key[8] = "";
		size_t length = character_bytes((unsigned char)*keys);
		memcpy(key, keys, length);
		keys += length;
		for (int i = 0; i < 2; i++) {
			cJSON *action = cJSON_CreateObject();
			cJSON_AddStringToObject(action, "type", directions[i]);
			cJSON_AddStringToObject(action, "value", key);
			cJSON_AddItemToArray(actions, action);
		}
	}
	cJSON_Delete(browser_command(browser, "/actions", body));
}

char *browser_console(struct browser *browser)
{
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "type", "browser");
	cJSON *entries = browser_command(browser, "/se/log", body);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	const cJSON *entry;
	assert_non_null(out);
	cJSON_ArrayForEach(entry, entries)
	{
		const char *message = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "message"));
		if (message && strncmp(message, "chrome://", 9) != 0) /* the browser's own start page */
			fprintf(out, "%s\n", message);
	}
	fclose(out);
	cJSON_Delete(entries);
	return text;
}

static void save_base64(const char *path, const char *base64)
{
	char command[512];
	snprintf(command, sizeof command, "base64 -d >'%s'", path);
	FILE *pipe = popen(command, "we");
	assert_non_null(pipe);
	fputs(base64, pipe);
	assert_int_equal(pclose(pipe), 0);
}

void browser_shot(struct browser *browser, const char *name)
{
	char path[400];
	const char *folder = getenv("BROWSER_SHOTS");
	if (!folder)
		return;
	cJSON *picture = browser_devtools(browser, "Page.captureScreenshot", "{\"captureBeyondViewport\":true}");
	snprintf(path, sizeof path, "%.200s/%s.png", folder, name);
	save_base64(path, cJSON_GetStringValue(cJSON_GetObjectItem(picture, "data")));
	cJSON_Delete(picture);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BROWSER_BROWSER_H
#define BROWSER_BROWSER_H

/*
 * A headless Chromium, driven through chromedriver (W3C WebDriver over HTTP). Test and browser live in a network
 * namespace of their own in which there is nothing but loopback, and chromedriver is the first process of a pid
 * namespace: when it ends, or we do, the kernel ends every process of the browser. What fails, fails the test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

struct browser {
	pid_t driver;
	void *http;	   /* libcurl's handle */
	char session[128]; /* URL of the WebDriver session */
	char folder[64];   /* temporary: profile and downloads */
};

/* Why there is no browser to test with on this machine, or NULL. */
const char *browser_missing(void);

/* Starts it in the calling process's new network namespace. 0, or -1 with a message on stderr. */
int browser_start(struct browser *browser);
void browser_stop(struct browser *browser);

/* A WebDriver command; BODY is consumed, NULL: a GET. Returns its value, the caller's to delete. */
cJSON *browser_command(struct browser *browser, const char *path, cJSON *body);
/* A command of the Chrome DevTools Protocol; PARAMETERS is JSON. */
cJSON *browser_devtools(struct browser *browser, const char *command, const char *parameters);

/* Opens the file PATH (absolute) and waits until it is loaded. */
void browser_open(struct browser *browser, const char *path);
/* Runs SCRIPT, the body of a function, and gives what it returns. */
cJSON *browser_script(struct browser *browser, const char *script);
double browser_number(struct browser *browser, const char *script);
char *browser_text(struct browser *browser, const char *script); /* free it */
/* Fails with what the script returns unless that is "". */
void browser_expect_nothing(struct browser *browser, const char *what, const char *script);

void browser_size(struct browser *browser, int width, int height);
/* MEDIA: "screen" or "print"; SCHEME: "light" or "dark". */
void browser_media(struct browser *browser, const char *media, const char *scheme);
/* Presses keys one after the other (WebDriver's code points for special ones). */
void browser_keys(struct browser *browser, const char *keys);
#define KEY_TAB "\uE004"
#define KEY_ENTER "\uE007"
#define KEY_SPACE " "

/* Everything that the console has said since the last call, "" when nothing; free it. */
char *browser_console(struct browser *browser);

/* Saves a picture of the whole page as $BROWSER_SHOTS/NAME.png; does nothing without that variable. */
void browser_shot(struct browser *browser, const char *name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An engine behind ssh://: an sshd of the test's own on loopback of a namespace, with keys that are made for it. */
#include "engines.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define PORT "4022"

static struct engines engines;
static struct finished finished;
static char host[256]; /* ssh://root@127.0.0.1:PORT/the engine's socket */
static int netns;
static pid_t sshd;
static bool made_run_sshd;

static const char scenario[] = "lab: docker\nmodes: [bridge]\nworkloads:\n- kind: tcp_rr\n  cpus: free\n"
			       "trials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";

static void put(const char *name, mode_t mode, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void put(const char *name, mode_t mode, const char *format, ...)
{
	char path[160];
	va_list args;
	snprintf(path, sizeof path, "%s/%s", engines.folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
	assert_return_code(chmod(path, mode), errno);
}

static void make_key(const char *name)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", engines.folder, name);
	const char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path, NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, 0);
}

/* The key's public half, as known_hosts has it behind the host. */
static void read_public(const char *name, char text[256])
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s.pub", engines.folder, name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, 256, file));
	fclose(file);
}

/* The system's ssh, with a configuration that is ours alone; USER_KEY and HOST_KEY say what it has and trusts. */
static void make_client(const char *user_key, const char *host_key)
{
	char public[256], program[160];
	const char *folder = engines.folder;
	read_public(host_key, public);
	put("known_hosts", 0600, "[127.0.0.1]:" PORT " %s", public);
	put("ssh_config", 0600,
	    "IdentityFile %s/%s\nIdentitiesOnly yes\nUserKnownHostsFile %s/known_hosts\nGlobalKnownHostsFile none\n"
	    "StrictHostKeyChecking yes\n",
	    folder, user_key, folder);
	put("ssh", 0700, "#!/bin/sh\nexec ssh -F %s/ssh_config \"$@\"\n", folder);
	snprintf(program, sizeof program, "%s/ssh", folder);
	setenv("NETLADDER_SSH", program, 1);
}

static int set_up(void **state)
{
	(void)state;
	struct lad_error err = {0};
	char config[160];
	const char *folder = engines.folder;
	support_reap_orphans();
	if (engines_start(&engines, 1, NULL) < 0)
		return -1;
	netns = lad_netns_new(&err);
	assert_return_code(netns, errno);
	make_key("host");
	make_key("user");
	make_key("stranger");
	put("sshd_config", 0600,
	    "Port " PORT "\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nStrictModes no\n"
	    "UsePAM no\nPidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
	    folder, folder);
	make_client("user", "host");
	snprintf(host, sizeof host, "ssh://root@127.0.0.1:" PORT "%.200s", engines.hosts[0] + strlen("unix://"));
	/* Where sshd's unprivileged half is locked up; an installed and never started sshd has it not yet. */
	made_run_sshd = mkdir("/run/sshd", 0755) == 0;
	snprintf(config, sizeof config, "%s/sshd_config", folder);
	const char *const argv[] = {"/usr/sbin/sshd", "-D", "-f", config, NULL};
	sshd = support_start(netns, -1, argv);
	return support_wait_listening(netns, false, 4022) ? 0 : -1;
}

/* The sessions of an sshd that has ended end by themselves, soon after their client has gone. */
static bool nothing_stays(void)
{
	for (int waited = 0; waited < 200; waited++) {
		if (support_leftovers().processes == 1) /* this one */
			return true;
		usleep(50000);
	}
	print_message("%d processes stay\n", support_leftovers().processes - 1);
	return false;
}

static int tear_down(void **state)
{
	(void)state;
	/* Also after a set-up that went half way; kill(0, …) would be for all of our group. */
	if (sshd > 0) {
		kill(sshd, SIGTERM);
		waitpid(sshd, NULL, 0);
		close(netns);
	}
	if (made_run_sshd)
		rmdir("/run/sshd");
	engines_stop(&engines);
	return nothing_stays() ? 0 : -1;
}

static void run(const char *folder)
{
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    engines_scenario(&engines, "ssh", scenario),
				    "--hosts",
				    host,
				    "--out",
				    folder,
				    NULL};
	support_run(&finished, netns, -1, argv);
}

static void assert_nothing_forwards(void)
{
	glob_t found;
	assert_int_equal(glob("/tmp/netladder-ssh-*", 0, NULL, &found), GLOB_NOMATCH);
	globfree(&found);
}

static void test_an_engine_is_reached_through_ssh_and_nothing_of_it_stays(void **state)
{
	(void)state;
	struct lad_table table;
	const char *folder = engines_results(&engines);
	make_client("user", "host");
	run(folder);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 1);
	assert_int_equal(table.rows[0].status, LAD_STATUS_OK);
	assert_true(table.rows[0].transactions_per_s > 100);
	/* The machine over there may be another: the row tells its CPUs, and our /proc does not count. */
	assert_non_null(strstr(table.rows[0].cpu_model, " CPUs of "));
	assert_true(isnan(table.rows[0].cpu_system_s));
	lad_table_free(&table);
	engines_assert_clean(engines.clients[0]);
	assert_nothing_forwards();
}

static void test_a_host_that_is_not_known_is_exit_3_with_what_ssh_says(void **state)
{
	(void)state;
	make_client("user", "stranger");
	run(engines_results(&engines));
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "ssh: Host key verification failed.");
	assert_non_null(strstr(finished.err, "must work without a question"));
	assert_nothing_forwards();
}

static void test_a_key_that_is_not_authorized_is_exit_3_and_asks_nothing(void **state)
{
	(void)state;
	make_client("stranger", "host");
	run(engines_results(&engines));
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "Permission denied");
	assert_nothing_forwards();
}

static void test_a_socket_that_is_not_there_is_exit_3(void **state)
{
	(void)state;
	char before[sizeof host];
	strcpy(before, host);
	make_client("user", "host");
	strcpy(host, "ssh://root@127.0.0.1:" PORT "/tmp/no-such-docker.sock");
	run(engines_results(&engines));
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, host);
	assert_nothing_forwards();
	strcpy(host, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_engine_is_reached_through_ssh_and_nothing_of_it_stays),
	    cmocka_unit_test(test_a_host_that_is_not_known_is_exit_3_with_what_ssh_says),
	    cmocka_unit_test(test_a_key_that_is_not_authorized_is_exit_3_and_asks_nothing),
	    cmocka_unit_test(test_a_socket_that_is_not_there_is_exit_3),
	};
	return cmocka_run_group_tests_name("ssh", tests, set_up, tear_down);
}

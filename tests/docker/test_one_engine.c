/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The docker lab on one engine: what it measures, what it says when it cannot, and that nothing is left. */
#include "engines.h"
#include "folders.h"
#include "keys.h"
#include "netladder/network.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TLS_HOST "tcp://127.0.0.1:2376"

static struct engines engines;
static struct finished finished;
static char certificates[64];

static const char ladder[] = "lab: docker\nmodes: [host, macvlan, ipvlan-l2, bridge]\nworkloads:\n- kind: tcp_rr\n"
			     "  cpus: free\ntrials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";
static const char longer[] = "lab: docker\nmodes: [host, bridge]\nworkloads:\n- kind: tcp_rr\n"
			     "trials: {blocks: 3, warmup: 0, duration: 4s}\n";

/* netladder WORDS..., the results in FOLDER when it is given. */
static void netladder(int netns_fd, const char *const words[], const char *folder)
{
	const char *argv[24] = {LAD_BUILD "/netladder"};
	int count = 1;
	for (int i = 0; words[i]; i++)
		argv[count++] = words[i];
	if (folder) {
		argv[count++] = "--out";
		argv[count++] = folder;
	}
	argv[count] = NULL;
	support_run(&finished, netns_fd, -1, argv);
}

static void assert_code(int code)
{
	if (finished.code != code)
		fail_msg("exit %d, not %d\nstderr: %s\nstdout: %s", finished.code, code, finished.err, finished.out);
}

static void assert_says(const char *text)
{
	if (!strstr(finished.err, text))
		fail_msg("stderr lacks \"%s\": %s", text, finished.err);
}

static void test_the_ladder_runs_on_one_engine_and_leaves_nothing(void **state)
{
	(void)state;
	const char *folder = engines_results(&engines);
	const char *const words[] = {"run", engines_scenario(&engines, "ladder", ladder), "--hosts", engines.all, NULL};
	netladder(-1, words, folder);
	assert_code(LAD_EXIT_OK);
	assert_says("one engine: both containers are placed on it");
	struct lad_table table;
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 4);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		assert_string_equal(row->lab, "docker");
		assert_int_equal(row->placement, LAD_SAME_HOST);
		if (row->mode == LAD_MODE_IPVLAN_L2 && row->status == LAD_STATUS_SKIPPED) {
			assert_non_null(strstr(row->reason, "ipvlan")); /* a kernel without it */
			continue;
		}
		assert_int_equal(row->status, LAD_STATUS_OK);
		assert_true(row->transactions_per_s > 500);
		assert_int_equal(row->mtu, row->mode == LAD_MODE_HOST ? 65536 : 1500);
	}
	lad_table_free(&table);
	engines_assert_clean(engines.clients[0]);
}

static void test_lookups_of_the_sink_are_answered_in_networks_of_dockers(void **state)
{
	(void)state;
	static const char text[] =
	    "lab: docker\nmodes: [host, macvlan, bridge]\nworkloads:\n- {kind: dns_rr, ip: [4, 6]}\n"
	    "trials: {blocks: 1, warmup: 20ms, duration: 300ms}\n";
	const char *folder = engines_results(&engines);
	const char *const words[] = {"run", engines_scenario(&engines, "lookups", text), "--hosts", engines.all, NULL};
	netladder(-1, words, folder);
	assert_code(LAD_EXIT_OK);
	struct lad_table table;
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 6);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		/* The agent has compared each answer with the sink's address, IPv4 or IPv6. */
		if (row->status != (row->mode == LAD_MODE_HOST ? LAD_STATUS_SKIPPED : LAD_STATUS_OK))
			fail_msg("%s: %s", lad_mode_name(row->mode), row->reason);
		if (row->mode == LAD_MODE_HOST)
			continue;
		assert_true(row->transactions_per_s > 20);
		assert_true(row->latency_p50_us > 0);
	}
	lad_table_free(&table);
}

static void test_one_host_can_go_through_the_published_port(void **state)
{
	(void)state;
	static const char text[] = "lab: docker\nmodes: [bridge]\ndocker: {bridge_same_host: published}\nworkloads:\n"
				   "- kind: tcp_rr\n  cpus: free\ntrials: {blocks: 1, warmup: 0, duration: 2s}\n";
	char id[LAD_DOCKER_ID], folder[160], path[64];
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)engines_inner(&engines, 0));
	int netns = open(path, O_RDONLY | O_CLOEXEC);
	assert_return_code(netns, errno);
	assert_true(support_wait_closed(netns, false, LAD_PUBLISHED_PORT));
	pid_t pid = engines_start_run(&engines, "published", text, folder);
	/* docker-proxy holds the port on the host as long as the sink's container has it published. */
	engines_wait_container(engines.clients[0], "-sink", 60, id);
	assert_true(support_wait_listening(netns, false, LAD_PUBLISHED_PORT));
	assert_int_equal(engines_end(pid), LAD_EXIT_OK);
	close(netns);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 1);
	assert_int_equal(table.rows[0].status, LAD_STATUS_OK);
	assert_int_equal(table.rows[0].placement, LAD_SAME_HOST);
	assert_true(table.rows[0].transactions_per_s > 100);
	lad_table_free(&table);
}

static void test_an_agent_that_is_there_is_not_loaded_again(void **state)
{
	(void)state;
	struct lad_docker_image image;
	struct lad_error err = {0};
	bool loaded = true;
	int agent = open(LAD_BUILD "/netladder-agent", O_PATH | O_CLOEXEC);
	assert_int_equal(lad_docker_image_make(agent, &image, &err), 0);
	close(agent);
	assert_true(image.size < 8 << 20);
	assert_int_equal(lad_docker_image_ensure(engines.clients[0], &image, &loaded, &err), 0);
	assert_false(loaded); /* by the run before */
	lad_docker_image_free(&image);
}

/* As variant a of a run of two modes; how many of a and of b were measured goes to OK. */
static void run_versus(const char *agent, int code, int ok[2])
{
	static const char text[] = "lab: docker\nmodes: [host, bridge]\nworkloads:\n- kind: tcp_rr\n  cpus: free\n"
				   "trials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";
	const char *folder = engines_results(&engines);
	const char *const words[] = {
	    "run", engines_scenario(&engines, "versus", text), "--hosts", engines.all, "--versus", agent, NULL};
	netladder(-1, words, folder);
	assert_code(code);
	struct lad_table table;
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 4);
	ok[0] = ok[1] = 0;
	for (int i = 0; i < table.row_count; i++)
		ok[table.rows[i].variant[0] - 'a'] += table.rows[i].status == LAD_STATUS_OK;
	lad_table_free(&table);
	engines_assert_clean(engines.clients[0]);
}

static void test_the_base_agent_of_versus_has_an_image_of_its_own(void **state)
{
	(void)state;
	int ok[2];
	run_versus("/bin/true", LAD_EXIT_TRIALS, ok); /* no agent at all: its containers end at once */
	assert_int_equal(ok[0], 0);
	assert_int_equal(ok[1], 2);
	run_versus(LAD_BUILD "/netladder-agent", LAD_EXIT_OK, ok);
	assert_int_equal(ok[0], 2);
	assert_int_equal(ok[1], 2);
}

static void test_the_keys_of_a_workload_hold_between_containers_of_dockers(void **state)
{
	(void)state;
	char text[2048];
	keys_scenario("docker", "bridge", text, sizeof text);
	const char *folder = engines_results(&engines);
	const char *const words[] = {"run", engines_scenario(&engines, "keys", text), "--hosts", engines.all, NULL};
	netladder(-1, words, folder);
	assert_code(LAD_EXIT_OK);
	struct lad_table table;
	engines_read(folder, &table);
	keys_check(&table);
	lad_table_free(&table);
}

static void test_a_wrong_socket_is_exit_3_and_says_so(void **state)
{
	(void)state;
	const char *scenario = engines_scenario(&engines, "ladder", ladder);
	const char *const words[] = {"run", scenario, "--hosts", "unix:///tmp/no-such-docker.sock", NULL};
	netladder(-1, words, engines_results(&engines));
	assert_code(LAD_EXIT_UNABLE);
	assert_says("there is no socket /tmp/no-such-docker.sock");
	const char *const wrong[] = {"run", scenario, "--hosts", "http://node", NULL};
	netladder(-1, wrong, engines_results(&engines));
	assert_code(LAD_EXIT_USAGE);
	assert_says("valid: unix:///path, tcp://node:port, ssh://user@node");
}

static void test_no_permission_is_exit_3_with_the_cure(void **state)
{
	(void)state;
	const char *const argv[] = {"setpriv",
				    "--reuid=65534",
				    "--regid=65534",
				    "--clear-groups",
				    LAD_BUILD "/netladder",
				    "clean",
				    "--hosts",
				    engines.all,
				    NULL};
	support_run(&finished, -1, -1, argv);
	assert_code(LAD_EXIT_UNABLE);
	assert_says("no permission for");
	assert_says("usermod -aG docker");
}

static void test_tls_is_spoken_and_a_wrong_certificate_is_refused(void **state)
{
	(void)state;
	char path[64], good[80], stranger[80];
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)engines_inner(&engines, 0));
	snprintf(good, sizeof good, "%s/good", certificates);
	snprintf(stranger, sizeof stranger, "%s/stranger", certificates);
	int netns = open(path, O_RDONLY | O_CLOEXEC);
	assert_return_code(netns, errno);
	const char *const right[] = {"clean", "--hosts", TLS_HOST, "--tls", good, NULL};
	netladder(netns, right, NULL);
	assert_code(LAD_EXIT_OK);
	/* A client's certificate that another authority signed, and a server that ours did not sign. */
	const char *const wrong[] = {"clean", "--hosts", TLS_HOST, "--tls", stranger, NULL};
	netladder(netns, wrong, NULL);
	assert_code(LAD_EXIT_UNABLE);
	assert_says("TLS: ");
	const char *const none[] = {"clean", "--hosts", TLS_HOST, NULL};
	netladder(netns, none, NULL);
	assert_code(LAD_EXIT_UNABLE);
	assert_says(TLS_HOST);
	close(netns);
}

static void test_a_container_removed_in_mid_trial_fails_that_row_alone(void **state)
{
	(void)state;
	char id[LAD_DOCKER_ID], folder[160];
	struct lad_table table;
	struct lad_error err = {0};
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	pid_t pid = engines_start_run(&engines, "longer", longer, folder);
	engines_wait_trial(engines.clients[0], 2, id);
	assert_int_equal(lad_docker_container_remove(engines.clients[0], id, &err), 0);
	assert_int_equal(engines_end(pid), LAD_EXIT_TRIALS);
	engines_read(folder, &table);
	int failed = 0, ok = 0;
	for (int i = 0; i < table.row_count; i++) {
		failed += table.rows[i].status == LAD_STATUS_FAILED;
		ok += table.rows[i].status == LAD_STATUS_OK;
		if (table.rows[i].status == LAD_STATUS_FAILED)
			assert_true(strstr(table.rows[i].reason, "generator") || strstr(table.rows[i].reason, "sink"));
	}
	assert_int_equal(failed, 1);
	assert_int_equal(ok, 5);
	lad_table_free(&table);
	engines_assert_clean(engines.clients[0]);
}

static void test_kill_9_leaves_no_container_and_clean_takes_the_rest_and_nothing_else(void **state)
{
	(void)state;
	char id[LAD_DOCKER_ID];
	struct lad_error err = {0};
	cJSON *body = cJSON_Parse("{\"Name\":\"somebodys\",\"Driver\":\"bridge\"}"), *answer;
	assert_int_equal(lad_docker_call(engines.clients[0], "POST", "/networks/create", body, NULL, &err), 0);
	cJSON_Delete(body);
	pid_t pid = engines_start_run(&engines, "longer", longer, engines_results(&engines));
	do
		engines_wait_trial(engines.clients[0], 1, id);
	while (engines_labelled(engines.clients[0], "networks") == 0); /* until it is one with a bridge */
	kill(pid, SIGKILL);
	engines_end(pid);
	/* Their stdin closed: the agents ended, and the engine removed the containers by itself. */
	for (int tries = 0; tries < 200 && engines_labelled(engines.clients[0], "containers") > 0; tries++) {
		struct timespec step = {0, 100000000};
		nanosleep(&step, NULL);
	}
	assert_int_equal(engines_labelled(engines.clients[0], "containers"), 0);
	assert_int_equal(engines_labelled(engines.clients[0], "networks"), 1);
	const char *const words[] = {"clean", "--hosts", engines.all, NULL};
	netladder(-1, words, NULL);
	assert_code(LAD_EXIT_OK);
	assert_non_null(strstr(finished.out, "1 networks"));
	engines_assert_clean(engines.clients[0]);
	assert_int_equal(lad_docker_call(engines.clients[0], "GET", "/networks/somebodys", NULL, &answer, &err), 0);
	cJSON_Delete(answer);
	netladder(-1, words, NULL);
	assert_code(LAD_EXIT_OK);
	assert_non_null(strstr(finished.out, "Nothing to clean up."));
}

/* An authority with a server's and a client's certificate, and a client's of an authority of its own. */
static int make_certificates(void)
{
	static const char script[] =
	    "set -e; cd %s; mkdir good stranger\n"
	    "ca() { openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$1 -keyout $1.key -out $1.pem; }\n"
	    "signed() { openssl req -newkey rsa:2048 -nodes -subj /CN=$2 -keyout $3.key -out $3.csr;\n"
	    "  printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > ext\n"
	    "  openssl x509 -req -days 2 -in $3.csr -CA $1.pem -CAkey $1.key -CAcreateserial -extfile ext -out $3.pem; "
	    "}\n"
	    "{ ca ours; ca theirs; signed ours server server; signed ours client client; signed theirs client other; } "
	    ">log 2>&1\n"
	    "cp ours.pem good/ca.pem; cp client.pem good/cert.pem; cp client.key good/key.pem\n"
	    "cp ours.pem stranger/ca.pem; cp other.pem stranger/cert.pem; cp other.key stranger/key.pem\n";
	char command[2048];
	strcpy(certificates, "/tmp/netladder-tls-XXXXXX");
	if (!mkdtemp(certificates))
		return -1;
	snprintf(command, sizeof command, script, certificates);
	const char *const argv[] = {"bash", "-c", command, NULL};
	support_run(&finished, -1, -1, argv);
	return finished.code;
}

static int set_up(void **state)
{
	(void)state;
	char options[512];
	if (make_certificates() != 0)
		return -1;
	snprintf(options, sizeof options,
		 "--host " TLS_HOST
		 " --tlsverify --tlscacert %s/ours.pem --tlscert %s/server.pem --tlskey %s/server.key",
		 certificates, certificates, certificates);
	return engines_start(&engines, 1, options);
}

static int tear_down(void **state)
{
	(void)state;
	engines_stop(&engines);
	folder_remove(certificates);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_ladder_runs_on_one_engine_and_leaves_nothing),
	    cmocka_unit_test(test_lookups_of_the_sink_are_answered_in_networks_of_dockers),
	    cmocka_unit_test(test_one_host_can_go_through_the_published_port),
	    cmocka_unit_test(test_an_agent_that_is_there_is_not_loaded_again),
	    cmocka_unit_test(test_the_base_agent_of_versus_has_an_image_of_its_own),
	    cmocka_unit_test(test_the_keys_of_a_workload_hold_between_containers_of_dockers),
	    cmocka_unit_test(test_a_wrong_socket_is_exit_3_and_says_so),
	    cmocka_unit_test(test_no_permission_is_exit_3_with_the_cure),
	    cmocka_unit_test(test_tls_is_spoken_and_a_wrong_certificate_is_refused),
	    cmocka_unit_test(test_a_container_removed_in_mid_trial_fails_that_row_alone),
	    cmocka_unit_test(test_kill_9_leaves_no_container_and_clean_takes_the_rest_and_nothing_else),
	};
	return cmocka_run_group_tests_name("one engine", tests, set_up, tear_down);
}

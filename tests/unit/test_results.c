/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "folders.h"
#include "netladder/cleanup.h"
#include "netladder/results.h"

static char folder[64], csv[80];

static void fill(struct lad_row *row)
{
	lad_row_clear(row);
	strcpy(row->run_id, "r1");
	strcpy(row->tuning, "default");
	strcpy(row->cpu_model, "AMD \"EPYC\", 64 cores");
	row->seed = UINT64_MAX;
	row->block = 2;
	row->trial = 17;
	row->mode = LAD_MODE_OVERLAY;
	row->workload = LAD_UDP_RR;
	row->mtu = 1450;
	row->flows = 1;
	row->message_bytes = 1;
	row->duration_s = 0.1 + 0.2;
	row->transactions_per_s = 1.0 / 3;
}

static void write_one(const struct lad_row *row)
{
	static struct lad_histogram latency;
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	strcpy(folder, "/tmp/netladder-results-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(csv, sizeof csv, "%s/results.csv", folder);
	assert_int_equal(lad_results_create(folder, &writer, &err), 0);
	lad_histogram_reset(&latency);
	lad_histogram_record(&latency, 1000000);
	assert_int_equal(lad_results_append(writer, row, &latency, &err), 0);
	assert_int_equal(lad_results_sync(writer, &err), 0);
	lad_results_close(writer);
	assert_int_equal(lad_results_create(folder, &writer, &err), -1); /* never over what is there */
}

static void clean_up(void)
{
	assert_int_equal(folder_remove(folder), 0);
}

static void test_a_row_reads_back_as_it_was_written(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_table table;
	struct lad_error err = {0};
	fill(&row);
	write_one(&row);
	assert_int_equal(lad_table_read(csv, &table, &err), 0);
	assert_int_equal(table.row_count, 1);
	const struct lad_row *back = &table.rows[0];
	assert_string_equal(back->cpu_model, row.cpu_model);
	assert_true(back->seed == UINT64_MAX && back->block == 2 && back->trial == 17 && back->mtu == 1450);
	assert_int_equal(back->mode, LAD_MODE_OVERLAY);
	assert_int_equal(back->workload, LAD_UDP_RR);
	assert_true(back->duration_s == row.duration_s);
	assert_true(back->transactions_per_s == row.transactions_per_s);
	assert_true(isnan(back->goodput_bps));
	assert_true(back->socket_buffer_bytes == -1);
	assert_true(lad_row_metric(back, "duration_s") == row.duration_s);
	assert_true(isnan(lad_row_metric(back, "nonsense")));
	lad_table_free(&table);
	clean_up();
}

static char *file_text(void)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(csv, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static int read_text(const char *text, struct lad_table *table, struct lad_error *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	assert_non_null(in);
	int status = lad_table_read_stream("x.csv", in, table, err);
	fclose(in);
	return status;
}

static void test_added_columns_a_bom_and_a_cut_off_last_row_are_accepted(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_table table;
	struct lad_error err = {0};
	fill(&row);
	strcpy(row.cpu_model, "plain");
	write_one(&row);
	char *text = file_text(), *changed = calloc(1, 65536);
	char *line_end = strchr(text, '\n');
	*line_end = '\0';
	char *data = line_end + 1;
	*strchr(data, '\n') = '\0';
	sprintf(changed, "\xef\xbb\xbf%s,weather\r\n%s,sunny\r\nr1,2026", text, data);
	assert_int_equal(read_text(changed, &table, &err), 0);
	assert_int_equal(table.row_count, 1);
	assert_string_equal(table.rows[0].run_id, "r1");
	lad_table_free(&table);
	free(text);
	free(changed);
	clean_up();
}

static void expect_refusal(const char *text, const char *expected)
{
	struct lad_table table;
	struct lad_error err = {0};
	assert_int_equal(read_text(text, &table, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	if (!strstr(err.message, expected))
		fail_msg("got \"%s\", wanted \"%s\"", err.message, expected);
}

static void test_malformed_files_are_refused_with_line_and_column(void **state)
{
	(void)state;
	struct lad_row row;
	fill(&row);
	strcpy(row.cpu_model, "plain");
	write_one(&row);
	char *text = file_text(), *changed = calloc(1, 65536);
	expect_refusal("\n", "x.csv:1:");
	expect_refusal("a,b\n1,2\n", "x.csv:1: run_id: this column is missing");
	sprintf(changed, "%s", text);
	memcpy(strstr(changed, "overlay"), "overlap", 7);
	expect_refusal(changed, "x.csv:2: mode: \"overlap\" is unknown; valid: host");
	sprintf(changed, "%s", text);
	memcpy(strstr(changed, ",1450,"), ",14x0,", 6);
	expect_refusal(changed, "x.csv:2: mtu: \"14x0\" is no whole number");
	sprintf(changed, "%sr1,short\n", text);
	expect_refusal(changed, "x.csv:3: scenario: the row ends before this column");
	*(strchr(text, '\n') + 1) = '\0';
	expect_refusal(text, "there is no complete row");
	free(text);
	free(changed);
	clean_up();
}

/* A header and two rows as netladder writes them, which each test below spoils in its own way. */
static const char *const row_texts[] = {
    "run_id,time,scenario,lab,clock,kernel,arch,cpu_model,seed,block,trial,mode,placement,tuning,mtu,workload,flows,"
    "message_bytes,cpus,duration_s,status,reason,goodput_bps,packets_per_s,transactions_per_s,loss_ratio,retransmits,"
    "latency_min_us,latency_p50_us,latency_p90_us,latency_p99_us,latency_p999_us,latency_max_us,latency_mean_us,"
    "cpu_sender_s,cpu_receiver_s,cpu_system_s,cpu_s_per_gbyte,cpu_us_per_transaction,rtt_us,cwnd_segments,max_blocks,"
    "agent_backend",
    "r1,2026-11-24T14:30:00Z,small,native,wall,6.1,x86_64,cpu,7,1,1,host,cross-host,default,1500,tcp_stream,1,131072,"
    "shared,0.5,ok,,3e10,,,0.25,0,,,,,,,,0.1,0.2,0.3,0.4,,20,10,60,epoll",
    "r1,2026-11-24T14:30:01Z,small,native,wall,6.1,x86_64,cpu,7,1,2,bridge,cross-host,default,1500,tcp_stream,1,"
    "131072,shared,0.5,ok,,2e10,,,0.5,0,,,,,,,,0.1,0.2,0.3,0.4,,20,10,60,epoll",
};

static char *two_rows(const char *line_end)
{
	char *text = NULL;
	assert_true(asprintf(&text, "%s%s%s%s%s%s", row_texts[0], line_end, row_texts[1], line_end, row_texts[2],
			     line_end) > 0);
	return text;
}

/* TEXT with the first OLD in its row ROW (1, 2; 0: the header) made NEW. */
static char *changed_in(const char *text, int row, const char *old, const char *new)
{
	char *made = NULL;
	const char *at = text;
	for (int i = 0; i < row; i++)
		at = strchr(at, '\n') + 1;
	at = strstr(at, old);
	assert_non_null(at);
	assert_true(asprintf(&made, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
	return made;
}

static void expect_refusal_of(const char *old, const char *new, const char *expected)
{
	char *text = two_rows("\n"), *changed = changed_in(text, 2, old, new);
	expect_refusal(changed, expected);
	free(text);
	free(changed);
}

static struct lad_table read_well(const char *text, int rows, int cut_line)
{
	struct lad_table table;
	struct lad_error err = {0};
	int found;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	assert_non_null(in);
	if (lad_table_read_whole_rows("x.csv", in, &table, &found, &err) < 0)
		fail_msg("%s", err.message);
	fclose(in);
	assert_int_equal(table.row_count, rows);
	assert_int_equal(found, cut_line);
	return table;
}

static void test_a_last_row_that_is_whole_counts_without_its_line_end(void **state)
{
	(void)state;
	const char *const ends[] = {"\n", "\r\n", "\r"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char *text = two_rows(ends[i]);
		struct lad_table table = read_well(text, 2, 0);
		lad_table_free(&table);
		text[strlen(text) - strlen(ends[i])] = '\0';
		table = read_well(text, 2, 0);
		assert_string_equal(table.rows[1].agent_backend, "epoll");
		lad_table_free(&table);
		free(text);
	}
}

static void test_a_last_row_that_is_cut_anywhere_is_left_out_and_told(void **state)
{
	(void)state;
	char *text = two_rows("\n");
	/* A quoted text in it, with a comma and a quote. */
	char *quoted = changed_in(text, 2, ",cpu,", ",\"AMD \"\"EPYC\"\", old\",");
	size_t first = strlen(row_texts[0]) + strlen(row_texts[1]) + 2;
	size_t whole = (size_t)(strrchr(quoted, ',') - quoted) + 1;
	for (size_t length = first + 1; length < whole; length++) {
		char *cut = strndup(quoted, length);
		struct lad_table table = read_well(cut, 1, 3);
		lad_table_free(&table);
		free(cut);
	}
	free(text);
	free(quoted);
}

static void test_other_separators_are_called_what_they_are(void **state)
{
	(void)state;
	const char separators[] = ";\t|";
	const char *const names[] = {"semicolons", "tabs", "bars"};
	for (size_t i = 0; i < 3; i++) {
		char *text = two_rows("\n"), expected[80];
		for (char *at = text; *at; at++)
			*at = *at == ',' ? separators[i] : *at == '.' ? ',' : *at;
		snprintf(expected, sizeof expected, "x.csv:1: the columns are separated by %s, not by commas",
			 names[i]);
		expect_refusal(text, expected);
		free(text);
	}
	expect_refusal("sep=;\nrun_id;time\n", "separated by semicolons");
	expect_refusal("\"run_id\";\"time\";\"lab\"\n", "separated by semicolons");
	expect_refusal("# ladder: host; macvlan; bridge\n", "run_id: this column is missing"); /* no CSV at all */
	expect_refusal("\xff\xfer\0u\0", "UTF-16");
	expect_refusal_of(",0.5,ok", ",\"0,5\",ok", "x.csv:3: duration_s: \"0,5\" is no number");
}

static void test_a_second_header_is_called_what_it_is(void **state)
{
	(void)state;
	char *text = two_rows("\n"), *both = NULL;
	assert_true(asprintf(&both, "%s%s", text, text) > 0);
	expect_refusal(both, "x.csv:4: a second header stands here");
	free(both);
	/* The first without its last line end: its last row and the header are one line. */
	assert_true(asprintf(&both, "%.*s%s", (int)strlen(text) - 1, text, text) > 0);
	expect_refusal(both, "x.csv:3: a second header stands here");
	free(both);
	free(text);
}

static void test_a_stray_quote_is_refused_where_it_opens(void **state)
{
	(void)state;
	expect_refusal_of(",cpu,", ",\"cpu,", "x.csv:3: cpu_model: the quote that opens here is never closed");
	expect_refusal_of(",cpu,", ",c\"pu,", "x.csv:3: cpu_model: a stray quote");
	expect_refusal_of(",cpu,", ",\"c\"pu,", "x.csv:3: cpu_model: a stray quote");
	/* Two of them, rows apart, make one row of two, with as many fields as a row has. */
	char *text = two_rows("\n"), *one = changed_in(text, 1, ",cpu,", ",\"cpu,");
	char *two = changed_in(one, 2, ",cpu,", ",cpu\",");
	expect_refusal(one, "x.csv:2: cpu_model: the quote that opens here is never closed");
	expect_refusal(two, "x.csv:2: cpu_model: the quote that opens here swallows whole rows");
	free(text);
	free(one);
	free(two);
}

static void test_a_quote_that_is_never_closed_does_not_take_the_file_into_memory(void **state)
{
	(void)state;
	char *text = two_rows("\n"), *open = changed_in(text, 1, ",cpu,", ",\"cpu,");
	size_t length = strlen(open), size = 4u << 20;
	char *large = malloc(size + 1);
	assert_non_null(large);
	memset(large, 'x', size);
	memcpy(large, open, length);
	large[size] = '\0';
	expect_refusal(large, "x.csv:2: cpu_model: the quote that opens here is never closed");
	free(text);
	free(open);
	free(large);
}

static void test_lines_are_counted_where_texts_have_line_ends(void **state)
{
	(void)state;
	char *text = two_rows("\r\n"), *changed = changed_in(text, 1, ",cpu,", ",\"a\r\n\r\nb\nc\",");
	struct lad_table table = read_well(changed, 2, 0);
	assert_string_equal(table.rows[0].cpu_model, "a????b?c"); /* safe for a terminal */
	lad_table_free(&table);
	char *bad = changed_in(changed, 5, "bridge", "fridge");
	expect_refusal(bad, "x.csv:6: mode: \"fridge\" is unknown");
	free(text);
	free(changed);
	free(bad);
}

static void test_a_row_with_another_number_of_columns_is_refused_with_its_line(void **state)
{
	(void)state;
	expect_refusal_of(",cpu,", ",cpu,cpu,", "x.csv:3: more fields than the header has columns: 44, not 43");
	expect_refusal_of(",60,epoll", ",epoll", "x.csv:3: agent_backend: the row ends before this column");
}

static void test_a_version_of_ip_is_four_or_six(void **state)
{
	(void)state;
	char *text = two_rows("\n"), *header = changed_in(text, 0, "agent_backend", "ip_version");
	char *first = changed_in(header, 1, "epoll", "6"), *both = changed_in(first, 2, "epoll", "5");
	expect_refusal(both, "x.csv:3: ip_version: \"5\" is no version of IP; valid: 4, 6");
	free(text);
	free(header);
	free(first);
	free(both);
}

static void test_figures_that_cannot_be_are_refused_with_line_and_column(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
	    {",2e10,", ",-5,", "goodput_bps: -5 cannot be; valid: 0 to 1e+15"},
	    {",2e10,", ",-2e10,", "goodput_bps: -2e10 cannot be"},
	    {",2e10,", ",0x10,", "goodput_bps: \"0x10\" is no number"},
	    {",2e10,", ",nan,", "goodput_bps: \"nan\" is no number"},
	    {",2e10,", ",inf,", "goodput_bps: \"inf\" is no number"},
	    {",2e10,", ",1e999,", "goodput_bps: 1e999 cannot be"},
	    {",2e10,", ",1e300,", "goodput_bps: 1e300 cannot be"},
	    {",2e10,", ",2e10 bit,", "goodput_bps: \"2e10 bit\" is no number"},
	    {",2e10,", ",e,", "goodput_bps: \"e\" is no number"},
	    {",2e10,", ",+2,", "goodput_bps: \"+2\" is no number"},
	    {",0.5,0,", ",1.5,0,", "loss_ratio: 1.5 cannot be; valid: 0 to 1"},
	    {",0.5,ok", ",-0.5,ok", "duration_s: -0.5 cannot be"},
	    {",60,epoll", ",2147483648,epoll", "max_blocks: \"2147483648\" is no whole number from 1 to 1000"},
	    {",60,epoll", ",-1,epoll", "max_blocks: \"-1\" is no whole number"},
	    {",60,epoll", ",0x3c,epoll", "max_blocks: \"0x3c\" is no whole number"},
	    {",7,1,2,", ",18446744073709551616,1,2,", "seed: \"18446744073709551616\" is no whole number from 0 to"},
	    {",7,1,2,", ",-7,1,2,", "seed: \"-7\" is no whole number"},
	    {",7,1,2,", ",7,99999999999,2,", "block: \"99999999999\" is no whole number from 0 to 2147483647"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char expected[160];
		snprintf(expected, sizeof expected, "x.csv:3: %s", cases[i][2]);
		expect_refusal_of(cases[i][0], cases[i][1], expected);
	}
}

static void test_what_is_written_can_be_read_back(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_table table;
	struct lad_error err = {0};
	fill(&row);
	row.cpu_steal_s = -0.01; /* a clock that went back */
	row.lost_total = -3;	 /* more arrived than were sent: some twice */
	write_one(&row);
	assert_int_equal(lad_table_read(csv, &table, &err), 0);
	assert_true(isnan(table.rows[0].cpu_steal_s));
	assert_true(table.rows[0].lost_total == -3);
	lad_table_free(&table);
	clean_up();
}

static void append_one(const struct lad_row *row)
{
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	if (lad_results_open(folder, &writer, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(lad_results_append(writer, row, NULL, &err), 0);
	lad_results_close(writer);
}

static void test_a_run_goes_on_behind_the_whole_rows(void **state)
{
	(void)state;
	const int cuts[] = {0, 1, 5}, rows[] = {2, 2, 1};
	for (size_t i = 0; i < 3; i++) {
		struct lad_row row;
		struct lad_table table;
		struct lad_error err = {0};
		fill(&row);
		write_one(&row);
		char *text = file_text();
		size_t length = strlen(text);
		assert_int_equal(truncate(csv, (off_t)length - cuts[i]), 0);
		row.trial++;
		append_one(&row);
		if (lad_table_read(csv, &table, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(table.row_count, rows[i]);
		assert_int_equal(table.rows[rows[i] - 1].trial, row.trial);
		lad_table_free(&table);
		free(text);
		clean_up();
	}
}

/* A limit on the size of files is as a full disk. */
static void test_a_trial_without_room_is_taken_back_to_the_line_end_that_was_added(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	struct rlimit before, small;
	fill(&row);
	write_one(&row);
	lad_cleanup_free char *text = file_text();
	size_t length = strlen(text);
	assert_int_equal(truncate(csv, (off_t)length - 1), 0);
	assert_int_equal(lad_results_open(folder, &writer, &err), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){length - 1, before.rlim_max}; /* not one byte more than was there */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int status = lad_results_append(writer, &row, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(status, -1);
	assert_string_equal(err.message, "cannot write the results: File too large");
	lad_results_close(writer);
	lad_cleanup_free char *kept = file_text();
	assert_string_equal(kept, text);
	clean_up();
}

static void test_hostile_bytes_do_no_harm(void **state)
{
	(void)state;
	static const char *const texts[] = {"\"",	   "\"\"\"",	   "run_id,run_id\n",
					    ",,,,\n,,,\n", "\xff\xfe\x01", "a\"b,c\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct lad_table table;
		struct lad_error err = {0};
		assert_int_equal(read_text(texts[i], &table, &err), -1);
		assert_true(err.message[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_row_reads_back_as_it_was_written),
	    cmocka_unit_test(test_added_columns_a_bom_and_a_cut_off_last_row_are_accepted),
	    cmocka_unit_test(test_malformed_files_are_refused_with_line_and_column),
	    cmocka_unit_test(test_a_last_row_that_is_whole_counts_without_its_line_end),
	    cmocka_unit_test(test_a_last_row_that_is_cut_anywhere_is_left_out_and_told),
	    cmocka_unit_test(test_other_separators_are_called_what_they_are),
	    cmocka_unit_test(test_a_second_header_is_called_what_it_is),
	    cmocka_unit_test(test_a_stray_quote_is_refused_where_it_opens),
	    cmocka_unit_test(test_a_quote_that_is_never_closed_does_not_take_the_file_into_memory),
	    cmocka_unit_test(test_lines_are_counted_where_texts_have_line_ends),
	    cmocka_unit_test(test_a_row_with_another_number_of_columns_is_refused_with_its_line),
	    cmocka_unit_test(test_figures_that_cannot_be_are_refused_with_line_and_column),
	    cmocka_unit_test(test_a_version_of_ip_is_four_or_six),
	    cmocka_unit_test(test_what_is_written_can_be_read_back),
	    cmocka_unit_test(test_a_run_goes_on_behind_the_whole_rows),
	    cmocka_unit_test(test_a_trial_without_room_is_taken_back_to_the_line_end_that_was_added),
	    cmocka_unit_test(test_hostile_bytes_do_no_harm),
	};
	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "netladder/text.h"
#include "netladder/units.h"

#define COUNT_OF(array) (sizeof array / sizeof *array)

static void assert_one_sentence(const struct lad_error *err)
{
	assert_int_equal(err->exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err->message, "; valid: "));
	assert_null(strchr(err->message, '\n'));
	assert_true(strlen(err->message) < 256);
}

static void test_bytes_count_powers_of_1024_and_of_1000(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
	    {"0", 0},
	    {"64", 64},
	    {"64B", 64},
	    {"1500", 1500},
	    {"16KiB", 16384},
	    {"4MiB", 4194304},
	    {"1GiB", 1073741824},
	    {"16kB", 16000},
	    {"4MB", 4000000},
	    {"1GB", 1000000000},
	    {"1.5MiB", 1572864},
	    {"0.001kB", 1},
	    {"007", 7},
	    {"2.50kB", 2500},
	    {"8589934591GiB", INT64_C(8589934591) << 30},
	    {"999999999999999999", INT64_C(999999999999999999)},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t bytes = -1;
		assert_int_equal(lad_parse_bytes(cases[i].text, &bytes, NULL), 0);
		assert_true(bytes == cases[i].bytes);
	}
}

static void test_bytes_refuse_what_is_not_exactly_a_size(void **state)
{
	(void)state;
	static const char *const texts[] = {"",
					    " ",
					    "B",
					    "-1",
					    "+1",
					    " 1",
					    "1 ",
					    "1 KiB",
					    "1k",
					    "1K",
					    "1kb",
					    "1mb",
					    "1KIB",
					    "0x10",
					    "1e3",
					    "1.",
					    ".5",
					    "1.5",
					    "1..5",
					    "1.0001kB",
					    "inf",
					    "nan",
					    "1,5kB",
					    "8589934592GiB",
					    "9999999999999999999",
					    "1\nB",
					    "1KiBB",
					    "0.0000000000000000001GiB"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct lad_error err = {0};
		int64_t bytes = -7;
		assert_int_equal(lad_parse_bytes(texts[i], &bytes, &err), -1);
		assert_one_sentence(&err);
		assert_int_equal(bytes, -7);
	}
}

static void test_rates_are_decimal_bits_and_need_a_unit(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "100", "0", "10Gbps", "10GBit", "10 Gbit", "1Gibit", "-1bit", "1.bit"};
	double bps = 0;
	assert_int_equal(lad_parse_rate("10Gbit", &bps, NULL), 0);
	assert_true(bps == 10e9);
	assert_int_equal(lad_parse_rate("1.5Gbit", &bps, NULL), 0);
	assert_true(bps == 1.5e9);
	assert_int_equal(lad_parse_rate("64kbit", &bps, NULL), 0);
	assert_true(bps == 64e3);
	assert_int_equal(lad_parse_rate("100Mbit", &bps, NULL), 0);
	assert_true(bps == 100e6);
	assert_int_equal(lad_parse_rate("9600bit", &bps, NULL), 0);
	assert_true(bps == 9600);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_parse_rate(wrong[i], &bps, &err), -1);
		assert_one_sentence(&err);
	}
}

static void test_a_load_is_of_messages_or_of_bits(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool messages;
		double per_s;
	} cases[] = {{"1000/s", true, 1000},
		     {"2.5/s", true, 2.5},
		     {"1000000000/s", true, 1e9},
		     {"64kbit", false, 64e3},
		     {"10Gbit", false, 10e9}};
	static const char *const wrong[] = {"",	    "/s",    "0/s",	"1000",	 "-1/s",	 "1000/min",
					    "1 /s", "1kbit", "401Gbit", "1e3/s", "1000000001/s", "10Mbit/s"};
	struct lad_load load;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(lad_parse_load(cases[i].text, "", &load, NULL), 0);
		assert_true(load.messages == cases[i].messages && load.per_s == cases[i].per_s);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_parse_load(wrong[i], "", &load, &err), -1);
		assert_one_sentence(&err);
	}
}

static void test_durations_are_exact_and_need_a_unit_save_0(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {{"0", 0},
		     {"0s", 0},
		     {"250ms", 250000000},
		     {"2s", 2000000000},
		     {"1.5s", 1500000000},
		     {"100us", 100000},
		     {"1min", INT64_C(60000000000)},
		     {"7ns", 7},
		     {"0.1us", 100},
		     {"0.000000001s", 1}};
	static const char *const wrong[] = {
	    "", "00", "5", "1h", "1S", "1 s", "-1s", "0.5ns", "1m", "1sec", "999999999999999999min"};
	int64_t ns = -1;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(lad_parse_duration(cases[i].text, &ns, NULL), 0);
		assert_true(ns == cases[i].ns);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_parse_duration(wrong[i], &ns, &err), -1);
		assert_one_sentence(&err);
	}
}

static void test_percentages_decimals_and_counts(void **state)
{
	(void)state;
	double number = 0;
	uint64_t count = 0;
	assert_int_equal(lad_parse_percent("3%", &number, NULL), 0);
	assert_true(number == 0.03);
	assert_int_equal(lad_parse_percent("0.5%", &number, NULL), 0);
	assert_true(number == 0.005);
	assert_int_equal(lad_parse_percent("0.03", &number, NULL), -1);
	assert_int_equal(lad_parse_percent("3 %", &number, NULL), -1);
	assert_int_equal(lad_parse_decimal("0.05", &number, NULL), 0);
	assert_true(number == 0.05);
	assert_int_equal(lad_parse_decimal("5%", &number, NULL), -1);
	assert_int_equal(lad_parse_decimal("1e-2", &number, NULL), -1);
	assert_int_equal(lad_parse_count("18446744073709551615", &count, NULL), 0);
	assert_true(count == UINT64_MAX);
	assert_int_equal(lad_parse_count("0", &count, NULL), 0);
	assert_true(count == 0);
	static const char *const wrong[] = {"", "-1", "+1", "010", "0x1", "1.0", "1 ", " 1", "18446744073709551616"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_parse_count(wrong[i], &count, &err), -1);
		assert_one_sentence(&err);
	}
}

static void test_the_locale_does_not_change_what_a_number_is(void **state)
{
	(void)state;
	double bps = 0;
	/* Where no such locale is installed this proves nothing, and harms nothing. */
	setlocale(LC_ALL, "de_DE.UTF-8");
	assert_int_equal(lad_parse_rate("1.5Gbit", &bps, NULL), 0);
	assert_int_equal(lad_parse_rate("1,5Gbit", &bps, NULL), -1);
	setlocale(LC_ALL, "C");
}

static void test_a_hostile_text_is_quoted_short_and_harmless(void **state)
{
	(void)state;
	char text[5000];
	memset(text, 'x', sizeof text - 1);
	text[0] = '\x1b';
	text[sizeof text - 1] = '\0';
	struct lad_error err;
	int64_t ns;
	assert_int_equal(lad_parse_duration(text, &ns, &err), -1);
	assert_one_sentence(&err);
	assert_null(strchr(err.message, '\x1b'));
}

static void assert_rate(double bps, const char *text)
{
	char out[32];
	lad_format_rate(out, sizeof out, bps);
	assert_string_equal(out, text);
}

static void assert_duration(int64_t ns, const char *text)
{
	char out[32];
	lad_format_duration(out, sizeof out, ns);
	assert_string_equal(out, text);
}

static void assert_count(double count, const char *text)
{
	char out[32];
	lad_format_count(out, sizeof out, count);
	assert_string_equal(out, text);
}

static void test_human_forms_never_show_a_thousand_of_a_unit(void **state)
{
	(void)state;
	assert_rate(37.4e9, "37.4 Gbit/s");
	assert_rate(0, "0 bit/s");
	assert_rate(999.4, "999 bit/s");
	assert_rate(999.6, "1.0 kbit/s");
	assert_rate(999.96e6, "1.0 Gbit/s");
	assert_rate(2.5e15, "2500.0 Tbit/s");
	assert_rate(NAN, "-");
	assert_duration(0, "0 ns");
	assert_duration(850, "850 ns");
	assert_duration(9100, "9.1 us");
	assert_duration(999960, "1.0 ms");
	assert_duration(500000000, "500.0 ms");
	assert_duration(INT64_C(59900000000), "59.9 s");
	assert_duration(INT64_C(125000000000), "2 min 5 s");
	assert_duration(INT64_C(3900000000000), "1 h 5 min");
	assert_count(106800, "106.8 k");
	assert_count(3, "3");
	assert_count(12.5, "12.5");
	assert_count(999, "999");
	assert_count(999.97, "1.0 k");
	assert_count(999960, "1.0 M");
	assert_count(INFINITY, "-");
}

static void test_human_forms_stay_within_their_size(void **state)
{
	(void)state;
	char out[5] = "####";
	lad_format_rate(out, 4, 37.4e9);
	assert_string_equal(out, "37.");
	lad_format_duration(out, 1, 1);
	assert_string_equal(out, "");
}

static void test_a_near_miss_is_found_and_a_far_one_is_not(void **state)
{
	(void)state;
	static const char *const words[] = {"host", "macvlan", "ipvlan-l2", "bridge", "overlay"};
	assert_string_equal(lad_near_miss("hots", words, COUNT_OF(words)), "host");
	assert_string_equal(lad_near_miss("MACVLAN", words, COUNT_OF(words)), "macvlan");
	assert_string_equal(lad_near_miss("ipvlan_l2", words, COUNT_OF(words)), "ipvlan-l2");
	assert_string_equal(lad_near_miss("ipvlan", words, COUNT_OF(words)), "ipvlan-l2");
	assert_string_equal(lad_near_miss("bridges", words, COUNT_OF(words)), "bridge");
	assert_null(lad_near_miss("", words, COUNT_OF(words)));
	assert_null(lad_near_miss("docker", words, COUNT_OF(words)));
	assert_null(lad_near_miss("x", words, COUNT_OF(words)));
	assert_null(lad_near_miss("hosthosthosthosthosthosthosthosthost", words, COUNT_OF(words)));
}

static void test_a_number_of_too_many_digits_is_told_as_such(void **state)
{
	(void)state;
	int64_t bytes;
	double number;
	struct lad_error err = {0};
	assert_int_equal(lad_parse_bytes("99999999999999999999GiB", &bytes, &err), -1);
	assert_non_null(strstr(err.message, "has more than 18 digits"));
	assert_int_equal(lad_parse_decimal("0.0000000000000000001", &number, &err), -1);
	assert_non_null(strstr(err.message, "has more than 18 digits"));
}

static void test_texts_of_others_are_made_safe_for_a_terminal(void **state)
{
	(void)state;
	static const struct {
		const char *text, *clean;
	} cases[] = {
	    {"plain ASCII, 100 % ~", "plain ASCII, 100 % ~"},
	    {"\u00b5s \u00e9 \u6f22 \U0001f600", "\u00b5s \u00e9 \u6f22 \U0001f600"},
	    {"a\x1b]0;title\x07z", "a?]0;title?z"},
	    {"tab\tline\nreturn\rdelete\x7f", "tab?line?return?delete?"},
	    {"\xc2\x85\xc2\x9b"
	     "31m",
	     "??31m"}, /* C1: next line, and the control sequence introducer */
	    {"\u2028\u2029", "??"},
	    {"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e", "????????"},
	    {"\u2066\u2067\u2068\u2069\ufeff", "?????"},
	    {"\x9b"
	     "31m",
	     "?31m"}, /* C1 as a byte of its own */
	    {"\xc0\xae \xe0\x80\xae \xed\xa0\x80 \xf4\x90\x80\x80 \xff", "?? ??? ??? ???? ?"},
	    {"cut \xe2\x82", "cut ??"},
	    {"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		struct lad_error err = {0};
		strcpy(text, cases[i].text);
		assert_string_equal(lad_text_clean(text), cases[i].clean);
		assert_string_equal(lad_text_clean(text), cases[i].clean); /* nothing is left to do */
		lad_error_set(&err, LAD_EXIT_USAGE, "%s", cases[i].text);
		assert_string_equal(err.message, cases[i].clean);
		lad_error_context(&err, "%s", cases[i].text);
		assert_int_equal(strncmp(err.message, cases[i].clean, strlen(cases[i].clean)), 0);
		assert_string_equal(lad_excerpt(cases[i].text).text, cases[i].clean);
	}
}

static void test_an_excerpt_never_cuts_a_character_in_two(void **state)
{
	(void)state;
	char text[200] = "";
	for (int i = 0; i < 60; i++)
		strcat(text, "\xe2\x89\x88");
	for (int shift = 0; shift < 3; shift++) {
		char shifted[256];
		memset(shifted, 'a', 3);
		strcpy(shifted + shift, text);
		struct lad_excerpt excerpt = lad_excerpt(shifted);
		size_t length = strlen(excerpt.text);
		assert_true(length < LAD_EXCERPT_BYTES);
		assert_string_equal(excerpt.text + length - 3, "...");
		assert_int_equal((length - 3 - (size_t)shift) % 3, 0);
	}
	assert_string_equal(lad_excerpt("a\tb\n").text, "a?b?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes_count_powers_of_1024_and_of_1000),
	    cmocka_unit_test(test_bytes_refuse_what_is_not_exactly_a_size),
	    cmocka_unit_test(test_rates_are_decimal_bits_and_need_a_unit),
	    cmocka_unit_test(test_a_load_is_of_messages_or_of_bits),
	    cmocka_unit_test(test_durations_are_exact_and_need_a_unit_save_0),
	    cmocka_unit_test(test_percentages_decimals_and_counts),
	    cmocka_unit_test(test_the_locale_does_not_change_what_a_number_is),
	    cmocka_unit_test(test_a_hostile_text_is_quoted_short_and_harmless),
	    cmocka_unit_test(test_human_forms_never_show_a_thousand_of_a_unit),
	    cmocka_unit_test(test_human_forms_stay_within_their_size),
	    cmocka_unit_test(test_a_near_miss_is_found_and_a_far_one_is_not),
	    cmocka_unit_test(test_a_number_of_too_many_digits_is_told_as_such),
	    cmocka_unit_test(test_texts_of_others_are_made_safe_for_a_terminal),
	    cmocka_unit_test(test_an_excerpt_never_cuts_a_character_in_two),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

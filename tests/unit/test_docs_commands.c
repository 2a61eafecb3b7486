/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the texts have a reader type: each fenced block is run and prints what stands there, up to figures; where it
 * cannot be run here the text says why, and the commands and options in it exist.
 */
#include <stdbool.h>

#include "folders.h"
#include "markdown.h"
#include "scenarios.h"
#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

static struct finished finished;

static int run_bash(const char *script)
{
	const char *const argv[] = {"bash", "-euo", "pipefail", "-c", script, NULL};
	support_run(&finished, -1, -1, argv);
	return finished.code;
}

static char folder[64]; /* what a page's commands are run in; "": there is none */

/* The results that come along, as a run has left them; whatever else a command names is the tree's own. */
static void make_scratch(void)
{
	char script[1024];
	strcpy(folder, "/tmp/netladder-docs-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(script, sizeof script,
		 "for name in *; do [ $name = build ] || [ $name = results ] || ln -s $PWD/$name %1$s/; done\n"
		 "ln -s $PWD/%2$s %1$s/build\n"
		 "mkdir %1$s/results\n"
		 "for folder in $(sed -n 's,^!/\\(results/[a-z].*\\)/$,\\1,p' .gitignore); do\n"
		 "  cp -r $folder %1$s/results/\n"
		 "done\n",
		 folder, LAD_BUILD);
	if (run_bash(script) != 0)
		fail_msg("%s", finished.err);
}

/* ---- What is printed ---- */

/* Both lines, with "#" for each number and one blank for many, so that tables may be as wide as their figures. */
static void without_figures(const char *line, char *out, size_t size)
{
	size_t used = 0;
	for (const char *c = line; *c && *c != '\n' && used + 2 < size;) {
		if (isdigit((unsigned char)*c)) {
			c += strspn(c, "0123456789.:");
			out[used++] = '#';
		} else if (*c == ' ') {
			c += strspn(c, " ");
			out[used++] = ' ';
		} else {
			out[used++] = *c++;
		}
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');
	return end ? end + 1 : line + strlen(line);
}

static bool alike(const char *wanted, const char *line)
{
	char left[512], right[512];
	without_figures(wanted, left, sizeof left);
	without_figures(line, right, sizeof right);
	return strcmp(left, right) == 0;
}

/* Whether PRINTED has the lines from WANTED to before END, where a line "..." stands for any number of lines. */
static bool prints(const char *wanted, const char *end, const char *printed)
{
	bool gap = false;
	for (; wanted < end; wanted = next_line(wanted)) {
		if (strncmp(wanted, "...\n", 4) == 0) {
			gap = true;
			continue;
		}
		while (gap && *printed && !alike(wanted, printed))
			printed = next_line(printed);
		if (!*printed || !alike(wanted, printed))
			return false;
		printed = next_line(printed);
		gap = false;
	}
	return gap || !*printed;
}

/* ---- Running a page ---- */

static void run_script(const char *page, const struct markdown_block *block, const char *text)
{
	lad_cleanup_free char *script = NULL;
	int code = strncmp(block->remark, "exit ", 5) == 0 ? atoi(block->remark + 5) : 0;
	assert_true(asprintf(&script, "cd %s; exec 2>&1 </dev/null\n%s", folder, text) > 0);
	if (run_bash(script) != code)
		fail_msg("%s, line %d: exit %d, not %d, of\n%s\n%s", page, block->line, finished.code, code, text,
			 finished.out);
}

/* A block of commands, each with the lines it prints. */
static void run_console(const char *page, const struct markdown_block *block)
{
	for (const char *line = block->text; *line;) {
		if (strncmp(line, "$ ", 2) != 0)
			fail_msg("%s, line %d: this block does not begin with a command", page, block->line);
		char command[512];
		const char *wanted = next_line(line), *end = wanted;
		snprintf(command, sizeof command, "%.*s", (int)(wanted - line - 3), line + 2);
		while (*end && strncmp(end, "$ ", 2) != 0)
			end = next_line(end);
		run_script(page, block, command);
		if (!prints(wanted, end, finished.out))
			fail_msg("%s, line %d: %s\nshows\n%.*s\nand prints\n%s", page, block->line, command,
				 (int)(end - wanted), wanted, finished.out);
		line = end;
	}
}

static bool is_typed(const struct markdown_block *block)
{
	return strcmp(block->language, "sh") == 0 || strcmp(block->language, "console") == 0;
}

static bool is_run(const struct markdown_block *block)
{
	return is_typed(block) && strncmp(block->remark, "not run: ", 9) != 0;
}

static void test_what_a_page_has_typed_runs_and_prints_what_it_shows(void **state)
{
	const char *page = *state;
	lad_cleanup_free char *text = scenarios_file(page);
	struct markdown_block blocks[MARKDOWN_BLOCKS_MAX];
	int count = markdown_blocks(text, blocks), runs = 0;
	for (int i = 0; i < count; i++)
		runs += is_run(&blocks[i]);
	if (runs == 0)
		return;
	make_scratch();
	for (int i = 0; i < count; i++)
		if (is_run(&blocks[i]) && strcmp(blocks[i].language, "sh") == 0)
			run_script(page, &blocks[i], blocks[i].text);
		else if (is_run(&blocks[i]))
			run_console(page, &blocks[i]);
}

static int remove_scratch(void **state)
{
	(void)state;
	int failed = *folder ? folder_remove(folder) : 0;
	*folder = '\0';
	return failed;
}

/* ---- Commands that exist ---- */

#define WORDS_MAX 64

struct command {
	int count;
	const char *words[WORDS_MAX];
	const char *page;
	int line;
};

/* Other programs that the texts have typed: whoever wrote them keeps their options. */
static const char *const others[] = {"apt-get", "cat", "cd",  "cmp",   "cp",  "docker", "echo", "git", "grep",
				     "head",	"ls",  "man", "mkdir", "scp", "sed",	"ssh",	"exit"};

static bool is_other(const char *word)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(word, others[i]) == 0)
			return true;
	return false;
}

/* Whether TEXT has WORD, and no longer word that begins with it. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if (!isalnum((unsigned char)at[length]) && at[length] != '-' && at[length] != '_')
			return true;
	return false;
}

static void fail_word(const struct command *command, const char *word, const char *why)
{
	fail_msg("%s, line %d: %s of %s: %s", command->page, command->line, word, command->words[0], why);
}

/* Options of ours are in the help, long ones by their name, short ones as "-o,". */
static void check_options(const struct command *command, int first, const char *help)
{
	for (int i = first; i < command->count; i++) {
		char name[64];
		const char *word = command->words[i];
		size_t length = strcspn(word, "=");
		snprintf(name, sizeof name, "%.*s%s", (int)length, word, word[1] != '-' ? "," : "");
		if (word[0] == '-' && word[1] && strcmp(name, "--") != 0 && !has_word(help, name))
			fail_word(command, word, "the help has no such option");
	}
}

/* PROGRAM [COMMAND] --help knows the options. */
static void check_program(const struct command *command, const char *program)
{
	bool sub = command->count > 1 && islower((unsigned char)command->words[1][0]);
	char script[256];
	snprintf(script, sizeof script, "%s/%s %s --help", LAD_BUILD, program, sub ? command->words[1] : "");
	if (strcmp(script + strlen(LAD_BUILD), "/netladder version --help") == 0)
		return;
	if (run_bash(script) != 0)
		fail_word(command, sub ? command->words[1] : "it", finished.err);
	check_options(command, 1, finished.out);
}

static void check_script(const struct command *command)
{
	if (access(command->words[0], strstr(command->words[0], ".sh") ? X_OK : R_OK) != 0)
		fail_word(command, "the script", "no such program");
	lad_cleanup_free char *text = scenarios_file(command->words[0]);
	for (int i = 1; i < command->count; i++)
		if (strncmp(command->words[i], "--", 2) == 0 && command->words[i][2]) {
			if (!has_word(text, command->words[i]))
				fail_word(command, command->words[i], "the script has no such option");
		} else if (strcmp(command->words[i], "--") == 0) {
			return;
		}
}

static void check_make(const struct command *command)
{
	lad_cleanup_free char *makefile = scenarios_file("Makefile");
	for (int i = 1; i < command->count; i++) {
		char target[128];
		const char *word = command->words[i];
		if (*word == '-' || strchr(word, '='))
			continue;
		snprintf(target, sizeof target, "\n%s:", word);
		if (strchr(word, '/') ? strncmp(word, "build", 5) != 0 : !strstr(makefile, target))
			fail_word(command, word, "the Makefile has no such target");
	}
}

/* A test program that is built is called after its source. */
static void check_test(const struct command *command)
{
	char source[160];
	snprintf(source, sizeof source, "%s.c", strstr(command->words[0], "tests/"));
	if (access(source, R_OK) != 0)
		fail_word(command, source, "no such source");
}

static void check_command(const struct command *command)
{
	const char *name = command->words[0], *last = strrchr(name, '/');
	last = last ? last + 1 : name;
	if (strcmp(last, "netladder") == 0 || strcmp(last, "netladder-agent") == 0)
		check_program(command, last);
	else if (strncmp(name, "scripts/", 8) == 0)
		check_script(command);
	else if (strcmp(name, "make") == 0)
		check_make(command);
	else if (strncmp(name, "build", 5) == 0 && strstr(name, "tests/"))
		check_test(command);
	else if (!is_other(name))
		fail_word(command, name, "unknown; commands of others are listed in this test");
	for (int i = 1; i < command->count; i++)
		if (strncmp(command->words[i], "scenarios/", 10) == 0 && !strpbrk(command->words[i], "*{<") &&
		    access(command->words[i], R_OK) != 0)
			fail_word(command, command->words[i], "no such scenario");
}

/* ---- Commands in a text ---- */

/* The end of the word at C: blanks and separators within quotes belong to it. */
static char *end_of_word(char *c)
{
	for (char quote = '\0'; *c; c++) {
		if (quote)
			quote = *c == quote ? '\0' : quote;
		else if (*c == '"' || *c == '\'')
			quote = *c;
		else if (strchr(" \t;|&", *c))
			break;
	}
	return c;
}

static bool is_assignment(const char *word)
{
	const char *equals = strchr(word, '=');
	return equals && isupper((unsigned char)*word) &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == (size_t)(equals - word);
}

static void take_word(struct command *command, const char *word)
{
	if (command->count == 0 && (strcmp(word, "sudo") == 0 || is_assignment(word)))
		return;
	assert_in_range(command->count, 0, WORDS_MAX - 1);
	command->words[command->count++] = word;
}

static void end_command(struct command *command)
{
	if (command->count > 0)
		check_command(command);
	command->count = 0;
}

/* Checks the commands of LINE, which is cut into words. A redirection ends what is looked at, a # is a comment. */
static void check_line(const char *page, int number, char *line)
{
	struct command command = {.page = page, .line = number};
	for (char *c = line, *end; *c && !strchr("#><", *c) && strncmp(c, "2>", 2) != 0; c = end) {
		end = end_of_word(c);
		char after = *end;
		*end = '\0';
		if (*c)
			take_word(&command, c);
		if (after && strchr(";|&", after))
			end_command(&command);
		end += after != '\0';
	}
	end_command(&command);
}

/* Checks the lines of BLOCK; what is fed to a command ("<<END") is none. */
static void check_block(const char *page, const struct markdown_block *block)
{
	bool console = strcmp(block->language, "console") == 0;
	char line[1024], fed_until[32] = "";
	int number = block->line;
	for (const char *c = block->text; *c; c = next_line(c)) {
		size_t length = strcspn(c, "\n");
		number++;
		snprintf(line, sizeof line, "%.*s", (int)length, c);
		if (*fed_until) {
			if (strcmp(line, fed_until) == 0)
				*fed_until = '\0';
			continue;
		}
		if (console && strncmp(line, "$ ", 2) != 0)
			continue;
		const char *fed = strstr(line, "<<'");
		if (fed)
			snprintf(fed_until, sizeof fed_until, "%.*s", (int)strcspn(fed + 3, "'"), fed + 3);
		check_line(page, number, line + (console ? 2 : 0));
	}
}

static void test_commands_in_blocks_exist_with_their_options(void **state)
{
	const char *page = *state;
	lad_cleanup_free char *text = scenarios_file(page);
	struct markdown_block blocks[MARKDOWN_BLOCKS_MAX];
	int count = markdown_blocks(text, blocks);
	for (int i = 0; i < count; i++)
		if (is_typed(&blocks[i]))
			check_block(page, &blocks[i]);
		else if (!*blocks[i].language)
			fail_msg("%s, line %d: say what this block is: sh, console, yaml, text", page, blocks[i].line);
}

static int line_of(const char *text, const char *place)
{
	int line = 1;
	for (const char *c = text; c < place; c++)
		line += *c == '\n';
	return line;
}

static void test_commands_in_lines_exist_with_their_options(void **state)
{
	static const char *const ours[] = {"make ", "scripts/",	  "build/netladder ", "build/netladder-agent ",
					   "sudo ", "netladder ", "netladder-agent "};
	const char *page = *state;
	char code[512];
	lad_cleanup_free char *text = scenarios_file(page);
	markdown_blank_blocks(text);
	for (const char *place = text; markdown_next(&place, "`", "`", code, sizeof code);)
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			if (strncmp(code, ours[i], strlen(ours[i])) == 0) {
				check_line(page, line_of(text, place), code);
				break;
			}
}

/* ---- The comparison itself ---- */

static void test_shown_lines_are_found_up_to_figures_and_others_are_not(void **state)
{
	(void)state;
	static const char printed[] = "a  1.5 Gbit/s\nb 12 s\n\nend\n", gap[] = "a 27 Gbit/s\n...\nend\n";
	static const char unit[] = "a 1.5 Mbit/s\n...\n", cut[] = "a 1.5 Gbit/s\n", more[] = "...\nend\nmore\n";
	assert_true(prints(gap, gap + strlen(gap), printed));
	assert_false(prints(unit, unit + strlen(unit), printed));
	assert_false(prints(cut, cut + strlen(cut), printed));
	assert_false(prints(more, more + strlen(more), printed));
}

/* Each test for each page, with the page in its name. */
int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction function;
	} kinds[] = {
	    {"test_what_a_page_has_typed_runs_and_prints_what_it_shows",
	     test_what_a_page_has_typed_runs_and_prints_what_it_shows},
	    {"test_commands_in_blocks_exist_with_their_options", test_commands_in_blocks_exist_with_their_options},
	    {"test_commands_in_lines_exist_with_their_options", test_commands_in_lines_exist_with_their_options},
	};
	static struct CMUnitTest tests[3 * MARKDOWN_PAGES_MAX + 1];
	static char names[3 * MARKDOWN_PAGES_MAX][128];
	int pages, used = 0;
	const char *const *paths = markdown_pages(&pages);
	for (int i = 0; i < pages; i++)
		for (int j = 0; j < 3; j++, used++) {
			snprintf(names[used], sizeof names[used], "%s: %s", kinds[j].name, paths[i]);
			tests[used] = (struct CMUnitTest){.name = names[used],
							  .test_func = kinds[j].function,
							  .teardown_func = remove_scratch,
							  .initial_state = (void *)paths[i]};
		}
	tests[used] = (struct CMUnitTest)cmocka_unit_test(test_shown_lines_are_found_up_to_figures_and_others_are_not);
	return _cmocka_run_group_tests("docs commands", tests, (size_t)used + 1, NULL, NULL);
}

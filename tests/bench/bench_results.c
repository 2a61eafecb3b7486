/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How time and memory of what reads results grow with their rows: results/example, repeated with a little noise, up to
 * what is left of a week of measuring. The time is CPU time, which a busy machine leaves alone; an exponent near 1 is
 * time in proportion to the rows.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/results.h"

#define EXAMPLE "results/example/results.csv"
#define RUNNER LAD_BUILD "/netladder"

static const int sizes[] = {520, 5200, 40000, 300000};
#define SIZE_COUNT (sizeof sizes / sizeof *sizes)

/* %s: the folder of the results. */
static const char *const commands[][6] = {
    {"verdict", "%s"},
    {"compare", "%s", "%s"},
    {"chart", "%s", "--kind", "ladder", "--output=-"},
    {"report", "%s", "--output=-"},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

struct cost {
	double seconds, megabytes;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_results: %s: %s\n", what, strerror(errno));
	exit(3);
}

/* Around 1, the same in every run: a few thousandths are enough that no two values are equal. */
static double noise(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return 1 + (double)(*state >> 16) / 65536 * 0.01;
}

static void disturb(struct lad_row *row, unsigned *state)
{
	double *const figures[] = {&row->goodput_bps,	  &row->packets_per_s,	&row->transactions_per_s,
				   &row->cpu_s_per_gbyte, &row->latency_p50_us, &row->latency_p99_us};
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		*figures[i] *= noise(state);
}

/* COUNT rows in FOLDER/results.csv: the example's blocks, numbered on. Returns the file's size in MB. */
static double generate(const struct lad_table *example, int count, const char *folder)
{
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	struct stat about;
	char path[4200];
	unsigned state = 1;
	int blocks = example->rows[example->row_count - 1].block;
	if (mkdir(folder, 0700) < 0 || lad_results_create(folder, &writer, &err) < 0)
		die(folder);
	for (int i = 0; i < count; i++) {
		struct lad_row row = example->rows[i % example->row_count];
		row.block += i / example->row_count * blocks;
		row.trial = i + 1;
		if (i >= example->row_count)
			disturb(&row, &state);
		if (lad_results_append(writer, &row, NULL, &err) < 0) {
			fprintf(stderr, "bench_results: %s\n", err.message);
			exit(3);
		}
	}
	lad_results_close(writer);
	snprintf(path, sizeof path, "%s/results.csv", folder);
	return stat(path, &about) == 0 ? (double)about.st_size / 1e6 : NAN;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void execute(const char *const *words, const char *folder)
{
	char *arguments[8] = {(char *)"netladder"};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 6 && words[i]; i++)
		arguments[i + 1] = strcmp(words[i], "%s") == 0 ? (char *)folder : (char *)words[i];
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(3);
	execv(RUNNER, arguments);
	_exit(3);
}

static struct cost measure(const char *const *words, const char *folder)
{
	struct rusage usage;
	int status = 0;
	pid_t child = fork();
	if (child == 0)
		execute(words, folder);
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		die("fork");
	/* 1: a relation is refuted, which is an answer. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "bench_results: %s %s: status %d\n", words[0], folder, status);
		exit(3);
	}
	return (struct cost){seconds(usage.ru_utime) + seconds(usage.ru_stime), (double)usage.ru_maxrss / 1000};
}

static void print_exponents(struct cost costs[SIZE_COUNT][COMMAND_COUNT])
{
	for (size_t s = 1; s < SIZE_COUNT; s++) {
		char span[32];
		snprintf(span, sizeof span, "%d to %d", sizes[s - 1], sizes[s]);
		printf("%-24s", span);
		for (size_t c = 0; c < COMMAND_COUNT; c++)
			printf(" %18.2f", log(costs[s][c].seconds / costs[s - 1][c].seconds) /
					      log((double)sizes[s] / sizes[s - 1]));
		putchar('\n');
	}
}

static void run(const struct lad_table *example, const char *root)
{
	struct cost costs[SIZE_COUNT][COMMAND_COUNT];
	printf("%-12s%12s", "rows", "file");
	for (size_t c = 0; c < COMMAND_COUNT; c++)
		printf(" %18s", commands[c][0]);
	putchar('\n');
	for (size_t s = 0; s < SIZE_COUNT; s++) {
		char folder[4096], path[4200];
		snprintf(folder, sizeof folder, "%s/%d", root, sizes[s]);
		double megabytes = generate(example, sizes[s], folder);
		printf("%-12d%9.1f MB", sizes[s], megabytes);
		for (size_t c = 0; c < COMMAND_COUNT; c++) {
			costs[s][c] = measure(commands[c], folder);
			printf(" %7.2f s %6.0f MB", costs[s][c].seconds, costs[s][c].megabytes);
			fflush(stdout);
		}
		putchar('\n');
		static const char *const files[] = {"results.csv", "histograms.csv", "samples.csv"};
		for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
			snprintf(path, sizeof path, "%s/%s", folder, files[i]);
			unlink(path);
		}
		rmdir(folder);
	}
	printf("\ngrowth exponent of the CPU time, by which it goes with the rows\n");
	print_exponents(costs);
}

int main(void)
{
	struct lad_table example;
	struct lad_error err = {0};
	char root[4000];
	const char *where = getenv("TMPDIR");
	if (lad_table_read(EXAMPLE, &example, &err) < 0) {
		fprintf(stderr, "bench_results: %s\n", err.message);
		return 3;
	}
	snprintf(root, sizeof root, "%s/bench-results-XXXXXX", where ? where : "/tmp");
	if (!mkdtemp(root))
		die(root);
	run(&example, root);
	rmdir(root);
	lad_table_free(&example);
	return 0;
}

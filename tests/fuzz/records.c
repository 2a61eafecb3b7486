/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netladder/chart.h"

/* What stands beside results.csv, as the charts read it: a file that is refused is named, and is the user's fault. */
static void describe(const struct lad_chart_source *source, enum lad_chart_kind kind, const char *path)
{
	struct lad_error err = {0};
	char *text = NULL;
	struct lad_chart_request request = {.kind = kind, .sources = source, .source_count = 1};
	if (lad_chart_describe(&request, &text, &err) == 0) {
		if (strlen(text) < 40)
			abort();
		free(text);
	} else if (err.exit_code != LAD_EXIT_USAGE || !(strstr(err.message, path) || strstr(err.message, "samples"))) {
		abort();
	}
}

void fuzz_records(const uint8_t *data, size_t size)
{
	char path[64];
	struct lad_row rows[2];
	struct lad_table table = {.rows = rows, .row_count = 2};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (int i = 0; i < 2; i++) {
		lad_row_clear(&rows[i]);
		strcpy(rows[i].run_id, "r");
		rows[i].block = 1;
		rows[i].trial = i + 1;
		rows[i].sessions = 2;
		rows[i].workload = i ? LAD_TCP_RR : LAD_TCP_STREAM;
	}
	struct lad_chart_source source = {
	    .name = "fuzz", .table = &table, .histograms_path = path, .samples_path = path, .sessions_path = path};
	describe(&source, LAD_CHART_LATENCY, path);
	describe(&source, LAD_CHART_TIMELINE, path);
	describe(&source, LAD_CHART_MATRIX, path);
	describe(&source, LAD_CHART_FAIRNESS, path);
	close(fd);
}

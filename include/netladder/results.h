/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_RESULTS_H
#define NETLADDER_RESULTS_H

/*
 * results.csv: one row a trial (RFC 4180, through libcsv). A long-lived format: columns are added at the end and never
 * renamed. A number that does not apply is NAN (double) or -1 (int64_t) here and empty in the file.
 */

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/histogram.h"
#include "netladder/mode.h"
#include "netladder/protocol.h"
#include "netladder/tuning.h"
#include "netladder/workload.h"

enum lad_status { LAD_STATUS_OK, LAD_STATUS_FAILED, LAD_STATUS_SKIPPED };
const char *lad_status_name(enum lad_status status); /* "ok", "failed", "skipped" */

struct lad_row {
	char run_id[40];
	char time[32]; /* UTC, ISO 8601: 2026-11-24T14:30:00Z */
	char scenario[64];
	char lab[16];
	char clock[16]; /* "wall" or "instructions" */
	char kernel[96];
	char arch[24];
	char cpu_model[96];
	uint64_t seed;
	int block, trial;
	enum lad_mode mode;
	enum lad_placement placement;
	char tuning[64];
	int64_t mtu;
	enum lad_workload_kind workload;
	int flows;
	int64_t message_bytes;
	enum lad_cpus cpus;
	double duration_s;
	enum lad_status status;
	char reason[512]; /* empty when ok */
	double goodput_bps, packets_per_s, transactions_per_s, loss_ratio;
	double retransmits;
	double latency_min_us, latency_p50_us, latency_p90_us, latency_p99_us, latency_p999_us, latency_max_us,
	    latency_mean_us;
	double cpu_sender_s, cpu_receiver_s, cpu_system_s, cpu_s_per_gbyte, cpu_us_per_transaction;
	double rtt_us, cwnd_segments;
	/* columns added after the first format */
	char congestion_control[16];
	int64_t socket_buffer_bytes; /* asked for; 0: automatic */
	double path_packets_per_s;   /* what the receiving side's device counted */
	double sent_total, received_total, lost_total, reordered_total, duplicate_total; /* whole trial, udp_stream */
	double warmup_s;
	char tuning_base[64]; /* the tuning that the others are compared with */
	/* Long and mostly the same in many rows, so borrowed: of the table, or of who fills the row. Never NULL. */
	const char *tuning_settings;  /* "mtu=9000; tso=off": what the tuning asks for */
	const char *tuning_effective; /* the same as the kernel gave it */
	const char *tuning_note;      /* what became different, or what to mind */
	char variant[8];	      /* "a" and "b" of `run --versus`, else empty */
	int64_t max_blocks; /* of a run that stops by itself (`blocks: auto`), -1: the blocks were fixed before */
	/* How the workload was sent and received. */
	char options[320]; /* whatever is not the default: "io=gso dscp=46"; tells rows of the same workload apart */
	char loop[12];	   /* "open", "closed" or "saturating" */
	char io[8];	   /* udp_stream: "plain", "batch" or "gso"; else empty */
	char receive[8];   /* tcp_stream: "discard" or "copy"; else empty */
	double offered_per_s, offered_bps; /* the rate that was asked for */
	/* More of what was seen. */
	double reverse_goodput_bps; /* `direction: both`: from the sink to the generator */
	double rttvar_us, delivered_segments, pacing_rate_bps, busy_ratio, rwnd_limited_ratio, sndbuf_limited_ratio;
	double schedule_error_mean_us, schedule_error_max_us; /* open loop: later than intended */
	double send_drops_total;     /* what the sender's own socket refused: never sent, in no loss figure */
	double queue_drops_total;    /* datagrams that overflowed the receiver's socket buffer */
	double network_lost_total;   /* lost_total less those */
	double datagrams_per_packet; /* udp_stream: in a full packet of the path; 1 without gso */
	double jitter_us;	     /* RFC 3550 */
	double oneway_p50_us, oneway_p99_us,
	    oneway_max_us; /* udp_stream, and requests of udp_rr; where both ends share a clock */
	double timeouts;   /* responses that did not come */
	double switches_sender, switches_receiver;			    /* context switches */
	double cpu_softirq_s;						    /* of cpu_system_s, in interrupt context */
	double kernel_latency_p50_us, kernel_latency_p99_us, agent_time_us; /* with `timestamps` */
	double zerocopy_copied_total;
	double steady_from_s, steady_goodput_bps, steady_transactions_per_s; /* after the start-up, see steady.h */
	double cpu_steal_s;	      /* of cpu_system_s, taken by the hypervisor */
	double cpu_mhz;		      /* of the generator's CPU at the end of the window, where the kernel tells */
	char agent_backend[16];	      /* of libev in the agents: "epoll" */
	double reverse_packets_per_s; /* udp_stream, `direction: both`: from the sink to the generator */
	int64_t ip_version;	      /* 4 or 6; -1 in files older than the column, which are of 4 */
	int threads;		      /* of each agent; 0: an older file, which means 1 */
	double stall_s;		      /* the longest that an agent came late to its samples or the window's end */
	/* Of several sessions, else NAN. The least and the most of the workload's main figure; Jain's index of them;
	 * the worst session's p99. */
	double session_min, session_max, fairness_ratio, latency_p99_worst_us;
	double start_skew_us; /* between the agents' begin of the warm-up */
	int sessions, hosts;  /* that the trial had; 1 and 2 in a file without the columns */
	char topology[24];    /* "pairs=16"; "" for a pair */
	/* From the first command for the network to the last agent's start, and to the last TCP session's connection.
	 */
	double setup_s, reachable_s;
	double late_total; /* udp_rr: responses that came after their time-out */
	/* What ran beside the judged workload: names, "up+down"; and how much of it came, NAN without such. */
	char background[LAD_BACKGROUND_TEXT_MAX];
	double background_goodput_bps, background_transactions_per_s;
	/* Of a search, whose goal GOAL the row is of; "": none. */
	char goal[24];
	double load_per_s, load_lower_per_s, load_upper_per_s; /* of one session */
	double load_trials;
	char load_regular[4]; /* "yes" or "no" */
	char load_limited_by[12];
};

/* A row with every number "does not apply", strings empty, status ok. */
void lad_row_clear(struct lad_row *row);

struct lad_results_writer;

/* Creates DIR/results.csv, DIR/histograms.csv and DIR/samples.csv (header rows included); fails when they exist. */
int lad_results_create(const char *dir, struct lad_results_writer **writer, struct lad_error *err);
/*
 * Opens those of an earlier run to append to them: a last line that is cut off (the run was killed) is taken away, a
 * whole one without a line end gets it. LAD_EXIT_USAGE when their columns are not this version's.
 */
int lad_results_open(const char *dir, struct lad_results_writer **writer, struct lad_error *err);
/*
 * Appends a row and, when LATENCY is not NULL, its histogram; flushed to the kernel before it returns. What cannot be
 * written whole (here, or of its samples) is taken back, the row with it: the files then end with the trial before.
 */
int lad_results_append(struct lad_results_writer *writer, const struct lad_row *row,
		       const struct lad_histogram *latency, struct lad_error *err);
/* Appends one side's interval samples ("generator" or "sink") of ROW's trial to samples.csv. */
int lad_results_append_samples(struct lad_results_writer *writer, const struct lad_row *row, const char *side,
			       const struct lad_sample *samples, int count, struct lad_error *err);
/* One session of a trial: its number and those of its hosts from 1, and the name of its workload, "" without one. */
struct lad_session_about {
	int session, generator_host, sink_host;
	const char *workload_name;
	bool background;
};

/* Appends to sessions.csv what was MEASURED of the session ABOUT, of ROW's trial. */
int lad_results_append_session(struct lad_results_writer *writer, const struct lad_row *row,
			       const struct lad_session_about *about, const struct lad_row *measured,
			       struct lad_error *err);

/* One trial of a search: a row of search.csv, whose columns these are. */
struct lad_search_step {
	int step;
	char phase[8]; /* "search", "warmup" or "failed" */
	double load_per_s, duration_s;
	double intended_total, unsent_total, delivered_total, loss_ratio;
	char goal_loss_ratios[320];
	double forwarded_per_s, latency_p50_us, latency_p99_us, latency_max_us, schedule_error_mean_us;
	double cpu_sender_s, cpu_receiver_s;
	char limited_by[12], reason[512];
};

/* Appends STEP of the search whose first row is ROW to search.csv. */
int lad_results_append_step(struct lad_results_writer *writer, const struct lad_row *row,
			    const struct lad_search_step *step, struct lad_error *err);

/* fsync of the files: called at the end of each block. */
int lad_results_sync(struct lad_results_writer *writer, struct lad_error *err);
/* Closes and frees; WRITER may be NULL. */
void lad_results_close(struct lad_results_writer *writer);

struct lad_texts; /* each of a table's long texts, once */

struct lad_table {
	struct lad_row *rows; /* owned */
	int row_count;
	struct lad_texts *texts; /* owned; what the rows borrow. A copy of a row lives no longer than its table */
};

/*
 * Reads a results.csv. Columns may stand in any order and unknown columns are ignored; a missing required column, a
 * malformed value, a figure that cannot be, a row with another number of fields, an open quote or another separator
 * than commas is refused with FILE:LINE, the column's name and what is valid (LAD_EXIT_USAGE).
 * Columns from congestion_control on may be missing (older files). A last row that is whole counts without its line
 * end; else it is left out, and its line goes to CUT_LINE (0: nothing is cut).
 */
int lad_table_read(const char *path, struct lad_table *table, struct lad_error *err);
int lad_table_read_stream(const char *name, FILE *in, struct lad_table *table, struct lad_error *err);
int lad_table_read_whole_rows(const char *name, FILE *in, struct lad_table *table, int *cut_line,
			      struct lad_error *err);
/* The line at which the file PATH, which was read well, is cut off, else 0. */
int lad_table_cut(const char *path);
void lad_table_free(struct lad_table *table);

/* Appends copies of FROM's rows to INTO. */
int lad_table_append(struct lad_table *into, const struct lad_table *from, struct lad_error *err);

/* The number of a column by its CSV name, -1 when there is none; and the name of a number, NULL beyond the last. */
int lad_column_find(const char *name);
const char *lad_column_name(int column);
/* Whether it is one of the measured numbers. */
bool lad_column_is_number(int column);
/* The measured number of ROW in a column; NAN where it does not apply or COLUMN is none. */
double lad_row_number(const struct lad_row *row, int column);
/* A column as CSV text ("" where it does not apply); OUT must hold any text column, 512 bytes. */
void lad_row_text(const struct lad_row *row, int column, char *out, size_t size);
/* Below, 0 or above 0: words in the order of their lists (modes as in the ladder), numbers by value, text by bytes. */
int lad_row_order(const struct lad_row *left, const struct lad_row *right, int column);

/*
 * Reads the files that stand beside results.csv (histograms.csv, samples.csv): each record's values of COLUMNS (COUNT
 * of them, at most LAD_RECORD_COLUMNS_MAX; other columns of the file are ignored) are given to ON_RECORD as text, in
 * COLUMNS' order; "" when the file has no such column and it is not among the first REQUIRED. ON_RECORD returns 0, or
 * -1 with what is wrong in ERR, which then gets FILE:LINE in front. A last record that was cut off does not count, see
 * lad_records_cut.
 */
#define LAD_RECORD_COLUMNS_MAX 64
int lad_records_read(const char *path, const char *const *columns, int count, int required,
		     int (*on_record)(const char *const *values, void *data, struct lad_error *err), void *data,
		     struct lad_error *err);

/*
 * What ON_RECORD reads of such values. A number: NAN for "", else decimal and from LOW to HIGH, never "0x10", "nan" or
 * "inf". A whole number: digits alone. -1 with what is valid in ERR.
 */
int lad_record_number(const char *text, double low, double high, double *value, struct lad_error *err);
int lad_record_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value, struct lad_error *err);
/* The number of the last line of such a file when it is cut off, else 0 (also where the file cannot be read). */
int lad_records_cut(const char *path);

/* One numeric column of a row by its CSV name ("goodput_bps"); NAN when there is no such numeric column. */
double lad_row_metric(const struct lad_row *row, const char *column);

#endif

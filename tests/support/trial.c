/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial.h"

#include <stdio.h>

const enum lad_mode trial_modes[TRIAL_MODES] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};

struct watched {
	const struct trial_wish *wish;
	struct trial_seen *seen;
};

static void built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	const struct watched *watched = data;
	(void)hosts;
	if (watched->wish->built)
		watched->wish->built(path);
}

static void measured(const struct lad_host *hosts, const struct lad_path *path,
		     const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	const struct watched *watched = data;
	(void)hosts;
	if (watched->wish->measured)
		watched->wish->measured(path);
	watched->seen->generator = *generator;
	watched->seen->sink = *sink;
}

enum lad_trial_status trial_try(const struct trial_wish *wish, struct trial_seen *seen, struct lad_row *row,
				struct lad_error *err)
{
	struct lad_scenario scenario = {
	    .sample_ns = 50000000, .wire_rate_bps = wish->wire_rate_bps, .seed = TRIAL_SEED};
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = wish->mode,
				  .placement = LAD_CROSS_HOST,
				  .workload = wish->workload,
				  .tuning = &lad_no_tuning,
				  .topology = wish->topology};
	struct watched watched = {wish, seen};
	struct lad_trial_observer observer = {built, measured, &watched};
	struct lad_trial_context context = support_context(&scenario, TRIAL_WARMUP_S, wish->duration_s);
	context.observer = &observer;
	lad_row_clear(row);
	enum lad_trial_status status = lad_trial_run(&context, &trial, row, &seen->latency, err);
	support_close_context(&context);
	return status;
}

struct lad_row trial_wished(const struct trial_wish *wish, struct trial_seen *seen)
{
	struct lad_error err = {0};
	struct lad_row row;
	if (trial_try(wish, seen, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s %s: %s", lad_mode_name(wish->mode), lad_workload_name(wish->workload->kind), err.message);
	return row;
}

struct lad_row trial_run(enum lad_mode mode, const struct lad_workload *workload, double duration_s,
			 struct trial_seen *seen)
{
	struct trial_wish wish = {.mode = mode, .workload = workload, .duration_s = duration_s};
	return trial_wished(&wish, seen);
}

double trial_unsent_most(double rate_per_s, const struct lad_agent_result *sender, const struct lad_row *row)
{
	enum { A_TURN = 64 };
	double stall_s = row && row->stall_s > 0 ? row->stall_s : 0;
	/* NAN: it sent nothing by a schedule. */
	double late = (sender->schedule_error_max_us / 1e6 + stall_s) * rate_per_s;
	return late >= A_TURN ? late + 1 : 0;
}

struct lad_workload trial_workload(enum lad_workload_kind kind, int64_t message_bytes, int flows)
{
	struct lad_workload workload = {
	    .kind = kind, .cpus = LAD_CPUS_SHARED, .message_bytes = message_bytes, .flows = flows};
	snprintf(workload.congestion_control, sizeof workload.congestion_control, "%s",
		 lad_is_udp(kind) ? "" : "cubic");
	workload.traffic.pipeline = workload.traffic.requests = 1;
	return workload;
}

struct lad_workload trial_workload_of(const char *keys)
{
	struct lad_error err = {0};
	struct lad_scenario scenario;
	char text[512];
	int length = snprintf(text, sizeof text, "modes: [host]\nworkloads:\n- {%s}\n", keys);
	if (lad_scenario_parse("test.yaml", text, (size_t)length, &scenario, &err) < 0)
		fail_msg("%s: %s", keys, err.message);
	return scenario.workloads[0];
}

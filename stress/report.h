/* SPDX-License-Identifier: MIT */
/*
 * report: a stress result as text for people and as JSON for programs (schema irqstorm.stress/1,
 * docs/stress-json.md). Numbers in both come from the same struct.
 */
#ifndef IRQSTORM_STRESS_REPORT_H
#define IRQSTORM_STRESS_REPORT_H

#include <stdio.h>

#include "backend/fault.h"
#include "stress/engine.h"
#include "support/json.h"
#include "support/table.h"

/* A finished run: what was asked, what came out, and what was planted (NULL: nothing). */
struct stress_report {
	const struct stress_config *cfg;
	const struct stress_result *result;
	const struct fault_counts *planted;
};

/*
 * What the run is told as: stress_verdict(), but EXIT_SKIP for one that would pass and in which not
 * one interrupt was delivered, as nothing was shown then.
 */
enum exit_code stress_outcome(const struct stress_result *r);

/* Of the table of latencies. */
extern const struct table_column stress_latency_columns[];

void stress_report_text(const struct stress_report *r, FILE *f);
void stress_report_json(const struct stress_report *r, struct json *j, const char *key);

/* The command line that repeats a run of @target. Returns @buf. */
const char *stress_command(const struct stress_config *cfg, const char *target, char *buf,
			   size_t size);

/* Fires a second; whether as many were made as `rate` asked for, true without a rate. */
double stress_fired_per_s(const struct stress_result *r);
bool stress_rate_reached(const struct stress_config *cfg, const struct stress_result *r);

/* Delivered interrupts a second; the ratio of p50 to the control, 0 without one. */
double stress_throughput(const struct stress_result *r);
double stress_ratio_p50(const struct stress_config *cfg, const struct stress_result *r);

#endif

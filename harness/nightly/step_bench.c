/* SPDX-License-Identifier: MIT */
/* The matrix of strategies, on the emulator and in each kernel. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nightly/step.h"
#include "report/value.h"

/* With what bench does unasked some 30 cells of 3 runs of 5.5 s, and the cost of resizes. */
#define CELLS        30.0
#define FULL_S       900.0
#define SHORT_S      120.0
#define RUN_MIN_MS   50.0
#define GUEST_BOOT_S 3600.0
#define COST_HELD    64 /* vectors in use for the figure of a resize's cost */

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	const char *list = p->c->kernels;
	char kernel[DOC_PATH], word[128], missing[STEP_WHY];
	json_t *step;

	(void)e;
	night_step_add(p, k, "", "bench-emu");
	while (step_kernel_next(&list, kernel, sizeof(kernel))) {
		step_word(kernel, word, sizeof(word));
		step = night_step_add(p, k, step_kernel_missing(kernel, missing), "bench-%s", word);
		if (step)
			doc_text(step, "kernel", kernel);
	}
	return 0;
}

/* In less time shorter storms, then fewer, then no more. */
static void scale(json_t *step, double seconds)
{
	int repeats = seconds < SHORT_S ? 1 : 3;

	if (seconds >= FULL_S)
		return;
	step_arg(step, "--quick");
	step_arg(step, "--warm-up");
	step_arg(step, "0");
	step_arg(step, "--repeats");
	step_arg(step, "%d", repeats);
	step_arg(step, "--duration");
	step_arg(step, "%.0fms", fmax(RUN_MIN_MS, floor(500 * seconds / (CELLS * repeats))));
	if (seconds < SHORT_S)
		step_arg(step, "--no-resize-cost");
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	bool guest = *value_text(step, "kernel") != '\0';
	const char *plant = p->c->plant;

	if (guest)
		step_arg_guest(p, step, "ivshmem", 3 * seconds + GUEST_BOOT_S);
	step_arg(step, "bench");
	step_arg(step, "--quiet");
	if (guest || plant) {
		step_arg(step, "--target");
		if (guest)
			step_arg(step, "vfio:auto");
		else
			step_arg(step, "emu:profile=6.1,%s emu:profile=6.12,%s", plant, plant);
	}
	scale(step, seconds);
	step_arg_seed(p, step);
	step_arg_file(p, step, "--out", "bench");
}

static void where_of(const json_t *step, const json_t *cell, char *buf, size_t size)
{
	if (*value_text(step, "kernel"))
		snprintf(buf, size, "%s", step_where(step));
	else
		snprintf(buf, size, "emu-%s",
			 strstr(value_text(cell, "target"), "profile=6.1,") ||
					 !strcmp(value_text(cell, "target"), "emu:profile=6.1")
				 ? "6.1"
				 : "6.12");
}

/* What was wrong with a cell, by how much it tells. */
static const char *wrong(const json_t *cell)
{
	static const char *const counts[] = {"lost.unexplained", "spurious", "misrouted",
					     "fire_errors"};
	static const char *const words[] = {"lost", "spurious", "misrouted", "fire-refused"};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (value_number(value_at(cell, "counts"), counts[i]) > 0)
			return words[i];
	}
	return "call-failed";
}

static void take_cell(const char *artifact, json_t *step, const json_t *cell)
{
	const json_t *m = value_at(cell, "metrics");
	const char *strategy = value_text(cell, "strategy");
	char where[128], key[512], what[512];

	if (!doc_is(cell, "state", "measured"))
		return;
	where_of(step, cell, where, sizeof(where));
	if (doc_is(cell, "verdict", "finding")) {
		snprintf(key, sizeof(key), "bench:%s:%s:%s", where, strategy, wrong(cell));
		snprintf(what, sizeof(what),
			 "%.0f lost unexplained, %.0f spurious, %.0f misrouted of %.0f fires under "
			 "%s on %s",
			 value_number(cell, "counts.lost.unexplained"),
			 value_number(cell, "counts.spurious"),
			 value_number(cell, "counts.misrouted"), value_number(cell, "counts.fired"),
			 strategy, where);
		step_finding(step, key, what, artifact, value_text(cell, "repeat"));
	}
	step_figure(step, value_number(m, "ratio_p50.median"), "bench/%s/%s/ratio_p50", where,
		    strategy);
	step_figure(step,
		    value_number(m, "response_p99_ns.median") /
			    value_number(m, "control_p99_ns.median"),
		    "bench/%s/%s/ratio_p99", where, strategy);
	step_figure(step, value_number(m, "resize_call_p50_ns.median"), "bench/%s/%s/resize_p50_ns",
		    where, strategy);
	step_figure(step, value_number(cell, "lost_per_million.rate"),
		    "bench/%s/%s/lost_per_million", where, strategy);
}

static void take_curve(json_t *step, const json_t *curve)
{
	const char *strategy = value_text(curve, "strategy");
	char where[128];
	json_t *point;
	size_t i;

	where_of(step, curve, where, sizeof(where));
	json_array_foreach(value_at(curve, "points"), i, point)
	{
		if (json_integer_value(json_object_get(point, "held")) == COST_HELD)
			step_figure(step, value_number(point, "add_ns.median"),
				    "bench/%s/%s/add_at_%d_ns", where, strategy, COST_HELD);
	}
}

static void result(const char *root, const char *dir, json_t *step)
{
	char artifact[DOC_PATH];
	json_t *summary, *v;
	size_t i;

	step_artifact(root, dir, "bench/summary.json", artifact, sizeof(artifact));
	summary = doc_try(dir, "bench/summary.json");
	json_array_foreach(value_at(summary, "cells"), i, v)
	{
		take_cell(artifact, step, v);
	}
	json_array_foreach(value_at(summary, "resize_cost"), i, v)
	{
		take_curve(step, v);
	}
	json_decref(summary);
}

const struct step_kind step_bench = {
	.name = "bench",
	.weight = 15,
	.goes_on = true,
	.about = "the full bench, on the emulator and in each kernel",
	.expand = expand,
	.command = command,
	.result = result,
};

/* SPDX-License-Identifier: MIT */
#include "report/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/value.h"
#include "support/stats.h"
#include "support/units.h"

/* A sleeper on an idle machine wakes within tenths of this. */
#define QUIET_NS 1e6

static const struct column row_rate = {
	.path = "lost_per_million", .at = "rate", .format = COLUMN_RATE, .interval = true};

struct sum {
	double fired, delivered, lost, unexplained, stray, measured, cannot, missing;
	double worst_rate, fire_errors;
	const json_t *worst; /* the cell that lost most for each million */
};

static void add_up(const json_t *cells, struct sum *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);
		const char *state = value_text(c, "state");
		double rate;

		s->cannot += !strcmp(state, "cannot");
		s->missing += !strcmp(state, "missing");
		if (strcmp(state, "measured"))
			continue;
		s->measured++;
		s->fired += value_number(c, "counts.fired");
		s->delivered += value_number(c, "counts.delivered");
		s->lost += value_number(c, "counts.lost.total");
		s->unexplained += value_number(c, "counts.lost.unexplained");
		s->stray +=
			value_number(c, "counts.spurious") + value_number(c, "counts.misrouted");
		s->fire_errors += value_number(c, "counts.fire_errors");
		rate = value_number(c, "lost_per_million.rate");
		if (rate > s->worst_rate) {
			s->worst_rate = rate;
			s->worst = c;
		}
	}
}

/* Costs of a resize in that state. */
static size_t curves(const json_t *summary, const char *state)
{
	const json_t *costs = json_object_get(summary, "resize_cost");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(costs); i++)
		n += !strcmp(value_text(json_array_get(costs, i), "state"), state);
	return n;
}

const char *verdict_word(const json_t *summary)
{
	const char *verdict = value_text(summary, "verdict");
	struct sum s;

	if (!strcmp(verdict, "finding"))
		return "FINDING";
	if (!strcmp(verdict, "stopped"))
		return "STOPPED";
	if (!json_is_true(json_object_get(summary, "complete")))
		return "INCOMPLETE";
	/* Looked at again: summaries of before said "pass" where nothing could run. */
	add_up(json_object_get(summary, "cells"), &s);
	if (!strcmp(verdict, "skipped") || (!(s.measured > 0) && !curves(summary, "measured")))
		return "SKIPPED";
	return "PASS";
}

static void say_losses(FILE *f, const struct sum *s)
{
	char n[32], rate[32], between[80], target[64];

	if (s->unexplained > 0 || s->stray > 0 || s->fire_errors > 0) {
		fprintf(f, "%.0f of %s interrupts were lost with no rule that allows it",
			s->unexplained, units_format_count((uint64_t)s->fired, n, sizeof(n)));
		if (s->stray > 0)
			fprintf(f, ", and %.0f arrived that nobody sent there", s->stray);
		if (s->fire_errors > 0)
			fprintf(f, ", and %.0f fires at armed vectors were refused",
				s->fire_errors);
		return;
	}
	fprintf(f, "every one of %s interrupts is accounted for",
		units_format_count((uint64_t)s->fired, n, sizeof(n)));
	if (s->lost > 0 && s->worst)
		/* the figures of that row of the table */
		fprintf(f,
			"; %s were lost in gaps that the rules allow, most by %s on %s (%s per "
			"million, 95 %%: %s)",
			units_format_count((uint64_t)s->lost, n, sizeof(n)),
			value_text(s->worst, "strategy"),
			column_target(s->worst, target, sizeof(target)),
			column_format(COLUMN_RATE, s->worst_rate, rate, sizeof(rate)),
			column_interval(&row_rate, s->worst, between, sizeof(between)));
	else if (s->fired > 0)
		fprintf(f, " and none was lost (below %s per million with 95 %% confidence)",
			column_format(COLUMN_RATE, stats_per_million(0, s->fired).hi, rate,
				      sizeof(rate)));
}

char *verdict_sentence(const json_t *summary)
{
	const json_t *cells = json_object_get(summary, "cells");
	char *text = NULL;
	struct sum s;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	add_up(cells, &s);
	if (s.measured > 0 && !(s.delivered > 0) && !(s.unexplained > 0) && !(s.stray > 0))
		fprintf(f, "not one of %.0f interrupts was delivered", s.fired);
	else if (s.measured > 0)
		say_losses(f, &s);
	else if (curves(summary, "measured"))
		fputs("the cost of a resize was measured, and no storm", f);
	else
		fputs("nothing was measured", f);
	if (s.cannot > 0)
		fprintf(f, "; %.0f of %.0f cells cannot run on their target", s.cannot,
			(double)json_array_size(cells));
	if (curves(summary, "cannot"))
		fprintf(f, "; the cost of %zu strategies cannot be measured there",
			curves(summary, "cannot"));
	if (s.missing > 0)
		fprintf(f, "; %.0f cells were not run yet", s.missing);
	fputc('.', f);
	return fclose(f) ? NULL : text;
}

char *verdict_rate(const json_t *summary)
{
	const json_t *cells = json_object_get(summary, "cells"), *worst = NULL;
	size_t missed = 0, measured = 0;
	double least = INFINITY;
	char fired[32], asked[32], target[64], *out = NULL;

	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);
		double share =
			value_number(c, "metrics.fired_per_s.median") / value_number(c, "rate");

		measured += !strcmp(value_text(c, "state"), "measured");
		if (!json_is_false(json_object_get(c, "rate_reached")))
			continue;
		missed++;
		if (!worst || share < least) {
			least = share;
			worst = c;
		}
	}
	if (!worst)
		return NULL;
	units_format_count((uint64_t)value_number(worst, "metrics.fired_per_s.median"), fired,
			   sizeof(fired));
	units_format_count((uint64_t)value_number(worst, "rate"), asked, sizeof(asked));
	if (asprintf(&out,
		     "The rate was not reached in %zu of %zu cells: at the least %s fires a second "
		     "of %s that were asked for (median, %s on %s).",
		     missed, measured, fired, asked, value_text(worst, "strategy"),
		     column_target(worst, target, sizeof(target))) < 0)
		return NULL;
	return out;
}

char *verdict_noise(const json_t *summary)
{
	const json_t *cells = json_object_get(summary, "cells");
	double *stalls = calloc(json_array_size(cells) + 1, sizeof(*stalls)), median;
	char text[32], *out = NULL;
	size_t n = 0;

	for (size_t i = 0; stalls && i < json_array_size(cells); i++) {
		double v = value_number(json_array_get(cells, i), "metrics.stall_p99_ns.median");

		if (isfinite(v))
			stalls[n++] = v;
	}
	median = stalls && n ? stats_median(stalls, n).median : 0;
	free(stalls);
	if (median < QUIET_NS)
		return NULL;
	column_format(COLUMN_NS, median, text, sizeof(text));
	if (asprintf(
		    &out,
		    "The machine was busy with other things: in the same runs a do-nothing sleeper "
		    "woke late by %s at p99. Counts hold all the same; of latencies only ratios to "
		    "the control say much.",
		    text) < 0)
		return NULL;
	return out;
}

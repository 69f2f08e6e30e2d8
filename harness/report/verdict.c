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

struct sum {
	double fired, delivered, lost, unexplained, stray, at_risk, measured, cannot, missing;
	double worst_rate, fire_errors;
	char worst[96]; /* what lost most for each million, and where */
};

static void add_up(const json_t *cells, struct sum *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);
		const char *state = value_text(c, "state");
		double risk, rate;
		char target[64];

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
		risk = value_number(c, "counts.fired") - value_number(c, "counts.unarmed") -
		       value_number(c, "counts.coalesced");
		s->at_risk += risk;
		/* over all repeats: of few losses the median may be none */
		rate = risk > 0 ? value_number(c, "counts.lost.total") * 1e6 / risk : 0;
		if (rate > s->worst_rate) {
			s->worst_rate = rate;
			snprintf(s->worst, sizeof(s->worst), "%s on %s", value_text(c, "strategy"),
				 column_target(c, target, sizeof(target)));
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
	char n[32], rate[32];

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
	if (s->lost > 0)
		fprintf(f,
			"; %s were lost in gaps that the rules allow, most by %s (%s per million)",
			units_format_count((uint64_t)s->lost, n, sizeof(n)), s->worst,
			column_format(COLUMN_RATE, s->worst_rate, rate, sizeof(rate)));
	else if (s->at_risk > 0)
		fprintf(f, " and none was lost (below %.2g with 95 %% confidence)", 3 / s->at_risk);
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

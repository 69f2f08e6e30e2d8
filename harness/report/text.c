/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/compare.h"
#include "report/value.h"
#include "report/verdict.h"
#include "support/units.h"

#define COST_COLUMNS 5

static int width(const struct column *c)
{
	return c->format == COLUMN_NS ? 9 : 11;
}

static void put_head(FILE *f)
{
	fprintf(f, "%-18s%-15s", "target", "strategy");
	for (const struct column *c = columns; c->heading; c++) {
		char heading[40];

		if (!c->terminal)
			continue;
		/* what a group says is only needed where headings repeat */
		snprintf(heading, sizeof(heading), "%s%s",
			 c->group && !strcmp(c->group, "A resize") ? "resize " : "",
			 !strcmp(c->heading, "throughput ratio")   ? "to control"
			 : !strcmp(c->heading, "lost per million") ? "lost per M"
			 : !strcmp(c->heading, "host vectors")     ? "host vecs"
								   : c->heading);
		fprintf(f, " %*s", c->group && !strcmp(c->group, "A resize") ? 10 : width(c),
			heading);
	}
	fputc('\n', f);
}

static void put_cell(const json_t *cell, FILE *f)
{
	char target[64], text[48];

	fprintf(f, "%-18s%-15s", column_target(cell, target, sizeof(target)),
		value_text(cell, "strategy"));
	if (strcmp(value_text(cell, "state"), "measured")) {
		fprintf(f, " %s: %s\n", value_text(cell, "state"),
			*value_text(cell, "why") ? value_text(cell, "why") : "not run yet");
		return;
	}
	for (const struct column *c = columns; c->heading; c++) {
		if (c->terminal)
			fprintf(f, " %*s",
				c->group && !strcmp(c->group, "A resize") ? 10 : width(c),
				column_format(c->format, column_value(c, cell), text,
					      sizeof(text)));
	}
	fputc('\n', f);
}

/* What cells have in common is said once, over their rows. */
static void put_cells(const json_t *cells, FILE *f)
{
	char setting[128] = "", now[128];

	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *cell = json_array_get(cells, i);

		column_setting(cell, now, sizeof(now));
		if (strcmp(now, setting)) {
			fprintf(f, "%s%s\n", i ? "\n" : "", now);
			put_head(f);
			memcpy(setting, now, sizeof(setting));
		}
		put_cell(cell, f);
	}
}

static void put_cost_row(const json_t *curve, FILE *f)
{
	static const double held[COST_COLUMNS] = {1, 16, 64, 256, 1024};
	const json_t *points = json_object_get(curve, "points");
	char target[64], text[48];

	fprintf(f, "%-18s%-15s", column_target(curve, target, sizeof(target)),
		value_text(curve, "strategy"));
	if (strcmp(value_text(curve, "state"), "measured")) {
		fprintf(f, " %s: %s\n", value_text(curve, "state"), value_text(curve, "why"));
		return;
	}
	for (int k = 0; k < COST_COLUMNS; k++) {
		double v = NAN;

		for (size_t i = 0; i < json_array_size(points); i++) {
			const json_t *p = json_array_get(points, i);

			if (value_number(p, "held") == held[k])
				v = value_number(p, "add_ns.median");
		}
		fprintf(f, " %10s", column_format(COLUMN_NS, v, text, sizeof(text)));
	}
	fprintf(f, " %10s\n",
		column_format(COLUMN_RATIO, value_number(curve, "growth.add"), text, sizeof(text)));
}

static void put_cost(const json_t *costs, FILE *f)
{
	if (!json_array_size(costs))
		return;
	fprintf(f, "\nadding one vector while so many are in use; growth: from 16 to the most\n");
	fprintf(f, "%-18s%-15s %10s %10s %10s %10s %10s %10s\n", "target", "strategy", "1", "16",
		"64", "256", "1024", "growth");
	for (size_t i = 0; i < json_array_size(costs); i++)
		put_cost_row(json_array_get(costs, i), f);
}

void text_summary(const json_t *summary, FILE *f)
{
	char *sentence = verdict_sentence(summary), *noise = verdict_noise(summary);

	put_cells(json_object_get(summary, "cells"), f);
	put_cost(json_object_get(summary, "resize_cost"), f);
	if (json_array_size(json_object_get(summary, "cells")))
		fputs("lost includes what a gap explains; unexplained must be 0. Latencies are "
		      "medians over the repeats;\nstall p99: how late a do-nothing sleeper woke "
		      "meanwhile.\n",
		      f);
	fprintf(f, "\n%s  %s\n", verdict_word(summary), sentence ? sentence : "");
	if (noise)
		fprintf(f, "%s\n", noise);
	free(sentence);
	free(noise);
}

void text_comparison(const struct page_run *a, const struct page_run *b, FILE *f)
{
	const json_t *cells = json_object_get(a->summary, "cells");
	size_t matched = 0;

	fprintf(f, "\n%s to %s\n", a->label, b->label);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *ca = json_array_get(cells, i);
		const json_t *cb = compare_match(a, b, ca);
		char target[64], was[48], is[48], claim[64];

		if (!cb)
			continue;
		matched++;
		for (const struct compare_metric *m = compare_metrics; m->key; m++) {
			struct compare_result r = compare_cells(ca, cb, m);
			char path[64];

			if (r.claim == COMPARE_NONE)
				continue;
			snprintf(path, sizeof(path), "metrics.%s.median", m->key);
			fprintf(f, "%-18s%-15s %-28s %11s %11s  %s\n",
				column_target(ca, target, sizeof(target)),
				value_text(ca, "strategy"), m->heading,
				column_format(m->format, value_number(ca, path), was, sizeof(was)),
				column_format(m->format, value_number(cb, path), is, sizeof(is)),
				compare_text(&r, claim, sizeof(claim)));
		}
	}
	if (!matched)
		fputs("no cell of one is a cell of the other\n", f);
}

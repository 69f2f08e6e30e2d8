/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/compare.h"
#include "report/value.h"
#include "report/verdict.h"
#include "support/table.h"
#include "support/units.h"

#define COST_POINTS 4 /* and the most */
#define HEADING_MAX 40

/* Which columns go first where there is no room, by their paths; others stay. */
static const char *const goes_first[] = {
	"metrics.stall_p99_ns",       "metrics.host_vectors",
	"metrics.resize_call_p50_ns", "metrics.response_p50_ns",
	"metrics.ratio_throughput",   "metrics.response_p99_ns",
	"lost_per_million",           "counts.fired",
};

#define N_GOES_FIRST (sizeof(goes_first) / sizeof(goes_first[0]))

/* The columns of a table of cells, from those of columns.h. */
struct cell_columns {
	struct table_column at[TABLE_COLUMNS_MAX];
	char headings[TABLE_COLUMNS_MAX][HEADING_MAX];
};

static uint32_t rank(const struct column *c)
{
	for (uint32_t i = 0; i < N_GOES_FIRST; i++) {
		if (!strcmp(goes_first[i], c->path))
			return (uint32_t)N_GOES_FIRST - i;
	}
	return 0;
}

/* What a group says is only needed where headings repeat. */
static const char *heading(const struct column *c, char buf[HEADING_MAX])
{
	snprintf(buf, HEADING_MAX, "%s%s",
		 c->group && !strcmp(c->group, "A resize") ? "resize " : "",
		 !strcmp(c->heading, "throughput ratio")   ? "to control"
		 : !strcmp(c->heading, "lost per million") ? "lost per M"
		 : !strcmp(c->heading, "host vectors")     ? "host vecs"
							   : c->heading);
	return buf;
}

static void choose_columns(struct cell_columns *out)
{
	uint32_t n = 2;

	memset(out, 0, sizeof(*out));
	out->at[0] = (struct table_column){.heading = "target", .align = TABLE_LEFT};
	out->at[1] = (struct table_column){.heading = "strategy", .align = TABLE_LEFT};
	for (const struct column *c = columns; c->heading && n + 1 < TABLE_COLUMNS_MAX; c++) {
		if (!c->terminal)
			continue;
		out->at[n].heading = heading(c, out->headings[n]);
		out->at[n++].rank = rank(c);
		if (c->at && n + 1 < TABLE_COLUMNS_MAX) {
			out->at[n].heading = "95 %";
			out->at[n].help = "Between these two it is, with 95 % confidence.";
			out->at[n++].rank = rank(c);
		}
	}
}

void text_words(text_word_fn tell, void *data)
{
	char buf[HEADING_MAX];

	tell("target", "The device: an emulator with the rules of a kernel, or an address.", data);
	tell("strategy", "How vectors are resized, as stress --help lists them.", data);
	for (const struct column *c = columns; c->heading; c++) {
		if (!c->terminal)
			continue;
		tell(heading(c, buf), c->help, data);
		if (c->at)
			tell("95 %", "Between these two it is, with 95 % confidence.", data);
	}
	table_words(text_cost_columns, tell, data);
	table_words(text_comparison_columns, tell, data);
}

static void put_cell(const json_t *cell, struct table *t)
{
	char target[64], text[48];

	table_cell(t, "%s", column_target(cell, target, sizeof(target)));
	table_cell(t, "%s", value_text(cell, "strategy"));
	if (strcmp(value_text(cell, "state"), "measured")) {
		table_rest(t, "%s: %s", value_text(cell, "state"),
			   *value_text(cell, "why") ? value_text(cell, "why") : "not run yet");
		return;
	}
	for (const struct column *c = columns; c->heading; c++) {
		bool bad = !strcmp(c->path, "counts.lost.unexplained") && column_value(c, cell) > 0;

		if (!c->terminal)
			continue;
		table_styled(t, bad ? STYLE_BAD : STYLE_PLAIN, "%s",
			     column_format(c->format, column_value(c, cell), text, sizeof(text)));
		if (c->at)
			table_cell(t, "%s", column_interval(c, cell, text, sizeof(text)));
	}
}

/* What cells have in common is said once, over their rows. */
static void put_cells(const json_t *cells, FILE *f)
{
	size_t n = json_array_size(cells);
	char setting[128] = "", now[128];
	struct cell_columns chosen;
	struct table t;

	choose_columns(&chosen);
	table_init(&t, chosen.at);
	for (size_t i = 0; i <= n; i++) {
		const json_t *cell = json_array_get(cells, i);

		if (cell)
			column_setting(cell, now, sizeof(now));
		if (t.n && (!cell || strcmp(now, setting))) {
			table_write(&t, f);
			table_free(&t);
		}
		if (!cell)
			break;
		if (strcmp(now, setting)) {
			terminal_line(f, 2, "%s%s", i ? "\n" : "", now);
			memcpy(setting, now, sizeof(setting));
		}
		put_cell(cell, &t);
	}
	table_free(&t);
}

const struct table_column text_cost_columns[] = {
	{.heading = "target", .align = TABLE_LEFT},
	{.heading = "strategy", .align = TABLE_LEFT},
	{.heading = "1", .rank = 2},
	{.heading = "16"},
	{.heading = "64", .rank = 3},
	{.heading = "256", .rank = 1},
	{.heading = "most",
	 .help = "With the most in use that was measured: so many, in brackets."},
	{.heading = "growth",
	 .help = "How many times as long adding a vector takes with the most in use as with 16."},
	TABLE_COLUMNS_END,
};

static void put_cost_row(const json_t *curve, struct table *t)
{
	static const double held[COST_POINTS] = {1, 16, 64, 256};
	const json_t *points = json_object_get(curve, "points");
	const json_t *most = json_array_get(points, json_array_size(points) - 1);
	char target[64], text[48];

	table_cell(t, "%s", column_target(curve, target, sizeof(target)));
	table_cell(t, "%s", value_text(curve, "strategy"));
	if (strcmp(value_text(curve, "state"), "measured")) {
		table_rest(t, "%s: %s", value_text(curve, "state"), value_text(curve, "why"));
		return;
	}
	for (int k = 0; k < COST_POINTS; k++) {
		double v = NAN;

		for (size_t i = 0; i < json_array_size(points); i++) {
			const json_t *p = json_array_get(points, i);

			if (value_number(p, "held") == held[k])
				v = value_number(p, "add_ns.median");
		}
		table_cell(t, "%s", column_format(COLUMN_NS, v, text, sizeof(text)));
	}
	if (most)
		table_cell(t, "%s (%.0f)",
			   column_format(COLUMN_NS, value_number(most, "add_ns.median"), text,
					 sizeof(text)),
			   value_number(most, "held"));
	else
		table_cell(t, "-");
	table_cell(
		t, "%s",
		column_format(COLUMN_RATIO, value_number(curve, "growth.add"), text, sizeof(text)));
}

static void put_cost(const json_t *costs, FILE *f)
{
	struct table t;

	if (!json_array_size(costs))
		return;
	fputc('\n', f);
	terminal_line(f, 2,
		      "adding one vector while so many are in use; growth: from 16 to the most");
	table_init(&t, text_cost_columns);
	for (size_t i = 0; i < json_array_size(costs); i++)
		put_cost_row(json_array_get(costs, i), &t);
	table_write(&t, f);
	table_free(&t);
}

void text_summary(const json_t *summary, FILE *f)
{
	char *sentence = verdict_sentence(summary), *noise = verdict_noise(summary), *rest = NULL;
	char *rate = verdict_rate(summary);
	const char *word = verdict_word(summary);

	put_cells(json_object_get(summary, "cells"), f);
	put_cost(json_object_get(summary, "resize_cost"), f);
	if (json_array_size(json_object_get(summary, "cells")))
		terminal_line(
			f, 0,
			"lost includes what a gap explains; unexplained must be 0. lost per M is "
			"lost / fired x 1,000,000, with its 95 %% interval; latencies and ratios "
			"are medians over the repeats. to control: delivered a second, to what "
			"this machine can do at most (1.00, within its noise); stall p99: how "
			"late a do-nothing sleeper woke.");
	fputc('\n', f);
	terminal_put(f, terminal_verdict(word), word);
	if (asprintf(&rest, "  %s", sentence ? sentence : "") >= 0)
		terminal_wrap(f, rest, (uint32_t)strlen(word), 4);
	if (rate)
		terminal_line(f, 0, "%s", rate);
	if (noise)
		terminal_line(f, 0, "%s", noise);
	free(rest);
	free(rate);
	free(sentence);
	free(noise);
}

const struct table_column text_comparison_columns[] = {
	{.heading = "cell",
	 .help = "One setting of a storm that both results have, with its target, or both.",
	 .align = TABLE_LEFT},
	{.heading = "metric",
	 .help = "What is compared: medians over the repeats, and sums of counts; in brackets the "
		 "95 % interval.",
	 .align = TABLE_LEFT},
	{.heading = "was", .help = "In the first of the two results."},
	{.heading = "is", .help = "In the second."},
	{.heading = "ratio", .help = "Of the second to the first.", .rank = 1},
	{.heading = "change",
	 .help = "Claimed only where the intervals do not overlap and the repeats are enough.",
	 .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static void put_difference(void *arg, const char *setting, const char *was, const char *is)
{
	terminal_line(arg, 4, "  differs: %s: %s to %s", setting, was, is);
}

static void put_incomplete(const struct page_run *run, FILE *f)
{
	char *text = compare_incomplete(run);

	if (text)
		terminal_line(f, 4, "  %s", text);
	free(text);
}

/* Rows of one cell, below its name. */
static void compare_cell(const json_t *ca, const json_t *cb, struct table *t)
{
	char label[160], was[128], is[128], ratio[48], claim[64];

	for (const struct compare_metric *m = compare_metrics; m->key; m++) {
		struct compare_result r = compare_cells(ca, cb, m);

		if (r.claim == COMPARE_NONE)
			continue;
		table_cell(t, "%s", compare_label(ca, cb, label, sizeof(label)));
		table_cell(t, "%s", m->heading);
		table_cell(t, "%s", compare_show(ca, m, was, sizeof(was)));
		table_cell(t, "%s", compare_show(cb, m, is, sizeof(is)));
		table_cell(t, "%s", compare_ratio(ca, cb, m, ratio, sizeof(ratio)));
		table_cell(t, "%s", compare_text(&r, claim, sizeof(claim)));
	}
}

void text_comparison(const struct page_run *a, const struct page_run *b, FILE *f)
{
	const json_t *cells = json_object_get(a->summary, "cells");
	size_t alone[] = {compare_alone(a, b), compare_alone(b, a)};
	struct table t;

	fputc('\n', f);
	terminal_line(f, 2, "%s to %s", a->label, b->label);
	put_incomplete(a, f);
	put_incomplete(b, f);
	compare_settings(a, b, put_difference, f);
	if (alone[0] == json_array_size(cells)) {
		fputs("nothing in common: no cell of one is a cell of the other\n", f);
		return;
	}
	table_init(&t, text_comparison_columns);
	t.group = 1;
	t.over_rows = true;
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *ca = json_array_get(cells, i);
		const json_t *cb = compare_match(a, b, ca);

		if (!cb)
			continue;
		compare_cell(ca, cb, &t);
	}
	table_write(&t, f);
	table_free(&t);
	if (alone[0] || alone[1])
		terminal_line(f, 2,
			      "%zu cells of %s and %zu of %s have nothing to be compared with",
			      alone[0], a->label, alone[1], b->label);
}

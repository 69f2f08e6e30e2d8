/* SPDX-License-Identifier: MIT */
/*
 * Losses by strategy and kernel, the picture that a report is about. A row for each strategy, in it
 * a line for each target and setting: the rate with its 95 % interval, on a logarithmic axis. Where
 * none was lost the bound of the rate stands, open to the left. Losses that no rule explains are a
 * mark of their own.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/charts.h"
#include "report/columns.h"
#include "report/value.h"
#include "support/stats.h"

#define SERIES_MAX 6 /* in one picture: more are another */
#define LINE       14.0
#define ROW_GAP    7.0
#define RIGHT      104.0
#define NUMBERS    42.0

static const struct svg_style styles[SERIES_MAX] = {
	{"s1", NULL, 'o'},  {"s5", "7 3", 's'}, {"s3", "4 3", 't'},
	{"s4", "2 2", 'd'}, {"s6", NULL, 'p'},  {"s0", "9 3 2 3", 'o'},
};
static const struct svg_style bounds[SERIES_MAX] = {
	{"s1", "1 3", '<'}, {"s5", "1 3", '<'}, {"s3", "1 3", '<'},
	{"s4", "1 3", '<'}, {"s6", "1 3", '<'}, {"s0", "1 3", '<'},
};
static const struct svg_style style_unexplained = {"sbad", NULL, 'x'};

typedef char series_name[300];

struct row {
	const char *strategy;
	const json_t *cell[SERIES_MAX];
};

struct picture {
	const struct page_run *runs;
	size_t n_runs;
	const series_name *series; /* what the cells of a line have in common */
	size_t n_series;
	struct row *rows;
	size_t n_rows;
	double lo, hi; /* of all rates, per million */
	bool any_unexplained;
	/* of a line: whether any cell lost some, or none */
	bool some[SERIES_MAX], none[SERIES_MAX];
	bool one_setting;
};

/* "emulator 6.12"; of a device, with its kernel. */
static void place_name(const json_t *cell, char *buf, size_t size)
{
	char target[64];

	column_target(cell, target, sizeof(target));
	if (strncmp(target, "emulator", 8) && *value_text(cell, "kernel"))
		snprintf(buf, size, "%s, Linux %.32s", target, value_text(cell, "kernel"));
	else
		snprintf(buf, size, "%s", target);
}

/* Whether all cells of all runs have one setting, which is told once then. */
static bool is_one_setting(const struct page_run *runs, size_t n)
{
	char first[128] = "", now[128];

	for (size_t r = 0; r < n; r++) {
		const json_t *cells = json_object_get(runs[r].summary, "cells");

		for (size_t i = 0; i < json_array_size(cells); i++) {
			column_setting(json_array_get(cells, i), now, sizeof(now));
			if (*first && strcmp(first, now))
				return false;
			memcpy(first, now, sizeof(first));
		}
	}
	return true;
}

static void name_series(const struct picture *p, size_t run, const json_t *cell, series_name name)
{
	char place[128], setting[128] = "";
	const char *label = p->runs[run].label;

	place_name(cell, place, sizeof(place));
	if (!p->one_setting)
		column_setting(cell, setting, sizeof(setting));
	snprintf(name, sizeof(series_name), "%s%s%s", place, *setting ? ", " : "", setting);
	/* the end of a path says the most */
	if (p->n_runs > 1)
		snprintf(name + strlen(name), sizeof(series_name) - strlen(name), " (%s)",
			 strlen(label) > 24 ? label + strlen(label) - 24 : label);
}

static size_t series_of(const series_name *all, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(all[i], name))
		i++;
	return i;
}

/* Names of all series into @all, which has room; how many. */
static size_t collect_series(const struct picture *p, series_name *all)
{
	series_name name;
	size_t n = 0;

	for (size_t r = 0; r < p->n_runs; r++) {
		const json_t *cells = json_object_get(p->runs[r].summary, "cells");

		for (size_t i = 0; i < json_array_size(cells); i++) {
			name_series(p, r, json_array_get(cells, i), name);
			if (series_of(all, n, name) == n)
				memcpy(all[n++], name, sizeof(name));
		}
	}
	return n;
}

static void place_cell(struct picture *p, size_t run, const json_t *cell)
{
	const char *strategy = value_text(cell, "strategy");
	series_name name;
	size_t s, row = 0;

	name_series(p, run, cell, name);
	s = series_of(p->series, p->n_series, name);
	if (s == p->n_series)
		return;
	while (row < p->n_rows && strcmp(p->rows[row].strategy, strategy))
		row++;
	if (row == p->n_rows)
		p->rows[p->n_rows++].strategy = strategy;
	p->rows[row].cell[s] = cell;
}

static bool is_measured(const json_t *cell)
{
	return !strcmp(value_text(cell, "state"), "measured");
}

/* As in the table: lost / fired x 1,000,000. */
static struct stats_share rate_of(const json_t *cell, const char *path)
{
	return stats_per_million(value_number(cell, path), value_number(cell, "counts.fired"));
}

static void measure(struct picture *p)
{
	p->lo = INFINITY;
	p->hi = 0;
	for (size_t row = 0; row < p->n_rows; row++) {
		for (size_t s = 0; s < p->n_series; s++) {
			const json_t *cell = p->rows[row].cell[s];
			double bad = value_number(cell, "counts.lost.unexplained");
			struct stats_share r;

			if (!is_measured(cell))
				continue;
			r = rate_of(cell, "counts.lost.total");
			if (!isfinite(r.hi))
				continue;
			p->some[s] |= r.share > 0;
			p->none[s] |= r.share <= 0;
			p->any_unexplained |= bad > 0;
			p->lo = fmin(p->lo, r.share > 0 ? r.lo : r.hi);
			p->hi = fmax(p->hi, r.hi);
			if (bad > 0)
				p->lo = fmin(p->lo, rate_of(cell, "counts.lost.unexplained").lo);
		}
	}
}

/* "248 of 112k" */
static void put_count(struct svg_chart *c, const json_t *cell, double y)
{
	double fired = value_number(cell, "counts.fired"), lost;
	char text[64], of[24];

	lost = value_number(cell, "counts.lost.total");
	if (fired < 10000)
		snprintf(of, sizeof(of), "%.0f", fired);
	else if (fired < 999500)
		snprintf(of, sizeof(of), "%.0fk", fired / 1e3);
	else
		snprintf(of, sizeof(of), "%.2fM", fired / 1e6);
	snprintf(text, sizeof(text), "%.0f of %s", lost, of);
	svg_text(c, SVG_WIDTH - 4, y + 4, "note", "end", text);
}

static void put_rate(struct svg_chart *c, const json_t *cell, size_t s, double y)
{
	double bad = value_number(cell, "counts.lost.unexplained"), x;
	struct stats_share r;

	if (!cell)
		return;
	if (!is_measured(cell)) {
		svg_text(c, SVG_WIDTH - 4, y + 4, "note", "end",
			 *value_text(cell, "why") ? "cannot" : "not run yet");
		return;
	}
	put_count(c, cell, y);
	r = rate_of(cell, "counts.lost.total");
	if (!isfinite(r.hi))
		return;
	x = svg_x(c, r.hi);
	if (r.share <= 0) {
		svg_line(c, &bounds[s], c->left, y, x, y);
		svg_mark(c, &bounds[s], x, y, "none lost: the rate is below this (95 %)");
		return;
	}
	svg_line(c, &styles[s], svg_x(c, r.lo), y, x, y);
	svg_mark(c, &styles[s], svg_x(c, r.share), y, NULL);
	if (bad > 0)
		svg_mark(c, &style_unexplained,
			 svg_x(c, rate_of(cell, "counts.lost.unexplained").share), y,
			 "lost with no rule that allows it");
}

static double row_height(const struct picture *p)
{
	return LINE * (double)p->n_series + ROW_GAP;
}

static void put_rows(struct svg_chart *c, const struct picture *p)
{
	for (size_t row = 0; row < p->n_rows; row++) {
		double top = c->top + (double)row * row_height(p);

		if (row)
			fprintf(c->f, "<path class=\"grid\" d=\"M4 %.1fH%.1f\"/>", top,
				SVG_WIDTH - 4);
		svg_text(c, 4, top + row_height(p) / 2 + 4, "panel", "start",
			 p->rows[row].strategy);
		for (size_t s = 0; s < p->n_series; s++)
			put_rate(c, p->rows[row].cell[s], s,
				 top + ROW_GAP / 2 + LINE * ((double)s + .5));
	}
}

static size_t fill_keys(const struct picture *p, struct svg_key *keys)
{
	size_t n = 0;

	const struct svg_style *none = NULL;

	for (size_t s = 0; s < p->n_series; s++) {
		if (p->some[s] || p->none[s])
			keys[n++] = (struct svg_key){
				SVG_KEY_CURVE, p->some[s] ? &styles[s] : &bounds[s], p->series[s]};
		none = p->none[s] && !none ? &bounds[s] : none;
	}
	if (none)
		keys[n++] =
			(struct svg_key){SVG_KEY_CURVE, none, "none lost: below this (3 / fires)"};
	if (p->any_unexplained)
		keys[n++] = (struct svg_key){SVG_KEY_MARK, &style_unexplained,
					     "of these, with no rule that allows it"};
	return n;
}

static void draw(struct album *a, const struct picture *p)
{
	struct svg_key keys[SERIES_MAX + 2];
	struct svg_head head = {.keys = keys};
	double left = 0, height = row_height(p) * (double)p->n_rows;
	struct svg_axis y = {.unit = SVG_ROWS, .hi = (double)p->n_rows};
	char name[96], note[256];
	struct svg_chart chart;

	for (size_t i = 0; i < p->n_rows; i++)
		left = fmax(left, svg_text_width(p->rows[i].strategy, 11) + 14);
	if (p->one_setting)
		column_setting(json_array_get(json_object_get(p->runs[0].summary, "cells"), 0),
			       note, sizeof(note));
	head.name = album_name(a, "losses", name, sizeof(name));
	head.title = "Interrupts lost, by strategy and kernel";
	head.note = p->one_setting ? note : NULL;
	head.desc = "One row for each strategy, in it the losses of each million of fires on each "
		    "target, with the 95 % interval, on a logarithmic axis; where none was lost, "
		    "the greatest rate that this leaves possible.";
	head.n_keys = fill_keys(p, keys);
	head.body = 4 + height + NUMBERS;
	if (!svg_open(&chart, &head))
		return;
	svg_plot(&chart, left, chart.body + 4, SVG_WIDTH - left - RIGHT, height,
		 &(struct svg_axis){.label = "lost of a million fires (lines: 95 % interval)",
				    .unit = SVG_NUMBER,
				    .log = true,
				    .lo = pow(10, floor(log10(p->lo))),
				    .hi = pow(10, ceil(log10(p->hi)))},
		 &y);
	put_rows(&chart, p);
	album_put(a, &chart);
}

/* The picture of those series that @p names. */
static void draw_cells(struct album *a, struct picture *p, size_t cells)
{
	p->rows = calloc(cells + 1, sizeof(*p->rows));
	p->n_rows = 0;
	p->any_unexplained = false;
	memset(p->some, 0, sizeof(p->some));
	memset(p->none, 0, sizeof(p->none));
	for (size_t r = 0; p->rows && r < p->n_runs; r++) {
		const json_t *all = json_object_get(p->runs[r].summary, "cells");

		for (size_t i = 0; i < json_array_size(all); i++)
			place_cell(p, r, json_array_get(all, i));
	}
	measure(p);
	if (p->hi > 0)
		draw(a, p);
	free(p->rows);
}

void chart_losses(struct album *a, const struct page_run *runs, size_t n)
{
	struct picture p = {.runs = runs, .n_runs = n, .one_setting = is_one_setting(runs, n)};
	series_name *names;
	size_t cells = 0, all;

	for (size_t r = 0; r < n; r++)
		cells += json_array_size(json_object_get(runs[r].summary, "cells"));
	names = calloc(cells + 1, sizeof(*names));
	if (!names)
		return;
	all = collect_series(&p, names);
	for (size_t from = 0; from < all; from += SERIES_MAX) {
		p.series = (const series_name *)names + from;
		p.n_series = all - from < SERIES_MAX ? all - from : SERIES_MAX;
		draw_cells(a, &p, cells);
	}
	free(names);
}

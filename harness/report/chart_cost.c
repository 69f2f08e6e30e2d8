/* SPDX-License-Identifier: MIT */
/*
 * What a resize costs: a panel for each strategy, as curves that cost the same would lie on each
 * other; the other strategies stand behind it, faintly. All panels have the same axes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/charts.h"
#include "report/columns.h"
#include "report/value.h"

#define POINTS  16
#define ACROSS  3
#define LEFT    66.0
#define GAP     20.0
#define PANEL_W ((SVG_WIDTH - LEFT - 8 - GAP * (ACROSS - 1)) / ACROSS)
#define PANEL_H 74.0
#define HEADING 24.0
#define NUMBERS 40.0

static const struct svg_style style_add = {"s1", NULL, 'o'};
static const struct svg_style style_remove = {"s2", "6 3", 's'};

struct line {
	double x[POINTS], y[POINTS], lo[POINTS], hi[POINTS];
	size_t n;
};

/* A strategy's */
struct panel {
	const char *strategy;
	struct line add, remove;
};

static void load_line(const json_t *curve, const char *key, struct line *l)
{
	const json_t *points = json_object_get(curve, "points");

	l->n = 0;
	for (size_t i = 0; i < json_array_size(points) && l->n < POINTS; i++) {
		const json_t *p = json_array_get(points, i);
		const json_t *v = json_object_get(p, key);

		if (!(value_number(v, "median") > 0))
			continue;
		l->x[l->n] = value_number(p, "held");
		l->y[l->n] = value_number(v, "median");
		l->lo[l->n] = value_number(v, "lo");
		l->hi[l->n++] = value_number(v, "hi");
	}
}

static void widen(const struct line *l, double *x, double *lo, double *hi)
{
	for (size_t i = 0; i < l->n; i++) {
		*x = fmax(*x, l->x[i]);
		*lo = fmin(*lo, fmin(l->y[i], l->lo[i] > 0 ? l->lo[i] : l->y[i]));
		*hi = fmax(*hi, fmax(l->y[i], l->hi[i]));
	}
}

static void put_others(struct svg_chart *c, const struct line *l)
{
	fputs("<path class=\"others\" d=\"", c->f);
	for (size_t i = 0; i < l->n; i++)
		fprintf(c->f, "%c%.1f %.1f", i ? 'L' : 'M', svg_x(c, l->x[i]), svg_y(c, l->y[i]));
	fputs("\"/>\n", c->f);
}

static void put_line(struct svg_chart *c, const struct svg_style *style, const struct line *l)
{
	if (!l->n)
		return;
	svg_band(c, style, l->x, l->lo, l->hi, l->n);
	svg_curve(c, style, l->x, l->y, l->n, false, 4);
}

static void put_panels(struct svg_chart *c, const struct panel *panels, size_t n,
		       const struct svg_axis *x, const struct svg_axis *y)
{
	for (size_t i = 0; i < n; i++) {
		double left = LEFT + (double)(i % ACROSS) * (PANEL_W + GAP);
		double top = c->body + HEADING + (double)(i / ACROSS) * (PANEL_H + HEADING);
		struct svg_axis px = *x, py = *y;

		/* numbers at the outer ones: the lowest of each column, and the first */
		px.label = i + ACROSS < n ? NULL : "";
		py.label = i % ACROSS ? NULL : "";
		svg_plot(c, left, top, PANEL_W, PANEL_H, &px, &py);
		svg_text(c, left, top - 5, "panel", "start", panels[i].strategy);
		for (size_t k = 0; k < n; k++) {
			if (k != i)
				put_others(c, &panels[k].add);
		}
		put_line(c, &style_remove, &panels[i].remove);
		put_line(c, &style_add, &panels[i].add);
	}
}

static void draw(struct album *a, const json_t *curve, const struct panel *panels, size_t n)
{
	struct svg_axis x = {.unit = SVG_COUNT, .log = true, .lo = 1};
	static const struct svg_key keys[] = {
		{SVG_KEY_CURVE, &style_add, "adding one vector"},
		{SVG_KEY_CURVE, &style_remove, "removing one"},
		{SVG_KEY_BAND, &style_add, "interval over the rounds"},
		{SVG_KEY_OTHERS, NULL, "adding, the other strategies"},
	};
	struct svg_head head = {.keys = keys, .n_keys = n > 1 ? 4 : 3};
	double most = 1, lo = INFINITY, hi = 0;
	char name[96], text[128], note[128], target[64];
	struct svg_chart chart;
	struct svg_axis y;

	for (size_t i = 0; i < n; i++) {
		widen(&panels[i].add, &most, &lo, &hi);
		widen(&panels[i].remove, &most, &lo, &hi);
	}
	x.hi = most > 1 ? pow(2, ceil(log2(most))) : 2;
	y = chart_latency_axis("", lo, hi);
	column_target(curve, target, sizeof(target));
	snprintf(text, sizeof(text), "cost-%s", target);
	head.name = album_name(a, text, name, sizeof(name));
	snprintf(text, sizeof(text), "What a resize costs by vectors in use: %s", target);
	head.title = text;
	snprintf(note, sizeof(note),
		 "Time for all its calls (upwards), by vectors in use meanwhile "
		 "(to the right); no interrupts fly.");
	head.note = note;
	head.desc = "A panel for each strategy, both axes logarithmic. Flat is a change in place; "
		    "a slope is one that touches every vector.";
	head.body = (double)((n + ACROSS - 1) / ACROSS) * (PANEL_H + HEADING) + NUMBERS - 16;
	if (!svg_open(&chart, &head))
		return;
	put_panels(&chart, panels, n, &x, &y);
	album_put(a, &chart);
}

void chart_cost(struct album *a, const json_t *const *curves, size_t n)
{
	struct panel *panels = calloc(n + 1, sizeof(*panels));
	size_t used = 0;

	for (size_t i = 0; panels && i < n; i++) {
		struct panel *p = &panels[used];

		p->strategy = value_text(curves[i], "strategy");
		load_line(curves[i], "add_ns", &p->add);
		load_line(curves[i], "remove_ns", &p->remove);
		used += p->add.n || p->remove.n;
	}
	if (used)
		draw(a, curves[0], panels, used);
	free(panels);
}

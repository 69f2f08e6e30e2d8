/* SPDX-License-Identifier: MIT */
/* Axes: which numbers stand at them. No two of one axis read the same, and all are round. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report/svg.h"
#include "support/units.h"

#define TICKS_MAX 64
#define TICK_PX   12.0

struct ticks {
	double v[TICKS_MAX];
	char text[TICKS_MAX][32];
	size_t n;
};

static double place(const struct svg_axis *a, double v)
{
	if (a->log)
		return (log10(v) - log10(a->lo)) / (log10(a->hi) - log10(a->lo));
	return (v - a->lo) / (a->hi - a->lo);
}

static double clamp(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

double svg_x(const struct svg_chart *c, double v)
{
	return c->left + c->width * clamp(place(&c->x, v));
}

double svg_y(const struct svg_chart *c, double v)
{
	return c->top + c->plot_h * (1 - clamp(place(&c->y, v)));
}

/* 1, 2 or 5 of a power of ten, about a fifth of @range, and @level of these more. */
static double round_step(const struct svg_axis *a, int level)
{
	static const double steps[] = {1, 2, 5};
	double range = (a->hi - a->lo) / 5, scale = pow(10, floor(log10(range)));
	int i = range / scale > 5 ? 3 : range / scale > 2 ? 2 : range / scale > 1 ? 1 : 0;
	double step;

	i += level;
	step = scale * steps[i % 3] * pow(10, i / 3); /* NOLINT: whole decades */
	/* there is no half of what is counted */
	return a->unit == SVG_COUNT || a->unit == SVG_ROWS ? fmax(1, step) : step;
}

struct svg_axis svg_axis_round(const struct svg_axis *a)
{
	struct svg_axis r = *a;
	double step;

	if (!(r.hi > r.lo))
		r.hi = r.log ? r.lo * 10 : r.lo + 1;
	if (r.log || r.exact || r.unit == SVG_ROWS)
		return r;
	step = round_step(&r, 0);
	r.lo = floor(r.lo / step + 1e-9) * step;
	r.hi = ceil(r.hi / step - 1e-9) * step;
	return r;
}

/* As many digits as the step between two ticks needs; 0: a log axis, each has its own. */
static void format_number(double v, double step, char *buf, size_t size)
{
	int digits = step > 0 ? (int)fmax(0, -floor(log10(step) + 1e-9)) : 0;

	if (fabs(v) < step / 1e6)
		v = 0;
	if (step > 0 && (v < 1000 || digits))
		snprintf(buf, size, "%.*f", digits, v);
	else if (v >= 1000 && v < 1e15)
		units_format_count((uint64_t)llround(v), buf, size);
	else
		snprintf(buf, size, "%.6g", v);
}

static void format_ns(double v, double most, double step, char *buf, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	char number[24];
	int u = 0;

	/* one unit at a linear axis */
	for (double x = step > 0 ? most : v; u < 3 && x >= 999.5; x /= 1000) {
		u++;
		v /= 1000;
		step /= 1000;
	}
	if (step > 0)
		format_number(v, step, number, sizeof(number));
	else
		snprintf(number, sizeof(number), "%.3g", v);
	snprintf(buf, size, "%s %s", number, units[u]);
}

static void format_tick(const struct svg_axis *a, double v, double step, char *buf, size_t size)
{
	switch (a->unit) {
	case SVG_NS:
		format_ns(v, a->hi, step, buf, size);
		break;
	case SVG_COUNT:
		units_format_count((uint64_t)llround(v), buf, size);
		break;
	case SVG_PERCENTILE:
		snprintf(buf, size, "%.10g%%", 100 - 100 / v);
		break;
	case SVG_PERCENT:
		format_number(v, step, buf, size - 1);
		strcat(buf, "%");
		break;
	case SVG_SECONDS:
	case SVG_NUMBER:
		format_number(v, step, buf, size);
		break;
	case SVG_ROWS:
		*buf = '\0';
		break;
	}
}

static void add(struct ticks *t, const struct svg_axis *a, double v, double step)
{
	double slack = (a->hi - a->lo) * 1e-6;

	if (v < a->lo - slack || v > a->hi + slack || t->n == TICKS_MAX)
		return;
	t->v[t->n] = v;
	format_tick(a, v, step, t->text[t->n], sizeof(t->text[0]));
	t->n++;
}

/* The ticks of @a, the fewer the higher @level is. False: there are no such. */
static bool find(const struct svg_axis *a, int level, struct ticks *t)
{
	static const double fine[] = {1, 2, 5};
	bool is_fine = log10(a->hi / a->lo) < 2.1 && a->unit != SVG_PERCENTILE;

	t->n = 0;
	if (a->log && a->unit == SVG_COUNT) {
		for (double v = 1; v <= a->hi * 1.001; v *= pow(2, level + 1))
			add(t, a, v, 0);
	} else if (a->log) {
		int every = is_fine ? level : level + 1;
		int from = (int)floor(log10(a->lo) + 1e-9), to = (int)ceil(log10(a->hi) - 1e-9);

		for (int d = from; d <= to; d += every ? every : 1) {
			for (int i = 0; i < (every ? 1 : 3); i++)
				add(t, a, fine[i] * pow(10, d), 0);
		}
	} else {
		double step = round_step(a, level);

		for (double k = ceil(a->lo / step - 1e-9); k * step <= a->hi + step / 1e6; k++)
			add(t, a, k * step, step);
	}
	return t->n > 0;
}

/* Whether a label has room beside the one before it. */
static bool is_clear(const struct svg_chart *c, const struct ticks *t, bool horizontal)
{
	for (size_t i = 1; i < t->n; i++) {
		double gap = horizontal ? svg_x(c, t->v[i]) - svg_x(c, t->v[i - 1])
					: svg_y(c, t->v[i - 1]) - svg_y(c, t->v[i]);
		double need = horizontal ? (svg_text_width(t->text[i - 1], TICK_PX) +
					    svg_text_width(t->text[i], TICK_PX)) /
							   2 +
						   5
					 : TICK_PX * 1.5;

		/* the last one may have to be moved to the left */
		if (horizontal && i == t->n - 1) {
			double over = svg_x(c, t->v[i]) + svg_text_width(t->text[i], TICK_PX) / 2 -
				      SVG_WIDTH;

			gap -= over > 0 ? over : 0;
		}
		if (gap < need || !strcmp(t->text[i], t->text[i - 1]))
			return false;
	}
	return true;
}

static void draw_tick(struct svg_chart *c, bool horizontal, double v, const char *text)
{
	double x = svg_x(c, v), y = svg_y(c, v), half = svg_text_width(text, TICK_PX) / 2;

	if (horizontal) {
		fprintf(c->f, "<path class=\"grid\" d=\"M%.1f %.1fv%.1f\"/>", x, c->top, c->plot_h);
		if (c->x.label && x + half > SVG_WIDTH)
			svg_text(c, SVG_WIDTH, c->top + c->plot_h + 19, "tick x", "end", text);
		else if (c->x.label)
			svg_text(c, x, c->top + c->plot_h + 19, "tick x", "middle", text);
	} else {
		fprintf(c->f, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", c->left, y, c->width);
		if (c->y.label)
			svg_text(c, c->left - 6, y + 4, "tick y", "end", text);
	}
}

/* The most ticks of which no two lie on each other. */
static void choose(const struct svg_chart *c, bool horizontal, struct ticks *t)
{
	int level = 0;

	while (find(horizontal ? &c->x : &c->y, level, t) && !is_clear(c, t, horizontal) &&
	       level < 12)
		level++;
}

double svg_axis_room(const struct svg_axis *y, double height)
{
	const struct svg_chart c = {.y = svg_axis_round(y), .plot_h = height};
	double most = 0;
	struct ticks t;

	choose(&c, false, &t);
	for (size_t i = 0; i < t.n; i++)
		most = fmax(most, svg_text_width(t.text[i], TICK_PX));
	return most;
}

void svg_axis_draw(struct svg_chart *c, bool horizontal)
{
	const struct svg_axis *a = horizontal ? &c->x : &c->y;
	struct ticks t;

	if (a->unit == SVG_ROWS)
		return;
	choose(c, horizontal, &t);
	for (size_t i = 0; i < t.n; i++)
		draw_tick(c, horizontal, t.v[i], t.text[i]);
}
